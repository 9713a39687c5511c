//! Writing a patch into the user's tree, and taking it back.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::Error;
use crate::fix::{Patch, PatchedFile};

/// Patches that can be taken back, for each project; older ones are forgotten.
const UNDO_MAX: usize = 50;

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
            &file.before,
            "changed_meanwhile",
            "the file was changed during the search: run `freehold fix` again",
        )?;
    }
    let undo = remember(&root, &patch.files, data)?;
    write_all(&root, patch.files.iter().map(|file| (file, &file.after)))
        .inspect_err(|_| {
            // Whatever was written is taken back as far as the disk allows.
            let _ = write_all(&root, patch.files.iter().map(|file| (file, &file.before)));
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
    let folder = folder(&root, data);
    let Some(newest) = kept(&folder).pop() else {
        return Err(Error::unsuitable(
            "nothing_to_undo",
            format!("no patch was applied to `{}`", root.display()),
            "`freehold fix --apply` applies one; name the folder that it was given",
        ));
    };
    let files = read(&newest)?;
    for file in &files {
        expect_text(
            &root,
            &file.path,
            &file.after,
            "changed_since",
            "take back the later change by hand first, or edit the file yourself",
        )?;
    }
    write_all(&root, files.iter().map(|file| (file, &file.before)))?;
    std::fs::remove_file(&newest).map_err(|source| Error::io("remove", &newest, source))?;
    Ok(files.into_iter().map(|file| file.path).collect())
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
                before: text(&value["before"])?,
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
    expected: &str,
    code: &'static str,
    hint: &str,
) -> Result<(), Error> {
    // What is longer, or has become a link or a pipe, is not what was repaired.
    let found = sandbox::files::read_beneath(root, file, expected.len() as u64);
    if found.is_ok_and(|found| found == expected.as_bytes()) {
        return Ok(());
    }
    let reason = format!("`{}` holds other text than expected", file.display());
    Err(Error::unsuitable(code, reason, hint))
}

fn write_all<'a>(
    root: &Path,
    files: impl Iterator<Item = (&'a PatchedFile, &'a String)>,
) -> Result<(), Error> {
    for (file, text) in files {
        sandbox::files::write_beneath(root, &file.path, text.as_bytes())?;
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
                before: before.into(),
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
}
