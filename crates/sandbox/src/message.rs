//! What a caller and the init of its box say to each other, and how it travels with descriptors.

use std::ffi::OsString;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use crate::feature::Feature;
use crate::wire::{DecodeError, Input, List, MESSAGE_BYTES_MAX, Wire, decode, encode, wire_struct};

/// Everything the helper needs to build a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Uid and gid, the same inside and outside.
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mounts: List<MountPlan>,
    pub(crate) symlinks: List<(PathBuf, PathBuf)>,
    pub(crate) files: List<(PathBuf, Vec<u8>)>,
    /// Host paths that stay hidden wherever a mount would show them.
    pub(crate) denied: List<PathBuf>,
    pub(crate) protect_metadata: bool,
    pub(crate) loopback: bool,
    /// TCP port of the proxy on the box's loopback; 0 for none.
    pub(crate) proxy_port: u16,
    pub(crate) scratch_bytes: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) processes: u32,
    /// The first and only command; without it the box waits for [`Request::Exec`].
    pub(crate) exec: Option<ExecRequest>,
}
wire_struct!(Plan {
    uid,
    gid,
    mounts,
    symlinks,
    files,
    denied,
    protect_metadata,
    loopback,
    proxy_port,
    scratch_bytes,
    memory_bytes,
    processes,
    exec
});

/// One host path and its place inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MountPlan {
    pub(crate) source: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) write: bool,
}
wire_struct!(MountPlan {
    source,
    target,
    write
});

/// One command. Its stdin, stdout and stderr travel beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExecRequest {
    pub(crate) program: PathBuf,
    pub(crate) args: List<OsString>,
    pub(crate) env: List<(OsString, OsString)>,
    pub(crate) cwd: PathBuf,
    pub(crate) wall_us: u64,
    pub(crate) cpu_us: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) processes: u32,
    pub(crate) file_size_bytes: u64,
    pub(crate) open_files: u32,
}
wire_struct!(ExecRequest {
    program,
    args,
    env,
    cwd,
    wall_us,
    cpu_us,
    memory_bytes,
    processes,
    file_size_bytes,
    open_files
});

/// From the caller to a built box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    Exec(ExecRequest),
    /// End the running command and report.
    Cancel,
}

impl Wire for Request {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Request::Exec(exec) => {
                out.push(0);
                exec.put(out);
            }
            Request::Cancel => out.push(1),
        }
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match u8::take(input)? {
            0 => Ok(Request::Exec(ExecRequest::take(input)?)),
            1 => Ok(Request::Cancel),
            _ => Err(DecodeError::Tag),
        }
    }
}

/// From the box to its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// The box is built and waits. With a proxy, its listening socket travels beside this.
    Ready,
    /// The program runs.
    Started,
    /// The command ended and nothing of it is left.
    Done(Done),
    Failed(Failure),
}

/// The end of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) end: End,
    /// As `wait(2)` gives it; counts only for [`End::Natural`].
    pub(crate) wait_status: i32,
    pub(crate) wall_us: u64,
    pub(crate) cpu_us: u64,
    pub(crate) memory_peak_bytes: u64,
}
wire_struct!(Done {
    end,
    wait_status,
    wall_us,
    cpu_us,
    memory_peak_bytes
});

/// What ended a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Natural,
    WallTime,
    CpuTime,
    Memory,
    Processes,
    Cancelled,
}

impl End {
    const ALL: [End; 6] = [
        End::Natural,
        End::WallTime,
        End::CpuTime,
        End::Memory,
        End::Processes,
        End::Cancelled,
    ];
}

impl Wire for End {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        End::ALL
            .get(usize::from(u8::take(input)?))
            .copied()
            .ok_or(DecodeError::Tag)
    }
}

/// Why a box or a command could not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// The step or the path.
    pub(crate) subject: PathBuf,
    pub(crate) errno: i32,
}
wire_struct!(Failure {
    cause,
    subject,
    errno
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Feature(Feature),
    Path,
    Policy,
    Setup,
    Exec,
}

impl Wire for Cause {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Cause::Feature(feature) => {
                out.push(0);
                feature.put(out);
            }
            Cause::Path => out.push(1),
            Cause::Policy => out.push(2),
            Cause::Setup => out.push(3),
            Cause::Exec => out.push(4),
        }
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(match u8::take(input)? {
            0 => Cause::Feature(Feature::take(input)?),
            1 => Cause::Path,
            2 => Cause::Policy,
            3 => Cause::Setup,
            4 => Cause::Exec,
            _ => return Err(DecodeError::Tag),
        })
    }
}

impl Wire for Report {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Report::Ready => out.push(0),
            Report::Started => out.push(1),
            Report::Done(done) => {
                out.push(2);
                done.put(out);
            }
            Report::Failed(failure) => {
                out.push(3);
                failure.put(out);
            }
        }
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(match u8::take(input)? {
            0 => Report::Ready,
            1 => Report::Started,
            2 => Report::Done(Done::take(input)?),
            3 => Report::Failed(Failure::take(input)?),
            _ => return Err(DecodeError::Tag),
        })
    }
}

/// Descriptors that one message may carry.
const DESCRIPTORS_MAX: usize = 4;

/// Sends one message with descriptors beside it.
pub(crate) fn send<T: Wire>(
    socket: &UnixStream,
    message: &T,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let body = encode(message);
    let length = (body.len() as u32).to_le_bytes();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        assert!(
            ancillary.push(SendAncillaryMessage::ScmRights(descriptors)),
            "at most four descriptors a message"
        );
    }
    // The descriptors ride on the length alone, so that the reader finds them at a known byte.
    let sent = sendmsg(
        socket,
        &[IoSlice::new(&length)],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )?;
    let mut socket = socket;
    if sent < length.len() {
        socket.write_all(&length[sent..])?;
    }
    socket.write_all(&body)
}

/// Receives one message; `None` when the other side is gone.
pub(crate) fn receive<T: Wire>(socket: &UnixStream) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut length = [0; 4];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        match recvmsg(
            socket,
            &mut [IoSliceMut::new(&mut length)],
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        ) {
            Ok(message) => break message.bytes,
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CONNRESET) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    };
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            descriptors.extend(fds);
        }
    }
    if received == 0 {
        return Ok(None);
    }
    let mut socket = socket;
    socket.read_exact(&mut length[received..])?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MESSAGE_BYTES_MAX {
        return Err(io::Error::other("a message is longer than allowed"));
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body)?;
    let message = decode(&body).map_err(io::Error::other)?;
    Ok(Some((message, descriptors)))
}

#[cfg(test)]
mod tests;
