//! `freehold ask` and `freehold chat` with the model in the binary, as on the day it arrives.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// Runs the binary with its data in `data`; exit status, standard output and standard error.
fn run(data: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    run_in(Path::new("."), data, args)
}

#[expect(clippy::disallowed_methods, reason = "tests run the binary")]
fn run_in(folder: &Path, data: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_freehold"))
        .args(args)
        .current_dir(folder)
        .env("FREEHOLD_DATA", data)
        .stdin(Stdio::null())
        .output()
        .expect("the binary");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn a_request_is_answered_without_anything_added() {
    let data = tempfile::tempdir().unwrap();
    let (exit, said, _) = run(data.path(), &["ask", "what is 15 percent of 80"]);
    assert_eq!((exit, said.as_str()), (Some(0), "0.15*80 = 12\n"));
    let (exit, said, _) = run(
        data.path(),
        &["ask", "--calls", "set a timer for ten minutes"],
    );
    let calls: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (exit, calls),
        (
            Some(0),
            json!([{"tool": "timer.set", "arguments": {"seconds": 600}}])
        )
    );
    let (_, said, _) = run(
        data.path(),
        &["ask", "--json", "--stats", "how many km are 10 miles"],
    );
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["calls"][0]["tool"], "units.convert", "{report}");
    assert!(report["answer_ms"].as_f64().unwrap() > 0.0);
    // Nobody added anything, and chatting works all the same.
    let (exit, said, told) = run(data.path(), &["chat", "what is 15 percent of 80"]);
    assert_eq!((exit, said.trim()), (Some(0), "0.15*80 = 12"), "{told}");
}

#[test]
fn a_film_that_is_asked_for_is_made() {
    let data = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let asked = "make a video of a red ball bouncing, 2 seconds, 320x240";
    let (exit, said, told) = run_in(folder.path(), data.path(), &["ask", asked]);
    assert_eq!(exit, Some(0), "{told}");
    assert!(said.contains("a-red-ball-bouncing.mp4"), "{said}");
    let film = fs::read(folder.path().join("a-red-ball-bouncing.mp4")).unwrap();
    assert_eq!(&film[4..8], b"ftyp");
}

#[test]
fn what_is_released_is_what_was_signed() {
    let data = tempfile::tempdir().unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/built-in");
    let (exit, said, told) = run(data.path(), &["release", "verify", folder]);
    assert_eq!(exit, Some(0), "{said}{told}");
    // Whoever changes a file of it changes what is in the binary, too.
    let copy = data.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    let (exit, _, told) = run(data.path(), &["release", "verify", copy.to_str().unwrap()]);
    assert_eq!(exit, Some(1), "folders are missing: {told}");
}

#[test]
fn a_damaged_copy_is_written_anew_and_what_cannot_be_written_is_said() {
    let data = tempfile::tempdir().unwrap();
    let ask = ["ask", "--calls", "set a timer for ten minutes"];
    let (_, before, _) = run(data.path(), &ask);
    let folder = fs::read_dir(data.path().join("built-in")).unwrap();
    let folder = folder.map(|entry| entry.unwrap().path()).next().unwrap();
    fs::write(folder.join("model.safetensors"), "half of it").unwrap();
    let (exit, after, told) = run(data.path(), &ask);
    assert_eq!((exit, after), (Some(0), before), "{told}");
    let left = fs::read_dir(data.path().join("built-in")).unwrap().count();
    assert_eq!(left, 1, "nothing is left behind");

    let file = data.path().join("a-file");
    fs::write(&file, "").unwrap();
    let (exit, _, told) = run(&file, &ask);
    assert_eq!(exit, Some(2));
    assert!(
        told.contains("cannot be written") && told.contains("hint: `FREEHOLD_DATA`"),
        "{told}"
    );
}

#[test]
fn what_is_too_long_or_nothing_is_refused_in_words() {
    let data = tempfile::tempdir().unwrap();
    let long = "word ".repeat(20_000);
    let (exit, _, told) = run(data.path(), &["ask", &long]);
    assert_eq!(exit, Some(1));
    assert!(told.contains("the prompt has"), "{told}");
    let (exit, said, _) = run(data.path(), &["ask", ""]);
    assert!(exit == Some(0) && !said.is_empty() || exit == Some(1));
    let (exit, _, told) = run(
        data.path(),
        &["chat", "hello", "--json-schema", "/dev/null"],
    );
    assert_eq!(exit, Some(1), "{told}");
}
