//! A box on the caller's own stdin gets what was opened, and not the file behind it.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use sandbox::{Command, Policy, run_attached};

use crate::again::this_binary;

#[test]
#[ignore = "runs on the stdin that another test gives it"]
fn runs_a_script_attached() {
    let script = std::env::var("SCRIPT").unwrap();
    let start = "exec 9<&0; exec python3 -c \"$0\"";
    let outcome = run_attached(
        &Policy::new(),
        &Command::new("sh").args(["-c", start, &script]),
    );
    match outcome {
        Ok(outcome) => println!("\nended {:?}", outcome.status),
        Err(error) => println!("\nrefused: {error}"),
    }
}

fn said(stdin: File, script: &str) -> String {
    let output = this_binary("attached::runs_a_script_attached")
        .env("SCRIPT", script)
        .stdin(Stdio::from(stdin))
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{err}");
    format!("{out}{err}")
}

#[test]
fn reads_stdin_and_writes_stdout() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("in"), "from stdin").unwrap();
    let said = said(
        File::open(directory.path().join("in")).unwrap(),
        "import sys; print(sys.stdin.read().upper(), flush=True)",
    );
    assert!(
        said.contains("FROM STDIN") && said.contains("ended Exited(0)"),
        "{said}"
    );
}

#[test]
fn a_file_given_for_reading_keeps_its_bytes_permissions_and_times() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("in");
    fs::write(&file, "original").unwrap();
    let before = fs::metadata(&file).unwrap();
    for script in [
        "open('/proc/self/fd/9', 'w').write('escaped')",
        "open('/dev/fd/9', 'w').write('escaped')",
        "import os; os.write(9, b'escaped')",
        "import os; os.fchmod(9, 0o777)",
        "import os; os.utime(9, (1, 1))",
        "import os; os.ftruncate(9, 0)",
        "import os; os.setxattr(9, 'user.escaped', b'1')",
    ] {
        said(File::open(&file).unwrap(), script);
        let after = fs::metadata(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"original", "{script}");
        assert_eq!(after.permissions(), before.permissions(), "{script}");
        assert_eq!(
            after.modified().unwrap(),
            before.modified().unwrap(),
            "{script}"
        );
        assert_eq!(
            (after.ctime(), after.ctime_nsec()),
            (before.ctime(), before.ctime_nsec()),
            "{script}"
        );
    }
}

#[test]
fn a_file_given_for_output_gets_what_is_printed_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("log");
    for script in [
        "import os; os.ftruncate(1, 0)",
        "import os; os.ftruncate(2, 0)",
        "import os, fcntl; fcntl.fcntl(1, fcntl.F_SETFL, 0); os.pwrite(1, b'escaped', 0)",
        "import os; os.fchmod(1, 0o777)",
        "import os; os.utime(1, (1, 1))",
    ] {
        fs::write(&file, "earlier lines\n").unwrap();
        let mode = fs::metadata(&file).unwrap().permissions();
        let log = || File::options().append(true).open(&file).unwrap();
        let output = log();
        let status = this_binary("attached::runs_a_script_attached")
            .env("SCRIPT", format!("print('printed', flush=True)\n{script}"))
            .stdin(Stdio::null())
            .stdout(Stdio::from(output.try_clone().unwrap()))
            .stderr(Stdio::from(output))
            .status()
            .unwrap();
        assert!(status.success(), "{script}");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("earlier lines\n"), "{script}: {text}");
        assert!(text.contains("\nprinted\n"), "{script}: {text}");
        assert_eq!(fs::metadata(&file).unwrap().permissions(), mode, "{script}");
        let age = fs::metadata(&file).unwrap().modified().unwrap().elapsed();
        assert!(age.unwrap().as_secs() < 3600, "{script}");
    }
}

#[test]
fn a_socket_given_as_a_stream_stays_where_it_leads() {
    let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
    let script = "import socket; s = socket.socket(fileno=9); print('a socket', s.family)";
    let output = this_binary("attached::runs_a_script_attached")
        .env("SCRIPT", script)
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(near)))
        .output()
        .unwrap();
    drop(far);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("ended Exited(1)"), "{said}");
    assert!(!said.contains("a socket"), "{said}");
}

#[test]
fn a_directory_given_as_stdin_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let said = said(File::open(directory.path()).unwrap(), "print('ran')");
    assert!(said.contains("a standard stream is a directory"), "{said}");
    assert!(!said.contains("\nran"), "{said}");
}
