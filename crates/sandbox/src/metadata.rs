//! Files that tools obey without being asked: hooks, editor tasks, shell start-up, agent settings.
//! A boxed command may neither change nor create them below a writable path.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const NAMES: &[&str] = &[
    ".agents",
    ".aider.conf.yml",
    ".bash_login",
    ".bash_logout",
    ".bash_profile",
    ".bashrc",
    ".bzr",
    ".claude",
    ".codex",
    ".cursor",
    ".devcontainer",
    ".devcontainer.json",
    ".direnv",
    ".envrc",
    ".fleet",
    ".freehold",
    ".gemini",
    ".git",
    ".gitconfig",
    ".gitmodules",
    ".hg",
    ".husky",
    ".idea",
    ".jj",
    ".lldbinit",
    ".gdbinit",
    ".mcp.json",
    ".profile",
    ".ssh",
    ".svn",
    ".vscode",
    ".windsurf",
    ".zed",
    ".zlogin",
    ".zprofile",
    ".zshenv",
    ".zshrc",
];

/// Bytes of a `.git` file that are read to find where it points.
const GIT_FILE_BYTES_MAX: u64 = 4096;

/// Whether `name` is protected. Case does not count: some file systems ignore it.
pub(crate) fn is_protected(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.first() == Some(&b'.')
        && NAMES
            .iter()
            .any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

/// Every protected file and directory at or below `top`, and the git directories that lie there
/// under other names. Links are not followed, but what a protected link points to is listed.
pub(crate) fn below(top: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![top.to_path_buf()];
    while let Some(directory) = pending.pop() {
        let Ok(entries) = fs::read_dir(&directory) else {
            continue;
        };
        let (mut has_head, mut has_objects, mut has_refs) = (false, false, false);
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            has_head |= name == "HEAD";
            has_objects |= name == "objects" && kind.is_dir();
            has_refs |= name == "refs" && kind.is_dir();
            if is_protected(&name) {
                found.extend(pointed_to(&entry.path(), kind));
                if !kind.is_symlink() {
                    found.push(entry.path());
                }
            } else if kind.is_dir() {
                pending.push(entry.path());
            }
        }
        if has_head && has_objects && has_refs && directory != top {
            found.push(directory);
        }
    }
    found
}

/// Where a protected link, or a `.git` file of a worktree or submodule, leads.
fn pointed_to(path: &Path, kind: fs::FileType) -> Option<PathBuf> {
    if kind.is_symlink() {
        return fs::canonicalize(path).ok();
    }
    let is_small = |metadata: &fs::Metadata| metadata.len() <= GIT_FILE_BYTES_MAX;
    if !kind.is_file() || !fs::metadata(path).is_ok_and(|metadata| is_small(&metadata)) {
        return None;
    }
    let text = fs::read(path).ok()?;
    let target = text.strip_prefix(b"gitdir:")?.trim_ascii();
    let target = path.parent()?.join(OsStr::from_bytes(target));
    fs::canonicalize(target).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_protected_names_in_any_case() {
        for name in [".git", ".GIT", ".Git", ".envrc", ".vscode", ".claude"] {
            assert!(is_protected(OsStr::new(name)), "{name}");
        }
        for name in ["git", ".gitignore", ".github", "..git", "", ".", "x.git"] {
            assert!(!is_protected(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn finds_metadata_at_any_depth_and_where_it_points() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().canonicalize().unwrap();
        for path in [
            ".git/hooks",
            "a/b/.vscode",
            "store/x/refs",
            "store/x/objects",
            "tree",
            "elsewhere",
        ] {
            fs::create_dir_all(top.join(path)).unwrap();
        }
        fs::write(top.join("store/x/HEAD"), "").unwrap();
        fs::write(top.join("tree/.git"), "gitdir: ../elsewhere\n").unwrap();
        let mut found = below(&top);
        found.sort();
        let expected = [".git", "a/b/.vscode", "elsewhere", "store/x", "tree/.git"];
        assert_eq!(found, expected.map(|path| top.join(path)));
    }
}
