//! `freehold tests` on input that it cannot or should not work with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Run, run};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(name: &str, bytes: &[u8]) -> (Self, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        (Self(folder), file)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn tests(file: &Path, more: &[&str]) -> Run {
    let mut args = vec!["tests", file.to_str().unwrap()];
    args.extend(more);
    run(&args)
}

/// The file is refused with `code`, `words` in the message and a hint, and the folder is as it was.
#[track_caller]
fn refused(name: &str, text: &str, more: &[&str], code: &str, words: &str) {
    let (folder, file) = Folder::new(name, text.as_bytes());
    let run = tests(&file, &[more, &["--json"]].concat());
    assert_eq!(run.exit, Some(1), "{}", run.stderr);
    let said: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(said["error"]["code"], code, "{said}");
    let message = said["error"]["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
    assert!(said["error"]["hint"].is_string(), "{said}");
    assert_eq!(folder.names(), [name]);
}

#[test]
fn a_missing_file_is_named() {
    let run = tests(Path::new("nowhere/gone.py"), &[]);
    assert_eq!(run.exit, Some(1));
    assert!(
        run.stderr.contains("there is no file `nowhere/gone.py`"),
        "{}",
        run.stderr
    );
}

#[test]
fn another_language_is_named() {
    refused("page.html", "<p>", &[], "unknown_language", "page.html");
}

#[test]
fn broken_syntax_is_named_with_its_line() {
    refused(
        "odd.py",
        "x = 1\n\ndef f(:\n",
        &[],
        "broken_syntax",
        "line 3",
    );
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let (_folder, file) = Folder::new("latin.py", b"# caf\xe9\ndef f(): return 1\n");
    let run = tests(&file, &[]);
    assert_eq!(run.exit, Some(1));
    assert!(run.stderr.contains("not UTF-8"), "{}", run.stderr);
}

#[test]
fn a_file_without_functions_is_refused() {
    refused(
        "table.py",
        "A = 1\n",
        &[],
        "no_functions",
        "no public function",
    );
}

#[test]
fn an_unknown_function_is_refused_with_those_there_are() {
    let (_folder, file) = Folder::new("two.py", b"def one(): return 1\ndef two(): return 2\n");
    let run = tests(&file, &["--function", "three"]);
    assert_eq!(run.exit, Some(1));
    assert!(run.stderr.contains("it has one, two"), "{}", run.stderr);
}

#[test]
fn a_module_that_loops_on_import_is_refused() {
    refused(
        "spin.py",
        "while True:\n    pass\ndef f(): pass\n",
        &[],
        "import_hangs",
        "importing",
    );
}

#[test]
fn a_module_that_exits_on_import_is_refused() {
    refused(
        "leave.py",
        "import sys\nsys.exit(3)\ndef f(): pass\n",
        &[],
        "import_exits",
        "exit(3)",
    );
}

#[test]
fn a_module_that_kills_its_process_on_import_is_refused() {
    refused(
        "die.py",
        "import os\nos._exit(0)\ndef f(): pass\n",
        &[],
        "import_exits",
        "die.py",
    );
}

#[test]
fn a_module_that_prints_without_end_on_import_is_refused() {
    refused(
        "shout.py",
        "while True: print('x' * 1000)\ndef f(): pass\n",
        &[],
        "import_hangs",
        "prints",
    );
}

#[test]
fn a_module_that_misses_a_package_is_refused() {
    refused(
        "needy.py",
        "import no_such_package\ndef f(): pass\n",
        &[],
        "import_fails",
        "no_such_package",
    );
}

#[test]
fn functions_that_reach_outside_are_refused_with_what_they_reach_for() {
    let source = "\
import os
import socket
import subprocess


def ask():
    return input('name? ')


def wipe(path: str):
    os.remove(path)


def load(path: str):
    return open(path).read()


def call(port: int):
    return socket.create_connection(('127.0.0.1', port))


def shell(word: str):
    return subprocess.run(['echo', word])


def bomb():
    while True:
        os.fork()
";
    let (folder, file) = Folder::new("outside.py", source.as_bytes());
    let run = tests(&file, &[]);
    assert_eq!(run.exit, Some(1), "{}", run.stdout);
    for what in [
        "standard input",
        "files",
        "the network",
        "other programs",
        "other processes",
    ] {
        assert!(run.stderr.contains(what), "{what}: {}", run.stderr);
    }
    assert_eq!(folder.names(), ["outside.py"]);
}

#[test]
fn functions_that_hang_shout_crash_or_eat_memory_are_left_out_and_others_tested() {
    let source = "\
import ctypes
import os
import time


def hang(n: int):
    while True:
        n += 1


def sleep(n: int):
    time.sleep(1000)


def shout(n: int):
    while True:
        print('x' * 10000)


def hog(n: int):
    return len([0] * (10 ** 11))


def crash(n: int):
    ctypes.string_at(0)


def leave(n: int):
    os._exit(0)


def fine(n: int) -> int:
    return n * n
";
    let (folder, file) = Folder::new("wild.py", source.as_bytes());
    let run = tests(&file, &["--budget", "6s"]);
    assert_eq!(run.exit, Some(0), "{}", run.stderr);
    assert!(
        run.stdout.contains("def test_fine_returns_"),
        "{}",
        run.stdout
    );
    for wild in ["hang", "sleep", "shout", "crash", "leave"] {
        assert!(
            !run.stdout.contains(&format!("def test_{wild}_")),
            "{}",
            run.stdout
        );
    }
    assert_eq!(folder.names(), ["wild.py"]);
}

#[test]
fn an_existing_file_is_kept_unless_force_is_given() {
    let (folder, file) = Folder::new("inc.py", b"def inc(n: int) -> int:\n    return n + 1\n");
    let out = folder.0.path().join("test_inc.py");
    fs::write(&out, "mine").unwrap();
    let run = tests(&file, &["-o", out.to_str().unwrap()]);
    assert_eq!(run.exit, Some(1));
    assert!(
        run.stderr.contains("`--force` replaces it"),
        "{}",
        run.stderr
    );
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    let run = tests(&file, &["-o", out.to_str().unwrap(), "--force"]);
    assert_eq!(run.exit, Some(0), "{}", run.stderr);
    assert!(
        fs::read_to_string(&out)
            .unwrap()
            .contains("def test_inc_returns_")
    );
    assert_eq!(folder.names(), ["inc.py", "test_inc.py"]);
}
