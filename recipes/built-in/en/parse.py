"""The tables of `numbers`, `days` and `clock` turned round: what days and times a sentence says.

Made for the corpora, where a wrong label is worse than a line less: what is not understood is None.
"""

import re

from . import clock, days
from .numbers import ONES, cardinal, ordinal

_CARDINALS = {cardinal(n): n for n in range(1, 100)} | {str(n): n for n in range(1, 100)} | {"a": 1, "an": 1, "a couple of": 2}
_ORDINALS = {ordinal(n): n for n in range(1, 32)}
_ORDINALS |= {f"{n}{s}": n for n in range(1, 32) for s in ("st", "nd", "rd", "th")}
_ORDINALS |= {"twelveth": 12, "twenty-first": 21, "twenty-second": 22, "twenty-third": 23, "twenty-fifth": 25, "thirty-first": 31}
_HOURS = {cardinal(n): n for n in range(1, 13)} | {str(n): n for n in range(1, 13)}
_MINUTES = {cardinal(n): n for n in range(1, 60)} | {f"oh {ONES[n]}": n for n in range(1, 10)} | {f"o {ONES[n]}": n for n in range(1, 10)}
_MONTHS = {m: i + 1 for i, m in enumerate(days.MONTHS)} | {m[:3]: i + 1 for i, m in enumerate(days.MONTHS)} | {"sept": 9}
_DAYS = {d: d for d in days.WEEKDAYS} | {"mon": "monday", "tues": "tuesday", "wed": "wednesday", "thurs": "thursday", "fri": "friday"}
_UNITS = {"day": "day", "week": "week", "month": "month", "year": "year"}


def _any(table):
    return "(?:" + "|".join(re.escape(key) for key in sorted(table, key=len, reverse=True)) + ")"


_C, _O, _H, _M, _MO, _D = map(_any, (_CARDINALS, _ORDINALS, _HOURS, _MINUTES, _MONTHS, _DAYS))
_HALF = r"(?:a\.?\s?m\.?|p\.?\s?m\.?)(?![a-z])"
_PART = r"(?:in the (?:morning|afternoon|evening)|at night)"
_NAMED = _any({name.removeprefix("the "): 1 for name in days.NAMED})
_YEAR = r"(?:(?:,? ?(?P<year>20\d\d))|(?: (?:two thousand and |twenty )(?P<spoken>" + _any(_CARDINALS) + r")(?= |$)))"
_END = r"(?![a-z0-9])"

_DATES = [
    (rf"(?:(?:the )?day after tomorrow|overmorrow){_END}", lambda m: {"rel": "day_after_tomorrow"}),
    (rf"(?:today|tonight|tomorrow|yesterday)(?:'s|s(?= ))?{_END}", lambda m: _relative(m.group())),
    (rf"(?:(?P<which>this coming|this|coming|the coming|next|on) )?(?P<day>{_D})(?P<s>'s|s)?(?P<after> week| next week| this week)?{_END}", lambda m: _weekday(m)),
    (rf"(?:on )?(?:(?P<n>{_C}) weeks?|week|next week|(?P<two>a fortnight))(?: on| from)?(?: this)? (?P<day>{_D}){_END}", lambda m: _weeks_on(m)),
    (rf"(?:on )?(?P<day>{_D})(?P<two> fortnight| of next week){_END}", lambda m: {"weekday": _DAYS[m["day"]], "week": 2 if m["two"] == " fortnight" else 1}),
    (rf"(?:on )?the (?P<day>{_D}) after next{_END}", lambda m: {"weekday": _DAYS[m["day"]], "week": 2}),
    (r"\d{4}-\d\d-\d\d(?!\d)", lambda m: {"iso": m.group()}),
    (rf"(?:the )?(?P<day>{_O}|\d{{1,2}})(?: day)? (?:of )?(?P<month>{_MO}){_YEAR}?{_END}", lambda m: _month_day(m)),
    (rf"(?P<month>{_MO}) (?:the )?(?P<day>{_O}|{_C}|\d{{1,2}}){_YEAR}?{_END}", lambda m: _month_day(m)),
    (rf"the (?P<day>{_O})(?: of (?:this|the) month)?{_END}", lambda m: {"day": _ORDINALS[m["day"]]}),
    (rf"in (?P<n>{_C}) (?P<unit>day|week|month|year)s?{_END}", lambda m: _ahead(m)),
    (rf"(?P<n>{_C}) (?P<unit>day|week|month|year)s? from (?:now|today){_END}", lambda m: _ahead(m)),
    (rf"next (?P<unit>week|month|year){_END}", lambda m: {"in": 1, "unit": m["unit"]}),
    (rf"{_NAMED}{_END}", lambda m: {"named": m.group()}),
]  # fmt: skip
_DATES = [(re.compile(r"(?<![a-z0-9])" + pattern), make) for pattern, make in _DATES]

_TIMES = [
    (rf"(?P<h>{_H})(?: (?P<m>{_M}))?(?: o'?\s?clock| oclock)? ?(?P<half>{_HALF}|{_PART})", lambda m, k: _time(m, k)),
    (rf"(?P<h>\d{{1,2}})[:.](?P<m>\d\d) ?(?P<half>{_HALF}|{_PART})?", lambda m, k: _time(m, k)),
    (rf"(?P<p>half past|half|(?:a )?quarter (?:past|after|to|of)|(?:five|ten|twenty|twenty five|5|10|20|25) (?:past|to)) (?P<h>{_H})(?: ?(?P<half>{_HALF}|{_PART}))?{_END}", lambda m, k: _past(m, k)),
    (rf"(?P<h>{_H}) hundred(?: and (?P<m>{_M}))?(?: hours)?(?: ?(?P<half>{_HALF}|{_PART}))?{_END}", lambda m, k: _time(m, k)),
    (rf"(?P<h>{_H}) (?:o'?\s?clock|oclock){_END}", lambda m, k: _time(m, k)),
    (rf"(?:noon|midday|midnight){_END}", lambda m, k: {"part": "midnight" if m.group() == "midnight" else "noon"}),
]  # fmt: skip
_TIMES = [(re.compile(r"(?<![a-z0-9:.])" + pattern), make) for pattern, make in _TIMES]
_BARE_TIME = re.compile(rf"(?:(?<=at )|(?<=by )|(?<=for ))(?P<h>{_H})(?: (?P<m>{_M}))?{_END}(?! (?:hour|minute|second|day|week|month|year|people|hundred|past|to ))")
_PARTS = re.compile(rf"(?:in the |this |at )?(?P<part>morning|afternoon|evening|night){_END}")


def _relative(text):
    word = text.removesuffix("'s").removesuffix("s")
    return {"rel": "today"} if word in ("today", "tonight") else {"rel": word}


def _weekday(m):
    which, after = m["which"] or "", (m["after"] or "").strip()
    if m["s"] == "s" and which not in ("next", "this"):
        return None
    if which == "next" and after or len(m["day"]) < 5 and m["day"] in ("mon", "wed", "fri") and m["s"]:
        return None
    return {"weekday": _DAYS[m["day"]], "week": 1 if which == "next" or after in ("week", "next week") else 0}


def _weeks_on(m):
    weeks = 2 if m["two"] else _CARDINALS[m["n"]] if m["n"] else 1
    return {"weekday": _DAYS[m["day"]], "week": weeks} if weeks <= 8 else None


def _month_day(m):
    day = _ORDINALS.get(m["day"]) or _CARDINALS.get(m["day"]) or int(m["day"])
    month = _MONTHS[m["month"]]
    if not 1 <= day <= 31 or m["day"] in ("a", "an", "a couple of"):
        return None
    expression = {"month": month, "day": day}
    if m["year"]:
        expression["year"] = int(m["year"])
    elif m["spoken"]:
        expression["year"] = 2000 + _CARDINALS[m["spoken"]]
    return expression


def _ahead(m):
    return {"in": _CARDINALS[m["n"]], "unit": _UNITS[m["unit"]]}


def _number(text, table):
    return table[text] if text in table else int(text)


def _time(m, kind):
    groups = m.groupdict()
    hour = _number(groups["h"], _HOURS)
    minute = _number(groups.get("m") or "0", _MINUTES | {"0": 0})
    return _clock(hour, minute, groups.get("half"), kind, groups["h"])


def _past(m, kind):
    how, hour = m["p"], _HOURS[m["h"]]
    minute = 30 if how.startswith("half") else 15 if "quarter" in how else _number(how.rsplit(" ", 1)[0], _MINUTES)
    if how.endswith((" to", " of")):
        hour, minute = (hour - 2) % 12 + 1, 60 - minute
    return _clock(hour, minute, m["half"], kind, "")


def _clock(hour, minute, half, kind, written):
    if hour > 24 or minute > 59:
        return None
    if half:
        half = half.replace(".", "").replace(" ", "")
        if hour > 12:
            return {"hour": hour % 24, "minute": minute}
        if half == "atnight":
            return {"hour": hour + 12 if 6 <= hour < 12 else hour % 12, "minute": minute}
        late = half in ("pm", "intheafternoon", "intheevening")
        return {"hour": hour % 12 + (12 if late else 0), "minute": minute}
    if hour > 12 or hour == 0 or written.startswith("0"):
        return {"hour": hour % 24, "minute": minute}
    return {"hour": clock.taken(hour, kind), "minute": minute}


class Found:
    """One day or time in a sentence."""

    def __init__(self, start, end, what, value, explicit=False):
        self.start, self.end, self.what, self.value, self.explicit = start, end, what, value, explicit


def find(text, kind=clock.EVENT):
    """All days, times and parts of the day in `text` (lower case), from left to right, the longest first.
    A stretch that looks like a day but is not understood has the value None."""
    found = []
    for patterns, what in ((_DATES, "date"), (_TIMES, "time")):
        for pattern, make in patterns:
            for m in pattern.finditer(text):
                value = make(m) if what == "date" else make(m, kind)
                explicit = what == "time" and bool(m.groupdict().get("half"))
                found.append(Found(m.start(), m.end(), what, value, explicit))
    found += [Found(m.start(), m.end(), "time", _time(m, kind)) for m in _BARE_TIME.finditer(text)]
    found += [Found(m.start(), m.end(), "part", m["part"]) for m in _PARTS.finditer(text)]
    found.sort(key=lambda f: (f.start - f.end, f.start))
    kept = []
    for f in found:
        if all(f.end <= k.start or f.start >= k.end for k in kept):
            kept.append(f)
    return sorted(kept, key=lambda f: f.start)


def when(text, found):
    """The one `when` that `found` amounts to, or None when there is none or more than one."""
    dates = [f for f in found if f.what == "date"]
    times = [f for f in found if f.what == "time"]
    parts = [f for f in found if f.what == "part"]
    if any(f.value is None for f in dates + times) or len(dates) > 1 or len(times) > 1 or len(parts) > 1:
        return None
    expression = {}
    part = parts[0].value if parts else None
    if dates:
        expression["date"] = dates[0].value
        said = text[dates[0].start : dates[0].end]
        part = "night" if said.startswith("tonight") and not part else part
    if times:
        expression["time"] = dict(times[0].value)
        if part and not times[0].explicit and "hour" in expression["time"]:
            expression["time"]["hour"] = _in_part(expression["time"]["hour"], part)
    elif part:
        expression["time"] = {"part": part}
    if parts and text[parts[0].start : parts[0].end].startswith("this ") and not dates:
        expression["date"] = {"rel": "today"}
    return {k: expression[k] for k in ("date", "time") if k in expression} or None


def _in_part(hour, part):
    twelve = (hour - 1) % 12 + 1
    if part == "morning":
        return twelve % 12
    if part == "night" and twelve < 6:
        return twelve
    return twelve % 12 + 12


def widened(text, found):
    """The stretches of `found` with the prepositions before them."""
    spans = []
    for f in found:
        start = f.start
        while True:
            m = re.search(r"(?:^|(?<= ))(?:on|at|for|by|in|from|the|this|of|until|around|@) $", text[:start])
            if not m:
                break
            start = m.start()
        spans.append((start, f.end))
    return spans


def masked(text, found):
    """`text` with the days and times blotted out, letter by letter."""
    for start, end in widened(text, found):
        text = text[:start] + "¤" * (end - start) + text[end:]
    return text


def period(text):
    """A period of the calendar that `text` names, with its place, or None."""
    for pattern, name in _PERIODS:
        m = pattern.search(text)
        if m:
            return name, m
    return None


_PERIODS = [(re.compile(rf"(?<![a-z])(?:{words})(?:'s)?{_END}"), name) for words, name in (
    ("this week(?!end)|the week(?!end)|current week|weekly", "this_week"), ("next week(?!end)|coming week(?!end)|upcoming week(?!end)", "next_week"),
    ("next weekend", "next_weekend"), ("this weekend|the weekend|weekend", "weekend"), ("this month", "this_month"),
    ("next month", "next_month"), ("today|tonight|this (?:morning|afternoon|evening)", "today"), ("tomorrow", "tomorrow"),
)]  # fmt: skip
