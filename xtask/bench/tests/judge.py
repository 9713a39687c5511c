"""Judges a test file: mutation score by Cosmic Ray's operators, branch coverage by coverage.py.

    judge.py PROGRAM.py TEST.py

Neither tool under comparison knows these mutants. Prints one JSON object. A mutant is killed when
a test fails on it, or the tests take ten times the processor time of the original and a second. Mutants that do not compile or
compile to the original's code are left out; so are tests that fail or do not end on the original,
and their number is told.
"""

import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

import parso  # noqa: F401  must come before cosmic_ray, whose own imports go round in a circle
import pytest  # noqa: F401  loaded once, before the forks
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code

WORKERS = len(os.sched_getaffinity(0))
TEST_SECONDS = 5  # processor time that one test may take on the original
MUTANT_SECONDS = 1  # processor time of all tests on a mutant, beside ten times that on the original


def mutants(program):
    """Every program that one operator makes at one place, each once."""
    seen = {fingerprint(program.read_text())}
    for name in sorted(plugins.operator_names()):
        kind = plugins.get_operator(name)
        if kind.arguments():
            continue
        operator = kind()
        tree = get_ast_from_path(program)
        count = sum(len(list(operator.mutation_positions(node))) for node in ast_nodes(tree))
        for occurrence in range(count):
            code = mutate_code(program.read_bytes(), operator, occurrence)
            if code is None:
                continue
            code = code.decode() if isinstance(code, bytes) else code
            mark = fingerprint(code)
            if mark is not None and mark not in seen:
                seen.add(mark)
                yield name, code


def fingerprint(code):
    try:
        return shape(compile(code, "program", "exec"))
    except (SyntaxError, ValueError):
        return None


def shape(code):
    consts = tuple(shape(c) if hasattr(c, "co_code") else (type(c), repr(c)) for c in code.co_consts)
    return code.co_code, consts, code.co_names, code.co_varnames


def start(program, code, suite, names, seconds):
    """Runs tests on one version of the program in a fork; its exit status is 0 if all pass.

    Like pytest, without its start: `raises` and `approx` are pytest's own, `xfail(strict=True)`
    turns a test round, and `capsys` is the only fixture that either tool uses.
    """
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        quiet = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(quiet, fd)
        module = types.ModuleType(program.stem)
        module.__file__ = str(program)
        sys.modules[program.stem] = module
        exec(compile(code, str(program), "exec"), module.__dict__)
        space = {"__name__": suite.stem, "__file__": str(suite)}
        exec(compile(suite.read_text(), str(suite), "exec"), space)
        os._exit(0 if all(passes(space[name]) for name in names) else 1)
    finally:
        os._exit(1)


def passes(test):
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "xfail"]
    wanted = test.__code__.co_varnames[: test.__code__.co_argcount]
    sys.stdout = io.StringIO()
    try:
        test(*[{"capsys": Captured()}[name] for name in wanted])
    except Exception:
        return bool(marks)
    return not any(mark.kwargs.get("strict") for mark in marks)


class Captured:
    def readouterr(self):
        out, sys.stdout = sys.stdout.getvalue(), io.StringIO()
        return types.SimpleNamespace(out=out, err="")


def wait(running):
    """Waits for one of the processes; those past their wall time are ended."""
    while True:
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended and time.monotonic() > running[pid][0]:
                os.killpg(pid, signal.SIGKILL)
                ended, status = os.waitpid(pid, 0)
            if ended:
                return running.pop(pid)[1], status == 0
        time.sleep(0.001)


def sound(program, suite):
    """The tests of a file that pass on the original, each run alone, and how many do not."""
    names = re.findall(r"^(?:async )?def (test_\w+)", suite.read_text(), re.MULTILINE)
    good = []
    for name in names:
        pid = start(program, program.read_text(), suite, [name], TEST_SECONDS)
        _, passed = wait({pid: (time.monotonic() + 20 * TEST_SECONDS, None)})
        if passed:
            good.append(name)
    return good, len(names) - len(good)


def outcomes(program, suite, names):
    """Runs all mutants, a few at a time; yields name, code and whether it was killed."""
    pid = start(program, program.read_text(), suite, names, 60)
    used = os.wait4(pid, 0)[2]
    seconds = MUTANT_SECONDS + int(10 * (used.ru_utime + used.ru_stime))
    running = {}
    waiting = mutants(program)
    while True:
        while len(running) < WORKERS and (found := next(waiting, None)):
            pid = start(program, found[1], suite, names, seconds)
            running[pid] = (time.monotonic() + 20 * seconds, found)
        if not running:
            return
        found, passed = wait(running)
        yield found[0], found[1], not passed


def coverage(program, suite, names, room):
    """Branches and lines of the program that the tests run, under pytest."""
    shutil.copy(program, room)
    shutil.copy(suite, room)
    run = ["run", "--branch", f"--include=*/{program.name}", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tests = [f"{suite.name}::{name}" for name in names]
    command = [sys.executable, "-m", "coverage"]
    subprocess.run(command + run + tests, cwd=room, capture_output=True, timeout=300)
    subprocess.run(command + ["json", "-q"], cwd=room, capture_output=True)
    totals = json.loads((Path(room) / "coverage.json").read_text())["totals"]
    wanted = ("num_branches", "covered_branches", "num_statements", "covered_lines")
    return {key: totals[key] for key in wanted}


def main():
    program, suite = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    names, left_out = sound(program, suite) if suite.exists() else ([], 0)
    judged = {"tests": len(names), "left_out": left_out, "mutants": 0, "killed": 0, "alive": []}
    if names:
        with tempfile.TemporaryDirectory() as room:
            judged.update(coverage(program, suite, names, room))
        found = outcomes(program, suite, names)
    else:
        judged.update(untested(program))
        found = ((name, code, False) for name, code in mutants(program))
    for name, code, killed in found:
        judged["mutants"] += 1
        judged["killed"] += killed
        if not killed:
            judged["alive"].append([name, changed_line(program.read_text(), code)])
    print(json.dumps(judged))


def untested(program):
    """How many branches and lines there would be to run."""
    from coverage.parser import PythonParser

    parser = PythonParser(filename=str(program))
    parser.parse_source()
    branches = sum(count for count in parser.exit_counts().values() if count > 1)
    return {"num_branches": branches, "covered_branches": 0,
            "num_statements": len(parser.statements), "covered_lines": 0}


def changed_line(before, after):
    pairs = zip(before.splitlines(), after.splitlines())
    return next((f"{number}: {b.strip()}" for number, (a, b) in enumerate(pairs, 1) if a != b), "")


if __name__ == "__main__":
    main()
