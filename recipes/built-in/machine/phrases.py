"""Phrase tables: one phrasing a line, `(a|b|)` for a choice, `{slot}` for a value.

`Phrases("(please |)put {title} in (my|the) diary").say(talk, title=…)` picks a line, then each choice in it.
"""


def _parse(text, i=0, inside=False):
    """A sequence up to the end, or up to `|` or `)` inside a choice; returns it and where it stopped."""
    parts, plain = [], ""
    while i < len(text):
        c = text[i]
        if c == "(":
            options, i = _choice(text, i + 1)
            parts, plain = parts + ([plain] if plain else []) + [options], ""
        elif c == "{":
            end = text.index("}", i)
            parts, plain = parts + ([plain] if plain else []) + [(text[i + 1 : end],)], ""
            i = end + 1
        elif inside and c in "|)":
            break
        else:
            plain, i = plain + c, i + 1
    return parts + ([plain] if plain else []), i


def _choice(text, i):
    options = []
    while True:
        option, i = _parse(text, i, True)
        options.append(option)
        if i >= len(text):
            raise ValueError(f"a choice is not closed in `{text}`")
        i += 1
        if text[i - 1] == ")":
            return options, i


class Phrases:
    def __init__(self, table):
        lines = [line.strip() for line in table.strip().split("\n")]
        self.lines = [_parse(line)[0] for line in lines if line and not line.startswith("#")]

    def say(self, talk, **slots):
        return self.say_with(talk, slots)

    def say_with(self, talk, slots):
        """As `say`, with the values in a mapping, which may make them when asked."""
        out = []
        _render(self.lines[int(talk.rng.random() * len(self.lines))], talk.rng.random, slots, out)
        return "".join(out)


def _render(parts, random, slots, out):
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, tuple):
            out.append(slots[part[0]])
        else:
            _render(part[int(random() * len(part))], random, slots, out)


def words(table):
    """A table of entries parted by `,` or line ends."""
    return [w for line in table.strip().split("\n") for w in map(str.strip, line.split(",")) if w]


def lines(table):
    return [line.strip() for line in table.strip().split("\n") if line.strip()]
