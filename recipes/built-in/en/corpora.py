"""Sentences that people wrote, turned into calls.

`home(line)` and `clinc(text, intent)` return a list of calls whose string arguments are stretches of the text, as
`Cut(start, end)`, or None where an argument cannot be told with certainty: the line is then left out. Which intents
belong to which tool stands in `mapping/`; here is how the arguments are read from the words.
"""

import re

from machine.spans import Cut

from . import clock, parse, readings
from .numbers import cardinal


def cut(text, start, end):
    """The stretch without spaces, articles and pronouns around it; None if nothing is left."""
    while True:
        m = re.match(r"(?:the|a|an|my|our|any|some|this|that|your)(?: |$)|[ ,.]+", text[start:end])
        if not m:
            break
        start += m.end()
    while end > start and text[end - 1] in " ,.?!":
        end -= 1
    tail = re.search(r" (?:please|thanks|thank you|for me|olly|now|okay|ok)$", text[start:end])
    if tail:
        return cut(text, start, start + tail.start())
    return Cut(start, end) if end > start else None


def _group(text, m, name="x"):
    return cut(text, m.start(name), m.end(name)) if m and m.group(name) else None


def _call(tool, **arguments):
    return [(tool, {k: v for k, v in arguments.items() if v is not None})]


def _ask(tool, *missing):
    return [("chat.ask", {"missing": list(missing), "for_tool": tool})]


_HOUR = r"(?:\d{1,2}(?:[:.]\d\d)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midnight)(?: (?:fifteen|thirty|forty five|hundred))?(?: ?[ap]\.?m\.?| o'?clock)?"
_HOURS_OF_DAY = re.compile(rf"(?: (?:between|from|after|before|until|at|by|around|past|starting at))? {_HOUR} (?:and|to|until|till|through|-) {_HOUR}(?= |$)| (?:after|before|until|at|by|around|past|since) {_HOUR}(?= |$)")


def without_hours(text):
    """`text` with stretches of hours blotted out: a calendar is asked by the day."""
    return _HOURS_OF_DAY.sub(lambda m: " " + "¤" * (len(m.group()) - 1), text)


class Line:
    """A sentence with its annotated entities and what days and times it names."""

    def __init__(self, text, entities=(), kind=clock.EVENT, blot=()):
        self.text, self.low = text, text.lower()
        for start, end in blot:
            self.low = self.low[:start] + "¤" * (end - start) + self.low[end:]
        self.entities = {}
        for e in entities:
            self.entities.setdefault(e["entity"], []).append(e)
        self.found = parse.find(self.low, kind)
        self.masked = parse.masked(self.low, self.found)
        self.when = parse.when(self.low, self.found)

    def times_are_clear(self, names=("date", "time", "timeofday", "general_frequency")):
        """Every annotated day or time lies in one that was understood."""
        if self.found and self.when is None:
            return False
        spans = parse.widened(self.low, self.found)
        for name in names:
            for e in self.entities.get(name, ()):
                if not any(s <= e["start"] and e["end"] <= t for s, t in spans):
                    return False
        return True

    def cuts(self, *names):
        found = [c for name in names for e in self.entities.get(name, ()) if (c := cut(self.text, e["start"], e["end"]))]
        return sorted(found, key=lambda c: c.start)

    def one(self, *names):
        found = self.cuts(*names)
        return found[0] if len(found) == 1 else None

    def has(self, *names):
        return any(name in self.entities for name in names)


_REPEATS = re.compile(r"\b(every|each|daily|weekly|monthly|yearly|recurring|repeat\w*|everyday|weekdays|weekends|all week|(mon|tues|wednes|thurs|fri|satur|sun)days)\b")

# --- alarms and timers -----------------------------------------------------------------------------------------------


def alarm_set(line):
    line = Line(line.text, [e for es in line.entities.values() for e in es], clock.WAKE)
    low = line.low
    relative = _relative_minutes(low)
    if relative:
        return _call("timer.set", seconds=relative[0] * 60) if not re.search(r"\b(meeting|event)\b", low) else None
    if _REPEATS.search(low):
        m = re.search(r"\b(every ?day|each day|daily)\b", low)
        if not m or not line.when or "date" in line.when or re.search(r"\bevery (other|week)", low):
            return None
        return _call("alarm.set", when=line.when, repeat={"every": 1, "unit": "day"})
    if re.search(r"\b(week|until|after|before|times|snooze|when i|is my|am i|reminder|off|event|appointment|meeting)\b", low):
        return None
    if re.search(r"\b(what|which|how|check|did|do i|show|update|tone|change|sound)\b", low):
        return None
    if not line.found and not line.has("date", "time", "timeofday", "event_name"):
        return _ask("alarm.set", "when") if re.search(r"alarm|wake", low) and len(low.split()) < 9 and not re.search(r"\d|\b(one|two|three|at|for|another|both|song|music|loud)\b", low.replace("for me", "")) else None
    if not line.when or not line.times_are_clear() or "time" not in line.when or line.has("event_name", "alarm_type"):
        return None
    if re.search(r"\b(and|another)\b", low) and not re.search(r"hundred and", low):
        return None
    if re.search(r"\d", line.masked) or re.search(r"\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirty|fifteen|forty)\b", line.masked):
        return None
    return _call("alarm.set", when=line.when)


def alarm_remove(line):
    low = line.low
    if re.search(r"\b(change|edit|reset|move|switch)\b", low):
        return None
    label = re.search(r"\b(?:the|my|this|an?|our)? ?(?P<x>[a-z' ]{3,30}?) alarms?\b", low)
    if line.has("alarm_type"):
        return _call("timer.cancel", label=line.one("alarm_type")) if line.one("alarm_type") else None
    if line.has("date", "time", "timeofday"):
        spans = [e for name in ("date", "time", "timeofday") for e in line.entities.get(name, ())]
        start, end = min(e["start"] for e in spans), max(e["end"] for e in spans)
        if sum(e["end"] - e["start"] + 1 for e in spans) + 8 < end - start:
            return None
        return _call("timer.cancel", label=cut(line.text, start, end))
    if line.has("event_name", "person"):
        return _call("timer.cancel", label=line.one("event_name")) if line.one("event_name") else None
    if re.search(r"\b(first|last|next|latest|earliest|all|any|every|whole|set|the|my|alarm|alarms)\b", low) and (
        not label or re.fullmatch(r".*\b(the|my|all|any|set|of|off|every|that|this|remove|delete|cancel|stop|unset|disable|forget|turn|clear|active|previous|current|erase|saved|existing|upcoming|first|second|last|next|latest|earliest|want|need|have|take|down|please)", label["x"])
    ):
        return _call("timer.cancel")
    return None


def _relative_minutes(low):
    """`in two hours`: the minutes and where it stands."""
    m = re.search(r"\bin (?P<n>an?|half an|[a-z]+(?: [a-z]+)?|\d+) (?P<u>minute|hour|min|hr)s?(?: from now)?\b|\b(?P<n2>an?|[a-z]+|\d+) (?P<u2>minute|hour|min|hr)s? from now\b", low)
    if not m:
        return None
    n, unit = m["n"] or m["n2"], m["u"] or m["u2"]
    factor = 60 if unit in ("hour", "hr") else 1
    if n == "half an" and factor == 60:
        return 30, m
    number = {cardinal(k): k for k in range(1, 100)} | {"a": 1, "an": 1}
    value = number.get(n) or (int(n) if n.isdigit() else None)
    return (value * factor, m) if value else None


_LENGTH = re.compile(r"\b(?P<n>\d+|[a-z]+(?:[ -][a-z]+)?)[ -]?(?P<u>second|minute|hour|min|sec|hr)s?\b")


def timer(line):
    low = line.low
    if re.search(r"\bat \d|\b(pm|am)\b|o'?clock", low):
        return None
    found = list(_LENGTH.finditer(low))
    if not found:
        return _ask("timer.set", "seconds") if len(low.split()) < 12 and not re.search(r"\d|\bnoon|alarm\b", low) else None
    if len(found) > 1 or re.search(r"\b(half|and a|cancel|stop|every)\b", low):
        return None
    m = found[0]
    words = m["n"].split()
    number = {cardinal(k): k for k in range(1, 100)} | {"an": 1}
    value = int(words[-1]) if words[-1].isdigit() else number.get(" ".join(words).replace("-", " ")) or number.get(words[-1])
    if not value or "(" in low:
        return None
    unit = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600}[m["u"]]
    rest = re.search(r"(?:for|called|named|labell?ed) (?:the |my |a )?(?P<x>[a-z ]+)$", low[m.end() :])
    label = None
    if rest and not re.search(r"\b(me|now|please)\b", rest["x"]):
        label = cut(line.text, m.end() + rest.start("x"), m.end() + rest.end("x"))
    elif rest and "please" in rest["x"]:
        return None
    return _call("timer.set", seconds=value * unit, label=label)


# --- the calendar ----------------------------------------------------------------------------------------------------

_REMINDER = re.compile(r"remind|don'?t let me forget|do not let me forget|notify|notification|alert me|nudge")
_TO = re.compile(
    r"^(?:.*?\b)?(?:remind(?: to)? me|reminder for me|reminder|remind|don'?t let me forget|do not let me forget|notify me|alert me|be reminded|remember)(?: ¤+)*"
    r" (?:to|about|of|that|for)(?: the)? (?P<x>[^¤]+?)(?: ¤+)*(?: please| thanks)?$"
)
_REMINDER_BARE = re.compile(
    r"^(?:(?:hey|olly|please|can you|could you|would you|will you|i need you to|i want you to|i want to|i need to|i'd like to|i would like to|can i|may i|just|help me|to|you|i|need|want|would|like|go ahead and) )*"
    r"(?:(?:set|make|create|add|put|have|give|get|start)(?: up)?(?: me)? (?:a |an |the |my |in a |another )?(?:new )?reminder(?: for me| up)?|remind me(?: of something| later| about something)?|new reminder|a reminder|reminder|be reminded)(?: ¤+)*(?: please| for me)?$"
)


def calendar_set(line):
    low, masked = line.low, line.masked
    repeat = None
    if _REPEATS.search(low):
        repeat, line = _repeated(line)
        if repeat is None:
            return None
        low = line.low
        calls = calendar_set(line)
        if not calls or calls[0][0] == "chat.ask" and calls[0][1]["missing"] != ["when"] or len(calls) > 1:
            return None
        tool, arguments = calls[0]
        if tool == "chat.ask" or tool == "calendar.create_event" and "when" not in arguments:
            return None
        if tool == "calendar.create_event" and "on" in repeat:
            arguments = {**arguments, "when": {"date": {"weekday": repeat["on"][0], "week": 0}, **arguments["when"]}}
        return _call(tool, **{k: v for k, v in arguments.items() if k != "remind_minutes_before"}, repeat=repeat)
    if not line.times_are_clear(("date", "time", "timeofday")):
        return None
    if re.search(r"\b(before|prior|after|until|beforehand|when i|if i|in advance|ahead|between|during|earlier)\b", low) or re.match(r"^(what|when|where|is|do|does|how|did|have)\b", low):
        return None
    if _REMINDER.search(low):
        return _reminder(line)
    if _relative_minutes(low):
        return None
    return _event(line)


_EVERY = re.compile(r"\b(?:(?P<day>every ?day|daily|each day)|every (?P<on>monday|tuesday|wednesday|thursday|friday|saturday|sunday)|(?P<unit>every (?:week|month|year)|weekly|monthly|yearly))\b")


def _repeated(line):
    """What comes again, and the line without it."""
    found = list(_EVERY.finditer(line.low))
    if len(found) != 1 or re.search(r"\bevery (other|two|three|single)|monday and|and \w+day|\w+day \w+day", line.low):
        return None, line
    m = found[0]
    unit = "day" if m["day"] else "week" if m["on"] else next(u for u in ("week", "month", "year") if u in m["unit"])
    repeat = {"every": 1, "unit": unit} | ({"on": [m["on"]]} if m["on"] else {})
    entities = [e for es in line.entities.values() for e in es if e["end"] <= m.start() or e["start"] >= m.end()]
    line = Line(line.text, entities, blot=[m.span()])
    return (None, line) if _REPEATS.search(line.low) else (repeat, line)


def _reminder(line):
    low, masked = line.low, line.masked
    relative = _relative_minutes(low)
    minutes = None
    if relative:
        minutes, m = relative
        masked = masked[: m.start()] + "¤" * (m.end() - m.start()) + masked[m.end() :]
        if line.when:
            return None
    if _REMINDER_BARE.match(masked):
        return _ask("reminder.set", "text")
    m = _TO.match(masked)
    if not m or re.match(r"(me|it|this|that|something|an event|event|the event)\b", m["x"]) and len(m["x"].split()) < 4:
        return _ask("reminder.set", "text") if m and re.fullmatch(r"(this|it|that|something|an event|event|the event)(?: later)?", m["x"].strip()) else None
    if re.search(r"\bcalendar|\bin (my|the) (diary|schedule)", low) or re.search(r"\d", m["x"]) and not line.when:
        return None
    text = _group(line.text, m)
    if text is None or re.search(r"\b(later|soon|tonite|in a bit)$|^remind me", low[text.start : text.end]):
        return None
    return _call("reminder.set", text=text, when=line.when if not minutes else None, in_minutes=minutes)


_EVENT_HEAD = re.compile(
    r"^(?:.*?\b)?(?:add|put|schedule|set up|set|create|make|book|save|mark|plan|enter|include|place|insert|input|pencil in|note|arrange|have|i have|i've got|i got|there is|there's)(?: me)?(?: ¤+)? (?P<x>[^¤]+?)"
    r"(?: ?(?:to|on|in|into|onto|for|from) (?:my |the |your |our )?(?:calendar|calender|schedule|agenda|diary|planner|calendar event)(?: for me)?)?(?: ¤+)*"
    r"(?: (?:to|on|in|into|onto) (?:my |the )?(?:calendar|calender|schedule|agenda|diary))?(?: ¤+)*(?: please)?$"
)
_EMPTY = re.compile(r"^(?:an? |the |new |my |this |some |calendar |that )*(?:event|events|appointment|meeting|date|entry|calendar|reminder|something|it|this|that|item|schedule|one)s?$")


def _event(line):
    masked = line.masked
    head = re.sub(r"^((?:to |on |in )?(?:my |the )?calendar,? )", lambda m: " " * len(m.group()), masked)
    m = _EVENT_HEAD.match(head)
    if not m:
        return None
    body = m["x"].strip()
    if re.search(r"\b(remind|calendar|calender|schedule|alarm|that i|my day|open|date of|due|note|meeting room|recurring|rotating|all|everyone|repeat)\b", body) or "'" in body and body.startswith("'"):
        return None
    if body in ("it", "this", "that") or body.startswith("event ") or re.search(r"\bhow\b", line.low):
        return None
    if _EMPTY.match(body):
        generic = re.match(r"^(?:an? |the |new |my |this |some |calendar |that )*(?:meeting|appointment)$", body)
        if generic:
            title = _group(line.text, m)
            return _call("calendar.create_event", title=title, when=line.when) if line.when else _ask("calendar.create_event", "when")
        return _ask("calendar.create_event", *(("title",) if line.when else ("title", "when")))
    people = []
    with_ = re.search(r" with (?:my |the |our |an? )?(?P<p>.+?)(?: (?:at|in|for|about|on|to|regarding|from) .*)?$", body)
    if with_:
        people = [c for c in line.cuts("person", "relation")]
        offset = m.start("x") + (len(m["x"]) - len(m["x"].lstrip()))
        if not people:
            names = re.split(r",? and |, ", with_["p"])
            place = offset + with_.start("p")
            for name in names:
                at = line.low.index(name, place)
                people.append(cut(line.text, at, at + len(name)))
                place = at + len(name)
            if any(p is None or len(line.low[p.start : p.end].split()) > 3 for p in people):
                return None
    if re.search(r" (at|in) ", body):
        location = line.cuts("place_name", "business_name")
        at = re.search(r" (?:at|in) (?:the |my |our )?(?P<l>.+)$", body)
        if len(location) != 1 or not at or "with" in at["l"] or " for " in at["l"]:
            return None
        start = m.start("x") + at.start("l")
        location = cut(line.text, start, m.start("x") + at.end("l"))
        title = cut(line.text, m.start("x"), m.start("x") + at.start())
    else:
        location, title = None, _group(line.text, m)
        if line.has("place_name", "business_name") and not re.search(r" to ", body):
            return None
    if title is None or re.search(r"\b(for|it|this|to|on|at)$", line.low[title.start : title.end]) or line.low[title.start : title.end].startswith(("for ", "to ", "up ", "down ", "that ", "in ", "on ")):
        return None
    if re.search(r"\d", line.low[title.start : title.end]):
        return None
    if not line.when:
        return _ask("calendar.create_event", "when")
    return _call("calendar.create_event", title=title, when=line.when, location=location, people=people or None)


_PLAIN_QUERY = re.compile(r"^(?:events?|anything|something|things?|plans?|schedules?|calendar|day|week|agenda|event list)$")


def calendar_query(line):
    hours = without_hours(line.low)
    if hours != line.low:
        entities = [e for name, es in line.entities.items() if name not in ("time", "timeofday") for e in es]
        line = Line(line.text, entities, blot=[m.span() for m in re.finditer("¤+", hours)])
    low = line.low
    if re.search(r"\b(remind|notify|alert|calories|holiday|weather|traffic|score|game|show time|movie|after|before|between|until|from|past|last|how long|rest of|next (three|two|few)|remove|add|set)\b", low):
        return None
    if line.has("time", "business_name", "place_name") or re.search(r"\d|\bo'?clock\b|\b[ap]m\b", low):
        return None
    span = _range(line)
    if span is False:
        return None
    if line.has("relation") and not line.has("person") and re.search(r"\b(valet|service)\b", low) or re.search(r"\d|/", line.masked):
        return None
    people = line.cuts("person", "relation") or None
    query = None
    for c in line.cuts("event_name"):
        word = low[c.start : c.end]
        if not _PLAIN_QUERY.match(word):
            if query:
                return None
            query = c
    if query is None and (noun := re.search(r"\b(meetings?|appointments?)\b", low)):
        query = Cut(*noun.span())
    if query and people and len(people) == 1 and re.fullmatch(r"(?:'s|s|s')? ", low[people[0].end : query.start] or "-"):
        query, people = Cut(people[0].start, query.end), None
    if people and query and re.fullmatch(r"meetings?|appointments?", low[query.start : query.end]):
        query = None
    if query is None and not people and not re.search(r"\b(calendar|schedul\w*|events?|agenda|plan\w*|diary|free|busy|available|doing|going on|happening|things|up to|my day|my week|do i have|have i got|dates|what's on|what's coming up)\b", low):
        return None
    if re.search(r"\bof (this|the) month\b", low):
        return None
    return _call("calendar.list_events", range=span, query=query, people=people)


def _range(line):
    """The `range` that is asked for; None if there is none, False if it cannot be told."""
    dates = [f for f in line.found if f.what == "date"]
    times = [f for f in line.found if f.what == "time"]
    named = parse.period(line.low)
    if times or any(f.value is None for f in dates) or len(dates) > 1:
        return False
    if named and (not dates or dates[0].value.get("rel") or "in" in dates[0].value):
        if re.search(r"\b(the week of|week after|second|day after)\b", line.low):
            return False
        return {"period": named[0]}
    if dates:
        value = dates[0].value
        return False if "in" in value else {"from": value, "to": value}
    return False if line.has("date", "time") else None


_REMOVE_ALL = re.compile(r"\b(everything|clear|all|clean|wipe|empty|entire|whole|reset)\b")


def calendar_remove(line):
    low = line.low
    if re.search(r"\b(after|before|between|except|not so|first|last|rest of|everyday|every|until|recurring|past|future|from)\b", low.replace("from my calendar", "").replace("from the calendar", "").replace("from calendar", "")):
        return None
    if not line.times_are_clear(("date", "time", "timeofday")):
        return None
    event = line.cuts("event_name", "meal_type")
    if len(event) > 1:
        return None
    if event:
        start, end = event[0].start, event[0].end
        tail = re.match(r" with (?:my |the )?[a-z]+(?: [a-z]+)?(?= ¤|$| from| on| off| at)", line.masked[end:])
        if tail and "calendar" not in tail.group():
            end += tail.end()
        elif line.has("person", "relation") and not any(start <= c.start and c.end <= end for c in line.cuts("person", "relation")):
            who = line.cuts("person", "relation")[0]
            if who.end < start and start - who.end < 4:
                start = who.start
            else:
                return None
        if "all " in low[:start][-5:]:
            return _call("calendar.cancel_event", event=Cut(start, end), when=line.when)
        return _call("calendar.cancel_event", event=Cut(start, end), when=line.when)
    if line.has("person", "relation", "place_name", "business_type"):
        return None
    if _REMOVE_ALL.search(low) and re.search(r"calendar|events?|schedule|appointments|everything|meetings", low) and not re.search(r"\bthe \w+ event|\band\b", low):
        word = re.search(r"\b(everything|events|appointments|meetings)\b", low)
        if word and word.group() != "events":
            return _call("calendar.cancel_event", event=Cut(word.start(), word.end()), when=line.when)
        return [("calendar.cancel_event", {k: v for k, v in (("event", "everything"), ("when", line.when)) if v})]
    if re.search(r"\b(event|appointment|meeting|it|one)\b", low) and not line.found and len(low.split()) < 9 and not re.search(r"next|that|named|called|with|about", low):
        return _ask("calendar.cancel_event", "event")
    return None


def meeting_schedule(line):
    line = Line(line.text, blot=[m.span() for m in re.finditer("¤+", without_hours(line.low))])
    return calendar_query(line) if re.search(r"meeting|schedul|calendar", line.low) and not re.search(r"with (?!me)|named|called|\bof\b", line.low) else _with_somebody(line)


def _with_somebody(line):
    m = re.search(r"\b(?P<q>meetings?)\b.*? with (?:my |the )?(?P<x>[a-z]+(?: (?:squad|team|boss|smith))?)(?: (?P<rest>.*))?$", line.low)
    if not m or re.search(r"\d|\b(after|before|between|from|past|last|and|times)\b", line.low) or m["x"] in ("anyone", "anybody", "someone", "who"):
        return None
    span = _range(line)
    if span is False:
        return None
    return _call("calendar.list_events", range=span, people=[Cut(m.start("x"), m.end("x"))])


def calendar_clinc(line):
    line = Line(line.text, blot=[m.span() for m in re.finditer("¤+", without_hours(line.low))])
    if re.search(r"\b(free|note|birthday|called|named|event)\b", line.low) and re.search(r"\b(called|named|note|'s)\b", line.low):
        return None
    noun = re.search(r"\b(?P<x>meetings?|appointments?)\b", line.low)
    span = _range(line)
    if span is False or re.search(r"\d|/", line.masked) or re.search(r"\b(valentines|holiday|brunch)\b", line.low) or re.search(r"\b(with|when|what time|where|add|set|from|between|after|before|haircut|party|practice|game)\b", line.low):
        return None
    if not re.search(r"\b(calendar|schedule|scheduled|planned|going on|agenda|events?|plans|free|busy|on for|happening|slated|doing|lined up|have on)\b", line.low):
        return None
    query = Cut(noun.start("x"), noun.end("x")) if noun else None
    return _call("calendar.list_events", range=span, query=query)


def calendar_update(line):
    low = line.low
    if re.search(r"\b(remove|delete|cancel|clear|take|get rid|erase|drop|nix|no longer|wipe)\b", low):
        m = re.match(r"^(?:.*?\b)?(?:remove|delete|cancel|erase|drop|take|get rid of|no longer need|clear)(?: off| out)? (?P<x>[^¤]+?)(?: ?(?:from|on|off|in|of|off of|out of) (?:my |the )?(?:calendar|schedule))?(?: ?¤+)*(?: ?(?:from|on|off|in|off of) (?:my |the )?(?:calendar|schedule))?(?: ?¤+)*(?: please)?$", line.masked)
        if not m or line.found and not line.when or re.search(r"\b(calendar|schedule|to go|event called|and|anything|everything|all|i have|i had|from|event)\b", m["x"]):
            return None
        event = _group(line.text, m)
        return _call("calendar.cancel_event", event=event, when=line.when) if event and not _EMPTY.match(low[event.start : event.end]) else None
    if _REMINDER.search(low) or re.search(r"\b(open|note|remember|date)\b", low):
        return None
    return calendar_set(line)


def schedule_meeting(line):
    low = line.low
    if re.search(r"\b(available|availability|free|open|openings?|vacant)\b", low) and re.search(r"\brooms?\b", low):
        return _ask("calendar.find_time", "duration_minutes")
    if re.search(r"\b(how (do|can|would|should)|between|from|until|room|rooms|conference)\b", low) or re.search(r"\bto \d", low):
        return None
    if "meeting" not in low and "meet " not in low:
        return None
    return calendar_set(line)


# --- lists -----------------------------------------------------------------------------------------------------------

_ADD = re.compile(r"^(?:.*?\b)?(?:add|put|place|include|write|get|insert|enter)(?: an?| some| the| in)? (?!rid\b)(?P<x>.+?) (?:to|on|onto|in|into) (?:my |the |our |a )?(?:new )?(?:(?P<l>[a-z' -]+?) )?list(?: please)?$")
_ADD_FIRST = re.compile(r"^(?:please )?(?:on|to) (?:my |the )(?P<l>[a-z' -]+?) list,? (?:please )?add (?P<x>[a-z' -]+)$")
_REMOVE = re.compile(r"^(?:.*?\b)?(?:remove|delete|take(?: off| out| away)?|erase|drop|nix|cross(?: off| out)?|get rid of|scratch(?: off| out)?|clear|strike|knock|pull|eliminate)(?: the item| the)? (?P<x>.+?) (?:from|off|off of|out of|on) (?:my |the |our )?(?:(?P<l>[a-z' -]+?) )?list(?: please)?$")
_PRONOUN = re.compile(r"^(?:an? |the |some |another |new |this |that |my |one |following )*(?:item|items|it|them|this|that|something|one|event|thing|things|stuff|task|tasks|new|list)s?(?: s)?$")


def lists_add(line):
    low = line.low.rstrip(".?! ")
    if line.found or re.search(r"\b(playlist|contacts?|song|movie name|delete|remove|rid|ran|if|because|cause|but|don't)\b", low):
        return None
    m = _ADD_FIRST.match(low) or _ADD.match(low)
    if m:
        if _PRONOUN.match(m["x"]):
            return _ask("task.add", "title")
        if re.search(r"\b(list|and then|create|make|add|put)\b", m["x"]) or m["l"] in ("", "shopping and", "that") or m["l"] and re.search(r"\b(list|and|need)\b|^(the|to|to do shopping|current.*|need to do)$", m["l"]):
            return None
        name = _list_name(line, m)
        titles = _items(line.text, m.start("x"), m.end("x"))
        return None if titles is None else [c for t in titles for c in _call("task.add", title=t, list=name)]
    if re.search(r"\b(new list|create a list|create list|make a list|start a list|start list|begin a list|make list|create an? [a-z ]+ list|make an? [a-z ]+ list|a new [a-z ]+ list)\b", low):
        return _ask("task.add", "title")
    return None


def _list_name(line, m):
    annotated = line.one("list_name")
    if annotated and not line.low[annotated.start : annotated.end].endswith(" list"):
        return annotated
    return cut(line.text, m.start("l"), m.end("l")) if m["l"] else None


def _items(text, start, end):
    """`milk, eggs and bread` as three; None when it is not sure to be a list."""
    body = text[start:end]
    if len(body.split()) > 7 or re.search(r"\d|[¤]", body):
        return None
    found, at = [], start
    for piece in re.split(r",? and |, ", body):
        i = text.index(piece, at)
        c = cut(text, i, i + len(piece))
        if c is None:
            return None
        found.append(c)
        at = i + len(piece)
    if len(found) > 1 and any(len(text[c.start : c.end].split()) > 2 for c in found):
        return None
    return found


def lists_remove(line):
    low = line.low.rstrip(".?! ")
    if line.found or re.search(r"\b(playlist|contacts?|song|file|and|add|if|everything|all)\b", low) and not re.search(r"\b(everything|all)\b.*\blist", low):
        return None
    m = _REMOVE.match(low)
    if m and not _PRONOUN.match(m["x"]) and not re.search(r"\b(list|everything|all|items?|anything|need)\b", m["x"]) and not re.search(r"\b(list|to do shopping)\b", m["l"] or ""):
        titles = _items(line.text, m.start("x"), m.end("x"))
        done = re.search(r"\b(cross|check|tick)\b", low)
        return None if titles is None else [c for t in titles for c in _call("task.complete", title=t, list=_list_name(line, m), remove=None if done else True)]
    if re.search(r"\b(list|item|it)\b", low) and not re.search(r"\blist (of|for)\b|than|don't|need", low) and not re.search(r"\bfrom (?!my|the|this|list)", low) and len(low.split()) < 11:
        if not m or _PRONOUN.match(m["x"]):
            return _ask("task.complete", "title") if re.search(r"\b(remove|delete|clear|erase|get rid|take|empty|wipe|scratch|nix|kill|trash|reset)\b", low) else None
    return None


_SHOW = re.compile(r"\b(?:my|the|our|a) (?P<l>[a-z' -]+?) lists?\b")


def lists_query(line):
    low = line.low
    if re.search(r"\b(playlist|contacts?|song|add|send|upload|delete|remove|calendar|music|finished|make|get done)\b", low):
        return None
    span = _range(line)
    if span is False or span and "named" in str(span):
        return None
    name = line.one("list_name")
    if name is None:
        m = _SHOW.search(low)
        if m and not re.search(r"\b(my|the|of|on|all|list|last|available|on|in|put|for|jot|did|have|is|add|go|through|items|see|current|most|recent|full|whole|entire|need|any|to see)\b", m["l"].replace("to do", "todo")):
            name = cut(line.text, m.start("l"), m.end("l"))
        elif m and m["l"] not in ("last", "available", "current", "whole", "entire", "full"):
            return None
    elif low[name.start : name.end].endswith(" list") or len(low[name.start : name.end].split()) > 3:
        return None
    status = "open" if re.search(r"\b(left|outstanding|still|remaining|pending)\b", low) else None
    return _call("task.list", list=name, due=span, status=status)


def reminders(line):
    low = line.low
    m = re.search(r"\b(?P<x>reminders?) list", low)
    if _range(line) not in (None, {"period": "today"}):
        return None
    return _call("task.list", list=Cut(m.start("x"), m.end("x")) if m else None, due=_range(line)) if re.search(r"remind", low) else None


# --- mail and contacts -----------------------------------------------------------------------------------------------

_MAIL_BODY = re.compile(r"\b(?:saying|that says|and say|telling (?:him|her|them)(?: that)?|to tell (?:him|her|them)(?: that)?|and tell (?:him|her|them)(?: that)?|to say|that|about|regarding|asking (?:about|for)|and ask about|concerning) (?P<x>.+)$")


def mail_send(line):
    low = line.low
    to = line.cuts("person", "relation", "email_address")
    if re.search(r"\b(contacts?|forward|inbox|open|read|check|instead|attach\w*|reply|respond|answer|text|sms|call|later|id|search|find|folder)\b", low):
        return None
    if not to:
        plain = re.fullmatch(r"(?:(?:please|can you|could you|hey|olly|help me|i want to|i need to|i would like to|i'd like to|will you) )*(?:send|write|compose|start|draft|create|make|prepare)(?: me)?(?: out)? (?:an? |the )?(?:new )?(?:email|mail|e-mail|message via email)s?(?: for me| please| to| to someone)?", low)
        return _ask("mail.draft", "to", "body") if plain else None
    if len(to) > 2 or len(to) == 2 and not re.search(r" and $|, $", low[to[0].end : to[1].start]):
        if not (len(to) == 2 and to[1].start - to[0].end < 3):
            return None
        to = [to[1]] if line.has("person") else None
        if not to:
            return None
    end = to[-1].end
    rest = low[end:].strip(" .")
    if not re.search(r"\b(e-?mail|mail|write|message)\b", low[:end]) or re.search(r"\bfrom\b", low):
        return None
    if rest in ("", "please", "now", "for me", "an email", "a mail", "an e-mail", "email"):
        plain = re.fullmatch(r".*\b(?:send|write|compose|start|draft|create|make|prepare|e-?mail|mail)(?: me| out)?(?: an?| the)?(?: new)?(?: e-?mail| mail| message)?(?: for| to)?(?: my| the| our)? ", low[: to[0].start])
        return _ask("mail.draft", "body") if plain and len(low.split()) < 13 else None
    m = _MAIL_BODY.search(low, end)
    if not m or m.start() > end + 1 or re.search(r"\b(subject|body)\b", low):
        return None
    body = _group(line.text, m) if re.search(r"about|regarding|concerning|for", m.group()[: m.start("x") - m.start()]) else Cut(m.start("x"), len(line.text.rstrip(" .?!")))
    if body is None or low[body.start : body.end].startswith("to "):
        return None
    return _call("mail.draft", to=to, body=body)


_NEW_MAIL = re.compile(r"\b(new|unread)\b")


def mail_query(line):
    low = line.low
    if not re.search(r"\b(e-?mails?|mails?|inbox|messages?|mailbox)\b|emailed|replied|written|written", low) or re.search(r"\b(after|before|hour|hours|folder|when|alert|notify|let me know|delete|reply|send|read this|time|since|(?:last|past) (?:hour|day|week|month|few|two)|attachments?|subject|this contact|if any|spam|draft|refresh|phone)\b", low):
        return None
    sender = line.cuts("person", "relation", "business_name")
    if len(sender) > 1 or line.has("time", "timeofday", "event_name", "place_name"):
        return None
    if not sender and re.search(r"\b(from|about|regarding|by)\b", low):
        return None
    span = _range(line)
    if span is False:
        return None
    query = re.search(r"\b(?:about|regarding) (?P<x>.+)$", low)
    if query and (span or "from" in query["x"]):
        return None
    return _call("mail.search", **{"from": sender[0] if sender else None}, query=_group(line.text, query), range=span, unread=True if _NEW_MAIL.search(low) else None)


_FIELD = (("phone", r"number|phone|mobile|cell|telephone"), ("email", r"e-?mail|mail id|mail address"), ("address", r"address|where does|live"),
          ("birthday", r"birthday|born|birth"), ("any", r"contact (?:detail|info|information)|detail|info|information|profile|job|job title|work|area code|last name|surname|status|contact of"))  # fmt: skip


def contact_query(line):
    low = line.low
    if re.search(r"\b(call|text|send|how many|how old|area code|zip|fax|pager|open contacts and|message|anyone|are my|job|work location|company|last time|office|add|create|delete|does)\b", low) and not re.search(r"where does \w+ live", low):
        return None
    who = line.cuts("person", "relation")
    if len(who) == 2 and who[1].start - who[0].end < 3:
        who = [Cut(who[0].start, who[1].end)] if not line.has("relation") else [c for c in line.cuts("person")]
    if len(who) != 1:
        return None
    field = next((name for name, words in _FIELD if re.search(rf"\b(?:{words})s?\b", low) and not (name == "phone" and "email" in low)), None)
    if re.search(r"\b(number|phone|address)\b.* and ", low) or field == "phone" and re.search(r"\be-?mail", low) or "in my phone" in low or "work address" in low:
        return None
    if low[who[0].start : who[0].end].endswith("s") and low[who[0].end : who[0].end + 1] == " " and field in ("phone", "address") and not re.search(r"(s's|' )", low):
        if re.search(rf"{low[who[0].start:who[0].end]} (?:\w+ )?(?:number|phone|address|email)", low):
            return None
    return _call("contact.find", name=who[0], field=field)


def contact_add(line):
    low = line.low
    who, mail = line.cuts("person"), line.cuts("email_address")
    if re.search(r"\b(send|locate|from|relation)\b", low) or len(who) > 1 or len(mail) > 1 or line.has("place_name", "business_name", "relation"):
        return None
    if who and not mail and re.search(r"email to (?!my|the|contacts)|dan's|'s email|new email", low):
        return None
    if who:
        return _call("contact.add", name=who[0], email=mail[0] if mail else None)
    if re.search(r"\b(add|save|store|put|create|new)\b", low):
        return _ask("contact.add", "name")
    return None


# --- time, sums, ways ------------------------------------------------------------------------------------------------


def time_now(line):
    low = line.low
    if line.has("event_name") or re.search(r"\b(ends?|start|convert|difference|birthday|easter|christmas|fall|falls|until|off|what date|days|comes|tomorrow|was|will|if|when|how many|calendar|next|days|between)\b", low):
        return None
    if any("rel" not in (f.value or {}) for f in line.found if f.what == "date") or any(f.what == "time" for f in line.found):
        return None
    place = line.cuts("place_name", "time_zone")
    if place and any(low[c.start : c.end] in ("day", "date", "time", "today") for c in place):
        place = []
    if len(place) > 1:
        if len(place) == 2 and 0 < place[1].start - place[0].end < 3:
            place = [Cut(place[0].start, place[1].end)]
        else:
            return None
    if not place:
        m = re.search(r"\btime(?: is it| it is| would it be)?(?: right now| now| currently| exactly| set to|'s it)? (?:is it )?(?:in|for) (?:the )?(?P<x>[a-z,' ]+?)(?: right now| now| currently| please| timezone| time zone)?$", low.rstrip("?. ")) or re.match(r"in (?:the )?(?P<x>[a-z' ]+?)(?: timezone| time zone)?, what(?:'s the| is the)? time(?: is it)?(?: right now| now)?$", low.rstrip("?. "))
        if m and m["x"] not in ("my area", "my location", "this city", "here", "my current location", "my time zone", "my timezone", "me"):
            place = [cut(line.text, m.start("x"), m.end("x"))]
        elif zone := re.search(r"\b(est|pst|cst|mst|gmt|utc|ist|bst|edt|pdt)\b", low):
            place = [Cut(*zone.span())]
        elif re.search(r"\b(in|for) \w", low.replace("in my", "").replace("for me", "").replace("for today", "").replace("in the present", "")):
            return None
    wants_date = bool(re.search(r"\b(date|day|month|year|today)\b", low))
    wants_time = bool(re.search(r"\b(time|clock|hour)\b", low))
    if not (wants_date or wants_time) or place and place[0] is None:
        return None
    return _call("time.now", place=place[0] if place else None, what="both" if wants_date and wants_time else "date" if wants_date else "time")


def date_now(line):
    low = line.low
    if re.search(r"\b(date|day|today)\b", low) and not re.search(r"\btime\b", low):
        return _call("time.now", what="date")
    return None


_NUMBER_WORDS = {cardinal(n): n for n in range(0, 100)}


def _words_to_number(text):
    """A whole or decimal number in words or digits as digits, or None."""
    text = text.strip().replace(",", "").replace("$", "").removeprefix("a ") if text.strip() not in ("a",) else text
    if re.fullmatch(r"\d+(?:\.\d+)?|\.\d+", text):
        return text
    total, current = 0, 0
    words = text.replace("-", " ").replace(" and ", " ").split()
    if not words:
        return None
    for word in words:
        if word == "hundred":
            current = (current or 1) * 100
        elif word == "thousand":
            total, current = total + (current or 1) * 1000, 0
        elif word in _NUMBER_WORDS:
            current += _NUMBER_WORDS[word]
        else:
            return None
    return str(total + current)


_N = r"(?P<{}>[a-z0-9.,$ -]+?)"
_SUMS = [(re.compile(pattern), form) for pattern, form in (
    (rf"(?:square root|root) of {_N.format('a')}$", "sqrt({a})"),
    (rf"{_N.format('p')} ?(?:%|percent|per cent) off(?: of)? {_N.format('a')}(?: dollars)?$", "{a}*(1-{p})"),
    (rf"{_N.format('p')} ?(?:%|percent|per cent) of {_N.format('a')}(?: dollars)?$", "{p}*{a}"),
    (rf"subtract {_N.format('a')} from {_N.format('b')}$", "{b}-{a}"),
    (rf"(?:add|sum of|the sum of|total of) {_N.format('a')} (?:and|to|with|plus) {_N.format('b')}$", "{a}+{b}"),
    (rf"(?:multiply|multiplication of|product of) {_N.format('a')} (?:by|and|with|times) {_N.format('b')}$", "{a}*{b}"),
    (rf"divide {_N.format('a')} (?:by|with) {_N.format('b')}$", "{a}/{b}"),
    (rf"{_N.format('a')} ?(?:plus|\+|added to) ?{_N.format('b')}$", "{a}+{b}"),
    (rf"{_N.format('a')} ?(?:minus|-|take away|less) ?{_N.format('b')}$", "{a}-{b}"),
    (rf"{_N.format('a')} ?(?:times|x|\*|multiplied by) ?{_N.format('b')}$", "{a}*{b}"),
    (rf"{_N.format('a')} ?(?:divided by|divide by|over|/) ?{_N.format('b')}$", "{a}/{b}"),
    (rf"square of {_N.format('a')}$", "{a}^2"), (rf"{_N.format('a')} squared$", "{a}^2"),
)]  # fmt: skip
_SUM_HEAD = re.compile(
    r"^(?:hey|ok|please|can you|could you|would you|i need to know|i want to know|i'd like to know|i need|do you know|olly|tell me|give me|let me know|calculate|compute|find|work out|figure out|solve|what does|what is|what's|whats|what are|how much is|how much does|"
    r"the answer to|the answer for|answer for|answer|the value of|the result of|the solution to|a|the|total of|me|help me|do|take|to|is|for|value of|result of|math|equation|problem|what|us|if i|you|for me|with|and) "
)


def sums(line):
    low = line.low.strip(" ?.!=").replace(" equals", "").replace(" equal", "").removesuffix(", please").removesuffix(" please").removesuffix(" for me").removesuffix(" is what").removesuffix(" is")
    while True:
        m = _SUM_HEAD.match(low)
        if not m:
            break
        low = low[m.end() :]
    for pattern, form in _SUMS:
        m = pattern.fullmatch(low)
        if not m:
            continue
        values = {k: _words_to_number(v) for k, v in m.groupdict().items()}
        if any(v is None for v in values.values()):
            return None
        if "p" in values:
            values["p"] = f"{float(values['p']) / 100:g}"
        return _call("math.calculate", expression=form.format(**values))
    if re.search(r"\b(a math problem|math problem|some math|my math|with math|a math question|help me (with )?math|this math)\b", line.low) and not re.search(r"\d", low):
        return _ask("math.calculate", "expression")
    return None


_UNIT = r"(?:fluid ounces?|square (?:feet|meters|foot)|[a-z]+)"
_CONVERSIONS = [re.compile(p) for p in (
    rf"(?:convert|change|turn|translate|switch) (?P<n>[a-z0-9. -]+?) (?P<a>{_UNIT}) (?:to|into|in) (?P<b>{_UNIT})$",
    rf"how many (?P<b>{_UNIT}) (?:are |is |would be |equal )?(?:there )?(?:in|make up|make|from) (?P<n>[a-z0-9. -]+?) (?P<a>{_UNIT})$",
    rf"(?:what's|what is|what are|how much is|how long is) (?P<n>[a-z0-9. -]+?) (?P<a>{_UNIT}) (?:in|to) (?P<b>{_UNIT})$",
    rf"(?:what amount of|how much) (?P<b>{_UNIT}) (?:are|is) in (?P<n>[a-z0-9. -]+?) (?P<a>{_UNIT})$",
)]  # fmt: skip
_NO_AMOUNT = re.compile(rf"(?:convert|change|turn) (?P<a>{_UNIT}) (?:to|into) (?P<b>{_UNIT})$")
_CURRENCIES = re.compile(r"\b(dollars?|euros?|yen|pesos?|pounds? sterling|rubles?|francs?|rupees?|currency|won|yuan|usd|gbp)\b")


def conversion(line):
    low = line.low.strip(" ?.!").removesuffix(" please").removesuffix(",")
    low = re.sub(r"^(?:(?:please|can you|could you|would you|tell me|how do i|how do you|how can i|help me|i need to|i want to know|do you know|to) )+", lambda m: " " * len(m.group()), low)
    bare = low.strip()
    if _CURRENCIES.search(low) or " and " in low:
        return None
    offset = len(low) - len(low.lstrip())
    for pattern in _CONVERSIONS:
        m = pattern.fullmatch(bare)
        if m and m["n"] not in ("the", "of"):
            number = "1" if m["n"] in ("a", "an", "one") else "0.5" if m["n"] == "half a" else _words_to_number(m["n"])
            if number is None:
                return None
            amount = float(number) if "." in number else int(number)
            spans = [Cut(offset + m.start(k), offset + m.end(k)) for k in "ab"]
            return _call("units.convert", amount=amount, **{"from": spans[0]}, to=spans[1])
    return _ask("units.convert", "amount") if _NO_AMOUNT.fullmatch(bare) else None


_MODES = (("transit", r"bus|train|subway|public transport(?:ation)?|metro|tube|rail|railway|tram|amtrak|trains"), ("car", r"car|driving|drive"), ("walk", r"foot|walking|walk"),
          ("bike", r"bike|bicycle|cycling"), ("plane", r"plane|flight|fly"))  # fmt: skip
_WAY = (
    re.compile(r"\bfrom (?P<f>[a-z' ]+?) to (?P<t>[a-z' ]+?)(?: (?:by|on|via|with|at|in a|using|for|leave|take|today|if|this|and what|please)\b.*)?$"),
    re.compile(r"\bto (?P<t>[a-z' ]+?) from (?P<f>[a-z' ]+?)(?: (?:by|on|via|with|at|in a|using|for|leave|take|today|if|this|please)\b.*)?$"),
    re.compile(r"\b(?:to|reach) (?!get|go|know|take|catch|be|reach|travel)(?P<t>[a-z' ]+?)(?: (?:by|on|via|with|at|in a|using|for|leave|take|today|if|this|please|due|come|coming|arrive|depart|go|take)\b.*)?$"),
    re.compile(r"\b(?:how far(?: away)? is|where is|where's|find|find me|locate|show me|directions for) (?P<t>(?:the )?(?:nearest|closest) [a-z' ]+?)(?: (?:to|from|in|by)\b.*)?$"),
    re.compile(r"\bhow far(?: away)?(?: is| are)? (?:it to )?(?P<t>[a-z' ]+?)(?: from (?P<f>[a-z' ]+?))?(?: (?:by|on|in a)\b.*)?$"),
)
_HERE = re.compile(r"^(?:here|me|my location|my current location|where i am|this location|current location|where i'm at|our location|us)$")


def way(line):
    low = line.low.strip(" ?.!").removesuffix(" please").removesuffix(",")
    if line.found or re.search(r"\b(after|close|ticket|tickets|cost|much|book|buy|price|fare|traffic|schedule of|between|and|last|or|uber|early|earliest|when should|leave|reserve)\b|\d", low):
        return None
    for pattern in _WAY:
        m = pattern.search(low)
        if m:
            break
    else:
        return None
    groups = m.groupdict()
    if len(m["t"].split()) > 6 or _HERE.match(m["t"]) or re.search(r"\b(me|get|go|to|is|it|you|i|the time|that|from)\b", m["t"]):
        return None
    mode = next((name for name, words in _MODES if re.search(rf"\b(?:{words})\b", low[: m.start("t")] + " " + low[m.end("t") :])), None)
    origin = None
    if groups.get("f") and not _HERE.match(groups["f"]):
        if len(groups["f"].split()) > 5 or re.search(r"\b(to|is|it|i|the time)\b", groups["f"]):
            return None
        origin = cut(line.text, m.start("f"), m.end("f"))
    to = cut(line.text, m.start("t"), m.end("t"))
    return _call("travel.route", **{"from": origin}, to=to, mode=mode) if to else None


HOME = {
    "alarm_set": alarm_set, "alarm_remove": alarm_remove, "calendar_set": calendar_set, "calendar_query": calendar_query,
    "calendar_remove": calendar_remove, "lists_createoradd": lists_add, "lists_query": lists_query, "lists_remove": lists_remove,
    "email_sendemail": mail_send, "email_query": mail_query, "email_querycontact": contact_query, "email_addcontact": contact_add,
    "datetime_query": time_now, "qa_maths": sums, "transport_query": way,
}  # fmt: skip
CLINC = {
    "alarm": alarm_set, "timer": timer, "calendar": calendar_clinc, "meeting_schedule": meeting_schedule, "calendar_update": calendar_update,
    "schedule_meeting": schedule_meeting, "reminder_update": lambda line: _reminder(line) if not _REPEATS.search(line.low) and (not line.found or line.when) else None,
    "reminder": reminders, "todo_list": lists_query, "shopping_list": lists_query, "todo_list_update": None, "shopping_list_update": None,
    "time": time_now, "date": date_now, "calculator": sums, "measurement_conversion": conversion, "directions": way, "distance": way,
}  # fmt: skip


def _list_update(line):
    return lists_add(line) or lists_remove(line)


CLINC["todo_list_update"] = CLINC["shopping_list_update"] = _list_update


def _quirky(line):
    """Half small talk, half questions to the world: only what begins as one or the other is used."""
    if re.match(r"(i|i'm|my|it was|today was|you|have a|are you|do you|how are you|good|nice|hi|hello|see you)\b", line.low):
        return _call("chat.reply", topic="smalltalk") if not re.search(r"\b(want|need|know|would like|please|can you)\b", line.low) else None
    if re.match(r"(what|who|why|where|how|when|which|explain|show|tell me about|find|is there)\b", line.low) and not re.search(r"\b(you|your|my|me)\b", line.low):
        return _call("chat.decline", need="knowledge")
    return None


def home(intent, text, entities):
    if intent == "general_quirky":
        return _quirky(Line(text, entities))
    return readings.reading(text) or HOME[intent](Line(text, entities))


def clinc(intent, text):
    return readings.reading(text) or CLINC[intent](Line(text))
