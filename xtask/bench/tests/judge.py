"""Judges a test file: mutation score by Cosmic Ray's operators, branch coverage by coverage.py.

    judge.py PROGRAM.py TEST.py

Neither tool under comparison knows these mutants. Prints one JSON object. A mutant is killed when
pytest, on the mutated program, does not end with success in time. Mutants that do not compile or
compile to the original's code are left out.
"""

import json
import os
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


def start(folder):
    """pytest on `folder` in a fork; its exit status is the process's."""
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
        status = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "--assert=plain", "--rootdir=."])
        os._exit(0 if status == 0 else 1)
    finally:
        os._exit(1)


def survivors(program, tests, room, limit):
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
            shutil.copy(tests, folder)
            running[start(folder)] = (time.monotonic() + limit, folder, found)
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


def coverage(program, tests, room):
    """Branches and lines of the program that the tests run."""
    folder = room / "coverage"
    folder.mkdir()
    shutil.copy(program, folder)
    shutil.copy(tests, folder)
    run = ["run", "--branch", f"--include=*/{program.name}", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "coverage"]
    began = time.monotonic()
    passed = subprocess.run(command + run, cwd=folder, capture_output=True, timeout=300)
    seconds = time.monotonic() - began
    subprocess.run(command + ["json", "-q"], cwd=folder, capture_output=True)
    totals = {}
    report = folder / "coverage.json"
    if report.exists():
        totals = json.loads(report.read_text())["totals"]
    wanted = ("num_branches", "covered_branches", "num_statements", "covered_lines")
    figures = {key: totals.get(key, 0) for key in wanted}
    return passed.returncode == 0, figures, seconds, passed.stdout.decode()[-2000:]


def main():
    program, tests = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as room:
        room = Path(room)
        passes, figures, seconds, said = coverage(program, tests, room)
        judged = {"passes": passes, **figures, "mutants": 0, "killed": 0, "alive": []}
        for name, code, killed in survivors(program, tests, room, 3 + 4 * seconds):
            judged["mutants"] += 1
            judged["killed"] += killed
            if not killed:
                judged["alive"].append([name, changed_line(program.read_text(), code)])
        if not passes:
            judged["killed"] = 0
            judged["said"] = said
    print(json.dumps(judged))


def changed_line(before, after):
    pairs = zip(before.splitlines(), after.splitlines())
    return next((f"{number}: {b.strip()}" for number, (a, b) in enumerate(pairs, 1) if a != b), "")


if __name__ == "__main__":
    main()
