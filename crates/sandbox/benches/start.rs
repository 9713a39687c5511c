//! How long a box takes from start to exit of `true`, beside `bwrap` with the same directories.
//!
//! Prints a line a way: its name, a tab, and the times of all rounds in nanoseconds. The first
//! argument is the path of the `freehold` binary, the second the number of rounds;
//! `cargo xtask bench sandbox` passes both.
#![allow(
    clippy::disallowed_methods,
    reason = "the peers are started without a box"
)]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Instant;

use sandbox::{Command, Exec, Limits, Policy, Worker, run, spawn};

type Way<'a> = (&'a str, Box<dyn FnMut() + 'a>);

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let [freehold, rounds] = args.as_slice() else {
        eprintln!("usage: start FREEHOLD ROUNDS");
        std::process::exit(1);
    };
    let rounds: usize = rounds.parse().expect("the number of rounds is a number");
    let policy = Policy::new();
    let command = Command::new("true");
    let mut worker = Worker::start(&policy).expect("this machine can box commands");
    let exec = Exec {
        program: "true".into(),
        ..Exec::default()
    };
    let hour = Limits {
        wall_time: std::time::Duration::from_secs(3600),
        ..Limits::default()
    };
    let mut cat = spawn(&policy.clone().limits(hour), "cat", &[]).expect("`cat` runs in a box");
    let bwrap = bwrap_arguments();
    let mut ways: Vec<Way<'_>> = vec![
        ("`true`, no box", Box::new(|| start_to_exit("true", &[]))),
        (
            "`bwrap … true`",
            Box::new(|| start_to_exit("bwrap", &bwrap)),
        ),
        (
            "`freehold sandbox run -- true`",
            Box::new(|| {
                start_to_exit(
                    freehold,
                    &["sandbox", "run", "--", "true"].map(str::to_owned),
                )
            }),
        ),
        (
            "`sandbox::run` of `true`",
            Box::new(|| assert!(run(&policy, &command).expect("`true` runs").is_success())),
        ),
        (
            "`Worker::exec` of `true`",
            Box::new(|| assert!(worker.exec(&exec).expect("`true` runs").is_success())),
        ),
        (
            "a line to a boxed `cat` and back",
            Box::new(move || {
                let mut line = *b"hello\n";
                cat.stdin().write_all(&line).expect("`cat` reads");
                cat.stdout().read_exact(&mut line).expect("`cat` writes");
            }),
        ),
    ];
    let mut times = vec![Vec::with_capacity(rounds); ways.len()];
    // By turns, so that a busy moment of the machine hits all alike.
    for _ in 0..rounds {
        for ((_, go), times) in ways.iter_mut().zip(&mut times) {
            let start = Instant::now();
            go();
            times.push(start.elapsed().as_nanos());
        }
    }
    for ((name, _), times) in ways.iter().zip(times) {
        let times: Vec<String> = times.iter().map(u128::to_string).collect();
        println!("{name}\t{}", times.join(" "));
    }
}

fn start_to_exit(program: &str, args: &[String]) {
    let status = Process::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "`{program}` fails"
    );
}

/// The same file tree as a box by default.
fn bwrap_arguments() -> Vec<String> {
    let mut args: Vec<String> = [
        "--unshare-all",
        "--new-session",
        "--die-with-parent",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
    ]
    .map(str::to_owned)
    .into();
    let etc = [
        "alternatives",
        "ca-certificates",
        "fonts",
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "mime.types",
        "protocols",
        "services",
        "ssl/certs",
        "ssl/openssl.cnf",
        "terminfo",
    ];
    let paths = ["/usr", "/opt", "/bin", "/sbin", "/lib", "/lib32", "/lib64"].map(str::to_owned);
    for path in paths
        .into_iter()
        .chain(etc.map(|name| format!("/etc/{name}")))
    {
        if let Ok(target) = fs::read_link(&path) {
            args.extend([
                "--symlink".into(),
                target.to_string_lossy().into_owned(),
                path,
            ]);
        } else if Path::new(&path).exists() {
            args.extend(["--ro-bind".into(), path.clone(), path]);
        }
    }
    args.push("true".into());
    args
}
