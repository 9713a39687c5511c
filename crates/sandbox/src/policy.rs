//! What a boxed command may touch: data, with strict defaults.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The files, network, time and memory that a command gets. Nothing else exists for it.
///
/// The default: system directories (`/usr`, `/bin`, `/lib*`, `/opt`, a few public files of `/etc`)
/// are readable; nothing of the host is writable; `/tmp` and `/dev/shm` are private, empty and
/// vanish with the box; there is no network; the environment holds only what [`Policy::env`] adds
/// to `PATH`, `HOME`, `TMPDIR`, `LANG` and `TERM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(crate) binds: Vec<Bind>,
    pub(crate) denied_reads: Vec<PathBuf>,
    pub(crate) network: Network,
    pub(crate) limits: Limits,
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) cwd: Option<PathBuf>,
    pub(crate) protect_metadata: bool,
    pub(crate) system_dirs: bool,
}

/// A host path and where it appears inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bind {
    pub(crate) source: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) access: Access,
}

/// What may be done with a bound path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read and execute. The host may go on writing; the box sees it at once.
    Read,
    /// Read, execute, create, change and remove.
    Write,
}

/// What of the network a box sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Network {
    /// No sockets at all but connected `AF_UNIX` stream pairs.
    #[default]
    None,
    /// The box's own loopback interface, shared with nobody.
    Loopback,
    /// The box's own loopback, and on it an HTTP `CONNECT` proxy to the listed `(host, port)`s.
    /// The proxy looks names up outside and refuses private, link-local and metadata addresses
    /// unless the address itself is listed.
    Proxy {
        /// Host names or literal addresses, each with its port.
        allow: Vec<(String, u16)>,
    },
}

/// Ceilings. Reaching one ends the command; see [`crate::Status`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Time from start to end. Default 60 s.
    pub wall_time: Duration,
    /// Processor time of all processes together. Default 60 s.
    pub cpu_time: Duration,
    /// Resident bytes of all processes together. Default 1 GiB.
    pub memory_bytes: u64,
    /// Processes and threads alive at once. Default 128.
    pub processes: u32,
    /// Bytes of standard output, and again of standard error, that are kept. Default 8 MiB.
    pub output_bytes: u64,
    /// Bytes of the longest file that may be written. Default 256 MiB.
    pub file_size_bytes: u64,
    /// Bytes of `/tmp` and, again, of `/dev/shm`. Default 256 MiB.
    pub scratch_bytes: u64,
    /// Open files of one process. Default 1024.
    pub open_files: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            wall_time: Duration::from_secs(60),
            cpu_time: Duration::from_secs(60),
            memory_bytes: 1 << 30,
            processes: 128,
            output_bytes: 8 << 20,
            file_size_bytes: 256 << 20,
            scratch_bytes: 256 << 20,
            open_files: 1024,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            binds: Vec::new(),
            denied_reads: Vec::new(),
            network: Network::None,
            limits: Limits::default(),
            env: Vec::new(),
            cwd: None,
            protect_metadata: true,
            system_dirs: true,
        }
    }
}

impl Policy {
    /// The strict default.
    pub fn new() -> Policy {
        Policy::default()
    }

    /// Makes `path` and all below it readable at the same place inside.
    #[must_use]
    pub fn read(self, path: impl AsRef<Path>) -> Policy {
        let path = path.as_ref().to_path_buf();
        self.bind(path.clone(), path, Access::Read)
    }

    /// Makes `path` and all below it writable at the same place inside.
    #[must_use]
    pub fn write(self, path: impl AsRef<Path>) -> Policy {
        let path = path.as_ref().to_path_buf();
        self.bind(path.clone(), path, Access::Write)
    }

    /// Shows the host's `source` as `target` inside. The deeper target wins, and of two equal ones the later.
    #[must_use]
    pub fn bind(
        mut self,
        source: impl Into<PathBuf>,
        target: impl Into<PathBuf>,
        access: Access,
    ) -> Policy {
        self.binds.push(Bind {
            source: source.into(),
            target: target.into(),
            access,
        });
        self
    }

    /// Hides the host's `path` wherever a bind would show it.
    #[must_use]
    pub fn deny_read(mut self, path: impl AsRef<Path>) -> Policy {
        self.denied_reads.push(path.as_ref().to_path_buf());
        self
    }

    /// Chooses the network.
    #[must_use]
    pub fn network(mut self, network: Network) -> Policy {
        self.network = network;
        self
    }

    /// Replaces all ceilings.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Policy {
        self.limits = limits;
        self
    }

    /// Sets one variable of the environment inside.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Policy {
        let key = key.into();
        self.env.retain(|(existing, _)| *existing != key);
        self.env.push((key, value.into()));
        self
    }

    /// Sets the working directory inside. Default: `/tmp`.
    #[must_use]
    pub fn cwd(mut self, directory: impl Into<PathBuf>) -> Policy {
        self.cwd = Some(directory.into());
        self
    }

    /// Whether `.git`, `.envrc`, `.vscode` and their like stay as they are below writable paths.
    /// Default true; turn it off for a copy that nobody else looks at.
    #[must_use]
    pub fn protect_metadata(mut self, protect: bool) -> Policy {
        self.protect_metadata = protect;
        self
    }

    /// Whether the system directories are readable. Default true.
    #[must_use]
    pub fn system_dirs(mut self, readable: bool) -> Policy {
        self.system_dirs = readable;
        self
    }
}
