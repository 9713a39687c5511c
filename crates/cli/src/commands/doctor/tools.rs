//! The programs that commands call, found in `PATH` and asked for their versions inside a box.

use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use sandbox::{Command, Limits, Policy};

/// Long enough for a cold disk; a tool that needs longer for its version will not be used.
const PATIENCE: Duration = Duration::from_secs(10);

/// Variables that version managers need in order to find what they manage.
const MANAGERS: &[&str] = &[
    "CARGO_HOME",
    "HOME",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
];

/// A program and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Where `PATH` finds it.
    pub path: PathBuf,
    /// What it printed, or what went wrong; `None` before it is asked.
    pub answer: Option<Result<String, String>>,
}

impl Tool {
    /// Finds `name`; `None` when `PATH` has no such program.
    pub fn find(name: &str) -> Option<Self> {
        let path = find(name, &env::var_os("PATH")?)?;
        Some(Self { path, answer: None })
    }

    /// Runs it with `args` and keeps what it says.
    pub fn ask(self, args: &[&str]) -> Self {
        Self {
            answer: Some(answer(&self.path, args)),
            ..self
        }
    }

    /// The version in an answer such as `cargo 1.95.0 (f2d3ce0bd 2026-03-21)`.
    pub fn version(&self) -> Option<&str> {
        let answer = self.answer.as_ref()?.as_ref().ok()?;
        answer
            .split_whitespace()
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// The first executable file called `name` in the folders of `path`.
fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    env::split_paths(path)
        .map(|folder| folder.join(name))
        .find(|candidate| {
            let metadata = fs::metadata(candidate);
            metadata.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}

/// What `program` prints, with an end that is not 0 as its complaint.
fn answer(program: &Path, args: &[&str]) -> Result<String, String> {
    let limits = Limits {
        wall_time: PATIENCE,
        ..Limits::default()
    };
    let mut policy = Policy::new().limits(limits);
    for folder in homes(program) {
        policy = policy.read(folder);
    }
    for name in MANAGERS {
        if let Some(value) = env::var_os(name) {
            policy = policy.env(*name, value);
        }
    }
    if let Some(path) = env::var_os("PATH") {
        policy = policy.env("PATH", path);
    }
    let command = Command::new(program).args(args.iter().copied());
    let outcome = sandbox::run(&policy, &command).map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if outcome.is_success() {
        Ok(text(&outcome.stdout))
    } else {
        let complaint = text(&outcome.stderr);
        Err(complaint
            .lines()
            .last()
            .unwrap_or("it said nothing")
            .to_owned())
    }
}

/// The folders that a program needs to see: its installation, and that of its version manager.
/// A personal home is never one of them.
fn homes(program: &Path) -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let is_private = |folder: &Path| home.as_ref().is_some_and(|home| home.starts_with(folder));
    let real = fs::canonicalize(program).unwrap_or_else(|_| program.to_owned());
    let mut homes: Vec<PathBuf> = [program, &real]
        .into_iter()
        .filter_map(|path| path.parent()?.parent().map(Path::to_owned))
        .collect();
    homes.extend(env::var_os("RUSTUP_HOME").map(PathBuf::from));
    homes.extend(home.as_ref().map(|home| home.join(".rustup")));
    homes.retain(|folder| folder.is_dir() && !is_private(folder));
    homes.sort_unstable();
    homes.dedup();
    homes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_the_first_number() {
        let tool = |answer: &str| Tool {
            path: PathBuf::new(),
            answer: Some(Ok(answer.to_owned())),
        };
        assert_eq!(
            tool("cargo 1.95.0 (f2d3ce0bd 2026-03-21)").version(),
            Some("1.95.0")
        );
        assert_eq!(tool("Python 3.11.2").version(), Some("3.11.2"));
        assert_eq!(tool("nonsense").version(), None);
    }

    #[test]
    fn only_executable_files_are_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("first")).unwrap();
        fs::write(folder.path().join("second"), "").unwrap();
        let path = folder.path().as_os_str().to_owned();
        assert_eq!(find("first", &path), None);
        assert_eq!(find("second", &path), None);
        fs::set_permissions(
            folder.path().join("second"),
            fs::Permissions::from_mode(0o755),
        )
        .unwrap();
        assert_eq!(find("second", &path), Some(folder.path().join("second")));
    }

    #[test]
    fn a_personal_home_is_not_shown_to_a_tool() {
        let home = PathBuf::from(env::var_os("HOME").expect("tests run with a home"));
        assert!(!homes(&home.join("bin/python3")).contains(&home));
    }
}
