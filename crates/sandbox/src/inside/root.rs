//! The file tree of the box: an empty read-only root with the granted paths mounted into it.

use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
    mount_change, move_mount, open_tree, unmount,
};

use super::{Step, needs, setup};
use crate::feature::Feature;
use crate::message::{Cause, Failure, MountPlan, Plan};
use crate::{metadata, sys};

/// Where the new root is put together: any directory that every machine has.
const BASE: &str = "/tmp";

/// Names on our tmpfs of what is mounted over hidden paths; nobody may open either.
const COVER_DIR: &str = ".hidden-dir";
const COVER_FILE: &str = ".hidden-file";

/// Process ids that the kernel hands out once only, and a few for our own.
const RESERVED_PIDS: u32 = 304;

const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];

const DEVICE_LINKS: &[(&str, &str)] = &[
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
];

/// Files of `/proc` that tell about the host or its memory. `/proc` as a whole is read-only.
const PROC_HIDDEN: &[&str] = &[
    "acpi",
    "bus",
    "cmdline",
    "config.gz",
    "fs",
    "interrupts",
    "iomem",
    "ioports",
    "kallsyms",
    "kcore",
    "key-users",
    "keys",
    "kmsg",
    "kpagecgroup",
    "kpagecount",
    "kpageflags",
    "latency_stats",
    "modules",
    "pagetypeinfo",
    "sched_debug",
    "schedstat",
    "scsi",
    "slabinfo",
    "softirqs",
    "sysrq-trigger",
    "timer_list",
    "vmallocinfo",
];

const RO: u64 = libc::MOUNT_ATTR_RDONLY;
const TIGHT: u64 = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;

/// Builds the tree of `plan` and makes it this process's root. Nothing of the host's stays reachable.
/// Returns the device numbers of the private file systems.
pub(super) fn build(plan: &Plan) -> Step<Vec<u64>> {
    let private = MountPropagationFlags::REC | MountPropagationFlags::PRIVATE;
    mount_change("/", private).map_err(setup("making mounts private"))?;
    // Host paths are looked at and opened before the new root covers any of them.
    let writable = plan
        .mounts
        .0
        .iter()
        .filter(|mount| mount.write && plan.protect_metadata);
    let protected = writable
        .flat_map(|mount| metadata::below(&mount.source))
        .collect::<Vec<_>>();
    let trees = plan
        .mounts
        .0
        .iter()
        .map(|mount| clone_tree(&mount.source, mount.write))
        .collect::<Step<Vec<_>>>()?;
    let devices = DEVICES
        .iter()
        .map(|name| clone_device(name))
        .collect::<Step<Vec<_>>>()?;
    let mut mounts = plan.mounts.0.iter().zip(&trees).peekable();

    let mut root = Tree::start()?;
    if let Some((_, tree)) = mounts.next_if(|(mount, _)| mount.target == Path::new("/")) {
        root.replace(tree)?;
    }
    for (link, target) in &plan.symlinks.0 {
        let parent = root.make_parent(relative(link))?;
        root.must_own(&parent, link)?;
        let name = link.file_name().expect("a link has a name");
        rustix::fs::symlinkat(target, &parent, name).map_err(setup(link))?;
    }
    root.make_devices(&devices)?;
    root.make_scratch(plan)?;
    root.make_proc(plan.processes)?;
    for (mount, tree) in mounts {
        let is_dir = is_dir(tree.as_fd()).map_err(setup(&mount.source))?;
        let point = root.mount_point(relative(&mount.target), is_dir)?;
        attach(tree.as_fd(), point.as_fd(), &mount.target)?;
    }
    root.write_files(plan)?;
    root.protect_metadata(plan, &protected)?;
    root.hide_denied(plan)?;
    let private_devices = std::mem::take(&mut root.owned);

    rustix::process::fchdir(&root.fd).map_err(setup("entering the new root"))?;
    rustix::process::pivot_root(".", ".").map_err(setup("changing the root"))?;
    unmount(".", UnmountFlags::DETACH).map_err(setup("leaving the host's root"))?;
    rustix::process::chdir("/").map_err(setup("entering the new root"))?;
    let root = open_path(Path::new("/")).map_err(setup("/"))?;
    sys::mount_set_attributes(root.as_fd(), false, RO | TIGHT)
        .map_err(setup("closing the new root"))?;
    Ok(private_devices)
}

/// The new root while it is being put together.
struct Tree {
    fd: OwnedFd,
    /// Our first tmpfs; holds the covers of what is hidden.
    base: OwnedFd,
    /// Device numbers of our own file systems; only on them may mount points be made.
    owned: Vec<u64>,
}

impl Tree {
    fn start() -> Step<Tree> {
        let base = tmpfs(&[("size", "16m"), ("nr_inodes", "16k"), ("mode", "755")])?;
        let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_SYMLINKS;
        move_mount(base.as_fd(), "", CWD, BASE, flags).map_err(setup(BASE))?;
        drop(base);
        let base = open_path(Path::new(BASE)).map_err(setup(BASE))?;
        let fd = open_path(Path::new(BASE)).map_err(setup(BASE))?;
        rustix::fs::mkdirat(&base, COVER_DIR, Mode::empty()).map_err(setup(COVER_DIR))?;
        make_file(&base, COVER_FILE, Mode::empty()).map_err(setup(COVER_FILE))?;
        let owned = vec![device(&base).map_err(setup(BASE))?];
        Ok(Tree { fd, base, owned })
    }

    /// Puts a whole host tree in the place of the empty root.
    fn replace(&mut self, tree: &OwnedFd) -> Step<()> {
        attach(tree.as_fd(), self.fd.as_fd(), Path::new("/"))?;
        self.fd = open_path(Path::new(BASE)).map_err(setup("/"))?;
        Ok(())
    }

    /// Opens the place where something gets mounted; makes it if it lies on our own tmpfs.
    fn mount_point(&self, place: &Path, is_dir: bool) -> Step<OwnedFd> {
        if let Ok(point) = self.resolve(place) {
            return Ok(point);
        }
        let parent = self.make_parent(place)?;
        let name = place.file_name().expect("a mount point has a name");
        self.must_own(&parent, place)?;
        let made = if is_dir {
            rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o755)).map_err(io::Error::from)
        } else {
            make_file(&parent, name, Mode::from_raw_mode(0o444)).map(drop)
        };
        made.map_err(setup(place))?;
        self.resolve(place).map_err(setup(place))
    }

    /// Makes the directories above `place` as far as they are missing.
    fn make_parent(&self, place: &Path) -> Step<OwnedFd> {
        let mut current = self.resolve(Path::new(".")).map_err(setup("."))?;
        let mut walked = PathBuf::new();
        for part in place.parent().unwrap_or(Path::new("")).components() {
            walked.push(part);
            current = match self.resolve(&walked) {
                Ok(next) => next,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.must_own(&current, &walked)?;
                    rustix::fs::mkdirat(&current, part.as_os_str(), Mode::from_raw_mode(0o755))
                        .map_err(setup(&walked))?;
                    self.resolve(&walked).map_err(setup(&walked))?
                }
                Err(error) => return Err(setup(&walked)(error)),
            };
        }
        Ok(current)
    }

    /// Refuses to create anything outside our own tmpfs: that would show on the host.
    fn must_own(&self, directory: &OwnedFd, place: &Path) -> Step<()> {
        if self
            .owned
            .contains(&device(directory).map_err(setup(place))?)
        {
            return Ok(());
        }
        let reason = format!(
            "`/{}` is below a bound directory and does not exist there, so nothing can be mounted on it",
            place.display()
        );
        Err(Failure {
            cause: Cause::Policy,
            subject: reason.into(),
            errno: libc::ENOENT,
        })
    }

    fn resolve(&self, place: &Path) -> io::Result<OwnedFd> {
        let flags = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        Ok(openat2(
            &self.fd,
            place,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            flags,
        )?)
    }

    fn write_files(&self, plan: &Plan) -> Step<()> {
        for (path, content) in &plan.files.0 {
            let place = relative(path);
            let parent = self.make_parent(place)?;
            self.must_own(&parent, place)?;
            let name = place.file_name().expect("a file has a name");
            let file = make_file(&parent, name, Mode::from_raw_mode(0o444)).map_err(setup(path))?;
            fs::File::from(file)
                .write_all(content)
                .map_err(setup(path))?;
        }
        Ok(())
    }

    fn make_devices(&mut self, devices: &[OwnedFd]) -> Step<()> {
        let dev = self.mount_new(
            tmpfs(&[("size", "64k"), ("nr_inodes", "64"), ("mode", "755")])?,
            "dev",
        )?;
        for (name, device) in DEVICES.iter().zip(devices) {
            let place = Path::new("dev").join(name);
            let point = self.mount_point(&place, false)?;
            attach(device.as_fd(), point.as_fd(), &place)?;
        }
        for (target, link) in DEVICE_LINKS {
            rustix::fs::symlinkat(*target, &dev, *link).map_err(setup(*link))?;
        }
        self.mount_point(Path::new("dev/shm"), true)?;
        sys::mount_set_attributes(dev.as_fd(), false, RO | TIGHT).map_err(setup("/dev"))
    }

    /// The private writable places. They vanish with the box.
    fn make_scratch(&mut self, plan: &Plan) -> Step<()> {
        let size = plan.scratch_bytes.max(4096).to_string();
        let inodes = (plan.scratch_bytes / 4096).clamp(1024, 1 << 20).to_string();
        for place in ["tmp", "dev/shm"] {
            self.mount_new(
                tmpfs(&[("size", &size), ("nr_inodes", &inodes), ("mode", "1777")])?,
                place,
            )?;
        }
        let tmp = self.resolve(Path::new("tmp")).map_err(setup("/tmp"))?;
        rustix::fs::mkdirat(&tmp, "home", Mode::from_raw_mode(0o700)).map_err(setup("/tmp/home"))
    }

    /// Mounts a file system of our own at `place` and opens its root.
    fn mount_new(&mut self, filesystem: OwnedFd, place: &str) -> Step<OwnedFd> {
        let point = self.mount_point(Path::new(place), true)?;
        attach(filesystem.as_fd(), point.as_fd(), Path::new(place))?;
        let top = self.resolve(Path::new(place)).map_err(setup(place))?;
        self.owned.push(device(&top).map_err(setup(place))?);
        Ok(top)
    }

    fn make_proc(&mut self, processes: u32) -> Step<()> {
        let proc = new_filesystem("proc", &[]).map_err(needs(Feature::FreshProc))?;
        let proc = {
            let point = self.mount_point(Path::new("proc"), true)?;
            attach(proc.as_fd(), point.as_fd(), Path::new("/proc"))?;
            self.resolve(Path::new("proc")).map_err(setup("/proc"))?
        };
        // Since Linux 6.14 each box counts its own processes; older kernels refuse, and the other
        // limits stand alone. The user's settings hold in this user namespace and are a second wall.
        let processes = (RESERVED_PIDS + processes.max(16)).to_string();
        for (setting, value) in [
            ("sys/kernel/pid_max", processes.as_str()),
            ("sys/user/max_user_namespaces", "0"),
            ("sys/user/max_inotify_instances", "32"),
        ] {
            let flags = OFlags::WRONLY | OFlags::CLOEXEC;
            if let Ok(file) = rustix::fs::openat(&proc, setting, flags, Mode::empty()) {
                let _ = rustix::io::write(&file, value.as_bytes());
            }
        }
        for name in PROC_HIDDEN {
            let place = Path::new("proc").join(name);
            if let Ok(file) = self.resolve(&place) {
                self.hide(file, &place)?;
            }
        }
        sys::mount_set_attributes(proc.as_fd(), false, RO | TIGHT | libc::MOUNT_ATTR_NOEXEC)
            .map_err(setup("/proc"))
    }

    /// Closes every protected path below a writable place by mounting it over itself, read-only.
    fn protect_metadata(&self, plan: &Plan, protected: &[PathBuf]) -> Step<()> {
        for mount in plan.mounts.0.iter().filter(|mount| mount.write) {
            let below = protected
                .iter()
                .filter_map(|path| path.strip_prefix(&mount.source).ok());
            // A place that is itself granted was meant to be writable.
            for rest in below.filter(|rest| *rest != Path::new("")) {
                self.close(&mount.target.join(rest))?;
            }
        }
        Ok(())
    }

    fn close(&self, place: &Path) -> Step<()> {
        let point = match self.resolve(relative(place)) {
            // Another mount covers it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            result => result.map_err(setup(place))?,
        };
        let flags = OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_EMPTY_PATH
            | OpenTreeFlags::AT_RECURSIVE;
        let tree = open_tree(&point, "", flags).map_err(setup(place))?;
        sys::mount_set_attributes(tree.as_fd(), true, RO | TIGHT).map_err(setup(place))?;
        attach(tree.as_fd(), point.as_fd(), place)
    }

    /// Covers every place where a mount shows a denied path.
    fn hide_denied(&self, plan: &Plan) -> Step<()> {
        let mounts = &plan.mounts.0;
        let places = plan.denied.0.iter().flat_map(|denied| {
            mounts
                .iter()
                .filter_map(move |mount| place_of(denied, mount))
        });
        for place in places {
            match self.resolve(relative(&place)) {
                Ok(file) => self.hide(file, &place)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(setup(&place)(error)),
            }
        }
        Ok(())
    }

    /// Mounts an empty thing that nobody may open over `file`.
    fn hide(&self, file: OwnedFd, place: &Path) -> Step<()> {
        let cover = if is_dir(file.as_fd()).map_err(setup(place))? {
            COVER_DIR
        } else {
            COVER_FILE
        };
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let cover = open_tree(&self.base, cover, flags).map_err(setup(place))?;
        sys::mount_set_attributes(cover.as_fd(), false, RO | TIGHT).map_err(setup(place))?;
        attach(cover.as_fd(), file.as_fd(), place)
    }
}

/// Where inside the host path `denied` shows through `mount`.
fn place_of(denied: &Path, mount: &MountPlan) -> Option<PathBuf> {
    if mount.source.starts_with(denied) {
        return Some(mount.target.clone());
    }
    let rest = denied.strip_prefix(&mount.source).ok()?;
    Some(mount.target.join(rest))
}

/// A detached copy of a host path and the mounts below it, without set-uid and devices. The path is
/// free of links; where one appears in it meanwhile, whoever made it does not choose what is granted.
fn clone_tree(source: &Path, write: bool) -> Step<OwnedFd> {
    let failed = |error: rustix::io::Errno| match error {
        rustix::io::Errno::NOSYS => needs(Feature::MountApi)(error),
        _ => Failure {
            cause: Cause::Path,
            subject: source.to_path_buf(),
            errno: error.raw_os_error(),
        },
    };
    let place = openat2(
        CWD,
        source,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )
    .map_err(failed)?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH
        | OpenTreeFlags::AT_RECURSIVE;
    let tree = open_tree(&place, "", flags).map_err(failed)?;
    let attributes = if write { TIGHT } else { TIGHT | RO };
    sys::mount_set_attributes(tree.as_fd(), true, attributes).map_err(needs(Feature::MountApi))?;
    Ok(tree)
}

/// A device of the host. Read-only, which lets one write to the device but not change its file: for
/// root that file is its own, and its mode and owner are those of the host.
fn clone_device(name: &str) -> Step<OwnedFd> {
    let path = Path::new("/dev").join(name);
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let device = open_tree(CWD, &path, flags).map_err(setup(&path))?;
    sys::mount_set_attributes(
        device.as_fd(),
        false,
        RO | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC,
    )
    .map_err(setup(&path))?;
    Ok(device)
}

fn tmpfs(options: &[(&str, &str)]) -> Step<OwnedFd> {
    new_filesystem("tmpfs", options).map_err(needs(Feature::MountApi))
}

fn new_filesystem(kind: &str, options: &[(&str, &str)]) -> rustix::io::Result<OwnedFd> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in options {
        fsconfig_set_string(context.as_fd(), *key, *value)?;
    }
    fsconfig_create(context.as_fd())?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

/// Moves a detached mount onto an open place.
fn attach(mount: BorrowedFd<'_>, point: BorrowedFd<'_>, place: &Path) -> Step<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    move_mount(mount, "", point, "", flags).map_err(setup(place))
}

fn make_file<N: rustix::path::Arg>(parent: &OwnedFd, name: N, mode: Mode) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(
        parent,
        name,
        OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC,
        mode,
    )?)
}

fn is_dir(fd: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(rustix::fs::fstat(fd)?.st_mode & libc::S_IFMT == libc::S_IFDIR)
}

fn device(fd: &OwnedFd) -> io::Result<u64> {
    Ok(rustix::fs::fstat(fd)?.st_dev)
}

fn open_path(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(
        path,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

fn relative(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}
