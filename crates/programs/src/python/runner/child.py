"""Forked children that report over a pipe and are ended when they stall."""

import os
import resource
import select
import signal
import time

from .wire import Wire

MEMORY_HEADROOM_BYTES = 1 << 30


class TimeUp(BaseException):
    """Raised in the tests when their time is over; not an Exception, so few programs catch it."""


class Child:
    """Runs `body(wire)` in a fork. The parent reads what it writes."""

    def __init__(self, body):
        read_end, write_end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(read_end)
            code = 1
            try:
                os.setpgid(0, 0)
                _limit_memory()
                body(Wire(-1, write_end))
                code = 0
            finally:
                os._exit(code)
        os.close(write_end)
        self.wire = Wire(read_end, -1)
        self.stalled = False
        self.status = None

    def read(self, timeout):
        """The next frame as bytes; None when the child has ended or was ended for stalling."""
        ready, _, _ = select.select([self.wire.incoming], [], [], timeout)
        if not ready:
            self.stalled = True
            self.kill()
            return None
        return self.wire.read_bytes()

    def kill(self):
        for target in (-self.pid, self.pid):
            try:
                os.kill(target, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass

    def last_words(self):
        """How a child ended that was not ended here."""
        if not self.stalled:
            self._wait(0)
        if self.status is not None and os.WIFSIGNALED(self.status) and not self.stalled:
            return "ended by signal %d" % os.WTERMSIG(self.status)
        return "ended its own process"

    def _wait(self, flags):
        if self.status is None:
            pid, status = os.waitpid(self.pid, flags)
            if pid == self.pid:
                self.status = status

    def close(self):
        """Ends the child with all that it started."""
        self.kill()
        self._wait(0)
        os.close(self.wire.incoming)


def _limit_memory():
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[0])
    limit = pages * resource.getpagesize() + MEMORY_HEADROOM_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


class Timer:
    """Raises TimeUp in the main thread when a limit passes, again and again until disarmed.

    The limit is of processor time, so that a busy machine makes no program look endless; one that
    waits instead of computing is given four times as long by the clock.
    """

    def __init__(self):
        self.rings = 0
        signal.signal(signal.SIGPROF, self._ring)
        signal.signal(signal.SIGALRM, self._ring)

    def arm(self, seconds):
        self.rings = 0
        seconds = max(seconds, 1e-3)
        signal.setitimer(signal.ITIMER_PROF, seconds, 0.02)
        signal.setitimer(signal.ITIMER_REAL, 4 * seconds + 0.05, 0.02)

    def disarm(self):
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _ring(self, _signum, _frame):
        self.rings += 1
        if self.rings > 20:
            os._exit(124)
        raise TimeUp()
