"""Whole conversations from the requests of a language."""

from .noise import STYLES, Noise
from .spans import CLOSE, OPEN, Talk, is_marked, plain, resolve

_KINDS = ("single",) * 55 + ("several",) * 12 + ("ask",) * 9 + ("follow",) * 17 + ("chat",) * 7


QUOTED = 0.06
"""How often somebody puts one of the arguments in quotes."""
_NAMES = ("title", "event", "text", "body", "subject", "query", "label", "list", "topic", "about", "prompt")
_QUOTES = ('""', "''", '""', "''", "“”", "‘’")


class Composer:
    """Makes conversations of `language` with calls in the order of `tools`."""

    def __init__(self, language, tools, rng):
        self.language, self.tools, self.rng = language, tools, rng
        self.noise = Noise(language.NOISE)
        total = sum(weight for weight, _ in language.REQUESTS)
        self.makers = [maker for weight, maker in language.REQUESTS for _ in range(round(weight * 2000 / total))]
        self.written = language.WRITTEN

    def conversation(self):
        """A finished conversation: `[(user, calls), …]` with plain text, and its kind."""
        kind = _KINDS[int(self.rng.random() * len(_KINDS))]
        talk = Talk(self.rng, STYLES[int(self.rng.random() * len(STYLES))])
        fragile = getattr(self, "_" + kind)(talk)
        return self.finish(talk, fragile), kind

    def finish(self, talk, fragile=False):
        """Noise on, marks out, arguments cut from the text and put in order."""
        if not talk.spoken and talk.chance(QUOTED):
            talk.turns[-1] = _quoted(talk, *talk.turns[-1])
        texts = [self.noise.sentence(text.replace("  ", " ").replace(" ,", ",").strip(), talk, fragile) for text, _ in talk.turns]
        marked = "\n".join(texts)
        turns = []
        for text, (_, calls) in zip(texts, talk.turns):
            turns.append((" ".join(plain(text).split()), self._done(calls, marked)))
        return turns

    def _done(self, calls, marked):
        """The calls with their arguments cut from the text. Names of events, tasks and lists stand without their articles;
        other arguments are what was said, articles and all."""
        done = []
        for tool, arguments in calls:
            cut = {name: resolve(value, marked, self.language.AS_SAID.get(f"{tool}.{name}")) for name, value in arguments.items()}
            done.append({"tool": tool, "arguments": self.tools.ordered(tool, cut)})
        return done

    def unchanged(self, talk):
        """As `finish`, without noise."""
        marked = "\n".join(text for text, _ in talk.turns)
        return [
            (" ".join(plain(text).split()), self._done(calls, marked))
            for text, calls in talk.turns
        ]

    def _request(self, talk, modes=None):
        while True:
            maker = self.makers[int(self.rng.random() * len(self.makers))]
            written = maker in self.written
            if written and talk.spoken:
                talk.style = "lower"
            mode, text, calls = maker(talk)
            if modes is None or mode in modes:
                return mode, text, calls, written

    def _single(self, talk):
        mode, text, calls, fragile = self._request(talk)
        talk.turn(self.language.wrap(talk, mode, text), *calls)
        return fragile

    def _several(self, talk):
        """Two or three requests in one breath."""
        parts, calls, fragile = [], [], False
        first = None
        for i in range(2 if talk.chance(0.85) else 3):
            mode, text, made, written = self._request(talk, ("do", "ask", "note") if i == 0 else ("do", "ask"))
            if made[0][0] == "chat.reply":
                continue
            if made[0][0] == "chat.decline":
                text = talk.mark(text)
                made = [(made[0][0], {**made[0][1], "request": text})]
            first = first or mode
            parts.append(text)
            calls += made
            fragile |= written
        text = parts[0]
        for part in parts[1:]:
            text += talk.pick(self.language.JOINTS) + part
        talk.turn(self.language.wrap(talk, first, text), *calls)
        return fragile

    def _ask(self, talk):
        """Something is missing; more than half of the time the next turn brings it."""
        mode, text, asked, answer, calls = self.language.ask(talk)
        talk.turn(self.language.wrap(talk, mode, text), asked)
        if talk.chance(0.6):
            talk.turn(answer, *calls)
            if talk.chance(0.15) and calls[-1][0] in self.language.AFTER:
                self._follow_up(talk, calls[-1])
        return False

    def _follow(self, talk):
        """A request and one to three turns that refer back to it."""
        while True:
            mode, text, calls, fragile = self._request(talk)
            if calls[-1][0] in self.language.AFTER:
                break
        talk.turn(self.language.wrap(talk, mode, text), *calls)
        last = calls[-1]
        for _ in range(1 if talk.chance(0.72) else 2 if talk.chance(0.7) else 3):
            last = self._follow_up(talk, last)
            if last is None:
                break
        if talk.chance(0.05) and len(talk.turns) < 4:
            talk.turn(*self._small(talk))
        return fragile

    def _follow_up(self, talk, last):
        """One turn about the call that stands; returns the call that stands after it."""
        text, calls = self.language.AFTER[last[0]](talk, last[1])
        talk.turn(text + (" please" if talk.chance(0.06) and not text.endswith("please") else ""), *calls)
        tool, arguments = calls[-1]
        if tool == "calendar.move_event":
            event = {**last[1], "when": {**last[1]["when"], **arguments.get("when", {})}}
            return last[0], event | {k: v for k, v in arguments.items() if k == "duration_minutes"}
        return (tool, arguments) if tool in self.language.AFTER else None

    def _small(self, talk):
        _, text, calls = self.language.reply(talk)
        return text, *calls

    def _chat(self, talk):
        """Unrelated turns one after the other, with greetings and thanks between."""
        fragile = False
        if talk.chance(0.4):
            _, text, calls = self.language.reply(talk, "greeting")
            talk.turn(text, *calls)
        for _ in range(1 if talk.chance(0.6) else 2):
            fragile |= self._single(talk)
        if talk.chance(0.35) and len(talk.turns) < 4:
            _, text, calls = self.language.reply(talk, talk.pick(("thanks", "thanks", "farewell", "praise", "cancel", "affirm")))
            talk.turn(text, *calls)
        return fragile


def _quoted(talk, text, calls):
    """The turn with quotes around one of the texts that become arguments, unless it stands in another or in quotes."""
    found = [value for _, arguments in calls for name, value in arguments.items() if name in _NAMES and is_marked(value)]
    value = talk.pick(found) if found else "\ue000"
    opened, closed = text.find(value[0]), text.find(chr(ord(value[0]) - OPEN + CLOSE))
    before, after = text[:opened], text[closed + 1 :]
    if opened < 0 or closed < opened or before[-1:] not in ("", " ") or after[:1] not in ("", " ", ",", ".", "?", "!") or set(text) & set("\"“”‘’"):
        return text, calls
    left, right = talk.pick(_QUOTES)
    return f"{before}{left}{text[opened : closed + 1]}{right}{after}", calls
