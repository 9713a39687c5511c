"""Runs one escape attempt and says what came of it.

    python3 attempt.py --list              name, group and control of every attempt, a line each
    python3 attempt.py NAME ARENA          does it; ARENA is the directory that the test prepared

An attempt is a function. Returning means that it worked; an OSError means that it was denied. The
same attempt is first run without a box ("control"), where it has to

    does       work;
    root       work for root, and for others at least reach the kernel;
    exists     reach the kernel: any answer but "no such call";
    scratch    work inside namespaces of its own, so that the host stays as it is;
    leaves     leave a trace on the host, which is what a box must prevent: it may work inside.

Exit status: 0 worked, 3 denied, 4 the call does not exist.
"""

import ctypes
import errno
import importlib
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
ATTEMPTS = {}


def attempt(group, control="does"):
    def register(function):
        assert function.__name__ not in ATTEMPTS, function.__name__
        ATTEMPTS[function.__name__] = (group, control, function)
        return function

    return register


def check(result):
    """Turns a C result below zero into the OSError it stands for."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def syscall(number, *args):
    libc.syscall.restype = ctypes.c_long
    return check(libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in args]))


class Arena:
    """Where an attempt finds its targets.

    free/      may be read and written; has a repository, editor files, nested repositories
    shown/     may be read
    hidden/    may not even be seen
    """

    def __init__(self, top):
        self.top = top

    def free(self, *parts):
        return os.path.join(self.top, "free", *parts)

    def shown(self, *parts):
        return os.path.join(self.top, "shown", *parts)

    def hidden(self, *parts):
        return os.path.join(self.top, "hidden", *parts)

    def fact(self, name):
        """A fact about the host that the test wrote down, such as a port."""
        with open(self.shown("facts", name)) as file:
            return file.read().strip()


def main():
    for module in ["files", "metadata", "processes", "network", "kernel", "resources", "fresh"]:
        importlib.import_module(module)
    if sys.argv[1] == "--list":
        for name, (group, control, _) in ATTEMPTS.items():
            print(name, group, control)
        return 0
    group, _, function = ATTEMPTS[sys.argv[1]]
    try:
        function(Arena(sys.argv[2]))
    except OSError as error:
        print(f"denied: {errno.errorcode.get(error.errno, error.errno)} {error}", flush=True)
        return 4 if error.errno == errno.ENOSYS else 3
    print("worked", flush=True)
    return 0


if __name__ == "__main__":
    sys.modules["attempt"] = sys.modules["__main__"]
    sys.exit(main())
