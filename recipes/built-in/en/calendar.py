"""Requests about the calendar. A request is `(mode, text, calls)`; mode says what may be put before and after it:
`do` an order that begins with its verb, `ask` a question, `say` a statement, `note` a telegram."""

from machine.phrases import Phrases
from machine.spans import call

from . import clock, days, names, things, when

_CREATE = Phrases("""
put {e} (in|into|on|in) (my|the|our) (calendar|diary|agenda|schedule|calendar|planner) {w}
put {e} {w} (in|into|on) (my|the) (calendar|diary)
put {e} {w}
put {e} (down|in) {w}
put down {e} {w}
add {e} {w}
add {e} {w} to (my|the) (calendar|diary|schedule)
add {e} to (my|the|our) (calendar|diary|schedule|agenda) {w}
schedule {e} {w}
schedule {e} {w}
book {e} {w}
book (me|us|) {e} {w}
set up {e} {w}
set {e} {w}
fix {e} {w}
create (an event|an appointment|a calendar entry|an entry|a new event) (called|named|for|titled) {t} {w}
create {e} {w}
make (an appointment|an entry|a calendar entry|a note in my calendar) for {e} {w}
pencil in {e} {w}
pencil {e} in {w}
plan {e} {w}
arrange {e} {w}
organise {e} {w}
enter {e} {w} (in|into) (my|the) (calendar|diary)
get {e} (in|into|onto) (my|the) (calendar|diary) {w}
reserve {e} {w}
save the date for {e} {w}
mark {e} (in|on) my calendar {w}
mark {w} (in|on) my calendar for {e}
block {w} for {e}
make time for {e} {w}
pop {e} (in|into) (my|the) (calendar|diary) {w}
stick {e} in the (calendar|diary) {w}
slot in {e} {w}
write {e} into my (calendar|diary|planner) {w}
note {e} in (my|the) (calendar|diary) {w}
fit in {e} {w}
remember in my calendar that I have {e} {w}
""")
_CREATE_SAID = Phrases("""
I have {e} {w}
I've got {e} {w}
I have {e} {w}, (put|add|please put) it (in|into|to) (my|the) calendar
there's {e} {w}
we have {e} {w}
we're having {e} {w}
I need {e} {w}
I need to (schedule|book|set up|arrange) {e} {w}
I('d| would) like to (schedule|book|set up|arrange|plan|add) {e} {w}
I want to (schedule|book|set up|plan|add|put in) {e} {w}
let's (do|have|schedule|plan) {e} {w}
{w} I have {e}
{w} there's {e}, put it in the (calendar|diary)
{w} we have {e}, add it to my calendar
{e} is {w}, (please|) add it to (my|the) calendar
I(|'ll) need to be at {e} {w}, put that in
I will be at {e} {w}, so block the (time|calendar)
""")
_CREATE_NOTE = Phrases("""
{t} {w}
{t} {w}
{t} {w}
{t}, {w}
{w} {t}
{w}: {t}
{t} {w}, (put|write|note) (that|it) down
{t} {w}, (put|add) (that|it) (in|to) (my|the) (calendar|diary)
{t} {w} (put that in|add that)
new event {t} {w}
new (appointment|event|entry): {t}, {w}
calendar: {t} {w}
calendar entry {t} {w}
event {t} {w}
""")
_BLOCK = Phrases("""
block (out|off|) {d} {w} for {e}
keep {d} free {w} for {e}
reserve {d} {w} for {e}
set aside {d} {w} for {e}
put aside {d} {w} for {e}
give me {d} {w} for {e}
book {d} {w} for {e}
carve out {d} {w} for {e}
""")
_FOR = Phrases("""
for {d}
for {d}
for {d}
lasting {d}
, {d}
, {d} long
, it (takes|will take|should take|lasts) {d}
, duration {d}
""")
_WITH = ("with ",) * 8 + ("and invite ", "and invite ", ", invite ", "together with ", ", attendees ")
_AT = ("at ",) * 6 + ("in ", "in ", ", location ", "over at ", ", in ", ", ", ", ", "@ ")
_REMIND = Phrases("""
and remind me {d} (before|beforehand|earlier|ahead)
with a reminder {d} before
with a {d} reminder
, remind me {d} (before|in advance)
and give me a heads up {d} before
, reminder {d} before
and (alert|notify|warn|ping) me {d} (before|beforehand)
""")
_BEFORE = (5, 10, 10, 10, 15, 15, 15, 20, 30, 30, 30, 45, 60, 60, 60, 120, 1440)


def create(talk, options=None):
    """`calendar.create_event`."""
    bare, kind = things.event(talk)
    share = options or {}
    people = location = duration = repeat = remind = None
    tail = []
    with_people = talk.chance(share.get("people", 0.32))
    marked, title = things.titled(talk, bare)
    if talk.chance(0.015) and not talk.spoken:
        marked = talk.mark(talk.pick(things.HOSTILE))
        title, with_people = f'"{marked}"', False
    if with_people:
        people, listed = names.people(talk)
        if talk.chance(0.55):
            with_, inner = talk.pick(("with", "with", "with", "with")), listed
            marked = talk.mark(f"{bare} {with_} {inner}")
            title = things.article(talk, bare) + marked
        else:
            tail.append(talk.pick(_WITH) + listed)
    repeats = talk.chance(share.get("repeat", 0.12))
    if repeats:
        repeat, repeat_text = when.repeat(talk)
        when_expression, text = _repeated(talk, kind, repeat, repeat_text)
    else:
        when_expression, text = when.when(talk, kind)
        if talk.chance(0.09):
            when_expression, text, duration = _from_to(talk, kind)
    if talk.chance(share.get("location", 0.22)):
        location, said = things.venue(talk)
        clause = talk.pick(_AT) + said
        if talk.chance(0.4):
            title = f"{title} {clause.lstrip(', ')}" if clause.startswith(("at ", "in ")) else title
            tail += [] if clause.startswith(("at ", "in ")) else [clause]
        else:
            tail.append(clause)
    blocked, adjective = False, None
    if duration is None and talk.chance(share.get("duration", 0.28)):
        duration, said = when.minutes(talk)
        if title.startswith(("a ", "an ")) and talk.chance(0.3) and (adjective := _adjective(said)):
            long, said = said, ""
            title = f"{_a(adjective)} {adjective} {title.split(' ', 1)[1]}"
        blocked = said and not tail and not repeats and talk.chance(0.25)
        if said and not blocked:
            tail.append(_FOR.say(talk, d=said))
    if talk.chance(share.get("remind", 0.1)):
        remind = talk.pick(_BEFORE)
        tail.append(_REMIND.say(talk, d="a day" if remind == 1440 else when.say_minutes(talk, remind)))
    talk.rng.shuffle(tail)
    tail.sort(key=lambda clause: clause.startswith(("and ", ", remind")))
    if blocked:
        mode, sentence = "do", _BLOCK.say(talk, d=said, w=text, e=title)
    else:
        mode, sentence = _created(talk, title, marked, text, location)
    if adjective and adjective not in sentence:
        sentence += f" for {long}"
    for clause in tail:
        sentence += clause if clause.startswith(",") else " " + clause
    return mode, sentence, [call("calendar.create_event", title=marked, when=when_expression, duration_minutes=duration,
                                 location=location, people=people, repeat=repeat, remind_minutes_before=remind)]  # fmt: skip


def _created(talk, title, marked, text, location):
    r = talk.rng.random()
    if r < 0.66:
        return "do", _CREATE.say(talk, e=title, t=_as_name(talk, title, marked), w=text)
    if r < 0.84:
        return "say", _CREATE_SAID.say(talk, e=title, w=text)
    return "note", _CREATE_NOTE.say(talk, t=title if location else marked, w=text)


def _adjective(said):
    """`half an hour` as it stands before a noun: `half hour`; None where English has no such word."""
    said = {"half an hour": "half hour", "a half hour": "half hour", "an hour": "one hour", "three quarters of an hour": None,
            "a quarter of an hour": None, "quarter of an hour": None, "an hour and a half": "hour and a half"}.get(said, said)  # fmt: skip
    if said is None or " and " in said and said != "hour and a half" or said[-1:] == "h" or "1/2" in said or "couple" in said:
        return None
    return said[:-1] if said.endswith(("minutes", "hours", "mins", "hrs")) else said


def _a(word):
    return "an" if word.startswith(("eight", "hour", "8")) else "a"


def _as_name(talk, title, marked):
    """The title as a name: bare, sometimes in quotes (when nothing but the title is in `title`)."""
    if not title.endswith(marked):
        return title
    return f'"{marked}"' if not talk.spoken and talk.chance(0.3) else marked


def _repeated(talk, kind, repeat, repeat_text):
    """The `when` of something that repeats: a time, a first day, or the day of the week."""
    if talk.chance(0.78):
        expression, text = when.at_time(talk, kind)
        if "on" in repeat:
            expression = {"date": {"weekday": repeat["on"][0], "week": 0}, **expression}
        if "until" in repeat:
            return expression, f"{text} {repeat_text}"
        return expression, talk.pick((f"{repeat_text} {text}", f"{text} {repeat_text}", f"{repeat_text} {text}"))
    if "on" in repeat and len(repeat["on"]) == 1:
        return {"date": {"weekday": repeat["on"][0], "week": 0}}, repeat_text
    expression, text = days.date(talk)
    if "until" in repeat:
        time, time_text = when.at_time(talk, kind)
        if "on" in repeat:
            time = {"date": {"weekday": repeat["on"][0], "week": 0}, **time}
        return time, f"{time_text} {repeat_text}"
    start = talk.pick(("starting ", "from ", "beginning "))
    return {"date": expression}, f"{repeat_text} {start}{days.bare(text)}"


def _from_to(talk, kind):
    """`from two to half past three on friday`: a start and a length."""
    start = talk.pick((8, 9, 10, 11, 12, 13, 14, 15, 16)) * 60 + talk.pick((0, 0, 0, 30, 15))
    length = talk.pick((30, 60, 60, 60, 90, 120, 120, 180))
    if kind == clock.EVENING:
        start += 7 * 60 if start < 12 * 60 + 30 else 240
        start = min(start, 21 * 60)
    if kind == clock.MORNING:
        start, length = 8 * 60, 60
    end = start + length
    expression, text = days.date(talk)
    pair = clock.say_time(talk, *divmod(start, 60), kind), clock.say_time(talk, *divmod(end, 60), kind)
    form = talk.pick(("from {} to {}", "from {} until {}", "between {} and {}", "{} to {}", "from {} till {}"))
    span, day = form.format(*pair), days.on(talk, expression, text)
    time = {"hour": start // 60, "minute": start % 60}
    return {"date": expression, "time": time}, talk.pick((f"{day} {span}", f"{span} {day}")), length


# --- what is in the calendar -----------------------------------------------------------------------------------------

_LIST = Phrases("""
what(|'s| is| do I have|'ve I got) (on my calendar|in my calendar|in my diary|on my schedule|on my agenda|on my plate) {r}
what's on {r}
what's (happening|going on|up|planned|scheduled|in the diary) {r}
what do I have (planned|on|scheduled|going on|to do in my calendar|) {r}
what have I got (on|planned|in the diary|) {r}
do I have (anything|something|any events|any plans|any appointments in the calendar|stuff) (planned|on|scheduled|) {r}
have I got (anything|any plans|something) (on|planned|) {r}
am I (free|busy|available|booked) {r}
how (busy|full|free) am I {r}
how does {p} look
how does my (calendar|schedule|day|diary) look {r}
what does my (calendar|schedule|diary) look like {r}
is there anything (on|in) my (calendar|diary|schedule) {r}
what are my (plans|events) {r}
what am I doing {r}
where do I have to be {r}
any (plans|events) {r}
anything (on|planned) {r}
""")
_LIST_DO = Phrases("""
show (me |)(my|the) (calendar|events|schedule|agenda|diary) {r}
list (my|all my|the) events {r}
read (me |out |)my (calendar|schedule|agenda|events) {r}
tell me (what's on|what I have|what is planned|what I've got on|what's happening) {r}
give me my (schedule|agenda|calendar|events) {r}
check my (calendar|schedule|diary) {r}
open (my|the) (calendar|diary) {r}
go through my (calendar|schedule|day) {r}
pull up my (calendar|schedule) {r}
""")
_LIST_QUERY = Phrases("""
when('s| is) {q} {r}
when do I have {q} {r}
what time('s| is) {q} {r}
is there {a} {r}
do I have {a} {r}
have I got {a} {r}
what day is {q}
when('s| is) my next {m}
when was {q} again
is {q} {r}
where is {q} {r}
how many {m} do I have {r}
""")
_LIST_PEOPLE = Phrases("""
what do I have with {p} {r}
am I (meeting|seeing) {p} {r}
when am I (meeting|seeing) {p} {r}
when do I (meet|see) {p} {r}
do I have anything with {p} {r}
is there anything with {p} (in my calendar|) {r}
when is my next (event|appointment with nobody else but) {p} {r}
what's planned with {p} {r}
""".replace("when is my next (event|appointment with nobody else but) {p} {r}\n", ""))
_MEETINGS = ("meeting", "meetings", "appointment", "appointments")
"""With people these are no query: whoever meets them has a meeting."""
_GENERIC = "meetings appointments calls lessons interviews classes parties deadlines rehearsals birthdays reviews".split()


def listed(talk):
    """`calendar.list_events`."""
    ranged = talk.chance(0.82)
    span, text = when.span(talk) if ranged else (None, "")
    r = talk.rng.random()
    query = people = None
    if r < 0.52:
        mode, sentence = _whole_calendar(talk, text, ranged)
    elif r < 0.68:
        people, said = names.people(talk)
        mode, sentence = "ask", _LIST_PEOPLE.say(talk, p=said, r=text)
    else:
        plural = talk.chance(0.4)
        bare = talk.pick(_GENERIC) if plural else things.event(talk)[0]
        query = talk.mark(bare)
        tail = ""
        if talk.chance(0.3):
            people, said = names.people(talk)
            tail = f" with {said}"
            if not plural and talk.chance(0.5):
                bare = talk.pick(("meeting", "appointment"))
                query = talk.mark(bare)
        said_query = query
        if people and bare in _MEETINGS:
            query = None
        if plural:
            mode, sentence = _plural_query(talk, said_query + tail, text)
        else:
            ranged = talk.chance(0.3)
            span, text = (span, text) if ranged and span else (None, "")
            definite, indefinite = things.article(talk, bare, True), things.article(talk, bare)
            sentence = _LIST_QUERY.say(talk, q=definite + said_query + tail, a=indefinite + said_query + tail, m=said_query + tail, r=text)
            mode = "ask"
            if text and not sentence.endswith(text):
                span = None
    return mode, sentence.rstrip(), [call("calendar.list_events", range=span, query=query, people=people)]


def _whole_calendar(talk, text, ranged):
    if not ranged:
        return talk.pick((
            ("do", "show me my calendar"), ("ask", "what's in my calendar"), ("ask", "what's coming up"), ("do", "open my calendar"),
            ("ask", "what's next in my calendar"), ("do", "list my events"), ("ask", "what's my next event"), ("do", "check my schedule"),
            ("ask", "what are my upcoming events"), ("do", "read my calendar"), ("note", "calendar"), ("note", "my schedule"),
            ("note", "upcoming events"), ("do", "show my upcoming events"), ("ask", "what's on my agenda"), ("note", "my agenda"),
        ))  # fmt: skip
    if talk.chance(0.08):
        return "note", talk.pick(("calendar {}", "agenda {}", "my schedule {}", "events {}", "plans {}")).format(text)
    if talk.chance(0.28):
        return "do", _LIST_DO.say(talk, r=text)
    if talk.chance(0.1) and not text.startswith(("from", "between", "until", "till", "up", "in ", "over", "during", "starting")):
        return "ask", _hours_asked(talk, text)
    plain = text.removeprefix("on ").removeprefix("for ")
    if plain.split(" ")[0] in ("in", "at", "over", "during", "from", "between", "until", "till", "up", "starting"):
        plain, sentence = text, "what's on {}".format(text)
        return "ask", sentence
    return "ask", _LIST.say(talk, r=text, p=plain)


def _hours_asked(talk, text):
    """With hours, which the calendar is not asked by."""
    start = talk.pick((8, 9, 10, 11, 12, 13, 14, 15, 16))
    first, last = (clock.say_time(talk, h, talk.pick((0, 0, 30))) for h in (start, start + talk.pick((1, 2, 3))))
    hours = talk.pick((f"between {first} and {last}", f"from {first} to {last}", f"after {first}", f"before {first}", f"at {first}",
                       "in the morning", "in the afternoon", "in the evening"))  # fmt: skip
    question = talk.pick(("do I have anything", "am I free", "am I busy", "what do I have", "is there anything in my calendar", "do I have anything on",
                          "what's on", "have I got anything"))  # fmt: skip
    return talk.pick((f"{question} {text} {hours}", f"{question} {hours} {text}"))


def _plural_query(talk, q, text):
    return "ask", talk.pick((
        f"what {q} do I have {text}", f"do I have any {q} {text}", f"any {q} {text}", f"are there any {q} {text}",
        f"which {q} do I have {text}", f"have I got any {q} {text}", f"how many {q} do I have {text}",
        f"what {q} are there {text}", f"what {q} are coming up {text}", f"are there {q} {text}",
    ))  # fmt: skip


# --- finding a time --------------------------------------------------------------------------------------------------

_FIND = Phrases("""
find (a slot of {d}|{d}|a {x} slot|a time for {d}|a gap of {d}|a free slot of {d}|time, {d},) {rest}
find {d} {rest}
find {d} {rest}
look for (a slot of {d}|{d}|a gap of {d}) {rest}
suggest (a slot of {d}|a time, {d} long,|a {d} slot) {rest}
find me {d} {rest}
search for a slot of {d} {rest}
see when {d} would (work|fit) {rest}
check when there's {d} free {rest}
""".replace("|a {x} slot", "").replace("|a {d} slot", ""))
_FIND_ASK = Phrases("""
when can (I|we) meet for {d} {rest}
when could (I|we) meet {rest} for {d}
when would everybody have {d} {rest}
when (is there|do I have|have I got|could I have|would there be) {d} (free|) {rest}
when (are we all|can we all be|are we) free for {d} {rest}
when could (I|we) (do|have|fit in) {d} {rest}
is there a (slot|gap|free slot) of {d} {rest}
where is there room for {d} {rest}
when would {d} work {rest}
what's a good time for {d} {rest}
""")
_NOT = Phrases("""
(, |)(but |)not (on |){d}
, {d} (is out|doesn't work|won't work|is bad)
(, |)(but |)(except|excluding|avoiding) {d}
(, |)anything but {d}
(, |)just not {d}
""")


def find(talk):
    """`calendar.find_time`."""
    minutes, said = when.minutes(talk, (15, 20, 30, 30, 30, 45, 45, 60, 60, 60, 90, 90, 120, 120, 180))
    title = people = span = not_on = part = None
    rest = []
    if talk.chance(0.72):
        people, listed = names.people(talk)
        rest.append(talk.pick(("with ", "with ", "with ", "that suits ", "together with ")) + listed)
    if talk.chance(0.5):
        bare, _ = things.event(talk)
        title, marked = things.titled(talk, bare)
        rest.append(f"for {marked}")
    if talk.chance(0.62):
        span, text = when.span(talk, 0.7)
        rest.append(text)
    if talk.chance(0.25):
        part = talk.pick(("morning", "afternoon", "evening"))
        rest.append(talk.pick((f"in the {part}", f"in the {part}", f"some {part}", f"preferably in the {part}")))
    talk.rng.shuffle(rest)
    if rest and rest[0].startswith("in ") and title and rest[0] != f"for {title}":
        rest.reverse()
    text = " ".join(rest)
    if talk.chance(0.2):
        avoided = [_simple_day(talk) for _ in range(talk.pick((1, 1, 1, 2)))]
        not_on = [expression for expression, _ in avoided]
        text += _glue(_NOT.say(talk, d=talk.pick((" or ", " and ", " or ")).join(day for _, day in avoided)))
    if people and talk.chance(0.12):
        return _meeting_of(talk, minutes, said, people, listed)
    mode, table = ("do", _FIND) if talk.chance(0.65) else ("ask", _FIND_ASK)
    sentence = table.say(talk, d=said, rest=text).rstrip().replace(" ,", ",")
    return mode, sentence, [call("calendar.find_time", title=title, people=people, duration_minutes=minutes, range=span,
                                 not_on=not_on, part_of_day=part)]  # fmt: skip


def _meeting_of(talk, minutes, said, people, listed):
    """`when can Anna, Tom and I meet for an hour next week`, `find a time for a one hour call with Tom`."""
    span, text = when.period(talk) if talk.chance(0.7) else (None, "")
    adjective = _adjective(said)
    if adjective and talk.chance(0.5):
        bare, _ = things.event(talk)
        title = talk.mark(bare)
        sentence = talk.pick(("find a time for {a} {x} {t} with {p} {r}", "find a slot for {a} {x} {t} with {p} {r}", "when can {p} and I have {a} {x} {t} {r}",
                              "look for a time for {a} {x} {t} {r} with {p}")).format(a=_a(adjective), x=adjective, t=title, p=listed, r=text)  # fmt: skip
        return ("ask" if sentence.startswith("when") else "do"), sentence.rstrip(), [
            call("calendar.find_time", title=title, people=people, duration_minutes=minutes, range=span)]  # fmt: skip
    together = listed.replace(" and ", ", ")
    sentence = talk.pick(("when can {t} and I meet for {d} {r}", "when are {t} and I free for {d} {r}", "when do {t} and I have {d} {r}",
                          "find {d} when {t} and I are free {r}")).format(t=together, d=said, r=text)  # fmt: skip
    return ("do" if sentence.startswith("find") else "ask"), sentence.rstrip(), [call("calendar.find_time", people=people, duration_minutes=minutes, range=span)]


def _glue(clause):
    return clause if clause.startswith(",") else " " + clause.lstrip()


def _simple_day(talk):
    r = talk.rng.random()
    if r < 0.7:
        n = int(talk.rng.random() * 7)
        return {"weekday": days.WEEKDAYS[n], "week": 0}, days.weekday_name(talk, n)
    if r < 0.8:
        return {"rel": "tomorrow"}, "tomorrow"
    expression, text = days.month_day(talk) if r < 0.9 else days.day_of_month(talk)
    return expression, days.bare(text)


# --- moving and cancelling -------------------------------------------------------------------------------------------

_MOVE = Phrases("""
move {e} to {w}
move {e} to {w}
move {e} (over |)to {w}
reschedule {e} (to|for) {w}
push {e} (back |)to {w}
postpone {e} (to|until|till) {w}
shift {e} to {w}
change {e} to {w}
put {e} (off until|back to) {w}
switch {e} to {w}
delay {e} (to|until) {w}
bring {e} forward to {w}
drag {e} to {w}
have {e} {w} instead
do {e} {w} instead
""")
_LATER = Phrases("""
push {e} back (by |){d}
push {e} (by |){d}
delay {e} by {d}
postpone {e} by {d}
move {e} back (by |){d}
move {e} {d} later
shift {e} by {d}
start {e} {d} later
put {e} back (by |){d}
make {e} {d} later
""")
_EARLIER = Phrases("""
bring {e} forward (by |){d}
move {e} forward by {d}
move {e} {d} earlier
pull {e} (forward|in) by {d}
start {e} {d} earlier
shift {e} {d} earlier
make {e} {d} earlier
""")
_LENGTH = Phrases("""
make {e} {d} (long|)
extend {e} to {d}
shorten {e} to {d}
lengthen {e} to {d}
change {e} to last {d}
cut {e} (down |)to {d}
set (the length|the duration) of {e} to {d}
let {e} (last|run for) {d}
stretch {e} to {d}
""")
_CANCEL = Phrases("""
cancel {e} {w}
cancel {e} {w}
cancel {e} {w}
delete {e} {w}
delete {e} {w} from (my|the) calendar
remove {e} {w}
remove {e} {w} from (my|the) (calendar|diary|schedule)
take {e} {w} (off|out of) (my|the) (calendar|diary)
call off {e} {w}
call {e} off {w}
scrap {e} {w}
drop {e} {w}
get rid of {e} {w}
strike {e} {w}
clear {e} {w} from my (calendar|schedule)
erase {e} {w}
""")
_CANCEL_SAID = Phrases("""
{e} {w} is (cancelled|off|not happening)
I can't (make|go to|do) {e} {w}, (cancel it|take it out|remove it|please cancel)
I'm not going to {e} {w}, (cancel it|delete it|take it off the calendar)
{e} {w} isn't happening, (cancel it|remove it)
I need to cancel {e} {w}
I('d| would) like to cancel {e} {w}
I want to (cancel|delete|remove) {e} {w}
I no longer (need|have) {e} {w}
""")


def to_form(text):
    """After `to`: `friday at 3`, not `on friday at 3`."""
    return text[3:] if text.startswith(("on ", "at ")) else text


def move(talk):
    """`calendar.move_event`."""
    event, said = _known_event(talk)
    r = talk.rng.random()
    w = duration = shift = None
    if r < 0.55:
        w, text = when.when(talk, date=0.75, time=0.6)
        table = _MOVE
        sentence = table.say(talk, e=said, w=to_form(text)).replace(" till in ", " till ")
        if talk.chance(0.1):
            duration, long = when.minutes(talk)
            sentence += talk.pick((f" and make it {long}", f" for {long}", f" and make it {long} long"))
    elif r < 0.68:
        shift, text = when.minutes(talk)
        sentence = _LATER.say(talk, e=said, d=text)
    elif r < 0.80:
        shift, text = when.minutes(talk)
        shift, sentence = -shift, _EARLIER.say(talk, e=said, d=text)
    else:
        duration, text = when.minutes(talk)
        sentence = _LENGTH.say(talk, e=said, d=text).rstrip()
    return "do", sentence, [call("calendar.move_event", event=event, when=w, duration_minutes=duration, shift_minutes=shift)]


def _known_event(talk):
    r = talk.rng.random()
    if r < 0.06:
        it = talk.mark(talk.pick(("it", "it", "that", "this")))
        return it, it
    bare, _ = things.event(talk)
    if r < 0.3:
        _, listed = names.people(talk, mails=0)
        marked = talk.mark(f"{bare} with {listed}")
        return marked, things.article(talk, bare, True) + marked
    if r < 0.34:
        marked = talk.mark(clock.say_time(talk, talk.pick((9, 10, 11, 14, 15, 16)), talk.pick((0, 0, 30))) + talk.pick((" meeting", " call", "")))
        return marked, f"my {marked}"
    return things.titled(talk, bare, True)


_FOR_GOOD = Phrases("""
(delete|cancel|remove|drop) {e} for good
(delete|cancel|remove) {e} (entirely|altogether|permanently|completely)
(cancel|stop) {e} from now on
(delete|remove) {e} and all (its|the) repeats
""")


def cancel(talk):
    """`calendar.cancel_event`."""
    event, said = _known_event(talk)
    w, text, every = None, "", None
    r = talk.rng.random()
    if r < 0.5:
        w, text = when.when(talk, date=0.95, time=0.2)
    elif r < 0.68:
        every = True
        said = talk.pick((f"all {event}", f"every {event}", f"the whole {event} series", f"all occurrences of {said}",
                          f"the entire {event} series", f"all my {event}", f"every single {event}", f"the recurring {event}"))  # fmt: skip
    elif r < 0.76:
        event = talk.mark(talk.pick(("everything", "everything", "all my meetings", "all my appointments", "all events", "all my events", "the whole day", "all of it")))
        said = event
        span, text = when.when(talk, date=1, time=0.1)
        w = span
        if event[1:-1] not in ("everything", "all my meetings", "all my appointments"):
            event = "everything"
        elif " " in event:
            bare = event[1:-1].removeprefix("all ").removeprefix("my ")
            event = talk.mark(bare)
            said = f"all {'my ' if 'm' == bare[0] or 'a' == bare[0] else ''}{event}"
    if r >= 0.76 and talk.chance(0.3):
        every = True
        return "do", _FOR_GOOD.say(talk, e=said), [call("calendar.cancel_event", event=event, all_occurrences=True)]
    if talk.chance(0.82):
        return "do", _squeeze(_CANCEL.say(talk, e=said, w=text)), [call("calendar.cancel_event", event=event, when=w, all_occurrences=every)]
    return "say", _squeeze(_CANCEL_SAID.say(talk, e=said, w=text)), [call("calendar.cancel_event", event=event, when=w, all_occurrences=every)]


def _squeeze(text):
    return text.replace("  ", " ").replace(" ,", ",").rstrip()
