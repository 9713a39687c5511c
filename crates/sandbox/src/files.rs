//! Files read and replaced below a root that others may be changing at the same time.
//!
//! Every path is resolved by the kernel in one step that refuses links, `..` beyond the root and
//! absolute parts, so nobody can redirect an access by swapping a directory for a link.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, chmod, fchmod, fstat, mkdirat, openat,
    openat2, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use crate::Error;

/// How often a lookup is tried again when a rename elsewhere made the kernel give up on it.
const ATTEMPTS: u32 = 64;

/// Reads the file `relative` below `root`, at most `limit` bytes of it.
///
/// # Errors
/// [`Error::Path`] when the path leaves the root, goes through a link, is not a regular file, is
/// longer than `limit` or cannot be read.
pub fn read_beneath(root: &Path, relative: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let at = |cause: io::Error| Error::Path {
        path: root.join(relative),
        cause,
    };
    let read = || -> io::Result<Vec<u8>> {
        let root = open_root(root)?;
        // A pipe in the place of the file must not make us wait.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = open_beneath(root.as_fd(), relative, flags)?;
        if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
            return Err(io::Error::other("not a regular file"));
        }
        let mut bytes = Vec::new();
        File::from(file)
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::other(format!("longer than `{limit}` bytes")));
        }
        Ok(bytes)
    };
    read().map_err(at)
}

/// Replaces or creates the file `relative` below `root`. Readers see the old bytes or the new
/// ones, never a mixture; permissions of an existing file are kept, and other names of it (hard
/// links) keep the old bytes. Its directory must exist.
///
/// # Errors
/// [`Error::Path`] when the path leaves the root, goes through or ends at a link or a directory, or
/// cannot be written. Nothing has changed then.
pub fn write_beneath(root: &Path, relative: &Path, bytes: &[u8]) -> Result<(), Error> {
    let at = |cause: io::Error| Error::Path {
        path: root.join(relative),
        cause,
    };
    replace(root, relative, bytes, Durability::Synced).map_err(at)
}

/// As [`write_beneath`], without waiting for the disk: for private copies that nobody needs after
/// a loss of power.
///
/// # Errors
/// As [`write_beneath`].
pub fn write_beneath_unsynced(root: &Path, relative: &Path, bytes: &[u8]) -> Result<(), Error> {
    let at = |cause: io::Error| Error::Path {
        path: root.join(relative),
        cause,
    };
    replace(root, relative, bytes, Durability::Cached).map_err(at)
}

/// Whether a write waits for the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durability {
    Synced,
    Cached,
}

fn replace(root: &Path, relative: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    let root = open_root(root)?;
    let (parent, name) = open_parent(root.as_fd(), relative)?;
    let mode = match statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
            Mode::from_raw_mode(stat.st_mode & 0o7777)
        }
        Ok(_) => return Err(io::Error::other("not a regular file")),
        Err(Errno::NOENT) => Mode::from_raw_mode(0o644),
        Err(error) => return Err(error.into()),
    };
    let (temporary, file) = create_temporary(parent.as_fd(), mode)?;
    let finish = || -> io::Result<()> {
        let mut file = File::from(file);
        file.write_all(bytes)?;
        fchmod(&file, mode)?;
        if durability == Durability::Synced {
            file.sync_data()?;
        }
        Ok(renameat(&parent, &temporary, &parent, name)?)
    };
    finish().inspect_err(|_| {
        let _ = unlinkat(&parent, &temporary, AtFlags::empty());
    })
}

/// Makes the directory `relative` below `root` with all that lead to it; those that exist are kept.
///
/// # Errors
/// [`Error::Path`] when the path leaves the root, goes through a link or a file, or cannot be made.
pub fn create_dir_beneath(root: &Path, relative: &Path) -> Result<(), Error> {
    let create = || -> io::Result<()> {
        let root = open_root(root)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        if relative == Path::new("") || open_beneath(root.as_fd(), relative, flags).is_ok() {
            return Ok(());
        }
        let mut made = PathBuf::new();
        for part in relative {
            made.push(part);
            let (parent, name) = open_parent(root.as_fd(), &made)?;
            match mkdirat(&parent, name, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        open_beneath(root.as_fd(), relative, flags).map(drop)
    };
    create().map_err(|cause| Error::Path {
        path: root.join(relative),
        cause,
    })
}

/// Removes the file `relative` below `root`; a link is removed itself, not what it points to.
///
/// # Errors
/// [`Error::Path`] when the path leaves the root, goes through a link, or cannot be removed.
pub fn remove_beneath(root: &Path, relative: &Path) -> Result<(), Error> {
    let remove = || -> io::Result<()> {
        let root = open_root(root)?;
        let (parent, name) = open_parent(root.as_fd(), relative)?;
        Ok(unlinkat(&parent, name, AtFlags::empty())?)
    };
    remove().map_err(|cause| Error::Path {
        path: root.join(relative),
        cause,
    })
}

/// Removes the directory `root` with all that is in it, whatever a boxed command has made of it:
/// folders that nobody may enter, and some nested deeper than a path or a stack can be. Links are
/// removed, not followed. What is not there is no error.
///
/// # Errors
/// [`Error::Path`] when something cannot be removed.
pub fn remove_tree(root: &Path) -> Result<(), Error> {
    if std::fs::remove_dir_all(root).is_ok() {
        return Ok(());
    }
    flatten(root).map_err(|cause| Error::Path {
        path: root.to_owned(),
        cause,
    })
}

/// Takes a tree apart from above: each folder's folders move up to the root before it is removed, so
/// that none is deep.
fn flatten(root: &Path) -> io::Result<()> {
    let top = match open_root(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let mut count = 0_u64;
    let mut waiting = empty(&top, &top, &mut count)?;
    while let Some(name) = waiting.pop() {
        let folder = open_folder(&top, name.as_ref())?;
        waiting.extend(empty(&folder, &top, &mut count)?);
        unlinkat(&top, &name, AtFlags::REMOVEDIR)?;
    }
    std::fs::remove_dir(root)
}

/// Unlinks what a folder holds and moves its folders to `top` under new names, which are returned.
fn empty(folder: &OwnedFd, top: &OwnedFd, count: &mut u64) -> io::Result<Vec<String>> {
    let itself = let_in(folder)?;
    let mut moved = Vec::new();
    for entry in std::fs::read_dir(&itself)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            unlinkat(folder, entry.file_name(), AtFlags::empty())?;
            continue;
        }
        // A folder that may not be written cannot be moved either.
        let_in(&open_folder(folder, &entry.file_name())?)?;
        *count += 1;
        let name = format!(".freehold-{}-{count}.removed", std::process::id());
        renameat(folder, entry.file_name(), top, &name)?;
        moved.push(name);
    }
    Ok(moved)
}

fn open_folder(parent: &OwnedFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(parent, name, flags, Mode::empty())?)
}

/// Lets its owner into a folder; returns a path of the kernel's that names this very folder.
fn let_in(folder: &OwnedFd) -> io::Result<String> {
    let itself = format!("/proc/self/fd/{}", folder.as_raw_fd());
    chmod(&itself, Mode::RWXU)?;
    Ok(itself)
}

fn open_root(root: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, root, flags, Mode::empty())?)
}

fn open_parent<'a>(root: BorrowedFd<'_>, relative: &'a Path) -> io::Result<(OwnedFd, &'a OsStr)> {
    let name = relative.file_name().ok_or(Errno::INVAL)?;
    let parent = match relative.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok((open_beneath(root, parent, flags)?, name))
}

fn open_beneath(root: BorrowedFd<'_>, relative: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..ATTEMPTS {
        match openat2(root, relative, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
    Err(Errno::AGAIN.into())
}

/// Makes a new file under a name that nobody uses yet.
fn create_temporary(parent: BorrowedFd<'_>, mode: Mode) -> io::Result<(PathBuf, OwnedFd)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for _ in 0..ATTEMPTS {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = PathBuf::from(format!(".freehold-{}-{count}.tmp", std::process::id()));
        match openat(parent, &name, flags, mode & Mode::from_raw_mode(0o600)) {
            Err(Errno::EXIST) => {}
            result => return Ok((name, result?)),
        }
    }
    Err(Errno::EXIST.into())
}
