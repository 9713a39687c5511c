//! How much memory this process may have.

use std::fs;
use std::path::Path;

/// Memory of the machine, or of the container that the process runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All there is, in bytes.
    pub total: u64,
    /// What could be had now without pushing others out, in bytes.
    pub available: u64,
}

impl Memory {
    /// Asks the kernel: the machine's, lowered to what control groups allow.
    pub fn read() -> Self {
        let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        let mut memory = Self::of_machine(&text(Path::new("/proc/meminfo")));
        let groups = text(Path::new("/proc/self/cgroup"));
        let group = groups.lines().find_map(|line| line.strip_prefix("0::/"));
        let mut folder = Path::new("/sys/fs/cgroup").join(group.unwrap_or_default());
        while folder.starts_with("/sys/fs/cgroup") {
            let number = |name: &str| text(&folder.join(name)).trim().parse::<u64>().ok();
            if let Some(limit) = number("memory.max") {
                let cached = inactive(&text(&folder.join("memory.stat")));
                let used = number("memory.current").unwrap_or(0);
                memory = memory.within(limit, used.saturating_sub(cached));
            }
            if !folder.pop() {
                break;
            }
        }
        memory
    }

    fn of_machine(meminfo: &str) -> Self {
        let field = |key: &str| {
            let line = meminfo.lines().find_map(|line| line.strip_prefix(key));
            let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
            kib.map(|kib| kib * 1024)
        };
        // Where the kernel does not say, nothing is refused.
        let total = field("MemTotal:").unwrap_or(u64::MAX);
        Self {
            total,
            available: field("MemAvailable:").unwrap_or(total),
        }
    }

    fn within(self, limit: u64, used: u64) -> Self {
        Self {
            total: self.total.min(limit),
            available: self.available.min(limit.saturating_sub(used)),
        }
    }
}

/// Bytes of files that the kernel would give up first.
fn inactive(stat: &str) -> u64 {
    let line = stat
        .lines()
        .find_map(|line| line.strip_prefix("inactive_file "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_lowers_what_the_machine_has() {
        let machine =
            Memory::of_machine("MemTotal:     8192 kB\nMemFree: 1 kB\nMemAvailable:  4096 kB\n");
        assert_eq!(
            machine,
            Memory {
                total: 8 << 20,
                available: 4 << 20
            }
        );
        let inside = machine.within(2 << 20, 1 << 20);
        assert_eq!(
            inside,
            Memory {
                total: 2 << 20,
                available: 1 << 20
            }
        );
        assert_eq!(machine.within(1 << 40, 0), machine);
        assert_eq!(inactive("anon 5\ninactive_file 7\n"), 7);
    }
}
