//! `freehold model remove`.

use serde_json::json;

use crate::args::model::ModelRemove;
use crate::console::{Ask, Console};
use crate::failure::{Exit, Failure};
use library::quantity;
use library::{Entry, HubName, Library};

/// Removes a model, or what is left of one.
pub fn run(args: &ModelRemove, library: &Library, console: &mut Console) -> anyhow::Result<Exit> {
    let name = &args.name;
    if HubName::is_meant_by(name) {
        return give_up(&name.parse()?, library, console);
    }
    let entry = match library.get(name) {
        Some(Ok(entry)) => entry,
        // A damaged one can be removed all the same.
        Some(Err(_)) => Entry::damaged(library, name),
        None => return Err(library.unknown(name).into()),
    };
    if !args.yes {
        agree(&entry, console)?;
    }
    library.remove(&entry)?;
    if console.is_json() {
        console.print_json(&json!({ "removed": name, "link": entry.manifest.link }))?;
    } else {
        console.print(&format!("removed {name}\n"))?;
    }
    Ok(Exit::Done)
}

/// Throws away what has come of a model of a hub.
fn give_up(name: &HubName, library: &Library, console: &mut Console) -> anyhow::Result<Exit> {
    if !library.give_up(name) {
        let what = format!("nothing of `{name}` is waiting to be gone on with");
        return Err(Failure::refused("no_such_model", what)
            .hint("`freehold model list` says what is here")
            .into());
    }
    match console.is_json() {
        true => console.print_json(&json!({ "removed": name.to_string() }))?,
        false => console.print(&format!("threw away what had come of {name}\n"))?,
    }
    Ok(Exit::Done)
}

fn agree(entry: &Entry, console: &mut Console) -> Result<(), Failure> {
    let name = &entry.name;
    let what = match &entry.manifest.link {
        Some(folder) => format!("its files stay in {}", folder.display()),
        None => format!("it has {}", quantity::bytes(entry.manifest.bytes())),
    };
    match console.ask(&format!("Remove {name}? ({what})")) {
        Ask::Yes => Ok(()),
        Ask::No => Err(Failure::refused("not_agreed", "nothing was removed")),
        Ask::NobodyThere => {
            let why = format!("`{name}` was not removed: nobody is there to ask");
            Err(Failure::refused("not_agreed", why).hint("`--yes` removes without asking"))
        }
    }
}
