"""The corpora of real sentences, mapped onto calls.

The mapping in `mapping/` says which tool an intent belongs to; the language's `corpora` module reads the arguments
from the words. Texts that later measure the result are known here only as a set to stay clear of.
"""

import json
import re
from pathlib import Path

from .spans import Talk

HERE = Path(__file__).resolve().parent.parent
_WORDS = re.compile(r"[^\w]+")


def normalised(text):
    """Letters and digits of `text`, lower case, one space between words."""
    return _WORDS.sub(" ", text.lower()).strip()


def forbidden(shared):
    """Normalised texts that must not be trained on: the hand-written requests and the test parts of the corpora."""
    texts = set()
    held_out = HERE / "held-out.jsonl"
    if held_out.exists():
        for line in held_out.read_text(encoding="utf-8").splitlines():
            turns = json.loads(line)["turns"]
            texts.add(normalised(" ".join(t if isinstance(t, str) else t.get("user", "") for t in turns)))
    test = shared / "data/nlu-home/test.jsonl"
    if test.exists():
        texts |= {normalised(json.loads(line)["text"]) for line in test.read_text(encoding="utf-8").splitlines()}
    clinc = shared / "data/clinc150/data_full.json"
    if clinc.exists():
        parts = json.loads(clinc.read_text(encoding="utf-8"))
        texts |= {normalised(text) for part in ("test", "oos_test") for text, _ in parts[part]}
    texts.discard("")
    return texts


class Sentence:
    """A real sentence and what is asked for: calls with cuts of the text."""

    __slots__ = ("text", "calls", "source")

    def __init__(self, text, calls, source):
        self.text, self.calls, self.source = text, calls, source

    def talk(self, rng, style):
        """One turn, its cuts marked."""
        talk = Talk(rng, style)
        cuts = []
        calls = [(tool, _placed(arguments, cuts)) for tool, arguments in self.calls]
        text = self.text
        marks = sorted({(c.start, c.end) for c in cuts})
        names = {span: talk.mark("") for span in marks}
        events = [(start, 1, -end, names[start, end][0]) for start, end in marks] + [(end, 0, -start, names[start, end][1]) for start, end in marks]
        for at, _, _, mark in sorted(events, reverse=True):
            text = text[:at] + mark + text[at:]
        talk.turn(text, *[(tool, _named(arguments, names)) for tool, arguments in calls])
        return talk


def _is_cut(value):
    return hasattr(value, "start") and hasattr(value, "end")


def _placed(value, cuts):
    if _is_cut(value):
        cuts.append(value)
        return value
    if isinstance(value, dict):
        return {k: _placed(v, cuts) for k, v in value.items()}
    if isinstance(value, list):
        return [_placed(v, cuts) for v in value]
    return value


def _named(value, names):
    if _is_cut(value):
        return names[value.start, value.end]
    if isinstance(value, dict):
        return {k: _named(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [_named(v, names) for v in value]
    return value


def load(shared, language, part="train"):
    """The sentences of the corpora that can be told with certainty, and how many there were in all."""
    found, seen = [], 0
    home = shared / "data/nlu-home/train.jsonl"
    if home.exists() and part == "train":
        intents = _mapping("nlu-home")
        for line in home.read_text(encoding="utf-8").splitlines():
            d = json.loads(line)
            seen += 1
            told = intents[d["intent"]], d["intent"], d["text"], d["entities"]
            calls = _calls(language.home, *told) or _calls(language.home_loosely, *told)
            found += [Sentence(d["text"], calls, f"nlu-home:{d['intent']}")] if calls else []
    clinc = shared / "data/clinc150/data_full.json"
    if clinc.exists():
        intents = _mapping("clinc150")
        parts = json.loads(clinc.read_text(encoding="utf-8"))
        for text, intent in parts[part] + parts["oos_" + part]:
            seen += 1
            calls = _calls(language.clinc, intents[intent], intent, text)
            found += [Sentence(text, calls, f"clinc150:{intent}")] if calls else []
    return found, seen


def _mapping(name):
    return json.loads((HERE / "mapping" / f"{name}.json").read_text(encoding="utf-8"))["intents"]


def _calls(reader, mapped, intent, text, *rest):
    """The calls for one sentence; None leaves it out."""
    tools = mapped["tools"]
    if tools == ["chat.decline"]:
        return [("chat.decline", {"need": mapped["need"]})]
    if tools == ["chat.reply"]:
        return [("chat.reply", {"topic": mapped["topic"]})]
    calls = reader(intent, text, *rest)
    for tool, arguments in calls or ():
        asked = arguments.get("for_tool", tool)
        if asked not in tools:
            return None
    return calls
