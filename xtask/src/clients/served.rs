//! A server on a free port, with a model that says what a file tells it to and one that computes.

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::Trial;
use crate::tree;

/// A server that ends when this is dropped.
pub struct Served {
    /// Where it answers.
    pub url: String,
    /// A key that lets one request a minute pass.
    pub limited_key: String,
    child: Child,
    /// The owner's data.
    data: TempDir,
}

impl Served {
    pub fn start(trial: &Trial<'_>) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let model = tiny(&trial.place.root)?;
        let mut add = freehold(trial, data.path());
        add.args(["model", "add", "--yes", "--name", "tiny"]);
        tree::stdout_of(add.arg(model.path()))?;
        let mut serve = freehold(trial, data.path());
        serve.args(["--json", "serve", "--port", "0", "--script"]);
        serve.arg(trial.place.sources("script.json"));
        let mut child = serve.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().expect("it is piped");
        // Whatever fails from here on ends the server.
        let mut served = Self {
            url: String::new(),
            limited_key: String::new(),
            child,
            data,
        };
        served.url = address(stdout)?;
        let mut key = freehold(trial, served.data.path());
        key.args([
            "--json",
            "key",
            "add",
            "owner",
            "--requests-per-minute",
            "1",
        ]);
        let key: Value = serde_json::from_str(&tree::stdout_of(&mut key)?)?;
        let key = key["key"].as_str().context("there is no key")?;
        key.clone_into(&mut served.limited_key);
        Ok(served)
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

/// A folder with a model of random weights that speaks ASCII nonsense.
fn tiny(root: &Path) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let fixture = root.join("fixtures/models/qwen3");
    for file in ["config.json", "model.safetensors"] {
        fs::copy(fixture.join(file), folder.path().join(file))?;
    }
    let write = |name: &str, value: Value| fs::write(folder.path().join(name), value.to_string());
    write("tokenizer.json", tokenizer())?;
    write(
        "tokenizer_config.json",
        json!({ "eos_token": "<|im_end|>" }),
    )?;
    Ok(folder)
}

/// A token for each printable character of ASCII, and those of ChatML and of thoughts.
fn tokenizer() -> Value {
    let letters = ('!'..='~').map(|c| c.to_string());
    let words = letters.chain(["Ġ".to_owned(), "Ċ".to_owned()]);
    let vocab: Map<String, Value> = words.zip(0..).map(|(word, id)| (word, json!(id))).collect();
    let added = [
        "<|im_start|>",
        "<|im_end|>",
        "<|endoftext|>",
        "<think>",
        "</think>",
    ];
    let added = added.iter().zip(96..).map(|(content, id)| {
        json!({
            "id": id, "content": content, "special": id < 99, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false,
        })
    });
    let bytes = json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
    });
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": added.collect::<Vec<Value>>(),
        "normalizer": null, "pre_tokenizer": bytes, "post_processor": null, "decoder": bytes,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "vocab": vocab, "merges": [],
        },
    })
}
