"""Runs a project's tests on many variants of the program, inside the sandbox.

The process that starts here (the zygote) imports no project code. It forks a stage, which
collects the tests once; the stage forks an evaluator for each run of candidates, swaps the code
of the edited functions in place and calls the tests. Candidates that cannot be swapped in run
cold: in a child of the zygote that imports everything anew with the edited text.

Frames in both directions: four bytes of length, big-endian, then JSON.
"""

import importlib
import sys

from . import cold, confirm, stage
from .wire import Wire


def main():
    wire = Wire.take_over_stdio()
    while True:
        message = wire.read()
        if message is None:
            return
        operation = message["op"]
        if operation == "stage":
            stage.run(wire, message)
        elif operation == "cold":
            cold.run(wire, message)
        elif operation == "confirm":
            confirm.run(wire, message)
        elif operation == "warm":
            _import_pytest()
            wire.write({"ok": True, "pytest": "pytest" in sys.modules})
        else:
            wire.write({"error": "unknown operation " + repr(operation)})


def _import_pytest():
    try:
        import pytest  # noqa: F401
        import _pytest.assertion.rewrite  # noqa: F401
        from _pytest.config import default_plugins
    except ImportError:
        return
    # What every run of pytest imports first; a fork of this process finds it here.
    for name in default_plugins:
        try:
            importlib.import_module("_pytest." + name)
        except ImportError:
            pass
