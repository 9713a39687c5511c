"""Notes which lines of a project run, in every Python that its test command starts.

Python imports a module of this name when it starts. Each line is written down as soon as it has
run, so that a process that is ended has told what it knew.
"""

import os
import sys


class Below:
    """The files below a folder, asked for as a set."""

    def __init__(self, root):
        self.root = os.path.join(root, "")

    def __contains__(self, path):
        return path.startswith(self.root)


class Note:
    """A set of lines that is kept in a file."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.known = set()

    def add(self, line):
        if line not in self.known:
            self.known.add(line)
            os.write(self.file, ("%s\t%d\n" % line).encode("utf-8", "surrogateescape"))


def start(note, root):
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path.insert(0, here)
    try:
        from freehold_runner.trace import Lines
    finally:
        sys.path.remove(here)
    lines = Lines(())
    lines.paths, lines.seen = Below(root), Note(note)
    lines.start()


if "FREEHOLD_COVERAGE" in os.environ:
    start(os.environ["FREEHOLD_COVERAGE"], os.environ["FREEHOLD_ROOT"])
