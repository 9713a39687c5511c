"""What the probes share: each check prints one line, a call and what came of it.

A probe is held out from the search: it calls a project with inputs that the project's tests do not
use, within what the project documents. The lines that it prints for the project without a bug are
the expectation.
"""

import inspect
import random
import resource
import signal

CALL_LIMIT_S = 2
MEMORY_LIMIT_BYTES = 1 << 30


class TimeUp(BaseException):
    """Not an `Exception`, so that the code under the probe does not catch it."""


def time_up(signum, frame):
    raise TimeUp


resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
signal.signal(signal.SIGALRM, time_up)

rng = random.Random(20_240_917)


def check(function, *args, **kwargs):
    """Calls the function and prints the arguments as they were, and the outcome."""
    words = [repr(arg) for arg in args] + [f"{key}={value!r}" for key, value in kwargs.items()]
    name = getattr(function, "__qualname__", repr(function))
    print(f"{name}({', '.join(words)}) -> {outcome(function, args, kwargs)}", flush=True)


def outcome(function, args, kwargs):
    signal.setitimer(signal.ITIMER_REAL, CALL_LIMIT_S)
    try:
        value = function(*args, **kwargs)
        if inspect.isgenerator(value):
            value = list(value)
        if isinstance(value, (set, frozenset)):
            value = sorted(value)
        return repr(value)
    except TimeUp:
        return "no answer in time"
    except Exception as error:
        return f"raises {type(error).__name__}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
