//! Where this user may make cgroups, each box has one while it runs and none afterwards; inside, no
//! cgroup can be written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sandbox::{Command, DelegatedCgroup, Exec, Limits, Policy, Status, Worker, run, support};

use crate::again::this_binary;

/// Where cgroups can be made here; says why a test is skipped where they cannot.
fn place() -> Option<DelegatedCgroup> {
    let place = support().delegated_cgroup;
    if place.is_none() {
        eprintln!("note: skipped, this user may make no cgroup (version 2) here");
    }
    place
}

fn bounds(place: &DelegatedCgroup, what: &str) -> bool {
    let is_there = place.bounds.contains(&what);
    if !is_there {
        eprintln!("note: skipped, cgroups do not bound {what} here");
    }
    is_there
}

/// The cgroups that `pid` made and that are still there.
fn made_by(place: &Path, pid: u32) -> Vec<PathBuf> {
    let of_pid = format!("-{pid}-");
    let entries = fs::read_dir(place).unwrap().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("freehold-box-") && name.contains(&of_pid)
        })
        .collect()
}

fn exec(script: &str) -> Exec {
    Exec {
        program: "sh".into(),
        args: vec!["-c".into(), script.into()],
        ..Exec::default()
    }
}

#[test]
fn a_box_is_in_a_cgroup_of_its_own_that_goes_with_it() {
    let Some(place) = place() else { return };
    let before = made_by(&place.directory, std::process::id());
    let mut worker = Worker::start(&Policy::new()).unwrap();
    let made = made_by(&place.directory, std::process::id());
    let own = made.iter().find(|path| !before.contains(path)).unwrap();
    let members = fs::read_to_string(own.join("cgroup.procs")).unwrap();
    assert_eq!(
        members.lines().count(),
        2,
        "the helper and the init: {members}"
    );
    assert!(worker.exec(&exec("true")).unwrap().is_success());
    drop(worker);
    assert!(!own.exists());
}

#[test]
fn processor_time_of_children_that_nobody_waits_for_is_counted() {
    if place().is_none() {
        return;
    }
    let script = "import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(30):
    if os.fork() == 0:
        end = time.thread_time() + 0.01
        while time.thread_time() < end: pass
        os._exit(0)
    try: os.wait()
    except ChildProcessError: pass";
    let command = Command::new("/usr/bin/python3").args(["-c", script]);
    let outcome = run(&Policy::new(), &command).unwrap();
    assert_eq!(outcome.status, Status::Exited(0));
    assert!(
        outcome.cpu_time >= Duration::from_millis(300),
        "{outcome:?}"
    );
}

#[test]
fn no_cgroup_is_shown_where_all_of_the_host_is() {
    let Some(place) = place() else { return };
    let place = place.directory.display().to_string();
    let policy = Policy::new().read("/sys").write("/sys/fs/cgroup");
    let script = format!(
        "mkdir {place}/escaped || echo $$ > {place}/cgroup.procs || ls {place} || ls /sys/fs/cgroup/*/cgroup.procs"
    );
    let outcome = run(&policy, &Command::new("sh").args(["-c", &script])).unwrap();
    assert!(
        !outcome.is_success() && outcome.stdout.is_empty(),
        "{outcome:?}"
    );
    assert!(!Path::new(&place).join("escaped").exists());
}

#[test]
#[ignore = "is the caller that gets killed"]
fn holds_a_cgroup() {
    let _worker = Worker::start(&Policy::new()).unwrap();
    println!("\nbox is up");
    std::thread::sleep(Duration::from_secs(100));
}

#[test]
fn what_a_killed_caller_left_is_swept_by_the_next() {
    let Some(place) = place() else { return };
    let mut caller = this_binary("fencing::holds_a_cgroup")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while made_by(&place.directory, caller.id()).is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&caller), Signal::KILL).unwrap();
    caller.wait().unwrap();
    let left = made_by(&place.directory, caller.id());
    assert_eq!(left.len(), 1);
    let next = this_binary("attached::runs_a_script_attached")
        .env("SCRIPT", "")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(next.status.success());
    assert!(made_by(&place.directory, caller.id()).is_empty());
}

#[test]
fn more_processes_than_allowed_are_refused_one_by_one() {
    let Some(place) = place() else { return };
    if !bounds(&place, "processes") {
        return;
    }
    let limits = Limits {
        processes: 20,
        ..Limits::default()
    };
    let script = "import os, time
for made in range(200):
    try:
        if os.fork() == 0: time.sleep(2); os._exit(0)
    except BlockingIOError: break
print(made)";
    let policy = Policy::new().limits(limits);
    let command = Command::new("/usr/bin/python3").args(["-c", script]);
    let outcome = run(&policy, &command).unwrap();
    let made = String::from_utf8_lossy(&outcome.stdout);
    let is_refused = made.trim().parse::<u32>().is_ok_and(|made| made < 40);
    assert!(
        is_refused || outcome.status == Status::ProcessLimit,
        "{outcome:?}"
    );
}

#[test]
fn a_worker_outlives_a_command_that_the_kernel_ended_for_memory() {
    let Some(place) = place() else { return };
    if !bounds(&place, "memory") {
        return;
    }
    let limits = Limits {
        memory_bytes: 64 << 20,
        scratch_bytes: 8 << 20,
        open_files: 4096,
        ..Limits::default()
    };
    let policy = Policy::new().limits(limits);
    // What waits in sockets is counted by the kernel alone.
    let script = "import os, socket
kept = []
while True:
    a, b = socket.socketpair(); a.setblocking(False); kept.append((a, b))
    try:
        while True: a.send(b'x' * 65536)
    except BlockingIOError: pass";
    let command = Command::new("/usr/bin/python3").args(["-c", script]);
    let outcome = run(&policy, &command).unwrap();
    assert_eq!(outcome.status, Status::MemoryLimit, "{outcome:?}");
    let mut worker = Worker::start(&policy).unwrap();
    let greedy = Exec {
        program: "/usr/bin/python3".into(),
        args: vec!["-c".into(), script.into()],
        ..Exec::default()
    };
    assert_eq!(worker.exec(&greedy).unwrap().status, Status::MemoryLimit);
    assert!(worker.exec(&exec("true")).unwrap().is_success());
}
