"""Real sentences that `corpora` cannot tell with certainty, read from their annotated entities alone: what people marked
as a day, a person or a place becomes the argument that `mapping/` names for it. None where even that says nothing.
"""

import re

from machine.spans import Cut

from .corpora import Line, _ask, _call, _FIELD, _MODES, _range, cut

_PRICES = re.compile(r"\b(tickets?|price|cost|fare|book|reserve|buy|amount|uber|cab|taxi|traffic)\b")
_ALL = re.compile(r"\b(all|everything|every|clear|wipe|empty|entire)\b")
_NOUN = re.compile(r"\b(?P<x>(?:(?:next|last|first|upcoming) )?(?:scheduled |calendar )?(?:events?|appointments?|meetings?|reminders?|plans))\b")
_SAYING = re.compile(r"^(?:'s)?(?: (?:latest |last |recent )?(?:e-?mail|mail|message))?[ ,]*(?:(?:and |by )?(?:say(?:ing)?|says|tell(?:ing)?(?: (?:him|her|them))?|answering|that|to let (?:him|her|them) know(?: that)?|about|regarding|asking(?: for| about)?|to say|with|because|for|to|on)\b[ ,:]*)+")


def _when(line):
    """What day and time are named, None where none is; False where one is not understood."""
    if line.when:
        return line.when
    return False if line.found or line.has("date", "time", "timeofday") else None


def _people(line):
    """The persons; a relation and a name in a row are one."""
    found = []
    for c in line.cuts("person", "relation"):
        if found and c.start - found[-1].end < 2:
            found[-1] = Cut(found[-1].start, c.end)
        else:
            found.append(c)
    return found


def alarm_set(line):
    low = line.low
    if re.search(r"\b(before|after|update|change|until|not|don't|tone|clock|snooze|remind|repeating|weekends?|(?:is|are) my)\b", low):
        return None
    when = _when(line)
    label = line.one("event_name")
    if when is False or line.has("general_frequency") or re.search(r"\b(every|each|repeat|daily)\b", low):
        return None
    if when is None:
        return _ask("alarm.set", "when") if re.search(r"alarm", low) and label is None else None
    return _call("alarm.set", when=when, label=label)


def calendar_set(line):
    low = line.low
    if re.search(r"\b(every|each|daily|weekly|monthly|repeat\w*|before|prior|advance|invite|update|when i|if i|let me know)\b", low) or line.has("general_frequency"):
        return None
    when = _when(line)
    event, people = line.one("event_name", "meal_type"), _people(line)
    place = line.one("place_name", "business_name", "business_type")
    if when is False:
        return None
    if re.search(r"remind|notif|alert", low):
        if event is None:
            return _ask("reminder.set", "text") if not people and len(low.split()) < 8 else None
        return _call("reminder.set", text=event, when=when)
    if event is None:
        if people or place:
            return None
        return _ask("calendar.create_event", *(("title",) if when else ("title", "when")))
    if when is None:
        return _ask("calendar.create_event", "when")
    return _call("calendar.create_event", title=event, when=when, location=place, people=people or None)


def calendar_query(line):
    span = _range(line)
    if span is False or re.search(r"\b(remind\w*|notif\w*|list|add|set)\b", line.low):
        return None
    query, people = line.one("event_name"), _people(line)
    if not (query or people or span):
        return None
    return _call("calendar.list_events", range=span, query=query, people=people or None)


def calendar_remove(line):
    when, event = _when(line), line.cuts("event_name", "meal_type")
    if when is False or len(event) > 1 or re.search(r"\b(reschedule|before|after|until|except|if)\b", line.low):
        return None
    if event:
        end = event[0].end
        tail = re.match(r" with (?:my |the )?[a-z]+", line.low[end:]) if _people(line) else None
        return _call("calendar.cancel_event", event=Cut(event[0].start, end + (tail.end() if tail else 0)), when=when)
    if _people(line):
        return None
    noun = _NOUN.search(line.low)
    if _ALL.search(line.low) and not (noun and noun["x"].startswith(("next", "last", "first"))):
        return [("calendar.cancel_event", {"event": "everything"} | ({"when": when} if when else {}))]
    if noun and (when or " " in noun["x"]):
        return _call("calendar.cancel_event", event=Cut(*noun.span("x")), when=when)
    return _ask("calendar.cancel_event", "event")


def lists_add(line):
    name = line.one("list_name")
    if line.has("date", "time", "person", "relation", "event_name"):
        return None
    if re.search(r"\b(calendar|list of)\b", line.low):
        return None
    if re.search(r"\b(an?|this|that|the|new|following|one) (?:new )?(?:item|thing|one|list)\b|\b(it|this|that)\b", line.low) and not re.search(r"\b(notes|songs?|playlist|remind)\b", line.low):
        return _ask("task.add", "title")
    m = re.search(r"\b(?:need|want)(?: you)?(?: to (?:put|add|have|get))? (?P<x>(?!this|that|it|a new|to )[a-z ]{3,30}?) (?:added|put|to go|on|to|in)(?: (?:to|on|in))?(?: my| the)? ", line.low)
    title = cut(line.text, m.start("x"), m.end("x")) if m else None
    return _call("task.add", title=title, list=name) if title else None


def lists_remove(line):
    if re.search(r"\b(playlist|songs?|contacts?|find|how|recording|show)\b", line.low) or line.has("person", "relation"):
        return None
    if re.search(r"\b(list|item|row)\b", line.low) and re.search(r"\b(remove|delete|clear|erase|get rid|take|taken|cancel|removed|drop|empty|wipe)\b", line.low):
        return _ask("task.complete", "title")
    return None


def lists_query(line):
    if re.search(r"\b(playlist|contacts?|make|finished|send|upload\w*|christmas)\b", line.low):
        return None
    span = _range(line)
    name = line.one("list_name")
    if name and (name.end - name.start > 20 or re.search(r"\bdone\b", line.low)):
        name = None
    if name and line.low[name.start : name.end].endswith(" list"):
        name = Cut(name.start, name.end - 5)
    return _call("task.list", list=name, due=span or None) if span is not False else None


def mail_send(line):
    low = line.low
    to = _people(line)[:2] or line.cuts("email_address", "business_name")[:1]
    is_reply = re.search(r"\b(reply|respond|answer)\w*\b", low)
    if re.search(r"\b(open|inbox|forward|read|check|delete)\b|'s (?:latest |last )?(?:e-?mail|mail|message)\b", low):
        return None
    if not to:
        return _ask("mail.draft", "body") if is_reply else _ask("mail.draft", "to", "body") if len(low.split()) < 9 else None
    end = to[-1].end
    rest = low[end:]
    m = _SAYING.match(rest)
    start = end + (m.end() if m else 1)
    body = cut(line.text, start, len(line.text)) if start < len(line.text) else None
    if body is None or re.fullmatch(r"(?:an? |the |my )?(?:new |latest |last )?(?:e-?mails?|mail|message|please|address|by e-?mail)", low[body.start : body.end]):
        return _ask("mail.draft", "body")
    if not m and len(low[body.start : body.end].split()) < 3:
        return None
    return _call("mail.draft", to=to, body=body, reply_to=to[0] if is_reply else None)


def mail_query(line):
    low = line.low
    if re.search(r"\b(when i get|alert|let me know when|open|delete|reply to|send me the)\b", low) or line.has("email_address"):
        return None
    sender, span = _people(line) or line.cuts("business_name"), _range(line)
    if len(sender) > 1:
        return None
    about = re.search(r"\b(?:about|regarding|on) (?P<x>(?!my e-?mails?|new|any|unread|it|me)[a-z' ]+?)(?: (?:today|yesterday|please))?$", low)
    return _call("mail.search", **{"from": sender[0] if sender else None}, query=cut(line.text, *about.span("x")) if about else None,
                 range=span or None, unread=True if re.search(r"\b(new|unread)\b", low) else None)  # fmt: skip


def contact_query(line):
    who = _people(line) or line.cuts("business_name")
    if re.search(r"\b(call|text|spoke|send|contact [a-z]+ from)\b", line.low) and not re.search(r"\bnumber|address\b", line.low):
        return None
    if not who:
        return _ask("contact.find", "name") if re.search(r"\bcontacts?|number|address\b", line.low) and not line.has("personal_info") else None
    field = next((name for name, words in _FIELD if re.search(rf"\b(?:{words})s?\b", line.low)), None)
    return _call("contact.find", name=who[0], field=field)


def way(line):
    low = line.low
    if _PRICES.search(low):
        return None
    if re.search(r"\b(get|to|over|reach) there\b", low):
        return _ask("travel.route", "to")
    places = [e for e in line.entities.get("place_name", []) + line.entities.get("business_name", []) + line.entities.get("business_type", [])]
    to = origin = None
    for e in sorted(places, key=lambda e: e["start"]):
        words = low[e["start"] : e["end"]]
        split = re.search(r" to ", words)
        if split:
            origin = cut(line.text, e["start"], e["start"] + split.start())
            to = cut(line.text, e["start"] + split.end(), e["end"])
        elif re.search(r"\b(?:from|leave|leaving|depart(?:ing|s)?)(?: the| my)? ?$", low[: e["start"]]):
            origin = cut(line.text, e["start"], e["end"])
        else:
            near = re.search(r"(?:nearest |closest )$", low[: e["start"]])
            to = cut(line.text, e["start"] - (len(near.group()) if near else 0), e["end"])
    mode = next((name for name, words in _MODES if re.search(rf"\b(?:{words})\b", low)), None)
    when = _when(line)
    if to is None:
        return _ask("travel.route", "to")
    return _call("travel.route", **{"from": origin}, to=to, mode=mode, depart_at=when or None)


HOME = {
    "alarm_set": alarm_set, "calendar_set": calendar_set, "calendar_query": calendar_query, "calendar_remove": calendar_remove,
    "lists_createoradd": lists_add, "lists_remove": lists_remove, "lists_query": lists_query, "email_sendemail": mail_send,
    "email_query": mail_query, "email_querycontact": contact_query, "transport_query": way,
}  # fmt: skip


def home(intent, text, entities):
    reader = HOME.get(intent)
    return reader(Line(text, entities)) if reader else None
