//! What the processes of a box use, read from its own `/proc`.

use std::fs;
use std::time::Duration;

/// Sums over all processes but the init.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Threads alive.
    pub(super) threads: u32,
    pub(super) resident_bytes: u64,
    pub(super) cpu_time: Duration,
}

/// Looks at every process. Pages that several map are counted for each.
pub(super) fn sample() -> Usage {
    let page_bytes = rustix::param::page_size() as u64;
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    let mut sum = Usage::default();
    for pid in pids() {
        let Some(stat) = fs::read(format!("/proc/{pid}/stat"))
            .ok()
            .and_then(|line| parse_stat(&line))
        else {
            continue;
        };
        sum.threads += stat.threads;
        sum.resident_bytes += stat.resident_pages * page_bytes;
        sum.cpu_time += Duration::from_micros(stat.cpu_ticks * 1_000_000 / ticks_per_second);
    }
    sum
}

/// Resident bytes with shared pages counted once; slow, asked only when [`sample`] is over the limit.
pub(super) fn proportional_bytes() -> u64 {
    let of = |pid: u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        let kib = line
            .trim()
            .strip_suffix(" kB")?
            .trim()
            .parse::<u64>()
            .ok()?;
        Some(kib * 1024)
    };
    // A process that hides its pages counts in full.
    let in_full = |pid: u32| {
        let stat = fs::read(format!("/proc/{pid}/stat"))
            .ok()
            .and_then(|line| parse_stat(&line));
        stat.map_or(0, |stat| {
            stat.resident_pages * rustix::param::page_size() as u64
        })
    };
    pids()
        .map(|pid| of(pid).unwrap_or_else(|| in_full(pid)))
        .sum()
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != 1)
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    cpu_ticks: u64,
    threads: u32,
    resident_pages: u64,
}

/// Reads `/proc/<pid>/stat`. The name in it may hold anything, so fields count from its last `)`.
fn parse_stat(line: &[u8]) -> Option<Stat> {
    let end_of_name = line.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(&line[end_of_name + 1..]).ok()?;
    let fields = rest.split_ascii_whitespace().collect::<Vec<_>>();
    // The first field here is the third of proc(5).
    let field = |number: usize| fields.get(number - 3).copied();
    let ticks = |number| field(number)?.parse::<u64>().ok();
    Some(Stat {
        // Its own time and that of the children it has waited for.
        cpu_ticks: ticks(14)? + ticks(15)? + ticks(16)? + ticks(17)?,
        threads: field(20)?.parse().ok()?,
        resident_pages: field(24)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_stat_line_whose_name_has_parentheses() {
        let line = b"42 (a) R 1 (b)) S 1 1 1 0 -1 4194560 1 2 3 4 50 7 5 2 20 0 3 0 100 4096 77 18446744073709551615";
        assert_eq!(
            parse_stat(line),
            Some(Stat {
                cpu_ticks: 64,
                threads: 3,
                resident_pages: 77
            })
        );
    }

    #[test]
    fn refuses_a_stat_line_that_is_cut_off() {
        assert_eq!(parse_stat(b"42 (a) S 1 1 1"), None);
        assert_eq!(parse_stat(b""), None);
    }
}
