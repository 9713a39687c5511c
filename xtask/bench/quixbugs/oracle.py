"""Says whether a candidate program behaves as the reference on inputs that no search has seen.

Reads one JSON request a line on stdin: {"name", "reference", "candidate", "count", "seed",
"call_limit_s"}. Answers each with one JSON line on stdout: {"verdict", "inputs", "distinct", "detail"}, where verdict is
"same" (equal outcomes on every input), "allowed" (differs somewhere, within what the docstring
permits) or "different" (detail shows the first such input). An exception's type is an outcome; so
is exceeding the time limit of a call.
"""

import json
import os
import random
import resource
import signal
import sys
import time
import types
from itertools import islice

from accept import ACCEPT
from generators import GENERATORS
from graphs import Node

REFERENCE_FACTOR = 20  # a call may take this many times the reference's time, and `call_limit_s` in any case
REFERENCE_LIMIT_S = 10.0
CANDIDATE_LIMIT_S = 30.0
MEMORY_LIMIT_BYTES = 2 << 30
ITEMS_LIMIT = 100_000


class TimeUp(BaseException):
    """Raised by the alarm; not an `Exception`, so that a candidate's handlers let it through."""


def main():
    answers = os.fdopen(os.dup(1), "w")
    confine()
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line))), file=answers, flush=True)


def confine():
    """Keeps a runaway candidate from filling the memory or the answer stream."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    signal.signal(signal.SIGALRM, time_up)


def time_up(signum, frame):
    raise TimeUp


def judge(request):
    # An alarm does not reach into a long computation in C; the end of the processor time does.
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + 4 * CANDIDATE_LIMIT_S)
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
    name, count = request["name"], request["count"]
    reference = load(name, request["reference"])
    try:
        candidate = load(name, request["candidate"])
    except (Exception, TimeUp) as error:
        return verdict("different", 0, set(), f"does not load: {error!r}")

    spent_s, result, distinct = 0.0, "same", set()
    for i in range(count):
        state = f"{name}:{request['seed']}:{i}"
        distinct.add(repr(arguments(name, state)))
        expected, reference_s = outcome(reference, arguments(name, state), REFERENCE_LIMIT_S)
        limit_s = max(request["call_limit_s"], REFERENCE_FACTOR * reference_s)
        got, candidate_s = outcome(candidate, arguments(name, state), limit_s)
        spent_s += candidate_s
        if expected[0] == "time up":
            raise SystemExit(f"the reference of {name} does not end on {arguments(name, state)!r}")
        if same(expected, got):
            continue
        if not allowed(name, state, candidate, limit_s) or spent_s > CANDIDATE_LIMIT_S:
            call = brief(f"{name}{arguments(name, state)!r}")
            detail = f"{call}: expected {brief(described(expected))}, got {brief(described(got))}"
            return verdict("different", i + 1, distinct, detail)
        result = "allowed"
    return verdict(result, count, distinct, None)


def verdict(result, inputs, distinct, detail):
    return {"verdict": result, "inputs": inputs, "distinct": len(distinct), "detail": detail}


def load(name, text):
    module = types.ModuleType(name)
    with_limit(lambda: exec(compile(text, f"{name}.py", "exec"), module.__dict__), REFERENCE_LIMIT_S)
    return getattr(module, name)


def arguments(name, state):
    return GENERATORS[name](random.Random(state))


def outcome(function, args, limit_s):
    """What a call does, as a comparable pair, and the seconds that it took."""
    start = time.perf_counter()
    try:
        result = ("value", with_limit(lambda: plain(consumed(function(*args))), limit_s))
    except TimeUp:
        result = ("time up", None)
    except (Exception, SystemExit, GeneratorExit) as error:
        result = ("raises", type(error).__name__)
    return result, time.perf_counter() - start


def with_limit(action, limit_s):
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        return action()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def consumed(value):
    """A generator's items as a list; other values as they are."""
    return list(islice(value, ITEMS_LIMIT)) if isinstance(value, types.GeneratorType) else value


def plain(value):
    """`value` with each node replaced by the names along its list, so that separate runs compare."""
    if isinstance(value, Node):
        names = []
        while value is not None and len(names) < 100:
            names.append(value.value)
            value = value.successor
        return ("nodes", names)
    if isinstance(value, types.GeneratorType):
        raise TypeError("a generator inside the result")
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    return value


def same(left, right):
    return left == right or (left[0] == right[0] == "value" and left[1] != left[1] and right[1] != right[1])


def allowed(name, state, candidate, limit_s):
    if name not in ACCEPT:
        return False
    args = arguments(name, state)
    try:
        value = with_limit(lambda: candidate(*args), limit_s)
        return ACCEPT[name](args, value)
    except (Exception, TimeUp):
        return False


def described(outcome):
    kind, fact = outcome
    return {"value": repr(fact), "raises": str(fact), "time up": "no answer in time"}[kind]


def brief(text):
    return text if len(text) <= 200 else text[:200] + "…"


if __name__ == "__main__":
    main()
