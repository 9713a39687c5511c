//! What the machine is made of, as the kernel tells it in `/proc`.

use std::{fs, thread};

/// Processor, memory and system.
#[derive(Debug, PartialEq, Eq)]
pub struct Machine {
    /// Distribution and kernel.
    pub system: String,
    /// The processor's own name.
    pub processor: String,
    /// Threads that this process may use at once.
    pub cores: usize,
    /// Physical memory.
    pub memory_bytes: u64,
    /// Vector instructions that speed up models, and whether they are there.
    pub vectors: Vec<(&'static str, bool)>,
}

impl Machine {
    /// Looks at this machine.
    pub fn read() -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let system = field(&text("/etc/os-release"), "PRETTY_NAME").unwrap_or("Linux".to_owned());
        let kernel = text("/proc/sys/kernel/osrelease");
        let cpuinfo = text("/proc/cpuinfo");
        Self {
            system: format!("{system}, Linux {}", kernel.trim()),
            processor: field(&cpuinfo, "model name")
                .unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory_bytes(&text("/proc/meminfo")),
            vectors: vectors(&cpuinfo),
        }
    }

    /// Physical memory to the nearest GiB, as people count it.
    pub fn memory_gib(&self) -> u64 {
        (self.memory_bytes + (1 << 29)) >> 30
    }
}

/// The value of the first line `key: value` or `key=value`, without quotes.
fn field(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once([':', '='])?;
        (name.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn memory_bytes(meminfo: &str) -> u64 {
    let total = field(meminfo, "MemTotal").unwrap_or_default();
    let kib = total.trim_end_matches(" kB").parse::<u64>();
    kib.unwrap_or(0) * 1024
}

/// Names the vector instructions of whichever architecture `cpuinfo` describes.
fn vectors(cpuinfo: &str) -> Vec<(&'static str, bool)> {
    const X86: &[(&str, &[&str])] = &[
        ("AVX2", &["avx2"]),
        ("AVX-512", &["avx512f"]),
        ("VNNI", &["avx512_vnni", "avx_vnni"]),
        ("BF16", &["avx512_bf16"]),
        ("AMX", &["amx_int8"]),
    ];
    const ARM: &[(&str, &[&str])] = &[
        ("NEON", &["asimd"]),
        ("dot product", &["asimddp"]),
        ("I8MM", &["i8mm"]),
        ("BF16", &["bf16"]),
        ("SVE", &["sve"]),
    ];
    let (flags, known) = match (field(cpuinfo, "flags"), field(cpuinfo, "Features")) {
        (Some(flags), _) => (flags, X86),
        (None, Some(features)) => (features, ARM),
        (None, None) => return Vec::new(),
    };
    let is_there = |flag: &&str| flags.split(' ').any(|other| other == *flag);
    known
        .iter()
        .map(|(name, any)| (*name, any.iter().any(&is_there)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x86_flags_are_whole_words() {
        let cpuinfo =
            "processor\t: 0\nmodel name\t: Ada 9\nflags\t\t: fpu avx2 avx512fp16 avx_vnni\n";
        let there: Vec<&str> = vectors(cpuinfo)
            .into_iter()
            .filter_map(|(name, is_there)| is_there.then_some(name))
            .collect();
        assert_eq!(there, ["AVX2", "VNNI"]);
        assert_eq!(field(cpuinfo, "model name").as_deref(), Some("Ada 9"));
    }

    #[test]
    fn arm_features_are_named_as_arm_names_them() {
        let cpuinfo = "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm\n";
        let expected = [
            ("NEON", true),
            ("dot product", true),
            ("I8MM", true),
            ("BF16", false),
            ("SVE", false),
        ];
        assert_eq!(vectors(cpuinfo), expected);
        assert_eq!(vectors(""), []);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(
            memory_bytes("MemFree: 1 kB\nMemTotal:       2048 kB\n"),
            2 << 20
        );
        assert_eq!(memory_bytes("nonsense"), 0);
    }
}
