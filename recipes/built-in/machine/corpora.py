"""The corpora of real sentences, mapped onto calls.

The mapping in `mapping/` says which tool an intent belongs to; the language's `corpora` module reads the arguments
from the words. Texts that later measure the result are known here only as a set to stay clear of.
"""

import json
import re
from pathlib import Path

from .spans import Cut, Talk

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

    def swapped(self, rng, words):
        """The same sentence with other words for one of its arguments, as `words` has them, or None: those that stand in the
        same argument of another sentence after the same word. Arguments that share their words stay."""
        cuts = [(path, c) for path, c in self.cuts() if sum(c.start < d.end and d.start < c.end for _, d in self.cuts()) == 1]
        others = [(c, found) for path, c in cuts if len(found := words.get((path, self.before(c)), ())) > 4]
        if not others:
            return None
        c, found = others[int(rng.random() * len(others))]
        other = found[int(rng.random() * len(found))]
        longer = len(other) - (c.end - c.start)
        move = lambda d: Cut(d.start + longer * (d.start > c.start), d.end + longer * (d.end > c.start))  # noqa: E731
        calls = [(tool, _each_cut(arguments, move)) for tool, arguments in self.calls]
        return Sentence(self.text[: c.start] + other + self.text[c.end :], calls, self.source)

    def cuts(self):
        """The cuts of the text, each with the argument that it becomes."""
        found = []
        for tool, arguments in self.calls:
            for name, value in arguments.items():
                _each_cut(value, lambda c, path=f"{tool}.{name}": found.append((path, c)))
        return found

    def before(self, cut):
        return self.text[: cut.start].rstrip().rpartition(" ")[2].lower()

    def talk(self, rng, style):
        """One turn, its cuts marked."""
        talk = Talk(rng, style)
        cuts = [c for _, c in self.cuts()]
        text = self.text
        marks = sorted({(c.start, c.end) for c in cuts})
        names = {span: talk.mark("") for span in marks}
        events = [(start, 1, -end, names[start, end][0]) for start, end in marks] + [(end, 0, -start, names[start, end][1]) for start, end in marks]
        for at, _, _, mark in sorted(events, reverse=True):
            text = text[:at] + mark + text[at:]
        talk.turn(text, *[(tool, _each_cut(arguments, lambda c: names[c.start, c.end])) for tool, arguments in self.calls])
        return talk


def _each_cut(value, change):
    """`value` with every cut in it changed."""
    if isinstance(value, Cut):
        return change(value)
    if isinstance(value, dict):
        return {k: _each_cut(v, change) for k, v in value.items()}
    return [_each_cut(v, change) for v in value] if isinstance(value, list) else value


_UNLIKE = ("units.convert.from", "units.convert.to")
"""Arguments whose words cannot take each other's place."""


def words_of(sentences):
    """The words that stand in each argument, by the word before them."""
    found = {}
    for sentence in sentences:
        for path, c in sentence.cuts():
            if path not in _UNLIKE:
                found.setdefault((path, sentence.before(c)), {})[sentence.text[c.start : c.end]] = None
    return {place: list(words) for place, words in found.items()}


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
