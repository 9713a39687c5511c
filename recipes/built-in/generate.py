#!/usr/bin/env python3
"""Writes the training data of the built-in model: `train.jsonl` and `valid.jsonl`, the same bytes for the same seed.

    python3 recipes/built-in/generate.py --seed 1 --count 1000000 --out DIR [--shared ../shared] [--check]

See README.md beside this file.
"""

import argparse
import collections
import importlib
import json
import random
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from machine.compose import Composer  # noqa: E402
from machine.corpora import forbidden, load, normalised, words_of  # noqa: E402
from machine.noise import STYLES  # noqa: E402
from machine.schema import Tools  # noqa: E402

REAL_SHARE = 0.33
"""The part of the conversations that are real sentences, in whole or as one of their turns."""
ASSISTED, TALK, DECLINED = 5.0, 2.5, 1.0
"""How often a real sentence is used that asks for a tool, one that is talk, and one that is out of reach."""
PLAIN, SWAPPED = 0.55, 0.3
"""How many of them stand as they are, and in how many of those that ask for a tool another one's words are put."""
REPEATS = 60
"""No user text stands more often than this in the data."""
VALID = 2000


class Writer:
    """Lines that are new, do not contradict each other and do not measure the result later."""

    def __init__(self, avoid, tools, check):
        self.avoid, self.tools, self.check = avoid, tools, check
        self.lines, self.meant, self.times = [], {}, collections.Counter()
        self.dropped, self.counts, self.arguments, self.wrong = collections.Counter(), collections.Counter(), collections.Counter(), []

    def add(self, turns, source):
        key = normalised(" ".join(user for user, _ in turns))
        if key in self.avoid:
            self.dropped["equals a text that measures"] += 1
            return False
        if not key:
            self.dropped["empty"] += 1
            return False
        calls = json.dumps([c for _, c in turns], ensure_ascii=False, separators=(",", ":"))
        if len(turns) == 1 and self.meant.setdefault(key, calls.lower()) != calls.lower():
            self.dropped["contradicts an earlier line"] += 1
            return False
        self.times[key] += 1
        if self.times[key] > REPEATS:
            self.dropped["said too often"] += 1
            return False
        if self.check:
            self._check(turns)
        for _, made in turns:
            for call in made:
                self.counts[call["tool"]] += 1
                for name in call["arguments"]:
                    self.arguments[f"{call['tool']}.{name}"] += 1
        line = {"turns": [{"user": user, "calls": made} for user, made in turns], "source": source}
        self.lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
        return True

    def _check(self, turns):
        for user, made in turns:
            for call in made:
                self.wrong += [f"{user}: {message}" for message in self.tools.check(call)]


class Real:
    """Real sentences in turns: as they stand, with the words of others, with noise."""

    def __init__(self, sentences, composer, rng):
        self.composer, self.rng, self.used = composer, rng, 0
        self.queue = []
        self.sentences, self.words = sentences, words_of(sentences)

    def _refill(self):
        for s in self.sentences:
            share = {"chat.decline": DECLINED, "chat.reply": TALK}.get(s.calls[0][0], ASSISTED)
            share *= 1.5 if s.source == "clinc150:oos" else 1
            self.queue += [s] * (int(share) + (self.rng.random() < share % 1))
        self.rng.shuffle(self.queue)

    def next(self):
        """A conversation around one real sentence, and its source."""
        if not self.queue:
            self._refill()
        sentence = self.queue.pop()
        self.used += 1
        if self.rng.random() < SWAPPED:
            sentence = sentence.swapped(self.rng, self.words) or sentence
        style = STYLES[int(self.rng.random() * len(STYLES))]
        plain = self.rng.random() < PLAIN
        talk = sentence.talk(self.rng, "lower" if plain else style)
        turns = self.composer.unchanged(talk) if plain else self.composer.finish(talk)
        if self.rng.random() < 0.1:
            before, _ = self.composer.conversation()
            if len(before) < 3 and not before[-1][1][0]["tool"].startswith("chat.ask"):
                turns = before + turns
        return turns, sentence.source


def build(language, tools, shared, seed, count, check=False):
    """The training lines, the validation lines, and what was counted on the way."""
    avoid = forbidden(shared)
    rng = random.Random(seed)
    composer = Composer(language, tools, rng)
    sentences, seen = load(shared, language)
    valid = _validation(composer, tools, shared, language, avoid, seed, check)
    writer = Writer(avoid | set(valid.times), tools, check)
    real = Real(sentences, composer, rng) if sentences else None
    sources = collections.Counter()
    while len(writer.lines) < count:
        if real and rng.random() < REAL_SHARE:
            turns, source = real.next()
        else:
            turns, kind = composer.conversation()
            source = f"generated:{kind}"
        if writer.add(turns, source):
            sources[source.split(":")[0]] += 1
    rng.shuffle(writer.lines)
    facts = {"sentences of the corpora": seen, "of them used": len(sentences), "sources": dict(sources), "valid": len(valid.lines)}
    return writer, valid, facts


def _validation(composer, tools, shared, language, avoid, seed, check):
    """Fresh conversations, a quarter of them from the validation part of clinc150."""
    rng = random.Random(f"valid {seed}")
    writer = Writer(avoid, tools, check)
    sentences, _ = load(shared, language, part="val")
    rng.shuffle(sentences)
    for sentence in sentences[: VALID // 4]:
        writer.add(composer.unchanged(sentence.talk(rng, "lower")), sentence.source)
    own = Composer(language, tools, rng)
    while len(writer.lines) < VALID:
        turns, kind = own.conversation()
        writer.add(turns, f"generated:{kind}")
    return writer


def written(line, tools):
    """A line as the trainer reads it: messages, each of which begins with a space where words do."""
    line = json.loads(line)
    messages = []
    for turn in line["turns"]:
        messages += [{"role": "user", "content": " " + turn["user"]}, {"role": "assistant", "content": tools.written(turn["calls"])}]
    return json.dumps({"messages": messages, "source": line["source"]}, ensure_ascii=False, separators=(",", ":"))


def report(writer, facts, seconds, out=sys.stderr):
    total = sum(writer.counts.values())
    print(f"{len(writer.lines)} conversations, {total} calls, {seconds:.0f} s", file=out)
    for name, value in facts.items():
        print(f"  {name}: {value}", file=out)
    for reason, n in writer.dropped.most_common():
        print(f"  dropped, {reason}: {n}", file=out)
    for tool, n in writer.counts.most_common():
        print(f"  {100 * n / total:5.2f} %  {tool}", file=out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--language", default="en")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shared", type=Path, default=HERE.parent.parent.parent / "shared")
    parser.add_argument("--check", action="store_true", help="check every call by the schemas")
    options = parser.parse_args()
    began = time.monotonic()
    tools = Tools(options.shared / "assistant-tools.json")
    language = importlib.import_module(options.language)
    writer, valid, facts = build(language, tools, options.shared, options.seed, options.count, options.check)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, lines in (("train", writer.lines), ("valid", valid.lines)):
        with open(options.out / f"{name}.jsonl", "w", encoding="utf-8", newline="\n") as file:
            file.writelines(written(line, tools) + "\n" for line in lines)
    report(writer, facts, time.monotonic() - began)
    for message in (writer.wrong + valid.wrong)[:20]:
        print(f"wrong: {message}", file=sys.stderr)
    if writer.wrong or valid.wrong:
        sys.exit(f"{len(writer.wrong) + len(valid.wrong)} calls are not valid by the schemas")


if __name__ == "__main__":
    main()
