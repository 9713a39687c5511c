//! The programs of the collection, and each as a project on disk.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::bench::repair::{Bug, Transcript};

/// How long the visible tests may take; those of the slowest reference need 3 s.
const TESTS_LIMIT: Duration = Duration::from_secs(60);

/// One line of the collection.
#[derive(Debug, Clone, Deserialize)]
pub struct Program {
    /// Of the module and of the function that its tests call.
    pub name: String,
    /// The text with one defect.
    pub buggy_program: String,
    /// What the program is for, with its preconditions; a triple-quoted string.
    pub docstring: String,
    /// The text without the defect.
    pub solution: String,
    /// Top-level asserts, or functions `test1`, `test2`, … followed by their calls.
    pub tests: String,
}

/// The collection in `dir`, or in its usual place beside the repository; `None` when it is absent.
pub fn load(dir: Option<&Path>) -> Result<Option<Vec<Program>>> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/quixbugs");
    let path = dir.unwrap_or(&usual).join("quixbugs_python.jsonl");
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path)?;
    let programs = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>();
    programs
        .map(Some)
        .with_context(|| format!("`{}` does not parse", path.display()))
}

impl Program {
    /// `gcd.py`.
    pub fn module_file(&self) -> PathBuf {
        format!("{}.py", self.name).into()
    }

    /// The tests as functions that any runner finds: one for each top-level assert; functions and
    /// their helpers as they are, without the calls that ran them as a script.
    pub fn test_module(&self) -> String {
        let mut module = format!("from {0} import {0}\n", self.name);
        let mut asserts = 0;
        for line in self.tests.trim().lines() {
            if line.starts_with("assert ") {
                asserts += 1;
                module.push_str(&format!("\n\ndef test_{asserts}():\n    {line}\n"));
            } else if !is_test_call(line) {
                if module.lines().count() == 1 {
                    module.push_str("\n\n");
                }
                module.push_str(line);
                module.push('\n');
            }
        }
        format!("{}\n", module.trim_end())
    }
}

impl Bug for Program {
    fn name(&self) -> &str {
        &self.name
    }

    fn edits(&self) -> usize {
        1
    }

    /// The buggy module, its docstring at the end as in the originals, and its tests.
    fn write_to(&self, dir: &Path) -> Result<()> {
        let module = format!(
            "{}\n\n\n{}\n",
            self.buggy_program.trim_end(),
            self.docstring.trim()
        );
        std::fs::write(dir.join(self.module_file()), module)?;
        std::fs::write(
            dir.join(format!("test_{}.py", self.name)),
            self.test_module(),
        )?;
        Ok(())
    }

    fn passes_tests(&self, dir: &Path) -> Result<bool> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/quixbugs/run_tests.py");
        let said = Transcript::of(&script, dir, &[dir], TESTS_LIMIT);
        Ok(said.is_ok_and(|said| said.0.ends_with("passed\n")))
    }
}

/// Whether the line is `test1()` and the like.
fn is_test_call(line: &str) -> bool {
    let number = line
        .trim_end()
        .strip_prefix("test")
        .and_then(|rest| rest.strip_suffix("()"));
    number.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(tests: &str) -> Program {
        Program {
            name: "gcd".into(),
            buggy_program: "def gcd(a, b):\n    return a\n".into(),
            docstring: "\"\"\"\nGreatest.\n\"\"\"".into(),
            solution: String::new(),
            tests: tests.into(),
        }
    }

    #[test]
    fn each_assert_becomes_a_test() {
        let text = program("assert gcd(*[3, 12]) == 3\nassert gcd(*[1, 0]) == 1\n").test_module();
        let expected = "from gcd import gcd\n\n\ndef test_1():\n    assert gcd(*[3, 12]) == 3\n\n\n\
                        def test_2():\n    assert gcd(*[1, 0]) == 1\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn test_functions_stay_and_their_calls_go() {
        let tests = "class Node:\n    pass\n\nnode1 = Node()\n\ndef test1():\n    assert node1\n\ntest1()\ntest2()\n";
        let expected = "from gcd import gcd\n\n\nclass Node:\n    pass\n\nnode1 = Node()\n\ndef test1():\n    assert node1\n";
        assert_eq!(program(tests).test_module(), expected);
    }

    #[test]
    fn the_docstring_ends_the_module() {
        let dir = tempfile::tempdir().unwrap();
        program("assert gcd(1, 1)").write_to(dir.path()).unwrap();
        let module = std::fs::read_to_string(dir.path().join("gcd.py")).unwrap();
        assert_eq!(
            module,
            "def gcd(a, b):\n    return a\n\n\n\"\"\"\nGreatest.\n\"\"\"\n"
        );
        assert!(dir.path().join("test_gcd.py").exists());
    }
}
