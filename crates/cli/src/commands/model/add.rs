//! `freehold model add`: shows the licence, asks, and takes the model over, or fetches it.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use library::{
    Added, How, Hub, HubName, Library, Licence, Memory, Offer, Plan, check_name, quantity, taken,
};
use serde_json::json;

use crate::args::model::ModelAdd;
use crate::commands::stop_on_signals;
use crate::console::{Ask, Console, Progress, paint};
use crate::environment;
use crate::failure::{Exit, Failure};

/// Adds a model from this machine or a hub.
pub fn run(args: &ModelAdd, library: &Library, console: &mut Console) -> anyhow::Result<Exit> {
    match HubName::is_meant_by(&args.source) {
        true => of_hub(args, library, console),
        false => of_path(args, library, console),
    }
}

fn of_path(args: &ModelAdd, library: &Library, console: &mut Console) -> anyhow::Result<Exit> {
    let plan = Plan::of(Path::new(&args.source))?;
    let name = args.name.clone().unwrap_or_else(|| plan.usual_name());
    check_free(&name, args, library)?;
    show(&plan, &name, console);
    show_licence(&plan.licence, console);
    agree(&plan.licence, args.yes, console)?;
    let stop = stop_on_signals()?;
    let added = carry_out(plan, &name, args, library, &stop, console)?;
    report(&added, console)
}

/// Shows what a hub offers, fetches it, and adds it.
fn of_hub(args: &ModelAdd, library: &Library, console: &mut Console) -> anyhow::Result<Exit> {
    let wanted: HubName = args.source.parse()?;
    if args.link {
        let what = "`--link` refers to files of this machine, and those of a hub are not here";
        return Err(Failure::refused("usage", what)
            .hint("leave `--link` out")
            .into());
    }
    let hub = Hub::new(&environment::hub(args.endpoint.as_deref()))?;
    let line = console.passing(&format!("asking for {wanted}"));
    let offer = hub.look(&wanted);
    drop(line);
    let offer = offer?;
    let name = args.name.clone().unwrap_or_else(|| offer.usual_name());
    check_free(&name, args, library)?;
    show_offer(&offer, &name, console);
    agree(&offer.licence, args.yes, console)?;
    let stop = stop_on_signals()?;
    let mut progress = Progress::of_bytes(console, format!("fetching {name}"), offer.bytes());
    let fetched = hub.fetch(&offer, library, &stop, &mut |bytes| progress.set(bytes));
    drop(progress);
    let fetched = fetched?;
    let plan = Plan::of_fetched(&fetched)?;
    note_unknown(&plan, console);
    let added = carry_out(plan, &name, args, library, &stop, console)?;
    fetched.clear();
    report(&added, console)
}

fn check_free(name: &str, args: &ModelAdd, library: &Library) -> anyhow::Result<()> {
    check_name(name)?;
    match library.get(name).is_some() && !args.force {
        true => Err(taken(name).into()),
        false => Ok(()),
    }
}

fn carry_out(
    plan: Plan,
    name: &str,
    args: &ModelAdd,
    library: &Library,
    stop: &AtomicBool,
    console: &Console,
) -> anyhow::Result<Added> {
    let how = How {
        links: args.link,
        replaces: args.force,
    };
    let mut progress = Progress::of_bytes(console, format!("adding {name}"), plan.bytes());
    Ok(plan.carry_out(library, name, how, stop, &mut |bytes| progress.add(bytes))?)
}

/// Says what is about to be added.
fn show(plan: &Plan, name: &str, console: &mut Console) {
    let outline = &plan.outline;
    console.talk(format_args!(
        "{} · {} · {} parameters · {} in {}",
        paint::styled(paint::STRONG, name),
        outline.architecture,
        quantity::count(outline.parameters),
        quantity::bytes(plan.bytes()),
        quantity::plural(plan.count(), "file"),
    ));
    note_unknown(plan, console);
}

fn note_unknown(plan: &Plan, console: &mut Console) {
    if !plan.outline.is_known {
        let note = paint::styled(paint::WARN, "note:");
        let architecture = &plan.outline.architecture;
        console.talk(format_args!(
            "{note} the architecture `{architecture}` cannot be run by this version"
        ));
    }
}

/// Says what a hub would send, and whether it would fit.
fn show_offer(offer: &Offer, name: &str, console: &mut Console) {
    let commit: String = offer.commit.chars().take(12).collect();
    console.talk(format_args!(
        "{} · {} at {commit} · {} in {}",
        paint::styled(paint::STRONG, name),
        offer.name,
        quantity::bytes(offer.bytes()),
        quantity::plural(offer.count(), "file"),
    ));
    let needed = offer.weight_bytes() + library::WORK_BYTES;
    let memory = Memory::read();
    if needed > memory.available {
        let note = paint::styled(paint::WARN, "note:");
        console.talk(format_args!(
            "{note} it needs more than {} of memory, and {} are available of {}",
            quantity::bytes(needed),
            quantity::bytes(memory.available),
            quantity::bytes(memory.total)
        ));
    }
    show_licence(&offer.licence, console);
}

/// Shows a licence before it is agreed to.
fn show_licence(licence: &Licence, console: &mut Console) {
    let stated = match (&licence.id, &licence.stated_in) {
        (Some(id), Some(file)) => format!("{id}, says {file}"),
        (None, Some(file)) => format!("its own, see {file}"),
        _ => "not stated; ask the publisher before others get to use it".to_owned(),
    };
    let heading = paint::styled(paint::STRONG, "licence:");
    console.talk(format_args!("{heading} {stated}"));
    if let Some(link) = &licence.link {
        console.talk(format_args!("  {link}"));
    }
    for line in licence.text.iter().flat_map(|text| text.lines()) {
        console.talk(paint::styled(paint::FAINT, format_args!("  │ {line}")));
    }
}

/// Goes on only when the owner agrees.
fn agree(licence: &Licence, is_agreed: bool, console: &mut Console) -> anyhow::Result<()> {
    if is_agreed {
        return Ok(());
    }
    let question = match licence.id.is_some() || licence.stated_in.is_some() {
        true => "Add it under this licence?",
        false => "Add it?",
    };
    match console.ask(question) {
        Ask::Yes => Ok(()),
        Ask::No => Err(Failure::refused("not_agreed", "nothing was added").into()),
        Ask::NobodyThere => {
            let why = "the licence must be agreed to, and nobody is there to ask";
            let hint = "`--yes` agrees to the licence that is shown above";
            Err(Failure::refused("not_agreed", why).hint(hint).into())
        }
    }
}

fn report(added: &Added, console: &mut Console) -> anyhow::Result<Exit> {
    let manifest = &added.manifest;
    if console.is_json() {
        let mut value = serde_json::to_value(manifest)?;
        value["name"] = json!(added.name);
        value["bytes"] = json!(manifest.bytes());
        value["copied_bytes"] = json!(added.copied_bytes);
        console.print_json(&value)?;
        return Ok(Exit::Done);
    }
    let how = match (&manifest.link, added.copied_bytes) {
        (Some(folder), _) => format!("it stays in {}", folder.display()),
        (None, 0) => "no bytes were copied: the disk shares them".to_owned(),
        (None, copied) => format!("{} were copied", quantity::bytes(copied)),
    };
    let name = &added.name;
    console.print(&format!(
        "added {}, {}; {how}\n",
        paint::styled(paint::STRONG, name),
        quantity::bytes(manifest.bytes())
    ))?;
    let next = paint::styled(paint::TYPED, format_args!("freehold model show {name}"));
    console.talk(format_args!("Look at it: {next}"));
    Ok(Exit::Done)
}
