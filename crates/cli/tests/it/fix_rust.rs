//! `freehold fix` on small Rust projects.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::freehold;

/// Writes a project, runs `freehold fix` on it and reads the answer.
fn fix(files: &[(&str, &str)], args: &[&str]) -> (Option<i32>, Value, TempDir) {
    let project = TempDir::new().unwrap();
    let data = TempDir::new().unwrap();
    for (name, text) in files {
        let path = project.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let output = freehold()
        .arg("fix")
        .arg(project.path())
        .arg("--json")
        .args(args)
        .env("FREEHOLD_DATA", data.path())
        .env("TMPDIR", data.path())
        .output()
        .unwrap();
    let value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {output:?}"));
    (output.status.code(), value, project)
}

const MANIFEST: &str = "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// Methods of traits, generics, patterns as parameters and `impl Trait`, in a crate that allows
/// nothing.
const STRICT: &str = r#"//! Strict.
#![no_std]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

/// Counts down.
#[derive(Debug)]
pub struct Down<T> {
    /// What is left.
    pub left: u32,
    /// What is given.
    pub item: T,
}

impl<T: Copy> Iterator for Down<T> {
    type Item = (u32, T);

    fn next(&mut self) -> Option<(u32, T)> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        Some((self.left + 1, self.item))
    }
}

/// The larger part first.
pub fn ordered<T: PartialOrd>((a, b): (T, T)) -> (T, T) {
    if a < b { (a, b) } else { (b, a) }
}

/// Doubles.
pub fn doubled(items: &[u32]) -> impl Iterator<Item = u32> + '_ {
    items.iter().map(|item| item * 2)
}
"#;
const STRICT_TESTS: &str = r#"use small::*;

#[test]
fn counts_down() {
    let down = Down { left: 2, item: 'x' };
    assert_eq!(down.collect::<Vec<_>>(), [(2, 'x'), (1, 'x')]);
}

#[test]
fn orders() {
    assert_eq!(ordered((1, 2)), (2, 1));
    assert_eq!(ordered((7, 3)), (7, 3));
    assert_eq!(ordered(("a", "b")), ("b", "a"));
}

#[test]
fn doubles() {
    assert_eq!(doubled(&[1, 5]).collect::<Vec<_>>(), [2, 10]);
}
"#;

#[test]
fn repairs_a_crate_that_forbids_unsafe_and_denies_warnings_and_has_no_std() {
    let files = [
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", STRICT),
        ("tests/strict.rs", STRICT_TESTS),
    ];
    let (exit, answer, project) = fix(&files, &["--budget", "120s"]);
    assert_eq!(exit, Some(0), "{answer}");
    assert_eq!(answer["language"], "rust");
    assert_eq!(answer["tests"]["failing_before"][0]["name"], "orders");
    let patch = answer["patches"][0]["files"][0]["content"]
        .as_str()
        .unwrap();
    assert!(
        patch.contains("forbid(unsafe_code)") && !patch.contains("freehold"),
        "{patch}"
    );
    let untouched = fs::read_to_string(project.path().join("src/lib.rs")).unwrap();
    assert_eq!(untouched, STRICT);
    assert!(!Path::new(&project.path().join("target")).exists());
}

#[test]
fn what_is_built_and_first_run_ends_when_its_time_is_over_and_says_how_far_it_came() {
    // A build that takes long: its script does.
    let script = "fn main() { std::thread::sleep(std::time::Duration::from_secs(60)); }\n";
    let lib = "#[test]\nfn fails() {\n    panic!()\n}\n";
    let files = [
        ("Cargo.toml", MANIFEST),
        ("build.rs", script),
        ("src/lib.rs", lib),
    ];
    let begun = std::time::Instant::now();
    let (exit, report, _project) = fix(&files, &["--baseline", "3s"]);
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
    assert_eq!(exit, Some(1), "{report}");
    assert_eq!(report["error"]["code"], "baseline_too_long", "{report}");
    let message = report["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the project was not built"),
        "{message}"
    );
    // Tests that take long: some of them ran.
    let test = |at: usize| {
        format!(
            "#[test]\nfn t{at}() {{\n    std::thread::sleep(std::time::Duration::from_millis(400));\n    assert!({at} > 0);\n}}\n"
        )
    };
    let lib: String = (0..60).map(test).collect();
    let files = [("Cargo.toml", MANIFEST), ("src/lib.rs", lib.as_str())];
    let (_, report, _project) = fix(&files, &["--baseline", "6s"]);
    let message = report["error"]["message"].as_str().unwrap();
    assert!(message.contains("of `60` ran"), "{message}");
}

#[test]
fn refuses_a_project_that_does_not_build_or_has_no_tests() {
    let broken = [("Cargo.toml", MANIFEST), ("src/lib.rs", "pub fn f( {\n")];
    let (exit, answer, _) = fix(&broken, &[]);
    assert_eq!(
        (exit, &answer["error"]["code"]),
        (Some(1), &Value::from("broken_syntax")),
        "{answer}"
    );
    let untyped = [
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", "pub fn f() -> u8 {\n    \"a\"\n}\n"),
    ];
    let (exit, answer, _) = fix(&untyped, &[]);
    assert_eq!(
        (exit, &answer["error"]["code"]),
        (Some(1), &Value::from("does_not_build")),
        "{answer}"
    );
    let untested = [
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", "pub fn f() -> u8 {\n    1\n}\n"),
    ];
    let (exit, answer, _) = fix(&untested, &[]);
    assert_eq!(
        (exit, &answer["error"]["code"]),
        (Some(1), &Value::from("no_tests")),
        "{answer}"
    );
}

/// A loop that never moves on: two tests fill the memory, two run for ever, one passes.
const STUCK: &str = r#"//! Splits texts.

/// The words of `text`, underscores included.
pub fn words(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
            at += 1;
        }
        if at > start {
            found.push(text[start..at].to_owned());
        } else if bytes[at] == b'_' {
            found.push("_".to_owned());
        } else {
            at += 1;
        }
    }
    found
}

/// How many steps of two lead from `n` to nothing.
pub fn steps(mut n: u32) -> u32 {
    let mut count = 0;
    while n != 0 {
        count += 1;
        n = n.saturating_sub(2);
    }
    count
}
"#;

#[test]
fn tests_that_fill_the_memory_or_run_for_ever_are_repaired_within_the_budget() {
    let tests = r#"use small::{steps, words};
#[test]
fn finds_a_lone_underscore() { assert_eq!(words("_"), ["_"]); }
#[test]
fn finds_words_between_underscores() { assert_eq!(words("a_b c"), ["a", "_", "b", "c"]); }
#[test]
fn finds_words_between_blanks() { assert_eq!(words("a b1 "), ["a", "b1"]); }
#[test]
fn counts_steps() { assert_eq!((steps(0), steps(4), steps(5)), (0, 2, 3)); }
"#;
    let begun = std::time::Instant::now();
    let (code, answer, _project) = fix(
        &[
            ("Cargo.toml", MANIFEST),
            ("src/lib.rs", STUCK),
            ("tests/words.rs", tests),
        ],
        &["--budget", "30s"],
    );
    assert_eq!(code, Some(0), "{answer}");
    assert_eq!(answer["outcome"], "fixed");
    // The budget, the first builds and the last run.
    assert!(begun.elapsed().as_secs() < 75, "{answer}");
}
