//! What of a project tests can be written for, where they go, and what they change.

use std::path::{Path, PathBuf};

use super::Report;
use crate::diff;
use crate::fix::{Patch, PatchedFile};
use programs::python::is_test_support;
use programs::{Error, Project};

/// Files that are offered at most.
const OFFERED_MAX: usize = 500;

/// Names that are tried for a new file of tests.
const NAMES_MAX: usize = 100;

/// A file that tests can be written for. Paths are relative to the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The file.
    pub file: PathBuf,
    /// Where its tests go: a new file, or the end of the file itself.
    pub out: PathBuf,
}

/// The files of the project at `root` that tests can be written for, in order.
///
/// # Errors
/// Where the project cannot be read.
pub fn offered(root: &Path) -> Result<Vec<Offered>, Error> {
    let project = Project::open(root)?;
    let files = project.files.iter().filter(|file| !is_test_support(file));
    let offered = files.filter_map(|file| {
        let out = out_of(&project, file)?;
        let file = file.clone();
        Some(Offered { file, out })
    });
    Ok(offered.take(OFFERED_MAX).collect())
}

/// Where the tests of a file go.
fn out_of(project: &Project, file: &Path) -> Option<PathBuf> {
    match file.extension()?.to_str()? {
        // Those of Rust go where they reach what is private: into the file.
        "rs" if file.file_name()? != "build.rs" => Some(file.to_owned()),
        "py" if !is_script(file) => {
            let stem = file.file_stem()?.to_str()?;
            let tests = Path::new("tests");
            let has_tests = project.files.iter().any(|other| other.starts_with(tests));
            let folder = match has_tests {
                true => tests,
                false => file.parent()?,
            };
            let mut names = (1..=NAMES_MAX).map(|number| match number {
                1 => folder.join(format!("test_{stem}.py")),
                _ => folder.join(format!("test_{stem}_{number}.py")),
            });
            names.find(|name| !project.root.join(name).exists())
        }
        _ => None,
    }
}

/// Whether a Python file has nothing that a test would call.
fn is_script(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default();
    name == "setup.py" || name == "__main__.py" || name == "noxfile.py"
}

/// The tests of a report as a change of the project at `root`, which is written to `out`.
///
/// # Errors
/// Where what is there cannot be read.
pub fn as_patch(root: &Path, out: &Path, report: &Report) -> Result<Patch, Error> {
    let project = Project::open(root)?;
    let is_there = project.files.iter().any(|file| file == out);
    let before = is_there.then(|| project.read(out)).transpose()?;
    let files = vec![PatchedFile {
        path: out.to_owned(),
        before,
        after: report.text.clone(),
    }];
    Ok(Patch {
        diff: diff::of(&files),
        files,
        operators: Vec::new(),
        // They were seen to pass.
        confidence: 1.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_offered_with_a_free_place_for_their_tests() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        for name in ["setup.py", "till.py", "test_till.py", "src/lib.rs", "a.txt"] {
            put(name);
        }
        let names = |root: &Path| -> Vec<(String, String)> {
            let offered = offered(root).unwrap().into_iter();
            let shown = |path: PathBuf| path.display().to_string();
            offered
                .map(|one| (shown(one.file), shown(one.out)))
                .collect()
        };
        let both = |file: &str, out: &str| (file.to_owned(), out.to_owned());
        assert_eq!(
            names(folder.path()),
            [
                both("src/lib.rs", "src/lib.rs"),
                both("till.py", "test_till_2.py")
            ]
        );
        put("tests/other.txt");
        assert_eq!(
            names(folder.path())[1],
            both("till.py", "tests/test_till.py")
        );
    }
}
