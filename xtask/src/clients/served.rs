//! A server on a free port, with a model that says what a file tells it to and one that computes.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use super::Trial;
use crate::tree;

#[allow(clippy::unwrap_used, reason = "tests have it, too")]
#[path = "../../../crates/dialogue/tests/it/tiny.rs"]
mod tiny;

/// A server that ends when this is dropped.
pub struct Served {
    /// Where it answers.
    pub url: String,
    /// A key that lets one request a minute pass.
    pub limited_key: String,
    /// A key that may do what the owner may.
    pub owner_key: String,
    child: Child,
    /// The owner's data.
    data: TempDir,
}

impl Served {
    pub fn start(trial: &Trial<'_>) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let model = tiny::folder();
        let mut add = freehold(trial, data.path());
        add.args(["model", "add", "--yes", "--name", "tiny"]);
        tree::stdout_of(add.arg(model.path()))?;
        // The addresses of tests are on this machine.
        let settings = "[webhooks]\nprivate = [\"127.0.0.1\"]\n";
        std::fs::write(data.path().join("freehold.toml"), settings)?;
        let mut serve = freehold(trial, data.path());
        serve.args(["--json", "serve", "--port", "0", "--script"]);
        serve.arg(trial.place.sources("script.json"));
        let mut child = serve.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().expect("it is piped");
        // Whatever fails from here on ends the server.
        let mut served = Self {
            url: String::new(),
            limited_key: String::new(),
            owner_key: String::new(),
            child,
            data,
        };
        served.url = address(stdout)?;
        served.limited_key = served.key(trial, &["--requests-per-minute", "1"])?;
        served.owner_key = served.key(trial, &["--scope", "infer,read,write,manage"])?;
        Ok(served)
    }

    /// A key of the owner, made as the words say.
    fn key(&self, trial: &Trial<'_>, words: &[&str]) -> Result<String> {
        let mut key = freehold(trial, self.data.path());
        key.args(["--json", "key", "add", "owner"]).args(words);
        let key: Value = serde_json::from_str(&tree::stdout_of(&mut key)?)?;
        Ok(key["key"].as_str().context("there is no key")?.to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, over the data in `data`.
fn freehold(trial: &Trial<'_>, data: &Path) -> Command {
    let mut command = Command::new(trial.freehold);
    command.env("FREEHOLD_DATA", data).stdin(Stdio::null());
    command
}

/// Where the server answers, which is the first that it says.
fn address(said: impl Read) -> Result<String> {
    let mut text = String::new();
    for line in BufReader::new(said).lines() {
        text += &line?;
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let url = value["url"].as_str();
            return Ok(url.context("the server says no `url`")?.to_owned());
        }
    }
    bail!("the server ends before it serves: {text}")
}
