//! Starts this test binary over for one ignored test, so that a test can be somebody's child.

use std::process::Command;

/// A process that runs the ignored test `name` of this binary and prints as it goes.
pub fn this_binary(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([name, "--exact", "--ignored", "--nocapture"]);
    command
}
