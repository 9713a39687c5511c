//! A box on the caller's own stdin gets what was opened, and not the file behind it.

use std::fs::{self, File};
use std::process::Stdio;

use sandbox::{Command, Policy, run_attached};

use crate::again::this_binary;

#[test]
#[ignore = "runs on the stdin that another test gives it"]
fn runs_a_script_attached() {
    let script = std::env::var("SCRIPT").unwrap();
    // Python itself does not start on a directory.
    let start = "exec 9<&0; test -d /dev/fd/9 && exec </dev/null; exec python3 -c \"$0\"";
    let outcome = run_attached(
        &Policy::new(),
        &Command::new("sh").args(["-c", start, &script]),
    )
    .unwrap();
    println!("\nended {:?}", outcome.status);
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
fn a_file_given_for_reading_is_not_opened_for_writing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("in");
    fs::write(&file, "original").unwrap();
    for path in [
        "/proc/self/fd/0",
        "/dev/stdin",
        "/dev/fd/0",
        "/proc/thread-self/fd/0",
    ] {
        let said = said(
            File::open(&file).unwrap(),
            &format!("open('{path}', 'w').write('escaped')"),
        );
        assert!(
            said.contains("PermissionError") || said.contains("Errno 13"),
            "{path}: {said}"
        );
        assert_eq!(fs::read(&file).unwrap(), b"original");
    }
}

#[test]
fn a_directory_given_as_stdin_is_no_door() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("secret"), "a secret").unwrap();
    for script in [
        "import os; os.open('secret', os.O_RDONLY, dir_fd=9)",
        "import os; os.open('../../etc/shadow', os.O_RDONLY, dir_fd=9)",
        "import os; os.fchdir(9); os.open('made', os.O_CREAT | os.O_WRONLY)",
        "import os; os.mkdir('made', dir_fd=9)",
        "import os; os.open('/proc/self/fd/9/secret', os.O_RDONLY)",
    ] {
        let said = said(File::open(directory.path()).unwrap(), script);
        assert!(said.contains("PermissionError"), "{script}: {said}");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}
