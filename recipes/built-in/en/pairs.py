"""Two of a kind with one verb: `set alarms for six and half past seven`, `the time in Oslo and Lima`."""

from machine.spans import call

from . import clock, days, lists, names, things, when


def pair(talk):
    """Two calls of one tool."""
    return talk.pick(_KINDS)(talk)


def _alarms(talk):
    day, day_text = ({"date": {"rel": "tomorrow"}}, " tomorrow") if talk.chance(0.3) else ({}, "")
    times = [clock.time(talk, clock.WAKE) for _ in range(2)]
    if times[0][0] == times[1][0]:
        return _alarms(talk)
    a, b = (text for _, text in times)
    sentence = talk.pick((
        f"set alarms for {a} and {b}{day_text}", f"set two alarms{day_text}, one for {a} and one for {b}", f"set an alarm for {a} and another for {b}{day_text}",
        f"wake me{day_text} at {a} and again at {b}", f"set my alarm for {a} and another one for {b}{day_text}", f"I need alarms at {a} and {b}{day_text}",
        f"alarms at {a} and {b}{day_text}", f"set an alarm at {a} and one at {b}{day_text}",
    ))  # fmt: skip
    return "do" if not sentence.startswith(("I ", "alarms")) else "say", sentence, [call("alarm.set", when={**day, "time": t}) for t, _ in times]


def _timers(talk):
    times = [when.seconds(talk) for _ in range(2)]
    (m, a), (n, b) = times
    if m == n:
        return _timers(talk)
    if talk.chance(0.4):
        labels = [things.unarticled(talk, x) for x in talk.rng.sample(lists._LABELS, 2)]
        sentence = talk.pick(("set a timer for {a} for {x} and one for {b} for {y}", "start two timers, {a} for {x} and {b} for {y}", "{a} for {x} and {b} for {y}",
                              "timers: {x} {a}, {y} {b}")).format(a=a, b=b, x=labels[0][1], y=labels[1][1])  # fmt: skip
        mode = "do" if sentence.startswith(("set", "start")) else "note"
        return mode, sentence, [call("timer.set", seconds=m, label=labels[0][0]), call("timer.set", seconds=n, label=labels[1][0])]
    sentence = talk.pick((f"set timers for {a} and {b}", f"set two timers, one for {a} and one for {b}", f"start a timer for {a} and another for {b}",
                          f"set a timer for {a} and a second one for {b}"))  # fmt: skip
    return "do", sentence, [call("timer.set", seconds=m), call("timer.set", seconds=n)]


def _events(talk):
    made = []
    for _ in range(2):
        bare, kind = things.event(talk)
        expression, text = when.when(talk, kind, date=1, time=0.6)
        people = None
        marked, title = things.titled(talk, bare)
        if talk.chance(0.3):
            people, listed = names.people(talk)
            marked = talk.mark(f"{bare} with {listed}")
            title = things.article(talk, bare) + marked
        made.append((title, text, call("calendar.create_event", title=marked, when=expression, people=people)))
    (x, v, first), (y, w, second) = made
    sentence = talk.pick((f"put {x} {v} and {y} {w} in my calendar", f"schedule {x} {v} and {y} {w}", f"add {x} {v} and {y} {w} to the calendar",
                          f"I have {x} {v} and {y} {w}", f"{x} {v} and {y} {w}", f"book {x} {v} and {y} {w}", f"put in {x} {v}, and {y} {w}"))  # fmt: skip
    return ("do" if sentence.split(" ")[0] in ("put", "schedule", "add", "book") else "say"), sentence, [first, second]


def _reminders(talk):
    made = []
    for _ in range(2):
        text = talk.mark(things.chore(talk))
        w, said = when.when(talk)
        made.append((text, said, call("reminder.set", text=text, when=w)))
    (x, v, first), (y, w, second) = made
    sentence = talk.pick((f"remind me to {x} {v} and to {y} {w}", f"remind me {v} to {x} and {w} to {y}", f"set reminders to {x} {v} and to {y} {w}",
                          f"remind me to {x} {v} and {y} {w}"))  # fmt: skip
    return "do", sentence, [first, second]


def _chores_at_once(talk):
    """One time for two reminders."""
    w, said = when.when(talk)
    x, y = talk.mark(things.chore(talk)), talk.mark(things.chore(talk))
    sentence = talk.pick((f"remind me {said} to {x} and to {y}", f"{said} remind me to {x} and also to {y}"))
    return "do" if sentence.startswith("remind") else "say", sentence, [call("reminder.set", text=x, when=w), call("reminder.set", text=y, when=w)]


def _clocks(talk):
    places = [talk.mark(things.city(talk)) for _ in range(2)]
    sentence = talk.pick(("what time is it in {} and in {}", "what's the time in {} and {}", "tell me the time in {} and {}", "time in {} and {}")).format(*places)
    return ("do" if sentence.startswith("tell") else "ask"), sentence, [call("time.now", place=p, what="time") for p in places]


def _mails(talk):
    made = []
    for _ in range(2):
        to, said = names.person(talk, mails=0.2)
        body = talk.mark(things.statement(talk))
        made.append((said, body, call("mail.draft", to=[to], body=body)))
    (x, v, first), (y, w, second) = made
    return "do", talk.pick((f"email {x} that {v} and {y} that {w}", f"tell {x} that {v} and {y} that {w}", f"write to {x} that {v} and to {y} that {w}")), [first, second]


def _lists(talk):
    a, b = talk.mark(things.item(talk)), talk.mark(things.item(talk))
    m, n = talk.mark(things.list_name(talk)), talk.mark(things.list_name(talk))
    sentence = talk.pick((f"add {a} to the {m} list and {b} to the {n} list", f"put {a} on my {m} list and {b} on my {n} list"))
    return "do", sentence, [call("task.add", title=a, list=m), call("task.add", title=b, list=n)]


def _swap(talk):
    """One off the list, one on."""
    a, b, name = talk.mark(things.item(talk)), talk.mark(things.item(talk)), talk.mark(things.list_name(talk))
    sentence = talk.pick((f"remove {a} from my {name} list and add {b}", f"take {a} off the {name} list and put {b} on it", f"delete {a} from the {name} list and add {b} instead"))
    return "do", sentence, [call("task.complete", title=a, list=name, remove=True), call("task.add", title=b, list=name)]


def _numbers(talk):
    people = [names.person(talk, mails=0) for _ in range(2)]
    field, noun = talk.pick((("phone", "numbers"), ("phone", "phone numbers"), ("email", "email addresses"), ("address", "addresses"), ("birthday", "birthdays")))
    sentence = talk.pick(("what are the {n} of {x} and {y}", "find the {n} of {x} and {y}", "give me the {n} for {x} and {y}")).format(n=noun, x=people[0][1], y=people[1][1])
    return ("ask" if sentence.startswith("what") else "do"), sentence, [call("contact.find", name=p, field=field) for p, _ in people]


def _cancelled(talk):
    made = []
    for _ in range(2):
        bare, _ = things.event(talk)
        event, said = things.titled(talk, bare, True)
        w, text = days.weekday(talk, week=0) if talk.chance(0.4) else (None, "")
        made.append((f"{said} {text}".rstrip(), call("calendar.cancel_event", event=event, when={"date": w} if w else None)))
    (x, first), (y, second) = made
    return "do", talk.pick((f"cancel {x} and {y}", f"delete {x} and {y}", f"cancel both {x} and {y}")), [first, second]


_KINDS = (_alarms,) * 3 + (_timers,) * 2 + (_events,) * 5 + (_reminders,) * 4 + (_chores_at_once, _clocks, _mails, _mails, _lists, _swap, _numbers, _cancelled)
