"""Runs tests on a candidate in a fresh import of everything, with the edited text in place."""

import importlib.machinery
import json

from .child import Child, Timer
from .stage import Trial, _digest, _verdict, judge
from .suite import PlainSuite, needs_pytest


def run(wire, message):
    """Answers with one verdict; {"refused": true} where nothing can be collected."""
    child = Child(lambda out: _child(out, message))
    frame = child.read(message["total"] * 5 + 5.0)
    child.close()
    wire.write(json.loads(frame) if frame is not None else _verdict(timed_out=True))


def _child(out, message):
    override({path: text.encode("utf-8") for path, text in message["texts"]})
    root, files, kind = message["root"], message["tests"], message["kind"]
    if kind == "auto":
        kind = "pytest" if needs_pytest(root, files) else "plain"
    timer = Timer()
    if kind == "plain":
        timer.arm(message["total"] + 1.0)
        suite = PlainSuite(root, files)
        timer.disarm()
        out.write(_judge(suite, timer, message))
        return
    from .pytest_suite import with_suite

    problem = with_suite(root, message["arguments"], lambda suite: out.write(_judge(suite, timer, message)))
    if problem is not None:
        out.write({"refused": True})


def _judge(suite, timer, message):
    places = {name: index for index, name in enumerate(suite.names)}
    failing = [places[name] for name in message["failing"] if name in places]
    passing = [places[name] for name in message["passing"] if name in places]
    missing = len(message["failing"]) + len(message["passing"]) - len(failing) - len(passing)
    broken = {name for name, _ in suite.broken}
    healed = sum(1 for name in message["broken"] if name not in broken)
    new_breaks = broken - set(message["broken"])
    if message["broken"] and healed:
        known = set(message["failing"]) | set(message["passing"])
        prefixes = tuple(name for name in message["broken"] if name not in broken)
        passing += [i for n, i in places.items() if n not in known and n.startswith(prefixes)]
    trial = Trial({"failing": [], "passing": [], "limits": [message["limit"]], "allowance": message["limit"], "dear": [],
                   "ordered": False, "total": message["total"]}, failing, passing if failing else [])
    verdict = judge(suite, timer, trial)
    if healed and not failing:
        trial.failing, trial.passing = passing, []
        whole = judge(suite, timer, trial)
        verdict = _verdict(0, whole["repaired"] < len(passing), whole["timed_out"], whole["symptom"])
    verdict["repaired"] += healed
    if missing or new_breaks:
        verdict["broke"] = True
        verdict["symptom"] = _digest("missing %d" % missing)
    return verdict


def override(texts):
    """Makes imports of some files read other text than the disk holds."""
    original = importlib.machinery.SourceFileLoader.get_data
    cached = importlib.machinery.SourceFileLoader.path_stats

    def get_data(self, path):
        return texts[path] if path in texts else original(self, path)

    def path_stats(self, path):
        if path in texts:
            raise OSError("no cached code for edited text")
        return cached(self, path)

    importlib.machinery.SourceFileLoader.get_data = get_data
    importlib.machinery.SourceFileLoader.path_stats = path_stats
