//! A fence around a whole box where this user may make cgroups: memory, swap and processes are
//! bounded by the kernel itself, and one write ends everything.
//!
//! It stands besides the limits that the init of the box keeps. Where it cannot be had, or only
//! parts of it, the box is run all the same. It is made, read and removed from outside; inside,
//! no cgroup file is shown.

mod place;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub(crate) use place::mount_points;

const PREFIX: &str = "freehold-box-";

/// How long the kernel may take to let an emptied cgroup go.
const REMOVAL_TIME: Duration = Duration::from_secs(2);

/// What every box holds besides its processes: page tables, sockets, the pages of its init.
const OVERHEAD_BYTES: u64 = 64 << 20;

/// The helper, the init, and those of the command that have ended but are not collected yet.
const OVERHEAD_PROCESSES: u32 = 8;

/// What one box may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fence {
    pub(crate) memory_bytes: u64,
    /// Of each of its two private file systems; their pages count here, and not in the command's limit.
    pub(crate) scratch_bytes: u64,
    pub(crate) processes: u32,
    /// Whether a lack of memory ends all of the box, and not its largest process alone.
    pub(crate) falls_as_one: bool,
}

/// A cgroup of one box. Dropping it ends what is in it and removes it.
#[derive(Debug)]
pub(crate) struct Cgroup {
    directory: PathBuf,
    fence: Fence,
}

/// What a cgroup has used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) cpu_time: Duration,
    /// The most bytes held at one time, cached files included; 0 where the kernel does not count them.
    pub(crate) memory_peak_bytes: u64,
    /// Processes ended for lack of memory.
    pub(crate) memory_kills: u64,
}

impl Cgroup {
    /// Makes a cgroup for one box, where that is possible.
    pub(crate) fn make(fence: Fence) -> Option<Cgroup> {
        static SWEPT: Once = Once::new();
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let owner = Owner::this()?;
        let parents = place::parents(
            &fs::read_to_string("/proc/self/mountinfo").ok()?,
            &fs::read_to_string("/proc/self/cgroup").ok()?,
        );
        SWEPT.call_once(|| {
            for parent in &parents {
                sweep(&parent.directory, &owner);
                if parent.is_own {
                    pass_controllers_down(&parent.directory);
                }
            }
        });
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{owner}-{count}");
        parents.iter().find_map(|parent| {
            let directory = parent.directory.join(&name);
            fs::create_dir(&directory).ok()?;
            let cgroup = Cgroup { directory, fence };
            // A fence that bounds nothing is not worth the move into it, which takes the kernel
            // milliseconds now and then.
            let is_of_use = cgroup.has("cgroup.kill") && !cgroup.bounds().is_empty();
            is_of_use.then(|| {
                cgroup.set_limits();
                cgroup
            })
        })
    }

    /// Moves a process in; what it starts later is in it, too. False where the kernel refuses.
    pub(crate) fn enter(&self, pid: u32) -> bool {
        self.write("cgroup.procs", &pid.to_string()).is_ok()
    }

    /// Lets the box hold `bytes`, if that is more than before.
    pub(crate) fn allow_memory(&mut self, bytes: u64) {
        if bytes > self.fence.memory_bytes {
            self.fence.memory_bytes = bytes;
            self.set_limits();
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        let read = |name: &str| fs::read_to_string(self.directory.join(name)).unwrap_or_default();
        Usage {
            cpu_time: Duration::from_micros(field(&read("cpu.stat"), "usage_usec")),
            memory_peak_bytes: read("memory.peak").trim().parse().unwrap_or(0),
            memory_kills: field(&read("memory.events"), "oom_kill"),
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Which of memory and processes the kernel bounds here.
    pub(crate) fn bounds(&self) -> Vec<&'static str> {
        [("memory.max", "memory"), ("pids.max", "processes")]
            .into_iter()
            .filter(|(file, _)| self.has(file))
            .map(|(_, what)| what)
            .collect()
    }

    /// Writes the limits whose controllers are there.
    fn set_limits(&self) {
        let Fence {
            memory_bytes,
            scratch_bytes,
            processes,
            falls_as_one,
        } = self.fence;
        let memory = memory_bytes
            .saturating_add(scratch_bytes.saturating_mul(2))
            .saturating_add(OVERHEAD_BYTES);
        for (file, value) in [
            ("memory.max", memory),
            ("memory.swap.max", 0),
            ("memory.oom.group", falls_as_one.into()),
            (
                "pids.max",
                processes.saturating_add(OVERHEAD_PROCESSES).into(),
            ),
        ] {
            // One that is missing is one fence less.
            let _ = self.write(file, &value.to_string());
        }
    }

    fn has(&self, file: &str) -> bool {
        self.directory.join(file).exists()
    }

    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        write_existing(&self.directory.join(file), value)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        remove(&self.directory);
    }
}

/// Ends all that is in a cgroup and removes it.
fn remove(directory: &Path) {
    let _ = write_existing(&directory.join("cgroup.kill"), "1");
    let deadline = Instant::now() + REMOVAL_TIME;
    let mut pause = Duration::from_micros(50);
    while let Err(error) = fs::remove_dir(directory) {
        if error.raw_os_error() != Some(libc::EBUSY) || Instant::now() > deadline {
            return;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// Never makes a file: cgroup files are there or they are not.
fn write_existing(file: &Path, value: &str) -> io::Result<()> {
    let mut file = fs::File::options().write(true).open(file)?;
    io::Write::write_all(&mut file, value.as_bytes())
}

/// The number beside `key` in a flat keyed file.
fn field(text: &str, key: &str) -> u64 {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(name, _)| *name == key)
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

/// Lets the children of a cgroup have limits. The kernel refuses where the cgroup has processes of
/// its own and is not the root of all; then the children are without.
fn pass_controllers_down(parent: &Path) {
    let words = |file: &str| fs::read_to_string(parent.join(file)).unwrap_or_default();
    let (there, passed) = (words("cgroup.controllers"), words("cgroup.subtree_control"));
    let has = |text: &str, name: &str| text.split_whitespace().any(|word| word == name);
    for name in ["memory", "pids"] {
        if has(&there, name) && !has(&passed, name) {
            let _ = write_existing(&parent.join("cgroup.subtree_control"), &format!("+{name}"));
        }
    }
}

/// Removes the cgroups of processes that were killed before they could.
fn sweep(parent: &Path, this: &Owner) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if owner.and_then(Owner::read).is_some_and(|owner| {
            // Who lives in another pid namespace cannot be seen from here.
            owner.namespace == this.namespace && start_of(owner.pid) != Some(owner.started)
        }) {
            remove(&entry.path());
        }
    }
}

/// A process, told apart from later ones of the same number and from those of other namespaces.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner {
    namespace: u64,
    pid: u32,
    started: u64,
}

impl Owner {
    fn this() -> Option<Owner> {
        let pid = std::process::id();
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        Some(Owner {
            namespace: namespace
                .to_str()?
                .trim_matches(|letter: char| !letter.is_ascii_digit())
                .parse()
                .ok()?,
            pid,
            started: start_of(pid)?,
        })
    }

    /// Reads what stands before the last number of a name.
    fn read(name: &str) -> Option<Owner> {
        let mut parts = name.split('-');
        let mut next = || parts.next()?.parse::<u64>().ok();
        Some(Owner {
            namespace: next()?,
            pid: next()?.try_into().ok()?,
            started: next()?,
        })
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}-{}-{}", self.namespace, self.pid, self.started)
    }
}

/// When a process started, in ticks since the machine did; `None` when it is gone.
fn start_of(pid: u32) -> Option<u64> {
    const START: usize = 22;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = &stat[stat.rfind(')')? + 1..];
    // The first field after the name is the third of proc(5).
    rest.split_ascii_whitespace().nth(START - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_counters_by_their_whole_name() {
        let text = "usage_usec 1500\nuser_usec 1000\noom_kill 2\noom_group_kill 1\n";
        assert_eq!(field(text, "usage_usec"), 1500);
        assert_eq!(field(text, "oom_kill"), 2);
        assert_eq!(field(text, "oom"), 0);
        assert_eq!(field("", "usage_usec"), 0);
    }

    #[test]
    fn an_owner_is_read_back_from_the_name_of_its_cgroup() {
        let owner = Owner::this().unwrap();
        assert_eq!(Owner::read(&format!("{owner}-7")), Some(owner.clone()));
        assert_eq!(start_of(owner.pid), Some(owner.started));
        for name in ["", "x", "1-2", "1-2-x-3", "1-99999999999-3-4"] {
            assert_eq!(Owner::read(name), None, "{name}");
        }
    }
}
