//! Below a writable path ordinary work goes on as ever, and protected names stay as they are.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use sandbox::{Command, Outcome, Policy, Status, run};

fn python(directory: &Path, script: &str) -> Outcome {
    let policy = Policy::new().write(directory).cwd(directory);
    run(
        &policy,
        &Command::new("/usr/bin/python3").args(["-c", script]),
    )
    .unwrap()
}

fn shell(directory: &Path, script: &str) -> Outcome {
    let policy = Policy::new().write(directory).cwd(directory);
    run(&policy, &Command::new("bash").args(["-c", script])).unwrap()
}

#[track_caller]
fn assert_success(outcome: &Outcome) {
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(outcome.status, Status::Exited(0), "{stderr}");
}

#[test]
fn ordinary_work_on_names_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let script = r#"
import os, stat, tempfile, shutil, threading
os.umask(0o027)
os.makedirs("a/b/c"); assert stat.S_IMODE(os.stat("a/b").st_mode) == 0o750
with open("a/f", "w") as f: f.write("x")
assert stat.S_IMODE(os.stat("a/f").st_mode) == 0o640
fd = os.open("a/f", os.O_CREAT | os.O_APPEND | os.O_WRONLY); os.write(fd, b"y"); os.close(fd)
assert open("a/f").read() == "xy"
try: os.open("a/f", os.O_CREAT | os.O_EXCL | os.O_WRONLY); raise SystemExit("EXCL")
except FileExistsError: pass
os.symlink("f", "a/l"); os.link("a/f", "a/h"); assert os.stat("a/h").st_nlink == 2
with open("a/l", "w") as f: f.write("through")
assert open("a/f").read() == "through"
os.symlink("made", "a/dangling")
with open("a/dangling", "w") as f: f.write("new")
assert open("a/made").read() == "new"
os.rename("a/f", "a/g"); os.replace("a/g", "a/b/g")
d = os.open("a", os.O_RDONLY); os.mkdir("rel", dir_fd=d); os.rename("rel", "rel2", src_dir_fd=d, dst_dir_fd=d); os.rmdir("rel2", dir_fd=d)
os.unlink("a/h"); os.mkfifo("a/p")
got = []
t = threading.Thread(target=lambda: got.append(open("a/p").read())); t.start()
with open("a/p", "w") as f: f.write("piped")
t.join(); assert got == ["piped"]
with tempfile.TemporaryFile(dir=".") as f: f.write(b"unnamed")
with tempfile.NamedTemporaryFile(dir=".") as f: f.write(b"named")
os.chdir("a/b"); open("here", "w").close(); os.chdir("../.."); assert os.path.exists("a/b/here")
for bad, error in [("a/none/x", FileNotFoundError), ("a/made/x", NotADirectoryError), ("a", IsADirectoryError)]:
    try: open(bad, "w"); raise SystemExit(bad)
    except error: pass
open("/tmp/.git", "w").close(); os.makedirs("/dev/shm/.vscode")
shutil.rmtree("a"); assert not os.path.exists("a")
"#;
    assert_success(&python(directory.path(), script));
    let shell_script = "echo out > /dev/stdout; echo > /dev/null; echo err > /dev/stderr; : > f; mv f g; mkdir -p x/y; rm -r x g; cd /tmp && : > t";
    let outcome = shell(directory.path(), shell_script);
    assert_success(&outcome);
    assert_eq!(outcome.stdout, b"out\n");
    assert_eq!(outcome.stderr, b"err\n");
}

#[test]
fn names_made_by_threads_racing_on_one_path_stay_guarded() {
    let directory = tempfile::tempdir().unwrap();
    // One thread swaps the last letter of the path between `.gix` and `.git` while others create it.
    let script = r#"
import ctypes, threading, os, sys
sys.setswitchinterval(1e-6)
libc = ctypes.CDLL(None)
buffer = ctypes.create_string_buffer(b".gix")
stop = False
def swap():
    while not stop:
        buffer[3] = b"t"; buffer[3] = b"x"
threading.Thread(target=swap, daemon=True).start()
for _ in range(1000):
    libc.mkdir(buffer, 0o755); libc.rmdir(b".gix")
stop = True
assert not os.path.exists(".git"), "made"
"#;
    assert_success(&python(directory.path(), script));
    assert!(!directory.path().join(".git").exists());
}

#[test]
fn what_is_protected_and_exists_cannot_be_changed() {
    let directory = tempfile::tempdir().unwrap();
    let top = directory.path();
    for path in [
        ".git/hooks",
        "sub/.git/hooks",
        "bare.git/objects",
        "bare.git/refs",
        "store",
    ] {
        fs::create_dir_all(top.join(path)).unwrap();
    }
    fs::write(top.join("bare.git/HEAD"), "ref").unwrap();
    fs::write(top.join(".envrc"), "original").unwrap();
    fs::create_dir(top.join("tree")).unwrap();
    fs::write(top.join("tree/.git"), "gitdir: ../store").unwrap();
    symlink("store", top.join(".vscode")).unwrap();
    let attempts = [
        "echo x > .envrc",
        "echo x >> .envrc",
        "rm .envrc",
        "mv .envrc other",
        "ln -f other .envrc",
        "chmod 777 .envrc",
        "touch -d 1970-01-01 .envrc",
        "echo x > .git/hooks/post-checkout",
        "mkdir .git/x",
        "rm -r .git",
        "mv .git old",
        "echo x > sub/.git/config",
        "echo x > bare.git/config",
        "echo x > store/config",
        "echo x > tree/.git",
        "rm .vscode",
        "mv .vscode v",
        "ln -sfn /tmp .vscode",
        "truncate -s 0 .envrc",
        "cp /etc/hosts .envrc",
        "echo x > bare.git/hooks",
    ];
    fs::write(top.join("other"), "mine").unwrap();
    for attempt in attempts {
        let outcome = shell(top, attempt);
        assert_ne!(outcome.status, Status::Exited(0), "{attempt}");
    }
    assert_eq!(fs::read(top.join(".envrc")).unwrap(), b"original");
    assert_eq!(
        fs::metadata(top.join(".envrc"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o644
    );
    assert_eq!(
        fs::read_link(top.join(".vscode")).unwrap(),
        Path::new("store")
    );
    assert_eq!(fs::read_dir(top.join("store")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(top.join(".git/hooks")).unwrap().count(), 0);
    assert_success(&shell(
        top,
        "mv sub moved && ! echo x > moved/.git/config && mv moved sub",
    ));
}

#[test]
fn without_protection_a_copy_is_free() {
    let directory = tempfile::tempdir().unwrap();
    let policy = Policy::new()
        .write(directory.path())
        .cwd(directory.path())
        .protect_metadata(false);
    assert_success(&run(&policy, &Command::new("mkdir").arg(".git")).unwrap());
    assert!(directory.path().join(".git").is_dir());
}
