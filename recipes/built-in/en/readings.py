"""Sentences of the corpora that were read by hand: what stands in `readings.txt`.

A sentence stands on a line, its calls on the next, parted by ` & `: a tool, then arguments parted by ` | `. Texts are
stretches of the sentence. `ask` a tool `: ` arguments is `chat.ask`. Days are written `today`, `monday`, `monday+1` (a week
later), `3/25`, `2019-3/25`, `d13` (of the month), `+2day`, `named:easter`; times `07:30` or `morning`; a stretch of days is
`3/1..3/7`, a period or one day; a repeat `1week:monday,friday`.
"""

import re
from functools import cache
from pathlib import Path

from machine.spans import Cut

from .days import WEEKDAYS

_PERIODS = ("today", "tomorrow", "this_week", "next_week", "weekend", "next_weekend", "this_month", "next_month")
_TEXTS = ("title", "query", "event", "list", "text", "label", "body", "reply_to", "from", "to", "name", "place", "address", "location")
_NUMBERS = ("seconds", "in_minutes", "duration_minutes", "amount")


def texts():
    return list(_table())


def reading(text):
    """The calls that `text` stands for, or None where nobody read it."""
    found = _table().get(text)
    return [_call(text, one) for one in found.split(" & ")] if found else None


@cache
def _table():
    lines = (Path(__file__).parent / "readings.txt").read_text(encoding="utf-8").splitlines()
    return {text: calls.strip() for text, calls in zip(lines, lines[1:]) if calls.startswith("  ")}


def _call(text, said):
    if said.startswith("ask "):
        tool, missing = said.removeprefix("ask ").split(": ")
        return "chat.ask", {"missing": missing.split(", "), "for_tool": tool}
    tool, _, rest = said.partition(" ")
    pairs = (pair.split("=", 1) for pair in rest.split(" | ") if pair)
    return tool, {name: _value(text, tool, name, value) for name, value in pairs}


def _value(text, tool, name, value):
    if name == "people":
        return [_cut(text, one) for one in value.split(", ")]
    if (tool, name) == ("mail.draft", "to"):
        return [_cut(text, value)]
    if name in _TEXTS:
        return _cut(text, value)
    if name in _NUMBERS:
        return float(value) if "." in value else int(value)
    if name in ("range", "due") and tool != "task.add":
        return _range(text, value)
    if name in ("when", "due", "depart_at", "arrive_by"):
        return _when(text, value)
    if name == "repeat":
        m = re.fullmatch(r"(\d+)([a-z]+)(?::(.+))?", value)
        return {"every": int(m[1]), "unit": m[2]} | ({"on": m[3].split(",")} if m[3] else {})
    return True if value == "true" else value


def _cut(text, words):
    """The stretch; "everything" may stand for what is meant and not said."""
    start = text.lower().find(words.lower())
    if start < 0 and words == "everything":
        return words
    if start < 0:
        raise ValueError(f"`{words}` does not stand in `{text}`")
    return Cut(start, start + len(words))


def _range(text, value):
    if value in _PERIODS:
        return {"period": value}
    first, _, last = value.partition("..")
    return {"from": _date(text, first), "to": _date(text, last or first)}


def _when(text, value):
    *date, last = [value] if value.startswith("named:") else value.split(" ")
    if re.fullmatch(r"\d\d:\d\d", last):
        time = {"hour": int(last[:2]), "minute": int(last[3:])}
    elif last in ("morning", "noon", "afternoon", "evening", "night", "midnight"):
        time = {"part": last}
    else:
        return {"date": _date(text, last)}
    return ({"date": _date(text, date[0])} if date else {}) | {"time": time}


def _date(text, value):
    day, _, weeks = value.partition("+")
    if day in WEEKDAYS:
        return {"weekday": day, "week": int(weeks or 0)}
    if m := re.fullmatch(r"(?:(\d{4})-)?(\d+)/(\d+)", value):
        return {"month": int(m[2]), "day": int(m[3])} | ({"year": int(m[1])} if m[1] else {})
    if m := re.fullmatch(r"\+(\d+)([a-z]+)", value):
        return {"in": int(m[1]), "unit": m[2]}
    if m := re.fullmatch(r"d(\d+)", value):
        return {"day": int(m[1])}
    return {"named": _cut(text, value.removeprefix("named:"))} if value.startswith("named:") else {"rel": value}
