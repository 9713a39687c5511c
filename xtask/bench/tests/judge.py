"""Judges a test file: mutation score by Cosmic Ray's operators, branch coverage by coverage.py.

    judge.py PROGRAM.py TEST.py

Neither tool under comparison knows these mutants. Prints one JSON object. A mutant is killed when
pytest, on the mutated program, does not end with success in time. Mutants that do not compile or
compile to the original's code are left out; so are tests that fail or do not end on the original,
and their number is told.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import parso  # noqa: F401  must come before cosmic_ray, whose own imports go round in a circle
import pytest
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code

WORKERS = len(os.sched_getaffinity(0))
TEST_SECONDS = 10  # what one test may take on the original


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


def start(folder, tests):
    """pytest on `tests` in `folder` in a fork; its exit status is the process's."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        os.chdir(folder)
        quiet = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(quiet, fd)
        sys.path.insert(0, str(folder))
        sys.dont_write_bytecode = True
        status = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "--assert=plain", "--rootdir=.", *tests])
        os._exit(0 if status == 0 else 1)
    finally:
        os._exit(1)


def sound(program, file, room):
    """The tests of a file that pass on the original, each run alone, and how many do not."""
    folder = room / "original"
    folder.mkdir()
    shutil.copy(program, folder)
    shutil.copy(file, folder)
    names = re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
    good = []
    for name in names:
        pid = start(folder, [f"{file.name}::{name}"])
        deadline = time.monotonic() + TEST_SECONDS
        ended, status = os.waitpid(pid, os.WNOHANG)
        while not ended and time.monotonic() < deadline:
            time.sleep(0.005)
            ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            os.killpg(pid, signal.SIGKILL)
            ended, status = os.waitpid(pid, 0)
        if status == 0:
            good.append(f"{file.name}::{name}")
    return good, len(names) - len(good)


def survivors(program, file, tests, room, limit):
    """Runs all mutants, a few at a time; yields name, code and whether it was killed."""
    running = {}
    waiting = mutants(program)
    number = 0
    while True:
        while len(running) < WORKERS:
            found = next(waiting, None)
            if found is None:
                break
            folder = room / str(number)
            number += 1
            folder.mkdir()
            (folder / program.name).write_text(found[1])
            shutil.copy(file, folder)
            running[start(folder, tests)] = (time.monotonic() + limit, folder, found)
        if not running:
            return
        for pid in list(running):
            deadline, folder, found = running[pid]
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended and time.monotonic() > deadline:
                os.killpg(pid, signal.SIGKILL)
                ended, status = os.waitpid(pid, 0)
            if ended:
                del running[pid]
                shutil.rmtree(folder)
                yield found[0], found[1], status != 0
        time.sleep(0.002)


def coverage(program, file, tests, room):
    """Branches and lines of the program that the tests run, and the seconds it took."""
    folder = room / "coverage"
    folder.mkdir()
    shutil.copy(program, folder)
    shutil.copy(file, folder)
    run = ["run", "--branch", f"--include=*/{program.name}", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "coverage"]
    began = time.monotonic()
    subprocess.run(command + run + tests, cwd=folder, capture_output=True, timeout=300)
    seconds = time.monotonic() - began
    subprocess.run(command + ["json", "-q"], cwd=folder, capture_output=True)
    report = folder / "coverage.json"
    totals = json.loads(report.read_text())["totals"] if report.exists() else {}
    wanted = ("num_branches", "covered_branches", "num_statements", "covered_lines")
    return {key: totals.get(key, 0) for key in wanted}, seconds


def main():
    program, file = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as room:
        room = Path(room)
        tests, left_out = sound(program, file, room) if file.exists() else ([], 0)
        judged = {"tests": len(tests), "left_out": left_out, "mutants": 0, "killed": 0, "alive": []}
        if tests:
            figures, seconds = coverage(program, file, tests, room)
            found = survivors(program, file, tests, room, 3 + 4 * seconds)
        else:
            figures, found = untested(program), ((name, code, False) for name, code in mutants(program))
        judged.update(figures)
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
