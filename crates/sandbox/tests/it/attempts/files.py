"""Writing, renaming, linking and reading where nothing of that was granted."""

import ctypes
import os
import shutil
import stat
import subprocess

from attempt import attempt, check, libc, syscall

OUTSIDE = "outside"
LINKS = "links"
READS = "reads"
PROC = "proc"


def write(path, mode="w"):
    with open(path, mode) as file:
        file.write("escaped")


@attempt(OUTSIDE)
def overwrite_shown_file(arena):
    write(arena.shown("file"))


@attempt(OUTSIDE)
def append_to_shown_file(arena):
    write(arena.shown("file"), "a")


@attempt(OUTSIDE)
def create_in_shown_directory(arena):
    write(arena.shown("new"))


@attempt(OUTSIDE)
def create_in_hidden_directory(arena):
    write(arena.hidden("new"))


@attempt(OUTSIDE)
def overwrite_hidden_file(arena):
    # The directory may not be there; making it again would land in our own empty root.
    fd = os.open(arena.hidden("file"), os.O_WRONLY)
    os.write(fd, b"escaped")


@attempt(OUTSIDE)
def truncate_shown_file(arena):
    os.truncate(arena.shown("file"), 0)


@attempt(OUTSIDE)
def chmod_shown_file(arena):
    os.chmod(arena.shown("file"), 0o777)


@attempt(OUTSIDE)
def touch_shown_file(arena):
    os.utime(arena.shown("file"), (1, 1))


@attempt(OUTSIDE)
def chown_shown_file(arena):
    os.chown(arena.shown("file"), os.getuid(), os.getgid())


@attempt(OUTSIDE)
def set_attribute_of_shown_file(arena):
    # A mode change by number reaches file systems without user attributes as well.
    try:
        os.setxattr(arena.shown("file"), "user.escaped", b"1")
    except OSError as error:
        if error.errno != 95:
            raise
        os.chmod(arena.shown("file"), 0o700)


@attempt(OUTSIDE)
def remove_shown_file(arena):
    os.unlink(arena.shown("file"))


@attempt(OUTSIDE)
def remove_shown_directory(arena):
    shutil.rmtree(arena.shown("directory"))


@attempt(OUTSIDE)
def rename_within_shown(arena):
    os.rename(arena.shown("file"), arena.shown("renamed"))


@attempt(OUTSIDE)
def move_free_file_out(arena):
    os.rename(arena.free("file"), arena.shown("moved"))


@attempt(OUTSIDE)
def move_shown_file_in(arena):
    os.rename(arena.shown("file"), arena.free("moved"))


@attempt(OUTSIDE)
def exchange_with_shown_file(arena):
    RENAME_EXCHANGE = 2
    libc.renameat2.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    check(libc.renameat2(-100, arena.free("file").encode(), -100, arena.shown("file").encode(), RENAME_EXCHANGE))


@attempt(OUTSIDE)
def make_directory_outside(arena):
    os.mkdir(arena.shown("made"))


@attempt(OUTSIDE)
def make_link_outside(arena):
    os.symlink("/", arena.shown("link"))


@attempt(OUTSIDE)
def make_pipe_outside(arena):
    os.mkfifo(arena.shown("pipe"))


@attempt(LINKS)
def write_through_link_out(arena):
    os.symlink(arena.shown("file"), arena.free("out"))
    write(arena.free("out"))


@attempt(LINKS)
def write_through_directory_link_out(arena):
    os.symlink(arena.shown(), arena.free("out"))
    write(arena.free("out", "new"))


@attempt(LINKS)
def create_through_dangling_link_out(arena):
    os.symlink(arena.hidden("made"), arena.free("out"))
    write(arena.free("out"))


@attempt(LINKS)
def write_through_dots(arena):
    write(arena.free("..", "shown", "file"))


@attempt(LINKS)
def write_through_hard_link(arena):
    os.link(arena.shown("file"), arena.free("hard"))
    write(arena.free("hard"))


@attempt(LINKS)
def write_above_working_directory(arena):
    os.chdir(arena.free("directory"))
    os.chdir("../..")
    write("shown/file")


@attempt(LINKS)
def write_through_descriptor_of_directory(arena):
    directory = os.open(arena.shown(), os.O_RDONLY)
    os.open("file", os.O_WRONLY | os.O_TRUNC, dir_fd=directory)


@attempt(LINKS)
def reopen_reading_descriptor_for_writing(arena):
    fd = os.open(arena.shown("file"), os.O_RDONLY)
    write(f"/proc/self/fd/{fd}")


@attempt(READS)
def read_hidden_file(arena):
    open(arena.hidden("file")).read()


@attempt(READS)
def list_hidden_directory(arena):
    os.listdir(arena.hidden())


@attempt(READS)
def read_denied_file(arena):
    open(arena.shown("secret")).read()


@attempt(READS)
def list_denied_directory(arena):
    os.listdir(arena.shown("vault"))


@attempt(READS)
def read_denied_file_through_alias(arena):
    """The test binds shown/ a second time; without a box the alias is a link."""
    open(arena.free("alias", "secret")).read()


@attempt(READS)
def list_denied_directory_through_alias(arena):
    os.listdir(arena.free("alias", "vault"))


@attempt(READS)
def read_denied_file_bound_by_itself(arena):
    open(arena.free("alias-of-key")).read()


@attempt(READS)
def open_denied_file_to_everybody(arena):
    os.chmod(arena.shown("secret"), 0o666)
    open(arena.shown("secret")).read()


@attempt(READS)
def uncover_denied_file_by_renaming(arena):
    os.rename(arena.shown("secret"), arena.shown("uncovered"))
    open(arena.shown("uncovered")).read()


@attempt(READS, "root")
def read_shadow(arena):
    open("/etc/shadow").read()


@attempt(READS)
def read_mount_table_of_the_host(arena):
    # A world-readable file of /etc that no program needs.
    open("/etc/fstab" if os.path.exists("/etc/fstab") else "/etc/debian_version").read()


@attempt(READS, "root")
def list_home_of_root(arena):
    os.listdir("/root")


@attempt(PROC)
def read_through_own_root(arena):
    open("/proc/self/root" + arena.hidden("file")).read()


@attempt(PROC)
def read_through_root_of_init(arena):
    # Without a box the init is not ours; any process of ours stands for it.
    pid = 1 if os.getpid() < 100 else os.getpid()
    open(f"/proc/{pid}/root" + arena.hidden("file")).read()


@attempt(PROC)
def leave_by_dots_above_root(arena):
    open("/../../.." + arena.hidden("file")).read()


@attempt(PROC)
def write_memory_of_init(arena):
    pid = 1 if os.getpid() < 100 else os.getpid()
    os.open(f"/proc/{pid}/mem", os.O_RDWR)


@attempt(PROC)
def open_descriptors_of_init(arena):
    pid = 1 if os.getpid() < 100 else os.getpid()
    os.open(f"/proc/{pid}/fd/0", os.O_RDONLY)


@attempt(PROC)
def read_environment_of_init(arena):
    pid = 1 if os.getpid() < 100 else os.getpid()
    open(f"/proc/{pid}/environ").read()


@attempt(PROC)
def read_environment_of_the_test(arena):
    open(f"/proc/{arena.fact('pid')}/environ").read()


@attempt(PROC)
def see_processes_of_the_host(arena):
    if "\0" not in open(f"/proc/{arena.fact('pid')}/cmdline").read():
        raise PermissionError(1, "not the process of the test")
    if arena.fact("pid") not in os.listdir("/proc"):
        raise PermissionError(1, "not listed")


@attempt(PROC, "root")
def overwrite_program_of_init(arena):
    pid = 1 if os.getpid() < 100 else os.getpid()
    # Opening is the escape; a running program may be busy, which shows that one got that far.
    try:
        os.close(os.open(f"/proc/{pid}/exe", os.O_RDWR))
    except OSError as error:
        if error.errno != 26:
            raise


@attempt(OUTSIDE)
def write_into_pipe_of_the_host(arena):
    """A read-only mount does not stop writing into pipes."""
    fd = os.open(arena.shown("pipe-of-the-host"), os.O_RDWR | os.O_NONBLOCK)
    os.write(fd, b"escaped")


@attempt(OUTSIDE)
def make_others_wait_for_a_file(arena):
    import fcntl

    fd = os.open(arena.shown("file"), os.O_RDONLY)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
