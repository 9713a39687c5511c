"""Other processes, other users, other terminals, and what is left behind."""

import ctypes
import errno
import fcntl
import os
import signal
import subprocess
import sys
import time

from attempt import attempt, check, libc, syscall

SIGNALS = "signals"
IDENTITY = "identity"
INHERITED = "inherited"
TERMINAL = "terminal"
SURVIVORS = "survivors"


@attempt(SIGNALS)
def signal_the_test(arena):
    os.kill(int(arena.fact("pid")), 0)


@attempt(SIGNALS)
def open_the_test_by_descriptor(arena):
    SYS_pidfd_open = 434
    syscall(SYS_pidfd_open, int(arena.fact("pid")), 0)


@attempt(SIGNALS, "exists")
def trace_a_child(arena):
    PTRACE_ATTACH = 16
    child = os.fork()
    if child == 0:
        time.sleep(1)
        os._exit(0)
    try:
        libc.ptrace.restype = ctypes.c_long
        check(libc.ptrace(PTRACE_ATTACH, child, None, None))
    finally:
        os.kill(child, signal.SIGKILL)


@attempt(SIGNALS)
def read_memory_of_a_child(arena):
    class Vector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    buffer = ctypes.create_string_buffer(b"x" * 8)
    here = Vector(ctypes.addressof(buffer), 8)
    check(libc.process_vm_readv(os.getpid(), ctypes.byref(here), 1, ctypes.byref(here), 1, 0))


@attempt(SIGNALS)
def take_descriptor_of_another(arena):
    SYS_pidfd_open, SYS_pidfd_getfd = 434, 438
    syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, os.getpid(), 0), 1, 0)


@attempt(SIGNALS, "root")
def raise_own_priority(arena):
    os.setpriority(os.PRIO_PROCESS, 0, 10)
    os.setpriority(os.PRIO_PROCESS, 0, 5)


# Many machines and containers grant no real-time share, not even to root.
@attempt(SIGNALS, "exists")
def become_realtime(arena):
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


@attempt(SIGNALS, "exists")
def raise_own_limits(arena):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard == resource.RLIM_INFINITY:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NPROC, (hard + 1, hard + 1))
    except ValueError as error:
        raise PermissionError(errno.EPERM, str(error))


@attempt(IDENTITY, "root")
def become_another_user(arena):
    os.setresuid(12345, 12345, 12345)


@attempt(IDENTITY, "root")
def join_another_group(arena):
    os.setgroups([12345])


@attempt(IDENTITY, "root")
def give_file_away(arena):
    os.chown(arena.free("file"), 12345, 12345)


@attempt(IDENTITY, "root")
def run_set_user_id_program(arena):
    """The test left a copy of `id` that changes its user, where it was root to do so."""
    out = subprocess.run([arena.shown("setuid-id"), "-u"], capture_output=True, text=True)
    if out.stdout.strip() != "12345":
        raise PermissionError(1, "still the same user")


@attempt(IDENTITY, "root")
def raise_a_capability(arena):
    class Header(ctypes.Structure):
        _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]

    CAP_SYS_ADMIN = 1 << 21
    header = Header(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)(CAP_SYS_ADMIN, CAP_SYS_ADMIN, 0, 0, 0, 0)
    check(libc.capset(ctypes.byref(header), data))


@attempt(IDENTITY, "root")
def gain_capabilities_by_exec(arena):
    status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout
    effective = next(line for line in status.splitlines() if line.startswith("CapEff"))
    if int(effective.split()[1], 16) == 0:
        raise PermissionError(1, "no capability")


@attempt(IDENTITY)
def mark_file_set_user_id_for_the_host(arena):
    """A set-user-id file left behind would be obeyed outside; inside it has no effect."""
    path = arena.free("program")
    with open("/bin/true", "rb") as source, open(path, "wb") as target:
        target.write(source.read())
    os.chmod(path, 0o4755)
    if os.stat(path).st_mode & 0o4000 == 0:
        raise PermissionError(1, "the bit was dropped")


@attempt(INHERITED)
def read_secret_of_environment(arena):
    if "ESCAPE_SECRET" not in os.environ:
        raise PermissionError(1, "not in the environment")


@attempt(INHERITED)
def read_inherited_descriptor(arena):
    for fd in range(3, 256):
        try:
            if b"secret" in os.pread(fd, 100, 0):
                return
        except OSError:
            pass
    raise PermissionError(1, "no descriptor holds the secret")


@attempt(INHERITED)
def find_more_than_three_descriptors(arena):
    count = len(os.listdir("/proc/self/fd")) - 1
    if count <= 3:
        raise PermissionError(1, "three descriptors")


@attempt(INHERITED)
def read_host_name(arena):
    if os.uname().nodename != arena.fact("hostname"):
        raise PermissionError(1, "another name")


@attempt(TERMINAL, "exists")
def type_for_the_user(arena):
    TIOCSTI = 0x5412
    try:
        fcntl.ioctl(0, TIOCSTI, b"x")
    except OSError as error:
        # Without a terminal the kernel looks at the request all the same; a filter does not let it.
        if error.errno not in (errno.ENOTTY, errno.EIO):
            raise


@attempt(TERMINAL, "exists")
def type_with_high_bits_set(arena):
    TIOCSTI = 0x5412
    SYS_ioctl = 16
    try:
        syscall(SYS_ioctl, 0, TIOCSTI | 1 << 32, b"x")
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EIO):
            raise


@attempt(TERMINAL, "exists")
def paste_on_the_console(arena):
    TIOCLINUX = 0x541C
    try:
        fcntl.ioctl(0, TIOCLINUX, b"\3")
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EIO):
            raise


@attempt(TERMINAL, "exists")
def open_controlling_terminal(arena):
    os.open("/dev/tty", os.O_RDWR)


def daemonise(arena, body):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            body()
            os._exit(0)
        os._exit(0)
    os.wait()


def write_later(arena):
    """Leaves a mark where the test looks, long after the command has ended."""

    def body():
        for signal_number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(signal_number, signal.SIG_IGN)
        time.sleep(0.5)
        open(arena.free("late"), "w").close()

    return body


@attempt(SURVIVORS, "leaves")
def survive_by_double_fork(arena):
    daemonise(arena, write_later(arena))


@attempt(SURVIVORS, "leaves")
def survive_with_closed_descriptors(arena):
    def body():
        os.closerange(0, 256)
        write_later(arena)()

    daemonise(arena, body)


@attempt(SURVIVORS, "leaves")
def survive_as_shell_job(arena):
    mark = arena.free("late")
    subprocess.run(["sh", "-c", f"(trap '' TERM HUP; sleep 0.5; touch {mark}) >/dev/null 2>&1 &"])


@attempt(SURVIVORS, "leaves")
def survive_by_holding_the_output(arena):
    """The grandchild keeps the pipe open; whoever waits for its end would wait long."""
    if os.fork() == 0:
        write_later(arena)()
        os._exit(0)


def init_or_self():
    # In a box the init is process 1. Without one, this process stands for it.
    return 1 if os.getpid() < 100 else os.getpid()


@attempt(SIGNALS)
def limit_the_init(arena):
    import resource

    pid = init_or_self()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(soft, 50), hard))


@attempt(SIGNALS)
def slow_down_the_init(arena):
    os.setpriority(os.PRIO_PROCESS, init_or_self(), 19)


@attempt(SIGNALS, "exists")
def slow_down_all_of_the_user(arena):
    # To the value that it has, so that the control changes nothing.
    os.setpriority(os.PRIO_USER, 0, os.getpriority(os.PRIO_USER, 0))


@attempt(SIGNALS)
def make_the_init_idle(arena):
    os.sched_setscheduler(init_or_self(), os.SCHED_IDLE, os.sched_param(0))


@attempt(SIGNALS)
def pin_the_init(arena):
    os.sched_setaffinity(init_or_self(), {min(os.sched_getaffinity(0))})
