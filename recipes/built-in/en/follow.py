"""Turns that refer back to the turn before: corrections, additions, `cancel that`, `same again next week`.

What `calendar.move_event` can express is a move of `it`. All else that changes about an event, reminder, alarm, timer,
draft or trip is the whole call again, with the change. The functions take the call that stands and return
`(text, calls)`, or None where nothing fits.
"""

from machine.phrases import Phrases
from machine.spans import call, plain

from . import clock, days, made_up, names, things, when, work

_ACTUALLY = ("", "", "", "actually ", "no, ", "sorry, ", "hmm, ", "wait, ", "ah no, ", "no wait, ", "oh, ", "ok, ", "on second thought, ", "I mean ", "well, ")


def _again(tool, arguments, **changes):
    return call(tool, **{**arguments, **changes})


# --- events ----------------------------------------------------------------------------------------------------------

_NEW_TIME = Phrases("""
(move|push|shift|change|put|switch) it to {w}
make (it|that) {w}
{w} instead
{w}
rather {w}
(can we do|let's do|better|how about|make that|I meant) {w}
{w}, not {o}
no, {w}
no {w}
it's {w}
""".replace("{w}, not {o}\n", "it should be {w}\n"))
_LONGER = Phrases("""
make it {d}
make (it|that) {d} (long|)
{d} (long |)instead
it (takes|lasts|should last|will take) {d}
for {d}
extend it to {d}
make that {d}
(shorten|cut) it to {d}
it's (only |)going to take {d}
""")
_SHIFT = Phrases("""
push it back (by |){d}
{d} later
move it {d} later
delay it by {d}
make it {d} later
can we start {d} later
""")
_SHIFT_EARLIER = Phrases("""
bring it forward (by |){d}
{d} earlier
move it {d} earlier
make it {d} earlier
pull it forward by {d}
""")
_INVITE = Phrases("""
(and |)(invite|add|bring|include) {p}
(and |)invite {p} (too|as well)
(also |)invite {p}
(add|put) {p} to it
{p} (is|should be) coming too
with {p}
and with {p}
{p} should join
""")
_RENAME = Phrases("""
call it {t}
(rename it|change the title|change the name) to {t}
name it {t}
the title should be {t}
it should be called {t}
call that {t}
""")
_PLACE = Phrases("""
(and |)(it's |)(at|in) {l}
the (location|place) is {l}
(put|add) the location (as |){l}
it's at {l}
we meet at {l}
(and |)set the location to {l}
""")
_REPEAT = Phrases("""
(and |)repeat it {r}
make it (repeat |){r}
{r} please
(and |)do that {r}
(make that|have it) {r}
""")
_ALERT = Phrases("""
(and |)remind me {d} (before|beforehand)
(add|set) a reminder {d} before
with a reminder {d} before
give me a reminder {d} ahead
""")
_SAME = Phrases("""
(the |)same (again |)(thing |){w}
and (again|the same|the same thing) {w}
do (the same|that again|it again) {w}
same (time|thing|again) {w}
(book|schedule|add) (the same|another one|it again) {w}
""")
_CANCEL = Phrases("""
cancel (that|it)
(delete|remove|scrap|drop) (it|that)
(cancel|delete) (it|that) again
never mind, (cancel|delete) it
(take|get) (it|that) (out|off the calendar)
I don't need (it|that) (any more|after all), (cancel|delete) it
undo that
call it off
""")


def after_event(talk, event):
    """A turn after `calendar.create_event`."""
    tool, arguments = "calendar.create_event", event
    r = talk.rng.random()
    has_time = "hour" in arguments["when"].get("time", {})
    if r < 0.24:
        return _moved(talk, arguments)
    if r < 0.36:
        minutes, text = when.minutes(talk)
        it = _it(talk)
        return _with_it(talk, _LONGER, d=text), [call("calendar.move_event", event=it, duration_minutes=minutes)]
    if r < 0.44 and has_time:
        minutes, text = when.minutes(talk)
        table, sign = (_SHIFT, 1) if talk.chance(0.6) else (_SHIFT_EARLIER, -1)
        return _with_it(talk, table, d=text), [call("calendar.move_event", event=_it(talk), shift_minutes=sign * minutes)]
    if r < 0.58:
        people, listed = names.people(talk)
        return _INVITE.say(talk, p=listed), [_again(tool, arguments, people=arguments.get("people", []) + people)]
    if r < 0.67:
        title, said = things.titled(talk, things.event(talk)[0])
        title_text = said if talk.chance(0.2) else f'"{title}"' if talk.chance(0.2) and not talk.spoken else title
        return talk.pick(_ACTUALLY) + _RENAME.say(talk, t=title_text), [_again(tool, arguments, title=title)]
    if r < 0.75:
        location, said = things.venue(talk)
        return _PLACE.say(talk, l=said), [_again(tool, arguments, location=location)]
    if r < 0.80 and "repeat" not in arguments:
        repeat, text = when.repeat(talk, until=0.3, days_share=0)
        return _REPEAT.say(talk, r=text), [_again(tool, arguments, repeat=repeat)]
    if r < 0.85:
        minutes, text = when.minutes(talk, (5, 10, 15, 15, 30, 30, 60, 120))
        return _ALERT.say(talk, d=text), [_again(tool, arguments, remind_minutes_before=minutes)]
    if r < 0.91 and "date" in arguments["when"] and "repeat" not in arguments:
        date, text = _other_day(talk)
        return _SAME.say(talk, w=text), [_again(tool, arguments, when={**arguments["when"], "date": date})]
    return talk.pick(_ACTUALLY) + _CANCEL.say(talk), [call("calendar.cancel_event", event=_it(talk))]


def _other_day(talk):
    r = talk.rng.random()
    if r < 0.3:
        return {"in": 1, "unit": "week"}, "next week"
    expression, text = days.weekday(talk) if r < 0.65 else days.date(talk)
    return expression, days.on(talk, expression, text)


def _moved(talk, arguments):
    """`no, Thursday`, `half past four instead`."""
    r = talk.rng.random()
    if r < 0.45:
        expression, text = days.date(talk)
        w, text = {"date": expression}, days.on(talk, expression, text)
    elif r < 0.85:
        w, text = when.at_time(talk, _kind(arguments))
    else:
        w, text = when.when(talk, date=1, time=1)
    bare = text[3:] if text.startswith(("on ", "at ")) and talk.chance(0.7) else text
    sentence = _NEW_TIME.say(talk, w=bare)
    return _prefixed(talk, sentence), [call("calendar.move_event", event=_it(talk), when=w)]


def _kind(arguments):
    """How a bare hour is taken: as the time that it replaces would have been."""
    hour = arguments["when"].get("time", {}).get("hour", 12)
    return clock.EVENING if hour >= 19 else clock.EVENT


def _prefixed(talk, sentence):
    return sentence if sentence.startswith(("no", "rather", "better")) else talk.pick(_ACTUALLY) + sentence


def _it(talk):
    return "it"


def _with_it(talk, table, **slots):
    return talk.pick(_ACTUALLY) + table.say(talk, **slots).rstrip()


# --- reminders, alarms, timers ---------------------------------------------------------------------------------------


def after_reminder(talk, arguments):
    r = talk.rng.random()
    base = {k: v for k, v in arguments.items() if k not in ("when", "in_minutes", "repeat")}
    if r < 0.45:
        w, text = when.when(talk, date=0.4, time=0.8)
        bare = text[3:] if text.startswith(("on ", "at ")) and talk.chance(0.6) else text
        old = arguments.get("when", {})
        merged = {**old, **w} if "when" in arguments else w
        repeat = {"repeat": arguments["repeat"]} if "repeat" in arguments and "date" not in w else {}
        return _prefixed(talk, _NEW_TIME.say(talk, w=bare)), [call("reminder.set", **base, when=_ordered(merged), **repeat)]
    if r < 0.62:
        minutes, text = when.minutes(talk)
        return talk.pick(_ACTUALLY) + talk.pick((f"in {text}", f"make it in {text}", f"in {text} instead", f"rather in {text}")), [call("reminder.set", **base, in_minutes=minutes)]
    if r < 0.78:
        body = talk.mark(things.chore(talk))
        return talk.pick((f"and to {body}", f"also remind me to {body}", f"and remind me to {body} too", f"and {body}")), [_again("reminder.set", arguments, text=body)]
    if r < 0.88 and "in_minutes" not in arguments and "repeat" not in arguments:
        repeat, text = when.repeat(talk, until=0.2, days_share=0.1)
        return _REPEAT.say(talk, r=text), [_again("reminder.set", arguments, repeat=repeat)]
    return _drop(talk)


def _ordered(w):
    return {k: w[k] for k in ("date", "time") if k in w}


def _drop(talk):
    """What no tool can undo."""
    return talk.pick(("never mind", "forget it", "cancel that", "scrap that", "forget that", "no, leave it", "stop, I changed my mind", "no don't do that")), [call("chat.reply", topic="cancel")]


def after_alarm(talk, arguments):
    r = talk.rng.random()
    if r < 0.5:
        time, text = when.at_time(talk, clock.WAKE)
        bare = text[3:] if text.startswith("at ") and talk.chance(0.7) else text
        return _prefixed(talk, _NEW_TIME.say(talk, w=bare)), [_again("alarm.set", arguments, when=_ordered({**arguments["when"], **time}))]
    if r < 0.66 and "repeat" not in arguments:
        repeat, text = when.repeat(talk, until=0.05, days_share=0.3, daily=True)
        return _REPEAT.say(talk, r=text), [_again("alarm.set", arguments, repeat=repeat)]
    if r < 0.8:
        time, text = when.at_time(talk, clock.WAKE)
        return talk.pick((f"and another one {text}", f"and one {text}", f"another {text}", f"and a second one {text}")), [_again("alarm.set", {}, when=_ordered({**arguments["when"], **time}))]
    return talk.pick(_ACTUALLY) + talk.pick(("cancel it", "cancel that", "delete it", "turn it off", "remove that alarm", "cancel the alarm", "switch it off again")), [call("timer.cancel")]


def after_timer(talk, arguments):
    r = talk.rng.random()
    if r < 0.55:
        seconds, text = when.seconds(talk)
        return talk.pick(_ACTUALLY) + talk.pick((f"make it {text}", f"make that {text}", f"{text} instead", f"no, {text}", f"{text}", f"I meant {text}", f"change it to {text}")).replace("no, no, ", "no, "), [_again("timer.set", arguments, seconds=seconds)]
    if r < 0.75:
        seconds, text = when.seconds(talk)
        label, clause = None, ""
        if talk.chance(0.5):
            label = talk.mark(talk.pick(("rice", "eggs", "sauce", "tea", "bread")) if talk.chance(0.6) else made_up.odd(talk))
            clause = f" for {label}"
        return talk.pick((f"and another one for {text}{clause}", f"and a second one of {text}{clause}", f"another for {text}{clause}", f"and one for {text}{clause}")), [call("timer.set", seconds=seconds, label=label)]
    return talk.pick(_ACTUALLY) + talk.pick(("cancel it", "stop it", "stop the timer", "cancel that", "cancel the timer", "end it", "turn it off")), [call("timer.cancel")]


# --- lists, drafts, trips, lessons -----------------------------------------------------------------------------------


def after_task(talk, arguments):
    name = arguments.get("list")
    r = talk.rng.random()
    if r < 0.5:
        titles = [talk.mark(things.item(talk) if name else things.chore(talk)) for _ in range(talk.pick((1, 1, 1, 2)))]
        listed = " and ".join(titles)
        return talk.pick((f"and {listed}", f"{listed} too", f"also {listed}", f"and also {listed}", f"add {listed} as well", f"oh and {listed}", f"and {listed} please", f"put {listed} on it too")), [call("task.add", title=t, list=name) for t in titles]
    if r < 0.62:
        priority, clause = talk.pick((("high", "it's urgent"), ("high", "make it high priority"), ("high", "that's important"), ("low", "low priority"), ("low", "it's not urgent"), ("normal", "normal priority")))
        return clause, [_again("task.add", arguments, priority=priority)]
    if r < 0.74:
        due, text = when.when(talk, date=1, time=0.1)
        bare = days.bare(text)
        return talk.pick(("it's due {}", "due {}", "by {}", "it has to be done by {}", "until {}")).format(bare), [_again("task.add", arguments, due=due)]
    if r < 0.87:
        return talk.pick(_ACTUALLY) + talk.pick(("remove it again", "take it off again", "delete that", "remove that", "take that off", "cancel that", "drop it")), [call("task.complete", title=arguments["title"], list=name, remove=True)]
    if r < 0.93:
        return after_tasks(talk, arguments)
    return talk.pick(("what's on it now", "show me the list", "read me the list", "what's on the list now", "and what else is on it")), [call("task.list", list=name)]


def after_mail(talk, arguments):
    r = talk.rng.random()
    if r < 0.35:
        people, listed = names.people(talk, mails=0.25)
        return talk.pick((f"and to {listed}", f"send it to {listed} too", f"add {listed}", f"also to {listed}", f"cc {listed}")), [_again("mail.draft", arguments, to=arguments["to"] + people)]
    if r < 0.6:
        body = talk.mark(things.statement(talk))
        return talk.pick((f"say {body} instead", f"no, say that {body}", f"actually write that {body}", f"change it to {body}")), [_again("mail.draft", arguments, body=body)]
    if r < 0.85:
        subject, said = things.unarticled(talk, things.about(talk))
        return talk.pick((f"the subject is {said}", f"with the subject {said}", f"subject {said}", f"use {said} as the subject", f"make the subject {said}")), [_again("mail.draft", arguments, subject=subject)]
    return _drop(talk)


def after_document(talk, arguments):
    r = talk.rng.random()
    if r < 0.3:
        language = talk.mark(talk.pick(things.LANGUAGES))
        return talk.pick((f"in {language}", f"in {language} please", f"write it in {language}", f"make it {language}")), [_again("document.draft", arguments, language=language)]
    if r < 0.6:
        form, text = talk.pick((("pdf", "as a pdf"), ("docx", "as a word document"), ("md", "in markdown"), ("odt", "as odt"), ("pdf", "make it a pdf"), ("docx", "I need it in word")))
        return text, [_again("document.draft", arguments, format=form)]
    if r < 0.85:
        fact = talk.mark(things.statement(talk))
        return talk.pick((f"mention that {fact}", f"and add that {fact}", f"it should also say that {fact}", f"include that {fact}")), [_again("document.draft", arguments, facts=arguments.get("facts", []) + [fact])]
    to, said = names.person(talk, roles=0.4, mails=0)
    return talk.pick((f"it's for {said}", f"to {said}", f"address it to {said}")), [_again("document.draft", arguments, to=to)]


def after_trip(talk, arguments):
    r = talk.rng.random()
    if r < 0.25:
        budget, text = work.money(talk)
        return talk.pick((f"under {text}", f"we have {text}", f"the budget is {text}", f"for at most {text}")), [_again("travel.plan_trip", arguments, budget=budget)]
    if r < 0.45:
        mode, ways = talk.pick(work._BY[:4])
        way = talk.pick(ways)
        return talk.pick((way, f"we go {way}" if way.startswith(("by", "in", "on")) else way, f"{way} please")), [_again("travel.plan_trip", arguments, mode=mode)]
    if r < 0.65:
        length = talk.pick(list(work._DAYS_SAID))
        text = talk.pick([d for d in work._DAYS_SAID[length] if not (talk.spoken and d[0].isdigit())])
        return talk.pick(_ACTUALLY) + talk.pick((f"make it {text}", f"for {text}", f"{text} instead", f"{text}")), [_again("travel.plan_trip", arguments, days=length)]
    if r < 0.85:
        place, said = things.trip_place(talk)
        return talk.pick((f"and {said}", f"add {said}", f"we also want to see {said}", f"also {said}")), [_again("travel.plan_trip", arguments, to=arguments["to"] + [place])]
    people, ways = talk.pick(work._COMPANY)
    return talk.pick([w for w in ways if not (talk.spoken and any(c.isdigit() for c in w))]), [_again("travel.plan_trip", arguments, people=people)]


def after_lesson(talk, arguments):
    topic = arguments["topic"]
    r = talk.rng.random()
    if r < 0.5:
        n = talk.pick((3, 5, 5, 10, 10, 15, 20))
        counted = talk.chance(0.5)
        return (talk.pick((f"ask me {work.said(talk, n, 0.6)} questions", f"now quiz me with {work.said(talk, n, 0.6)} questions")) if counted
                else talk.pick(("now quiz me", "quiz me on it", "test me on that", "ask me some questions on it"))), [call("tutor.quiz", topic=topic, questions=n if counted else None)]  # fmt: skip
    if r < 0.75:
        return talk.pick(("how am I doing", "how am I doing in it", "show my progress in that", "how far am I")), [call("tutor.progress", topic=topic)]
    level, text = talk.pick((("beginner", "I'm a beginner"), ("advanced", "at an advanced level"), ("intermediate", "intermediate please"), ("beginner", "from the very beginning"), ("advanced", "make it advanced")))
    return text, [_again("tutor.start", arguments, level=level)]


def after_sum(talk, arguments):
    n = 2 + int(talk.rng.random() * 50)
    number = work.said(talk, n, 0.4)
    op, text = talk.pick((("*", "times"), ("+", "plus"), ("-", "minus"), ("/", "divided by")))
    return talk.pick(("and {} {}", "{} {}", "and that {} {}", "now {} {}")).format(text, number), [call("math.calculate", expression=f"({arguments['expression']}){op}{n}")]


def after_conversion(talk, arguments):
    if talk.chance(0.5):
        n = 1 + int(talk.rng.random() * 300)
        number = work.said(talk, n, 0.4)
        return talk.pick(("and {}", "what about {}", "and {} of them", "now {}")).format(number), [_again("units.convert", arguments, amount=n)]
    source = plain(arguments["from"])
    group = next((g for g in work._UNITS if any(source in names_of.split("|") for names_of in g)), work._UNITS[0])
    target = talk.mark(talk.pick([n.split("|")[0] for n in group if source not in n.split("|")]))
    return talk.pick(("and in {}", "in {}", "what about {}", "and in {}")).format(target), [_again("units.convert", arguments, to=target)]


def after_now(talk, arguments):
    place = talk.mark(things.city(talk))
    return talk.pick(("and in {}", "what about {}", "and {}", "and what time is it in {}" if arguments.get("what") == "time" else "and in {}")).format(place), [_again("time.now", arguments, place=place)]


def after_route(talk, arguments):
    r = talk.rng.random()
    if r < 0.5:
        mode, ways = talk.pick(work._MODES[:4])
        return talk.pick(("and {}", "{}", "what about {}", "{} instead")).format(talk.pick(ways)), [_again("travel.route", arguments, mode=mode)]
    if r < 0.75:
        place, said = things.place(talk)
        return talk.pick((f"and to {said}", f"what about {said}", f"no, to {said}")), [_again("travel.route", arguments, to=place)]
    place, said = things.place(talk)
    return talk.pick((f"from {said}", f"I start at {said}", f"starting from {said}")), [_again("travel.route", arguments, **{"from": place})]


def after_contact(talk, arguments):
    field, text = talk.pick((("phone", "number"), ("phone", "phone number"), ("email", "email"), ("address", "address"), ("birthday", "birthday"), ("email", "email address")))
    if talk.chance(0.5):
        return talk.pick((f"and {talk.pick(('his', 'her', 'their'))} {text}", f"and the {text}", f"what about the {text}")), [_again("contact.find", arguments, field=field)]
    name = talk.mark(names.name(talk, 0))
    return talk.pick((f"and {name}", f"and {name}'s", f"what about {name}")), [_again("contact.find", arguments, name=name)]


def after_search(talk, arguments):
    people = talk.mark(names.name(talk, 0))
    return talk.pick((f"and from {people}", f"what about {people}", f"any from {people}")), [_again("mail.search", arguments, **{"from": people})]


def after_listing(talk, arguments):
    if talk.chance(0.3):
        event = talk.mark("the " + talk.pick(_ONE_OF))
        return talk.pick(("cancel {}", "delete {}", "remove {}", "call off {}", "drop {}")).format(event), [call("calendar.cancel_event", event=event)]
    span, text = when.span(talk, 0.8)
    return talk.pick((f"and {text}", f"what about {text}", f"and what about {text}", f"{text}")), [_again("calendar.list_events", arguments, range=span)]


def after_video(talk, arguments):
    n = talk.pick((3, 4, 5, 6, 8, 10, 12, 15, 20))
    number = work.said(talk, n, 0.5)
    return talk.pick(_ACTUALLY) + talk.pick((f"make it {number} seconds", f"{number} seconds long", f"{number} seconds instead")), [_again("video.create", arguments, seconds=n)]


_ONE_OF = ("first one", "second one", "third one", "last one", "first", "second", "one at the top", "other one", "fourth one", "next one")


def after_tasks(talk, arguments):
    """A task of a list that was just read out."""
    title = talk.mark("the " + talk.pick(_ONE_OF))
    if talk.chance(0.35):
        return talk.pick(("remove {}", "delete {}", "take {} off", "drop {}")).format(title), [call("task.complete", title=title, remove=True)]
    return talk.pick(("{} is done", "I've done {}", "tick off {}", "{} is finished", "mark {} as done", "cross off {}", "I finished {}")).format(title), [call("task.complete", title=title)]


def after_slot(talk, arguments):
    """More wishes about a free time."""
    r = talk.rng.random()
    if r < 0.4:
        n = int(talk.rng.random() * 7)
        return talk.pick(("not on {}", "but not on {}", "not {}", "anything but {}", "{} doesn't work", "no, not {}", "except {}")).format(days.weekday_name(talk, n)), [
            _again("calendar.find_time", arguments, not_on=arguments.get("not_on", []) + [{"weekday": days.WEEKDAYS[n], "week": 0}])]  # fmt: skip
    if r < 0.6:
        part = talk.pick(("morning", "afternoon", "evening"))
        return talk.pick((f"in the {part}", f"rather in the {part}", f"preferably in the {part}", f"{part} please")), [_again("calendar.find_time", arguments, part_of_day=part)]
    if r < 0.8:
        minutes, text = when.minutes(talk)
        return talk.pick(_ACTUALLY) + talk.pick((f"make it {text}", f"{text} instead", f"for {text}", f"we need {text}")), [_again("calendar.find_time", arguments, duration_minutes=minutes)]
    span, text = when.span(talk, 0.8)
    return talk.pick((f"what about {text}", f"{text} instead", f"and {text}", f"rather {text}")), [_again("calendar.find_time", arguments, range=span)]


AFTER = {
    "calendar.find_time": after_slot, "task.list": after_tasks,
    "calendar.create_event": after_event, "reminder.set": after_reminder, "alarm.set": after_alarm, "timer.set": after_timer,
    "task.add": after_task, "mail.draft": after_mail, "document.draft": after_document, "travel.plan_trip": after_trip,
    "tutor.start": after_lesson, "math.calculate": after_sum, "units.convert": after_conversion, "time.now": after_now,
    "travel.route": after_route, "contact.find": after_contact, "mail.search": after_search, "calendar.list_events": after_listing,
    "video.create": after_video,
}  # fmt: skip
