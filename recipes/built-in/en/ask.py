"""Requests in which something is missing, and the turn that brings it.

`chat.ask` names the required arguments that were not said. The turn after it completes the call with what both said.
"""

from machine.phrases import Phrases
from machine.spans import call

from . import calendar, clock, made_up, names, papers, things, when, work
from .numbers import said


def _ask(tool, *missing):
    return call("chat.ask", missing=list(missing), for_tool=tool)


def _mode(sentence):
    first = sentence.split(" ", 1)[0]
    return "ask" if first in ("how", "what", "what's", "can") else "say" if first.startswith("I") else "do"


def event_without_time(talk):
    bare, kind = things.event(talk)
    people = None
    marked, title = things.titled(talk, bare)
    if talk.chance(0.4):
        people, listed = names.people(talk)
        marked = talk.mark(f"{bare} with {listed}")
        title = things.article(talk, bare) + marked
    sentence = _EVENT_NO_TIME.say(talk, e=title)
    w, text = when.when(talk, kind)
    answer = _TIME_ANSWER.say(talk, w=text)
    return _mode(sentence), sentence, _ask("calendar.create_event", "when"), answer, [call("calendar.create_event", title=marked, when=w, people=people)]


_EVENT_NO_TIME = Phrases("""
(put|add|schedule|book|set up|create|plan|arrange|organise|make) {e}
(put|add|enter|get) {e} (in|into|on|to) (my|the) (calendar|diary)
(schedule|set up|book|plan) {e} for me
(how do I|how can I|how would I|show me how to|tell me how to) (schedule|set up|book|plan|arrange) {e}
what (is the process|do I do|do I have to do) to (schedule|set up|book) {e}
I need to (schedule|set up|book) {e}
I('d| would) like to (schedule|set up|book|arrange) {e}
can you help me (schedule|set up|plan|arrange) {e}
""")
_TIME_ANSWER = Phrases("""
{w}
{w}
{w}
(let's say|make it|how about|say) {w}
(it's|it is) {w}
{w} (please|works|would be good|would be great)
""")


def event_without_title(talk):
    w, text = when.when(talk)
    sentence = _EVENT_NO_TITLE.say(talk, w=text)
    bare, _ = things.event(talk)
    people = None
    if talk.chance(0.3):
        people, listed = names.people(talk)
        marked = talk.mark(f"{bare} with {listed}")
        title = things.article(talk, bare) + marked
    else:
        marked, title = things.titled(talk, bare)
    return "do", sentence, _ask("calendar.create_event", "title"), _THING_ANSWER.say(talk, t=title), [call("calendar.create_event", title=marked, when=w, people=people)]


_EVENT_NO_TITLE = Phrases("""
(put|add) something (in|to) (my|the) calendar {w}
(create|add|make|schedule|set up|book) (an event|an appointment|a new event|a calendar entry|an entry) {w}
(add|create) a calendar event {w}
(block|reserve) my calendar {w}
""")
_THING_ANSWER = Phrases("""
{t}
{t}
{t}
(it's|it is) {t}
it's (for|called) {t}
for {t}
(call it|name it) {t}
""")


def event_without_both(talk):
    sentence = talk.pick(("create an event", "add something to my calendar", "schedule something", "make an appointment", "new event", "add an event",
                          "put something in the calendar", "set up an appointment", "new appointment", "add a calendar entry", "I need an appointment",
                          "book an appointment for me", "add an event to my calendar", "set an event", "create a calendar event", "schedule an event"))  # fmt: skip
    bare, kind = things.event(talk)
    w, text = when.when(talk, kind)
    marked, title = things.titled(talk, bare)
    answer = talk.pick((f"{title} {text}", f"{title}, {text}", f"{marked} {text}"))
    return "do", sentence, _ask("calendar.create_event", "title", "when"), answer, [call("calendar.create_event", title=marked, when=w)]


def reminder_without_text(talk):
    timed = talk.chance(0.65)
    w, text = when.when(talk) if timed else (None, "")
    sentence = _REMINDER_NO_TEXT.say(talk, w=text).rstrip()
    if text and text not in sentence:
        w = None
    body = talk.mark(things.chore(talk))
    answer = talk.pick(("to {}", "{}", "to {}", "that I should {}", "{} please", "remind me to {}")).format(body)
    return "do", sentence, _ask("reminder.set", "text"), answer, [call("reminder.set", text=body, when=w)]


_REMINDER_NO_TEXT = Phrases("""
remind me {w}
set a reminder {w}
set (me |)a reminder {w}
create a reminder {w}
add a reminder {w}
I need a reminder {w}
remind me of something {w}
make a reminder {w}
set (up |)a reminder for me {w}
give me a reminder {w}
can you remind me {w}
""")


def alarm_without_time(talk):
    sentence = talk.pick(("set an alarm", "set my alarm", "wake me up", "I need an alarm", "create an alarm", "set an alarm please", "turn on my alarm",
                          "add an alarm", "make an alarm", "I want to set an alarm", "new alarm", "set the alarm", "can you wake me", "set up an alarm",
                          "start an alarm", "activate the alarm", "I need to be woken up", "I'd like to set an alarm", "schedule an alarm"))  # fmt: skip
    w, text = when.when(talk, clock.WAKE, date=0.4, time=1)
    return "do", sentence, _ask("alarm.set", "when"), _TIME_ANSWER.say(talk, w=text), [call("alarm.set", when=w)]


def timer_without_length(talk):
    label = None
    sentence = talk.pick(("set a timer", "start a timer", "I need a timer", "timer", "start the timer", "set a new timer", "set up a timer", "timer please",
                          "create a timer", "start a countdown", "can I have a timer", "I want a timer", "run a timer", "begin a timer", "turn on the timer"))  # fmt: skip
    if talk.chance(0.25):
        label, said_label = things.unarticled(talk, talk.pick(("pasta", "eggs", "tea", "the oven", "laundry", "the cake", "rice")) if talk.chance(0.6) else made_up.odd(talk))
        sentence = talk.pick((f"set a timer for {said_label}", f"start a {label} timer", f"I need a timer for {said_label}"))
    seconds, text = when.seconds(talk)
    answer = talk.pick(("{}", "{}", "for {}", "{} please", "make it {}")).format(text)
    return "do", sentence, _ask("timer.set", "seconds"), answer, [call("timer.set", seconds=seconds, label=label)]


def task_without_title(talk):
    name = None
    sentence = talk.pick(("add a task", "add something to my list", "new task", "create a task", "put something on my list", "add an item", "create a list",
                          "make a new list", "add a to-do", "I want to add a task", "create a to-do", "start a new list", "add a new item to the list", "make a list"))  # fmt: skip
    if talk.chance(0.6):
        name = talk.mark(things.list_name(talk))
        sentence = talk.pick((f"add something to my {name} list", f"put something on the {name} list", f"add an item to the {name} list", f"update my {name} list",
                              f"create a {name} list", f"make a list called {name}", f"start a new {name} list", f"I want to add to my {name} list",
                              f"create a new list called {name}", f"create a list for {name}", f"add to my {name} list", f"new {name} list"))  # fmt: skip
    titles = [talk.mark(things.item(talk)) for _ in range(talk.pick((1, 1, 1, 2)))]
    return "do", sentence, _ask("task.add", "title"), _THING_ANSWER_BARE.say(talk, t=" and ".join(titles)), [call("task.add", title=t, list=name) for t in titles]


_THING_ANSWER_BARE = Phrases("""
{t}
{t}
{t} please
add {t}
""")


def completion_without_title(talk):
    name = None
    sentence = talk.pick(("tick something off", "remove an item from my list", "delete an item", "remove something from the list", "mark a task as done",
                          "delete a task", "complete a task", "remove a task", "remove that item from my list", "delete the list", "remove the list", "get rid of a list"))  # fmt: skip
    if talk.chance(0.55):
        name = talk.mark(things.list_name(talk))
        sentence = talk.pick((f"remove something from my {name} list", f"delete an item from the {name} list", f"take something off my {name} list",
                              f"cross something off the {name} list", f"clear my {name} list", f"delete my {name} list", f"erase the {name} list",
                              f"remove my {name} list", f"get rid of the {name} list", f"empty the {name} list", f"wipe my {name} list",
                              f"delete everything on my {name} list", f"erase all items on the {name} list", f"take everything off my {name} list"))  # fmt: skip
    title = talk.mark(things.item(talk))
    remove = True if sentence.startswith(("remove", "delete", "take", "clear", "erase", "get rid", "empty", "wipe")) else None
    return "do", sentence, _ask("task.complete", "title"), f"{title}", [call("task.complete", title=title, list=name, remove=remove)]


def mail_without_body(talk):
    to, listed = names.people(talk, mails=0.3)
    sentence = _MAIL_NO_BODY.say(talk, p=listed)
    body = talk.mark(things.statement(talk))
    answer = talk.pick(("{}", "that {}", "{}", "say that {}", "tell them {}", "it should say {}", "write that {}")).format(body)
    return "do", sentence, _ask("mail.draft", "body"), answer, [call("mail.draft", to=to, body=body)]


_MAIL_NO_BODY = Phrases("""
(send|write|draft|compose|prepare) an (email|e-mail) to {p}
(email|e-mail|mail) {p}
write to {p}
(send|write) {p} (an email|a mail|an e-mail)
start an email to {p}
(send|write) a mail to {p}
I (need|want) to (email|write to) {p}
""")


def mail_without_all(talk):
    sentence = talk.pick(("send an email", "write an email", "compose an email", "draft a mail", "new email", "I want to send an email", "send a mail",
                          "write an e-mail for me", "start an email", "open a new email", "compose a message", "send an email for me", "I need to write an email"))  # fmt: skip
    to, listed = names.people(talk, mails=0.3)
    body = talk.mark(things.statement(talk))
    answer = talk.pick((f"to {listed}, {body}", f"to {listed} saying {body}", f"{listed}, say that {body}", f"to {listed} that {body}"))
    return "do", sentence, _ask("mail.draft", "to", "body"), answer, [call("mail.draft", to=to, body=body)]


def mail_without_receiver(talk):
    body = talk.mark(things.statement(talk))
    sentence = talk.pick(("send an email saying {}", "write a mail saying that {}", "draft an email that says {}", "write an email: {}", "send a mail that {}")).format(body)
    to, listed = names.people(talk, mails=0.3)
    return "do", sentence, _ask("mail.draft", "to"), talk.pick(("to {}", "{}", "send it to {}")).format(listed), [call("mail.draft", to=to, body=body)]


def document_without_about(talk):
    kind = talk.pick(list(papers._KINDS))
    to = None
    sentence = papers._WRITE.say(talk, k=talk.pick(papers._KINDS[kind]))
    if kind in ("letter", "memo", "complaint", "invoice") and talk.chance(0.5):
        to, person = names.person(talk, roles=0.35, mails=0)
        sentence += f" to {person}"
    about, said_about = papers._matter(talk, kind)
    answer = talk.pick(("{}", "about {}", "{}", "it's about {}", "for {}")).format(said_about)
    return "do", sentence, _ask("document.draft", "about"), answer, [call("document.draft", kind=kind, to=to, about=about)]


def document_without_kind(talk):
    about, said_about = things.unarticled(talk, things.about(talk))
    sentence = talk.pick(("write a document about {}", "draft something about {}", "write something on {}", "make a document about {}", "write me a text about {}", "create a document on {}")).format(said_about)
    kind = talk.pick(list(papers._KINDS))
    return "do", sentence, _ask("document.draft", "kind"), talk.pick(papers._KINDS[kind]), [call("document.draft", kind=kind, about=about)]


def contact_without_name(talk):
    email = phone = None
    if talk.chance(0.6):
        email = talk.mark(names.email(talk))
        sentence = talk.pick((f"add {email} to my contacts", f"save {email} in my contacts", f"put {email} in my address book", f"add the email {email} to my contacts",
                              f"save the address {email}", f"add a new contact with the email {email}", f"store {email} in contacts"))  # fmt: skip
    elif talk.chance(0.5):
        phone = talk.mark(papers.phone(talk))
        sentence = talk.pick((f"save the number {phone}", f"add {phone} to my contacts", f"store this number: {phone}", f"save {phone} in my contacts"))
    else:
        sentence = talk.pick(("add a contact", "new contact", "save a contact", "add a new contact", "create a new contact", "add someone to my contacts",
                              "save a new email address", "add a new email to my contacts", "add this email to my contacts", "save this number"))  # fmt: skip
    name = talk.mark(names.name(talk, 0))
    answer = talk.pick(("{}", "{}", "it's {}", "for {}", "that's {}", "the name is {}")).format(name)
    return "do", sentence, _ask("contact.add", "name"), answer, [call("contact.add", name=name, phone=phone, email=email)]


def contact_unknown(talk):
    field = talk.pick(("phone", "email", "address", "birthday", None))
    sentence = talk.pick(("look up a contact", "find a contact", "search my contacts", "find someone in my contacts", "open my contacts", "look someone up"))
    if field:
        noun = talk.pick(papers._FIELDS[field])
        sentence = talk.pick((f"look up a {noun}", f"find me a {noun}", f"I need someone's {noun}", f"I need a {noun}"))
        sentence = sentence.replace(" a e", " an e").replace(" a a", " an a")
    name = talk.mark(names.name(talk, 0))
    answer = talk.pick(("{}", "{}'s", "for {}", "of {}")).format(name)
    return "do", sentence, _ask("contact.find", "name"), answer, [call("contact.find", name=name, field=field)]


def trip_without_place(talk):
    length = budget = None
    sentence = talk.pick(("plan a trip", "plan a holiday for me", "I want to go on holiday", "plan a vacation", "organise a journey", "I want to travel somewhere",
                          "help me plan a trip", "plan my next trip", "put together a trip", "plan our holiday"))  # fmt: skip
    if talk.chance(0.35):
        length = talk.pick((2, 3, 4, 5, 7, 10))
        sentence += f" for {talk.pick([d for d in work._DAYS_SAID[length] if not (talk.spoken and d[0].isdigit())])}"
    if talk.chance(0.25):
        budget, text = work.money(talk)
        sentence += f" under {text}"
    to, said_to = things.trip_place(talk)
    answer = talk.pick(("{}", "to {}", "{} please", "let's go to {}", "I'd like to see {}")).format(said_to)
    return "do", sentence, _ask("travel.plan_trip", "to"), answer, [call("travel.plan_trip", to=[to], days=length, budget=budget)]


def route_without_place(talk):
    mode = None
    sentence = talk.pick(("give me directions", "I need directions", "find a route", "show me the way", "how do I get there", "plan a route", "directions please", "navigate", "which way is it"))
    if talk.chance(0.35):
        mode, ways = talk.pick(work._MODES[:4])
        sentence += " " + talk.pick(ways)
    to, said_to = things.place(talk)
    return "do", sentence, _ask("travel.route", "to"), talk.pick(("{}", "to {}", "to {}")).format(said_to), [call("travel.route", to=to, mode=mode)]


def lesson_without_topic(talk):
    sentence = talk.pick(("teach me something", "start a lesson", "I want to learn something", "help me study", "I want to learn", "teach me", "tutor me",
                          "let's study", "start a course", "I want to practise", "help me with my homework", "I need to study", "be my tutor"))  # fmt: skip
    topic, said_topic = things.unarticled(talk, things.topic(talk))
    return "do", sentence, _ask("tutor.start", "topic"), talk.pick(("{}", "{}", "{} please", "about {}", "let's do {}")).format(said_topic), [call("tutor.start", topic=topic)]


def sum_without_numbers(talk):
    sentence = talk.pick(("calculate something", "help me with a calculation", "I need to calculate something", "do some maths", "can you do a sum for me", "do the math",
                          "calculate", "work something out for me", "help me with my math", "I have a math problem", "can you help me solve a math problem", "compute this for me"))  # fmt: skip
    expression, text = work._expression(talk)
    return "do", sentence, _ask("math.calculate", "expression"), text, [call("math.calculate", expression=expression)]


def conversion_without_amount(talk):
    group = talk.pick(work._UNITS[:5])
    a, b = talk.rng.sample(range(len(group)), 2)
    source, target = talk.mark(group[a].split("|")[0]), talk.mark(group[b].split("|")[0])
    sentence = talk.pick((f"convert {source} to {target}", f"how do I convert {source} to {target}", f"change {source} into {target}", f"convert {source} into {target} for me",
                          f"how many {target} from {source}", f"turn {source} into {target}", f"what's the conversion from {source} to {target}",
                          f"what is the conversion between {source} and {target}", f"how are {source} converted to {target}",
                          f"how would I go about converting {source} to {target}", f"tell me how to convert {source} into {target}"))  # fmt: skip
    n = 1 + int(talk.rng.random() * 200)
    answer = talk.pick(("{}", "{}", "{} " + source[1:-1], "it's {}")).format(said(talk, n, 0.5))
    return _mode(sentence), sentence, _ask("units.convert", "amount"), answer, [call("units.convert", amount=n, **{"from": source}, to=target)]


def conversion_without_all(talk):
    sentence = talk.pick(("convert something", "convert units", "I need to convert a measurement", "help me convert units", "do a unit conversion"))
    request = work.convert(talk)
    return "do", sentence, _ask("units.convert", "amount", "from", "to"), request[1], request[2]


def video_without_prompt(talk):
    sentence = talk.pick(("make a video", "create a video", "I want a video", "make a clip", "generate a video for me", "make me a short video", "create a clip", "video please"))
    scene = talk.mark(talk.pick(work._SUBJECTS) + " " + talk.pick(work._DOING))
    return "do", sentence, _ask("video.create", "prompt"), talk.pick(("{}", "of {}", "{} please", "show {}")).format(scene), [call("video.create", prompt=scene)]


def note_without_text(talk):
    sentence = talk.pick(("take a note", "make a note", "new note", "add a note", "note something down", "I want to write a note", "write something down", "remember something for me", "start a note"))
    text = talk.mark(things.statement(talk))
    return "do", sentence, _ask("note.add", "text"), talk.pick(("{}", "that {}", "{}")).format(text), [call("note.add", text=text)]


def search_without_query(talk):
    tool, sentence = talk.pick((("note.search", "search my notes"), ("note.search", "find a note"), ("note.search", "look something up in my notes"),
                                ("document.search", "find a document"), ("document.search", "search my documents"), ("document.search", "search my files"),
                                ("document.search", "look for a file"), ("document.search", "I'm looking for a document"), ("note.search", "look for a note"),
                                ("document.search", "find a file for me")))  # fmt: skip
    query = talk.mark(things.document(talk) if tool == "document.search" else things.memory(talk))
    return "do", sentence, _ask(tool, "query"), talk.pick(("{}", "the {}", "my {}", "{}")).format(query), [call(tool, query=query)]


def slot_without_length(talk):
    people, listed = names.people(talk, mails=0)
    span, text = when.period(talk) if talk.chance(0.5) else (None, "")
    sentence = _SLOT.say(talk, p=listed, r=text).rstrip()
    minutes, said_minutes = when.minutes(talk)
    answer = talk.pick(("{}", "for {}", "{}", "about {}", "we need {}")).format(said_minutes)
    return "do", sentence, _ask("calendar.find_time", "duration_minutes"), answer, [call("calendar.find_time", people=people, duration_minutes=minutes, range=span)]


_SLOT = Phrases("""
find a (time|slot|date|free slot) (with|for me and) {p} {r}
when (can|could) I meet (with |){p} {r}
when are {p} and I both free {r}
find a time to meet {p} {r}
look for a slot with {p} {r}
find a time that suits {p} {r}
when is {p} free {r}
""")


def move_without_event(talk):
    w, text = when.when(talk)
    sentence = talk.pick(("move an event to {}", "reschedule something to {}", "move one of my meetings to {}", "reschedule an appointment to {}")).format(calendar.to_form(text))
    bare, _ = things.event(talk)
    event, said_event = things.titled(talk, bare, True)
    return "do", sentence, _ask("calendar.move_event", "event"), said_event, [call("calendar.move_event", event=event, when=w)]


def cancel_without_event(talk):
    sentence = talk.pick(("cancel an event", "delete an event", "cancel one of my meetings", "remove something from my calendar", "cancel an appointment",
                          "delete something from my calendar", "I need to cancel something in my calendar", "remove an event from my calendar", "delete one of my appointments"))  # fmt: skip
    bare, _ = things.event(talk)
    event, said_event = things.titled(talk, bare, True)
    return "do", sentence, _ask("calendar.cancel_event", "event"), talk.pick((said_event, said_event, f"{said_event} please")), [call("calendar.cancel_event", event=event)]


_ALL = (
    (event_without_time, 14), (event_without_title, 7), (event_without_both, 6), (reminder_without_text, 12), (alarm_without_time, 6),
    (timer_without_length, 7), (task_without_title, 8), (completion_without_title, 5), (mail_without_body, 9), (mail_without_all, 4),
    (mail_without_receiver, 3), (document_without_about, 7), (document_without_kind, 2), (contact_without_name, 7), (contact_unknown, 3),
    (trip_without_place, 5), (route_without_place, 3), (lesson_without_topic, 4), (sum_without_numbers, 4), (conversion_without_amount, 4),
    (conversion_without_all, 1), (video_without_prompt, 3), (note_without_text, 4), (search_without_query, 4), (slot_without_length, 5),
    (move_without_event, 2), (cancel_without_event, 3),
)  # fmt: skip
_WEIGHTED = [kind for kind, weight in _ALL for _ in range(weight)]


def ask(talk):
    """`(mode, sentence, the ask, the answer of the user, the calls that it completes)`."""
    return talk.pick(_WEIGHTED)(talk)
