//! Builds the unchanged project once through cargo, and remembers how that was done.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sandbox::{Exec, Worker};

use super::compile::Text;
use super::harness::Place;
use super::libtest;
use super::units::{self, Unit};
use crate::error::Error;
use crate::source::{FileId, Sources};

/// The first build, dependencies included.
const BUILD_TIME: Duration = Duration::from_secs(900);
const LIST_TIME: Duration = Duration::from_secs(20);
/// Bytes of the longest source or list of sources that is read.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// The tests of a project and the compiler calls that build them.
#[derive(Debug)]
pub(super) struct Suite {
    /// In the order in which they must be built.
    pub units: Vec<Unit>,
    /// Where rustc runs.
    pub workspace: PathBuf,
    pub programs: Vec<Program>,
    pub tests: Vec<Test>,
}

/// A test program that holds at least one test.
#[derive(Debug)]
pub(super) struct Program {
    /// Its unit, as an index.
    pub unit: usize,
}

/// One test.
#[derive(Debug)]
pub(super) struct Test {
    /// Its program, as an index.
    pub program: usize,
    pub name: String,
    /// Unique among all tests.
    pub shown: String,
    pub is_ignored: bool,
}

impl Suite {
    /// Builds the tests with cargo and lists them.
    pub fn learn(place: &Place, worker: &mut Worker) -> Result<Self, Error> {
        let mut suite = Self::build(place, worker)?;
        suite.list(place, worker)?;
        if suite.tests.is_empty() {
            return Err(Error::unsuitable(
                "no_tests",
                "`cargo test` finds no tests to run",
                "repair needs at least one failing test; doc tests are not counted",
            ));
        }
        Ok(suite)
    }

    /// Builds the tests with cargo, whether there are any or not.
    pub fn build(place: &Place, worker: &mut Worker) -> Result<Self, Error> {
        let mut args: Vec<std::ffi::OsString> = [
            "test",
            "--no-run",
            "-vv",
            "--offline",
            "--message-format=short",
        ]
        .map(Into::into)
        .into();
        args.extend(place.arguments.iter().map(Into::into));
        let exec = Exec {
            program: place.toolchain.cargo.clone(),
            args,
            wall_time: Some(BUILD_TIME),
            ..Exec::default()
        };
        let outcome = worker.exec(&exec)?;
        place.check_stop()?;
        let log = String::from_utf8_lossy(&outcome.stderr);
        if !outcome.is_success() {
            return Err(refused(&log));
        }
        let mut units = units::read(&log);
        let workspace = workspace(&place.root, &units);
        for unit in &mut units {
            let list = unit.out_dir.join(format!("{}{}.d", unit.name, unit.suffix));
            let text = read_built(place, &list);
            let read = units::dependencies(&text);
            unit.sources = read
                .iter()
                .filter_map(|file| relative(&place.root, &workspace, file))
                .collect();
        }
        Ok(Self {
            units,
            workspace,
            programs: Vec::new(),
            tests: Vec::new(),
        })
    }

    fn list(&mut self, place: &Place, worker: &mut Worker) -> Result<(), Error> {
        for (index, unit) in self
            .units
            .iter()
            .enumerate()
            .filter(|(_, unit)| unit.is_test)
        {
            let program = unit.executable(&unit.out_dir);
            let mut names = |flags: &[&str]| -> Result<Vec<String>, Error> {
                let exec = Exec {
                    program: program.clone(),
                    args: flags.iter().map(Into::into).collect(),
                    env: unit.env.clone(),
                    cwd: unit.package(),
                    wall_time: Some(LIST_TIME),
                    ..Exec::default()
                };
                let outcome = worker.exec(&exec)?;
                place.check_stop()?;
                Ok(libtest::listed(&String::from_utf8_lossy(&outcome.stdout)))
            };
            let all = names(&["--list", "--format", "terse"])?;
            if all.is_empty() {
                continue;
            }
            let ignored = names(&["--list", "--format", "terse", "--ignored"])?;
            let program = self.programs.len();
            self.programs.push(Program { unit: index });
            for name in all {
                let is_known = self.tests.iter().any(|test| test.name == name);
                let shown = if is_known {
                    format!("{}::{name}", unit.name)
                } else {
                    name.clone()
                };
                self.tests.push(Test {
                    program,
                    is_ignored: ignored.contains(&name),
                    shown,
                    name,
                });
            }
        }
        Ok(())
    }

    /// The units whose programs are built anew, whatever changes.
    pub fn rebuilt(&self) -> Vec<&Unit> {
        self.units.iter().collect()
    }

    /// The units to build when `files` change: those that lead to a test program.
    pub fn needed(&self, _sources: &Sources, _files: &[FileId]) -> Vec<&Unit> {
        let is_program = |index: usize| self.programs.iter().any(|program| program.unit == index);
        let mut wanted: Vec<bool> = (0..self.units.len()).map(is_program).collect();
        for index in (0..self.units.len()).rev() {
            if !wanted[index] {
                wanted[index] = (0..self.units.len())
                    .any(|user| wanted[user] && self.units[user].uses(&self.units[index]));
            }
        }
        self.units
            .iter()
            .zip(wanted)
            .filter(|(_, wanted)| *wanted)
            .map(|(unit, _)| unit)
            .collect()
    }

    /// Adds the switch's module to the root of every crate that reads one of the files.
    pub fn add_module(&self, place: &Place, units: &[&Unit], texts: &mut Vec<Text>, module: &str) {
        let mut roots: Vec<PathBuf> = Vec::new();
        for unit in units {
            let reads = unit
                .sources
                .iter()
                .any(|file| texts.iter().any(|text| text.path == *file));
            if let Some(root) = relative(&place.root, &self.workspace, &unit.root_file)
                && reads
                && !roots.contains(&root)
            {
                roots.push(root);
            }
        }
        for root in roots {
            match texts.iter_mut().find(|text| text.path == root) {
                Some(text) => text.text.push_str(module),
                None => {
                    let original = match place.sources.find(&root) {
                        Some(file) => place.sources.get(file).text.clone(),
                        None => read_text(&place.root, &root),
                    };
                    texts.push(Text {
                        path: root,
                        text: original + module,
                        regions: Vec::new(),
                    });
                }
            }
        }
    }

    /// Tests by the program that holds them.
    pub fn grouped(&self, tests: &[usize]) -> Vec<(&Program, Vec<usize>)> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &test in tests {
            groups
                .entry(self.tests[test].program)
                .or_default()
                .push(test);
        }
        groups
            .into_iter()
            .map(|(program, tests)| (&self.programs[program], tests))
            .collect()
    }
}

/// The folder in which cargo runs rustc: the nearest above the packages in which the roots exist.
fn workspace(root: &Path, units: &[Unit]) -> PathBuf {
    let Some(unit) = units.first() else {
        return root.to_owned();
    };
    let package = unit.package().unwrap_or_else(|| root.to_owned());
    package
        .ancestors()
        .find(|folder| folder.starts_with(root) && folder.join(&unit.root_file).is_file())
        .map_or_else(|| root.to_owned(), Path::to_owned)
}

/// A path of the compiler, relative to the project.
fn relative(root: &Path, workspace: &Path, file: &Path) -> Option<PathBuf> {
    workspace
        .join(file)
        .strip_prefix(root)
        .ok()
        .map(Path::to_owned)
}

/// The text of a file that a build made. Programs of the project have run by then and could write
/// all of it, the log that names the file included.
fn read_built(place: &Place, file: &Path) -> String {
    let build = place.shared("build");
    file.strip_prefix(&build)
        .map(|file| read_text(&build, file))
        .unwrap_or_default()
}

/// The text of a file below `root`; none where a link or a pipe lies there instead.
fn read_text(root: &Path, file: &Path) -> String {
    sandbox::files::read_beneath(root, file, TEXT_BYTES_MAX)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

/// Why cargo could not build the tests.
fn refused(log: &str) -> Error {
    let first = log
        .lines()
        .find(|line| line.starts_with("error") || line.contains(": error"));
    let reason = first.unwrap_or_else(|| log.lines().last().unwrap_or("it says nothing"));
    if log.contains("--offline")
        || log.contains("no matching package")
        || log.contains("failed to download")
    {
        return Error::unsuitable(
            "missing_dependencies",
            format!("the project cannot be built without the network: {reason}"),
            "run `cargo fetch` in the project first",
        );
    }
    Error::unsuitable(
        "does_not_build",
        format!("the project's tests do not build: {reason}"),
        "mend what `cargo test --no-run` reports first; everything starts from a program that compiles",
    )
}
