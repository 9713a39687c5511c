//! How fast the web app is in a browser, over a chat of ten thousand messages.

use anyhow::{Result, ensure};

use super::machine::Machine;
use crate::tree;

/// Runs the measurement that lies among the tests of `server`, where a browser and a house are at hand.
pub fn run(_args: &[&str]) -> Result<()> {
    println!("{}", Machine::read());
    let mut command = tree::cargo();
    command.args([
        "test",
        "--quiet",
        "--release",
        "--package",
        "server",
        "--test",
        "it",
        "--",
    ]);
    command.args([
        "--ignored",
        "--nocapture",
        "--exact",
        "web_speed::ten_thousand_messages",
    ]);
    let status = command.env("FREEHOLD_BROWSER", "required").status()?;
    ensure!(status.success(), "the measurement failed");
    Ok(())
}
