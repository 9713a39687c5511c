//! Creates, renames and removes names on behalf of a boxed command, so that protected ones stay.
//!
//! The kernel stops every such call of the command and hands it to the init of the box. The path
//! is read once, its directory opened, its last name checked, and the call carried out on that
//! directory and that name: what the command does to its memory or its directories meanwhile has
//! no say. The init has the same root, user and Landlock rules as the command, so it can do for it
//! nothing that the command could not do itself.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, fstat, fstatfs, linkat, mkdirat, mknodat,
    openat, openat2, readlinkat, renameat_with, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;

use super::call::{Call, Named};
use crate::metadata::is_protected;
use crate::sys::{self, Notification};

const PATH_BYTES_MAX: usize = 4096;
const LINKS_MAX: usize = 40;
const PROC_MAGIC: i64 = 0x9fa0;

type Result<T> = std::result::Result<T, Errno>;

/// The listening end of a command's filter.
pub(super) struct Guard {
    listener: OwnedFd,
    /// Device numbers of the private file systems, on which any name may be made.
    private_devices: Vec<u64>,
    /// Opens of pipes that nobody reads yet.
    waiting: Vec<Notification>,
}

/// What a call comes to.
enum Answer {
    Done,
    Opened(OwnedFd, bool),
    /// Nobody reads the pipe yet; ask again later.
    NotYet,
}

impl Guard {
    pub(super) fn new(listener: OwnedFd, private_devices: Vec<u64>) -> Guard {
        Guard {
            listener,
            private_devices,
            waiting: Vec::new(),
        }
    }

    pub(super) fn listener(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Answers one call.
    pub(super) fn serve(&mut self) {
        // The caller may have been killed between the event and this.
        if let Ok(notification) = sys::notification_receive(self.listener.as_fd()) {
            self.answer(notification);
        }
    }

    /// Tries again what had to wait.
    pub(super) fn retry(&mut self) {
        for notification in std::mem::take(&mut self.waiting) {
            if sys::notification_is_valid(self.listener.as_fd(), notification.id) {
                self.answer(notification);
            }
        }
    }

    fn answer(&mut self, notification: Notification) {
        let listener = self.listener.as_fd();
        match self.carry_out(&notification) {
            Ok(Answer::Done) => sys::notification_respond(listener, notification.id, 0),
            Ok(Answer::Opened(file, close_on_exec)) => {
                let added = sys::notification_add_fd(
                    listener,
                    notification.id,
                    file.as_fd(),
                    close_on_exec,
                );
                if let Err(error) = added {
                    let errno = error.raw_os_error().unwrap_or(libc::EIO);
                    sys::notification_respond(listener, notification.id, errno);
                }
            }
            Ok(Answer::NotYet) => self.waiting.push(notification),
            Err(errno) => {
                sys::notification_respond(listener, notification.id, errno.raw_os_error())
            }
        }
    }

    fn carry_out(&self, notification: &Notification) -> Result<Answer> {
        let caller = Caller::open(notification.pid)?;
        // Only now is it certain that the process looked at is the one that called.
        if !sys::notification_is_valid(self.listener.as_fd(), notification.id) {
            return Err(Errno::SRCH);
        }
        let call = Call::read(notification.number, &notification.args, |address| {
            caller.read_path(address)
        })?;
        let mask = rustix::process::umask(caller.umask()?);
        let answer = self.perform(&caller, call);
        rustix::process::umask(mask);
        answer
    }

    fn perform(&self, caller: &Caller, call: Call) -> Result<Answer> {
        match call {
            Call::Open { at, flags, mode } => return self.open(caller, at, flags, mode),
            Call::Mkdir { at, mode } => {
                let (parent, name) = self.place(caller, &at)?;
                mkdirat(&parent, &name, mode)?;
            }
            Call::Mknod { at, mode, device } => {
                let (parent, name) = self.place(caller, &at)?;
                let kind = match FileType::from_raw_mode(mode) {
                    // Mode 0 means a regular file.
                    FileType::Unknown => FileType::RegularFile,
                    kind => kind,
                };
                mknodat(&parent, &name, kind, Mode::from_raw_mode(mode), device)?;
            }
            Call::Symlink { target, at } => {
                let (parent, name) = self.place(caller, &at)?;
                symlinkat(target, &parent, &name)?;
            }
            Call::Link { from, to, flags } => {
                let (parent, name) = self.place(caller, &to)?;
                self.link(caller, &from, &parent, &name, flags)?;
            }
            Call::Rename { from, to, flags } => {
                let (from_parent, from_name) = self.place(caller, &from)?;
                let (to_parent, to_name) = self.place(caller, &to)?;
                renameat_with(&from_parent, &from_name, &to_parent, &to_name, flags)?;
            }
            Call::Unlink { at, flags } => {
                let (parent, name) = self.place(caller, &at)?;
                unlinkat(&parent, &name, flags)?;
            }
        }
        Ok(Answer::Done)
    }

    /// Opens the directory of a name and refuses protected names outside the private places.
    fn place(&self, caller: &Caller, at: &Named) -> Result<(OwnedFd, CString)> {
        let start = caller.start(at)?;
        self.place_from(start.as_fd(), &at.path)
    }

    fn place_from(&self, start: BorrowedFd<'_>, path: &[u8]) -> Result<(OwnedFd, CString)> {
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        let (directory, name) = split(path);
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent = openat2(
            start,
            Path::new(OsStr::from_bytes(directory)),
            flags,
            Mode::empty(),
            ResolveFlags::NO_MAGICLINKS,
        )?;
        // Below /proc "self" would be this process and not the caller; nothing is made there anyway.
        if fstatfs(&parent)?.f_type as i64 == PROC_MAGIC {
            return Err(Errno::ACCESS);
        }
        let is_private = || Ok::<_, Errno>(self.private_devices.contains(&fstat(&parent)?.st_dev));
        if is_protected(OsStr::from_bytes(name)) && !is_private()? {
            return Err(Errno::PERM);
        }
        Ok((parent, CString::new(name).map_err(|_| Errno::INVAL)?))
    }

    fn open(&self, caller: &Caller, at: Named, flags: OFlags, mode: Mode) -> Result<Answer> {
        let close_on_exec = flags.contains(OFlags::CLOEXEC);
        if let Some(number) = descriptor_of(&at.path, caller.pid) {
            let path = format!("/proc/{}/fd/{number}", caller.pid);
            let again = openat(
                CWD,
                path,
                (flags & !OFlags::CREATE) | OFlags::CLOEXEC | OFlags::NONBLOCK,
                mode,
            )?;
            return unblock(again, flags).map(|file| Answer::Opened(file, close_on_exec));
        }
        let stays = flags.intersects(OFlags::EXCL | OFlags::NOFOLLOW);
        let mut start = caller.start(&at)?;
        let mut path = at.path;
        for _ in 0..LINKS_MAX {
            let (parent, name) = self.place_from(start.as_fd(), &path)?;
            // Not waiting for the other end of a pipe: this process serves everybody.
            let ours =
                flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
            match openat(&parent, &name, ours, mode) {
                Ok(file) => {
                    return unblock(file, flags).map(|file| Answer::Opened(file, close_on_exec));
                }
                Err(Errno::LOOP) if !stays => {
                    path = readlinkat(&parent, &name, Vec::new())?.into_bytes();
                    start = if path.first() == Some(&b'/') {
                        open_root()?
                    } else {
                        parent
                    };
                }
                Err(Errno::NXIO) if !flags.contains(OFlags::NONBLOCK) => {
                    // A socket says the same, and will say so for ever.
                    let stat = statat(&parent, &name, AtFlags::SYMLINK_NOFOLLOW)?;
                    return match FileType::from_raw_mode(stat.st_mode) {
                        FileType::Fifo => Ok(Answer::NotYet),
                        _ => Err(Errno::NXIO),
                    };
                }
                Err(error) => return Err(error),
            }
        }
        Err(Errno::LOOP)
    }

    fn link(
        &self,
        caller: &Caller,
        from: &Named,
        parent: &OwnedFd,
        name: &CString,
        flags: AtFlags,
    ) -> Result<()> {
        if from.path.is_empty() && flags.contains(AtFlags::EMPTY_PATH) {
            let file = caller.start(from)?;
            return linkat(file, c"", parent, name, AtFlags::EMPTY_PATH);
        }
        if flags.contains(AtFlags::SYMLINK_FOLLOW) {
            if let Some(number) = descriptor_of(&from.path, caller.pid) {
                let path = format!("/proc/{}/fd/{number}", caller.pid);
                return linkat(CWD, path, parent, name, AtFlags::SYMLINK_FOLLOW);
            }
            let start = caller.start(from)?;
            let path = Path::new(OsStr::from_bytes(&from.path));
            let file = openat2(
                start,
                path,
                OFlags::PATH | OFlags::CLOEXEC,
                Mode::empty(),
                ResolveFlags::NO_MAGICLINKS,
            )?;
            return linkat(
                CWD,
                format!("/proc/self/fd/{}", file.as_raw_fd()),
                parent,
                name,
                AtFlags::SYMLINK_FOLLOW,
            );
        }
        let (from_parent, from_name) = self.place(caller, from)?;
        linkat(&from_parent, &from_name, parent, name, AtFlags::empty())
    }
}

/// The thread that called, as `/proc` shows it.
struct Caller {
    pid: u32,
    memory: File,
}

impl Caller {
    fn open(pid: u32) -> Result<Caller> {
        let memory = File::open(format!("/proc/{pid}/mem")).map_err(|error| errno_of(&error))?;
        Ok(Caller { pid, memory })
    }

    /// Reads a C string from the caller's memory, page by page.
    fn read_path(&self, address: u64) -> Result<Vec<u8>> {
        let mut path = Vec::new();
        while path.len() < PATH_BYTES_MAX {
            let at = address.wrapping_add(path.len() as u64);
            // Never across a page that may not be there.
            let mut buffer = [0; PATH_BYTES_MAX];
            let room = PATH_BYTES_MAX - (at as usize % PATH_BYTES_MAX);
            let count = self
                .memory
                .read_at(&mut buffer[..room], at)
                .map_err(|_| Errno::FAULT)?;
            if count == 0 {
                return Err(Errno::FAULT);
            }
            if let Some(end) = buffer[..count].iter().position(|byte| *byte == 0) {
                path.extend_from_slice(&buffer[..end]);
                return if path.len() < PATH_BYTES_MAX {
                    Ok(path)
                } else {
                    Err(Errno::NAMETOOLONG)
                };
            }
            path.extend_from_slice(&buffer[..count]);
        }
        Err(Errno::NAMETOOLONG)
    }

    fn umask(&self) -> Result<Mode> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))
            .map_err(|error| errno_of(&error))?;
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("Umask:"))
            .ok_or(Errno::SRCH)?;
        Ok(Mode::from_raw_mode(
            u32::from_str_radix(mask.trim(), 8).map_err(|_| Errno::SRCH)?,
        ))
    }

    /// The directory, or with an empty path the file, from which a path is looked up.
    fn start(&self, at: &Named) -> Result<OwnedFd> {
        if at.path.first() == Some(&b'/') {
            return open_root();
        }
        let link = match at.directory {
            libc::AT_FDCWD => format!("/proc/{}/cwd", self.pid),
            number if number >= 0 => format!("/proc/{}/fd/{number}", self.pid),
            _ => return Err(Errno::BADF),
        };
        match openat(
            CWD,
            PathBuf::from(link),
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
        ) {
            Err(Errno::NOENT) => Err(Errno::BADF),
            result => result,
        }
    }
}

fn open_root() -> Result<OwnedFd> {
    openat(
        CWD,
        "/",
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// A path's directory and its last name. Slashes at the end are dropped.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let end = path
        .iter()
        .rposition(|byte| *byte != b'/')
        .map_or(0, |last| last + 1);
    if end == 0 {
        return (b"/", b".");
    }
    let path = &path[..end];
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) => (b"/", &path[1..]),
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b".", path),
    }
}

/// The number in a path that names one of the caller's own descriptors.
fn descriptor_of(path: &[u8], pid: u32) -> Option<u32> {
    let path = std::str::from_utf8(path).ok()?;
    match path {
        "/dev/stdin" => return Some(0),
        "/dev/stdout" => return Some(1),
        "/dev/stderr" => return Some(2),
        _ => {}
    }
    let own = format!("/proc/{pid}/fd/");
    let number = ["/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/", &own]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix))?;
    number.parse().ok()
}

/// Takes back the flag that kept the open from waiting, unless the caller set it.
fn unblock(file: OwnedFd, flags: OFlags) -> Result<OwnedFd> {
    if !flags.intersects(OFlags::NONBLOCK | OFlags::PATH) {
        let status = rustix::fs::fcntl_getfl(&file)?;
        rustix::fs::fcntl_setfl(&file, status & !OFlags::NONBLOCK)?;
    }
    Ok(file)
}

fn errno_of(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_paths_at_their_last_name() {
        let cases: [(&str, (&str, &str)); 8] = [
            ("a", (".", "a")),
            ("a/b", ("a", "b")),
            ("/a", ("/", "a")),
            ("/a/b//", ("/a", "b")),
            ("a//b", ("a/", "b")),
            ("/", ("/", ".")),
            ("//", ("/", ".")),
            ("a/..", ("a", "..")),
        ];
        for (path, (directory, name)) in cases {
            assert_eq!(
                split(path.as_bytes()),
                (directory.as_bytes(), name.as_bytes()),
                "{path}"
            );
        }
    }

    #[test]
    fn knows_the_ways_to_name_a_descriptor() {
        assert_eq!(descriptor_of(b"/dev/stdout", 7), Some(1));
        assert_eq!(descriptor_of(b"/proc/self/fd/12", 7), Some(12));
        assert_eq!(descriptor_of(b"/proc/7/fd/3", 7), Some(3));
        assert_eq!(descriptor_of(b"/proc/8/fd/3", 7), None);
        assert_eq!(descriptor_of(b"/proc/self/fd/3/x", 7), None);
        assert_eq!(descriptor_of(b"/proc/self/fd/-1", 7), None);
    }
}
