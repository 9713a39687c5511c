"""Collects a project's tests and runs them one by one: plainly, or through pytest."""

import importlib
import os
import sys
import time
import types

from .child import TimeUp

PASSED, FAILED, SKIPPED, TIMED_OUT = "passed", "failed", "skipped", "timed_out"


class Result:
    """How one test ended. `symptom` tells one failure from another."""

    __slots__ = ("outcome", "seconds", "message", "symptom")

    def __init__(self, outcome, seconds=0.0, message="", symptom=""):
        self.outcome = outcome
        self.seconds = seconds
        self.message = message
        self.symptom = symptom


def describe(error):
    """One line about an exception, as a person would want to see it."""
    text = str(error).strip().splitlines()
    name = type(error).__name__
    return (name + ": " + text[0][:300]) if text else name


def needs_pytest(root, files):
    """Whether plain calls would not do what pytest does with these files."""
    import ast

    for path in files:
        if _has_conftest(root, path):
            return True
        try:
            with open(path, "rb") as handle:
                tree = ast.parse(handle.read())
        except (SyntaxError, ValueError):
            continue
        if _uses_pytest(tree):
            return True
    return False


def _has_conftest(root, path):
    folder = os.path.dirname(path)
    while folder.startswith(root):
        if os.path.exists(os.path.join(folder, "conftest.py")):
            return True
        if folder == root:
            break
        folder = os.path.dirname(folder)
    return False


def _uses_pytest(tree):
    import ast

    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(a.name.split(".")[0] == "pytest" for a in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pytest":
            return True
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test"):
            return True
    for node in tree.body:
        bodies = [node]
        if isinstance(node, ast.ClassDef):
            bodies = [n for n in node.body]
        for item in bodies:
            if isinstance(item, ast.FunctionDef) and item.name.startswith("test"):
                arguments = item.args
                own = 1 if item is not node else 0
                required = len(arguments.args) - len(arguments.defaults) - own
                if required > 0 or item.decorator_list and item is node:
                    return True
    return False


def prepare_path(root, files):
    """The import path that `python -m pytest` would use, plus `src` where there is one."""
    wanted = [root]
    for path in files:
        folder = os.path.dirname(path)
        while os.path.exists(os.path.join(folder, "__init__.py")) and folder != root:
            folder = os.path.dirname(folder)
        if folder not in wanted:
            wanted.append(folder)
    for folder in reversed(wanted):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    source = os.path.join(root, "src")
    if os.path.isdir(source) and source not in sys.path:
        sys.path.append(source)


class PlainSuite:
    """Test functions, test classes and unittest cases, called without a framework."""

    kind = "plain"

    def __init__(self, root, files):
        self.names = []
        self.calls = []
        self.broken = []
        prepare_path(root, files)
        for path in files:
            shown = os.path.relpath(path, root)
            try:
                module = import_file(path)
            except BaseException as error:  # noqa: B902 - whatever the file raises is its failure
                self.broken.append((shown, describe(error)))
                continue
            self._collect(shown, module)

    def _collect(self, shown, module):
        unittest = sys.modules.get("unittest")
        for name, value in list(vars(module).items()):
            if isinstance(value, type) and unittest and issubclass(value, unittest.TestCase):
                if value.__module__ != module.__name__:
                    continue
                from .unittest_case import unittest_call

                for method in unittest.defaultTestLoader.getTestCaseNames(value):
                    self._add(shown + "::" + name + "::" + method, unittest_call(value, method))
            elif isinstance(value, type) and name.startswith("Test") and "__init__" not in vars(value):
                for method, function in list(vars(value).items()):
                    if method.startswith("test") and callable(function):
                        self._add(shown + "::" + name + "::" + method, _method_call(value, method))
            elif name.startswith("test") and isinstance(value, types.FunctionType):
                self._add(shown + "::" + name, _function_call(module, value))

    def _add(self, name, call):
        self.names.append(name)
        self.calls.append(call)

    def run(self, index, timer, limit):
        started = time.perf_counter()
        try:
            timer.arm(limit)
            try:
                self.calls[index]()
            finally:
                timer.disarm()
        except TimeUp:
            return Result(TIMED_OUT, time.perf_counter() - started, "did not end in time", "time")
        except (KeyboardInterrupt, SystemExit, GeneratorExit, Exception) as error:
            if type(error).__name__ == "SkipTest":
                return Result(SKIPPED, 0.0, str(error))
            return Result(FAILED, time.perf_counter() - started, describe(error), _symptom(error))
        return Result(PASSED, time.perf_counter() - started)


def _symptom(error):
    trace = error.__traceback__
    line = 0
    while trace is not None:
        line = trace.tb_lineno
        trace = trace.tb_next
    return "%s:%d:%s" % (type(error).__name__, line, str(error)[:80])


def import_file(path):
    parts = [os.path.splitext(os.path.basename(path))[0]]
    folder = os.path.dirname(path)
    while os.path.exists(os.path.join(folder, "__init__.py")):
        parts.insert(0, os.path.basename(folder))
        folder = os.path.dirname(folder)
    name = ".".join(parts)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) != path:
        del sys.modules[name]
    return importlib.import_module(name)


def _function_call(module, function):
    before = getattr(module, "setup_function", None)
    after = getattr(module, "teardown_function", None)
    if before is None and after is None:
        return function

    def call():
        _with_optional_argument(before, function)
        try:
            function()
        finally:
            _with_optional_argument(after, function)

    return call


def _method_call(cls, method):
    def call():
        instance = cls()
        _with_optional_argument(getattr(instance, "setup_method", None), method)
        try:
            getattr(instance, method)()
        finally:
            _with_optional_argument(getattr(instance, "teardown_method", None), method)

    return call


def _with_optional_argument(function, argument):
    if function is None:
        return
    import inspect

    if inspect.signature(function).parameters:
        function(argument)
    else:
        function()
