"""What hands, ears and haste do to a sentence. Tables of a language come in; marks of spans stay in place.

Styles: `clean` as written by a careful person; `lower` without capitals and closing marks; `speech` as a recogniser
writes it down; `chat` with short forms and slips.
"""

import re

STYLES = ["clean"] * 34 + ["lower"] * 27 + ["speech"] * 24 + ["chat"] * 15

_MARK = "[\ue000-\ue7ff]*"
_STOPS = re.compile(rf"[,.!?;:…\"“”()]+(?={_MARK}(?:\s|$))|(?<=\s)[\"“(]+")
_QUOTES = re.compile("[\"“”]")
_SPACES = re.compile(r" {2,}")
_WORD = re.compile("[A-Za-z]{4,}")
_NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip


class Noise:
    def __init__(self, tables):
        """`tables`: fillers, short forms, slips and variants of the language."""
        self.t = tables

    def sentence(self, text, talk, fragile=False):
        """`text` as the style of `talk` has it. `fragile` text (codes, addresses) keeps its letters."""
        style, random = talk.style, talk.rng.random
        if style == "clean":
            text = self._finish(text, talk)
            return self._slip(text, talk) if not fragile and random() < 0.03 else text
        if style == "speech":
            text = _SPACES.sub(" ", _STOPS.sub("", text)).strip()
            if random() < 0.12:
                text = self._stammer(text, talk)
            return text if fragile else self._lower(text)
        if style == "chat" and random() < 0.7:
            text = self._short(text, talk)
        if random() < (0.85 if style == "lower" else 0.6):
            text = self._bare_end(text)
        if not fragile:
            text = self._lower(text) if style == "lower" or random() < 0.7 else text
            if random() < (0.10 if style == "lower" else 0.35):
                text = self._slip(text, talk)
        if style == "chat" and not fragile and random() < 0.05:
            return text.upper()
        if style == "chat" and random() < 0.2:
            text = text.replace("'", "").replace("’", "")
        if style == "chat" and random() < 0.1:
            text = text.replace(",", "")
        return text

    def _lower(self, text):
        return text.lower()

    def _bare_end(self, text):
        return text.rstrip(".!?")

    def _finish(self, text, talk):
        """A capital at the start and a mark at the end, mostly."""
        i = 0
        while i < len(text) and "\ue000" <= text[i] <= "\ue7ff":
            i += 1
        if talk.rng.random() < 0.85 and i == 0:
            text = text[:1].upper() + text[1:]
        if text[-1:] not in ".?!…" and talk.rng.random() < 0.55:
            text += "?" if self.t["question"].match(text.lower()) else "."
        return text

    def _stammer(self, text, talk):
        """A filler or a doubled word, between the spans."""
        gaps = _outer_gaps(text)
        if not gaps:
            return text
        i = talk.pick(gaps)
        if talk.rng.random() < 0.7:
            return f"{text[:i]} {talk.pick(self.t['fillers'])}{text[i:]}"
        start = text.rfind(" ", 0, i) + 1
        word = text[start:i]
        return f"{text[:i]} {word}{text[i:]}" if word.isalpha() and len(word) < 6 else text

    def _short(self, text, talk):
        """Short forms outside of spans: `tmrw`, `pls`, `u`."""
        out, depth = [], 0
        for word in text.split(" "):
            opened, closed = _count(word)
            if depth == 0 and opened == 0 and word.lower() in self.t["short"] and talk.rng.random() < 0.5:
                word = talk.pick(self.t["short"][word.lower()])
            depth += opened - closed
            out.append(word)
        return " ".join(out)

    def _slip(self, text, talk):
        """One slip of the finger, anywhere but in what code reads (numbers and short words)."""
        spots = [m for m in _WORD.finditer(text) if m.group().lower() not in self.t["keep"]]
        if not spots:
            return text
        m = talk.pick(spots)
        word = m.group()
        low = word.lower()
        if low in self.t["misspelt"] and talk.rng.random() < 0.6:
            return text[: m.start()] + talk.pick(self.t["misspelt"][low]) + text[m.end() :]
        return text[: m.start()] + _mistype(word, talk) + text[m.end() :]


def _mistype(word, talk):
    i = 1 + int(talk.rng.random() * (len(word) - 2))
    kind = talk.rng.random()
    if kind < 0.35:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    if kind < 0.6:
        return word[:i] + word[i + 1 :]
    if kind < 0.8:
        return word[:i] + word[i] + word[i:]
    near = _NEAR[word[i].lower()]
    return word[:i] + near[int(talk.rng.random() * len(near))] + word[i + 1 :]


def _count(text):
    opened = sum("\ue000" <= c < "\ue400" for c in text)
    return opened, sum("\ue400" <= c < "\ue800" for c in text)


def _outer_gaps(text):
    gaps, depth = [], 0
    for i, c in enumerate(text):
        if "\ue000" <= c < "\ue400":
            depth += 1
        elif "\ue400" <= c < "\ue800":
            depth -= 1
        elif c == " " and depth == 0:
            gaps.append(i)
    return gaps
