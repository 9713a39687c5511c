"""What stands around a request, and what noise does to English."""

import re

from machine.phrases import words

_POLITE = (
    ["please "] * 9 + ["can you "] * 10 + ["could you "] * 7 + ["could you please "] * 4 + ["can you please "] * 4 + ["would you "] * 2
    + ["will you ", "would you please ", "please can you ", "please could you ", "I want you to ", "I'd like you to ", "I need you to ",
       "I would like you to ", "go ahead and ", "go ahead and ", "just ", "kindly ", "do me a favour and ", "be so kind and ",
       "you should ", "let's ", "maybe you can ", "can u ", "pls ", "help me and ", "quickly ", "now ", "next, ", "if you can, ", "I want to ",
       "would it be possible to ", "is it possible to ", "I need to ", "I'd like to "]
)  # fmt: skip
_OPEN = ["hey, ", "hey ", "hi, ", "hello, ", "ok, ", "okay ", "so ", "so, ", "um, ", "uh ", "hey freehold, ", "freehold, ", "ok freehold ",
         "hi there, ", "alright, ", "right, ", "oh, ", "well, ", "yo ", "hey assistant ", "computer, ", "good morning, ", "listen, ", "actually "]  # fmt: skip
_CLOSE = [" please"] * 7 + [", please"] * 3 + [", thanks"] * 3 + [" thanks"] * 3 + [", thank you"] * 2 + [" thank you", " thx", ", ok", " if you can",
          ", will you", ", would you", ", cheers", ". thanks", ". thank you", " pls", ", that would be great", ", if possible"]  # fmt: skip
_ASK_CLOSE = [" please"] * 3 + [", please", " thanks", ", do you know"]
_NOT_VERBS = set("""alarm timer no task todo new directions route date reminder on to current local time today's countdown calendar note fyi tasks
video stop the my quit something""".split())
_FROM_ME = ("I want to ", "I need to ", "I'd like to ", "would it be possible to ", "is it possible to ", "let's ")
_OURS = re.compile(r"\b(me|my|you|your|tell|give|show|remind|wake|let|make sure|don't)\b")

_ARTICLE = re.compile(r"(?i)(?<![^\s\"'(,])(?:the|an?|my|our|your|his|her|their|this|these|those) $")
_ARTICLE_OF_OTHERS = re.compile(r"(?i)(?<![^\s\"'(,])(?:the|an?|his|her|their|this|these|those) $")
AS_SAID = {
    argument: _ARTICLE
    for argument in """
        calendar.create_event.people calendar.create_event.location calendar.list_events.people calendar.find_time.people
        reminder.set.text document.draft.to document.draft.about document.draft.facts mail.draft.to mail.draft.subject mail.draft.body
        mail.draft.reply_to mail.search.from mail.search.query contact.find.name contact.add.name contact.add.address travel.plan_trip.to
        travel.plan_trip.from travel.plan_trip.interests travel.route.from travel.route.to tutor.start.topic tutor.start.goal tutor.quiz.topic
        tutor.progress.topic time.now.place video.create.prompt
    """.split()
} | {"document.search.query": _ARTICLE_OF_OTHERS, "note.search.query": _ARTICLE_OF_OTHERS}  # fmt: skip
"""Arguments that begin with their article or pronoun when one is said. Of what is searched for, it is understood that it is
one's own."""

JOINTS = (" and ",) * 8 + (", and ", " and then ", " and also ", ", then ", ", also ", " and after that ", ". also ", ". and ", " plus ", "; ", ". ",
          ", and also ", " and please ", " and ", ". then ", " then ", ", ", " and ")  # fmt: skip


def wrap(talk, mode, text):
    """`text` with an opener, politeness and a closer, as its mode allows."""
    random = talk.rng.random
    if mode == "talk":
        return text
    before = after = ""
    if mode == "do" and random() < 0.5 and text.split(" ", 1)[0].rstrip(":,") not in _NOT_VERBS and text[:2] != "I " and not "\ue000" <= text[0] <= "\ue7ff":
        before = talk.pick(_POLITE)
        if before in _FROM_ME and _OURS.search(text):
            before = "please "
        if text.startswith("don't") and before not in ("please ", "pls "):
            before = ""
    if random() < (0.03 if mode == "note" else 0.13):
        before = talk.pick(_OPEN) + before
    if random() < (0.02 if mode == "note" else 0.16):
        after = talk.pick(_ASK_CLOSE if mode == "ask" else _CLOSE)
        if before.rstrip().endswith(("please", "pls")) and "lease" in after:
            after = ""
    return before + text + after


NOISE = {
    "question": re.compile(
        r"(hey,? |so,? |ok,? |um,? |hi,? |hello,? )?(what|when|where|who|why|how|which|is|are|am|do|does|did|can|could|would|will|have|has|any|may|should)\b"
    ),
    "fillers": ("um", "uh", "er", "like", "you know", "so", "well", "hmm", "erm", "ah"),
    "short": {
        "please": ("pls", "plz"), "you": ("u",), "your": ("ur",), "and": ("&", "n", "and"), "are": ("r", "are"),
        "thanks": ("thx", "ty"), "because": ("cuz", "bc"), "with": ("w/", "with", "with"), "about": ("abt",), "minutes": ("mins", "min"),
        "appointment": ("appt",), "today": ("2day", "today"), "okay": ("ok", "k"), "message": ("msg",), "number": ("nr", "no."),
        "calendar": ("cal", "calendar"), "tonight": ("tonite", "2nite"), "before": ("b4",),
        "what's": ("whats",), "i'm": ("im",), "don't": ("dont",), "can't": ("cant",), "it's": ("its",), "i'd": ("id",), "let's": ("lets",),
        "i've": ("ive",), "hours": ("hrs",), "email": ("mail", "e-mail"), "the": ("the", "the", "teh"), "something": ("smth", "sth"),
    },
    "misspelt": {
        "tomorrow": ("tommorow", "tomorow", "tommorrow"), "wednesday": ("wensday", "wednsday"), "appointment": ("apointment", "appointmnt"),
        "calendar": ("calender", "calandar"), "remind": ("remnid", "reminde"), "reminder": ("remider", "remindr"), "meeting": ("meting", "meeeting"),
        "schedule": ("shedule", "schedul"), "february": ("febuary",), "tuesday": ("tuseday", "teusday"), "thursday": ("thrusday", "thusday"),
        "saturday": ("saterday", "satuday"), "dentist": ("dentsit",), "birthday": ("birtday", "bithday"), "minutes": ("mintues", "minuts"),
        "restaurant": ("resturant", "restaraunt"), "please": ("plese", "pleas"), "cancel": ("cancle",), "document": ("docuement",),
        "tonight": ("tonigth",), "friday": ("firday", "fryday"), "weekend": ("weeknd", "wekend"), "receive": ("recieve",), "weather": ("wether",),
        "definitely": ("definately",), "separate": ("seperate",), "address": ("adress",), "grocery": ("grocerry", "grocry"), "alarm": ("alram",),
    },
    "keep": frozenset(words("""
        today, tonight, three, four, five, seven, eight, nine, eleven, twelve, thirteen, fourteen, fifteen, sixteen, seventeen, eighteen, nineteen, twenty,
        thirty, forty, fifty, sixty, seventy, eighty, ninety, hundred, thousand, third, first, second, fourth, fifth, sixth, seventh, eighth,
        ninth, tenth, half, quarter, june, july, point, past, noon, plus, minus, times, percent
    """)),
}  # fmt: skip
