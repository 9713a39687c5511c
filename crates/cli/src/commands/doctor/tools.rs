//! The programs that commands call, found in `PATH` and asked for their versions inside a box.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use coder::Environment;
use sandbox::{Command, Limits, Policy};

use crate::environment;

/// Long enough for a cold disk; a tool that needs longer for its version will not be used.
const PATIENCE: Duration = Duration::from_secs(10);

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
    pub fn find(name: &str, environment: &Environment) -> Option<Self> {
        let path = find(name, &environment.path)?;
        Some(Self { path, answer: None })
    }

    /// Runs it with `args` and keeps what it says.
    pub fn ask(self, args: &[&str], environment: &Environment) -> Self {
        let answer = answer(&self.path, args, environment);
        Self {
            answer: Some(answer),
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
fn find(name: &str, path: &[PathBuf]) -> Option<PathBuf> {
    path.iter()
        .map(|folder| folder.join(name))
        .find(|candidate| {
            let metadata = fs::metadata(candidate);
            metadata.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}

/// What `program` prints, with an end that is not 0 as its complaint.
fn answer(program: &Path, args: &[&str], environment: &Environment) -> Result<String, String> {
    let limits = Limits {
        wall_time: PATIENCE,
        ..Limits::default()
    };
    let mut policy = Policy::new().limits(limits);
    let managers = environment::of_version_managers();
    for (name, value) in &managers {
        policy = policy.env(*name, value);
    }
    let managed = managers
        .into_iter()
        .filter(|(name, _)| name.ends_with("_HOME") || name.ends_with("_ROOT"));
    let managed = managed.map(|(_, folder)| PathBuf::from(folder));
    for folder in homes(program, environment.home.as_deref(), managed) {
        policy = policy.read(folder);
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
fn homes(
    program: &Path,
    home: Option<&Path>,
    managed: impl Iterator<Item = PathBuf>,
) -> Vec<PathBuf> {
    let is_private = |folder: &Path| home.is_some_and(|home| home.starts_with(folder));
    let real = fs::canonicalize(program).unwrap_or_else(|_| program.to_owned());
    let mut homes: Vec<PathBuf> = [program, &real]
        .into_iter()
        .filter_map(|path| path.parent()?.parent().map(Path::to_owned))
        .collect();
    homes.extend(managed);
    homes.extend(home.map(|home| home.join(".rustup")));
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
        let path = [folder.path().to_owned()];
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
        let home = tempfile::tempdir().unwrap();
        let program = home.path().join("bin/python3");
        let managed = [home.path().to_owned()].into_iter();
        assert!(homes(&program, Some(home.path()), managed).is_empty());
    }
}
