//! What this machine offers for boxes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::feature::Feature;
use crate::{Error, Policy, Worker, sys};

/// What a box needs, and what this machine has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    /// Every feature that a box needs, in the order in which it needs them.
    pub features: Vec<FeatureSupport>,
    /// The Landlock version of the kernel; 0 without Landlock.
    pub landlock_abi: u32,
    /// The cgroup v2 directory in which limits could be set for boxes, if this user owns one.
    pub delegated_cgroup: Option<PathBuf>,
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

/// This process's own cgroup, if it may make children with memory and process limits in it.
fn delegated_cgroup() -> Option<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let directory = Path::new("/sys/fs/cgroup").join(own);
    let enabled = fs::read_to_string(directory.join("cgroup.subtree_control")).ok()?;
    let has = |name: &str| {
        enabled
            .split_whitespace()
            .any(|controller| controller == name)
    };
    let is_writable = rustix::fs::access(&directory, rustix::fs::Access::WRITE_OK).is_ok();
    (has("memory") && has("pids") && is_writable).then_some(directory)
}
