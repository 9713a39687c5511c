//! From a policy to the exact list of mounts, files and limits that the helper carries out.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use crate::Error;
use crate::cgroup;
use crate::message::{ExecRequest, MountPlan, Plan};
use crate::policy::{Access, Limits, Network, Policy};
use crate::secrets;
use crate::wire::List;

/// TCP port of the proxy on the box's own loopback.
pub(crate) const PROXY_PORT: u16 = 3128;

const SYSTEM_DIRS: &[&str] = &[
    "/usr", "/opt", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
];

/// Public files of `/etc` that programs need; everything else of it stays outside.
const ETC: &[&str] = &[
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/os-release",
    "/etc/pki/tls/certs",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/terminfo",
];

/// The longest `PATH`, `HOME` and so on that every box starts with.
const BASE_ENV: &[(&str, &str)] = &[
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("HOME", "/tmp/home"),
    ("TMPDIR", "/tmp"),
    ("LANG", "C.UTF-8"),
    ("TERM", "dumb"),
    ("USER", "box"),
    ("LOGNAME", "box"),
];

/// Resolves `policy` against this machine.
pub(crate) fn plan(policy: &Policy) -> Result<Plan, Error> {
    let uid = rustix::process::getuid().as_raw();
    let gid = rustix::process::getgid().as_raw();
    let mut plan = Plan {
        uid,
        gid,
        mounts: List::default(),
        symlinks: List::default(),
        files: List::default(),
        denied: List::default(),
        protect_metadata: policy.protect_metadata,
        loopback: policy.network != Network::None,
        proxy_port: if matches!(policy.network, Network::Proxy { .. }) {
            PROXY_PORT
        } else {
            0
        },
        scratch_bytes: policy.limits.scratch_bytes,
        memory_bytes: policy.limits.memory_bytes,
        processes: policy.limits.processes,
        exec: None,
    };
    let whole_root = policy
        .binds
        .iter()
        .any(|bind| bind.target == Path::new("/"));
    if policy.system_dirs && !whole_root {
        add_system(&mut plan, uid, gid);
    }
    for bind in &policy.binds {
        let target = normal_target(&bind.target)?;
        let source = fs::canonicalize(&bind.source).map_err(|cause| Error::Path {
            path: bind.source.clone(),
            cause,
        })?;
        // A later bind at the same place replaces the earlier one.
        plan.mounts.0.retain(|mount| mount.target != target);
        plan.mounts.0.push(MountPlan {
            source,
            target,
            write: bind.access == Access::Write,
        });
    }
    plan.mounts
        .0
        .sort_by_key(|mount| mount.target.components().count());
    let sources = plan
        .mounts
        .0
        .iter()
        .map(|mount| mount.source.clone())
        .collect::<Vec<_>>();
    // Who could write to cgroups could leave the one around the box.
    let mountinfo = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    for denied in policy
        .denied_reads
        .iter()
        .cloned()
        .chain(secrets::below(&sources))
        .chain(cgroup::mount_points(&mountinfo))
    {
        if let Ok(path) = fs::canonicalize(&denied) {
            plan.denied.0.push(path);
        }
    }
    Ok(plan)
}

/// A command under `policy`, ready for the box. `env` overrides the policy's.
pub(crate) fn exec_request(
    policy: &Policy,
    program: &Path,
    args: &[OsString],
    env: &[(OsString, OsString)],
    limits: &Limits,
) -> ExecRequest {
    let mut merged = BASE_ENV
        .iter()
        .map(|(key, value)| (OsString::from(key), OsString::from(value)))
        .collect::<Vec<_>>();
    if matches!(policy.network, Network::Proxy { .. }) {
        let proxy = format!("http://127.0.0.1:{PROXY_PORT}");
        for key in [
            "http_proxy",
            "https_proxy",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
        ] {
            merged.push((key.into(), proxy.clone().into()));
        }
    }
    for (key, value) in policy.env.iter().chain(env) {
        merged.retain(|(existing, _)| existing != key);
        merged.push((key.clone(), value.clone()));
    }
    ExecRequest {
        program: program.to_path_buf(),
        args: List(args.to_vec()),
        env: List(merged),
        cwd: policy.cwd.clone().unwrap_or_else(|| PathBuf::from("/tmp")),
        wall_us: limits.wall_time.as_micros().try_into().unwrap_or(u64::MAX),
        cpu_us: limits.cpu_time.as_micros().try_into().unwrap_or(u64::MAX),
        memory_bytes: limits.memory_bytes,
        processes: limits.processes,
        file_size_bytes: limits.file_size_bytes,
        open_files: limits.open_files,
    }
}

/// An absolute path without `.` and `..`, outside the places that every box makes itself.
fn normal_target(target: &Path) -> Result<PathBuf, Error> {
    let refuse = |what: &str| {
        let reason = format!("the path `{}` inside the sandbox {what}", target.display());
        Err(Error::Policy { reason })
    };
    let is_plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
    if !target.is_absolute() || !target.components().all(is_plain) {
        return refuse("must be absolute and without `..`");
    }
    let is_in = |top: &str| target.starts_with(top);
    if is_in("/proc") || (is_in("/dev") && !is_in("/dev/shm")) {
        return refuse("is one of its own");
    }
    Ok(target.components().collect())
}

fn add_system(plan: &mut Plan, uid: u32, gid: u32) {
    for directory in SYSTEM_DIRS.iter().map(Path::new) {
        add_public(plan, directory);
    }
    for file in ETC.iter().map(Path::new) {
        add_public(plan, file);
    }
    let file = |name: &str, text: String| (PathBuf::from(name), text.into_bytes());
    let (user, group) = if uid == 0 {
        (String::new(), String::new())
    } else {
        (
            format!("box:x:{uid}:{gid}::/tmp/home:/bin/sh\n"),
            format!("box:x:{gid}:\n"),
        )
    };
    plan.files.0.extend([
        file("/etc/passwd", format!("root:x:0:0:root:/tmp/home:/bin/sh\n{user}nobody:x:65534:65534::/:/usr/sbin/nologin\n")),
        file("/etc/group", format!("root:x:0:\n{group}nogroup:x:65534:\n")),
        file("/etc/hosts", "127.0.0.1 localhost freehold\n::1 localhost\n".into()),
        file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n".into()),
    ]);
}

/// Adds a host path at its own place: a link as a link, all else as a read-only mount; nothing if absent.
fn add_public(plan: &mut Plan, path: &Path) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    if metadata.is_symlink() {
        if let Ok(link) = fs::read_link(path) {
            plan.symlinks.0.push((path.to_path_buf(), link));
        }
    } else if !is_empty_dir(path, &metadata)
        && let Ok(source) = fs::canonicalize(path)
    {
        plan.mounts.0.push(MountPlan {
            source,
            target: path.to_path_buf(),
            write: false,
        });
    }
}

/// Spares the mounts of `/opt` and the like where there is nothing in them.
fn is_empty_dir(path: &Path, metadata: &fs::Metadata) -> bool {
    metadata.is_dir()
        && metadata.nlink() <= 2
        && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// The errno of an error that the kernel gave, or `EIO`.
pub(crate) fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}
