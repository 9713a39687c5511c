#!/usr/bin/env python3
"""Tests of the generator: `python3 recipes/built-in/tests.py [--shared DIR]`, a few seconds."""

import json
import os
import random
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import en  # noqa: E402
import generate  # noqa: E402
from en import clock, days, numbers, parse, readings, when  # noqa: E402
from machine.corpora import forbidden, load, normalised, words_of  # noqa: E402
from machine.schema import Tools  # noqa: E402
from machine.spans import Talk, plain, resolve  # noqa: E402

SHARED = Path(os.environ.get("FREEHOLD_SHARED", HERE.parent.parent.parent / "shared"))
SAMPLE = 20_000
CONSTANTS = {"it", "everything"}
"""Strings of arguments that stand for something without being said."""
FREE = {"need", "topic", "for_tool", "missing", "expression", "currency", "kind", "format", "level", "field", "what", "mode", "priority",
        "status", "period", "part", "part_of_day", "weekday", "unit", "rel", "iso", "on"}  # fmt: skip
"""Arguments whose strings are terms of the schema, not words of the user."""


def strings(value, name=""):
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, name)


class Sample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (SHARED / "assistant-tools.json").exists():
            raise unittest.SkipTest(f"no tool list in {SHARED}")
        cls.tools = Tools(SHARED / "assistant-tools.json")
        cls.writer, cls.valid, cls.facts = generate.build(en, cls.tools, SHARED, 7, SAMPLE)
        cls.lines = [json.loads(line) for line in cls.writer.lines + cls.valid.lines]

    def test_the_same_seed_gives_the_same_bytes(self):
        first = generate.build(en, self.tools, SHARED, 3, 2000)
        again = generate.build(en, self.tools, SHARED, 3, 2000)
        other = generate.build(en, self.tools, SHARED, 4, 2000)
        self.assertEqual(first[0].lines, again[0].lines)
        self.assertEqual(first[1].lines, again[1].lines)
        self.assertNotEqual(first[0].lines, other[0].lines)

    def test_every_call_is_valid_and_in_order(self):
        for line in self.lines:
            self.assertTrue(1 <= len(line["turns"]) <= 4, line)
            for turn in line["turns"]:
                self.assertTrue(turn["user"].strip() and turn["calls"], line)
                for call in turn["calls"]:
                    self.assertEqual(self.tools.check(call), [], line)
                    ordered = self.tools.ordered(call["tool"], call["arguments"])
                    self.assertEqual(json.dumps(ordered), json.dumps(call["arguments"]))

    def test_strings_are_copied_from_what_was_said(self):
        for line in self.lines:
            said = ""
            for turn in line["turns"]:
                said += turn["user"] + "\n"
                for call in turn["calls"]:
                    for name, text in strings(call["arguments"]):
                        if name not in FREE and text not in CONSTANTS:
                            self.assertIn(text, said, line)

    def test_what_is_copied_begins_with_a_space(self):
        call = {"tool": "calendar.create_event", "arguments": {"title": "tea", "when": {"date": {"named": "christmas eve"}}, "people": ["Ann"],
                "repeat": {"every": 1, "unit": "year"}}}  # fmt: skip
        self.assertEqual(self.tools.written([call]), '[{"tool":"calendar.create_event","arguments":{"title":" tea","when":{"date":{"named":" christmas eve"}},'
                         '"people":[" Ann"],"repeat":{"every":1,"unit":"year"}}}]')  # fmt: skip
        ask = {"tool": "chat.ask", "arguments": {"missing": ["when"], "for_tool": "alarm.set"}}
        self.assertEqual(self.tools.written([ask]), '[{"tool":"chat.ask","arguments":{"missing":["when"],"for_tool":"alarm.set"}}]')
        line = json.loads(generate.written(self.writer.lines[0], self.tools))
        self.assertTrue(all(m["content"][0] == (" " if m["role"] == "user" else "[") for m in line["messages"]))

    def test_no_mark_is_left_in_a_text(self):
        for line in self.lines:
            self.assertFalse(any("\ue000" <= c <= "\ue7ff" for c in json.dumps(line, ensure_ascii=False)), line)

    def test_no_text_that_measures_is_trained_on(self):
        avoid = forbidden(SHARED)
        for line in self.lines:
            self.assertNotIn(normalised(" ".join(t["user"] for t in line["turns"])), avoid)

    def test_training_and_validation_are_apart(self):
        key = lambda text: normalised(" ".join(t["user"] for t in json.loads(text)["turns"]))  # noqa: E731
        self.assertFalse(set(map(key, self.writer.lines)) & set(map(key, self.valid.lines)))

    def test_every_tool_is_used_and_none_rarely(self):
        total = sum(self.writer.counts.values())
        self.assertEqual(set(self.writer.counts), set(self.tools.tools))
        for tool, n in self.writer.counts.items():
            self.assertGreater(n / total, 0.013, tool)

    def test_every_argument_is_used(self):
        for tool, parameters in self.tools.tools.items():
            for name in parameters["properties"]:
                self.assertGreater(self.writer.arguments[f"{tool}.{name}"], 10, f"{tool}.{name}")

    def test_every_term_of_an_enum_is_used(self):
        seen = {(call["tool"], name, text) for line in self.lines for turn in line["turns"] for call in turn["calls"]
                for name, text in strings(call["arguments"])}  # fmt: skip
        for tool, parameters in self.tools.tools.items():
            for name, schema in parameters["properties"].items():
                for term in schema.get("enum", ()):
                    self.assertIn((tool, name, term), seen)

    def test_one_text_alone_means_one_thing(self):
        meant = {}
        for line in map(json.loads, self.writer.lines):
            if len(line["turns"]) == 1:
                calls = json.dumps(line["turns"][0]["calls"]).lower()
                self.assertEqual(meant.setdefault(normalised(line["turns"][0]["user"]), calls), calls)

    def test_the_mappings_name_tools_and_arguments_that_exist(self):
        for name in ("nlu-home", "clinc150"):
            intents = json.loads((HERE / "mapping" / f"{name}.json").read_text())["intents"]
            for intent, mapped in intents.items():
                for tool in mapped["tools"]:
                    self.assertIn(tool, self.tools.tools, intent)
                names = {n for tool in mapped["tools"] for n in self.tools.tools[tool]["properties"]}
                for paths in mapped.get("entities", {}).values():
                    for path in paths or ():
                        self.assertIn(path.split(".")[0], names, intent)


class Real(unittest.TestCase):
    def setUp(self):
        if not (SHARED / "data/nlu-home/train.jsonl").exists():
            self.skipTest(f"no corpora in {SHARED}")
        self.sentences, _ = load(SHARED, en)

    def test_every_sentence_that_was_read_by_hand_is_one_of_the_corpora(self):
        texts = {sentence.text: sentence.calls for sentence in self.sentences}
        for text in readings.texts():
            self.assertEqual(len(texts[text]), len(readings.reading(text)), text)

    def test_other_words_in_an_argument_leave_the_rest_as_it_was(self):
        rng, words, changed = random.Random(1), words_of(self.sentences), 0
        for sentence in self.sentences:
            other = sentence.swapped(rng, words)
            if other is None:
                continue
            self.assertEqual([path for path, _ in other.cuts()], [path for path, _ in sentence.cuts()])
            new = [other.text[c.start : c.end] for _, c in other.cuts()]
            old = [sentence.text[c.start : c.end] for _, c in sentence.cuts()]
            self.assertLessEqual(sum(a != b for a, b in zip(old, new)), 1, sentence.text)
            changed += other.text != sentence.text
        self.assertGreater(changed, 1000)


class Dates(unittest.TestCase):
    def test_what_is_said_is_understood_again(self):
        """Nearly all: figures like 14/3 and short forms are not in the inverse tables."""
        rng = random.Random(5)
        right = wrong = 0
        for i in range(4000):
            talk = Talk(rng, ("clean", "speech", "lower")[i % 3])
            meant, text = when.when(talk)
            said = plain(text).lower()
            read = parse.when(said, parse.find(said))
            meant = resolve(meant, text)
            meant = json.loads(json.dumps(meant).lower())
            if read == meant:
                right += 1
            elif read is not None:
                wrong += 1
        self.assertGreater(right, 3700)
        self.assertLess(wrong, 150)

    def test_days_as_people_say_them(self):
        for text, date in {
            "friday": {"weekday": "friday", "week": 0}, "this coming friday": {"weekday": "friday", "week": 0},
            "next friday": {"weekday": "friday", "week": 1}, "friday week": {"weekday": "friday", "week": 1},
            "a week on tuesday": {"weekday": "tuesday", "week": 1}, "the day after tomorrow": {"rel": "day_after_tomorrow"},
            "the 3rd": {"day": 3}, "on the third of march": {"month": 3, "day": 3}, "in two weeks": {"in": 2, "unit": "week"},
            "christmas eve": {"named": "christmas eve"},
        }.items():  # fmt: skip
            self.assertEqual(parse.when(text, parse.find(text)), {"date": date}, text)

    def test_bare_hours_are_taken_as_a_person_would(self):
        self.assertEqual([clock.taken(h, clock.EVENT) for h in (1, 3, 7, 8, 11, 12)], [13, 15, 19, 8, 11, 12])
        self.assertEqual([clock.taken(h, clock.WAKE) for h in (5, 7, 11)], [5, 7, 11])
        self.assertEqual([clock.taken(h, clock.EVENING) for h in (6, 8, 11)], [18, 20, 23])

    def test_numbers_in_words(self):
        self.assertEqual(numbers.cardinal(121), "one hundred and twenty one")
        self.assertEqual(numbers.cardinal(2005), "two thousand and five")
        self.assertEqual([numbers.ordinal(n) for n in (1, 12, 20, 22, 30)], ["first", "twelfth", "twentieth", "twenty second", "thirtieth"])

    def test_lengths_in_words(self):
        for n in (15, 30, 45, 60, 75, 90, 105, 120, 150):
            for i in range(40):
                text = when.say_minutes(Talk(random.Random(i), "clean"), n)
                self.assertTrue(text and "0 hour" not in text.replace("0 hours", ""), text)

    def test_a_day_needs_its_preposition(self):
        talk = Talk(random.Random(1), "clean")
        self.assertEqual(days.on(talk, {"month": 3, "day": 3}, "the third of March"), "on the third of March")
        self.assertEqual(days.on(talk, {"rel": "tomorrow"}, "tomorrow"), "tomorrow")


if __name__ == "__main__":
    unittest.main()
