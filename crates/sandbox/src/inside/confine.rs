//! Giving up: capabilities, the file system beyond the grants, and most of the kernel's calls.

use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, Scope,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitiesSecureBits, CapabilitySet, CapabilitySets};

use super::{Step, needs, setup};
use crate::feature::Feature;
use crate::message::Plan;
use crate::{seccomp, sys};

/// Drops every capability for good, also for programs run later.
pub(super) fn drop_privileges() -> Step<()> {
    let locked = CapabilitiesSecureBits::NO_ROOT
        | CapabilitiesSecureBits::NO_ROOT_LOCKED
        | CapabilitiesSecureBits::NO_SETUID_FIXUP
        | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
        | CapabilitiesSecureBits::KEEP_CAPS_LOCKED
        | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
        | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED;
    rustix::thread::set_capabilities_secure_bits(locked).map_err(setup("locking capabilities"))?;
    for bit in 0..64 {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        if rustix::thread::remove_capability_from_bounding_set(capability).is_err() {
            break;
        }
    }
    rustix::thread::clear_ambient_capability_set().map_err(setup("dropping capabilities"))?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, none).map_err(setup("dropping capabilities"))?;
    rustix::thread::set_no_new_privs(true).map_err(setup("forbidding new privileges"))?;
    // Nobody in the box may look into its init.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(setup("hiding the init"))
}

/// A second wall behind the mounts: it also binds paths that an inherited descriptor could reach.
pub(super) fn landlock(plan: &Plan) -> Step<()> {
    let missing = || needs(Feature::Landlock)(std::io::Error::from_raw_os_error(libc::EOPNOTSUPP));
    let unsupported = |_: landlock::RulesetError| missing();
    let reading = AccessFs::from_read(ABI::V1);
    let writing = AccessFs::from_all(ABI::V5)
        & !AccessFs::IoctlDev
        & !AccessFs::MakeBlock
        & !AccessFs::MakeChar;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .map_err(unsupported)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))
        .map_err(unsupported)?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)
        .map_err(unsupported)?;
    if !plan.loopback {
        rules = rules
            .handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)
            .map_err(unsupported)?;
    }
    let rules = rules.create().map_err(unsupported)?;
    let rule = |path: &Path, access: BitFlags<AccessFs>| {
        let fd = PathFd::new(path)
            .map_err(|_| setup(path)(std::io::Error::from_raw_os_error(libc::ENOENT)))?;
        Ok(PathBeneath::new(fd, access))
    };
    let mut all = vec![
        rule(Path::new("/"), reading)?,
        rule(Path::new("/tmp"), writing)?,
        rule(Path::new("/dev/shm"), writing)?,
    ];
    for device in [
        "/dev/null",
        "/dev/zero",
        "/dev/full",
        "/dev/random",
        "/dev/urandom",
    ] {
        all.push(rule(
            Path::new(device),
            AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev,
        )?);
    }
    for mount in plan.mounts.0.iter().filter(|mount| mount.write) {
        let is_dir = mount.target.is_dir();
        all.push(rule(
            &mount.target,
            if is_dir {
                writing
            } else {
                writing & AccessFs::from_file(ABI::V5)
            },
        )?);
    }
    let mut rules = rules;
    for rule in all {
        rules = rules.add_rule(rule).map_err(unsupported)?;
    }
    let status = rules.restrict_self().map_err(unsupported)?;
    if status.ruleset == landlock::RulesetStatus::NotEnforced {
        return Err(missing());
    }
    Ok(())
}

/// Installs the filters on system calls, for this process and all it starts.
pub(super) fn seccomp(plan: &Plan) -> Step<()> {
    forbid_core_files()?;
    for program in seccomp::deny_programs(plan.loopback) {
        sys::seccomp_install(&program).map_err(needs(Feature::Seccomp))?;
    }
    Ok(())
}

/// Sets the one limit at which a crash writes no file and starts no program outside; see `core(5)`.
fn forbid_core_files() -> Step<()> {
    let limit = getrlimit(Resource::Core)
        .maximum
        .map_or(1, |maximum| maximum.min(1));
    let limit = Rlimit {
        current: Some(limit),
        maximum: Some(limit),
    };
    setrlimit(Resource::Core, limit).map_err(setup("forbidding core files"))
}
