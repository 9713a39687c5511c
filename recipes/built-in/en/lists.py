"""Requests about to-dos, reminders, timers, alarms and notes; see `calendar` for the form of a request."""

from machine.phrases import Phrases
from machine.spans import call

from . import clock, days, made_up, names, things, when

# --- to-dos ----------------------------------------------------------------------------------------------------------

_ADD_LIST = Phrases("""
add {i} to (my|the|our) {l} list
add {i} to (my|the|our) {l} list
put {i} on (my|the|our) {l} list
put {i} on (my|the|our) {l} list
(include|write|stick|pop|jot|note) {i} (on|onto) (my|the) {l} list
(on|to) (my|the) {l} list(,|) add {i}
throw {i} on the {l} list
get {i} on (my|the) {l} list
append {i} to the {l} list
""")
_ADD_LIST_SAID = Phrases("""
{i} (needs|need) to go on (my|the) {l} list
I need {i} on my {l} list
we need {i}, (add|put) (it|them) on the {l} list
I('d| would) like {i} on (my|the) {l} list
I want {i} added to (my|the) {l} list
we're out of {i}, put (it|some) on the {l} list
{i} goes on the {l} list
""")
_ADD_NOTE = Phrases("""
{l} list: {i}
{i} on the {l} list
{i} to {l} list
{l}: {i}
""")
_TASK = Phrases("""
add {i} to my tasks
add (a task|a to-do|a todo|an item|a new task)(:| to|,) {i}
add a task to {i}
create a (task|to-do|todo)(:| to| for me to) {i}
make a task to {i}
new task(:| -|) {i}
put {i} on my list
put {i} on the list
add {i} to the list
make a to-do to {i}
add {i} to my to-dos
put (down|) {i} as a task
todo(:|) {i}
task(:|) {i}
add the task {i}
""")
_DUE = ("by ", "by ", "by ", "due ", "before ", "until ")
_PRIORITY = {
    "high": ("with high priority", "as urgent", "high priority", ", it's urgent", "top priority", ", that's important", "as high priority",
             ", very important", ", urgent"),
    "low": ("with low priority", "low priority", ", no rush", "as low priority", ", not urgent", ", it's not important"),
    "normal": ("with normal priority", "normal priority", "as normal priority"),
}  # fmt: skip


def add(talk):
    """`task.add`."""
    r = talk.rng.random()
    if r < 0.55:
        return _add_to_list(talk)
    if r > 0.88:
        return _to_be_done(talk)
    title = talk.mark(things.chore(talk))
    quote = talk.pick("'\"") if not talk.spoken and talk.chance(0.05) else ""
    sentence = _TASK.say(talk, i=f"{quote}{title}{quote}")
    due = priority = None
    if talk.chance(0.42):
        due, text = when.when(talk, date=1, time=0.2)
        text = text[3:] if text.startswith("on ") else text
        sentence += f" {text if text.startswith('in ') else talk.pick(_DUE) + text}"
    if talk.chance(0.3):
        priority, clause = _priority(talk)
        sentence += clause
    return "do", sentence, [call("task.add", title=title, due=due, priority=priority)]


_BY_THEN = Phrases("""
I (have|need|ought) to {i} {b}
I('ve| have) got to {i} {b}
I must {i} {b}
{i} {b}
we (have|need) to {i} {b}
I should {i} {b}
{b} I (have|need) to {i}
""")
_SOME_DAY = Phrases("""
(whenever|when) I (get round to it|have time|find time|get a chance|feel like it), {i}
(some day|one day|sometime|at some point) I (should|want to|have to) {i}
{i} (some day|when there's time|whenever|at some point|if I get round to it)
""")


def _to_be_done(talk):
    """A to-do that is not called one: with the day by which it is to be done, or with none."""
    title = talk.mark(things.chore(talk))
    if talk.chance(0.25):
        return "say", _SOME_DAY.say(talk, i=title), [call("task.add", title=title, priority="low")]
    due, text = when.when(talk, date=1, time=0.15)
    text = text[3:] if text.startswith("on ") else text
    if text.startswith("in "):
        text = "within" + text[2:] if "date" in due and "in" in due["date"] else "by " + text[3:]
    else:
        text = talk.pick(("by ", "by ", "by ", "before ", "until ", "no later than ")) + text
    return "say", _BY_THEN.say(talk, i=title, b=text), [call("task.add", title=title, due=due)]


def _priority(talk):
    priority = talk.pick(("high",) * 5 + ("low", "low", "normal"))
    clause = talk.pick(_PRIORITY[priority])
    return priority, clause if clause.startswith(",") else " " + clause


_IF_NOT = Phrases("""
do I have {i} on (my|the) {l} list(,| and|) if not(,|) (please |can you |)add (it|them)
(is|are) {i} on (my|the) {l} list(,|) if not(,| then|) (please |)(add|put) (it|them) (on|there|on it)
(is|are) {i} on (my|the) {l} list(,|) (please |can you |)add (it|them) if (not|it's not|they aren't)
add {i} to (my|the) {l} list (if it's not|if it isn't|unless it's|if it is not) (already |)(on it|there|on)
I'm not sure if {i} is on (my|the) {l} list(,|) but if (it isn't|not)(,|) (add it|put it on there|can you put it on there)
check (my|the) {l} list for {i} and add it if it isn't there
""")
_RUN_OUT = Phrases("""
(I'm|we're|I am|we are) (out of|running low on|nearly out of) {i}(,| so| and|) (add|put) (it|them|that|some) (to|on) (my|the) {l} list
(I|we) (ran out of|don't have any|don't have any more|need more|used the last of the) {i}(,| so| and|) (please |can you |)(add|put) (it|them|that) (to|on) (my|the) {l} list
put {i} on (my|the) {l} list(,|) (I'm|we're) (out|all out|out of it)
I need {i} on (my|the) {l} list
{i} (needs|need) to (go|be) on (my|the) {l} list
make sure (that |){i} (is|are|gets) on (my|the) {l} list
(my|the) {l} list (should have|needs) {i}( on it|)
get {i} onto (my|the) {l} list
""")
_LIST_OF = Phrases("""
(add|put) {i} (to|on) (my|the|our) list of {l}
(add|put) {i} (to|on) (my|the) list for {l}
on (my|the) list of {l}(,|) (add|put) {i}
""")
_LISTS_OF = ("groceries", "chores", "things to do", "things to buy", "errands", "tasks", "shopping", "ideas", "books to read", "people to call", "films to see",
             "presents", "things to pack", "repairs", "wishes", "plants", "reminders", "housework", "goals", "questions")  # fmt: skip


def _add_to_list(talk):
    name = talk.mark(things.list_name(talk))
    to_do = _bare(name) in ("to do", "todo", "to-do", "work", "chores", "home", "errands", "office", "house")
    titles = [talk.mark(talk.pick(things.HOSTILE))] if talk.chance(0.015) else []
    for _ in range(0 if titles else talk.pick((1,) * 8 + (2, 2, 3))):
        titles.append(talk.mark(things.chore(talk) if to_do else things.item(talk)))
    listed = titles[0] if len(titles) == 1 else ", ".join(titles[:-1]) + talk.pick((" and ", " and ", ", and ")) + titles[-1]
    r = talk.rng.random()
    mode, table = ("do", _ADD_LIST) if r < 0.74 or len(titles) > 1 else ("say", _ADD_LIST_SAID) if r < 0.88 else ("note", _ADD_NOTE)
    if len(titles) == 1 and not to_do and talk.chance(0.24):
        if talk.chance(0.3):
            name = talk.mark(talk.pick(_LISTS_OF) if talk.chance(0.8) else made_up.odd(talk))
            return "do", _LIST_OF.say(talk, i=listed, l=name), [call("task.add", title=titles[0], list=name)]
        table = _IF_NOT if talk.chance(0.5) else _RUN_OUT
        return "say", table.say(talk, i=listed, l=name), [call("task.add", title=titles[0], list=name)]
    sentence = table.say(talk, i=listed, l=name)
    due = priority = None
    if len(titles) == 1 and mode == "do":
        if talk.chance(0.08):
            due, text = when.when(talk, date=1, time=0.1)
            text = text[3:] if text.startswith("on ") else text
            sentence += f" {text if text.startswith('in ') else talk.pick(('by ', 'for ', 'due ')) + text}"
        if talk.chance(0.06):
            priority, clause = _priority(talk)
            sentence += clause
    return mode, sentence, [call("task.add", title=t, list=name, due=due, priority=priority) for t in titles]


def _bare(marked):
    return marked[1:-1]


_SHOW_LIST = Phrases("""
what('s| is) (on|in) (my|the|our) {l} list
what do we have on (my|the|our) {l} list {r}
what do I have on (my|the) {l} list {r}
is there anything on (my|the) {l} list {r}
what are the items on (my|the) {l} list
how many (things|items) are on (my|the) {l} list
do I have anything on (my|the) {l} list {r}
what's in the {l} list {r}
is {i} on (my|the) {l} list
(do I have|have I got) {i} on (my|the) {l} list
(can you |)(tell me|check|see|let me know) (if|whether) {i} is on (my|the) {l} list
did I (put|add) {i} (on|to) (my|the) {l} list
""")
_SHOW_LIST_DO = Phrases("""
show (me |)(my|the|our) {l} list {r}
read (me |out |)(my|the) {l} list {r}
open (my|the) {l} list
list (everything|the items|all items) on (my|the) {l} list
tell me (what's|what is) on (my|the) {l} list {r}
give me (my|the) {l} list {r}
check (my|the) {l} list
go through (my|the) {l} list {r}
pull up (my|the) {l} list
display (my|the) {l} list
""")
_SHOW_TASKS = Phrases("""
what (do I have to do|do I need to do|should I do|must I do) {r}
what are my (tasks|to-dos|todos) {r}
what tasks (do I have|are there|are due|have I got) {r}
do I have any (tasks|to-dos) {r}
what('s| is) due {r}
what (tasks|to-dos) are due {r}
any (tasks|to-dos|todos) {r}
how many tasks do I have {r}
""")
_SHOW_TASKS_DO = Phrases("""
show (me |)(my|all my) (tasks|to-dos|todos) {r}
list (my|all my|the) (tasks|to-dos|todos) {r}
read (me |)my (tasks|to-dos) {r}
tell me (my tasks|what's due|my to-dos) {r}
give me my (tasks|to-dos) {r}
""")
_STATUS = {
    "open": Phrases("""
what('s| is) (still open|left to do|still to do|outstanding|not done yet|undone|unfinished)
which (tasks|to-dos) are (still open|not done|outstanding|unfinished|incomplete)
what tasks are (left|still open|outstanding)
what haven't I (done|finished) yet
what do I still (have|need) to do
what('s| is) still (to be done|left|to be finished)
what('s| is) left
show (me |)(my|all|the) (open|unfinished|outstanding|remaining|pending) (tasks|to-dos)
list (my|all|the) (open|unfinished|outstanding|remaining|pending) (tasks|to-dos)
"""),
    "done": Phrases("""
what have I (done|finished|completed|ticked off) (so far|already|)
which (tasks|to-dos) (are done|have I finished|have I completed|are completed|are finished)
show (me |)(my|all|the) (completed|finished|done) (tasks|to-dos)
list (my|all|the) (completed|finished|done) (tasks|to-dos)
what tasks did I (finish|complete)
"""),
    "all": Phrases("""
show (me |)all tasks, (done and open|open and done|finished or not|including the done ones|including completed ones)
list all (tasks|to-dos), (done or not|both open and done|finished and unfinished)
show everything, done and open
"""),
}  # fmt: skip


_WANTED = Phrases("""
what (did|do) I (want|have|need) to remember( again|)
what was (it|that) (that |)I (wanted|had|needed) to (remember|do)( again|)
what (things |)did I (want|ask you|tell you) to remind me (of|about)
I (wanted|had) to remember (something|some things), what (was it|were they)
what (things |)(must|should) I not forget
(tell me|read me) (everything|what) I (wanted|asked you) to remember
what reminders do I have
what are my reminders
(show|read|list|tell) me my reminders
(read|repeat|say) my list back to me
""")
_STILL_ON = Phrases("""
what('s| is) (still|left) on (my|the|our) {l} list
(is there |)anything (still |)left on (my|the) {l} list
(is there |)anything left (on the list |)for the {l}
what('s| is) (still missing|outstanding|not done|unfinished) on (my|the) {l} list
what do I still need from (my|the) {l} list
how much is left on (my|the) {l} list
""")


def show(talk):
    """`task.list`."""
    r = talk.rng.random()
    due, text = when.span(talk, 0.75) if talk.chance(0.45) else (None, "")
    if r < 0.52:
        name = talk.mark(things.list_name(talk))
        mode, table = ("ask", _SHOW_LIST) if talk.chance(0.55) else ("do", _SHOW_LIST_DO)
        due, text = (due, text) if due and talk.chance(0.4) else (None, "")
        sentence = table.say(talk, l=name, r=text, i=things.item(talk))
        if text and not sentence.endswith(text):
            due = None
        return mode, sentence.rstrip(), [call("task.list", list=name, due=due)]
    if r < 0.74:
        mode, table = ("ask", _SHOW_TASKS) if talk.chance(0.6) else ("do", _SHOW_TASKS_DO)
        sentence = table.say(talk, r=text).rstrip()
        if sentence in ("what is due", "what's due"):
            due, text = {"period": "today"}, "today"
            sentence += " today"
        return mode, sentence, [call("task.list", due=due)]
    if r < 0.94:
        status = talk.pick(("open", "open", "done", "all"))
        sentence = _STATUS[status].say(talk).rstrip()
        name = None
        if status == "open" and talk.chance(0.35):
            name = talk.mark(things.list_name(talk))
            due = None
            sentence = _STILL_ON.say(talk, l=name)
        elif talk.chance(0.3) and " tasks" not in sentence and status != "all":
            name = talk.mark(things.list_name(talk))
            sentence += f" on (my|the) {name} list".replace("(my|the)", talk.pick(("my", "the")))
        if due and talk.chance(0.5):
            sentence += f" {text}"
        else:
            due = None
        return ("do" if sentence.startswith(("show", "list")) else "ask"), sentence, [call("task.list", list=name, due=due, status=status)]
    if talk.chance(0.5):
        return "ask", _WANTED.say(talk), [call("task.list")]
    return "note", talk.pick(("my tasks", "tasks", "my list", "to-dos", "my to-do's", "task list please")), [call("task.list")]


_TICK = Phrases("""
tick off {t}
tick off the {t}
tick {t} off
check off {t}
check {t} off
cross off {t}
cross {t} off
mark {t} (as |)(done|complete|completed|finished)
mark {t} as done
complete {t}
set {t} to done
finish {t}
""")
_TICK_SAID = Phrases("""
I('ve| have) (done|finished|completed) {t}
I('m| am) done with {t}
{t} is (done|finished|complete)
I did {t}
I already (did|finished) {t}
{t}: done
done with {t}
I('ve| have|) (done|finished|paid|sorted|handled) (the |){t}, (you can |please |)(cross|tick|check) (that|it) off
(the |){t} is (done|sorted|finished|dealt with), (you can |please |)(cross|tick|check|take) (that|it) off
""")
_NO_MORE = Phrases("""
I don't need {t} any more, take it off (my|the) {l} list
we don't need {t} (any more|any longer), (remove|delete) it from (my|the) {l} list
(we|I) no longer need {t} on (my|the) {l} list
{t} can (come|go) off (my|the) {l} list
(my|the) {l} list doesn't need {t} (any more|anymore)
""")
_GOT = Phrases("""
I('ve| have) (got|bought) {t}
I (bought|got) {t}
we (got|bought|have) {t} (already|now)
""")
_REMOVE = Phrases("""
remove {t} from (my|the|our) {l} list
delete {t} from (my|the) {l} list
take {t} off (my|the|our) {l} list
take {t} (off|out of|from) (my|the) {l} list
get {t} off (my|the) {l} list
drop {t} from (my|the) {l} list
erase {t} from (my|the) {l} list
strike {t} (from|off) (my|the) {l} list
nix {t} from (my|the) {l} list
""")
_REMOVE_BARE = Phrases("""
(delete|remove|drop) the task {t}
(delete|remove) {t} from my (tasks|to-dos|list)
(delete|remove) the to-do {t}
take {t} off (my|the) list
""")


def complete(talk):
    """`task.complete`."""
    r = talk.rng.random()
    if r < 0.42:
        name = talk.mark(things.list_name(talk))
        to_do = _bare(name) in ("to do", "todo", "to-do", "work", "chores", "home", "errands")
        titles = [talk.mark(things.chore(talk) if to_do else things.item(talk)) for _ in range(talk.pick((1, 1, 1, 1, 1, 2)))]
        gone = len(titles) == 1 and talk.chance(0.15)
        sentence = (_NO_MORE if gone else _REMOVE).say(talk, t=" and ".join(titles), l=name)
        return "say" if gone else "do", sentence, [call("task.complete", title=t, list=name, remove=True) for t in titles]
    if r < 0.46:
        title = talk.mark(things.item(talk))
        return "say", _GOT.say(talk, t=talk.pick(("the ", "the ", "")) + title), [call("task.complete", title=title)]
    title = talk.mark(things.chore(talk) if talk.chance(0.7) else things.item(talk))
    if r < 0.57:
        return "do", _REMOVE_BARE.say(talk, t=title), [call("task.complete", title=title, remove=True)]
    name, tail = None, ""
    if talk.chance(0.35):
        name = talk.mark(things.list_name(talk))
        tail = f" {talk.pick(('on', 'off', 'from', 'on'))} {talk.pick(('my', 'the'))} {name} list"
    if talk.chance(0.68):
        sentence = _TICK.say(talk, t=title)
        if sentence.endswith(" off") and tail:
            tail = tail.replace(" off ", " ", 1) if tail.startswith(" off ") else tail
        if tail.startswith(" off ") or tail.startswith(" from "):
            sentence, tail = f"{talk.pick(('tick', 'cross', 'check'))} {title} off", tail.replace(" off ", " ", 1).replace(" from ", " ", 1)
        return "do", sentence + tail, [call("task.complete", title=title, list=name)]
    return "say", _TICK_SAID.say(talk, t=title).replace("the the ", "the "), [call("task.complete", title=title)]


# --- reminders -------------------------------------------------------------------------------------------------------

_REMIND_TO = Phrases("""
remind me to {t} {w}
remind me to {t} {w}
remind me {w} to {t}
remind me {w} to {t}
remind me to {t} {w}
set a reminder to {t} {w}
set a reminder {w} to {t}
set (me |)a reminder for {x} to {t}
create a reminder to {t} {w}
make a reminder to {t} {w}
add a reminder to {t} {w}
give me a (nudge|reminder) {w} to {t}
don't let me forget to {t} {w}
make sure I {t} {w}
make sure I don't forget to {t} {w}
tell me to {t} {w}
tell me {w} to {t}
nudge me to {t} {w}
ping me {w} to {t}
remember to remind me to {t} {w}
get me to {t} {w}
""")
_REMIND_SAID = Phrases("""
{w} remind me to {t}
I need (a reminder|to be reminded) to {t} {w}
I('d| would) like (a reminder|to be reminded) to {t} {w}
I want (a reminder|to be reminded) to {t} {w}
I must not forget to {t} {w}, remind me
{w} I have to {t}, remind me
reminder {w} to {t}
""")
_REMIND_NOTE = Phrases("""
reminder: {t} {w}
reminder {w}: {t}
remind {t} {w}
reminder to {t} {w}
reminder {t} {w}
""")
_REMIND_ABOUT = Phrases("""
remind me (about|of) {e} {w}
remind me {w} (about|of) {e}
set a reminder (for|about) {e} {w}
remind me {w} that {s}
remind me that {s} {w}
notify me (about|of) {e} {w}
alert me (about|to) {e} {w}
don't let me forget {e} {w}
create a reminder for {e} {w}
put in a reminder for {e} {w}
""")


def remind(talk):
    """`reminder.set`."""
    r = talk.rng.random()
    w = repeat = in_minutes = None
    if r < 0.24:
        in_minutes, text = when.minutes(talk)
        text = talk.pick((f"in {text}", f"in {text}", f"in {text}", f"{text} from now", f"after {text}", f"in {text}'s time" if text[-1] != "s" else f"in {text}' time"))
    elif r < 0.44:
        repeat, text = when.repeat(talk)
        if talk.chance(0.7):
            w, time_text = when.at_time(talk)
            text = f"{time_text} {text}" if "until" in repeat else talk.pick((f"{text} {time_text}", f"{time_text} {text}"))
    elif r < 0.9:
        w, text = when.when(talk)
    else:
        text = ""
    if talk.chance(0.2):
        return _about(talk, text, w, repeat, in_minutes)
    title = talk.mark(things.chore(talk))
    r = talk.rng.random()
    mode, table = ("do", _REMIND_TO) if r < 0.74 else ("say", _REMIND_SAID) if r < 0.9 else ("note", _REMIND_NOTE)
    if not text:
        mode, table = "do", _REMIND_BARE
    sentence = table.say(talk, t=title, w=text, x=_after_for(text)).rstrip()
    return mode, sentence, [call("reminder.set", text=title, when=w, repeat=repeat, in_minutes=in_minutes)]


_REMIND_BARE = Phrases("""
remind me to {t}
remind me to {t}
set a reminder to {t}
don't let me forget to {t}
create a reminder to {t}
make a reminder to {t}
make sure I don't forget to {t}
""")


def _after_for(text):
    return text[3:] if text.startswith(("at ", "on ")) else text if not text.startswith(("in ", "for ")) else "later, " + text


def _about(talk, text, w, repeat, in_minutes):
    bare = things.event(talk)[0] if talk.chance(0.7) else f"{names.first(talk)}'s {talk.pick(('birthday', 'party', 'call', 'exam', 'recital'))}"
    if talk.chance(0.25):
        bare += f" with {names.name(talk, 0)}"
    marked = talk.mark(bare)
    said = things.article(talk, bare, True) + marked
    statement = talk.mark(things.statement(talk))
    sentence = _REMIND_ABOUT.say(talk, e=said, s=statement, w=text).rstrip()
    text_argument = statement if statement in sentence else marked
    return "do", sentence.replace("  ", " "), [call("reminder.set", text=text_argument, when=w, repeat=repeat, in_minutes=in_minutes)]


# --- timers and alarms -----------------------------------------------------------------------------------------------

_LABELS = tuple("""pasta|eggs|tea|pizza|laundry|rice|bread|cookies|the oven|nap|workout|plank|break|pomodoro|chicken|roast|steak|
cake|potatoes|meditation|parking meter|dishwasher|sauce|noodles|hair dye|face mask|kids' screen time|sprint|presentation|study|coffee|stretching|
bath|charger|washing machine|dryer|soft boiled eggs|the turkey|the lasagne|soup|ice bath|homework|the bread|speech|dough|run|squats""".replace("\n", "").split("|"))
_TIMER = Phrases("""
set a timer for {d}
set a timer for {d}
set a {x} timer
set a timer (to|of) {d}
set timer {d}
start a timer for {d}
start a {x} timer
start a {x} countdown
count down {d}
start counting down {d}
count down from {d}
put {d} on the clock
give me {d}
give me a {x} timer
time {d}
create a timer for {d}
make a timer for {d}
run a timer for {d}
set the timer for {d}
start (the |)timer(,|) {d}
let me know (when|once) {d} (are|is) (up|over)
tell me when {d} (have|has) passed
wake me in {d}
set an alarm in {d}
set an alarm for {d} from now
ring in {d}
""")
_TIMER_LABEL = Phrases("""
set a timer for {d} for {l}
set a {l} timer for {d}
set a timer called {l} for {d}
set a timer for {l}(,|) {d}
start a {x} timer for {l}
start a {x} {l} timer
start a {l} timer for {d}
timer for {l} {d}
timer {d} {l}
{d} for {l}
time {l} for {d}
set a {x} timer for {l}
set a {x} timer named {l}
give me {d} for {l}
count down {d} for {l}
""")
_TIMER_NOTE = Phrases("""
timer {d}
{d} timer
timer for {d}
{d} countdown
countdown {d}
timer: {d}
{x} timer
{d} please
""")
_TIMER_SAID = Phrases("""
I need a timer for {d}
I need a {x} timer
I('d| would) like a {x} timer
I want a timer for {d}
can I have a {x} timer
can I get a timer for {d}
I want to set a timer for {d}
""")


def timer(talk):
    """`timer.set`."""
    seconds, text = when.seconds(talk)
    if talk.chance(0.30):
        bare = talk.pick(_LABELS) if talk.chance(0.7) else made_up.odd(talk)
        label, said = things.unarticled(talk, bare)
        sentence = _TIMER_LABEL.say(talk, d=text, x=_adjective(text), l=said)
        sentence = sentence.replace(f"a the {label}", f"the {label}").replace(f"timer the {label}", f"{label}")
        sentence = sentence.replace(f"{_adjective(text)} the {label} timer", f"{_adjective(text)} {label} timer")
        return ("do" if not sentence.startswith("timer") else "note"), sentence, [call("timer.set", seconds=seconds, label=label)]
    r = talk.rng.random()
    mode, table = ("do", _TIMER) if r < 0.65 else ("say", _TIMER_SAID) if r < 0.82 else ("note", _TIMER_NOTE)
    return mode, table.say(talk, d=text, x=_adjective(text)), [call("timer.set", seconds=seconds)]


def _adjective(text):
    """`five minute`, as in `a five minute timer`."""
    text = text.removeprefix("an ").removeprefix("a ")
    for plural in ("minutes", "seconds", "hours"):
        if text.endswith(plural):
            return text[:-1]
    return text


_STOP = Phrases("""
(stop|cancel|delete|kill|end|turn off|clear|remove|switch off|dismiss) (the|my|that) timer
(stop|cancel|delete|end|turn off|clear) (the|all|my|all my|all the) timers
(stop|cancel) the countdown
turn (the|my) alarm off
(turn off|stop|cancel|delete|remove|disable|switch off|silence|dismiss|unset|kill) (my|the|that|all my|all|the next|every|any) alarm
(turn off|cancel|delete|remove|disable|clear|get rid of) (all my|all|my|all the|all of my) alarms
I don't need the (timer|alarm|countdown) (any more|anymore|any longer)
stop (the|that) (ringing|beeping)
no more (timer|alarm)
timer off
alarm off
stop timer
cancel alarm
""")
_STOP_LABEL = Phrases("""
(stop|cancel|delete|kill|end|turn off|clear|remove) (the|my) {l} timer
(stop|cancel|delete|turn off) the timer for (the |){l}
(stop|cancel|end) the {l} countdown
(stop|cancel|turn off|delete|remove|disable|switch off|get rid of) (the|my) {l} alarm
(turn off|cancel|delete|remove|disable) the alarm (called|named|labelled) {l}
(cancel|delete|turn off|remove) (the|my) timer (called|named) {l}
""")
_STOP_TIME = Phrases("""
(cancel|delete|remove|turn off|disable|switch off) (my|the) {t} alarm
(cancel|delete|remove|turn off|disable) (my|the) alarm (for|at) {t}
(cancel|delete|remove) the alarm (I set for|set for) {t}
I don't need the {t} alarm (any more|anymore)
""")


def stop(talk):
    """`timer.cancel`."""
    r = talk.rng.random()
    if r < 0.44:
        return "do", _STOP.say(talk), [call("timer.cancel")]
    if r < 0.76:
        bare = talk.pick(_LABELS) if talk.chance(0.6) else talk.pick(("work", "bedtime", "wake up", "gym", "medicine", "morning", "school", "meeting")) if talk.chance(0.4) else made_up.odd(talk)
        label = talk.mark(bare.removeprefix("the "))
        return "do", _STOP_LABEL.say(talk, l=label), [call("timer.cancel", label=label)]
    if talk.chance(0.75):
        minute = talk.pick((0, 0, 0, 30, 15, 45))
        text = clock.say_time(talk, talk.pick((4, 5, 6, 6, 7, 7, 8, 9, 14, 17)), minute, clock.WAKE)
    elif talk.chance(0.5):
        text = talk.pick(("tomorrow", "tomorrow morning", "this evening", "tonight", "today"))
    else:
        text = days.weekday_name(talk, int(talk.rng.random() * 7))
    label = talk.mark(text)
    sentence = _STOP_TIME.say(talk, t=label)
    return ("say" if sentence.startswith("I ") else "do"), sentence, [call("timer.cancel", label=label)]


_ALARM = Phrases("""
set an alarm {f}
set an alarm {f}
set an alarm {w}
set my alarm {f}
set the alarm {f}
set (the|my) alarm to {b}
wake me (up |){w}
wake me (up |){w}
wake me (up |){w}
get me up {w}
get me out of bed {w}
create an alarm {f}
make an alarm {f}
add an alarm {f}
schedule an alarm {f}
turn on an alarm {f}
give me a wake-up call {w}
alarm me {w}
ring me {w}
make sure I('m| am) (up|awake) {w}
have an alarm (go off|ring) {w}
""")
_ALARM_NOTE = Phrases("""
alarm {b}
alarm {w}
alarm {f}
alarm: {b}
{b} alarm
""")
_ALARM_SAID = Phrases("""
I need an alarm {f}
I need to (get up|wake up|be up) {w}
I have to (get up|wake up) {w}
I('d| would) like an alarm {f}
I want to (wake up|get up|be woken) {w}
I want an alarm {f}
I need a wake-up call {w}
""")


def alarm(talk):
    """`alarm.set`."""
    repeat = label = None
    if talk.chance(0.24):
        repeat, repeat_text = when.repeat(talk, until=0.06, days_share=0.45, daily=talk.chance(0.8))
        w, text = when.at_time(talk, clock.WAKE)
        text = f"{text} {repeat_text}" if "until" in repeat or talk.chance(0.7) else f"{repeat_text} {text}"
    elif talk.chance(0.4):
        w, text = when.at_time(talk, clock.WAKE)
    elif talk.chance(0.35):
        w, text = when.day_part(talk, clock.WAKE)
        if "hour" not in w["time"]:
            time, time_text = when.at_time(talk, clock.WAKE)
            w = {"date": w["date"]} | time if "hour" in time["time"] and time["time"]["hour"] < 12 else w
            text = f"{time_text} {text}" if w["time"] == time["time"] else text
    else:
        w, text = when.when(talk, clock.WAKE, date=0.9, time=1)
    r = talk.rng.random()
    bare = text[3:] if text.startswith(("at ", "on ")) else text[4:] if text.startswith("for ") else text
    f = "for " + bare if not bare.startswith(("in ", "every", "each", "on", "daily", "monday", "Monday", "week")) else text
    mode, table = ("do", _ALARM) if r < 0.76 else ("say", _ALARM_SAID) if r < 0.9 else ("note", _ALARM_NOTE)
    sentence = table.say(talk, w=text, f=f, b=bare)
    if talk.chance(0.22):
        label, sentence = _labelled(talk, sentence, mode)
    return mode, sentence, [call("alarm.set", when=w, repeat=repeat, label=label)]


def _labelled(talk, sentence, mode):
    r = talk.rng.random()
    bare = talk.pick(("work", "school", "gym", "medicine", "the early shift", "church", "the flight", "the exam", "yoga", "the interview", "pills",
                      "the school run", "the airport", "feeding the cat", "my run", "training", "the ferry")) if r < 0.6 else made_up.odd(talk)  # fmt: skip
    label, said = things.unarticled(talk, bare)
    if mode == "note":
        return label, f"{sentence} {label}"
    if "alarm" in sentence and talk.chance(0.4):
        return label, sentence + talk.pick((f" called {label}", f" named {label}", f", label it {label}", f" with the label {label}"))
    return label, f"{sentence} for {said}"


# --- notes -----------------------------------------------------------------------------------------------------------

_NOTE = Phrases("""
(remember|note|note down|write down|jot down|keep in mind|save) that {s}
remember that {s}
note that {s}
(make|take|add) a note(:| that|,) {s}
(note|write down|jot down|save this|remember this|new note|note to self)(:|) {s}
remember {s}
don't forget that {s}
add to my notes(:| that) {s}
put in my notes that {s}
store that {s}
keep a note that {s}
""")
_NOTE_NOTE = Phrases("""
note: {s}
note to self: {s}
for the record, {s}, (note that|remember that|write that down)
fyi {s}, remember that
{s}, (remember that|note that down|write that down|keep that in mind|please note that|make a note of that)
{s}, (remember that|note that|remember it)
""")


def note(talk):
    """`note.add`."""
    text = talk.mark(things.statement(talk))
    if talk.chance(0.86):
        return "do", _NOTE.say(talk, s=text), [call("note.add", text=text)]
    return "note", _NOTE_NOTE.say(talk, s=text), [call("note.add", text=text)]


_RECALL = Phrases("""
what did I (note|write down|jot down|say|save) about {m}
what('s| is| was) (the|my) {n} (again|that I noted|I saved|I told you)
what have I noted (about|on|regarding) {m}
did I (note|write down|save) (anything|something) (about|on) {m}
do I have (a note|any notes|notes) (about|on|for) {m}
where did I (say|note) {m} (was|is)
what do my notes say about {m}
what did I tell you about {m}
what do you remember about {m}
is there a note about {m}
""")
_RECALL_LOST = Phrases("""
where did I (put|leave|hide|store) {m}
where (is|are) {m} again
where have I put {m}
where did I say {m} (was|were)
""")
_LOST = """keys|spare key|charger|ladder|passport|umbrella|sunglasses|drill|christmas lights|sleeping bag|camera|screwdriver|bike pump|tent|
jump leads|suitcase|board games|winter boots|remote|gift wrap|extension cord|snow chains|fondue set|paint roller""".replace("\n", "").split("|")
_RECALL_DO = Phrases("""
(find|search|look up|show me|get|open) (my|the) note(s|) (about|on|for) {m}
search my notes for {m}
(find|show me|pull up|look for) what I (noted|wrote down|saved) about {m}
look in my notes for {m}
recall (what I said about|my note on|) {m}
remind me what I noted about {m}
tell me what I wrote down about {m}
look through my notes for {m}
""")


def recall(talk):
    """`note.search`."""
    if talk.chance(0.12):
        if talk.chance(0.25):
            query = talk.mark(talk.pick(("park", "leave the car", "put it", "hide the money", "store the papers", "leave off", "stop reading", "save the photos", "bury the seeds", "lock the bike")))
            return "ask", f"where did {talk.pick(('I', 'I', 'we'))} {query}{talk.pick(('', '', ' again', ' last time'))}", [call("note.search", query=query)]
        query = talk.mark(talk.pick(_LOST) if talk.chance(0.7) else made_up.odd(talk))
        return "ask", _RECALL_LOST.say(talk, m=talk.pick(("the ", "my ", "the ")) + query), [call("note.search", query=query)]
    bare = things.memory(talk) if talk.chance(0.6) else things.about(talk).removeprefix("the ").removeprefix("my ") if talk.chance(0.5) else names.first(talk) if talk.chance(0.4) else made_up.odd(talk)
    query = talk.mark(bare)
    proper = bare[:1].isupper() or "'s " in bare
    said = query if proper else talk.pick(("the ", "the ", "my ", "")) + query
    if talk.chance(0.55):
        return "ask", _RECALL.say(talk, m=said, n=query), [call("note.search", query=query)]
    return "do", _RECALL_DO.say(talk, m=said), [call("note.search", query=query)]
