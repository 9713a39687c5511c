//! Writing a patch into the user's tree, and taking it back.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::fix::{Patch, PatchedFile};
use programs::Error;

/// Patches that can be taken back, for each project; older ones are forgotten.
const UNDO_MAX: usize = 50;

/// How a project stands to a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Every file is as the patch was made for.
    Fits,
    /// Every file is as the patch leaves it.
    Applied,
    /// Something else was changed.
    Changed,
}

/// How the project at `root` stands to a patch.
///
/// # Errors
/// Where there is no such project.
pub fn standing(root: &Path, patch: &Patch) -> Result<Standing, Error> {
    let root = canonical(root)?;
    let all = |wanted: fn(&PatchedFile) -> Option<&str>| {
        let files = &mut patch.files.iter();
        files.all(|file| holds(&root, &file.path, wanted(file)))
    };
    Ok(if all(|file| Some(&file.after)) {
        Standing::Applied
    } else if all(|file| file.before.as_deref()) {
        Standing::Fits
    } else {
        Standing::Changed
    })
}

/// Writes a patch into the project at `root` and keeps below `data` what takes it back.
///
/// # Errors
/// Nothing is written unless every file still holds the text that was repaired.
pub fn apply(root: &Path, patch: &Patch, data: &Path) -> Result<PathBuf, Error> {
    let root = canonical(root)?;
    for file in &patch.files {
        expect_text(
            &root,
            &file.path,
            file.before.as_deref(),
            "changed_meanwhile",
            "the file was changed during the search: run `freehold fix` again",
        )?;
    }
    let undo = remember(&root, &patch.files, data)?;
    let before = |file: &PatchedFile| write(&root, file, file.before.as_deref());
    let written = patch.files.iter().try_for_each(|file| {
        let folder = file.path.parent().unwrap_or(Path::new(""));
        sandbox::files::create_dir_beneath(&root, folder)?;
        write(&root, file, Some(&file.after))
    });
    written
        .inspect_err(|_| {
            // Whatever was written is taken back as far as the disk allows.
            let _ = patch.files.iter().try_for_each(before);
            let _ = std::fs::remove_file(&undo);
        })
        .map(|()| undo)
}

/// Takes back the newest patch that was applied to the project at `root`; the paths of its files.
///
/// # Errors
/// Nothing is written unless every file is as the patch left it.
pub fn undo(root: &Path, data: &Path) -> Result<Vec<PathBuf>, Error> {
    let root = canonical(root)?;
    let Some(newest) = kept(&folder(&root, data)).pop() else {
        return Err(nothing_to_undo(format!(
            "no patch was applied to `{}`",
            root.display()
        )));
    };
    let files = read(&newest)?;
    restore(&root, &files, &newest)
}

/// Takes back one patch that was applied to the project at `root`, whatever was applied after it; the paths of its
/// files.
///
/// # Errors
/// Nothing is written unless the patch was applied and every file of it is as it left it.
pub fn take_back(root: &Path, patch: &Patch, data: &Path) -> Result<Vec<PathBuf>, Error> {
    let root = canonical(root)?;
    for record in kept(&folder(&root, data)).iter().rev() {
        // One that cannot be read is not this one.
        if read(record).is_ok_and(|files| files == patch.files) {
            return restore(&root, &patch.files, record);
        }
    }
    let reason = format!("this patch was not applied to `{}`", root.display());
    Err(nothing_to_undo(reason))
}

fn nothing_to_undo(reason: String) -> Error {
    let hint = "`freehold fix --apply` applies one; name the folder that it was given";
    Error::unsuitable("nothing_to_undo", reason, hint)
}

/// Puts back what was before, and forgets the record.
fn restore(root: &Path, files: &[PatchedFile], record: &Path) -> Result<Vec<PathBuf>, Error> {
    for file in files {
        expect_text(
            root,
            &file.path,
            Some(&file.after),
            "changed_since",
            "take back the later change by hand first, or edit the file yourself",
        )?;
    }
    for file in files {
        write(root, file, file.before.as_deref())?;
    }
    std::fs::remove_file(record).map_err(|source| Error::io("remove", record, source))?;
    Ok(files.iter().map(|file| file.path.clone()).collect())
}

fn canonical(root: &Path) -> Result<PathBuf, Error> {
    root.canonicalize()
        .map_err(|source| Error::io("open", root, source))
}

/// The project's own folder for undo files.
fn folder(root: &Path, data: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    data.join("undo").join(format!("{:016x}", hasher.finish()))
}

/// Undo files, oldest first.
fn kept(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

fn remember(root: &Path, files: &[PatchedFile], data: &Path) -> Result<PathBuf, Error> {
    let folder = folder(root, data);
    std::fs::create_dir_all(&folder).map_err(|source| Error::io("create", &folder, source))?;
    let known = kept(&folder);
    for old in known
        .iter()
        .take((known.len() + 1).saturating_sub(UNDO_MAX))
    {
        std::fs::remove_file(old).map_err(|source| Error::io("remove", old, source))?;
    }
    let last = known
        .last()
        .and_then(|path| path.file_stem()?.to_str()?.parse::<u64>().ok())
        .unwrap_or(0);
    let name = PathBuf::from(format!("{:08}.json", last + 1));
    let texts: Vec<Value> = files
        .iter()
        .map(|file| json!({"path": file.path, "before": file.before, "after": file.after}))
        .collect();
    let body = json!({"root": root, "files": texts}).to_string();
    sandbox::files::write_beneath(&folder, &name, body.as_bytes())?;
    Ok(folder.join(name))
}

fn read(path: &Path) -> Result<Vec<PatchedFile>, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
    let parse = || -> Option<Vec<PatchedFile>> {
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let file = |value: &Value| {
            Some(PatchedFile {
                path: PathBuf::from(text(&value["path"])?),
                before: text(&value["before"]),
                after: text(&value["after"])?,
            })
        };
        value["files"].as_array()?.iter().map(file).collect()
    };
    parse().ok_or_else(|| {
        Error::unsuitable(
            "undo_unreadable",
            format!("`{}` cannot be read", path.display()),
            "remove it to go on without it",
        )
    })
}

fn expect_text(
    root: &Path,
    file: &Path,
    expected: Option<&str>,
    code: &'static str,
    hint: &str,
) -> Result<(), Error> {
    if holds(root, file, expected) {
        return Ok(());
    }
    let reason = format!("`{}` holds other text than expected", file.display());
    Err(Error::unsuitable(code, reason, hint))
}

/// Whether a file holds a text, or is not there where none is expected.
fn holds(root: &Path, file: &Path, expected: Option<&str>) -> bool {
    // What is longer, or has become a link or a pipe, is not what was repaired.
    let limit = expected.map_or(0, str::len) as u64;
    match (sandbox::files::read_beneath(root, file, limit), expected) {
        (Ok(found), Some(expected)) => found == expected.as_bytes(),
        (Err(sandbox::Error::Path { cause, .. }), None) => {
            cause.kind() == std::io::ErrorKind::NotFound
        }
        _ => false,
    }
}

/// Writes a file, or removes it where there was none.
fn write(root: &Path, file: &PatchedFile, text: Option<&str>) -> Result<(), Error> {
    match text {
        Some(text) => sandbox::files::write_beneath(root, &file.path, text.as_bytes())?,
        None => sandbox::files::remove_beneath(root, &file.path)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(before: &str, after: &str) -> Patch {
        Patch {
            diff: String::new(),
            files: vec![PatchedFile {
                path: "m.py".into(),
                before: Some(before.into()),
                after: after.into(),
            }],
            operators: Vec::new(),
            confidence: 0.5,
        }
    }

    fn tree(text: &str) -> (tempfile::TempDir, tempfile::TempDir) {
        let (root, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(root.path().join("m.py"), text).unwrap();
        (root, data)
    }

    fn text(root: &tempfile::TempDir) -> String {
        std::fs::read_to_string(root.path().join("m.py")).unwrap()
    }

    #[test]
    fn patches_are_taken_back_newest_first() {
        let (root, data) = tree("one");
        apply(root.path(), &patch("one", "two"), data.path()).unwrap();
        apply(root.path(), &patch("two", "three"), data.path()).unwrap();
        assert_eq!(text(&root), "three");
        assert_eq!(
            undo(root.path(), data.path()).unwrap(),
            [PathBuf::from("m.py")]
        );
        assert_eq!(text(&root), "two");
        undo(root.path(), data.path()).unwrap();
        assert_eq!(text(&root), "one");
        let error = undo(root.path(), data.path()).unwrap_err();
        assert!(error.to_string().starts_with("no patch was applied"));
    }

    #[test]
    fn a_file_that_was_changed_is_left_alone() {
        let (root, data) = tree("mine");
        assert!(apply(root.path(), &patch("one", "two"), data.path()).is_err());
        assert_eq!(text(&root), "mine");
        apply(root.path(), &patch("mine", "two"), data.path()).unwrap();
        std::fs::write(root.path().join("m.py"), "later").unwrap();
        assert!(undo(root.path(), data.path()).is_err());
        assert_eq!(text(&root), "later");
    }

    #[test]
    fn a_new_file_comes_with_its_folder_and_goes_again() {
        let (root, data) = tree("mine");
        let mut patch = patch("", "assert True\n");
        patch.files[0].path = "tests/test_m.py".into();
        patch.files[0].before = None;
        let path = root.path().join("tests/test_m.py");
        let standing = || standing(root.path(), &patch).unwrap();
        assert_eq!(standing(), Standing::Fits);
        apply(root.path(), &patch, data.path()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "assert True\n");
        assert_eq!(standing(), Standing::Applied);
        assert!(apply(root.path(), &patch, data.path()).is_err());
        std::fs::write(&path, "mine").unwrap();
        assert_eq!(standing(), Standing::Changed);
        assert!(undo(root.path(), data.path()).is_err());
        std::fs::write(&path, "assert True\n").unwrap();
        assert_eq!(
            undo(root.path(), data.path()).unwrap(),
            [PathBuf::from("tests/test_m.py")]
        );
        assert!(!path.exists());
        assert_eq!(standing(), Standing::Fits);
    }

    #[test]
    fn one_patch_is_taken_back_whatever_came_after_it() {
        let (root, data) = tree("one");
        let first = patch("one", "two");
        let mut second = patch("", "new");
        second.files[0].path = "n.py".into();
        second.files[0].before = None;
        apply(root.path(), &first, data.path()).unwrap();
        apply(root.path(), &second, data.path()).unwrap();
        take_back(root.path(), &first, data.path()).unwrap();
        assert_eq!(text(&root), "one");
        assert!(root.path().join("n.py").exists());
        let error = take_back(root.path(), &first, data.path()).unwrap_err();
        assert!(error.to_string().starts_with("this patch was not applied"));
        take_back(root.path(), &second, data.path()).unwrap();
        assert!(!root.path().join("n.py").exists());
    }
}
