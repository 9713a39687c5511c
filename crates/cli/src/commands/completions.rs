//! `freehold completions SHELL`

use clap::CommandFactory as _;
use serde_json::json;

use crate::{
    args::{Args, Completions},
    console::Console,
    failure::Exit,
};

/// Prints the completion script of `args.shell`.
pub fn run(args: &Completions, console: &mut Console) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "freehold", &mut script);
    let script = String::from_utf8(script).expect("clap writes completion scripts in UTF-8");
    if console.is_json() {
        console.print_json(&json!({ "shell": args.shell.to_string(), "script": script }))?;
    } else {
        console.print(&script)?;
    }
    Ok(Exit::Done)
}
