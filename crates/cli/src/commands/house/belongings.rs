//! `freehold backup`, `restore`, `export` and `erase`.

use library::quantity;
use policy::{Gate, Options, action::Operate};
use serde_json::json;
use store::Store;

use super::close;
use crate::args::house::{Backup, Erase, Export, Restore};
use crate::console::{Ask, Console};
use crate::failure::{Exit, Failure};

/// Copies everything into a file.
pub async fn backup(args: &Backup, console: &mut Console) -> anyhow::Result<Exit> {
    let gate = args.place.gate().await?;
    let made = gate.backup(&gate.console(), &args.file).await?;
    close(&gate).await?;
    tell(&made, "wrote", console)
}

/// Fills an empty house, and leaves a line of that in its log.
pub async fn restore(args: &Restore, console: &mut Console) -> anyhow::Result<Exit> {
    let (options, data) = args.place.options();
    let (store, restored) = Store::restore(&options, &args.file).await?;
    let gate = Gate::open(store, Options::new(data)).await?;
    let change = "restore";
    let permit = gate.permit(&gate.console(), Operate { change }).await;
    permit?;
    close(&gate).await?;
    tell(&restored, "restored", console)
}

fn tell(copied: &store::Backup, did: &str, console: &mut Console) -> anyhow::Result<Exit> {
    let store::Backup { rows, blobs, bytes } = copied;
    match console.is_json() {
        true => console.print_json(&json!({ "bytes": bytes, "files": blobs, "rows": rows }))?,
        false => {
            let size = quantity::bytes(*bytes);
            console.print(&format!("{did} {rows} rows and {blobs} files, {size}\n"))?;
        }
    }
    Ok(Exit::Done)
}

/// Writes out what somebody keeps.
pub async fn export(args: &Export, console: &mut Console) -> anyhow::Result<Exit> {
    let gate = args.place.gate().await?;
    let asking = gate.console();
    let person = gate.person_named(&asking, &args.user).await?;
    let store::Exported {
        objects,
        jobs,
        blobs,
    } = gate.export_person(&asking, &person.id, &args.out).await?;
    close(&gate).await?;
    match console.is_json() {
        true => console.print_json(&json!({
            "documents": objects, "files": blobs, "jobs": jobs, "user": person.name,
        }))?,
        false => {
            let out = args.out.display();
            let text = format!(
                "wrote {objects} documents, {jobs} jobs and {blobs} files of {} to {out}\n",
                person.name
            );
            console.print(&text)?;
        }
    }
    Ok(Exit::Done)
}

/// Destroys what somebody keeps.
pub async fn erase(args: &Erase, console: &mut Console) -> anyhow::Result<Exit> {
    let gate = args.place.gate().await?;
    let asking = gate.console();
    let person = gate.person_named(&asking, &args.user).await?;
    let name = &person.name;
    if !args.yes {
        let question = format!("Erase {name} and everything of theirs? It cannot be brought back.");
        match console.ask(&question) {
            Ask::Yes => {}
            Ask::No => {
                return Err(Failure::refused("not_agreed", "nothing was erased").into());
            }
            Ask::NobodyThere => {
                let why = format!("`{name}` was not erased: nobody is there to ask");
                return Err(Failure::refused("not_agreed", why)
                    .hint("`--yes` erases without asking; `freehold export` keeps a copy")
                    .into());
            }
        }
    }
    gate.erase_person(&asking, &person.id).await?;
    close(&gate).await?;
    match console.is_json() {
        true => console.print_json(&json!({ "erased": name, "id": person.id }))?,
        false => console.print(&format!("{name} is erased\n"))?,
    }
    Ok(Exit::Done)
}
