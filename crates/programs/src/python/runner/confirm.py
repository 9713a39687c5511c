"""The user's own test run on the files as they are: the last word on a candidate."""

import json

from .child import Child, Timer
from .suite import FAILED, PASSED, TIMED_OUT, PlainSuite, describe, needs_pytest


def run(wire, message):
    """Answers {"passed": [...], "failed": [...]} with the names of tests."""
    child = Child(lambda out: _child(out, message))
    frame = child.read(message["total"])
    child.close()
    wire.write(json.loads(frame) if frame is not None else {"passed": [], "failed": [], "stopped": True})


def _child(out, message):
    root, files = message["root"], message["tests"]
    if message["kind"] == "pytest" or message["prefer_pytest"] or needs_pytest(root, files):
        try:
            out.write(_with_pytest(root, message["arguments"]))
            return
        except ImportError:
            pass
    out.write(_plainly(root, files, message["limit"]))


def _plainly(root, files, limit):
    suite, timer = PlainSuite(root, files), Timer()
    passed, failed = [], [name for name, _ in suite.broken]
    for index, name in enumerate(suite.names):
        result = suite.run(index, timer, limit)
        if result.outcome == PASSED:
            passed.append(name)
        elif result.outcome in (FAILED, TIMED_OUT):
            failed.append(name)
    return {"passed": passed, "failed": failed}


class _Tally:
    def __init__(self):
        self.outcomes = {}

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.outcomes[report.nodeid] = "failed"
        elif report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
            self.outcomes.setdefault(report.nodeid, "passed")

    def pytest_collectreport(self, report):
        if report.failed:
            self.outcomes[report.nodeid] = "failed"


def _with_pytest(root, arguments):
    import pytest

    from .pytest_suite import QUIET, USAGE_ERROR
    from .suite import prepare_path

    prepare_path(root, [])
    tally, code = _Tally(), 0
    for extra in ([], ["-o", "addopts="]):
        try:
            code = pytest.main(QUIET + ["--rootdir", root] + extra + list(arguments), plugins=[tally])
        except BaseException as error:  # noqa: B902 - a program that exits is a failing program
            tally.outcomes[describe(error)] = "failed"
            break
        if code != USAGE_ERROR:
            break
    return {
        "code": int(code),
        "passed": [name for name, outcome in tally.outcomes.items() if outcome == "passed"],
        "failed": [name for name, outcome in tally.outcomes.items() if outcome == "failed"],
    }
