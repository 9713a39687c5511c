//! The calls that make, rename or remove names, whichever of their old and new forms is used.

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

/// A path and the descriptor it starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) directory: i32,
    pub(super) path: Vec<u8>,
}

/// One call, its paths read from the caller's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    Open {
        at: Named,
        flags: OFlags,
        mode: Mode,
    },
    Mkdir {
        at: Named,
        mode: Mode,
    },
    Mknod {
        at: Named,
        mode: u32,
        device: u64,
    },
    Symlink {
        target: Vec<u8>,
        at: Named,
    },
    Link {
        from: Named,
        to: Named,
        flags: AtFlags,
    },
    Rename {
        from: Named,
        to: Named,
        flags: RenameFlags,
    },
    Unlink {
        at: Named,
        flags: AtFlags,
    },
}

/// Calls that are always handed over.
pub(crate) const NAMING: &[i64] = &[
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_symlinkat,
    libc::SYS_linkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mknod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_symlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
];

/// Calls that are handed over when they may create, with the index of their flags.
pub(crate) const OPENING: &[(i64, u8)] = &[
    (libc::SYS_openat, 2),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, 1),
];

impl Call {
    /// Makes sense of a call's number and arguments; `path` reads a path at an address.
    pub(super) fn read(
        number: i64,
        args: &[u64; 6],
        path: impl Fn(u64) -> Result<Vec<u8>, Errno>,
    ) -> Result<Call, Errno> {
        let named = |directory: usize, address: usize| {
            Ok(Named {
                directory: args[directory] as i32,
                path: path(args[address])?,
            })
        };
        let mode = |index: usize| Mode::from_raw_mode(args[index] as u32 & 0o7777);
        let open_flags = |index: usize| OFlags::from_bits_retain(args[index] as u32);
        Ok(match number {
            libc::SYS_openat => Call::Open {
                at: named(0, 1)?,
                flags: open_flags(2),
                mode: mode(3),
            },
            libc::SYS_mkdirat => Call::Mkdir {
                at: named(0, 1)?,
                mode: mode(2),
            },
            libc::SYS_mknodat => Call::Mknod {
                at: named(0, 1)?,
                mode: args[2] as u32,
                device: args[3],
            },
            libc::SYS_symlinkat => Call::Symlink {
                target: path(args[0])?,
                at: named(1, 2)?,
            },
            libc::SYS_linkat => {
                let flags = AtFlags::from_bits_retain(args[4] as u32);
                Call::Link {
                    from: named(0, 1)?,
                    to: named(2, 3)?,
                    flags,
                }
            }
            libc::SYS_renameat => Call::Rename {
                from: named(0, 1)?,
                to: named(2, 3)?,
                flags: RenameFlags::empty(),
            },
            libc::SYS_renameat2 => {
                let flags = RenameFlags::from_bits_retain(args[4] as u32);
                Call::Rename {
                    from: named(0, 1)?,
                    to: named(2, 3)?,
                    flags,
                }
            }
            libc::SYS_unlinkat => Call::Unlink {
                at: named(0, 1)?,
                flags: AtFlags::from_bits_retain(args[2] as u32),
            },
            _ => return Call::read_old(number, args, path),
        })
    }

    /// The forms without a directory descriptor, which only x86-64 still has.
    #[cfg(target_arch = "x86_64")]
    fn read_old(
        number: i64,
        args: &[u64; 6],
        path: impl Fn(u64) -> Result<Vec<u8>, Errno>,
    ) -> Result<Call, Errno> {
        let named = |index: usize| {
            Ok(Named {
                directory: libc::AT_FDCWD,
                path: path(args[index])?,
            })
        };
        let mode = |index: usize| Mode::from_raw_mode(args[index] as u32 & 0o7777);
        let create = OFlags::CREATE | OFlags::WRONLY | OFlags::TRUNC;
        Ok(match number {
            libc::SYS_open => Call::Open {
                at: named(0)?,
                flags: OFlags::from_bits_retain(args[1] as u32),
                mode: mode(2),
            },
            libc::SYS_creat => Call::Open {
                at: named(0)?,
                flags: create,
                mode: mode(1),
            },
            libc::SYS_mkdir => Call::Mkdir {
                at: named(0)?,
                mode: mode(1),
            },
            libc::SYS_mknod => Call::Mknod {
                at: named(0)?,
                mode: args[1] as u32,
                device: args[2],
            },
            libc::SYS_symlink => Call::Symlink {
                target: path(args[0])?,
                at: named(1)?,
            },
            libc::SYS_link => Call::Link {
                from: named(0)?,
                to: named(1)?,
                flags: AtFlags::empty(),
            },
            libc::SYS_rename => Call::Rename {
                from: named(0)?,
                to: named(1)?,
                flags: RenameFlags::empty(),
            },
            libc::SYS_rmdir => Call::Unlink {
                at: named(0)?,
                flags: AtFlags::REMOVEDIR,
            },
            libc::SYS_unlink => Call::Unlink {
                at: named(0)?,
                flags: AtFlags::empty(),
            },
            _ => return Err(Errno::NOSYS),
        })
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn read_old(
        _: i64,
        _: &[u64; 6],
        _: impl Fn(u64) -> Result<Vec<u8>, Errno>,
    ) -> Result<Call, Errno> {
        Err(Errno::NOSYS)
    }
}
