//! What this machine offers for boxes.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cgroup::{Cgroup, Fence};
use crate::feature::Feature;
use crate::policy::Limits;
use crate::{Error, Policy, Worker, inside, sys};

/// What a box needs, and what this machine has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    /// Every feature that a box needs, in the order in which it needs them.
    pub features: Vec<FeatureSupport>,
    /// The Landlock version of the kernel; 0 without Landlock.
    pub landlock_abi: u32,
    /// Where boxes get a cgroup (version 2) of their own, if this user may make any.
    pub delegated_cgroup: Option<DelegatedCgroup>,
}

/// A place for cgroups of boxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegatedCgroup {
    /// The directory in which they are made.
    pub directory: PathBuf,
    /// What the kernel bounds in them: `memory`, `processes`, both or nothing. Processor time is
    /// counted and all processes are ended at once in any case.
    pub bounds: Vec<&'static str>,
}

/// One feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureSupport {
    /// Its name.
    pub name: &'static str,
    /// Whether it is there; `None` when an earlier one is missing, so that nobody can tell.
    pub available: Option<bool>,
    /// How to get it.
    pub fix: &'static str,
}

impl Support {
    /// Whether commands can be boxed here.
    pub fn is_complete(&self) -> bool {
        self.features
            .iter()
            .all(|feature| feature.available == Some(true))
    }
}

/// Builds one box with all that boxes may have, and says what it took.
pub fn support() -> Support {
    let missing = match Worker::start(&Policy::new()) {
        Ok(_) if sys::has_seccomp_notify() => None,
        Ok(_) => Some(Feature::ALL.len() - 1),
        Err(Error::Unsupported { feature, .. }) => {
            Feature::ALL.iter().position(|one| one.name() == feature)
        }
        Err(_) => Some(0),
    };
    let available = |index: usize| match missing {
        Some(missing) if index == missing => Some(false),
        Some(missing) if index > missing => None,
        _ => Some(true),
    };
    let features = Feature::ALL.iter().enumerate();
    Support {
        features: features
            .map(|(index, feature)| FeatureSupport {
                name: feature.name(),
                available: available(index),
                fix: feature.fix(),
            })
            .collect(),
        landlock_abi: sys::landlock_abi(),
        delegated_cgroup: delegated_cgroup(),
    }
}

/// Makes a cgroup as boxes get it, and takes it away again.
fn delegated_cgroup() -> Option<DelegatedCgroup> {
    let limits = Limits::default();
    let cgroup = Cgroup::make(Fence {
        memory_bytes: limits.memory_bytes,
        scratch_bytes: limits.scratch_bytes,
        processes: limits.processes,
        falls_as_one: true,
    })?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the sandbox is the place where processes start"
    )]
    let mut process = Command::new("/proc/self/exe")
        .arg0(inside::NAME)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let has_entered = cgroup.enter(process.id());
    let _ = process.kill();
    let _ = process.wait();
    has_entered.then(|| DelegatedCgroup {
        directory: cgroup
            .directory()
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default(),
        bounds: cgroup.bounds(),
    })
}
