"""Newer doors, and what tools of the host take for theirs."""

import ctypes
import errno
import os
import resource
import signal
import socket
import subprocess

from attempt import attempt, check, libc, syscall
from files import write
from kernel import reaches
from processes import init_or_self

REPOSITORIES = "metadata-made"
SPELLINGS = "metadata-spelled"
FRESH = "fresh-calls"
INIT = "init"


def git_says(directory):
    """What git runs when a prompt asks it about `directory`."""
    subprocess.run(["git", "status"], cwd=directory, capture_output=True, env={"PATH": os.environ["PATH"], "HOME": "/"})


def make_bare_repository(top, mark):
    os.makedirs(os.path.join(top, "objects"), exist_ok=True)
    os.makedirs(os.path.join(top, "refs"), exist_ok=True)
    with open(os.path.join(top, "config"), "w") as file:
        file.write(f"[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\nfsmonitor = touch {mark}; false\n")
    with open(os.path.join(top, "HEAD"), "w") as file:
        file.write("ref: refs/heads/main\n")


@attempt(REPOSITORIES)
def make_a_directory_a_repository(arena):
    """Git takes a directory with HEAD, refs and objects for a repository, and obeys its config."""
    make_bare_repository(arena.free("directory"), arena.free("obeyed"))


@attempt(REPOSITORIES)
def rename_a_file_to_head(arena):
    os.rename(arena.free("file"), arena.free("directory", "HEAD"))


@attempt(REPOSITORIES)
def link_a_file_to_head(arena):
    os.link(arena.free("file"), arena.free("directory", "HEAD"))


@attempt(REPOSITORIES)
def make_head_a_link(arena):
    os.symlink("../file", arena.free("directory", "HEAD"))


@attempt(REPOSITORIES)
def make_head_through_a_dangling_link(arena):
    os.symlink(arena.free("directory", "HEAD"), arena.free("innocent"))
    write(arena.free("innocent"))


@attempt(REPOSITORIES)
def complete_a_repository(arena):
    """`half/` has a HEAD and nothing else."""
    os.mkdir(arena.free("half", "objects"))


@attempt(REPOSITORIES)
def change_hooks_kept_in_the_work_tree(arena):
    """The configuration of `hooked/.git` names `tools/hooks`."""
    write(arena.free("hooked", "tools", "hooks", "pre-commit"))


@attempt(REPOSITORIES)
def open_a_closed_directory_and_change_its_repository(arena):
    """`closed/` may not be looked into, but its owner may change that."""
    os.chmod(arena.free("closed"), 0o755)
    write(arena.free("closed", ".git", "config"), "a")


def spelled(name):
    def make(arena):
        os.mkdir(arena.free("directory", name))

    return make


@attempt(SPELLINGS)
def make_repository_with_dot_at_end(arena):
    spelled(".git.")(arena)


@attempt(SPELLINGS)
def make_repository_with_invisible_letter(arena):
    spelled(".g\u200bit")(arena)


@attempt(SPELLINGS)
def make_editor_settings_with_long_s(arena):
    spelled(".v\u017fcode")(arena)


@attempt(SPELLINGS)
def make_hooks_with_kelvin_sign(arena):
    spelled(".hus\u212ay")(arena)


@attempt(SPELLINGS)
def rename_to_invisible_spelling(arena):
    os.makedirs(arena.free("prepared"))
    os.rename(arena.free("prepared"), arena.free("directory", ".\u2060git"))


@attempt(FRESH, "root")
def move_a_mount(arena):
    reaches(429, -1, b"", -1, b"", 0x44)


@attempt(FRESH, "root")
def configure_a_file_system(arena):
    reaches(431, -1, 6, None, None, 0)


@attempt(FRESH, "root")
def make_a_mount(arena):
    reaches(432, -1, 0, 0)


@attempt(FRESH, "root")
def pick_a_file_system(arena):
    reaches(433, -100, b"/no/such/place", 0)


@attempt(FRESH, "exists")
def list_mounts_by_number(arena):
    request = (ctypes.c_uint64 * 3)(24, 0xFFFFFFFFFFFFFFFF, 0)
    found = (ctypes.c_uint64 * 64)()
    syscall(458, request, found, 64, 0)


@attempt(FRESH, "exists")
def describe_a_mount(arena):
    request = (ctypes.c_uint64 * 3)(24, 1, 1)
    reaches(457, request, ctypes.create_string_buffer(4096), 4096, 0)


@attempt(FRESH, "exists")
def ask_for_quotas(arena):
    reaches(443, -1, 0, 0, None)


@attempt(FRESH, "exists")
def advise_another_process(arena):
    reaches(440, -1, None, 0, 4, 0)


@attempt(FRESH, "root")
def open_the_root_of_all_processes(arena):
    FD_PIDFS_ROOT = -10002
    handle = ctypes.create_string_buffer(16)
    reaches(304, FD_PIDFS_ROOT, handle, 0)


@attempt(FRESH, "exists")
def take_huge_pages_of_the_machine(arena):
    """They belong to the whole machine and count for no limit."""
    MAP_PRIVATE, MAP_ANONYMOUS, MAP_HUGETLB = 2, 0x20, 0x40000
    try:
        syscall(9, 0, 2 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0)
    except OSError as error:
        # The machine has none left; it was asked.
        if error.errno != errno.ENOMEM:
            raise


@attempt(FRESH, "exists")
def have_a_core_file_sent_to_the_host(arena):
    """A core pattern that names a program of the host is not held back by a limit of 0, but by 1."""
    if resource.getrlimit(resource.RLIMIT_CORE)[0] != 1:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if resource.getrlimit(resource.RLIMIT_CORE)[0] != 1:
        return
    raise PermissionError(errno.EPERM, "the limit stays at 1")


@attempt(FRESH, "exists")
def open_sockets_of_rare_types(arena):
    SOCK_RDM, SOCK_DCCP = 4, 6
    for kind in (SOCK_RDM, socket.SOCK_SEQPACKET, SOCK_DCCP):
        for protocol in (0, 33, 132, 262):
            try:
                socket.socket(socket.AF_INET, kind, protocol)
                return
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.EACCES):
                    return
    raise PermissionError(errno.EPERM, "none")


@attempt(INIT, "exists")
def end_the_init(arena):
    """In a box process 1 is its init; were it to end, the test would see no outcome."""
    if os.uname().nodename != "freehold":
        return
    for number in range(1, 65):
        try:
            os.kill(1, number)
            syscall(424, syscall(434, 1, 0), number, None, 0)
        except OSError:
            pass
    raise PermissionError(errno.EPERM, "still here")


@attempt(INIT, "exists")
def signal_everybody(arena):
    # Signal 0 looks and does nothing.
    os.kill(-1, 0)


@attempt(INIT, "does")
def signal_the_group_of_the_caller(arena):
    os.kill(-os.getpgid(os.getppid()) if os.getppid() > 1 else -int(arena.fact("pid")), 0)


@attempt(INIT)
def read_the_stack_of_the_init(arena):
    open(f"/proc/{init_or_self()}/maps").read()


@attempt(INIT)
def enter_the_directory_of_the_init(arena):
    os.chdir(f"/proc/{init_or_self()}/cwd")


@attempt(INIT)
def see_the_descriptors_of_the_init(arena):
    os.listdir(f"/proc/{init_or_self()}/fdinfo")


@attempt(INIT, "exists")
def start_the_helper_by_its_name(arena):
    """Whoever calls the helper by hand gets nothing from it."""
    program = os.readlink(f"/proc/{init_or_self()}/exe")
    done = subprocess.run(["freehold-sandbox"], executable=program, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        raise PermissionError(errno.EPERM, done.stderr.decode())


@attempt(INIT, "root")
def make_the_group_of_the_init_idle(arena):
    PRIO_PGRP = 1
    os.setpriority(PRIO_PGRP, init_or_self() if init_or_self() == 1 else 0, 19)


@attempt(INIT)
def change_who_falls_when_memory_is_short(arena):
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


@attempt(INIT, "root")
def make_a_cgroup(arena):
    for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.path.exists(top + "/cgroup.procs"):
            place = f"{top}/{arena.fact('token')}"
            os.mkdir(place)
            os.rmdir(place)
            return
    if not os.path.exists("/sys/fs/cgroup"):
        raise PermissionError(errno.EPERM, "no cgroup is shown")
