"""Conversations under construction.

A stretch of text that becomes an argument is *marked* where it is made. The marks stay in the text while noise is
added and are taken out at the very end, so an argument is always exactly what the text says, slips of the finger
and all. Marks are characters of the private use area: one opens and one closes span number k; spans may nest.
"""

import re

OPEN, CLOSE, LIMIT = 0xE000, 0xE400, 1024
MARKS = re.compile("[\ue000-\ue7ff]")


class Talk:
    """One conversation: its turns with marks, and what the sentences of it share (style, source of chance)."""

    __slots__ = ("rng", "style", "turns", "count", "seen")

    def __init__(self, rng, style):
        self.rng, self.style = rng, style
        self.turns, self.count, self.seen = [], 0, {}

    def mark(self, text):
        """`text` as a span; the returned string goes into the sentence and into the arguments alike."""
        k = self.count
        self.count += 1
        assert k < LIMIT
        return f"{chr(OPEN + k)}{text}{chr(CLOSE + k)}"

    def turn(self, text, *calls):
        self.turns.append((text, calls))

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, items):
        return items[int(self.rng.random() * len(items))]

    @property
    def spoken(self):
        return self.style == "speech"


class Cut:
    """A stretch of a real sentence that becomes an argument."""

    __slots__ = ("start", "end")

    def __init__(self, start, end):
        self.start, self.end = start, end


def call(tool, **arguments):
    """A call; arguments that are None were not said."""
    return tool, {k: v for k, v in arguments.items() if v is not None}


def plain(text):
    return MARKS.sub("", text)


def is_marked(value):
    return isinstance(value, str) and value != "" and OPEN <= ord(value[0]) < CLOSE


def resolve(value, text, before=None):
    """`value` with every marked string replaced by what `text` (after noise) holds between its marks, and by what
    `before`, a pattern, matches at the end of what stands in front of them."""
    if isinstance(value, str):
        if not is_marked(value):
            return value
        k = ord(value[0]) - OPEN
        start = text.index(chr(OPEN + k)) + 1
        said = plain(text[start : text.index(chr(CLOSE + k), start)]).strip()
        found = before.search(plain(text[:start])) if before and said else None
        return (found.group() if found else "") + said
    if isinstance(value, dict):
        return {k: resolve(v, text, before) for k, v in value.items()}
    if isinstance(value, list):
        return [resolve(v, text, before) for v in value]
    return value
