"""Using more than was granted. The amounts are harmless without a box and over its limits inside."""

import errno
import os
import select
import threading
import time

from attempt import attempt, check, libc, syscall

BOMBS = "bombs"
MEMORY = "memory"
DISK = "disk"


@attempt(BOMBS)
def fork_many(arena):
    """Sixty processes at once, where forty are allowed."""
    children = []
    try:
        for _ in range(60):
            child = os.fork()
            if child == 0:
                time.sleep(10)
                os._exit(0)
            children.append(child)
        time.sleep(0.2)
    finally:
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0)


@attempt(BOMBS)
def fork_in_a_chain(arena):
    """Each process makes the next, sixty deep; the last one says so to the first."""
    reader, writer = os.pipe()
    first = os.getpid()
    for _ in range(60):
        try:
            if os.fork() != 0:
                break
        except OSError:
            os._exit(1)
    else:
        os.write(writer, b"x")
    if os.getpid() != first:
        time.sleep(1)
        os._exit(0)
    os.close(writer)
    if not select.select([reader], [], [], 1)[0] or os.read(reader, 1) != b"x":
        raise PermissionError(errno.EAGAIN, "the chain broke")


@attempt(BOMBS)
def start_many_threads(arena):
    stop = threading.Event()
    threads = []
    try:
        for _ in range(60):
            thread = threading.Thread(target=stop.wait)
            try:
                thread.start()
            except RuntimeError as error:
                raise PermissionError(errno.EAGAIN, str(error))
            threads.append(thread)
        time.sleep(0.2)
    finally:
        stop.set()


@attempt(BOMBS)
def print_without_end(arena):
    for _ in range(64):
        os.write(1, b"x" * (1 << 16))


@attempt(BOMBS)
def complain_without_end(arena):
    for _ in range(64):
        os.write(2, b"x" * (1 << 16))


@attempt(BOMBS)
def open_many_files(arena):
    keep = [os.open("/dev/null", os.O_RDONLY) for _ in range(400)]
    assert keep


@attempt(BOMBS)
def spin_for_long(arena):
    end = time.monotonic() + 4
    while time.monotonic() < end:
        pass


@attempt(BOMBS)
def sleep_for_long(arena):
    time.sleep(4)


@attempt(MEMORY)
def fill_memory(arena):
    try:
        block = bytearray(400 << 20)
    except MemoryError:
        raise PermissionError(errno.ENOMEM, "no memory")
    assert block


@attempt(MEMORY)
def fill_memory_by_many(arena):
    """Each process stays below the limit; together they are over it."""
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            block = bytearray(os.urandom(1 << 20)) * 70
            time.sleep(1.5)
            os._exit(0 if block else 1)
        children.append(child)
    if any(os.waitpid(child, 0)[1] != 0 for child in children):
        raise PermissionError(errno.ENOMEM, "a child was refused")


@attempt(MEMORY)
def fill_shared_memory(arena):
    import mmap

    block = mmap.mmap(-1, 400 << 20)
    for at in range(0, 400 << 20, 4096):
        block[at] = 1
    time.sleep(0.1)


@attempt(DISK)
def write_a_long_file(arena):
    with open(arena.free("long"), "wb") as file:
        for _ in range(40):
            file.write(b"x" * (1 << 20))


@attempt(DISK)
def stretch_a_file(arena):
    os.truncate(arena.free("file"), 1 << 40)


@attempt(DISK)
def fill_tmp(arena):
    directory = f"/tmp/escape-{os.getpid()}"
    os.mkdir(directory)
    try:
        for number in range(12):
            with open(f"{directory}/{number}", "wb") as file:
                file.write(b"x" * (4 << 20))
    finally:
        for name in os.listdir(directory):
            os.unlink(f"{directory}/{name}")
        os.rmdir(directory)


@attempt(DISK)
def fill_shared_memory_directory(arena):
    directory = f"/dev/shm/escape-{os.getpid()}"
    os.mkdir(directory)
    try:
        for number in range(12):
            with open(f"{directory}/{number}", "wb") as file:
                file.write(b"x" * (4 << 20))
    finally:
        for name in os.listdir(directory):
            os.unlink(f"{directory}/{name}")
        os.rmdir(directory)


@attempt(DISK)
def make_very_many_files(arena):
    directory = f"/tmp/escape-{os.getpid()}"
    os.mkdir(directory)
    try:
        for number in range(10_000):
            os.close(os.open(f"{directory}/{number}", os.O_CREAT | os.O_WRONLY))
    finally:
        for name in os.listdir(directory):
            os.unlink(f"{directory}/{name}")
        os.rmdir(directory)


@attempt(DISK, "leaves")
def leave_something_in_tmp(arena):
    with open(f"/tmp/{arena.fact('token')}", "w") as file:
        file.write("escaped")
