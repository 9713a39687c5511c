//! Which cargo and rustc build a project, and the boxes in which they run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sandbox::{Access, Command, Limits, Policy};

use crate::error::Error;
use crate::project::Environment;

/// A toolchain with what it needs of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Toolchain {
    /// The real cargo, not the proxy of a toolchain manager.
    pub cargo: PathBuf,
    /// Folders beyond the system's that must be readable in the box.
    reads: Vec<PathBuf>,
    /// The user's cargo folder, of which the box sees the downloaded crates.
    cargo_home: Option<PathBuf>,
}

impl Toolchain {
    /// Finds cargo on the path and asks rustc, boxed, where it really lives.
    pub fn find(root: &Path, environment: &Environment) -> Result<Self, Error> {
        let found = environment
            .path
            .iter()
            .map(|folder| folder.join("cargo"))
            .find(|program| program.exists() && program.with_file_name("rustc").exists())
            .ok_or_else(no_cargo)?;
        let proxies = found.parent().map(Path::to_owned).unwrap_or_default();
        let rustup = environment
            .home
            .as_ref()
            .map(|home| home.join(".rustup"))
            .filter(|folder| folder.is_dir());
        let mut policy = Policy::new()
            .read(root)
            .read(&proxies)
            .cwd(root)
            .limits(limits(Duration::from_secs(30)));
        if let Some(real) = found
            .canonicalize()
            .ok()
            .and_then(|real| real.parent().map(Path::to_owned))
        {
            policy = policy.read(real);
        }
        if let Some(rustup) = &rustup {
            policy = policy.read(rustup).env("RUSTUP_HOME", rustup);
        }
        let rustc = found.with_file_name("rustc");
        let outcome = sandbox::run(&policy, &Command::new(rustc).args(["--print", "sysroot"]))?;
        let sysroot = PathBuf::from(String::from_utf8_lossy(&outcome.stdout).trim());
        if !outcome.is_success() || !sysroot.is_absolute() {
            return Err(Error::unsuitable(
                "no_cargo",
                format!(
                    "`rustc` does not run: {}",
                    String::from_utf8_lossy(&outcome.stderr).trim()
                ),
                "install the toolchain that the project asks for",
            ));
        }
        let own = sysroot.join("bin/cargo");
        Ok(Self {
            cargo: if own.exists() { own } else { found },
            reads: vec![sysroot, proxies],
            cargo_home: environment.home.as_ref().map(|home| home.join(".cargo")),
        })
    }

    /// What of the user's cargo folder a build may need, by name.
    fn downloads(&self) -> Vec<(&'static str, PathBuf)> {
        let Some(cargo_home) = &self.cargo_home else {
            return Vec::new();
        };
        let all =
            ["registry", "git", "config.toml", "config"].map(|name| (name, cargo_home.join(name)));
        all.into_iter().filter(|(_, path)| path.exists()).collect()
    }

    /// Makes a cargo folder in which the box can show what was downloaded.
    pub fn make_home(&self, home: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(home).map_err(|source| Error::io("create", home, source))?;
        for (name, path) in self.downloads() {
            let place = home.join(name);
            let made = if path.is_dir() {
                std::fs::create_dir_all(&place)
            } else {
                std::fs::write(&place, "")
            };
            made.map_err(|source| Error::io("create", &place, source))?;
        }
        Ok(())
    }

    /// A box that shows `tree` at the project's place, with `open` readable and writable.
    pub fn policy(&self, root: &Path, tree: &Path, open: &[&Path], home: &Path) -> Policy {
        let mut policy = Policy::new()
            .bind(tree, root, Access::Write)
            .protect_metadata(false)
            .cwd(root)
            .limits(limits(Duration::from_secs(900)))
            .env("CARGO_HOME", home)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_PROFILE_TEST_DEBUG", "0")
            .env("RUST_BACKTRACE", "0")
            .env("RUST_MIN_STACK", (16 << 20).to_string());
        for folder in self.reads.iter().filter(|folder| folder.is_dir()) {
            policy = policy.read(folder);
        }
        for folder in open.iter().chain([&home]) {
            policy = policy.write(folder);
        }
        for (name, path) in self.downloads() {
            policy = policy.bind(path, home.join(name), Access::Read);
        }
        let bin = self.cargo.parent().map(Path::to_owned).unwrap_or_default();
        let mut path = OsString::from(bin);
        path.push(":/usr/local/bin:/usr/bin:/bin");
        policy.env("PATH", path)
    }
}

fn no_cargo() -> Error {
    Error::unsuitable(
        "no_cargo",
        "no cargo was found",
        "install Rust, e.g. from https://rustup.rs or with `apt-get install cargo`",
    )
}

/// What a compiler may use: more than a test.
fn limits(wall_time: Duration) -> Limits {
    Limits {
        wall_time,
        cpu_time: wall_time * 4,
        memory_bytes: 6 << 30,
        processes: 512,
        output_bytes: 64 << 20,
        file_size_bytes: 2 << 30,
        scratch_bytes: 2 << 30,
        open_files: 4096,
    }
}
