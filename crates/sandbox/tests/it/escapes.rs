//! Every attempt to get out of a box fails inside and changes nothing outside, for root and for an
//! ordinary user; and every one gets somewhere without a box, so that it is a real attempt.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use sandbox::{Access, Command, Limits, Policy, Status, run};

use crate::arena::Arena;

const PYTHON: &str = "/usr/bin/python3";

/// Without a name, a password or a file.
const ORDINARY_USER: u32 = 65533;

/// Exit status of an attempt that worked, and of one whose call the kernel does not have.
const WORKED: i32 = 0;
const NO_SUCH_CALL: i32 = 4;

/// How long a trace takes to appear where one is left, with room for a busy machine.
const TRACE_TIME: Duration = Duration::from_millis(1500);

macro_rules! groups {
    ($($test:ident => $group:literal,)*) => {
        const GROUPS: &[&str] = &[$($group),*];
        $(
            #[test]
            fn $test() {
                for_both_users($group, concat!("escapes::", stringify!($test)));
            }
        )*
    };
}

groups! {
    nothing_is_written_renamed_or_made_outside => "outside",
    links_lead_nowhere => "links",
    reading_stays_within_what_is_shown => "reads",
    proc_shows_no_other_root_and_no_foreign_process => "proc",
    existing_metadata_stays => "metadata-existing",
    missing_metadata_stays_missing => "metadata-missing",
    nested_repositories_and_worktrees_stay => "metadata-nested",
    other_processes_are_out_of_reach => "signals",
    users_groups_and_capabilities_stay => "identity",
    nothing_is_inherited => "inherited",
    terminals_are_not_typed_into => "terminal",
    nothing_survives_the_command => "survivors",
    no_socket_is_opened => "socket-families",
    nobody_is_reached_over_the_network => "network-reach",
    nobody_is_reached_over_unix_sockets => "unix-sockets",
    kernel_settings_stay => "sysctl",
    io_uring_is_closed => "io-uring",
    nothing_is_mounted => "mounts",
    no_namespace_is_entered_or_made => "namespaces",
    keyrings_are_closed => "keys",
    the_kernel_is_not_extended => "kernel",
    handles_open_nothing => "handles",
    memory_files_are_not_made => "memfd",
    foreign_calls_end_their_caller => "foreign-calls",
    devices_are_not_made_or_opened => "devices",
    shared_memory_is_private => "shared-memory",
    bombs_are_contained => "bombs",
    memory_is_bounded => "memory",
    disk_use_is_bounded => "disk",
    no_directory_becomes_a_repository => "metadata-made",
    no_spelling_gets_by => "metadata-spelled",
    newer_calls_are_closed => "fresh-calls",
    the_init_is_out_of_reach => "init",
}

struct Attempt {
    name: String,
    group: String,
    control: String,
}

fn attempts() -> Vec<Attempt> {
    let arena = Arena::build(true);
    let list = python()
        .arg(arena.shown("attempts/attempt.py"))
        .arg("--list")
        .output()
        .unwrap();
    assert!(
        list.status.success(),
        "{}",
        String::from_utf8_lossy(&list.stderr)
    );
    let text = String::from_utf8(list.stdout).unwrap();
    let attempt = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let mut next = || words.next().unwrap();
        Attempt {
            name: next(),
            group: next(),
            control: next(),
        }
    };
    text.lines().map(attempt).collect()
}

#[test]
fn there_are_a_hundred_attempts_in_27_groups_and_each_is_run() {
    let attempts = attempts();
    assert!(attempts.len() >= 100);
    assert!(GROUPS.len() >= 27);
    for attempt in &attempts {
        assert!(
            GROUPS.contains(&attempt.group.as_str()),
            "{}",
            attempt.group
        );
    }
}

/// Tries a group as whoever runs the tests; when that is root, also as an ordinary user.
fn for_both_users(group: &str, test: &str) {
    try_group(group);
    if !rustix::process::getuid().is_root() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = directory.path().join("it");
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    let output = Process::new(&copy)
        .args([test, "--exact", "--nocapture"])
        .env_clear()
        .current_dir("/")
        .uid(ORDINARY_USER)
        .gid(ORDINARY_USER)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "as an ordinary user: {said}{complaint}"
    );
    assert!(
        said.contains("1 passed"),
        "as an ordinary user nothing was run: {said}"
    );
}

fn try_group(group: &str) {
    let mut failures = Vec::new();
    let mut count = 0;
    for attempt in attempts().iter().filter(|attempt| attempt.group == group) {
        count += 1;
        failures.extend(without_box(attempt).err());
        failures.extend(in_box(attempt).err());
    }
    assert!(count > 0, "no attempt in `{group}`");
    let user = rustix::process::getuid().as_raw();
    assert!(
        failures.is_empty(),
        "as user {user}:\n{}",
        failures.join("\n")
    );
}

/// Shows that an attempt is a real one.
fn without_box(attempt: &Attempt) -> Result<(), String> {
    let arena = Arena::build(false);
    // Inherited on purpose: the attempts look for it.
    let secret = fs::File::open(arena.shown("secret")).unwrap();
    let _inherited = rustix::io::dup(&secret).unwrap();
    let is_root = rustix::process::getuid().is_root();
    let mut command = match attempt.control.as_str() {
        "scratch" => {
            let mut command = Process::new("unshare");
            command.args([
                "--user",
                "--map-root-user",
                "--mount",
                "--uts",
                "--ipc",
                "--net",
                "--pid",
                "--fork",
                PYTHON,
            ]);
            command
        }
        _ => python(),
    };
    command
        .arg(arena.shown("attempts/attempt.py"))
        .arg(&attempt.name)
        .arg(arena.top());
    command
        .env("ESCAPE_SECRET", "x")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    let code = output.status.code();
    let did = match attempt.control.as_str() {
        "exists" => true,
        "root" => code == Some(WORKED) || !is_root,
        "leaves" => appears(&arena),
        _ => code == Some(WORKED),
    };
    if code == Some(NO_SUCH_CALL) || (attempt.control == "exists" && code.is_none()) {
        eprintln!("note: this kernel has no call for `{}`", attempt.name);
        return Ok(());
    }
    let said = || {
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    };
    if did {
        Ok(())
    } else {
        Err(format!(
            "`{}` does nothing even without a box: {:?} {}",
            attempt.name,
            output.status,
            said()
        ))
    }
}

fn appears(arena: &Arena) -> bool {
    let deadline = Instant::now() + TRACE_TIME;
    while !arena.has_trace() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

/// Shows that a box stops it.
fn in_box(attempt: &Attempt) -> Result<(), String> {
    let arena = Arena::build(true);
    let secret = fs::File::open(arena.shown("secret")).unwrap();
    let _inherited = rustix::io::dup(&secret).unwrap();
    let before = arena.snapshot();
    arena.close();
    let host_name = fs::read("/proc/sys/kernel/hostname").unwrap();
    let script = arena.shown("attempts/attempt.py");
    let command = Command::new(PYTHON)
        .arg(script)
        .arg(&attempt.name)
        .arg(arena.top());
    let outcome = run(&policy(&arena), &command).unwrap();
    // The caller is still there and so is the machine: nothing here hangs.
    let said = format!(
        "{:?} {}{}",
        outcome.status,
        String::from_utf8_lossy(&outcome.stdout),
        String::from_utf8_lossy(&outcome.stderr)
    );
    let said: String = said.chars().take(600).collect();
    let is_stopped = attempt.control == "leaves" || outcome.status != Status::Exited(WORKED);
    let is_broken = outcome.status == Status::Exited(1);
    // Work on names is ordinary work: a box without it would deny everything and protect nothing.
    let is_about_names = ["metadata", "outside", "links"]
        .iter()
        .any(|kind| attempt.group.starts_with(kind));
    let is_unfair = is_about_names
        && outcome.status == Status::Exited(NO_SUCH_CALL)
        && !attempt.name.ends_with("openat2");
    let complaint = if is_unfair {
        "is refused for a wrong reason"
    } else if !is_stopped {
        "works in the box"
    } else if is_broken {
        "breaks before it tries"
    } else if outcome.wall_time > Duration::from_secs(5) {
        "is not ended in time"
    } else if arena.snapshot() != before {
        "changes something outside"
    } else if !arena.heard().is_empty() {
        "is heard outside"
    } else if fs::read("/proc/sys/kernel/hostname").unwrap() != host_name {
        "changes the host's name"
    } else if attempt.control == "leaves" && appears(&arena) {
        "leaves a trace outside"
    } else if has_process_about(&arena.top()) {
        "leaves a process behind"
    } else {
        return Ok(());
    };
    Err(format!("`{}` {complaint}: {said}", attempt.name))
}

fn policy(arena: &Arena) -> Policy {
    let limits = Limits {
        wall_time: Duration::from_secs(3),
        cpu_time: Duration::from_secs(2),
        memory_bytes: 256 << 20,
        processes: 40,
        output_bytes: 1 << 20,
        file_size_bytes: 16 << 20,
        scratch_bytes: 32 << 20,
        open_files: 256,
    };
    Policy::new()
        .read(arena.shown(""))
        .write(arena.free(""))
        .bind(arena.shown(""), arena.free("alias"), Access::Read)
        .bind(
            arena.shown("secret"),
            arena.free("alias-of-key"),
            Access::Read,
        )
        .deny_read(arena.shown("secret"))
        .deny_read(arena.shown("vault"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .limits(limits)
}

/// Whether any process still has the arena on its command line.
fn has_process_about(arena: &Path) -> bool {
    let arena = arena.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines
        .into_iter()
        .any(|line| String::from_utf8_lossy(&line).contains(arena))
}

fn python() -> Process {
    Process::new(PYTHON)
}
