"""Tells whether running a candidate left traces that the next one would see."""

import os
import pickle
import sys
import types

STATE_BYTES_MAX = 1 << 16
_FRAMEWORKS = ("__future__", "typing", "_pytest", "pytest", "unittest")
_CALLABLE = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type)


class Guard:
    """A fingerprint of the mutable state that the project's modules hold."""

    def __init__(self, root):
        self.modules = [
            module
            for module in list(sys.modules.values())
            if (getattr(module, "__file__", None) or "").startswith(root + os.sep)
        ]
        self.caches = [
            value
            for module in self.modules
            for value in list(vars(module).values())
            if callable(getattr(value, "cache_clear", None))
        ]
        self.opaque = {}
        self.clean = self.fingerprint()

    def is_known(self):
        """Whether the state could be read at all and is small."""
        return self.clean is not None

    def is_clean(self):
        for cache in self.caches:
            cache.cache_clear()
        return self.fingerprint() == self.clean

    def fingerprint(self):
        found = []
        for module in self.modules:
            _collect(module.__name__, vars(module), found, 0)
        state = [(os.getcwd(), len(sys.modules), sys.getrecursionlimit(), len(os.environ))]
        size = 0
        for place, name, value in found:
            data = self._pickled(value)
            size += len(data)
            if size > STATE_BYTES_MAX:
                return None
            state.append((place, name, data))
        return state

    def _pickled(self, value):
        """The value's bytes; of what cannot be pickled (locks, open files) only that it is the same."""
        if id(value) in self.opaque:
            return b"at %d" % id(value)
        try:
            return pickle.dumps(value, protocol=4)
        except Exception:
            # Kept alive, so that its id stays its own.
            self.opaque[id(value)] = value
            return b"at %d" % id(value)


def _collect(prefix, namespace, state, depth):
    for name, value in list(namespace.items()):
        if name.startswith("__") and name.endswith("__") or name.startswith("_class"):
            # The latter are unittest's own notes on a class.
            continue
        if isinstance(value, types.FunctionType):
            if value.__defaults__ and any(_is_mutable(item) for item in value.__defaults__):
                state.append((prefix, name, value.__defaults__))
        elif isinstance(value, type):
            if depth < 2 and value.__module__ == prefix.split(":")[0]:
                _collect(prefix + ":" + name, vars(value), state, depth + 1)
        elif isinstance(value, (staticmethod, classmethod, property)) or isinstance(value, _CALLABLE):
            continue
        elif callable(value) and hasattr(value, "cache_clear"):
            continue
        elif type(value).__name__.startswith("_") or type(value).__module__.split(".")[0] in _FRAMEWORKS:
            continue
        else:
            state.append((prefix, name, value))


def _is_mutable(value):
    return not isinstance(value, (int, float, str, bytes, bool, type(None), complex, types.FunctionType, type))
