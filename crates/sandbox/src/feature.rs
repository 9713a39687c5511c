//! What the kernel has to offer for a box to hold, and what to do where it does not.

use crate::wire::{DecodeError, Input, Wire};

/// A feature without which no command is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    UserNamespaces,
    MountApi,
    FreshProc,
    Landlock,
    Seccomp,
    SeccompNotify,
}

impl Feature {
    pub(crate) const ALL: [Feature; 6] = [
        Feature::UserNamespaces,
        Feature::MountApi,
        Feature::FreshProc,
        Feature::Landlock,
        Feature::Seccomp,
        Feature::SeccompNotify,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Feature::UserNamespaces => "user namespaces",
            Feature::MountApi => "the mount calls of Linux 5.12",
            Feature::FreshProc => "a fresh /proc",
            Feature::Landlock => "Landlock",
            Feature::Seccomp => "seccomp filters",
            Feature::SeccompNotify => "seccomp notifications",
        }
    }

    pub(crate) fn fix(self) -> &'static str {
        match self {
            Feature::UserNamespaces => {
                "as root: `sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000`, on Ubuntu 24.04 also `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`; in Docker add `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`"
            }
            Feature::MountApi => "upgrade to Linux 5.12 or later",
            Feature::FreshProc => {
                "in a container, leave /proc unmasked: Docker `--security-opt systempaths=unconfined`"
            }
            Feature::Landlock => {
                "upgrade to Linux 5.13 or later, built with CONFIG_SECURITY_LANDLOCK, and add `landlock` to the `lsm=` list on the kernel command line"
            }
            Feature::Seccomp => "use a kernel built with CONFIG_SECCOMP_FILTER",
            Feature::SeccompNotify => {
                "upgrade to Linux 5.14 or later, or turn off the protection of project metadata for a throw-away copy"
            }
        }
    }
}

impl Wire for Feature {
    fn put(&self, out: &mut Vec<u8>) {
        let index = Feature::ALL
            .iter()
            .position(|feature| feature == self)
            .expect("ALL lists every feature");
        out.push(index as u8);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Feature::ALL
            .get(usize::from(u8::take(input)?))
            .copied()
            .ok_or(DecodeError::Tag)
    }
}
