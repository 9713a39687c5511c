//! `freehold model add hub:…`, against a hub on loopback.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::scripted_hub::{COMMIT, Script, ScriptedHub};
use crate::{Run, freehold};

fn hub() -> ScriptedHub {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models/qwen3");
    let files = ["config.json", "model.safetensors"];
    let files = files.map(|name| (name.to_owned(), fs::read(folder.join(name)).unwrap()));
    ScriptedHub::start(Script {
        files: files.into(),
        card: json!({ "license": "apache-2.0", "license_link": "https://example.org/l" }),
        etag: "\"one\"".to_owned(),
        ..Script::default()
    })
}

fn run(home: &Path, hub: &str, args: &[&str]) -> Run {
    let Output {
        status,
        stdout,
        stderr,
    } = freehold()
        .args(args)
        .env("FREEHOLD_DATA", home)
        .env("HF_ENDPOINT", hub)
        .env_remove("HF_TOKEN")
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts");
    Run {
        exit: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

#[test]
fn the_licence_is_shown_before_anything_large_comes() {
    let (home, hub) = (tempfile::tempdir().unwrap(), hub());
    let args = ["model", "add", "hub:owner/name", "--name", "small"];
    let run_with = |args: &[&str]| run(home.path(), &hub.address, args);
    let refused = run_with(&args);
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    for said in [
        "apache-2.0, says the hub",
        "https://example.org/l",
        "--yes",
        &COMMIT[..12],
    ] {
        assert!(refused.stderr.contains(said), "{said}: {refused:?}");
    }
    assert_eq!(hub.asked().len(), 1, "the page alone: {:?}", hub.asked());
    assert!(!home.path().join("models").exists());
    let added = run_with(&[&args[..], &["--yes", "--json"]].concat());
    let added: Value = serde_json::from_str(&added.stdout).unwrap_or_else(|_| panic!("{added:?}"));
    assert_eq!(added["name"], "small");
    assert_eq!(added["source"], format!("hub:owner/name ({COMMIT})"));
    let shown = run_with(&["model", "show", "small", "--verify"]);
    assert_eq!(shown.exit, Some(0), "{shown:?}");
}

#[test]
fn what_is_half_here_is_listed_and_can_be_given_up() {
    let (home, hub) = (tempfile::tempdir().unwrap(), hub());
    hub.script
        .lock()
        .unwrap()
        .wrong
        .push("model.safetensors".to_owned());
    let add = ["model", "add", "hub:owner/name", "--yes", "--json"];
    let failed = run(home.path(), &hub.address, &add);
    assert_eq!(failed.exit, Some(2), "{failed:?}");
    let said: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!(said["error"]["code"], "wrong_sum");
    let listed = run(home.path(), &hub.address, &["model", "list"]);
    assert!(
        listed.stderr.contains("hub:owner/name have come"),
        "{listed:?}"
    );
    let given_up = run(
        home.path(),
        &hub.address,
        &["model", "remove", "hub:owner/name"],
    );
    assert_eq!(given_up.exit, Some(0), "{given_up:?}");
    let listed = run(home.path(), &hub.address, &["model", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed, json!({ "models": [], "unfinished": [] }));
}
