//! Work on projects that is put aside and goes on where it was.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::code::Owner;
use crate::serve::Served;
use crate::web_code::{LEDGER, LEDGER_TESTS};

/// A project of `files` that may be worked on; its address.
fn project(owner: &Owner, files: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let wanted = json!({ "path": folder.path() });
    let known = owner.send("POST", "/api/code/folders", &wanted);
    let id = known["id"].as_str().unwrap();
    (folder, format!("/api/code/folders/{id}"))
}

/// What a run of a job has written down, line by line.
fn kept(served: &Served, folder: &str, job: &Value) -> (PathBuf, Vec<Value>) {
    let name = format!("{}.jsonl", job["id"].as_str().unwrap());
    let path = served.data.path().join(folder).join(name);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    (path, lines.collect())
}

/// Waits until something is true.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Puts a job aside; what stands in its record then.
fn put_aside(owner: &Owner, job: &Value, path: &Path) -> String {
    let at = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    let paused = owner.send("POST", &format!("{at}/pause"), &json!({}));
    assert_eq!(
        (&paused["state"], &paused["goes_on"]),
        (&json!("paused"), &json!("where_it_was"))
    );
    let mut before = fs::read_to_string(path).unwrap();
    // What was in flight ends; then nothing is written any more.
    until("it rests", || {
        thread::sleep(Duration::from_millis(500));
        let now = fs::read_to_string(path).unwrap();
        std::mem::replace(&mut before, now) == before
    });
    before
}

#[test]
fn a_repair_that_was_put_aside_goes_on_and_tries_nothing_twice() {
    let served = Served::start(&[]);
    let owner = Owner::of(&served);
    let files = [("ledger.py", LEDGER), ("test_ledger.py", LEDGER_TESTS)];
    let (_folder, path) = project(&owner, &files);
    let job = owner.send("POST", &format!("{path}/fix"), &json!({ "seconds": 12 }));
    let trials = || {
        let (path, lines) = kept(&served, "repairs", &job);
        let trials = lines.into_iter().filter(|line| line["trial"].is_u64());
        (path, trials.collect::<Vec<Value>>())
    };
    until("something was tried", || trials().1.len() > 100);
    let before = put_aside(&owner, &job, &trials().0);
    let tried = trials().1.len();
    let at = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    owner.send("POST", &format!("{at}/resume"), &json!({}));
    until("more was tried", || trials().1.len() > tried + 100);
    let (record, all) = trials();
    assert!(
        fs::read_to_string(record).unwrap().starts_with(&before),
        "what was found is kept"
    );
    let distinct: HashSet<String> = all
        .iter()
        .map(|trial| format!("{}{}", trial["edits"], trial["effort"]))
        .collect();
    assert_eq!(distinct.len(), all.len());
    // It is told as one search, whose time goes on as well.
    let now = owner.send("GET", &at, &Value::Null);
    assert!(
        now["progress"]["told"]["tried"].as_u64().unwrap() > tried as u64,
        "{now}"
    );
    let spent = |trial: &Value| trial["spent_ms"].as_u64().unwrap();
    assert!(spent(&all[tried]) >= spent(&all[tried - 1]));
    let done = owner.ended(&job);
    assert_eq!(done["state"], "done", "{done}");
    assert!(
        done["result"]["tried"].as_u64().unwrap() >= all.len() as u64,
        "{done}"
    );
    assert!(
        done["result"]["search_seconds"].as_f64().unwrap() < 20.0,
        "{done}"
    );
}

#[test]
fn tests_whose_writing_was_put_aside_keep_what_was_found() {
    // Functions that take some looking into.
    let code: String = (0..6)
        .map(|at| format!("def roman{at}(number: int) -> str:\n    if not 0 < number < 4000:\n        raise ValueError(number)\n    text = ''\n    for value, sign in ((1000, 'M'), (500, 'D'), (100, 'C'), (50, 'L'), (10, 'X'), (5, 'V'), (1, 'I')):\n        while number >= value:\n            text += sign\n            number -= value\n    return text\n\n"))
        .collect();
    let served = Served::start(&[]);
    let owner = Owner::of(&served);
    let (_folder, path) = project(&owner, &[("roman.py", &code)]);
    let wanted = json!({ "file": "roman.py", "seconds": 60 });
    let job = owner.send("POST", &format!("{path}/tests"), &wanted);
    let ended = || {
        let (path, lines) = kept(&served, "suites", &job);
        let ended = lines.iter().filter(|line| line["ended"].is_object());
        let ended: Vec<u64> = ended.map(|line| line["target"].as_u64().unwrap()).collect();
        (path, ended)
    };
    until("two functions are done", || ended().1.len() >= 2);
    let before = put_aside(&owner, &job, &ended().0);
    let done_before = ended().1.len();
    assert!(done_before < 6, "there is something left to do");
    let at = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    owner.send("POST", &format!("{at}/resume"), &json!({}));
    let done = owner.ended(&job);
    assert_eq!(done["state"], "done", "{done}");
    let (record, all) = ended();
    assert!(
        fs::read_to_string(record).unwrap().starts_with(&before),
        "what was found is kept"
    );
    let distinct: HashSet<&u64> = all.iter().collect();
    assert_eq!(
        (all.len(), distinct.len()),
        (6, 6),
        "each function is searched once"
    );
    let targets = done["result"]["targets"].as_array().unwrap();
    for target in targets {
        let number = |name: &str| target[name].as_u64().unwrap();
        assert!(
            number("tests") > 0 && number("killed") * 10 >= number("mutants") * 7,
            "{target}"
        );
    }
}
