//! Where the machine lacks what a box needs, nothing is run, and the error says what is missing.

use std::process::Command as Process;

use sandbox::{Command, Error, Policy, run};

use crate::again::this_binary;

/// Makes the kernel say that it has no call of the first argument's number, then runs the rest.
const WITHOUT_CALL: &str = r#"
import ctypes, os, struct, sys
def op(code, jt, jf, k): return struct.pack("HBBI", code, jt, jf, k)
ALLOW, NO_SUCH_CALL = 0x7FFF0000, 0x00050000 | 38
program = op(0x20, 0, 0, 0) + op(0x15, 0, 1, int(sys.argv[1])) + op(6, 0, 0, NO_SUCH_CALL) + op(6, 0, 0, ALLOW)
class Program(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(4, program)), 0, 0) == 0
os.execv(sys.argv[2], sys.argv[2:])
"#;

#[test]
#[ignore = "runs where something is missing"]
fn runs_a_command_that_leaves_a_mark() {
    let directory = std::env::var("MARK").unwrap();
    let policy = Policy::new().write(&directory).cwd(&directory);
    match run(&policy, &Command::new("touch").arg("mark")) {
        Ok(outcome) => println!("\nran {outcome:?}"),
        Err(Error::Unsupported { feature, fix, .. }) => println!("\nmissing {feature}; {fix}"),
        Err(error) => println!("\nfailed {error}"),
    }
}

/// What the marking test says when started by `launcher`, which gets the command as its last arguments.
fn said_by(launcher: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let inner = this_binary("refusing::runs_a_command_that_leaves_a_mark");
    let mut command = Process::new(launcher[0]);
    command
        .args(&launcher[1..])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env("MARK", directory.path());
    let output = command.output().unwrap();
    let has_mark = directory.path().join("mark").exists();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(has_mark, said.contains("\nran"), "{said}");
    said
}

fn without_call(number: i64) -> String {
    said_by(&["/usr/bin/python3", "-c", WITHOUT_CALL, &number.to_string()])
}

#[track_caller]
fn assert_missing(said: &str, feature: &str) {
    assert!(said.contains(&format!("\nmissing {feature}; ")), "{said}");
}

#[test]
fn with_everything_there_the_command_runs() {
    // `nfsservctl` is a call that nobody uses.
    assert!(without_call(libc::SYS_nfsservctl).contains("\nran"));
}

#[test]
fn refuses_without_namespaces() {
    assert_missing(&without_call(libc::SYS_unshare), "user namespaces");
    let none_left = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"";
    assert_missing(
        &said_by(&["unshare", "-Ur", "sh", "-c", none_left]),
        "user namespaces",
    );
}

#[test]
fn refuses_without_the_new_mount_calls() {
    for call in [
        libc::SYS_open_tree,
        libc::SYS_mount_setattr,
        libc::SYS_fsopen,
    ] {
        assert_missing(&without_call(call), "the mount calls of Linux 5.12");
    }
}

#[test]
fn refuses_without_landlock() {
    assert_missing(&without_call(libc::SYS_landlock_create_ruleset), "Landlock");
}

#[test]
fn refuses_without_seccomp() {
    assert_missing(&without_call(libc::SYS_seccomp), "seccomp filters");
}

#[test]
fn refuses_when_any_other_step_fails() {
    for call in [
        libc::SYS_pivot_root,
        libc::SYS_landlock_restrict_self,
        libc::SYS_capset,
        libc::SYS_move_mount,
    ] {
        let said = without_call(call);
        assert!(
            said.contains("\nfailed ") || said.contains("\nmissing "),
            "{call}: {said}"
        );
    }
}
