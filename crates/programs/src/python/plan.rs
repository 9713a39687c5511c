//! What a project's test command means: which files hold tests, and which runner runs them.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::project::Project;

/// How the tests of a Python project are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestPlan {
    /// What a person would type.
    pub command: String,
    /// Whether the tests must go through pytest, or whether the runner may decide.
    pub kind: Kind,
    /// Test files relative to the root.
    pub files: Vec<PathBuf>,
    /// Arguments for pytest.
    pub arguments: Vec<String>,
}

/// Who runs the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// pytest where the files need it, else plain calls.
    Auto,
    /// pytest, because the command carries options that only it understands.
    Pytest,
    /// Plain calls of `unittest` cases.
    Plain,
    /// The command itself, of which only the exit status is known.
    Command,
}

impl Kind {
    /// The runner's word for it.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Pytest => "pytest",
            Self::Plain => "plain",
            Self::Command => "command",
        }
    }
}

impl TestPlan {
    /// The plan for `command`, or for the tests that the project holds when none is given.
    pub fn make(project: &Project, command: Option<&str>) -> Result<Self, Error> {
        let found: Vec<PathBuf> = project
            .with_extension("py")
            .filter(|path| is_test_file(path))
            .cloned()
            .collect();
        let Some(command) = command else {
            return Self::detected(found);
        };
        let words = shlex::split(command)
            .filter(|words| !words.is_empty())
            .ok_or_else(|| unknown_command(command))?;
        // What a shell would take apart is not one command of ours.
        if command.contains(['|', ';', '&', '<', '>', '$', '`', '*', '\n']) {
            return Ok(Self::whole(project, command, &words));
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let program = Path::new(words[0])
            .file_name()
            .map_or("", |name| name.to_str().unwrap_or(""));
        let rest = match (program, &words[1..]) {
            ("pytest" | "py.test", rest) => rest,
            (python, ["-m", "pytest", rest @ ..]) if python.starts_with("python") => rest,
            (python, ["-m", "unittest", rest @ ..]) if python.starts_with("python") => {
                return Self::unittest(command, rest, found);
            }
            _ => {
                let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                return Ok(Self::whole(project, command, &words));
            }
        };
        let targets = targets(project, rest, &found);
        let has_options = rest.iter().any(|word| {
            word.contains("::")
                || (word.starts_with('-')
                    && !matches!(*word, "-q" | "-v" | "-vv" | "-x" | "-s" | "-ra"))
        });
        Self {
            command: command.to_owned(),
            kind: if has_options {
                Kind::Pytest
            } else {
                Kind::Auto
            },
            files: targets,
            arguments: rest
                .iter()
                .filter(|word| !matches!(**word, "-x" | "--exitfirst"))
                .map(|word| (*word).to_owned())
                .collect(),
        }
        .checked()
    }

    /// A command that is run as it is. The files that it names are taken for its tests.
    fn whole(project: &Project, command: &str, words: &[String]) -> Self {
        let named = |file: &&PathBuf| words.iter().any(|word| Path::new(word) == file.as_path());
        Self {
            command: command.to_owned(),
            kind: Kind::Command,
            files: project
                .with_extension("py")
                .filter(named)
                .cloned()
                .collect(),
            arguments: Vec::new(),
        }
    }

    fn detected(files: Vec<PathBuf>) -> Result<Self, Error> {
        Self {
            command: "python3 -m pytest".to_owned(),
            kind: Kind::Auto,
            arguments: files
                .iter()
                .map(|path| path.to_string_lossy().into_owned())
                .collect(),
            files,
        }
        .checked()
    }

    fn unittest(command: &str, rest: &[&str], found: Vec<PathBuf>) -> Result<Self, Error> {
        let named: Vec<PathBuf> = rest
            .iter()
            .filter(|word| !word.starts_with('-') && **word != "discover")
            .flat_map(|word| {
                let path = PathBuf::from(word.replace('.', "/")).with_extension("py");
                let literal = PathBuf::from(word);
                found
                    .iter()
                    .filter(move |file| {
                        **file == path || **file == literal || file.starts_with(&literal)
                    })
                    .cloned()
            })
            .collect();
        Self {
            command: command.to_owned(),
            kind: Kind::Plain,
            files: if named.is_empty() { found } else { named },
            arguments: Vec::new(),
        }
        .checked()
    }

    fn checked(self) -> Result<Self, Error> {
        if self.files.is_empty() {
            return Err(Error::unsuitable(
                "no_tests",
                "no tests were found",
                "tests are looked for in files called `test_*.py` or `*_test.py`; `--test \"python3 -m pytest FILE\"` names others",
            ));
        }
        Ok(self)
    }
}

/// Whether pytest or unittest would look for tests in a file of this name.
pub(crate) fn is_test_file(path: &Path) -> bool {
    let name = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or("");
    name.starts_with("test_") || name.ends_with("_test") || matches!(name, "test" | "tests")
}

/// Whether a file is part of the tests rather than of the program.
pub fn is_test_support(path: &Path) -> bool {
    is_test_file(path)
        || path.file_name().is_some_and(|name| name == "conftest.py")
        || path
            .parent()
            .is_some_and(|folder| folder.iter().any(|part| part == "tests" || part == "test"))
}

/// The test files that pytest arguments name; all of them when they name none.
fn targets(project: &Project, arguments: &[&str], found: &[PathBuf]) -> Vec<PathBuf> {
    let named: Vec<&Path> = arguments
        .iter()
        .filter(|word| !word.starts_with('-'))
        .map(|word| Path::new(word.split("::").next().unwrap_or(word)))
        .map(|path| path.strip_prefix(&project.root).unwrap_or(path))
        .map(|path| path.strip_prefix(".").unwrap_or(path))
        .filter(|path| project.root.join(path).exists())
        .collect();
    if named.is_empty() {
        return found.to_vec();
    }
    let mut files: Vec<PathBuf> = project
        .with_extension("py")
        .filter(|file| {
            named.contains(&file.as_path())
                || (is_test_file(file) && named.iter().any(|name| file.starts_with(name)))
        })
        .cloned()
        .collect();
    files.dedup();
    files
}

fn unknown_command(command: &str) -> Error {
    Error::unsuitable(
        "unknown_test_command",
        format!("`{command}` is not a command"),
        "give a `pytest …` or `python3 -m unittest …` command, or any other that exits with 0 when the tests pass",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[&str]) -> Project {
        let root = tempfile::tempdir().unwrap().keep();
        for file in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        Project::open(&root).unwrap()
    }

    fn shown(plan: &TestPlan) -> Vec<&str> {
        plan.files
            .iter()
            .map(|file| file.to_str().unwrap())
            .collect()
    }

    #[test]
    fn finds_tests_by_their_names() {
        let project = project(&["a.py", "test_a.py", "tests/b_test.py", "tests/helper.py"]);
        let plan = TestPlan::make(&project, None).unwrap();
        assert_eq!(shown(&plan), ["test_a.py", "tests/b_test.py"]);
        assert_eq!(plan.kind, Kind::Auto);
    }

    #[test]
    fn takes_test_commands_apart() {
        let project = project(&["test_a.py", "tests/test_b.py", "checks.py"]);
        let plan = |command| TestPlan::make(&project, Some(command)).unwrap();
        assert_eq!(shown(&plan("pytest tests")), ["tests/test_b.py"]);
        assert_eq!(
            shown(&plan("python3 -m pytest -q checks.py")),
            ["checks.py"]
        );
        assert_eq!(plan("pytest -k x").kind, Kind::Pytest);
        assert_eq!(plan("pytest -q").kind, Kind::Auto);
        let unittest = plan("python3.12 -m unittest tests.test_b -v");
        assert_eq!(
            (shown(&unittest), unittest.kind),
            (vec!["tests/test_b.py"], Kind::Plain)
        );
        assert_eq!(plan("python -m unittest discover").files.len(), 2);
        for command in ["make check", "pytest -q | tail -1", "python3 checks.py"] {
            assert_eq!(plan(command).kind, Kind::Command, "{command}");
        }
        assert_eq!(shown(&plan("python3 checks.py")), ["checks.py"]);
    }

    #[test]
    fn says_when_there_is_no_test_or_no_command() {
        let empty = project(&["a.py"]);
        let error = TestPlan::make(&empty, None).unwrap_err().to_string();
        assert!(error.contains("no tests were found"), "{error}");
        for broken in ["", "python3 'a.py"] {
            assert!(TestPlan::make(&empty, Some(broken)).is_err());
        }
    }
}
