//! `freehold key`.

use std::time::Duration;

use policy::{Budgets, Clock, Key as Made, NewKey};
use serde_json::{Value, json};

use super::{close, moment, table};
use crate::args::house::{Key, KeyAdd};
use crate::console::Console;
use crate::failure::Exit;

/// Does what was asked for.
pub async fn run(command: Key, console: &mut Console) -> anyhow::Result<Exit> {
    match command {
        Key::Add(args) => add(&args, console).await?,
        Key::List(args) => {
            let gate = args.place.gate().await?;
            let asking = gate.console();
            let user = match &args.user {
                Some(name) => Some(gate.person_named(&asking, name).await?.id),
                None => None,
            };
            let keys = gate.keys(&asking, user.as_deref()).await?;
            let people = gate.people(&asking).await?;
            close(&gate).await?;
            let name_of = |id: &str| {
                let found = people.iter().find(|person| person.id == id);
                found.map_or_else(|| id.to_owned(), |person| person.name.clone())
            };
            list(&keys, name_of, console)?;
        }
        Key::Revoke(args) => {
            let gate = args.place.gate().await?;
            gate.revoke_key(&gate.console(), &args.id).await?;
            close(&gate).await?;
            match console.is_json() {
                true => console.print_json(&json!({ "revoked": args.id }))?,
                false => console.print(&format!("{} opens nothing any more\n", args.id))?,
            }
        }
    }
    Ok(Exit::Done)
}

async fn add(args: &KeyAdd, console: &mut Console) -> anyhow::Result<()> {
    let gate = args.place.gate().await?;
    let asking = gate.console();
    let person = gate.person_named(&asking, &args.user).await?;
    let day = Duration::from_secs(24 * 3600);
    let new = NewKey {
        user: &person.id,
        name: &args.name,
        project: args.project.as_deref(),
        scopes: args.scopes.clone(),
        budgets: Budgets {
            requests_per_minute: args.requests_per_minute,
            tokens_per_minute: args.tokens_per_minute,
            tokens_per_day: args.tokens_per_day,
            tokens_total: args.tokens_total,
        },
        expires_at: args
            .days
            .map(|days| Clock::system().now().after(day * days)),
    };
    let (key, secret) = gate.add_key(&asking, new).await?;
    close(&gate).await?;
    if console.is_json() {
        let mut value = described(&key, &person.name);
        value["key"] = json!(secret.reveal());
        return console.print_json(&value);
    }
    console.talk(format_args!(
        "{} of {} ({}); it is shown this once:",
        key.name, person.name, key.id
    ));
    console.print(&format!("{}\n", secret.reveal()))
}

fn described(key: &Made, user: &str) -> Value {
    let at = |at: Option<store::Timestamp>| at.map(|at| moment(at.as_millis()));
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
    json!({
        "budgets": {
            "requests_per_minute": key.budgets.requests_per_minute,
            "tokens_per_day": key.budgets.tokens_per_day,
            "tokens_per_minute": key.budgets.tokens_per_minute,
            "tokens_total": key.budgets.tokens_total,
        },
        "created_at": moment(key.created_at.as_millis()),
        "expires_at": at(key.expires_at),
        "id": key.id,
        "name": key.name,
        "project": key.project,
        "revoked_at": at(key.revoked_at),
        "scopes": scopes,
        "shown": key.shown,
        "user": user,
    })
}

fn list(
    keys: &[Made],
    name_of: impl Fn(&str) -> String,
    console: &mut Console,
) -> anyhow::Result<()> {
    if console.is_json() {
        let keys: Vec<Value> = keys
            .iter()
            .map(|key| described(key, &name_of(&key.user)))
            .collect();
        return console.print_json(&json!({ "keys": keys }));
    }
    let now = Clock::system().now();
    let rows: Vec<Vec<String>> = keys
        .iter()
        .map(|key| {
            let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
            let state = match (key.revoked_at, key.expires_at) {
                (Some(_), _) => "revoked".to_owned(),
                (None, Some(at)) if at <= now => "expired".to_owned(),
                (None, Some(at)) => format!("until {}", moment(at.as_millis())),
                (None, None) => String::new(),
            };
            let shown = format!("{}…", key.shown);
            vec![
                key.id.clone(),
                shown,
                key.name.clone(),
                name_of(&key.user),
                scopes.join(","),
                state,
            ]
        })
        .collect();
    if rows.is_empty() {
        console.talk("there are no keys; `freehold key add USER` makes one");
        return Ok(());
    }
    console.print(&table(&["ID", "KEY", "NAME", "USER", "SCOPES", ""], &rows))
}
