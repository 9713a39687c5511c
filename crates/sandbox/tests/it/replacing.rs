//! Files below a root are read and replaced there and nowhere else, also while a boxed command
//! swaps directories for links.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use sandbox::files::{
    create_dir_beneath, read_beneath, remove_beneath, remove_tree, write_beneath,
};
use sandbox::{Limits, Policy, spawn};

struct Tree {
    directory: tempfile::TempDir,
}

impl Tree {
    fn new() -> Tree {
        let tree = Tree {
            directory: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(tree.root().join("a/b")).unwrap();
        fs::create_dir_all(tree.outside()).unwrap();
        fs::write(tree.root().join("a/b/file"), "old").unwrap();
        fs::write(tree.outside().join("file"), "untouched").unwrap();
        tree
    }

    fn root(&self) -> std::path::PathBuf {
        self.directory.path().join("root")
    }

    fn outside(&self) -> std::path::PathBuf {
        self.directory.path().join("outside")
    }

    fn write(&self, path: &str) -> Result<(), sandbox::Error> {
        write_beneath(&self.root(), Path::new(path), b"new")
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, sandbox::Error> {
        read_beneath(&self.root(), Path::new(path), 1000)
    }

    fn assert_outside_untouched(&self) {
        assert_eq!(fs::read(self.outside().join("file")).unwrap(), b"untouched");
        assert_eq!(fs::read_dir(self.outside()).unwrap().count(), 1);
    }
}

#[test]
fn replaces_a_file_and_keeps_its_permissions() {
    let tree = Tree::new();
    let file = tree.root().join("a/b/file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    tree.write("a/b/file").unwrap();
    assert_eq!(tree.read("a/b/file").unwrap(), b"new");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o7777,
        0o755
    );
    tree.write("created").unwrap();
    assert_eq!(tree.read("created").unwrap(), b"new");
    remove_beneath(&tree.root(), Path::new("created")).unwrap();
    assert_eq!(
        fs::read_dir(tree.root().join("a/b")).unwrap().count(),
        1,
        "nothing temporary stays"
    );
}

#[test]
fn refuses_every_way_out_of_the_root() {
    let tree = Tree::new();
    symlink(tree.outside(), tree.root().join("link")).unwrap();
    symlink("../outside/file", tree.root().join("file-link")).unwrap();
    symlink("b", tree.root().join("a/inner-link")).unwrap();
    let absolute = tree.outside().join("file");
    for path in [
        "link/file",
        "file-link",
        "../outside/file",
        "a/../../outside/file",
        "a/inner-link/file",
        absolute.to_str().unwrap(),
        "/proc/self/root/etc/hosts",
        "a/b",
        "..",
        ".",
        "",
        "a/b/file/x",
        "missing/file",
    ] {
        assert!(tree.write(path).is_err(), "{path}");
        assert!(tree.read(path).is_err(), "{path}");
    }
    tree.assert_outside_untouched();
}

#[test]
fn directories_are_made_beneath_the_root_only() {
    let tree = Tree::new();
    let make = |path: &str| create_dir_beneath(&tree.root(), Path::new(path));
    make("new/deep/er").unwrap();
    make("new/deep").unwrap();
    make("").unwrap();
    assert!(tree.root().join("new/deep/er").is_dir());
    symlink(tree.outside(), tree.root().join("link")).unwrap();
    for path in [
        "link/x",
        "link",
        "../x",
        "a/../../x",
        "/tmp/x",
        "a/b/file/x",
    ] {
        assert!(make(path).is_err(), "{path}");
    }
    assert!(!tree.outside().join("x").exists());
    tree.assert_outside_untouched();
}

#[test]
fn a_tree_goes_away_whatever_was_made_of_it() {
    let tree = Tree::new();
    let root = tree.root().join("scratch");
    fs::create_dir_all(root.join("closed/inner")).unwrap();
    fs::write(root.join("closed/inner/file"), "x").unwrap();
    symlink(tree.outside(), root.join("link")).unwrap();
    fs::set_permissions(root.join("closed/inner"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(root.join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    // Deeper than any path may be long.
    let mut at = rustix::fs::openat(
        rustix::fs::CWD,
        &root,
        rustix::fs::OFlags::DIRECTORY,
        rustix::fs::Mode::empty(),
    )
    .unwrap();
    for _ in 0..3000 {
        rustix::fs::mkdirat(&at, "deep", rustix::fs::Mode::RWXU).unwrap();
        let flags = rustix::fs::OFlags::DIRECTORY;
        at = rustix::fs::openat(&at, "deep", flags, rustix::fs::Mode::empty()).unwrap();
    }
    remove_tree(&root).unwrap();
    assert!(!root.exists());
    remove_tree(&root).unwrap();
    tree.assert_outside_untouched();
}

#[test]
fn a_hard_link_elsewhere_keeps_the_old_bytes() {
    let tree = Tree::new();
    fs::hard_link(tree.outside().join("file"), tree.root().join("hard")).unwrap();
    tree.write("hard").unwrap();
    tree.assert_outside_untouched();
}

#[test]
fn a_pipe_or_a_long_file_is_not_waited_for() {
    let tree = Tree::new();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        tree.root().join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    assert!(tree.read("pipe").is_err());
    assert!(tree.write("pipe").is_err());
    fs::write(tree.root().join("long"), vec![0; 1001]).unwrap();
    assert!(tree.read("long").is_err());
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let tree = Tree::new();
    fs::set_permissions(tree.root().join("a/b"), fs::Permissions::from_mode(0o555)).unwrap();
    if rustix::process::getuid().is_root() {
        return; // root writes into read-only directories as well
    }
    assert!(tree.write("a/b/file").is_err());
    assert_eq!(tree.read("a/b/file").unwrap(), b"old");
}

#[test]
fn a_boxed_command_that_exchanges_a_directory_for_a_link_wins_nothing() {
    let tree = Tree::new();
    symlink(tree.outside(), tree.root().join("swap")).unwrap();
    let script = r#"
import ctypes, sys
libc = ctypes.CDLL(None)
RENAME_EXCHANGE = 2
print("racing", flush=True)
while True: libc.renameat2(-100, b"a", -100, b"swap", RENAME_EXCHANGE)
"#;
    let limits = Limits {
        wall_time: Duration::from_secs(30),
        ..Limits::default()
    };
    let policy = Policy::new()
        .write(tree.root())
        .cwd(tree.root())
        .protect_metadata(false)
        .limits(limits);
    fs::write(tree.root().join("a/file"), "old").unwrap();
    let mut racer = spawn(&policy, "/usr/bin/python3", &["-c".into(), script.into()]).unwrap();
    let mut first = [0; 7];
    std::io::Read::read_exact(racer.stdout(), &mut first).unwrap();
    let (mut written, mut refused) = (0, 0);
    let deadline = Instant::now() + Duration::from_secs(10);
    // Until both outcomes were met often: then the race was one.
    while (written < 100 || refused < 100) && Instant::now() < deadline {
        match tree.write("a/file") {
            Ok(()) => written += 1,
            Err(_) => refused += 1,
        }
        let _ = tree
            .read("a/file")
            .inspect(|bytes| assert_ne!(bytes, b"untouched"));
    }
    racer.kill();
    assert!(
        written > 0 && refused > 0,
        "{written} written, {refused} refused"
    );
    tree.assert_outside_untouched();
}
