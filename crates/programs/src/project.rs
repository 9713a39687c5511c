//! The project under repair and its private copy.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// Folders that hold no source of the project itself.
const SKIPPED_FOLDERS: [&str; 16] = [
    ".git",
    ".hg",
    ".svn",
    ".jj",
    "__pycache__",
    "target",
    "node_modules",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".idea",
    ".vscode",
];
/// Limits of a project, so that a mistyped path does not copy a home folder.
const FILES_MAX: usize = 20_000;
const BYTES_MAX: u64 = 512 << 20;

/// What of the world outside the project a repair may rely on; gathered by the caller.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Folders to look for interpreters and compilers in, in order.
    pub path: Vec<PathBuf>,
    /// The user's home folder, where toolchains are often kept.
    pub home: Option<PathBuf>,
    /// Where private copies may be made.
    pub scratch: PathBuf,
    /// Where records and undo information are kept.
    pub data: PathBuf,
}

/// A folder of code, read once.
#[derive(Clone, Debug)]
pub struct Project {
    /// Absolute path of the folder, free of links.
    pub root: PathBuf,
    /// Every regular file that belongs to it, relative to `root`, sorted.
    pub files: Vec<PathBuf>,
}

impl Project {
    /// Reads the tree below `root`. Links are left out: what they point to is not the project's.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let root = root.canonicalize().map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::unsuitable(
                "not_a_folder",
                format!("there is no folder `{}`", root.display()),
                "name the folder that holds the program and its tests",
            ),
            _ => Error::io("open", root, source),
        })?;
        if !root.is_dir() {
            return Err(Error::unsuitable(
                "not_a_folder",
                format!("`{}` is not a folder", root.display()),
                "name the folder that holds the program and its tests",
            ));
        }
        let mut files = Vec::new();
        let mut bytes = 0;
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let shown = root.join(&folder);
            let entries =
                std::fs::read_dir(&shown).map_err(|source| Error::io("read", &shown, source))?;
            for entry in entries {
                let entry = entry.map_err(|source| Error::io("read", &shown, source))?;
                let relative = folder.join(entry.file_name());
                let kind = entry
                    .file_type()
                    .map_err(|source| Error::io("read", &relative, source))?;
                if kind.is_dir() {
                    if !is_skipped(&entry.file_name().to_string_lossy()) {
                        folders.push(relative);
                    }
                } else if kind.is_file() {
                    bytes += entry.metadata().map_or(0, |metadata| metadata.len());
                    files.push(relative);
                }
                if files.len() > FILES_MAX || bytes > BYTES_MAX {
                    return Err(too_large(&root));
                }
            }
        }
        files.sort();
        Ok(Self { root, files })
    }

    /// The files whose name ends in `.extension`.
    pub fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a PathBuf> {
        self.files
            .iter()
            .filter(move |path| path.extension().is_some_and(|found| found == extension))
    }

    /// The files that the caller named, as paths relative to the root.
    pub fn named(&self, files: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
        files
            .iter()
            .map(|file| {
                let relative = file.strip_prefix(&self.root).unwrap_or(file);
                let relative = relative.strip_prefix(".").unwrap_or(relative).to_owned();
                if self.files.contains(&relative) {
                    Ok(relative)
                } else {
                    Err(Error::unsuitable(
                        "no_such_file",
                        format!("`{}` is not a file of the project", file.display()),
                        format!("paths are relative to `{}`", self.root.display()),
                    ))
                }
            })
            .collect()
    }

    /// Copies every file to `destination`, which is made and which no box has been able to write.
    pub fn copy_to(&self, destination: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(destination)
            .map_err(|source| Error::io("create", destination, source))?;
        let mut made = PathBuf::new();
        for file in &self.files {
            let folder = file.parent().unwrap_or(Path::new(""));
            if made != folder {
                let whole = destination.join(folder);
                std::fs::create_dir_all(&whole)
                    .map_err(|source| Error::io("create", &whole, source))?;
                made = folder.to_owned();
            }
            let from = self.root.join(file);
            match std::fs::copy(&from, destination.join(file)) {
                Ok(_) => {}
                // A file that its owner may not read is not one that the tests need.
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
                Err(source) => return Err(Error::io("copy", &from, source)),
            }
        }
        Ok(())
    }

    /// Puts back what tests have changed or removed in a copy. They may have left links in it:
    /// nothing outside the copy is read or written.
    pub fn restore(&self, copy: &Path) -> Result<(), Error> {
        let mut made = Path::new("");
        for file in &self.files {
            let from = self.root.join(file);
            let bytes = match std::fs::read(&from) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => continue,
                Err(source) => return Err(Error::io("read", &from, source)),
            };
            let kept = sandbox::files::read_beneath(copy, file, bytes.len() as u64);
            if kept.is_ok_and(|kept| kept == bytes) {
                continue;
            }
            let folder = file.parent().unwrap_or(Path::new(""));
            if made != folder {
                sandbox::files::create_dir_beneath(copy, folder)?;
                made = folder;
            }
            sandbox::files::write_beneath_unsynced(copy, file, &bytes)?;
        }
        Ok(())
    }

    /// The text of a file, which must be UTF-8.
    pub fn read(&self, file: &Path) -> Result<String, Error> {
        let path = self.root.join(file);
        let bytes = std::fs::read(&path).map_err(|source| Error::io("read", &path, source))?;
        String::from_utf8(bytes).map_err(|_| {
            Error::unsuitable(
                "not_utf8",
                format!("`{}` is not UTF-8 text", file.display()),
                "convert it to UTF-8 first, or name other files with `--file`",
            )
        })
    }
}

fn is_skipped(name: &str) -> bool {
    SKIPPED_FOLDERS.contains(&name) || name.ends_with(".egg-info")
}

fn too_large(root: &Path) -> Error {
    Error::unsuitable(
        "project_too_large",
        format!(
            "`{}` holds more than {FILES_MAX} files or 512 MiB",
            root.display()
        ),
        "name the part of it that holds the failing tests and the code they test",
    )
}

/// A folder for private copies that is removed when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new empty folder below `parent`; left-overs of processes that were killed go first.
    pub fn new(parent: &Path) -> Result<Self, Error> {
        sweep(parent);
        tempfile::Builder::new()
            .prefix(&format!("freehold-{}-", std::process::id()))
            .tempdir_in(parent)
            .map(|folder| Self(folder.keep()))
            .map_err(|source| Error::io("create a private folder in", parent, source))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What could not be removed now is swept by the next run.
        let _ = sandbox::files::remove_tree(&self.0);
    }
}

/// Removes scratch folders whose process is gone.
fn sweep(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix("freehold-"))
            .and_then(|rest| rest.split('-').next())
            .and_then(|pid| pid.parse::<u32>().ok());
        if let Some(pid) = owner
            && !Path::new(&format!("/proc/{pid}")).exists()
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
        {
            // Another process may be sweeping, too.
            let _ = sandbox::files::remove_tree(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_belongs_to_the_project_and_copies_it() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "a.py",
            "src/b.py",
            ".git/config",
            "__pycache__/a.pyc",
            "x.egg-info/y",
        ] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
        let project = Project::open(folder.path()).unwrap();
        assert_eq!(
            project.files,
            [PathBuf::from("a.py"), PathBuf::from("src/b.py")]
        );
        let named = |name: &str| project.named(&[PathBuf::from(name)]);
        assert_eq!(named("./src/b.py").unwrap(), [PathBuf::from("src/b.py")]);
        assert!(named("c.py").unwrap_err().to_string().contains("`c.py`"));
        let copy = folder.path().join("copy");
        project.copy_to(&copy).unwrap();
        assert_eq!(
            std::fs::read_to_string(copy.join("src/b.py")).unwrap(),
            "src/b.py"
        );
        assert!(!copy.join("link").exists());
    }

    #[test]
    fn a_copy_is_put_back_without_following_the_links_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let (root, copy) = (folder.path().join("project"), folder.path().join("copy"));
        let victim = folder.path().join("victim");
        std::fs::create_dir_all(root.join("src/deep")).unwrap();
        std::fs::create_dir(&victim).unwrap();
        std::fs::write(victim.join("b.py"), "mine").unwrap();
        for name in ["a.py", "src/b.py", "src/deep/c.py", "d.py"] {
            std::fs::write(root.join(name), name).unwrap();
        }
        let project = Project::open(&root).unwrap();
        project.copy_to(&copy).unwrap();
        std::fs::remove_file(copy.join("a.py")).unwrap();
        std::fs::remove_dir_all(copy.join("src/deep")).unwrap();
        std::fs::write(copy.join("d.py"), "other").unwrap();
        project.restore(&copy).unwrap();
        for name in ["a.py", "src/b.py", "src/deep/c.py", "d.py"] {
            assert_eq!(std::fs::read_to_string(copy.join(name)).unwrap(), name);
        }
        // A file that became a link, and a folder that became one.
        std::fs::remove_file(copy.join("a.py")).unwrap();
        std::os::unix::fs::symlink(victim.join("b.py"), copy.join("a.py")).unwrap();
        assert!(project.restore(&copy).is_err());
        std::fs::remove_file(copy.join("a.py")).unwrap();
        std::fs::remove_dir_all(copy.join("src")).unwrap();
        std::os::unix::fs::symlink(&victim, copy.join("src")).unwrap();
        assert!(project.restore(&copy).is_err());
        let kept = std::fs::read_to_string(victim.join("b.py")).unwrap();
        assert_eq!(
            (kept.as_str(), victim.join("deep").exists()),
            ("mine", false)
        );
    }

    #[test]
    fn scratch_of_a_dead_process_is_swept() {
        let parent = tempfile::tempdir().unwrap();
        let stale = parent.path().join("freehold-4294967295-abc");
        std::fs::create_dir(&stale).unwrap();
        let scratch = Scratch::new(parent.path()).unwrap();
        assert!(!stale.exists());
        assert!(scratch.path().exists());
    }
}
