//! `freehold undo`: takes back what `freehold fix --apply` wrote.

use serde_json::json;

use crate::{
    args,
    console::{
        Console,
        paint::{self, styled},
    },
    environment,
    failure::Exit,
};

/// Restores the files of the newest patch.
pub fn run(args: &args::Undo, console: &mut Console) -> anyhow::Result<Exit> {
    let files = coder::undo(&args.dir, &environment::read().data)?;
    if console.is_json() {
        console.print_json(&json!({"restored": files}))?;
    } else {
        for file in &files {
            console.print(&format!(
                "{} {}\n",
                styled(paint::GOOD, "restored"),
                file.display()
            ))?;
        }
    }
    Ok(Exit::Done)
}
