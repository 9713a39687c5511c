"""Cases of unittest, run one method at a time."""

import unittest


class _UnittestResult(unittest.TestResult):
    """Keeps the first exception itself, so that time limits and symptoms stay visible."""

    first = None
    skipped_reason = None

    def _keep(self, error):
        if self.first is None:
            self.first = error[1]

    def addError(self, test, err):
        self._keep(err)

    def addFailure(self, test, err):
        self._keep(err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._keep(err)

    def addSkip(self, test, reason):
        self.skipped_reason = reason

    def addExpectedFailure(self, test, err):
        self.skipped_reason = "expected failure"

    def addUnexpectedSuccess(self, test):
        self._keep((None, AssertionError("unexpected success"), None))


def unittest_call(cls, method):
    def call():
        result = _UnittestResult()
        unittest.TestSuite([cls(method)]).run(result)
        if result.first is not None:
            raise result.first
        if result.skipped_reason is not None:
            raise unittest.SkipTest(result.skipped_reason)

    return call
