//! Manners that every command shares: help, errors, exit codes, `--json`, closed pipes.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, pipe},
};

use insta::assert_snapshot;

use crate::{Run, freehold, run};

#[test]
fn help_lists_the_commands_on_standard_output() {
    let Run {
        exit,
        stdout,
        stderr,
    } = run(&["--help"]);
    assert_eq!((exit, stderr.as_str()), (Some(0), ""));
    assert_snapshot!(stdout);
}

#[test]
fn version_goes_to_standard_output() {
    let expected = format!("freehold {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        run(&["--version"]),
        Run {
            exit: Some(0),
            stdout: expected,
            stderr: String::new()
        }
    );
}

#[test]
fn an_unknown_command_is_refused_with_the_nearest_one() {
    let Run {
        exit,
        stdout,
        stderr,
    } = run(&["complétions"]);
    assert_eq!((exit, stdout.as_str()), (Some(1), ""));
    assert_snapshot!(stderr, @r"
    error: unrecognized subcommand `complétions`
    hint: a similar subcommand exists: `completions`
    ");
}

#[test]
fn a_value_that_cannot_be_read_is_refused_with_its_own_hint() {
    let Run { exit, stderr, .. } = run(&["sandbox", "run", "--net", "all", "--", "true"]);
    assert_eq!(exit, Some(1));
    assert_snapshot!(stderr);
}

#[test]
fn a_value_out_of_range_is_refused_with_what_may_stand_there() {
    let refused = |arguments: &[&str]| {
        let Run { exit, stderr, .. } = run(arguments);
        assert_eq!(exit, Some(1), "{stderr}");
        let hint = stderr.lines().find_map(|line| line.strip_prefix("hint: "));
        hint.unwrap_or_default().to_owned()
    };
    let port = "`--port` takes a whole number from 0 to 65535";
    assert_eq!(refused(&["--port", "99999"]), port);
    assert_eq!(refused(&["serve", "--port", "99999"]), port);
    assert_eq!(refused(&["serve", "--port=-1"]), port);
    let digits = "`--port` takes a whole number, in digits";
    assert_eq!(refused(&["serve", "--port", "http"]), digits);
    let answers = "`--answers` takes a whole number from 1 to 1024";
    assert_eq!(refused(&["serve", "--answers", "0"]), answers);
    let context = "`--context` takes a whole number from 64 to 4294967295";
    assert_eq!(refused(&["serve", "--context", "1"]), context);
    let memory = "`--memory` takes a number, such as 1.5";
    assert_eq!(refused(&["serve", "--memory", "much"]), memory);
    let bind = "`--bind` takes an address in digits, such as 127.0.0.1 or ::1";
    assert_eq!(refused(&["serve", "--bind", "localhost"]), bind);
    let days = "`--days` takes a whole number from 1 to 36500";
    assert_eq!(refused(&["key", "add", "ada", "--days", "0"]), days);
}

#[test]
fn a_missing_argument_is_named_in_one_line() {
    let Run { exit, stderr, .. } = run(&["sandbox", "run"]);
    assert_eq!(exit, Some(1));
    assert_snapshot!(stderr);
}

#[test]
fn a_refusal_under_json_is_an_object_on_standard_output() {
    let Run { exit, stdout, .. } = run(&["--json", "completions", "tcsh"]);
    assert_eq!(exit, Some(1));
    assert_snapshot!(stdout);
}

#[test]
fn json_after_a_double_dash_belongs_to_someone_else() {
    let Run { exit, stdout, .. } = run(&["completions", "bash", "--", "--json"]);
    assert_eq!((exit, stdout.as_str()), (Some(1), ""));
}

#[test]
fn completions_know_every_command_in_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let Run {
            exit,
            stdout,
            stderr,
        } = run(&["completions", shell]);
        assert_eq!((exit, stderr.as_str()), (Some(0), ""), "{shell}");
        assert!(stdout.contains("completions"), "{shell}");
    }
}

#[test]
fn completions_under_json_carry_the_same_script() {
    let plain = run(&["completions", "fish"]).stdout;
    let json: serde_json::Value =
        serde_json::from_str(&run(&["--json", "completions", "fish"]).stdout).unwrap();
    assert_eq!(
        json,
        serde_json::json!({ "shell": "fish", "script": plain })
    );
}

#[test]
fn a_reader_that_leaves_is_not_an_error() {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let output = freehold()
        .args(["completions", "zsh"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}

#[test]
fn a_full_disk_behind_standard_output_is_said_and_exits_2() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = freehold()
        .args(["completions", "zsh"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let first = BufReader::new(output.stderr.as_slice())
        .lines()
        .next()
        .unwrap()
        .unwrap();
    assert!(
        first.starts_with("error: cannot write to standard output"),
        "{first}"
    );
}
