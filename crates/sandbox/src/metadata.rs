//! Files that tools obey without being asked: hooks, editor tasks, shell start-up, agent settings.
//! A boxed command may neither change nor create them below a writable path.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const NAMES: &[&str] = &[
    ".agents",
    ".aider.conf.yml",
    ".amazonq",
    ".bash_aliases",
    ".bash_login",
    ".bash_logout",
    ".bash_profile",
    ".bashrc",
    ".bzr",
    ".claude",
    ".clinerules",
    ".codex",
    ".continue",
    ".cshrc",
    ".cursor",
    ".cursorrules",
    ".devcontainer",
    ".devcontainer.json",
    ".direnv",
    ".envrc",
    ".exrc",
    ".fleet",
    ".forward",
    ".freehold",
    ".gdbinit",
    ".gemini",
    ".git",
    ".gitconfig",
    ".githooks",
    ".gitmodules",
    ".hg",
    ".husky",
    ".idea",
    ".jj",
    ".junie",
    ".kiro",
    ".kshrc",
    ".lldbinit",
    ".login",
    ".logout",
    ".lvimrc",
    ".mcp.json",
    ".nvim.lua",
    ".nvimrc",
    ".opencode",
    ".pam_environment",
    ".profile",
    ".qwen",
    ".rhosts",
    ".roo",
    ".screenrc",
    ".ssh",
    ".svn",
    ".tcshrc",
    ".tmux.conf",
    ".vimrc",
    ".vscode",
    ".windsurf",
    ".windsurfrules",
    ".xinitrc",
    ".xprofile",
    ".xsession",
    ".xsessionrc",
    ".zed",
    ".zlogin",
    ".zlogout",
    ".zprofile",
    ".zshenv",
    ".zshrc",
];

/// The file that makes git take a directory for a repository, whatever it is called, once there
/// are `refs` and `objects` in it or elsewhere.
const GIT_HEAD: &[u8] = b"HEAD";

/// Bytes of a `.git` file that are read to find where it points.
const GIT_FILE_BYTES_MAX: u64 = 4096;

/// Bytes of a git configuration that are looked through.
const GIT_CONFIG_BYTES_MAX: u64 = 1 << 20;

/// Whether `name` is protected. Some file systems ignore case, dots and blanks at the end, and
/// characters that cannot be seen; so none of these count.
pub(crate) fn is_protected(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name == GIT_HEAD || {
        let name = folded(name);
        NAMES.iter().any(|known| known.as_bytes() == name)
    }
}

/// The name as the most forgiving file system compares it: in small ASCII letters, with nothing
/// else than ASCII in it.
fn folded(name: &[u8]) -> Vec<u8> {
    let letter = |letter: char| match letter {
        // The only letters beyond ASCII that fold to one of ASCII.
        '\u{212a}' => Some(b'k'),
        '\u{17f}' => Some(b's'),
        _ => u8::try_from(letter).ok().filter(u8::is_ascii),
    };
    let mut name = String::from_utf8_lossy(name)
        .chars()
        .filter_map(letter)
        .map(|byte| byte.to_ascii_lowercase())
        .collect::<Vec<_>>();
    while let Some(b'.' | b' ') = name.last() {
        name.pop();
    }
    name
}

/// Every protected file and directory at or below `top`, and the git directories that lie there
/// under other names. Links are not followed, but what a protected link points to is listed.
/// A directory that may not be looked into is listed as a whole: its owner could open it later.
pub(crate) fn below(top: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![top.to_path_buf()];
    while let Some(directory) = pending.pop() {
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) => {
                if error.kind() == io::ErrorKind::PermissionDenied {
                    found.push(directory);
                }
                continue;
            }
        };
        let mut has_head = false;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if name.as_bytes() == GIT_HEAD {
                has_head = true;
            } else if is_protected(&name) {
                found.extend(hooks(&entry.path()));
                found.extend(pointed_to(&entry.path(), kind));
                if !kind.is_symlink() {
                    found.push(entry.path());
                }
            } else if kind.is_dir() {
                pending.push(entry.path());
            }
        }
        if has_head && directory != top {
            found.push(directory);
        }
    }
    found
}

/// The directory in which the repository `git` keeps its hooks, if that is not the usual one.
fn hooks(git: &Path) -> Option<PathBuf> {
    let config = git.join("config");
    let metadata = fs::metadata(&config).ok()?;
    if !metadata.is_file() || metadata.len() > GIT_CONFIG_BYTES_MAX {
        return None;
    }
    let text = fs::read(config).ok()?;
    let text = String::from_utf8_lossy(&text);
    // The last one counts.
    let value = text.lines().rev().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let key = key.trim().rsplit([' ', '\t', ']']).next()?;
        key.eq_ignore_ascii_case("hooksPath")
            .then(|| value.trim().trim_matches('"').to_owned())
    })?;
    fs::canonicalize(git.parent()?.join(value)).ok()
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
        for name in [".git", ".GIT", ".Git", ".envrc", ".vscode", "HEAD"] {
            assert!(is_protected(OsStr::new(name)), "{name}");
        }
        for name in [
            "git",
            ".gitignore",
            ".github",
            "..git",
            "",
            ".",
            "..",
            "x.git",
            "head",
            "é",
        ] {
            assert!(!is_protected(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn knows_protected_names_as_forgiving_file_systems_spell_them() {
        for name in [
            ".git.",
            ".git .",
            ".g\u{200b}it",
            "\u{feff}.git",
            ".hus\u{212a}y",
            ".v\u{17f}code",
            ".BA\u{17f}HRC",
        ] {
            assert!(is_protected(OsStr::new(name)), "{name:?}");
        }
        assert!(is_protected(OsStr::from_bytes(b".g\xffit")));
    }

    #[test]
    fn finds_hooks_that_lie_in_the_work_tree() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().canonicalize().unwrap();
        fs::create_dir_all(top.join(".git")).unwrap();
        fs::create_dir_all(top.join("tools/hooks")).unwrap();
        for config in [
            "[core]\n\thooksPath = tools/hooks\n",
            "[core] HOOKSPATH=\"tools/hooks\"",
            "[core]\nhookspath = none\nhookspath = ./tools/hooks",
        ] {
            fs::write(top.join(".git/config"), config).unwrap();
            assert!(below(&top).contains(&top.join("tools/hooks")), "{config}");
        }
        fs::write(top.join(".git/config"), "[core]\n\tbare = false\n").unwrap();
        assert_eq!(below(&top), [top.join(".git")]);
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
