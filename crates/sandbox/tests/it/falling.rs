//! A box falls with its caller, however the caller ends.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sandbox::{Exec, Policy, Worker, spawn};

use crate::again::this_binary;

#[test]
#[ignore = "is the caller that gets killed"]
fn holds_a_box_open() {
    let token = std::env::var("TOKEN").unwrap();
    let script = format!("(setsid sleep 1000 </dev/null >/dev/null 2>&1 &); sleep 1000; : {token}");
    let mut child = spawn(
        &Policy::new().env("TOKEN", token),
        "sh",
        &["-c".into(), script.into()],
    )
    .unwrap();
    println!("\nbox is up");
    let mut rest = String::new();
    child.stdout().read_to_string(&mut rest).unwrap();
}

/// Starts a caller with a box and waits until the box is up.
fn caller(token: &str) -> Child {
    let mut caller = this_binary("falling::holds_a_box_open")
        .env("TOKEN", token)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(caller.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap() == "box is up"));
    caller
}

/// Processes that have `token` in their environment or on their command line, but not as `TOKEN=` of the caller.
fn processes_with(token: &str) -> Vec<String> {
    let of = |name: &str| {
        let line = fs::read(format!("/proc/{name}/cmdline")).unwrap_or_default();
        let environment = fs::read(format!("/proc/{name}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&[line, environment].concat()).contains(token)
    };
    let names = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|name| of(name))
        .collect()
}

fn assert_gone(token: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !processes_with(token).is_empty() {
        assert!(
            Instant::now() < deadline,
            "still there: {:?}",
            processes_with(token)
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn falls_after(signal: Signal) {
    let token = format!("falling-{}-{}", std::process::id(), signal.as_raw());
    let mut caller = caller(&token);
    // The caller, the shell, and two that sleep, which the shell may still be about to start.
    let deadline = Instant::now() + Duration::from_secs(5);
    while processes_with(&token).len() < 4 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let seen = processes_with(&token);
    kill_process(Pid::from_child(&caller), signal).unwrap();
    caller.wait().unwrap();
    assert!(seen.len() >= 4, "{seen:?}");
    assert_gone(&token);
}

#[test]
fn a_killed_caller_takes_its_box_along() {
    falls_after(Signal::KILL);
}

#[test]
fn an_interrupted_caller_takes_its_box_along() {
    falls_after(Signal::INT);
}

#[test]
fn a_terminated_caller_takes_its_box_along() {
    falls_after(Signal::TERM);
}

#[test]
fn a_killed_go_between_takes_the_box_along() {
    let token = format!("between-{}", std::process::id());
    let mut child = spawn(
        &Policy::new().env("TOKEN", &token),
        "sleep",
        &["1000".into()],
    )
    .unwrap();
    let between = fs::read_to_string(format!(
        "/proc/self/task/{}/children",
        rustix::thread::gettid().as_raw_nonzero()
    ))
    .unwrap();
    let between = between
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .filter_map(Pid::from_raw);
    for pid in between {
        kill_process(pid, Signal::KILL).unwrap();
    }
    assert_gone(&token);
    child.kill();
}

#[test]
fn a_box_outlives_the_thread_that_started_it() {
    let mut worker = std::thread::spawn(|| Worker::start(&Policy::new()).unwrap())
        .join()
        .unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let echo = Exec {
        program: "echo".into(),
        args: vec!["here".into()],
        ..Exec::default()
    };
    assert_eq!(worker.exec(&echo).unwrap().stdout, b"here\n");
}
