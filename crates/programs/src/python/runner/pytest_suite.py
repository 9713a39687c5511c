"""The project's tests as pytest collects and runs them."""

import inspect
import time

import pytest
from _pytest.runner import runtestprotocol

from .child import TimeUp
from .suite import FAILED, PASSED, SKIPPED, TIMED_OUT, Result, describe, prepare_path

QUIET = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cov"]
USAGE_ERROR = 4


class PytestSuite:
    """Made inside pytest's own run loop, once everything is collected."""

    kind = "pytest"

    def __init__(self, session, broken):
        self.items = session.items
        self.names = [item.nodeid for item in session.items]
        self.broken = broken
        self.direct = [_direct_call(item) for item in session.items]

    def run(self, index, timer, limit):
        started = time.perf_counter()
        call = self.direct[index]
        try:
            timer.arm(limit)
            try:
                if call is not None:
                    call()
                    reports = ()
                else:
                    reports = runtestprotocol(self.items[index], log=False, nextitem=None)
            finally:
                timer.disarm()
        except TimeUp:
            return Result(TIMED_OUT, time.perf_counter() - started, "did not end in time", "time")
        except pytest.skip.Exception as skip:
            return Result(SKIPPED, 0.0, str(skip))
        except (KeyboardInterrupt, SystemExit, GeneratorExit, Exception, pytest.fail.Exception) as error:
            symptom = type(error).__name__ + ":" + str(error)[:200]
            return Result(FAILED, time.perf_counter() - started, describe(error), symptom)
        return _judge(reports, time.perf_counter() - started, timer)


def _judge(reports, seconds, timer):
    outcome, message, symptom = PASSED, "", ""
    for report in reports:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            message = crash.message.splitlines()[0][:300] if crash and crash.message else "failed"
            symptom = (crash.message[:200] + str(crash.lineno)) if crash else "failed"
            outcome = TIMED_OUT if timer.rings or "TimeUp" in message else FAILED
            break
        if report.skipped or hasattr(report, "wasxfail"):
            outcome = SKIPPED
    return Result(outcome, seconds, message, symptom)


def _direct_call(item):
    """The bare test function, where calling it is all that pytest would do."""
    if type(item) is not pytest.Function or item.cls is not None:
        return None
    if any(mark.name in ("skip", "skipif", "xfail", "usefixtures", "asyncio") for mark in item.iter_markers()):
        return None
    function = item.obj
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return None
    arguments = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    if set(item.fixturenames) != set(arguments):
        return None
    if not all(_is_plain_parameter(item, name) for name in arguments):
        return None
    return lambda: function(**arguments)


def _is_plain_parameter(item, name):
    """Whether a parametrised name goes straight to the function, not through a fixture."""
    definitions = item._fixtureinfo.name2fixturedefs.get(name, ())
    return all(definition.func.__name__ == "get_direct_param_fixture_func" for definition in definitions)


class _TakeOver:
    """Hands the collected tests to `body` instead of running them."""

    def __init__(self, body):
        self.body = body
        self.broken = []
        self.reached = False

    def pytest_collectreport(self, report):
        if report.failed:
            crash = str(report.longrepr).strip().splitlines()
            self.broken.append((report.nodeid, crash[-1][:300] if crash else "cannot be collected"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self.reached = True
        self.body(PytestSuite(session, self.broken))
        return True


def with_suite(root, arguments, body):
    """Collects and calls `body(suite)`; returns what went wrong, if anything did."""
    prepare_path(root, [])
    code = None
    for extra in ([], ["-o", "addopts="]):
        plugin = _TakeOver(body)
        options = QUIET + ["--continue-on-collection-errors", "--rootdir", root]
        code = pytest.main(options + extra + list(arguments), plugins=[plugin])
        if plugin.reached or code != USAGE_ERROR:
            break
    if not plugin.reached and plugin.broken:
        body(_Nothing(plugin.broken))
        return None
    return None if plugin.reached else "pytest ended with code %s before running a test" % int(code)


class _Nothing:
    """A suite of which no file could be collected."""

    kind = "pytest"

    def __init__(self, broken):
        self.names = []
        self.broken = broken
