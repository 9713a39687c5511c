//! Commands run, get their input, give their output, and end at their limits.

use std::io::{BufRead, BufReader, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sandbox::{Access, Command, Error, Exec, Limits, Policy, Status, Worker, run, spawn};

fn sh(script: &str) -> Command {
    Command::new("sh").args(["-c", script])
}

#[test]
fn captures_output_status_and_input() {
    let outcome = run(
        &Policy::new(),
        &sh("cat; echo err >&2; exit 7").stdin("hello"),
    )
    .unwrap();
    assert_eq!(outcome.status, Status::Exited(7));
    assert_eq!(outcome.stdout, b"hello");
    assert_eq!(outcome.stderr, b"err\n");
}

#[test]
fn carries_more_input_and_output_than_a_pipe_holds() {
    let input = vec![b'x'; 3 << 20];
    let outcome = run(&Policy::new(), &Command::new("cat").stdin(input.clone())).unwrap();
    assert_eq!(outcome.status, Status::Exited(0));
    assert!(outcome.stdout == input);
}

#[test]
fn ends_a_command_that_outlives_its_time() {
    let limits = Limits {
        wall_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let started = Instant::now();
    let outcome = run(&Policy::new().limits(limits), &sh("echo begun; sleep 100")).unwrap();
    assert_eq!(outcome.status, Status::TimedOut);
    assert_eq!(outcome.stdout, b"begun\n");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn ends_a_command_whose_owner_wants_that_and_goes_on_with_the_next() {
    let wanted = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&wanted);
    let mut worker = Worker::start(&Policy::new()).unwrap();
    worker.end_when(move || asked.load(Ordering::Relaxed));
    let run = |worker: &mut Worker, script: &str| {
        let exec = Exec {
            program: "sh".into(),
            args: vec!["-c".into(), script.into()],
            ..Exec::default()
        };
        worker.exec(&exec).unwrap()
    };
    let told = Arc::clone(&wanted);
    let teller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        told.store(true, Ordering::Relaxed);
    });
    let started = Instant::now();
    let outcome = run(&mut worker, "echo begun; sleep 100");
    assert_eq!(outcome.status, Status::Cancelled);
    assert_eq!(outcome.stdout, b"begun\n");
    let took = started.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
    teller.join().unwrap();
    wanted.store(false, Ordering::Relaxed);
    assert_eq!(run(&mut worker, "echo next").stdout, b"next\n");
}

#[test]
fn ends_a_command_that_prints_too_much() {
    let limits = Limits {
        output_bytes: 1000,
        ..Limits::default()
    };
    let outcome = run(&Policy::new().limits(limits), &Command::new("yes")).unwrap();
    assert_eq!(outcome.status, Status::OutputLimit);
    assert_eq!(outcome.stdout.len(), 1000);
}

#[test]
fn says_which_program_is_not_there() {
    let error = run(&Policy::new(), &Command::new("no-such-program")).unwrap_err();
    assert!(
        matches!(&error, Error::Exec { program, .. } if program.to_str() == Some("no-such-program")),
        "{error}"
    );
}

#[test]
fn shows_a_private_copy_at_another_path_and_later_host_writes_in_it() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a"), "one").unwrap();
    let policy = Policy::new()
        .bind(directory.path(), "/home/someone/project", Access::Read)
        .cwd("/home/someone/project");
    let mut worker = Worker::start(&policy).unwrap();
    let cat = Exec {
        program: "cat".into(),
        args: vec!["a".into()],
        ..Exec::default()
    };
    assert_eq!(worker.exec(&cat).unwrap().stdout, b"one");
    std::fs::write(directory.path().join("a"), "two").unwrap();
    assert_eq!(worker.exec(&cat).unwrap().stdout, b"two");
    let write = Exec {
        program: "sh".into(),
        args: vec!["-c".into(), "echo three > a".into()],
        ..Exec::default()
    };
    assert_eq!(worker.exec(&write).unwrap().status, Status::Exited(2));
    assert_eq!(std::fs::read(directory.path().join("a")).unwrap(), b"two");
}

#[test]
fn writes_where_writing_is_granted() {
    let directory = tempfile::tempdir().unwrap();
    let policy = Policy::new().write(directory.path()).cwd(directory.path());
    let outcome = run(
        &policy,
        &sh("mkdir -p b/c && echo new > b/c/file && mv b d"),
    )
    .unwrap();
    assert_eq!(
        outcome.status,
        Status::Exited(0),
        "{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
    assert_eq!(
        std::fs::read(directory.path().join("d/c/file")).unwrap(),
        b"new\n"
    );
}

#[test]
fn a_worker_goes_on_after_a_timeout_and_a_missing_program() {
    let mut worker = Worker::start(&Policy::new()).unwrap();
    let sleep = Exec {
        program: "sleep".into(),
        args: vec!["100".into()],
        wall_time: Some(Duration::from_millis(50)),
        ..Exec::default()
    };
    assert_eq!(worker.exec(&sleep).unwrap().status, Status::TimedOut);
    let missing = Exec {
        program: "missing".into(),
        ..Exec::default()
    };
    assert!(matches!(worker.exec(&missing), Err(Error::Exec { .. })));
    let yes = Exec {
        program: "yes".into(),
        output_bytes: Some(10),
        ..Exec::default()
    };
    assert_eq!(worker.exec(&yes).unwrap().status, Status::OutputLimit);
    let echo = Exec {
        program: "echo".into(),
        args: vec!["still here".into()],
        ..Exec::default()
    };
    assert_eq!(worker.exec(&echo).unwrap().stdout, b"still here\n");
}

#[test]
fn talks_to_a_long_lived_child_and_keeps_its_complaints() {
    let mut child = spawn(
        &Policy::new(),
        "sh",
        &[
            "-c".into(),
            "while read l; do echo got $l; echo warn $l >&2; done".into(),
        ],
    )
    .unwrap();
    child.stdin().write_all(b"one\n").unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout().try_clone().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "got one\n");
    child.close_stdin();
    assert_eq!(
        child
            .wait(Some(Instant::now() + Duration::from_secs(5)))
            .unwrap(),
        Some(Status::Exited(0))
    );
    assert_eq!(child.stderr_tail(), b"warn one\n");
}

#[test]
fn a_dropped_child_is_gone_with_its_descendants() {
    let mut child = spawn(
        &Policy::new(),
        "sh",
        &[
            "-c".into(),
            "(setsid sleep 1000 &) ; echo up; sleep 1000".into(),
        ],
    )
    .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout().try_clone().unwrap())
        .read_line(&mut line)
        .unwrap();
    let mut stdout = child.stdout().try_clone().unwrap();
    drop(child);
    let mut rest = Vec::new();
    // The end of the pipe shows that nobody holds its other end any more.
    std::io::Read::read_to_end(&mut stdout, &mut rest).unwrap();
    assert_eq!(rest, b"");
}
