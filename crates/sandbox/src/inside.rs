//! The helper role of the binary: builds the box from outside in and becomes its init.
//!
//! Two processes. The outer one enters fresh namespaces, starts the inner one and waits for it; it
//! can be seen from outside only. The inner one is pid 1 of the box: it builds the file tree, gives
//! up every privilege, then starts commands, counts what they use and ends what they leave behind.
//! Each descriptor that the command gets was sent for it; there are no others.

mod call;
mod confine;
mod guard;
mod init;
mod job;
mod root;
mod usage;

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

pub(crate) use call::{NAMING, OPENING};

use crate::feature::Feature;
use crate::message::{Cause, Failure, Plan, Report, receive, send};
use crate::plan::errno;
use crate::sys::{self, Fork};

/// The helper's `argv[0]`.
pub(crate) const NAME: &str = "freehold-sandbox";

/// Becomes the helper if this process was started as one, and then never returns.
///
/// It is also run before `main` of every program that links this crate, so that no program can
/// start itself over by mistake; a call at the top of `main` keeps that visible.
pub fn enter_if_helper() {
    if std::env::args_os().next().is_some_and(|name| name == NAME) {
        std::process::exit(run());
    }
}

pub(crate) type Step<T> = Result<T, Failure>;

/// Names the step at which a system call failed.
pub(crate) fn setup<E: Into<io::Error>>(step: impl Into<PathBuf>) -> impl FnOnce(E) -> Failure {
    move |error| Failure {
        cause: Cause::Setup,
        subject: step.into(),
        errno: errno(&error.into()),
    }
}

/// Names the feature that a system call shows to be missing.
pub(crate) fn needs<E: Into<io::Error>>(feature: Feature) -> impl FnOnce(E) -> Failure {
    move |error| Failure {
        cause: Cause::Feature(feature),
        subject: PathBuf::new(),
        errno: errno(&error.into()),
    }
}

fn run() -> i32 {
    // Stdin is the control socket. The rest of what was inherited is not ours to know.
    if sys::close_from(3).is_err() {
        return 70;
    }
    let Ok(control) = take_control_socket() else {
        return 70;
    };
    let (plan, stdio) = match receive::<Plan>(&control) {
        Ok(Some(message)) => message,
        _ => {
            eprintln!("`{NAME}` is started by Freehold, not by hand");
            return 64;
        }
    };
    match enter_namespaces(&plan) {
        Ok(Fork::Child) => {
            let Err(failure) = init::run(&control, plan, stdio);
            let _ = send(&control, &Report::Failed(failure), &[]);
            1
        }
        Ok(Fork::Parent(_)) => {
            // Held open here, the pipes would outlive the box.
            drop((control, stdio));
            let _ = sys::wait_any(true);
            0
        }
        Err(failure) => {
            let _ = send(&control, &Report::Failed(failure), &[]);
            1
        }
    }
}

/// Moves the control socket off stdin, whose number stays taken: what is received later must not get it.
fn take_control_socket() -> io::Result<UnixStream> {
    let control = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    let null = fs::File::open("/dev/null")?;
    sys::duplicate_onto(null.as_raw_fd(), 0)?;
    Ok(UnixStream::from(control))
}

/// Leaves the host's namespaces; the child of the fork is pid 1 of the new ones.
fn enter_namespaces(plan: &Plan) -> Step<Fork> {
    if plan.uid == 0 {
        match sys::drop_groups() {
            // The root of a user namespace may not; its groups are those of an ordinary user.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            result => result.map_err(setup("leaving root's groups"))?,
        }
    }
    let flags = libc::CLONE_NEWUSER
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWCGROUP;
    sys::unshare(flags).map_err(needs(Feature::UserNamespaces))?;
    let write =
        |file: &str, text: String| fs::write(file, text).map_err(needs(Feature::UserNamespaces));
    write("/proc/self/setgroups", "deny".into())?;
    write("/proc/self/uid_map", format!("{0} {0} 1", plan.uid))?;
    write("/proc/self/gid_map", format!("{0} {0} 1", plan.gid))?;
    sys::fork().map_err(setup("starting the init of the box"))
}
