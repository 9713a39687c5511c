//! What others say of our films: the official reader of content credentials, and ffmpeg.

use std::process::Command;

use anyhow::Result;

use super::{Trial, passes};

pub fn run(trial: &Trial<'_>) -> Result<bool> {
    let mut check = Command::new(trial.place.python_with("media/requirements.txt")?);
    check
        .arg(trial.place.sources("media/check.py"))
        .arg("--freehold")
        .arg(trial.freehold)
        .args(trial.cases);
    passes(&mut check)
}
