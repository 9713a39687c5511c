"""Requests about travel, learning, sums, units, the time, code, videos and models; see `calendar` for the form."""

from machine.phrases import Phrases, words
from machine.spans import call

from . import days, made_up, prose, things, when
from .numbers import cardinal, said, said_decimal

# --- travel ----------------------------------------------------------------------------------------------------------

_TRIP = Phrases("""
plan a {n}trip to {p}
plan a {n}trip to {p}
plan a {n}(holiday|vacation|journey|tour|visit) (in|to) {p}
plan {s} in {p}
organise a {n}(trip|holiday) to {p}
put together a {n}(trip|itinerary|tour) (to|for|of) {p}
make (a plan|an itinerary|a travel plan) for {s} in {p}
work out a {n}(trip|holiday) (to|in) {p}
suggest an itinerary for {s} in {p}
help me plan a {n}(trip|holiday) to {p}
design a {n}(trip|tour) (to|of|through) {p}
""")
_TRIP_SAID = Phrases("""
I want to (go to|visit|travel to|see) {p}{f}
I('d| would) like to (go to|visit|travel to|spend time in) {p}{f}
we want to (go to|visit|travel to) {p}{f}
I'm (going|travelling) to {p}{f}, plan (it|the trip)(| for me)
I'm thinking of (going|a trip) to {p}{f}
we're (going|flying) to {p}{f}, (make a plan|plan our days)
""")
_TRIP_NOTE = Phrases("""
trip to {p}{f}
{p}{f}, plan it
{p} trip{f}
holiday in {p}{f}
""")
_DAYS = {2: ("two day", "2 day", "two-day"), 3: ("three day", "3 day", "3-day"), 4: ("four day", "4-day"), 5: ("five day", "5 day", "5-day"),
         7: ("one week", "week-long", "7 day"), 10: ("ten day", "10-day"), 14: ("two week", "fortnight-long", "2 week"), 21: ("three week",)}  # fmt: skip
_DAYS_SAID = {2: ("two days", "2 days", "a couple of days", "a weekend"), 3: ("three days", "3 days", "a long weekend"), 4: ("four days", "4 days"), 5: ("five days", "5 days"),
              6: ("six days", "6 days"), 7: ("a week", "one week", "seven days", "7 days"), 8: ("eight days", "8 days"), 10: ("ten days", "10 days"),
              14: ("two weeks", "a fortnight", "14 days", "2 weeks"), 21: ("three weeks", "3 weeks")}  # fmt: skip
_COMPANY = ((2, ("for two", "for two people", "for 2", "for the two of us", "for a couple", "for 2 people")),
            (3, ("for three", "for three people", "for the three of us")), (4, ("for four", "for a family of four", "for 4 people", "for four people", "for the four of us")),
            (1, ("for one", "for one person", "on my own", "alone", "by myself", "just for me")), (5, ("for five people", "for a family of five", "for 5")),
            (6, ("for six", "for a group of six", "for 6 people")), (8, ("for eight people", "for a group of 8")))  # fmt: skip
_BY = (("train", ("by train", "by rail", "on the train")), ("plane", ("by plane", "by air", "flying")),
       ("car", ("by car", "in the car", "driving")), ("bus", ("by bus", "by coach", "on the bus")),
       ("any", ("by any means", "however we get there", "by whatever transport")))  # fmt: skip
_MONEY = (("EUR", "€{}", "{} euros", "{} euro", "{} EUR", "{}€"), ("USD", "${}", "{} dollars", "{} bucks", "{} USD", "{} US dollars"),
          ("GBP", "£{}", "{} pounds", "{} quid", "{} GBP"), ("CHF", "{} francs", "CHF {}", "{} Swiss francs", "{} chf"), ("JPY", "{} yen", "¥{}"),
          ("SEK", "{} Swedish kronor", "{} SEK"), ("NOK", "{} NOK", "{} Norwegian kroner"), ("INR", "{} rupees", "₹{}"), ("PLN", "{} zloty", "{} PLN"),
          ("CAD", "{} Canadian dollars", "{} CAD"), ("AUD", "{} Australian dollars", "{} AUD"), ("CNY", "{} yuan"), ("DKK", "{} Danish kroner", "{} DKK"))  # fmt: skip
_BUDGET = ("under {}", "for under {}", "with a budget of {}", "for at most {}", "on a budget of {}", "budget {}", "for less than {}", "max {}",
           "within {}", "not more than {}", "up to {}", "for {}", ", budget is {}")  # fmt: skip


def money(talk):
    amount = talk.pick((80, 100, 150, 200, 250, 300, 400, 450, 500, 600, 700, 750, 800, 900, 1000, 1200, 1500, 1800, 2000, 2500, 3000, 4000, 5000))
    if talk.chance(0.2):
        amount = 50 + int(talk.rng.random() * 5000)
    row = talk.pick(_MONEY[:3] * 4 + _MONEY)
    forms = [f for f in row[1:] if not talk.spoken or f.startswith("{} ") and not f.isupper() and not f.endswith(("EUR", "USD", "GBP", "CHF", "chf"))]
    text = talk.pick(forms or [row[1]]).format(said(talk, amount, 0) if talk.spoken or talk.chance(0.9) else f"{amount:,}")
    return {"amount": amount, "currency": row[0]}, text


def trip(talk):
    """`travel.plan_trip`."""
    places = [things.trip_place(talk) for _ in range(talk.pick((1, 1, 1, 1, 1, 2, 2, 3)))]
    to = [place for place, _ in places]
    listed = places[0][1] if len(places) == 1 else ", ".join(s for _, s in places[:-1]) + " and " + places[-1][1]
    if talk.spoken and talk.chance(0.7):
        listed = " and ".join(said_place for _, said_place in places)
    origin = start = length = people = budget = interests = mode = None
    adjective, stretch, tail = "", talk.pick(("a stay", "some days", "a trip", "a holiday")), []
    lengths = talk.chance(0.55)
    if lengths:
        length = talk.pick(list(_DAYS))
        adjective = talk.pick([d for d in _DAYS[length] if not (talk.spoken and d[0].isdigit())] or _DAYS[length]) + " "
        stretch = talk.pick([d for d in _DAYS_SAID[length] if not (talk.spoken and d[0].isdigit())])
    if talk.chance(0.25):
        origin, text = things.trip_place(talk)
        tail.append(f"from {text}")
    if talk.chance(0.33):
        start, text = days.date(talk)
        tail.append(talk.pick(("starting {}", "from {}", "leaving {}", "{w}", "{w}")).format(days.bare(text), w=days.on(talk, start, text)))
    if talk.chance(0.33):
        people, ways = talk.pick(_COMPANY)
        tail.append(talk.pick([w for w in ways if not (talk.spoken and any(c.isdigit() for c in w))]))
    if talk.chance(0.35):
        budget, text = money(talk)
        tail.append(talk.pick(_BUDGET).format(text))
    if talk.chance(0.28):
        mode, ways = talk.pick(_BY[:4] * 4 + _BY)
        tail.append(talk.pick(ways))
    talk.rng.shuffle(tail)
    if talk.chance(0.3):
        interests, text = _interests(talk)
        tail.append(text)
    r = talk.rng.random()
    if r < 0.7:
        mode_of, sentence = "do", _TRIP.say(talk, n=adjective, s=stretch, p=listed)
        if length and adjective.strip() not in sentence and stretch not in sentence:
            sentence += f" for {stretch}"
    else:
        mode_of, table = ("say", _TRIP_SAID) if r < 0.88 else ("note", _TRIP_NOTE)
        sentence = table.say(talk, p=listed, f=f" for {stretch}" if length else "")
    for clause in tail:
        sentence += clause if clause.startswith(",") else " " + clause
    return mode_of, _an(sentence), [call("travel.plan_trip", to=to, **{"from": origin}, start=start, days=length, people=people,
                                         budget=budget, interests=interests, mode=mode)]  # fmt: skip


def _an(sentence):
    return sentence.replace(" a eight", " an eight").replace(" a 8", " an 8")


def _interests(talk):
    found = [talk.mark(talk.pick(things.INTERESTS) if talk.chance(0.75) else made_up.odd(talk)) for _ in range(talk.pick((1, 2, 2, 3)))]
    listed = found[0] if len(found) == 1 else ", ".join(found[:-1]) + " and " + found[-1]
    return found, talk.pick((", we like {}", ", I like {}", ", I'm into {}", ", we love {}", ", interested in {}", " with lots of {}", ", mainly {}",
                             ", focusing on {}", ", interests: {}", ", we're interested in {}")).format(listed)  # fmt: skip


_ROUTE = Phrases("""
how do I get {r}
how do I get {r}
how can I get {r}
how would I get {r}
what('s| is) the (best|fastest|quickest|shortest) way {r}
how long does it take {r}
how far is it {r}
which way is it {r}
what's the route {r}
how long is the (trip|way|journey) {r}
""")
_ROUTE_VERB = Phrases("""
how long does it take to {v} {r}
how do I {v} {r}
how long to {v} {r}
what's the (best|quickest|nicest) way to {v} {r}
how far is it to {v} {r}
can I {v} {r}
how long would it take me to {v} {r}
""")
_VERBS = (("walk", "walk"), ("bike", "cycle"), ("car", "drive"), ("plane", "fly"), ("bike", "bike"), ("walk", "walk"), ("car", "drive"))
_ROUTE_DO = Phrases("""
(show|tell|give) me the (way|route) {r}
(give me|get me|find|show me) directions {r}
directions {r}
find (a|the|me a) (route|way|connection) {r}
navigate {t}
take me {t}
route {r}
get me {t}
work out (the|a) route {r}
plan (a|the) route {r}
guide me {t}
""")
_ROUTE_BY = (
    ("walk", Phrases("""
(walk|go on foot|hike) {r}
""")),
    ("bike", Phrases("""
(cycle|bike|ride my bike|go by bike) {r}
""")),
    ("car", Phrases("""
(drive|drive me|go by car|drive) {r}
(is there|how long is) a drive {r}
""".replace("(is there|how long is) a drive {r}\n", ""))),
    ("transit", Phrases("""
(take|catch|get) (the|a) (bus|train|tram|metro|tube|subway) {r}
(is there|are there) (a|any) (train|bus|tram|direct train|night train|coach) {r}
(which|what) (train|bus|tram|line) (goes|runs|do I take) {r}
(when|what time) (does|is) the (next |last |first |)(train|bus|tram) {r}
(train|bus|tram) (times |connections |) {r}
(go|travel) by (bus|train|public transport) {r}
""")),
    ("plane", Phrases("""
fly {r}
is there a (flight|plane|direct flight) {r}
(go|travel) by plane {r}
""")),
)
_ROUTE_THEN = Phrases("""
I have to be (at|in) {t} {w}, how do I get there
I need to be (at|in) {t} {w}, (find me a way|which way do I go|what's the best way)
how do I get to {t} {w}
""")
_NEAREST = Phrases("""
where('s| is) {x}
where can I find {x}
(find|show me|find me|locate|search for|take me to|guide me to) {x}
(tell me|do you know|can you tell me) where {x} is
what('s| is) {x}
how (far|far away) is {x}
I need to know where {x} is
(give me|tell me|what's) the (location|whereabouts) of {x}
{x} please
""")
_NEAR_SPOTS = words("""
bank, atm, pharmacy, post office, gas station, petrol station, supermarket, bakery, cafe, coffee shop, starbucks, walmart, hospital, police station, park,
library, bus stop, train station, tube station, parking garage, gym, hardware store, mall, grocery store, mcdonalds, target, museum,
playground, laundromat, dentist, vet, cinema, hotel, rest stop, charging station, hairdresser, bookshop, florist, dollar store, church, school, airport, beach
""")
_ETA = Phrases("""
what('s| is) the (eta|travel time|driving time|distance) {r}
how (far|far away|many miles|many kilometers) (is it|am I|are we) {f}
how long (until|till|before) I (get|am) {r}
how much (time|longer) (does it take|will it take|to get) {r}
(estimated|approximate) (time|travel time|distance) {r}
when will I (get|be) {r} if I leave now
about how long (is the drive|is the trip|does it take) {r}
tell me how (long it takes to get|far it is) {r}
""")
_HOMES = ("home", "home", "work", "here", "school", "downtown", "town")
_ROUTE_SAID = Phrases("""
I need (directions|to get|to go) {r}
I('d| would) like to (get|go) {r}
I have to (get|go|be) {r}
I want to (go|get) {r}
""")
_MODES = (("walk", ("on foot", "walking", "by foot", "on foot")), ("bike", ("by bike", "by bicycle", "cycling", "on my bike")),
          ("transit", ("by public transport", "by bus", "by train", "by tram", "by tube", "with public transport", "on the metro", "by subway", "on the train", "by bus")),
          ("car", ("by car", "driving", "in the car", "with the car")), ("plane", ("by plane", "by air", "flying")),
          ("any", ("by any means", "any way that works", "with whatever transport there is")))  # fmt: skip


def route(talk):
    """`travel.route`."""
    to, to_said = things.place(talk)
    origin = mode = arrive = depart = None
    path = f"to {to_said}"
    r = talk.rng.random()
    if r < 0.09:
        return _near(talk)
    if r < 0.17:
        sentence = _ETA.say(talk, r=path, f=talk.pick(("from ", "to ")) + to_said)
        return "ask", sentence.replace("am I to", "is it to").replace("are we to", "is it to").replace("is it from", "am I from"), [call("travel.route", to=to)]
    if r < 0.23:
        arrive, text = when.when(talk, date=0.5, time=0.95)
        text = "by " + _bare(text) if text.startswith("at ") else text
        return "say", _ROUTE_THEN.say(talk, t=to_said, w=text), [call("travel.route", to=to, arrive_by=arrive)]
    if talk.chance(0.07):
        to = talk.mark(talk.pick(_HOMES))
        path = to if to[1:-1] in ("home", "here", "downtown") else f"to {to}"
        to_said = path.removeprefix("to ")
    elif talk.chance(0.34):
        origin, from_said = things.place(talk)
        path = talk.pick((f"from {from_said} to {to_said}",) * 3 + (f"to {to_said} from {from_said}",))
    elif talk.chance(0.15):
        path = talk.pick((f"from here to {to_said}", f"to {to_said} from here", f"from where I am to {to_said}"))
    tail = []
    verb = None
    if talk.chance(0.12):
        mode, verb = talk.pick(_VERBS)
    elif talk.chance(0.45):
        mode, ways = talk.pick(_MODES[:5] * 4 + _MODES)
        tail.append(talk.pick(ways))
    r = talk.rng.random()
    if r < 0.16:
        arrive, text = when.when(talk, date=0.4, time=0.95)
        tail.append("by " + _bare(text) if "time" in arrive and "hour" in arrive["time"] and text.startswith("at ") else "arriving " + text)
    elif r < 0.32:
        depart, text = when.when(talk, date=0.45, time=0.95)
        tail.append(talk.pick(("leaving ", "leaving ", "departing ", "starting ", "if I leave ")) + text)
    if len(tail) == 2 and talk.chance(0.4):
        tail.reverse()
    r = talk.rng.random()
    mode_of, table = ("ask", _ROUTE) if r < 0.5 else ("do", _ROUTE_DO) if r < 0.85 else ("say", _ROUTE_SAID)
    sentence = table.say(talk, r=path, t=path)
    if verb:
        mode_of, sentence = "ask", _ROUTE_VERB.say(talk, v=verb, r=path)
    elif not tail and talk.chance(0.3) or tail and mode is None and talk.chance(0.2):
        mode, table = talk.pick(_ROUTE_BY)
        sentence = table.say(talk, r=path).replace("  ", " ")
        mode_of = "ask" if sentence.startswith(("is ", "are ", "which", "what", "when")) else "do" if not sentence.startswith(("train", "bus", "tram")) else "note"
    if sentence.startswith("I have to be "):
        sentence = sentence.replace("I have to be to", "I have to get to").replace("I have to be from", "I have to get from")
    return mode_of, " ".join([sentence] + tail), [call("travel.route", **{"from": origin}, to=to, mode=mode, arrive_by=arrive, depart_at=depart)]


def _near(talk):
    """The nearest of its kind. What is "near me" is more often looked for than gone to, and out of reach."""
    spot = talk.pick(_NEAR_SPOTS) if talk.chance(0.8) else f"{made_up.odd(talk)} {talk.pick(('shop', 'store', 'market', 'station', 'office'))}"
    near = talk.pick(("nearest", "nearest", "closest"))
    place = talk.mark(f"the {near} {spot}")
    sentence = _NEAREST.say(talk, x=place)
    first = sentence.split(" ", 1)[0]
    mode = "do" if first in ("find", "show", "locate", "search", "take", "guide", "tell", "give") else "note" if first[0] == "\ue000" else "ask"
    return mode, sentence, [call("travel.route", to=place)]


def _bare(text):
    return text[3:] if text.startswith(("at ", "on ")) else text


# --- learning --------------------------------------------------------------------------------------------------------

_TEACH = Phrases("""
teach me {l}{t}
teach me {l}{t}
teach me (about|some) {l}{t}
help me (learn|study|understand|with|practise|practice) {l}{t}
explain {l}{t} to me step by step
tutor me in {l}{t}
start a (lesson|course) (on|in|about) {l}{t}
give me a {x}(lesson|course) (on|in|about) {t}
let me (learn|practise|practice|study) {l}{t}
train me in {l}{t}
coach me in {l}{t}
start a {x}lesson on {t}
practise {l}{t} with me
""")
_TEACH_SAID = Phrases("""
I want to (learn|study|practise|understand) {l}{t}
I('d| would) like to (learn|study|practise|understand) {l}{t}
I need (help with|to learn|to practise|to study) {l}{t}
let's (learn|practise|practice|study) {l}{t}
I'm learning {l}{t}
I have to learn {l}{t}
""")
_LEVELS = {
    "beginner": (", I'm a beginner", "from scratch", "for beginners", "at beginner level", ", I'm new to it", "from the beginning",
                 ", I know nothing about it", "as a complete beginner", ", beginner level", "from zero"),
    "intermediate": ("at an intermediate level", ", intermediate level", ", I know the basics", ", I'm intermediate", "at intermediate level"),
    "advanced": ("at an advanced level", ", advanced level", ", I'm advanced", "for advanced learners", "at advanced level"),
}  # fmt: skip
_GOALS = words("""
my exam, my trip to Peru, the final exam, a job interview, the driving test, my citizenship test, the bar exam, my A-levels,
work, the olympiad, a presentation, moving abroad, the entrance exam, my new job, the certificate, school, the B1 test, fun
""")


def teach(talk):
    """`tutor.start`."""
    topic, said_topic = things.unarticled(talk, things.topic(talk))
    level = goal = None
    adjective, tail, x = "", "", ""
    if talk.chance(0.4):
        level = talk.pick(("beginner", "beginner", "intermediate", "advanced"))
        r = talk.rng.random()
        if r < 0.25 and level != "intermediate":
            adjective = x = {"beginner": "basic ", "advanced": "advanced "}[level]
            if level == "beginner":
                adjective = x = "beginner "
        else:
            clause = talk.pick(_LEVELS[level])
            tail = clause if clause.startswith(",") else " " + clause
    if talk.chance(0.3):
        text = talk.pick(_GOALS) if talk.chance(0.7) else f"the {made_up.odd(talk)} {talk.pick(('exam', 'test', 'interview', 'course'))}"
        goal, said_goal = things.unarticled(talk, text)
        tail += f" for {said_goal}" if not tail.startswith(",") else f", for {said_goal}"
    mode, table = ("do", _TEACH) if talk.chance(0.68) else ("say", _TEACH_SAID)
    sentence = table.say(talk, t=said_topic, l=adjective, x=x)
    if adjective and adjective not in sentence:
        level = None
    return mode, sentence + tail, [call("tutor.start", topic=topic, level=level, goal=goal)]


_QUIZ = Phrases("""
quiz me (on|about) {t}
quiz me (on|about) {t}
test me on {t}
test my (knowledge of|understanding of) {t}
ask me {n} about {t}
ask me {n} on {t}
give me {n} (on|about) {t}
give me a quiz (on|about) {t}
start a quiz on {t}
examine me on {t}
drill me on {t}
check what I know about {t}
make a quiz (on|about) {t}
""")
_QUIZ_PLAIN = Phrases("""
quiz me
test me
give me a quiz
start a quiz
ask me {n}
give me {n}
let me review what's due
ask me what's due
quiz me on what's due
test me on what I should repeat
start my (reviews|review|repetitions)
do my flashcards with me
(go through|practise) my (cards|flashcards) with me
""")


def quiz(talk):
    """`tutor.quiz`."""
    n = talk.pick((3, 5, 5, 5, 6, 8, 10, 10, 10, 12, 15, 20, 20, 25, 30, 50)) if talk.chance(0.9) else 1 + int(talk.rng.random() * 60)
    number = f"{said(talk, n, 0.7)} question{'s' if n > 1 else ''}"
    counted = talk.chance(0.45)
    topic, said_topic = things.unarticled(talk, things.topic(talk))
    with_topic = talk.chance(0.72)
    sentence = (_QUIZ if with_topic else _QUIZ_PLAIN).say(talk, t=said_topic, n=number if counted else "some questions")
    questions = n if counted and number in sentence else None
    if counted and not questions and "due" not in sentence:
        sentence += talk.pick((f" with {number}", f", {number}", f" with {number}"))
        questions = n
    return "do", sentence, [call("tutor.quiz", topic=topic if with_topic else None, questions=questions)]


_PROGRESS = Phrases("""
how am I doing {i}
how far am I {i}
how well am I doing {i}
how('s| is) my (progress|learning) {i}
what('s| is) my (progress|level|score) {i}
am I (getting better|improving|making progress) {i}
how much have I learned {i}
where do I stand {i}
what do I still need to (learn|practise) {i}
what are my weak spots {i}
how many questions have I got right {i}
what have I learned (so far |){i}
""")
_PROGRESS_DO = Phrases("""
show (me |)my (learning |)progress {i}
tell me how I'm doing {i}
give me (a progress report|my progress|my results|my stats) {i}
show me (my results|how far I am|my weak spots) {i}
show my (learning |study |)(stats|statistics|results) {i}
""")


def progress(talk):
    """`tutor.progress`."""
    topic, tail = None, ""
    if talk.chance(0.62):
        topic, said_topic = things.unarticled(talk, things.topic(talk))
        tail = talk.pick(("in ", "with ", "in ", "on ")) + said_topic
    else:
        tail = talk.pick(("", "", "with my studies", "with learning", "in my lessons", "with my lessons"))
    mode, table = ("ask", _PROGRESS) if talk.chance(0.65) else ("do", _PROGRESS_DO)
    sentence = table.say(talk, i=tail).rstrip()
    if sentence in ("how am I doing", "how far am I", "where do I stand", "how well am I doing", "tell me how I'm doing", "what is my level"):
        sentence += " with my studies"
    return mode, sentence, [call("tutor.progress", topic=topic)]


# --- sums and units --------------------------------------------------------------------------------------------------


def _number(talk, big=0.2):
    """A number as ASCII digits and as it is said."""
    r = talk.rng.random()
    if r < big:
        n = int(talk.rng.random() * talk.pick((1000, 5000, 20000, 100000)))
    elif r < big + 0.15:
        text = f"{int(talk.rng.random() * 200)}.{1 + int(talk.rng.random() * 98)}".rstrip("0")
        text = text if not text.endswith(".") else text + "5"
        return text, said_decimal(talk, text)
    else:
        n = int(talk.rng.random() * talk.pick((13, 21, 101, 101, 300)))
    return str(n), said(talk, n, 0.3)


_TWO = {
    "+": ("{} plus {}", "{} + {}", "{} and {} added together", "the sum of {} and {}", "{} plus {}", "add {} and {}", "{}+{}"),
    "-": ("{} minus {}", "{} - {}", "{} minus {}", "{} take away {}", "{} less {}", "the difference between {} and {}", "{}-{}"),
    "*": ("{} times {}", "{} times {}", "{} x {}", "{} * {}", "{} multiplied by {}", "multiply {} by {}", "the product of {} and {}", "{}*{}"),
    "/": ("{} divided by {}", "{} / {}", "{} over {}", "divide {} by {}", "{} divided by {}", "{} ÷ {}", "{}/{}"),
}  # fmt: skip
_ASKS = Phrases("""
what('s| is) {e}
what('s| is) {e}
how much is {e}
what does {e} (make|equal|give|come to)
what do you get for {e}
{e} equals what
what's the answer to {e}
""")
_ASKS_DO = Phrases("""
calculate {e}
work out {e}
compute {e}
tell me (what {e} is|{e})
solve {e}
evaluate {e}
figure out {e}
give me {e}
""")


def calculate(talk):
    """`math.calculate`."""
    expression, text = _expression(talk)
    verb_first = text.startswith(("add ", "multiply ", "divide ", "subtract ", "take ", "split ", "square ", "double ", "halve "))
    if verb_first:
        return "do", text, [call("math.calculate", expression=expression)]
    r = talk.rng.random()
    if r < 0.18:
        return "note", text + talk.pick(("", " =", "", "=" if not talk.spoken else "")), [call("math.calculate", expression=expression)]
    if r < 0.64:
        return "ask", _ASKS.say(talk, e=text), [call("math.calculate", expression=expression)]
    return "do", _ASKS_DO.say(talk, e=text), [call("math.calculate", expression=expression)]


def _expression(talk):
    r = talk.rng.random()
    if r < 0.48:
        a, a_said = _number(talk)
        b, b_said = _number(talk, 0.1)
        op = talk.pick("++--**//*")
        b, b_said = ("7", said(talk, 7)) if op == "/" and float(b) == 0 else (b, b_said)
        form = talk.pick([f for f in _TWO[op] if not talk.spoken or not any(c in f for c in "+-*/÷")])
        if talk.spoken and form == "{} x {}":
            form = "{} times {}"
        if op == "-" and talk.chance(0.1):
            return f"{a}-{b}", f"subtract {b_said} from {a_said}"
        return f"{a}{op}{b}", form.format(a_said, b_said)
    if r < 0.66:
        return _percent(talk)
    if r < 0.78:
        return _root_or_power(talk)
    if r < 0.92:
        return _chain(talk)
    return _share(talk)


def _percent(talk):
    p = talk.pick((5, 8, 10, 12, 15, 15, 18, 20, 20, 25, 30, 40, 50, 60, 75, 7.5, 2.5, 19, 7.7, 8.1, 3, 1, 33, 110, 200))
    n, n_said = _number(talk, 0.35)
    p_text = said_decimal(talk, f"{p:g}")
    percent = p_text + talk.pick((" percent", "%", " per cent", "%") if not talk.spoken else (" percent", " per cent"))
    money_said = n_said if talk.spoken or talk.chance(0.7) else talk.pick((f"${n_said}", f"£{n_said}", f"€{n_said}", f"{n_said} dollars", f"{n_said} euros"))
    fraction = f"{p / 100:g}"
    r = talk.rng.random()
    if r < 0.62:
        return f"{fraction}*{n}", talk.pick((f"{percent} of {money_said}", f"{percent} of {money_said}"))
    if r < 0.76:
        return f"{n}*(1-{fraction})", talk.pick((f"{percent} off {money_said}", f"{money_said} minus {percent}", f"{money_said} less {percent}"))
    if r < 0.9:
        return f"{n}*(1+{fraction})", talk.pick((f"{money_said} plus {percent}", f"{money_said} with {percent} on top", f"{money_said} plus {percent} tax"))
    return f"{fraction}*{n}", talk.pick((f"a {percent} tip on {money_said}", f"the tip on {money_said} at {percent}", f"{percent} tip on {money_said}"))


def _root_or_power(talk):
    n, n_said = _number(talk, 0.15)
    r = talk.rng.random()
    if r < 0.4:
        return f"sqrt({n})", talk.pick((f"the square root of {n_said}", f"square root of {n_said}", f"root of {n_said}", f"the root of {n_said}"))
    if r < 0.7:
        return f"{n}^2", talk.pick((f"{n_said} squared", f"the square of {n_said}", f"{n_said} to the power of {'two' if talk.spoken else '2'}"))
    if r < 0.82:
        return f"{n}^3", talk.pick((f"{n_said} cubed", f"the cube of {n_said}"))
    p = 2 + int(talk.rng.random() * 10)
    return f"{n}^{p}", talk.pick((f"{n_said} to the power of {said(talk, p)}", f"{n_said} to the power {said(talk, p)}")) if talk.spoken else talk.pick((f"{n_said}^{p}", f"{n_said} to the power of {p}"))


_SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}


def _chain(talk):
    """Three or four numbers, in signs or in words, maybe with brackets."""
    count = talk.pick((3, 3, 3, 4))
    numbers = [_number(talk, 0.1) for _ in range(count)]
    ops = [talk.pick("++-*") for _ in range(count - 1)]
    expression = numbers[0][0] + "".join(op + n for op, (n, _) in zip(ops, numbers[1:]))
    if not talk.spoken and talk.chance(0.55):
        gap = talk.pick((" ", " ", ""))
        if talk.chance(0.4):
            expression = f"({numbers[0][0]}{ops[0]}{numbers[1][0]})*{numbers[2][0]}"
            return expression, expression.replace("+", f"{gap}+{gap}").replace("-", f"{gap}-{gap}").replace("*", f"{gap}{talk.pick('*x×')}{gap}")
        return expression, numbers[0][0] + "".join(f"{gap}{op}{gap}{n}" for op, (n, _) in zip(ops, numbers[1:]))
    return expression, numbers[0][1] + "".join(f" {_SIGNS[op]} {said_n}" for op, (_, said_n) in zip(ops, numbers[1:]))


def _share(talk):
    a, a_said = _number(talk, 0.5)
    b = 2 + int(talk.rng.random() * 9)
    r = talk.rng.random()
    if r < 0.4:
        return f"{a}/{b}", talk.pick((f"split {a_said} between {said(talk, b, 0.6)} people", f"split {a_said} {said(talk, b, 0.6)} ways", f"divide {a_said} among {said(talk, b, 0.6)}"))
    if r < 0.7:
        return f"{a}/2", talk.pick((f"half of {a_said}", f"halve {a_said}", f"a half of {a_said}"))
    if r < 0.85:
        return f"2*{a}", talk.pick((f"double {a_said}", f"twice {a_said}", f"two times {a_said}"))
    return f"{a}/3", talk.pick((f"a third of {a_said}", f"one third of {a_said}"))


_UNITS = (
    ("kilometers|kilometres|km|kilometer", "miles|mile|mi", "meters|metres|m", "feet|ft|foot", "yards", "inches|inch|in", "centimeters|centimetres|cm", "millimeters|mm", "nautical miles", "light years"),
    ("kilograms|kilos|kg|kilo", "pounds|lbs|lb|pound", "ounces|oz|ounce", "grams|g|gram", "stone|stones", "tons|tonnes", "milligrams|mg"),
    ("liters|litres|l|liter", "gallons|gallon", "cups|cup", "pints|pint", "fluid ounces|fl oz", "tablespoons|tbsp", "teaspoons|tsp", "milliliters|ml", "quarts|quart", "deciliters|dl"),
    ("celsius|degrees celsius|C|°C", "fahrenheit|degrees fahrenheit|F|°F", "kelvin"),
    ("hours|hour", "minutes|minute", "seconds", "days", "weeks", "years"),
    ("square meters|m2|square metres", "square feet|sq ft", "acres", "hectares|ha", "square kilometers"),
    ("km/h|kmh|kilometers per hour", "mph|miles per hour", "knots", "m/s|meters per second"),
    ("megabytes|MB", "gigabytes|GB", "kilobytes|KB", "terabytes|TB", "bytes", "bits"),
    ("bar", "psi", "pascals"), ("joules", "calories|kcal", "kilowatt hours|kWh"), ("horsepower|hp", "kilowatts|kW", "watts"), ("degrees", "radians"),
)  # fmt: skip
_CONVERT = Phrases("""
convert {n} {a} (to|into|in) {b}
convert {n} {a} (to|into) {b}
change {n} {a} (to|into) {b}
turn {n} {a} into {b}
express {n} {a} in {b}
(give|tell) me {n} {a} in {b}
work out {n} {a} in {b}
""")
_CONVERT_ASK = Phrases("""
what('s| is) {n} {a} in {b}
how many {b} (are|is) (in |){n} {a}
how many {b} (are there |)in {n} {a}
how much is {n} {a} in {b}
how many {b} (make|is|make up) {n} {a}
what are {n} {a} in {b}
{n} {a} is how many {b}
what('s| is) the (total |)(number|amount) of {b} in {n} {a}
what would {n} {a} be in {b}
{n} {a} (equals|is equal to|equal|are equal to) how many {b}
(tell me|I need to know) how many {b} (are|there are) in {n} {a}
if I have {n} {a}, how many {b} is that
what's the equivalent of {n} {a} in {b}
how many {b} are (equivalent|equal) to {n} {a}
how long is {n} {a} in {b}
""".replace("how long is {n} {a} in {b}\n", ""))
_CONVERT_NOTE = Phrases("""
{n} {a} in {b}
{n} {a} to {b}
{n} {a} = ? {b}
{n} {a} into {b}
""")
_MADE = words("smoots, furlongs, cubits, fathoms, bushels, barrels, parsecs, carats, leagues, rods, chains, pecks, drams, grains, hogsheads")


def convert(talk):
    """`units.convert`."""
    group = talk.pick(_UNITS[:5] * 3 + _UNITS)
    a, b = talk.rng.sample(range(len(group)), 2)
    source, target = talk.pick(group[a].split("|")), talk.pick(group[b].split("|"))
    if talk.chance(0.05):
        source = talk.pick(_MADE)
    if talk.spoken:
        source, target = group[a].split("|")[0], group[b].split("|")[0]
    r = talk.rng.random()
    if r < 0.62:
        n = talk.pick((1, 2, 3, 5, 8, 10, 12, 20, 25, 30, 40, 50, 60, 75, 100, 120, 150, 200, 250, 350, 500, 1000, 1500))
        n = n if talk.chance(0.7) else 1 + int(talk.rng.random() * 500)
        amount, number = n, said(talk, n, 0.4)
    elif r < 0.88:
        text = f"{int(talk.rng.random() * 90)}.{1 + int(talk.rng.random() * 9)}"
        amount, number = float(text), said_decimal(talk, text)
    else:
        amount, number = talk.pick(((0.5, "half a"), (1, "a"), (1, "one"), (1.5, "one and a half"), (2.5, "two and a half"), (0.25, "a quarter of a"), (12, "a dozen")))
        if number.endswith("a"):
            source = group[a].split("|")[-1] if len(group[a].split("|")[-1]) > 3 else source.rstrip("s")
            if source[:1] in "aeio" and number == "a":
                number = "an"
    source, target = talk.mark(source), talk.mark(target)
    r = talk.rng.random()
    mode, table = ("do", _CONVERT) if r < 0.42 else ("ask", _CONVERT_ASK) if r < 0.84 else ("note", _CONVERT_NOTE)
    sentence = table.say(talk, n=number, a=source, b=target)
    if talk.style == "chat" and talk.chance(0.15) and number.isdigit():
        sentence = sentence.replace(f"{number} {source}", f"{number}{source}")
    return mode, sentence, [call("units.convert", amount=amount, **{"from": source}, to=target)]


# --- the time --------------------------------------------------------------------------------------------------------

_TIME = Phrases("""
what time is it{p}
what time is it{p}
what('s| is) the time{p}
what('s| is) the (current |local |exact )time{p}
how late is it{p}
what('s| is) the clock say{p}
what time do we have
do you have the time
have you got the time
what time is it (now|right now|at the moment){p}
""".replace("what('s| is) the clock say{p}\n", "what does the clock say{p}\n"))
_TIME_DO = Phrases("""
tell me the (time|current time|exact time){p}
tell me what time it is{p}
give me the (current |)time{p}
show me the (time|clock){p}
(current |local |)time{p}
check the time{p}
""")
_DATE = Phrases("""
what('s| is) (the date|today's date|the date today){p}
what('s| is) the (current |)date{p}
what day is (it|today){p}
what day of the week is it{p}
which day is (it|today){p}
what month is it
what year is it
what('s| is) today
what date (is it|do we have){p}
is (today|it) (monday|tuesday|wednesday|thursday|friday|saturday|sunday)(| today)
what day of the week (are we on|is today)
which (month|year|week) (is it|are we in)
""")
_DATE_DO = Phrases("""
tell me (the date|today's date|what day it is|the date today){p}
give me (the date|today's date){p}
today's date
(date|current date){p}
show me (today's date|the date)
""")
_BOTH = Phrases("""
what('s| is) the (date and time|time and date|date and the time){p}
what day and time is it{p}
tell me the (date and time|time and date|date and the time){p}
give me (the time and the date|date and time){p}
(date and time|time and date){p}
what time and day is it{p}
""")


def now(talk):
    """`time.now`."""
    place = None
    p = ""
    what = talk.pick(("time",) * 10 + ("date",) * 6 + ("both", "both"))
    if talk.chance({"time": 0.58, "date": 0.14, "both": 0.3}[what]):
        bare = things.city(talk) if talk.chance(0.7) else talk.pick(things.REGIONS)
        place, said_place = things.unarticled(talk, bare)
        p = talk.pick((" in ", " in ", " in ", " over in ")) + said_place
        if talk.chance(0.12):
            place = talk.mark(talk.pick(("Eastern", "Pacific", "Central European", "mountain", "Indian", "Japanese", "Greenwich", "eastern standard")))
            p = f" in {place} {talk.pick(('time', 'time zone', 'timezone'))}"
    tables = {"time": (_TIME, _TIME_DO), "date": (_DATE, _DATE_DO), "both": (_BOTH, _BOTH)}[what]
    question = talk.chance(0.7)
    sentence = tables[0 if question else 1].say(talk, p=p)
    if p and p not in sentence:
        place = None
    first = sentence.split(" ")[0]
    mode = "do" if first in ("tell", "give", "show", "check") else "ask" if first in ("what", "what's", "how", "do", "have", "which") else "note"
    return mode, sentence, [call("time.now", place=place, what=what)]


# --- code, videos, models --------------------------------------------------------------------------------------------

_FIX = Phrases("""
fix (the |my |)(failing tests|failing test|broken tests|tests) (in|of|under) {p}
fix (the (project|code|bug|build|repo)|my (project|code)|the bugs) (in|at|under) {p}
repair (the project|my code|the code|the tests) (in|at|under) {p}
make the tests (pass|green) (in|of|under|for) {p}
get (the |my |)tests (to pass|green|passing) in {p}
debug (the project|the code|my code) (in|at) {p}
fix {p}
find (and fix |)(the bug|what's wrong) in {p}
sort out the failing tests in {p}
""")
_FIX_BARE = Phrases("""
fix my (code|project|program|tests)
fix (the |my )(failing tests|broken tests|failing test|build|bug in my project)
repair my (project|code|program)
make (the |my |)tests (pass|green)
get the tests (passing|green|to pass)
(debug|fix) the project
find the bug in my (code|project)
""")
_FIX_SAID = Phrases("""
(my|the) tests (in|under) {p} (fail|are failing|are red|don't pass|are broken)(|, fix them|, can you fix that|, please fix it)
something is broken in {p}, (fix it|repair it)
{p} (fails|is broken|doesn't pass its tests)(, fix it|, repair it)
""")
_COMMANDS = words("""
cargo test, pytest, npm test, go test ./..., make test, make check, python -m pytest, yarn test, mvn test, ./run_tests.sh, tox, rspec,
cargo nextest run, python -m unittest, pytest -x, npm run test, gradle test, dotnet test, ctest, mix test, bundle exec rspec, deno test,
pytest tests/, cargo test --all, just test, bazel test //..., phpunit, swift test, stack test, nose2, jest, vitest run, pnpm test
""")


def fix(talk):
    """`code.fix`."""
    path = command = None
    tail = ""
    if talk.chance(0.28):
        command = talk.mark(talk.pick(_COMMANDS) if talk.chance(0.75) else f"./{made_up.identifier(talk)}.sh")
        tail = talk.pick((f", run them with {command}", f" using {command}", f" with {command}", f", the test command is {command}", f", test with {command}"))
    if talk.chance(0.7):
        path = talk.mark(made_up.path(talk))
        said_path = talk.pick((path, path, f"the {path} folder" if "/" not in path and "." not in path else path))
        if talk.chance(0.2):
            return "say", _FIX_SAID.say(talk, p=said_path) + tail, [call("code.fix", path=path, test_command=command)]
        return "do", _FIX.say(talk, p=said_path) + tail, [call("code.fix", path=path, test_command=command)]
    if talk.chance(0.15):
        return "say", talk.pick(("my tests fail", "the tests are failing", "my build is broken", "my tests are red", "my code doesn't work any more")) + tail, [call("code.fix", test_command=command)]
    return "do", _FIX_BARE.say(talk) + tail, [call("code.fix", test_command=command)]


_TESTS = Phrases("""
write tests for {x}
write (the |)(missing |unit |)tests for {x}
write (some |)(unit |)tests for {x}
add (unit |missing |)tests (for|to) {x}
create (unit |)tests for {x}
cover {x} with tests
generate (unit |)tests for {x}
test {x} with unit tests
add test coverage (for|to) {x}
write the tests that are missing (for|in) {x}
""")
_TESTS_BARE = Phrases("""
write (the missing|missing|some|unit|more) tests
add (missing|unit|more) tests
write tests for my (code|project|program)
write the tests that are missing
generate unit tests
cover my code with tests
add test coverage to my project
""")


def write_tests(talk):
    """`code.write_tests`."""
    path = function = None
    r = talk.rng.random()
    if r < 0.4:
        path = talk.mark(made_up.path(talk))
        said_x = path
    elif r < 0.68:
        function = talk.mark(made_up.function(talk))
        said_x = talk.pick((f"the function {function}", f"{function}", f"the {function} function", f"my {function} function", f"the method {function}"))
    elif r < 0.86:
        path, function = talk.mark(made_up.path(talk, file=True)), talk.mark(made_up.function(talk))
        said_x = talk.pick((f"{function} in {path}", f"the function {function} in {path}", f"the {function} function in {path}"))
    else:
        return "do", _TESTS_BARE.say(talk), [call("code.write_tests")]
    if talk.chance(0.1):
        return "say", f"{said_x} (has no tests|needs tests), write (them|some)".replace("(has no tests|needs tests)", talk.pick(("has no tests", "needs tests"))).replace("(them|some)", talk.pick(("them", "some"))), [call("code.write_tests", path=path, function=function)]
    return "do", _TESTS.say(talk, x=said_x), [call("code.write_tests", path=path, function=function)]


_VIDEO = Phrases("""
(make|create|generate|render|produce) a {k}(video|clip|short video|movie clip) of {v}{t}
(make|create|generate) (me |)a {k}(video|clip) (of|with|showing|about) {v}{t}
(make|create|generate) a {k}(video|clip) (where|in which) {w}{t}
turn this into a video(:|,) {v}{t}
animate {v}{t}
film {v}{t}
video of {v}{t}
show me a {k}video of {v}{t}
""".replace("film {v}{t}\n", ""))
_SUBJECTS = words("""
a cat, a red fox, an old lighthouse, two dancers, a paper boat, a robot, a steam train, a whale, a glass city, a hummingbird, a dragon,
a snowy village, waves, a burning candle, a hot air balloon, a busy market, clouds, a deer, an astronaut, a goldfish, a tram, a sunflower,
three penguins, a wooden puppet, a storm, an orchestra of frogs, a bicycle, a knight, a waterfall, an owl, dominoes, a neon street
""")
_DOING = words("""
jumping over a fence, at sunset, in the rain, dancing in the kitchen, drifting down a river, eating noodles, playing chess, in slow motion,
under a full moon, on the beach, flying over mountains, reading a newspaper, in a snowstorm, crossing a bridge, made of paper, in space,
baking bread, on a skateboard, in an empty museum, waking up, in the style of an old film, growing in fast motion, walking through fog
""")


def video(talk):
    """`video.create`."""
    subject = talk.pick(_SUBJECTS) if talk.chance(0.65) else f"a {made_up.odd(talk)}"
    scene = prose.matter(talk) if talk.chance(0.3) else " ".join([subject] + talk.rng.sample(_DOING, talk.pick((1,) * 13 + (0, 0, 0, 2, 2))))
    clause = f"{subject} {talk.pick(('jumps over a fence', 'dances in the rain', 'floats through space', 'learns to swim', 'opens a door', 'meets a ' + made_up.odd(talk)))}"
    seconds = size = None
    k, tail = "", ""
    if talk.chance(0.45):
        n = talk.pick((2, 3, 4, 5, 5, 6, 8, 10, 10, 12, 15, 20, 30, 60))
        seconds = n
        if talk.chance(0.5):
            k = f"{said(talk, n, 0.4)}{talk.pick((' second ', '-second ', ' sec ')) if not talk.spoken else ' second '}"
        else:
            tail = talk.pick((f", {said(talk, n, 0.4)} seconds", f", {said(talk, n)} seconds long", f" lasting {said(talk, n, 0.4)} seconds", f" for {said(talk, n)} seconds"))
    if talk.chance(0.25):
        bare = talk.pick(("1280x720", "1920x1080", "640x480", "512x512", "square", "portrait", "landscape", "720p", "1080p", "9:16", "4k", "480x832", "16:9", "vertical"))
        if talk.spoken and bare[0].isdigit():
            bare = talk.pick(("square", "portrait", "landscape", "vertical"))
        size = talk.mark(bare)
        tail += talk.pick((f", {size}", f" in {size}", f", size {size}")) if bare[0].isdigit() or ":" in bare else talk.pick((f" in {size} format", f", {size}"))
    prompt, where = talk.mark(scene), talk.mark(clause)
    sentence = _VIDEO.say(talk, k=k, v=prompt, w=where, t=tail)
    if k and k not in sentence:
        sentence += f", {k.strip().replace('-', ' ')}s"
    argument = where if where in sentence else prompt
    sentence = _an(sentence)
    return ("note" if sentence.startswith("video") else "do"), sentence, [call("video.create", prompt=argument, seconds=seconds, size=size)]


_MODEL = Phrases("""
(add|download|install|get|fetch|pull|load) (the model |){m}
(add|install|use|get|download) {m} as (my|the) (larger |bigger |)model
(switch to|upgrade to|move to) {m}
add the {m} model
set up {m}
(download|install) the {m} model
""")
_MODEL_BARE = Phrases("""
(add|download|install|get|use|set up) a (larger|bigger|better|smarter|stronger|more capable) model
(add|install|get|download) (a new|another|some other) model
give yourself a bigger (brain|model)
upgrade (the model|yourself|your model)
how do I (add|get|install) a (larger|bigger|better) model
I want a (larger|bigger|smarter|better) model
I need a (smarter|bigger|larger) model
what models can I (add|install|download)
can you use a (larger|bigger|better) model
make yourself smarter
""")
_FAMILIES = words("Llama, Qwen, Mistral, Gemma, Phi, Falcon, OLMo, SmolLM, DeepSeek, Mixtral, Granite, Yi, StableLM, Apertus, Command R, Pythia, Nemotron")


def model(talk):
    """`models.add`."""
    if talk.chance(0.42):
        sentence = _MODEL_BARE.say(talk)
        first = sentence.split(" ")[0]
        return ("say" if first == "I" else "ask" if first in ("how", "what", "can") else "do"), sentence, [call("models.add")]
    family = talk.pick(_FAMILIES) if talk.chance(0.7) else made_up.capital_word(talk)
    size = talk.pick((1, 3, 4, 7, 8, 13, 14, 27, 32, 70))
    if talk.spoken:
        bare = talk.pick((family, f"{family} {cardinal(1 + int(talk.rng.random() * 4))}", f"{family} {cardinal(size)} b"))
    else:
        bare = talk.pick((family, f"{family} {1 + int(talk.rng.random() * 4)}", f"{family}-{1 + int(talk.rng.random() * 4)}-{size}B", f"{family} {size}B",
                          f"{family.lower()}{talk.pick(('2', '3', ''))}:{size}b", f"{made_up.word(talk)}/{family}-{size}B-GGUF", f"{family} {1 + int(talk.rng.random() * 4)} {size}B Instruct"))  # fmt: skip
    name = talk.mark(bare)
    return "do", _MODEL.say(talk, m=name), [call("models.add", name=name)]
