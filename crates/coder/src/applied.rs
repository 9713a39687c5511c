//! Patches that were applied to projects: kept, listed, and taken back.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::apply::{canonical, holds, write};
use crate::diff;
use crate::fix::{Patch, PatchedFile};
use crate::without::without;
use programs::Error;

/// Patches that can be taken back, for each project; older ones are forgotten.
const UNDO_MAX: usize = 50;

/// Files that have become larger than this are not changed any more.
const BYTES_MAX: u64 = 16 << 20;

/// A patch that was applied to a project, and not taken back.
#[derive(Clone, Debug)]
pub struct Applied {
    /// By which it is taken back.
    pub id: String,
    /// When it was applied.
    pub at: SystemTime,
    /// The change as a unified diff.
    pub diff: String,
    /// Its files, relative to the project.
    pub files: Vec<PathBuf>,
    /// Names of the edit operators that made it; none for tests.
    pub operators: Vec<String>,
    /// Whether it can be taken back: what it changed was not changed since.
    pub is_free: bool,
}

/// What was applied to the project at `root` and not taken back, the newest first.
///
/// # Errors
/// Where there is no such project.
pub fn applied(root: &Path, data: &Path) -> Result<Vec<Applied>, Error> {
    let root = canonical(root)?;
    let mut all = Vec::new();
    for path in kept(&folder(&root, data)).iter().rev() {
        // One that cannot be read is none.
        let Ok(record) = read(path) else { continue };
        let back = back(&root, &record.files);
        // Somebody took it back by other means.
        if back.as_ref().is_ok_and(Vec::is_empty) {
            continue;
        }
        let at = path.metadata().and_then(|metadata| metadata.modified());
        let id = path.file_stem().unwrap_or_default();
        all.push(Applied {
            id: id.to_string_lossy().into_owned(),
            at: at.unwrap_or(SystemTime::UNIX_EPOCH),
            diff: diff::of(&record.files),
            is_free: back.is_ok(),
            files: record.files.into_iter().map(|file| file.path).collect(),
            operators: record.operators,
        });
    }
    Ok(all)
}

/// Takes back the newest patch that was applied to the project at `root`; the paths of its files.
///
/// # Errors
/// Nothing is written where what the patch changed was changed since.
pub fn undo(root: &Path, data: &Path) -> Result<Vec<PathBuf>, Error> {
    let root = canonical(root)?;
    let Some(newest) = kept(&folder(&root, data)).pop() else {
        let reason = format!("no patch was applied to `{}`", root.display());
        return Err(nothing_to_undo(reason));
    };
    restore(&root, &read(&newest)?.files, &newest)
}

/// Takes back one patch that was applied to the project at `root`, whatever was applied after it elsewhere; the paths
/// of its files.
///
/// # Errors
/// Nothing is written unless the patch was applied, and where what it changed was changed since.
pub fn take_back(root: &Path, patch: &Patch, data: &Path) -> Result<Vec<PathBuf>, Error> {
    let root = canonical(root)?;
    match record_of(&root, &patch.files, data) {
        Some(record) => restore(&root, &patch.files, &record),
        None => Err(not_applied(&root)),
    }
}

/// Takes back the patch that [`applied`] lists as `id`; the paths of its files.
///
/// # Errors
/// As [`take_back`].
pub fn take_back_listed(root: &Path, id: &str, data: &Path) -> Result<Vec<PathBuf>, Error> {
    let root = canonical(root)?;
    let all = kept(&folder(&root, data));
    let named = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == id);
    match all.iter().find(named) {
        Some(record) => restore(&root, &read(record)?.files, record),
        None => Err(not_applied(&root)),
    }
}

/// Whether a patch was applied and not taken back.
pub(crate) fn is_kept(root: &Path, files: &[PatchedFile], data: &Path) -> bool {
    record_of(root, files, data).is_some()
}

fn record_of(root: &Path, files: &[PatchedFile], data: &Path) -> Option<PathBuf> {
    let mut all = kept(&folder(root, data)).into_iter().rev();
    // One that cannot be read is not this one.
    all.find(|path| read(path).is_ok_and(|record| record.files == files))
}

fn not_applied(root: &Path) -> Error {
    nothing_to_undo(format!(
        "this patch was not applied to `{}`",
        root.display()
    ))
}

fn nothing_to_undo(reason: String) -> Error {
    let hint = "`freehold fix --apply` applies one; name the folder that it was given";
    Error::unsuitable("nothing_to_undo", reason, hint)
}

/// Puts back what was before, and forgets the record.
fn restore(root: &Path, files: &[PatchedFile], record: &Path) -> Result<Vec<PathBuf>, Error> {
    for (file, text) in back(root, files)? {
        write(root, file, text.as_deref())?;
    }
    std::fs::remove_file(record).map_err(|source| Error::io("remove", record, source))?;
    Ok(files.iter().map(|file| file.path.clone()).collect())
}

/// What the files of a patch that are to change will hold, once it is taken back.
fn back<'f>(
    root: &Path,
    files: &'f [PatchedFile],
) -> Result<Vec<(&'f PatchedFile, Option<String>)>, Error> {
    let mut back = Vec::new();
    for file in files {
        if holds(root, &file.path, file.before.as_deref()) {
            continue;
        }
        let text = match &file.before {
            None if holds(root, &file.path, Some(&file.after)) => None,
            None => return Err(changed_since(file)),
            Some(before) => {
                let now = sandbox::files::read_beneath(root, &file.path, BYTES_MAX);
                let now = now.ok().and_then(|now| String::from_utf8(now).ok());
                let text = now.and_then(|now| without(before, &file.after, &now));
                Some(text.ok_or_else(|| changed_since(file))?)
            }
        };
        back.push((file, text));
    }
    Ok(back)
}

fn changed_since(file: &PatchedFile) -> Error {
    let reason = format!(
        "`{}` was changed since, where this patch changed it",
        file.path.display()
    );
    let hint = "take back the later change first, or edit the file yourself";
    Error::unsuitable("changed_since", reason, hint)
}

/// The project's own folder for undo files.
fn folder(root: &Path, data: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    data.join("undo").join(format!("{:016x}", hasher.finish()))
}

/// Undo files, oldest first.
fn kept(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

/// Keeps what takes a patch back; where.
pub(crate) fn remember(root: &Path, patch: &Patch, data: &Path) -> Result<PathBuf, Error> {
    let folder = folder(root, data);
    std::fs::create_dir_all(&folder).map_err(|source| Error::io("create", &folder, source))?;
    // One that was taken back by other means is the same.
    if let Some(same) = record_of(root, &patch.files, data) {
        std::fs::remove_file(&same).map_err(|source| Error::io("remove", &same, source))?;
    }
    let known = kept(&folder);
    let too_many = (known.len() + 1).saturating_sub(UNDO_MAX);
    for old in known.iter().take(too_many) {
        std::fs::remove_file(old).map_err(|source| Error::io("remove", old, source))?;
    }
    let last = known
        .last()
        .and_then(|path| path.file_stem()?.to_str()?.parse::<u64>().ok())
        .unwrap_or(0);
    let name = PathBuf::from(format!("{:08}.json", last + 1));
    let files = patch.files.iter();
    let texts: Vec<Value> = files
        .map(|file| json!({"path": file.path, "before": file.before, "after": file.after}))
        .collect();
    let body = json!({"root": root, "operators": patch.operators, "files": texts}).to_string();
    sandbox::files::write_beneath(&folder, &name, body.as_bytes())?;
    Ok(folder.join(name))
}

/// What is kept of a patch.
struct Record {
    operators: Vec<String>,
    files: Vec<PatchedFile>,
}

fn read(path: &Path) -> Result<Record, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
    let parse = || -> Option<Record> {
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let file = |value: &Value| {
            Some(PatchedFile {
                path: PathBuf::from(text(&value["path"])?),
                before: text(&value["before"]),
                after: text(&value["after"])?,
            })
        };
        let operators = value["operators"].as_array().into_iter().flatten();
        Some(Record {
            operators: operators.filter_map(text).collect(),
            files: value["files"]
                .as_array()?
                .iter()
                .map(file)
                .collect::<Option<_>>()?,
        })
    };
    parse().ok_or_else(|| {
        Error::unsuitable(
            "undo_unreadable",
            format!("`{}` cannot be read", path.display()),
            "remove it to go on without it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Standing, apply, standing};

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
        let standing = || standing(root.path(), &patch, data.path()).unwrap();
        assert_eq!(standing(), Standing::Fits);
        apply(root.path(), &patch, data.path()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "assert True\n");
        assert_eq!(standing(), Standing::Applied);
        assert!(apply(root.path(), &patch, data.path()).is_err());
        std::fs::write(&path, "mine").unwrap();
        assert!(undo(root.path(), data.path()).is_err());
        assert!(!applied(root.path(), data.path()).unwrap()[0].is_free);
        std::fs::write(&path, "assert True\n").unwrap();
        assert_eq!(
            undo(root.path(), data.path()).unwrap(),
            [PathBuf::from("tests/test_m.py")]
        );
        assert!(!path.exists());
        assert_eq!(standing(), Standing::Fits);
        std::fs::write(&path, "mine").unwrap();
        assert_eq!(standing(), Standing::Changed);
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

    #[test]
    fn every_applied_patch_is_listed_and_taken_back_for_itself() {
        let file = |first: &str, last: &str| format!("{first}\n\n\n\n{last}\n");
        let (root, data) = tree(&file("a", "b"));
        let first = patch(&file("a", "b"), &file("A", "b"));
        let second = patch(&file("A", "b"), &file("A", "B"));
        apply(root.path(), &first, data.path()).unwrap();
        apply(root.path(), &second, data.path()).unwrap();
        let listed = || applied(root.path(), data.path()).unwrap();
        let ids: Vec<String> = listed().into_iter().map(|one| one.id).collect();
        assert_eq!(ids, ["00000002", "00000001"]);
        assert!(listed()[1].diff.contains("-a\n+A\n"));
        assert_eq!(
            standing(root.path(), &first, data.path()).unwrap(),
            Standing::Applied
        );
        // The later one lies elsewhere in the file, and stays.
        take_back_listed(root.path(), "00000001", data.path()).unwrap();
        assert_eq!(text(&root), file("a", "B"));
        assert_eq!(listed().len(), 1);
        assert!(take_back_listed(root.path(), "00000001", data.path()).is_err());
        take_back_listed(root.path(), "00000002", data.path()).unwrap();
        assert_eq!(text(&root), file("a", "b"));
        assert!(listed().is_empty());
    }

    #[test]
    fn what_a_later_change_lies_upon_is_not_taken_back_and_said_so() {
        let (root, data) = tree("one");
        apply(root.path(), &patch("one", "two"), data.path()).unwrap();
        apply(root.path(), &patch("two", "three"), data.path()).unwrap();
        let error = take_back_listed(root.path(), "00000001", data.path()).unwrap_err();
        let error = error.to_string();
        assert!(
            error.starts_with("`m.py` was changed since, where this patch changed it"),
            "{error}"
        );
        assert_eq!(text(&root), "three");
        let free: Vec<bool> = applied(root.path(), data.path())
            .unwrap()
            .iter()
            .map(|one| one.is_free)
            .collect();
        assert_eq!(free, [true, false]);
        // What somebody put back by other means is no patch any more.
        std::fs::write(root.path().join("m.py"), "one").unwrap();
        assert_eq!(applied(root.path(), data.path()).unwrap().len(), 1);
    }
}
