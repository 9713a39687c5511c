"""The stage: a process with the tests collected, from which evaluators are forked."""

import gc
import json
import os
import random
import sys
import threading
import time
import zlib

from .child import Child, TimeUp, Timer
from .guard import Guard
from .suite import FAILED, PASSED, SKIPPED, TIMED_OUT, PlainSuite, Result, import_file, needs_pytest
from .swap import Cold, Swapper, apply, functions_below
from .trace import Lines

CANDIDATES_PER_FORK = 256
# How often it is told how many tests were run, in seconds.
TOLD_EVERY = 0.2


def run(wire, message):
    """Forks the stage and waits until it ends. `message` says what to collect."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _stage(wire, message)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        wire.write({"error": "the stage died", "status": status})


def _stage(wire, message):
    root, files = message["root"], message["tests"]
    kind = message["kind"]
    if kind == "auto":
        kind = "pytest" if needs_pytest(root, files) else "plain"
    if kind == "plain":
        _serve(wire, message, PlainSuite(root, files))
        return
    try:
        from .pytest_suite import with_suite
    except ImportError as error:
        wire.write({"error": "pytest is missing", "detail": str(error)})
        return
    problem = with_suite(root, message["arguments"], lambda suite: _serve(wire, message, suite))
    if problem is not None:
        wire.write({"error": problem})


def _serve(wire, message, suite):
    stage = Stage(wire, message["root"], message["sources"], suite)
    wire.write({"ok": True, "kind": suite.kind, "tests": suite.names, "broken": suite.broken})
    operations = {
        "baseline": stage.baseline,
        "coverage": stage.coverage,
        "evaluate": stage.evaluate,
        "record": stage.record,
        "behave": stage.behave,
    }
    gc.collect()
    gc.freeze()
    while True:
        message = wire.read()
        if message is None or message["op"] == "unstage":
            if message is not None:
                wire.write({"ok": True})
            os._exit(0)
        operations[message["op"]](message)


class Stage:
    def __init__(self, wire, root, sources, suite):
        self.wire = wire
        self.root = root
        self.sources = sources
        self.suite = suite
        self.swappers = {}
        self.functions = functions_below(root)
        self.guard = Guard(root)
        self.isolate = not self.guard.is_known()
        self.inputs = []

    def baseline(self, message):
        """Runs all tests in their order, in one child as long as none stalls or dies."""
        limit, order = message["limit"], message["order"]
        position, results = 0, []
        told = time.monotonic()
        while position < len(order):
            child = Child(lambda out: self._run_in_order(out, order[position:], limit, message["reseed"]))
            while position < len(order):
                frame = child.read(limit * 5 + 1.0)
                if frame is None:
                    outcome = TIMED_OUT if child.stalled else FAILED
                    results.append([order[position], outcome, limit, child.last_words(), 0])
                    position += 1
                    break
                results.append(json.loads(frame))
                position += 1
                if time.monotonic() > told + TOLD_EVERY:
                    told = time.monotonic()
                    self.wire.write({"ran": position})
            child.close()
        self.wire.write({"results": results})

    def _run_in_order(self, out, order, limit, reseed):
        timer = Timer()
        # A fork seeds the generator anew by chance; what is compared must not depend on it.
        random.seed(None if reseed else 0)
        stalls = 0
        for index in order:
            # A program that hangs usually hangs in many tests: no need to wait as long for each.
            result = self.suite.run(index, timer, limit if stalls < 2 else limit / 8)
            stalls += result.outcome == TIMED_OUT
            out.write([index, result.outcome, result.seconds, result.message, _digest(result.symptom)])

    def coverage(self, message):
        """The lines that each of some tests runs, each in a child of its own.

        An index past the last test means a test file that cannot be imported: the lines are
        those that its import runs.
        """
        covered = []
        for index, limit in zip(message["tests"], message["limits"]):
            child = Child(lambda out: self._trace(out, index, limit))
            frame = child.read(limit * 5 + 2.0)
            child.close()
            covered.append(json.loads(frame) if frame is not None else [])
        self.wire.write({"lines": covered})

    def _trace(self, out, index, limit):
        lines = Lines(self.sources)
        timer = Timer()
        if index >= len(self.suite.names):
            self._forget_project()
        lines.start()
        try:
            if index < len(self.suite.names):
                self.suite.run(index, timer, limit)
            else:
                self._import_broken(index - len(self.suite.names), timer, limit)
        except TimeUp:
            pass
        lines.stop()
        threading.settrace(None)
        sys.settrace(None)
        out.write(sorted(lines.seen))

    def _forget_project(self):
        for name, module in list(sys.modules.items()):
            if getattr(module, "__file__", None) in self.sources:
                del sys.modules[name]

    def _import_broken(self, number, timer, limit):
        path = os.path.join(self.root, self.suite.broken[number][0].split("::")[0])
        timer.arm(limit)
        try:
            import_file(path)
        except (Exception, SystemExit):
            pass
        finally:
            timer.disarm()

    def evaluate(self, message):
        """Judges candidates; one frame each, in order, then {"done": true}."""
        candidates = message["candidates"]
        position = 0
        self._prepare_swappers(candidates)
        ends = time.monotonic() + message["left"]
        patience = message["total"] * 2 + 0.5
        while position < len(candidates):
            if time.monotonic() > ends:
                for _ in candidates[position:]:
                    self.wire.write(_verdict(timed_out=True))
                break
            batch = candidates[position:position + CANDIDATES_PER_FORK]
            child = Child(lambda out: self._judge_all(out, batch, message))
            done = 0
            while done < len(batch):
                frame = child.read(min(patience, max(ends - time.monotonic(), 0.0) + 0.5))
                if frame is None:
                    self.wire.write(_verdict(timed_out=True))
                    done += 1
                    break
                if frame == b"again":
                    break
                self.wire.write_bytes(frame)
                done += 1
            child.close()
            position += done
        self.wire.write({"done": True})

    def _judge_all(self, out, batch, message):
        timer = Timer()
        trial = Trial(message, message["failing"], message["passing"])
        for number, candidate in enumerate(batch):
            if number and (self.isolate or not self.guard.is_clean()):
                out.write_bytes(b"again")
                return
            try:
                undo = apply(self._plan(candidate))
            except Cold as reason:
                out.write({"cold": str(reason)})
                continue
            except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
                out.write({"refused": True})
                continue
            random.seed(0)
            verdict = judge(self.suite, timer, trial)
            apply(undo)
            out.write(verdict)

    def _plan(self, candidate):
        swaps = []
        for path, first_line, line_count, text in candidate:
            if path not in self.swappers:
                raise Cold("not imported")
            swaps.extend(self.swappers[path].plan(first_line, line_count, text))
        return swaps

    def _prepare_swappers(self, candidates):
        """Looks the edited files' functions up here, so that not every fork has to."""
        for path in {part[0] for candidate in candidates for part in candidate}.difference(self.swappers):
            try:
                self.swappers[path] = Swapper(path, self.functions)
            except Cold:
                pass

    def record(self, message):
        """Records calls into the program and derives the inputs on which candidates compare."""
        from . import behaviour

        child = Child(lambda out: behaviour.record(self.suite, self.sources, message, out))
        frame = child.read(message["limit"] * len(message["tests"]) * 5 + 2.0)
        child.close()
        self.inputs = behaviour.derive(frame or b"[]", message["seed"], message["count"])
        self.wire.write({"from_failing": [bool(call[3]) for call in self.inputs]})

    def behave(self, message):
        """A digest for each input of what candidates do with it."""
        rows = []
        self._prepare_swappers(message["candidates"])
        for candidate in message["candidates"]:
            child = Child(lambda out: self._behave(out, candidate, message["limit"]))
            deadline = time.monotonic() + message["total"]
            row = []
            while len(row) < len(self.inputs):
                frame = child.read(max(0.0, deadline - time.monotonic()))
                if frame is None:
                    break
                row.append(json.loads(frame))
            child.close()
            rows.append(row + [["stopped", 0]] * (len(self.inputs) - len(row)))
        self.wire.write({"rows": rows})

    def _behave(self, out, candidate, limit):
        from . import behaviour

        timer = Timer()
        try:
            apply(self._plan(candidate))
        except Cold:
            return
        for call in self.inputs:
            random.seed(0)
            out.write(behaviour.observe(call, timer, limit))


class Trial:
    """How to try one candidate: which tests, in which order, and for how long each."""

    def __init__(self, message, failing, passing):
        self.failing = failing
        self.passing = passing
        self.limits = dict(zip(message["failing"] + message["passing"], message["limits"]))
        self.least = min(message["limits"], default=1.0)
        self.dear = set(message["dear"])
        self.allowance = message["allowance"]
        self.ordered = message["ordered"]
        self.total = message["total"]

    def limit(self, index):
        return self.limits.get(index, self.least)


def judge(suite, timer, trial):
    """Runs the cheap failing tests, then the cheap passing ones up to the first failure.

    Only a candidate that repairs all the cheap ones and breaks none is given the dear ones. Once
    the allowance is used up without any repair the rest is left for a trial with more.
    """
    started = time.monotonic()
    overall = started + trial.total
    if trial.ordered:
        return _judge_in_order(suite, timer, trial, overall)
    repaired, symptoms = 0, []
    cheap = [index for index in trial.failing if index not in trial.dear]
    for number, index in enumerate(cheap):
        if number and repaired == 0 and time.monotonic() > started + trial.allowance:
            return _verdict(timed_out=True)
        result = suite.run(index, timer, trial.limit(index))
        symptoms.append(result.outcome + result.symptom)
        repaired += result.outcome == PASSED
        if result.outcome == TIMED_OUT:
            return _verdict(repaired, True, True, _digest("|".join(symptoms)))
    symptom = _digest("|".join(symptoms))
    if cheap and repaired == 0:
        return _verdict(symptom=symptom)
    rounds = [([], [index for index in trial.passing if index not in trial.dear])]
    if repaired == len(cheap):
        dear = [index for index in trial.failing if index in trial.dear]
        rounds.append((dear, [index for index in trial.passing if index in trial.dear]))
    for failing, passing in rounds:
        for index in failing + passing:
            result = suite.run(index, timer, trial.limit(index)) if time.monotonic() < overall else Result(TIMED_OUT)
            if result.outcome == PASSED:
                repaired += index in failing
            elif result.outcome == TIMED_OUT or index in passing:
                return _verdict(repaired, True, result.outcome == TIMED_OUT, symptom)
    return _verdict(repaired, repaired == 0, False, symptom)


def _judge_in_order(suite, timer, trial, overall):
    """As `judge`, for tests that build on what earlier ones left behind."""
    failing = set(trial.failing)
    repaired, broke, timed_out, symptoms = 0, False, False, []
    for index in sorted(failing.union(trial.passing)):
        result = suite.run(index, timer, trial.limit(index)) if time.monotonic() < overall else Result(TIMED_OUT)
        if index in failing:
            symptoms.append(result.outcome + result.symptom)
            repaired += result.outcome == PASSED
        elif result.outcome != PASSED:
            broke = True
        if result.outcome == TIMED_OUT:
            timed_out = True
        if broke or timed_out:
            break
    return _verdict(repaired, broke or repaired == 0, timed_out, _digest("|".join(symptoms)))


def _verdict(repaired=0, broke=True, timed_out=False, symptom=0):
    return {"repaired": repaired, "broke": broke, "timed_out": timed_out, "symptom": symptom}


def _digest(text):
    return zlib.crc32(text.encode("utf-8", "replace"))
