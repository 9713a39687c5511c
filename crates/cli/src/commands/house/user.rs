//! `freehold user`.

use std::io::BufRead as _;

use policy::{Gate, NewPerson, Person, Secret};
use serde_json::{Value, json};

use super::{close, moment, table};
use crate::args::house::{User, UserAdd, UserPassword};
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Does what was asked for.
pub async fn run(command: User, console: &mut Console) -> anyhow::Result<Exit> {
    match command {
        User::Add(args) => add(&args, console).await?,
        User::List(args) => {
            let gate = args.place.gate().await?;
            let people = gate.people(&gate.console()).await?;
            close(&gate).await?;
            list(&people, console)?;
        }
        User::Disable(args) => {
            let gate = args.place.gate().await?;
            let person = named(&gate, &args.name).await?;
            gate.set_disabled(&gate.console(), &person.id, true).await?;
            close(&gate).await?;
            say(
                console,
                json!({ "disabled": person.name }),
                &format!("{} is kept out", person.name),
            )?;
        }
        User::Enable(args) => {
            let gate = args.place.gate().await?;
            let person = named(&gate, &args.name).await?;
            gate.set_disabled(&gate.console(), &person.id, false)
                .await?;
            close(&gate).await?;
            say(
                console,
                json!({ "enabled": person.name }),
                &format!("{} may enter again", person.name),
            )?;
        }
        User::Role(args) => {
            let gate = args.place.gate().await?;
            let person = named(&gate, &args.name).await?;
            gate.set_role(&gate.console(), &person.id, args.role)
                .await?;
            close(&gate).await?;
            let value = json!({ "name": person.name, "role": args.role.name() });
            say(
                console,
                value,
                &format!("{} is {} now", person.name, args.role),
            )?;
        }
        User::Name(args) => {
            let gate = args.place.gate().await?;
            let person = named(&gate, &args.name).await?;
            let display_name =
                (!args.display_name.trim().is_empty()).then_some(&*args.display_name);
            gate.set_display_name(&gate.console(), &person.id, display_name)
                .await?;
            let person = named(&gate, &args.name).await?;
            close(&gate).await?;
            let value = json!({ "display_name": person.display_name, "name": person.name });
            let text = format!("{} is called {} now", person.name, person.display_name);
            say(console, value, &text)?;
        }
        User::Password(args) => password(&args, console).await?,
        User::Link(args) => {
            let gate = args.place.gate().await?;
            let person = named(&gate, &args.name).await?;
            let link = gate.link_for(&gate.console(), &person.id).await?;
            close(&gate).await?;
            let link = address(&args.address, &link);
            say(console, json!({ "link": link, "name": person.name }), &link)?;
        }
    }
    Ok(Exit::Done)
}

async fn named(gate: &Gate, name: &str) -> anyhow::Result<Person> {
    Ok(gate.person_named(&gate.console(), name).await?)
}

fn say(console: &mut Console, value: Value, text: &str) -> anyhow::Result<()> {
    match console.is_json() {
        true => console.print_json(&value),
        false => console.print(&format!("{text}\n")),
    }
}

/// Where somebody signs in once.
fn address(house: &str, link: &Secret) -> String {
    let house = house.trim_end_matches('/');
    format!("{house}/sign-in?token={}", link.reveal())
}

async fn add(args: &UserAdd, console: &mut Console) -> anyhow::Result<()> {
    let gate = args.place.gate_or_new().await?;
    let new = NewPerson {
        name: &args.name,
        display_name: args.display_name.as_deref(),
        role: args.role,
        password: None,
    };
    let person = gate.add_person(&gate.console(), new).await?;
    let link = gate.link_for(&gate.console(), &person.id).await?;
    close(&gate).await?;
    let link = address(&args.address, &link);
    if !console.is_json() {
        let said = format!(
            "{} is {} now, and signs in once by this link within an hour:",
            called(&person),
            person.role
        );
        console.talk(said);
    }
    let value = json!({
        "display_name": person.display_name,
        "id": person.id,
        "link": link,
        "name": person.name,
        "role": person.role.name(),
    });
    say(console, value, &link)
}

fn list(people: &[Person], console: &mut Console) -> anyhow::Result<()> {
    if console.is_json() {
        let people: Vec<Value> = people
            .iter()
            .map(|person| {
                json!({
                    "created_at": moment(person.created_at.as_millis()),
                    "disabled": person.is_disabled,
                    "display_name": person.display_name,
                    "has_password": person.has_password,
                    "id": person.id,
                    "name": person.name,
                    "role": person.role.name(),
                })
            })
            .collect();
        return console.print_json(&json!({ "users": people }));
    }
    let rows: Vec<Vec<String>> = people
        .iter()
        .map(|person| {
            let state = match (person.is_disabled, person.has_password) {
                (true, _) => "kept out",
                (false, true) => "",
                (false, false) => "has no password yet",
            };
            let since = moment(person.created_at.as_millis());
            let since = since.split('T').next().unwrap_or_default();
            [
                &person.name,
                &person.display_name,
                person.role.name(),
                since,
                &person.id,
                state,
            ]
            .map(str::to_owned)
            .to_vec()
        })
        .collect();
    console.print(&table(
        &["NAME", "CALLED", "ROLE", "SINCE", "ID", ""],
        &rows,
    ))
}

/// What others see somebody called, with the name they sign in with where that is another.
fn called(person: &Person) -> String {
    match person.display_name == person.name {
        true => person.name.clone(),
        false => format!("{} ({})", person.display_name, person.name),
    }
}

async fn password(args: &UserPassword, console: &mut Console) -> anyhow::Result<()> {
    let gate = args.place.gate().await?;
    let person = named(&gate, &args.name).await?;
    let password = match args.stdin {
        true => {
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            read.map_err(|error| Failure::fault("io_failed", format!("cannot read: {error}")))?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
        false => typed(&person.name, console)?,
    };
    gate.set_password(&gate.console(), &person.id, None, &password)
        .await?;
    close(&gate).await?;
    let text = format!(
        "{} has a new password, and signs in anew everywhere",
        person.name
    );
    say(console, json!({ "password_of": person.name }), &text)
}

/// A password that somebody types twice.
fn typed(name: &str, console: &mut Console) -> anyhow::Result<String> {
    let failed = |error| Failure::fault("io_failed", format!("cannot read: {error}"));
    let mut ask = |question: &str| console.ask_secret(question).map_err(failed);
    let first = ask(&format!("New password of {name}:"))?;
    let Some(first) = first else {
        return Err(
            Failure::refused("nobody_to_ask", "nobody is there to type a password")
                .hint("`--stdin` reads it from standard input")
                .into(),
        );
    };
    if ask("The same again:")?.as_ref() != Some(&first) {
        return Err(Failure::refused("passwords_differ", "the two are not the same").into());
    }
    Ok(first)
}
