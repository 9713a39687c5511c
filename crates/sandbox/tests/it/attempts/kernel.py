"""Calls that change the machine, or that have let others out before."""

import ctypes
import errno
import mmap
import os
import struct
import subprocess
import sys

from attempt import attempt, check, libc, syscall

SYSCTL = "sysctl"
URING = "io-uring"
MOUNTS = "mounts"
NAMESPACES = "namespaces"
KEYS = "keys"
KERNEL = "kernel"
MEMFD = "memfd"
FOREIGN = "foreign-calls"
DEVICES = "devices"
SHARED = "shared-memory"
HANDLES = "handles"

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000


def open_for_writing(*paths):
    path = next((path for path in paths if os.path.exists(path)), paths[0])
    os.close(os.open(path, os.O_WRONLY))


@attempt(SYSCTL, "root")
def open_hostname_setting(arena):
    open_for_writing("/proc/sys/kernel/hostname")


@attempt(SYSCTL, "root")
def open_core_pattern(arena):
    open_for_writing("/proc/sys/kernel/core_pattern")


@attempt(SYSCTL, "root")
def open_modprobe_path(arena):
    open_for_writing("/proc/sys/kernel/modprobe", "/proc/sys/kernel/panic")


@attempt(SYSCTL, "root")
def open_page_cache_setting(arena):
    open_for_writing("/proc/sys/vm/drop_caches")


@attempt(SYSCTL, "exists")
def open_sysrq_trigger(arena):
    open_for_writing("/proc/sysrq-trigger")


@attempt(SYSCTL, "root")
def open_sys_for_writing(arena):
    open_for_writing("/sys/kernel/mm/transparent_hugepage/enabled", "/sys/power/state", "/sys/kernel/uevent_helper", "/sys/kernel/profiling", "/sys/block/vda/queue/nr_requests")


@attempt(SYSCTL)
def write_own_process_settings(arena):
    with open("/proc/self/comm", "w") as file:
        file.write("renamed")


@attempt(SYSCTL, "exists")
def read_kernel_memory(arena):
    os.open("/proc/kcore", os.O_RDONLY)


@attempt(SYSCTL, "scratch")
def set_host_name(arena):
    check(libc.sethostname(b"escaped", 7))


@attempt(SYSCTL, "scratch")
def set_domain_name(arena):
    check(libc.setdomainname(b"escaped", 7))


@attempt(URING)
def set_up_ring(arena):
    syscall(425, 1, ctypes.create_string_buffer(120))


@attempt(URING, "exists")
def enter_ring(arena):
    try:
        syscall(426, 1000, 0, 0, 0, None)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise


@attempt(URING, "exists")
def register_with_ring(arena):
    try:
        syscall(427, 1000, 0, None, 0)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise


@attempt(MOUNTS, "scratch")
def mount_tmpfs(arena):
    check(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None))


@attempt(MOUNTS, "scratch")
def remount_writable(arena):
    MS_REMOUNT_BIND = 0x20 | 0x1000
    check(libc.mount(None, b"/proc", None, MS_REMOUNT_BIND, None))


@attempt(MOUNTS, "scratch")
def bind_over(arena):
    MS_BIND = 0x1000
    check(libc.mount(arena.free().encode(), arena.shown("directory").encode(), None, MS_BIND, None))


@attempt(MOUNTS, "scratch")
def unmount_what_hides(arena):
    MNT_DETACH = 2
    check(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None))
    check(libc.umount2(b"/mnt", MNT_DETACH))


@attempt(MOUNTS, "scratch")
def detach_the_cover_of_a_secret(arena):
    if os.path.ismount("/proc/kcore"):
        check(libc.umount2(b"/proc/kcore", 2))
    else:
        check(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None))
        check(libc.umount2(b"/mnt", 2))


@attempt(MOUNTS, "scratch")
def open_file_system(arena):
    syscall(430, b"tmpfs", 0)


@attempt(MOUNTS, "scratch")
def clone_tree(arena):
    OPEN_TREE_CLONE = 1
    syscall(428, -100, b"/", OPEN_TREE_CLONE | 0x8000)


@attempt(MOUNTS, "scratch")
def change_mount_attributes(arena):
    attributes = (ctypes.c_uint64 * 4)(0, 1, 0, 0)
    syscall(442, -100, b"/proc", 0, attributes, 32)


@attempt(MOUNTS, "scratch")
def change_root(arena):
    os.chroot(arena.free())


@attempt(MOUNTS, "scratch")
def pivot_root(arena):
    check(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None))
    os.chdir("/mnt")
    syscall(155, b".", b".")


@attempt(NAMESPACES)
def unshare_user(arena):
    check(libc.unshare(CLONE_NEWUSER))


@attempt(NAMESPACES)
def unshare_user_and_mounts(arena):
    check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS))


@attempt(NAMESPACES, "scratch")
def unshare_network(arena):
    check(libc.unshare(CLONE_NEWNET))


@attempt(NAMESPACES, "scratch")
def enter_own_namespace(arena):
    check(libc.setns(os.open("/proc/self/ns/uts", os.O_RDONLY), 0))


@attempt(NAMESPACES)
def clone_into_user_namespace(arena):
    pid = syscall(56, CLONE_NEWUSER | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)


@attempt(NAMESPACES)
def clone_into_user_namespace_with_high_bits(arena):
    pid = syscall(56, CLONE_NEWUSER | 17 | 1 << 40, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)


@attempt(NAMESPACES)
def clone3_into_user_namespace(arena):
    args = (ctypes.c_uint64 * 11)(CLONE_NEWUSER, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
    pid = syscall(435, args, 88)
    if pid == 0:
        os._exit(0)


@attempt(NAMESPACES)
def unshare_by_program(arena):
    done = subprocess.run(["unshare", "-Ur", "true"], capture_output=True)
    if done.returncode != 0:
        raise PermissionError(1, done.stderr.decode())


@attempt(KEYS)
def add_key(arena):
    KEY_SPEC_PROCESS_KEYRING = -2
    syscall(248, b"user", b"escape", b"x", 1, KEY_SPEC_PROCESS_KEYRING)


@attempt(KEYS, "exists")
def read_session_keyring(arena):
    KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING = 0, -3
    syscall(250, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0)


@attempt(KEYS, "exists")
def request_key(arena):
    try:
        syscall(249, b"user", b"none", None, 0)
    except OSError as error:
        if error.errno not in (errno.ENOKEY, 126):
            raise


@attempt(KERNEL, "exists")
def open_userfaultfd(arena):
    UFFD_USER_MODE_ONLY = 1
    syscall(323, UFFD_USER_MODE_ONLY)


def reaches(number, *args):
    """Calls with arguments that no kernel accepts; its complaint shows that the call got through."""
    try:
        syscall(number, *args)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EFAULT, errno.EBADF, errno.ENOEXEC, errno.ENOENT, errno.E2BIG, errno.ENODEV, errno.ENOTBLK):
            return
        raise


@attempt(KERNEL, "root")
def load_program_into_kernel(arena):
    reaches(321, 0, None, 0)


@attempt(KERNEL, "root")
def open_performance_counter(arena):
    reaches(298, None, 0, -1, -1, 0)


@attempt(KERNEL, "root")
def load_another_kernel(arena):
    reaches(246, 0, 1000, None, 1 << 62)


@attempt(KERNEL, "root")
def load_another_kernel_from_file(arena):
    reaches(320, -1, -1, 0, None, 1 << 62)


@attempt(KERNEL, "root")
def load_module(arena):
    reaches(175, None, 0, b"")


@attempt(KERNEL, "root")
def load_module_from_file(arena):
    reaches(313, -1, b"", 0)


@attempt(KERNEL, "root")
def remove_module(arena):
    reaches(176, b"no-such-module", 0o4000)


@attempt(KERNEL, "root")
def restart_the_machine(arena):
    reaches(169, 0, 0, 0, 0)


@attempt(KERNEL, "root")
def swap_to_a_file(arena):
    reaches(167, arena.free("file").encode(), 0)


@attempt(KERNEL, "root")
def read_kernel_log(arena):
    check(libc.klogctl(10, None, 0))


@attempt(KERNEL, "root")
def set_the_clock(arena):
    reaches(164, ctypes.c_void_p(1), None)


@attempt(KERNEL, "root")
def account_processes_to_a_file(arena):
    reaches(163, b"/no/such/file")


@attempt(KERNEL, "root")
def raise_io_privilege(arena):
    reaches(172, 9)


@attempt(KERNEL, "exists")
def watch_whole_file_system(arena):
    FAN_CLASS_NOTIF, FAN_REPORT_FID = 0, 0x200
    syscall(300, FAN_CLASS_NOTIF | FAN_REPORT_FID, 0)


@attempt(KERNEL)
def change_own_segment_table(arena):
    syscall(154, 0, ctypes.create_string_buffer(16), 16)


@attempt(HANDLES)
def make_file_handle(arena):
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + b"\0" * 128)
    mount = ctypes.c_int()
    syscall(303, -100, arena.shown("file").encode(), handle, ctypes.byref(mount), 0)


@attempt(HANDLES, "root")
def open_file_by_handle(arena):
    handle = ctypes.create_string_buffer(struct.pack("Ii", 0, 0))
    reaches(304, -100, handle, 0)


@attempt(HANDLES, "exists")
def open_mounts_by_number(arena):
    reaches(467, -100, b"", 0x1001, None, 0)


@attempt(MEMFD)
def make_memory_file(arena):
    syscall(319, b"x", 0)


@attempt(MEMFD)
def run_memory_file(arena):
    fd = syscall(319, b"x", 0)
    with open("/bin/true", "rb") as source:
        os.write(fd, source.read())
    if subprocess.run([f"/proc/self/fd/{fd}"], pass_fds=[fd]).returncode != 0:
        raise PermissionError(1, "not run")


@attempt(MEMFD, "exists")
def make_secret_memory(arena):
    syscall(447, 0)


def run_code(code):
    libc.mmap.restype = ctypes.c_void_p
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)()


@attempt(FOREIGN, "exists")
def ask_by_interrupt(arena):
    # mov eax, 20 (getpid of i386); int 0x80; ret
    if run_code(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3") != os.getpid():
        raise OSError(errno.ENOSYS, "the kernel has no calls of i386")


@attempt(FOREIGN, "exists")
def make_socket_by_interrupt(arena):
    # push rbx; mov eax, 359 (socket of i386); mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; pop rbx; ret
    code = b"\x53\xb8\x67\x01\x00\x00\xbb\x02\x00\x00\x00\xb9\x01\x00\x00\x00\x31\xd2\xcd\x80\x5b\xc3"
    result = run_code(code)
    if result < 0:
        raise OSError(-result, "refused")


@attempt(FOREIGN, "exists")
def ask_by_x32_call(arena):
    try:
        syscall(0x40000000 | 39)
    except OSError as error:
        # A kernel without x32 says so itself; the box does not even let it.
        if error.errno != errno.ENOSYS:
            raise


@attempt(FOREIGN, "exists")
def ask_by_unknown_call(arena):
    try:
        syscall(469 + 500)
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
        raise PermissionError(1, "not there")


@attempt(DEVICES, "root")
def make_device_for_memory(arena):
    os.mknod(arena.free("memory"), 0o20600, os.makedev(1, 1))


@attempt(DEVICES, "root")
def make_device_for_disk(arena):
    os.mknod(arena.free("disk"), 0o60600, os.makedev(254, 0))


@attempt(DEVICES, "root")
def make_harmless_device_in_tmp(arena):
    path = f"/tmp/{arena.fact('token')}-null"
    os.mknod(path, 0o20600, os.makedev(1, 3))
    os.unlink(path)


@attempt(DEVICES, "root")
def open_kernel_log_device(arena):
    os.open("/dev/kmsg", os.O_RDONLY)


@attempt(DEVICES, "exists")
def open_a_disk(arena):
    disk = next((f"/dev/{name}" for name in ("vda", "sda", "nvme0n1", "loop0") if os.path.exists(f"/dev/{name}")), "/dev/vda")
    os.open(disk, os.O_RDONLY)


@attempt(DEVICES, "exists")
def open_fuse(arena):
    os.open("/dev/fuse", os.O_RDWR)


@attempt(DEVICES, "exists")
def open_virtual_machine_device(arena):
    os.open("/dev/kvm", os.O_RDWR)


@attempt(DEVICES, "exists")
def open_tunnel_device(arena):
    os.open("/dev/net/tun", os.O_RDWR)


@attempt(DEVICES)
def open_shared_terminal_multiplexer(arena):
    os.open("/dev/ptmx", os.O_RDWR)


@attempt(SHARED)
def read_shared_memory_of_the_host(arena):
    path = "/dev/shm/" + arena.fact("token")
    if "secret" not in open(path).read():
        raise PermissionError(1, "no secret")


@attempt(SHARED)
def make_system_v_memory(arena):
    IPC_PRIVATE, IPC_RMID = 0, 0
    libc.shmctl(check(libc.shmget(IPC_PRIVATE, 4096, 0o600)), IPC_RMID, None)


@attempt(SHARED)
def make_system_v_queue(arena):
    libc.msgctl(check(libc.msgget(0, 0o600)), 0, None)


@attempt(SHARED)
def make_system_v_semaphore(arena):
    libc.semctl(check(libc.semget(0, 1, 0o600)), 0, 0)


@attempt(SHARED, "exists")
def make_message_queue(arena):
    O_CREAT = 0o100
    name = f"/{arena.fact('token')}".encode()
    syscall(240, name[1:], O_CREAT | 2, 0o600, None)
    syscall(241, name[1:])


@attempt(DEVICES, "root")
def change_permissions_of_null(arena):
    """The mode that it has anyway, so that the control changes nothing."""
    os.chmod("/dev/null", 0o666)


@attempt(DEVICES, "root")
def change_owner_of_null(arena):
    stat = os.stat("/dev/null")
    os.chown("/dev/null", stat.st_uid, stat.st_gid)


@attempt(DEVICES, "root")
def change_times_of_zero(arena):
    stat = os.stat("/dev/zero")
    os.utime("/dev/zero", ns=(stat.st_atime_ns, stat.st_mtime_ns))
