//! The machine that a figure was measured on.

use std::{fmt, fs, process::Command};

use crate::tree;

/// What must stand beside a figure so that it means something elsewhere.
pub struct Machine {
    cpu: String,
    cores: usize,
    memory_bytes: u64,
    kernel: String,
    system: String,
    rustc: String,
    python: String,
    commit: String,
}

impl Machine {
    /// Looks at this machine; what cannot be found out is `unknown`.
    pub fn read() -> Self {
        let said = |program: &str, args: &[&str]| {
            let text = tree::stdout_of(Command::new(program).args(args));
            text.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
        };
        let field = |path: &str, key: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text
                .lines()
                .find(|line| line.starts_with(key))
                .unwrap_or_default();
            let value = line.split([':', '=']).nth(1).unwrap_or("unknown");
            value.trim().trim_matches('"').to_owned()
        };
        let memory_kib = field("/proc/meminfo", "MemTotal").replace(" kB", "");
        Self {
            cpu: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory_kib.parse::<u64>().unwrap_or(0) * 1024,
            kernel: said("uname", &["-sr"]),
            system: field("/etc/os-release", "PRETTY_NAME"),
            rustc: said("rustc", &["--version"]),
            python: said("python3", &["--version"]),
            commit: said("git", &["describe", "--always", "--dirty"]),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gib = self.memory_bytes.div_ceil(1 << 30);
        let Self {
            cpu,
            cores,
            kernel,
            system,
            rustc,
            python,
            commit,
            ..
        } = self;
        writeln!(out, "{cpu}, {cores} cores, {gib} GiB; {system}, {kernel};")?;
        writeln!(out, "{rustc}; {python}; commit {commit}.")
    }
}
