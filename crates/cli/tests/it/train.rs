//! `freehold train` and `freehold ask`, as people run, stop, kill and misuse them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{Run, freehold, run};

const RECIPE: &str = r#"
name = "calls"
seed = 1

[tokenizer]
vocab_size = 275
digits = 1

[[data]]
name = "requests"
path = "requests.jsonl"
format = "chat"
licence = "CC0-1.0"

[model]
hidden_size = 32
num_hidden_layers = 1
num_attention_heads = 2
intermediate_size = 64
max_position_embeddings = 512

[[stage]]
name = "learn"
purpose = "finetune"
steps = STEPS
batch_tokens = 400
context = 200
learning_rate = 1e-2
save_minutes = 0.01
"#;

fn folder(steps: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines = (0..60).map(|n| {
        let calls = json!([{ "tool": "timer.set", "arguments": { "seconds": n } }]);
        json!({ "turns": [{ "user": format!("set a timer for {n} seconds"), "calls": calls }] })
            .to_string()
            + "\n"
    });
    fs::write(
        folder.path().join("requests.jsonl"),
        lines.collect::<String>(),
    )
    .unwrap();
    let recipe = RECIPE.replace("STEPS", &steps.to_string());
    fs::write(folder.path().join("recipe.toml"), recipe).unwrap();
    folder
}

fn recipe(folder: &Path) -> String {
    folder.join("recipe.toml").display().to_string()
}

fn weights(folder: &Path) -> PathBuf {
    folder.join("runs/calls/learn/model/model.safetensors")
}

/// Starts a training, waits until it has taken some steps, and ends it in that way.
fn interrupted(folder: &Path, signal: Signal) -> Option<i32> {
    let mut child = freehold()
        .args(["train", &recipe(folder)])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let log = folder.join("runs/calls/learn/log.jsonl");
    let lines = || fs::read_to_string(&log).map_or(0, |text| text.lines().count());
    let (before, start) = (lines(), Instant::now());
    while lines() < before + 20 && child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "steps are taken");
        sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    child.wait().unwrap().code()
}

#[test]
fn a_training_that_is_stopped_and_killed_ends_with_the_same_model() {
    let (whole, broken) = (folder(250), folder(250));
    let Run { exit, stdout, .. } = run(&["train", &recipe(whole.path()), "--json"]);
    assert_eq!(exit, Some(0));
    let said: Value = serde_json::from_str(&stdout).unwrap();
    assert!(
        Path::new(said["model"].as_str().unwrap())
            .join("config.json")
            .is_file()
    );

    assert_eq!(interrupted(broken.path(), Signal::INT), Some(2), "stopped");
    assert_eq!(interrupted(broken.path(), Signal::KILL), None, "killed");
    let Run { exit, stderr, .. } = run(&["train", &recipe(broken.path()), "--threads", "1"]);
    assert_eq!(exit, Some(0), "{stderr}");
    assert!(stderr.contains("goes on at step"), "{stderr}");
    assert!(fs::read(weights(whole.path())).unwrap() == fs::read(weights(broken.path())).unwrap());

    let model = weights(whole.path())
        .parent()
        .unwrap()
        .display()
        .to_string();
    let Run { exit, stdout, .. } = run(&[
        "ask",
        "--model",
        &model,
        "--calls",
        "set a timer for 7 seconds",
    ]);
    let calls: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((exit, &calls[0]["tool"]), (Some(0), &json!("timer.set")));
    let file = whole.path().join("asked.jsonl");
    fs::write(
        &file,
        "{\"turns\":[\"set a timer for 9 seconds\"]}\n\n{\"turns\":[\"a\",\"b\"]}\n",
    )
    .unwrap();
    let Run { exit, stdout, .. } = run(&[
        "ask",
        "--model",
        &model,
        "--each",
        &file.display().to_string(),
    ]);
    assert_eq!((exit, stdout.lines().count()), (Some(0), 2));
    fs::write(&file, "{\"turn\":[]}\n").unwrap();
    let Run { exit, stderr, .. } = run(&[
        "ask",
        "--model",
        &model,
        "--each",
        &file.display().to_string(),
    ]);
    assert_eq!(exit, Some(1));
    assert!(
        stderr.contains("line 1") && stderr.contains("hint: a line is"),
        "{stderr}"
    );
}

#[test]
fn what_cannot_be_trained_is_refused_with_a_hint() {
    let folder = folder(5);
    let refused = |args: &[&str], words: &str| {
        let Run { exit, stderr, .. } = run(args);
        assert_eq!(exit, Some(1), "{stderr}");
        assert!(
            stderr.contains(words) && stderr.contains("hint: "),
            "{stderr}"
        );
    };
    let path = recipe(folder.path());
    refused(
        &["train", &path, "--stage", "read"],
        "there is no stage `read`",
    );
    fs::write(&path, RECIPE.replace("STEPS", "5").replace("seed", "sead")).unwrap();
    refused(&["train", &path], "unknown field `sead`");
    fs::write(
        &path,
        RECIPE
            .replace("STEPS", "5")
            .replace("requests.jsonl", "nowhere"),
    )
    .unwrap();
    refused(&["train", &path], "nowhere");
    assert!(
        !folder.path().join("runs/calls/learn").exists(),
        "nothing was begun"
    );
}
