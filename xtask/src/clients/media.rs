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
    // An encoder that few need, so it is built for this alone.
    let mut film = Command::new(env!("CARGO"));
    film.args(["test", "--locked", "--package", "media"])
        .args(["--features", "av1", "--test", "av1", "--test", "tracks"])
        .env("FREEHOLD_FFMPEG", "required");
    let [is_read, is_film] = [passes(&mut check)?, passes(&mut film)?];
    Ok(is_read && is_film)
}
