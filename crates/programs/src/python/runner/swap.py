"""Puts edited functions into a loaded program by swapping their code objects."""

import __future__
import gc
import os
import sys
import types

_FUTURES = 0
for _name in __future__.all_feature_names:
    _FUTURES |= getattr(__future__, _name).compiler_flag
_OPTIMIZED = 0x1


class Cold(Exception):
    """The edit touches what runs at import time: only a fresh import shows its effect."""


class Swapper:
    """Knows the functions of one loaded file."""

    def __init__(self, path, functions):
        self.path = path
        if _module_of(path) is None:
            raise Cold("not imported")
        with open(path, "rb") as handle:
            self.lines = handle.read().decode("utf-8").splitlines(True)
        self.functions = {}
        self.flags = 0
        self.filename = path
        for function in functions:
            code = function.__code__
            if _same_file(code.co_filename, path):
                self.filename = code.co_filename
                self.functions.setdefault(_key(code), []).append(function)
                self.flags |= code.co_flags & _FUTURES
        self.originals = {}

    def plan(self, first_line, line_count, text):
        """The swaps that replace the definition at `first_line` by `text`.

        Raises SyntaxError where `text` does not compile and Cold where swapping cannot do it.
        """
        place = (first_line, line_count)
        old = self.originals.get(place)
        if old is None:
            original = "".join(self.lines[first_line - 1:first_line - 1 + line_count])
            old = self.originals[place] = self._compile(first_line, original)
        swaps = []
        self._pair(old, self._compile(first_line, text), False, swaps)
        return swaps

    def _compile(self, first_line, text):
        return compile("\n" * (first_line - 1) + text, self.filename, "exec", self.flags, True)

    def _pair(self, old, new, is_function, swaps):
        if is_function:
            changed = not _same_code(old, new)
            if changed:
                for function in self._living(old, swaps):
                    if len(function.__code__.co_freevars) != len(new.co_freevars):
                        raise Cold("other free variables")
                    swaps.append((function, new))
            if not changed:
                return
        elif not _same_skeleton(old, new):
            raise Cold("runs at import")
        nested_old, nested_new = _nested(old), _nested(new)
        if len(nested_old) != len(nested_new):
            if is_function:
                return
            raise Cold("other definitions")
        for inner_old, inner_new in zip(nested_old, nested_new):
            if inner_old.co_name != inner_new.co_name:
                if is_function:
                    continue
                raise Cold("other definitions")
            self._pair(inner_old, inner_new, is_function or _is_function(inner_old), swaps)

    def _living(self, old, swaps):
        living = self.functions.get(_key(old), ())
        if not living and not swaps:
            raise Cold("no function to swap")
        return living


def functions_below(root):
    """Every living function of the project; to be called before the collector is frozen."""
    return [
        candidate
        for candidate in gc.get_objects()
        if type(candidate) is types.FunctionType and candidate.__code__.co_filename.startswith(root)
    ]


def apply(swaps):
    """Swaps and returns what undoes it."""
    undo = [(function, function.__code__) for function, _ in swaps]
    try:
        for function, code in swaps:
            function.__code__ = code
    except ValueError as error:
        apply(undo)
        raise Cold(str(error))
    return undo


def _module_of(path):
    for module in list(sys.modules.values()):
        if _same_file(getattr(module, "__file__", None) or "", path):
            return module
    return None


def _same_file(one, other):
    return one == other or (
        bool(one) and os.path.basename(one) == os.path.basename(other) and os.path.realpath(one) == other
    )


def _key(code):
    return (code.co_firstlineno, code.co_name)


def _is_function(code):
    return bool(code.co_flags & _OPTIMIZED)


def _nested(code):
    return [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]


def _plain_constants(code):
    return [
        (type(constant), repr(constant))
        for constant in code.co_consts
        if not isinstance(constant, types.CodeType)
    ]


def _same_skeleton(old, new):
    """Equal but for the functions defined inside."""
    return (
        old.co_code == new.co_code
        and old.co_names == new.co_names
        and old.co_varnames == new.co_varnames
        and _plain_constants(old) == _plain_constants(new)
    )


def _same_code(old, new):
    return (
        _same_skeleton(old, new)
        and old.co_freevars == new.co_freevars
        and old.co_cellvars == new.co_cellvars
        and old.co_flags == new.co_flags
        and len(_nested(old)) == len(_nested(new))
        and all(_same_code(a, b) for a, b in zip(_nested(old), _nested(new)))
    )
