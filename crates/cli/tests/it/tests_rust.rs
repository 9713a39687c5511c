//! `freehold tests` on Rust: what it writes passes, is clean, and notices faults.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::run;

const MANIFEST: &str = "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// Writes a package whose library is `text`.
fn package(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(folder.path().join("src/lib.rs"), text).unwrap();
    folder
}

/// Runs `freehold tests` with `--json` on the library; the report.
fn report(folder: &Path, more: &[&str]) -> Value {
    let file = folder.join("src/lib.rs");
    let mut args = vec!["tests", file.to_str().unwrap(), "--json"];
    args.extend(more);
    let run = run(&args);
    assert_eq!(run.exit, Some(0), "{}{}", run.stderr, run.stdout);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The library is refused with `code` and `words`.
#[track_caller]
fn refused(folder: &Path, more: &[&str], code: &str, words: &str) {
    let file = folder.join("src/lib.rs");
    let mut args = vec!["tests", file.to_str().unwrap(), "--json"];
    args.extend(more);
    let run = run(&args);
    assert_eq!(run.exit, Some(1), "{}{}", run.stderr, run.stdout);
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(said["error"]["code"], code, "{said}");
    let message = said["error"]["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
    assert!(said["error"]["hint"].is_string(), "{said}");
}

/// Most faults are noticed, over all targets.
#[track_caller]
fn kills(report: &Value, percent: u64, mutants_min: u64) {
    let sum = |key: &str| -> u64 {
        let targets = report["targets"].as_array().unwrap();
        targets
            .iter()
            .map(|target| target[key].as_u64().unwrap())
            .sum()
    };
    let (killed, mutants) = (sum("mutants_killed"), sum("mutants"));
    assert!(mutants >= mutants_min, "{}", report["targets"]);
    assert!(100 * killed >= percent * mutants, "{}", report["targets"]);
}

#[allow(
    clippy::disallowed_methods,
    reason = "the test stands where a person stands"
)]
fn cargo(folder: &Path, args: &[&str]) -> Output {
    std::process::Command::new("cargo")
        .args(args)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap()
}

/// The package's tests pass under plain cargo, and neither clippy nor rustfmt has anything to say.
#[track_caller]
fn is_clean(folder: &Path) {
    for args in [
        &["test", "--offline", "--quiet"][..],
        &[
            "clippy",
            "--offline",
            "--quiet",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        &["fmt", "--check"],
    ] {
        let output = cargo(folder, args);
        assert!(
            output.status.success(),
            "{args:?}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

const FUNCTIONS: &str = r#"//! Plain functions.

/// Keeps a value within bounds.
pub fn clamp(value: i32, low: i32, high: i32) -> i32 {
    assert!(low <= high, "low is above high");
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

/// Counts the words.
pub fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// The mean, if there is one.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

/// Moves zeros to the end.
pub fn zeros_last(values: &mut Vec<u8>) {
    let before = values.len();
    values.retain(|value| *value != 0);
    values.resize(before, 0);
}

/// How often a number can be halved or tripled until it is 1.
pub fn steps(mut number: u64) -> u32 {
    let mut count = 0;
    while number > 1 {
        number = if number & 1 == 0 { number / 2 } else { 3 * number + 1 };
        count += 1;
    }
    count
}
"#;

#[test]
fn tests_of_functions_are_added_to_the_file_and_are_clean() {
    let folder = package(FUNCTIONS);
    cargo(folder.path(), &["fmt"]);
    let file = folder.path().join("src/lib.rs");
    let before = fs::read_to_string(&file).unwrap();
    let report = report(folder.path(), &["-o", file.to_str().unwrap()]);
    kills(&report, 90, 60);
    let after = fs::read_to_string(&file).unwrap();
    assert!(after.starts_with(before.trim_end()), "{after}");
    assert!(after.contains("#[cfg(test)]\nmod tests {\n"), "{after}");
    assert!(
        after.contains("#[should_panic(expected = \"low is above high\")]"),
        "{after}"
    );
    is_clean(folder.path());
}

const STACK: &str = r#"//! A type with methods.

use std::collections::HashMap;

/// Names with numbers.
#[derive(Debug, Default)]
pub struct Register {
    known: HashMap<String, u32>,
    log: Vec<String>,
}

impl Register {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds to a name's number; the number after that.
    pub fn add(&mut self, name: &str, count: u32) -> Result<u32, String> {
        if name.is_empty() {
            return Err("a name is needed".to_string());
        }
        let entry = self.known.entry(name.to_string()).or_insert(0);
        *entry += count;
        self.log.push(format!("{name}+{count}"));
        Ok(*entry)
    }

    /// The number of a name.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.known.get(name).copied()
    }

    /// Takes a name out.
    pub fn remove(&mut self, name: &str) -> bool {
        self.known.remove(name).is_some()
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
"#;

#[test]
fn methods_are_called_one_after_the_other_on_one_object() {
    let folder = package(STACK);
    fs::create_dir(folder.path().join("tests")).unwrap();
    let out = folder.path().join("tests/register.rs");
    let report = report(folder.path(), &["-o", out.to_str().unwrap()]);
    kills(&report, 80, 20);
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.contains("use small::Register;"), "{text}");
    assert!(
        text.contains("let mut register = Register::new();"),
        "{text}"
    );
    assert!(!text.contains("register.known"), "{text}");
    is_clean(folder.path());
}

const GENERIC: &str = r#"//! Enumerations, generics and closures.

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Circle { radius: u32 },
    Rectangle(u32, u32),
    Empty,
}

/// The area, with three for pi.
pub fn area(shape: &Shape) -> u32 {
    match shape {
        Shape::Circle { radius } => 3 * radius * radius,
        Shape::Rectangle(width, height) => width * height,
        Shape::Empty => 0,
    }
}

/// The largest item.
pub fn largest<T: PartialOrd + Copy>(items: &[T]) -> Option<T> {
    let mut best = *items.first()?;
    for item in items {
        if *item > best {
            best = *item;
        }
    }
    Some(best)
}

/// How many items please.
pub fn count_if<F>(items: &[i32], pleases: F) -> usize
where
    F: Fn(i32) -> bool,
{
    items.iter().filter(|item| pleases(**item)).count()
}

/// Reads `WIDTHxHEIGHT`.
pub fn parse(text: &str) -> Result<Shape, std::num::ParseIntError> {
    match text.split_once('x') {
        Some((width, height)) => Ok(Shape::Rectangle(width.parse()?, height.parse()?)),
        None => Ok(Shape::Circle {
            radius: text.parse()?,
        }),
    }
}
"#;

#[test]
fn values_are_made_for_enumerations_type_parameters_and_closures() {
    let folder = package(GENERIC);
    let report = report(folder.path(), &[]);
    kills(&report, 80, 25);
    let text = report["text"].as_str().unwrap();
    for words in [
        "Shape::Rectangle(",
        "largest(&[",
        "count_if(&[",
        ", |",
        "fails_for",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let file = folder.path().join("src/lib.rs");
    fs::write(&file, format!("{GENERIC}\n{text}")).unwrap();
    is_clean(folder.path());
    let again = self::report(folder.path(), &["--function", "largest"]);
    let names: Vec<&str> = again["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["largest"]);
    assert!(
        again["text"]
            .as_str()
            .unwrap()
            .contains("mod regression_tests")
    );
}

#[test]
fn the_same_seed_writes_the_same_tests() {
    let folder = package(GENERIC);
    let first = report(folder.path(), &["--function", "area"]);
    let second = report(folder.path(), &["--function", "area"]);
    assert_eq!(first["text"], second["text"]);
}

#[test]
fn what_reaches_outside_is_left_out_with_the_reason() {
    let folder = package(
        "pub fn size(path: &str) -> u64 {\n    std::fs::metadata(path).map_or(0, |found| found.len())\n}\n\npub fn age() -> u64 {\n    now()\n}\n\nfn now() -> u64 {\n    std::time::SystemTime::now().elapsed().map_or(0, |time| time.as_secs())\n}\n\npub fn double(x: u32) -> u32 {\n    2 * x\n}\n",
    );
    let report = report(folder.path(), &[]);
    let reason = |name: &str| -> Option<&str> {
        let targets = report["targets"].as_array().unwrap();
        let target = targets
            .iter()
            .find(|target| target["name"] == name)
            .unwrap();
        target["skipped"].as_str()
    };
    assert!(reason("size").unwrap().contains("the file system"));
    assert!(reason("age").unwrap().contains("the clock"));
    assert_eq!(reason("double"), None);
}

#[test]
fn what_cannot_be_worked_with_is_refused() {
    let folder = package("pub fn f( -> u8 { 1 }\n");
    refused(folder.path(), &[], "broken_syntax", "line 1");
    let folder = package("pub fn f() -> u8 { \"1\" }\n");
    refused(folder.path(), &[], "does_not_build", "mismatched types");
    let folder = package("pub fn f() -> u8 { 1 }\n");
    refused(
        folder.path(),
        &["--function", "g"],
        "no_such_function",
        "`g`",
    );
    let out = folder.path().join("other.rs");
    refused(
        folder.path(),
        &["-o", out.to_str().unwrap()],
        "out_is_no_test",
        "other.rs",
    );
    fs::write(folder.path().join("src/lib.rs"), b"// caf\xe9\n").unwrap();
    refused(folder.path(), &[], "not_utf8", "lib.rs");
    fs::write(folder.path().join("src/lib.rs"), "pub fn f() {}\n").unwrap();
    fs::remove_file(folder.path().join("Cargo.toml")).unwrap();
    refused(folder.path(), &[], "no_package", "cargo package");
}
