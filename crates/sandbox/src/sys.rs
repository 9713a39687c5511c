//! The system calls that no safe crate wraps. The only module of this crate with `unsafe`.
#![allow(
    unsafe_code,
    reason = "system calls that no safe crate wraps, one per function"
)]

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Which side of a fork one is on.
pub(crate) enum Fork {
    Parent(i32),
    Child,
}

/// A child that ended, with what it used.
pub(crate) struct Ended {
    pub(crate) pid: i32,
    pub(crate) wait_status: i32,
    pub(crate) cpu_time: Duration,
    pub(crate) memory_peak_bytes: u64,
}

fn checked(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Forks this process, which must have one thread only: the helper never starts another.
pub(crate) fn fork() -> io::Result<Fork> {
    // SAFETY: the helper has a single thread, so the child may run any code.
    let pid = unsafe { libc::fork() };
    match checked(pid.into())? {
        0 => Ok(Fork::Child),
        _ => Ok(Fork::Parent(pid)),
    }
}

/// Moves this process into fresh namespaces.
pub(crate) fn unshare(flags: i32) -> io::Result<()> {
    // SAFETY: takes a number and touches no memory of this process; CLONE_FILES and CLONE_FS are not passed.
    checked(unsafe { libc::unshare(flags) }.into()).map(drop)
}

/// Sets attributes (`MOUNT_ATTR_*`) on a mount or a detached tree.
pub(crate) fn mount_set_attributes(
    mount: BorrowedFd<'_>,
    recursive: bool,
    attributes: u64,
) -> io::Result<()> {
    let mut request = [attributes, 0, 0, 0];
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is an empty C string and `request` has the layout and size of `struct mount_attr`.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            request.as_mut_ptr(),
            size_of_val(&request),
        )
    };
    checked(result).map(drop)
}

/// Blocks the given signals and returns a descriptor that reports them.
pub(crate) fn signal_descriptor(signals: &[i32]) -> io::Result<OwnedFd> {
    let set = signal_set(signals);
    // SAFETY: `set` is initialised; the old mask is not asked for.
    let blocked =
        unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) };
    checked(blocked.into())?;
    let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
    // SAFETY: `set` is initialised and -1 asks for a new descriptor.
    let fd = unsafe { libc::signalfd(-1, &raw const set, flags) };
    checked(fd.into())?;
    Ok(adopt(fd))
}

fn signal_set(signals: &[i32]) -> libc::sigset_t {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigemptyset` initialises the whole set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: initialised in the line above.
    let mut set = unsafe { set.assume_init() };
    for signal in signals {
        // SAFETY: `set` is initialised.
        unsafe { libc::sigaddset(&raw mut set, *signal) };
    }
    set
}

/// Gives all signals their default action and unblocks them, as a fresh program expects.
pub(crate) fn reset_signals() {
    for signal in 1..=64 {
        // SAFETY: SIG_DFL is a valid action for every number; refusals (9, 19, 32, 33) change nothing.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let none = signal_set(&[]);
    // SAFETY: `none` is initialised; the old mask is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut()) };
}

/// Collects one ended child; `None` when `block` is false and none has ended. No child at all is `ECHILD`.
pub(crate) fn wait_any(block: bool) -> io::Result<Option<Ended>> {
    let mut wait_status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    let flags = if block {
        libc::__WALL
    } else {
        libc::WNOHANG | libc::__WALL
    };
    // SAFETY: both pointers are to locals of the right type.
    let pid = checked(
        unsafe { libc::wait4(-1, &raw mut wait_status, flags, usage.as_mut_ptr()) }.into(),
    )? as i32;
    if pid == 0 {
        return Ok(None);
    }
    // SAFETY: zeroed at creation, which is a valid `rusage`.
    let usage = unsafe { usage.assume_init() };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    Ok(Some(Ended {
        pid,
        wait_status,
        cpu_time: time(usage.ru_utime) + time(usage.ru_stime),
        memory_peak_bytes: usage.ru_maxrss as u64 * 1024,
    }))
}

/// Kills every process of this pid namespace but this one, which is its init.
pub(crate) fn kill_all_others() {
    // SAFETY: takes numbers only. Called by pid 1 of a box alone; there -1 means the box.
    unsafe { libc::kill(-1, libc::SIGKILL) };
}

/// Replaces this process; returns only on failure.
pub(crate) fn exec(program: &CStr, args: &[CString], env: &[CString]) -> io::Error {
    let pointers = |list: &[CString]| {
        list.iter()
            .map(|item| item.as_ptr())
            .chain([std::ptr::null()])
            .collect::<Vec<_>>()
    };
    let (args, env) = (pointers(args), pointers(env));
    // SAFETY: both lists are null-terminated and point to C strings that live until the call returns.
    unsafe { libc::execve(program.as_ptr(), args.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}

/// Closes every descriptor from `first` up. The caller must own none of them any more.
pub(crate) fn close_from(first: RawFd) -> io::Result<()> {
    // SAFETY: called in processes that use nothing above `first` afterwards.
    checked(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }).map(drop)
}

/// Duplicates `from` onto the number `to`, without close-on-exec.
pub(crate) fn duplicate_onto(from: RawFd, to: RawFd) -> io::Result<()> {
    // SAFETY: takes numbers only; `to` is 0, 1 or 2 in a process about to exec.
    checked(unsafe { libc::dup2(from, to) }.into()).map(drop)
}

/// Takes ownership of a descriptor that nobody else owns.
fn adopt(fd: RawFd) -> OwnedFd {
    // SAFETY: callers pass a number fresh from the kernel.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Installs a seccomp program for this process and all it starts.
pub(crate) fn seccomp_install(program: &[libc::sock_filter]) -> io::Result<()> {
    seccomp_set(program, 0).map(drop)
}

/// Installs a seccomp program and returns the descriptor that receives its notifications.
pub(crate) fn seccomp_listen(program: &[libc::sock_filter]) -> io::Result<OwnedFd> {
    const NEW_LISTENER: u64 = 1 << 3;
    const WAIT_KILLABLE: u64 = 1 << 5;
    // A signal must not make a caller repeat a call that was already carried out; before
    // Linux 5.19 the kernel cannot promise that.
    let fd = seccomp_set(program, NEW_LISTENER | WAIT_KILLABLE)
        .or_else(|_| seccomp_set(program, NEW_LISTENER))?;
    Ok(adopt(fd as RawFd))
}

fn seccomp_set(program: &[libc::sock_filter], flags: u64) -> io::Result<libc::c_long> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(io::Error::other)?,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: `program` points to `len` instructions that live through the call and are only read.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const program,
        )
    };
    checked(result)
}

/// Gives up every group but the main one; needs to be root.
pub(crate) fn drop_groups() -> io::Result<()> {
    // SAFETY: a count of zero reads no list.
    checked(unsafe { libc::setgroups(0, std::ptr::null()) }.into()).map(drop)
}

/// Brings up the interface `lo` of this network namespace.
pub(crate) fn bring_up_loopback() -> io::Result<()> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )?;
    let mut request = std::mem::MaybeUninit::<libc::ifreq>::zeroed();
    // SAFETY: all zeroes is a valid `ifreq`.
    let request = unsafe { request.assume_init_mut() };
    request.ifr_name[0] = b'l' as libc::c_char;
    request.ifr_name[1] = b'o' as libc::c_char;
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: SIOCSIFFLAGS reads an `ifreq` with a terminated name.
    checked(
        unsafe {
            libc::ioctl(
                socket.as_raw_fd(),
                libc::SIOCSIFFLAGS,
                std::ptr::from_ref(request),
            )
        }
        .into(),
    )
    .map(drop)
}

/// The Landlock version of the kernel; 0 without Landlock.
pub(crate) fn landlock_abi() -> u32 {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the call reads no memory and makes no descriptor.
    let abi = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0,
            VERSION,
        )
    };
    u32::try_from(abi).unwrap_or(0)
}

/// True when a seccomp program can ask another process for an answer.
pub(crate) fn has_seccomp_notify() -> bool {
    let action = libc::SECCOMP_RET_USER_NOTIF;
    // SAFETY: the kernel reads one u32 behind the pointer.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_ACTION_AVAIL,
            0,
            &raw const action,
        )
    };
    result == 0
}

/// A call of a boxed command that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Notification {
    pub(crate) id: u64,
    pub(crate) pid: u32,
    pub(crate) number: i64,
    pub(crate) args: [u64; 6],
}

const NOTIFICATION_RECEIVE: libc::Ioctl = 0xc050_2100_u32 as libc::Ioctl;
const NOTIFICATION_SEND: libc::Ioctl = 0xc018_2101_u32 as libc::Ioctl;
const NOTIFICATION_IS_VALID: libc::Ioctl = 0x4008_2102;
const NOTIFICATION_ADD_FD: libc::Ioctl = 0x4018_2103;
const _: () = assert!(size_of::<libc::seccomp_notif>() == 0x50);
const _: () = assert!(size_of::<libc::seccomp_notif_resp>() == 0x18);
const _: () = assert!(size_of::<libc::seccomp_notif_addfd>() == 0x18);

/// Takes the next waiting call.
pub(crate) fn notification_receive(listener: BorrowedFd<'_>) -> io::Result<Notification> {
    let mut raw = std::mem::MaybeUninit::<libc::seccomp_notif>::zeroed();
    // SAFETY: the kernel fills one `seccomp_notif`, which has to be zero before.
    let result =
        unsafe { libc::ioctl(listener.as_raw_fd(), NOTIFICATION_RECEIVE, raw.as_mut_ptr()) };
    checked(result.into())?;
    // SAFETY: zeroed above and filled by the call.
    let raw = unsafe { raw.assume_init() };
    Ok(Notification {
        id: raw.id,
        pid: raw.pid,
        number: raw.data.nr.into(),
        args: raw.data.args,
    })
}

/// Whether the caller still waits for this answer.
pub(crate) fn notification_is_valid(listener: BorrowedFd<'_>, id: u64) -> bool {
    // SAFETY: the kernel reads one u64 behind the pointer.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), NOTIFICATION_IS_VALID, &raw const id) };
    result == 0
}

/// Answers a call with success or an errno. A caller that is gone needs no answer.
pub(crate) fn notification_respond(listener: BorrowedFd<'_>, id: u64, errno: i32) {
    let response = libc::seccomp_notif_resp {
        id,
        val: 0,
        error: -errno,
        flags: 0,
    };
    // SAFETY: the kernel reads one `seccomp_notif_resp`.
    unsafe { libc::ioctl(listener.as_raw_fd(), NOTIFICATION_SEND, &raw const response) };
}

/// Gives the caller a descriptor and answers its call with the number.
pub(crate) fn notification_add_fd(
    listener: BorrowedFd<'_>,
    id: u64,
    file: BorrowedFd<'_>,
    close_on_exec: bool,
) -> io::Result<()> {
    const SEND: u32 = 2;
    let request = libc::seccomp_notif_addfd {
        id,
        flags: SEND,
        srcfd: file.as_raw_fd() as u32,
        newfd: 0,
        newfd_flags: if close_on_exec {
            libc::O_CLOEXEC as u32
        } else {
            0
        },
    };
    // SAFETY: the kernel reads one `seccomp_notif_addfd`.
    let result = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            NOTIFICATION_ADD_FD,
            &raw const request,
        )
    };
    checked(result.into()).map(drop)
}

/// Runs before `main` of every program that links this crate.
#[used]
#[unsafe(link_section = ".init_array")]
static ENTER_BEFORE_MAIN: extern "C" fn() = enter_before_main;

extern "C" fn enter_before_main() {
    crate::inside::enter_if_helper();
}
