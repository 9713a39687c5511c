//! Where this process may make cgroups, from what the kernel says of mounts and memberships.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// One line of `/proc/self/mountinfo`.
struct Mount {
    /// The directory of the file system that is shown.
    root: PathBuf,
    /// Where it is shown.
    point: PathBuf,
    kind: String,
    is_read_only: bool,
}

/// A directory in which a cgroup may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) directory: PathBuf,
    /// Whether it is this process's own, with nobody above to say what is bounded in it.
    pub(super) is_own: bool,
}

/// The directories in which a cgroup may be made, the best first: beside this process's own, or
/// inside it where that is the topmost that can be seen.
pub(super) fn parents(mountinfo: &str, membership: &str) -> Vec<Parent> {
    let Some(own) = membership
        .lines()
        .find_map(|line| line.strip_prefix("0::"))
        .map(Path::new)
        .filter(|own| own.is_absolute())
    else {
        return Vec::new();
    };
    let shown = mounts(mountinfo)
        .filter(|mount| mount.kind == "cgroup2" && !mount.is_read_only)
        .filter_map(|mount| Some((own.strip_prefix(&mount.root).ok()?.to_owned(), mount)));
    let parents = shown.filter_map(|(below, mount)| {
        // Above the root of the namespace: not shown, whatever the names say.
        if below.components().any(|part| part.as_os_str() == "..") {
            return None;
        }
        if below == Path::new("") {
            return Some(Parent {
                directory: mount.point,
                is_own: true,
            });
        }
        let beside = mount.point.join(&below).parent()?.to_owned();
        Some(Parent {
            directory: beside,
            is_own: false,
        })
    });
    parents.collect()
}

/// Every place where cgroup files, of either version, are shown.
pub(crate) fn mount_points(mountinfo: &str) -> Vec<PathBuf> {
    mounts(mountinfo)
        .filter(|mount| mount.kind == "cgroup" || mount.kind == "cgroup2")
        .map(|mount| mount.point)
        .collect()
}

fn mounts(mountinfo: &str) -> impl Iterator<Item = Mount> {
    mountinfo.lines().filter_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let fields = place.split(' ').collect::<Vec<_>>();
        Some(Mount {
            root: unescaped(fields.get(3)?),
            point: unescaped(fields.get(4)?),
            kind: kind.split(' ').next()?.to_owned(),
            is_read_only: fields.get(5)?.split(',').any(|option| option == "ro"),
        })
    })
}

/// Blanks, tabs, line ends and backslashes are written as three octal digits.
fn unescaped(text: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let octal = tail
            .get(..3)
            .filter(|_| *first == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { &tail[3..] } else { tail };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIFIED: &str = "\
22 28 0:20 / /proc rw,nosuid shared:12 - proc proc rw
35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot";

    const HYBRID: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:3 - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";

    fn found(mountinfo: &str, membership: &str) -> Vec<String> {
        parents(mountinfo, membership)
            .iter()
            .map(|parent| parent.directory.display().to_string())
            .collect()
    }

    #[test]
    fn in_a_session_of_systemd_it_is_beside_the_own_one() {
        let own = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope\n";
        assert_eq!(
            found(UNIFIED, own),
            ["/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice"]
        );
        assert_eq!(found(UNIFIED, "0::/init.scope\n"), ["/sys/fs/cgroup"]);
    }

    #[test]
    fn in_a_container_it_is_inside_the_root_of_the_namespace() {
        assert_eq!(found(UNIFIED, "0::/\n"), ["/sys/fs/cgroup"]);
        assert!(parents(UNIFIED, "0::/\n")[0].is_own);
        assert!(!parents(UNIFIED, "0::/init.scope\n")[0].is_own);
        let bound = "35 24 0:30 /docker/4f1a /sys/fs/cgroup rw - cgroup2 cgroup rw";
        assert_eq!(found(bound, "0::/docker/4f1a\n"), ["/sys/fs/cgroup"]);
        assert_eq!(found(bound, "0::/docker/4f1a/worker\n"), ["/sys/fs/cgroup"]);
        let read_only = "35 24 0:30 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw";
        assert!(found(read_only, "0::/\n").is_empty());
    }

    #[test]
    fn on_a_hybrid_system_it_is_in_the_second_version_alone() {
        let own = "9:name=systemd:/\n4:memory:/process/6f51\n1:cpu:/\n0::/user.slice/a.scope\n";
        assert_eq!(found(HYBRID, own), ["/sys/fs/cgroup/unified/user.slice"]);
        assert!(found(HYBRID, "4:memory:/x\n1:name=systemd:/\n").is_empty());
        let first_alone = HYBRID.lines().take(2).collect::<Vec<_>>().join("\n");
        assert!(found(&first_alone, own).is_empty());
    }

    #[test]
    fn what_lies_outside_of_what_is_shown_is_not_guessed() {
        let bound = "35 24 0:30 /docker/4f1a /sys/fs/cgroup rw - cgroup2 cgroup rw";
        assert!(found(bound, "0::/system.slice\n").is_empty());
        assert!(found(UNIFIED, "0::/../sibling\n").is_empty());
        assert!(found(UNIFIED, "").is_empty());
        assert!(found("", "0::/\n").is_empty());
        assert!(found("no mount at all\n1 2 3 - cgroup2", "0::/\n").is_empty());
    }

    #[test]
    fn names_the_places_of_both_versions_also_those_with_blanks() {
        let odd = "9 1 0:3 / /a\\040b\\134c rw - cgroup2 none rw";
        assert_eq!(mount_points(odd), [PathBuf::from("/a b\\c")]);
        assert_eq!(
            mount_points(HYBRID),
            [
                PathBuf::from("/sys/fs/cgroup/memory"),
                PathBuf::from("/sys/fs/cgroup/unified")
            ]
        );
    }
}
