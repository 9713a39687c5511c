"""Days: each as the expression of the schema and one of the many ways to say it."""

from .numbers import cardinal, ordinal, said, suffixed

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "january february march april may june july august september october november december".split()
LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SHORT_DAYS = ("mon", "tue|tues", "wed|weds", "thu|thur|thurs", "fri", "sat", "sun")
_SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep|Sept", "Oct", "Nov", "Dec")
NAMED = """easter|christmas eve|christmas day|christmas|boxing day|new year's eve|new year's day|easter sunday|easter monday
good friday|halloween|valentine's day|mother's day|father's day|thanksgiving|independence day|st patrick's day|midsummer
eid|diwali|hanukkah|passover|labour day|labor day|memorial day|bonfire night|pancake day|ash wednesday|palm sunday
epiphany|all saints' day|chinese new year|lunar new year|nowruz|holi|yom kippur|rosh hashanah|bastille day|whit monday
ascension day|australia day|canada day|burns night|shrove tuesday|twelfth night|martin luther king day|veterans day
black friday|cyber monday|groundhog day|april fools' day|pentecost|candlemas|ramadan|vesak|st david's day|may day
remembrance day|presidents' day|columbus day|juneteenth|corpus christi|st nicholas day|kwanzaa|purim|sukkot|songkran
tet|obon|lag b'omer|st andrew's day|trafalgar day|the winter solstice|the summer solstice""".replace("\n", "|").split("|")


def weekday_name(talk, n, plural=False):
    if not plural and talk.style in ("chat", "lower") and talk.chance(0.2):
        short = talk.pick(_SHORT_DAYS[n].split("|"))
        return short.capitalize() if talk.chance(0.3) else short
    name = WEEKDAYS[n].capitalize()
    return name + "s" if plural else name


def month_name(talk, m):
    if not talk.spoken and talk.chance(0.22):
        return talk.pick(_SHORT_MONTHS[m - 1].split("|"))
    return MONTHS[m - 1].capitalize()


def relative(talk):
    r = talk.rng.random()
    if r < 0.55:
        if talk.style == "chat" and talk.chance(0.4):
            return {"rel": "tomorrow"}, talk.pick(("tmrw", "tmr", "tomoz", "2moro", "tomorow", "tommorow"))
        return {"rel": "tomorrow"}, "tomorrow"
    if r < 0.8:
        return {"rel": "today"}, "today"
    text = talk.pick(("the day after tomorrow",) * 5 + ("day after tomorrow", "overmorrow", "the day after tmrw"))
    return {"rel": "day_after_tomorrow"}, text


def weekday(talk, n=None, week=None):
    n = int(talk.rng.random() * 7) if n is None else n
    if week is None:
        week = talk.pick((0,) * 12 + (1,) * 8 + (2, 2, 3, 4))
    name = weekday_name(talk, n)
    return {"weekday": WEEKDAYS[n], "week": week}, _weekday_said(talk, name, week)


def _weekday_said(talk, name, week):
    if week == 0:
        return talk.pick(
            (f"on {name}",) * 8
            + (name, name, f"this {name}", f"this {name}", f"this coming {name}", f"this coming {name}")
            + (f"the coming {name}", f"coming {name}", f"on the coming {name}", f"on {name} this week")
        )
    if week == 1:
        return talk.pick(
            (f"next {name}",) * 6
            + (f"{name} week", f"{name} week", f"on {name} week", f"a week on {name}", f"a week on {name}")
            + (f"a week from {name}", f"{name} next week", f"on {name} next week", f"next week {name}")
            + (f"next week on {name}", f"week on {name}", f"on {name} of next week", f"a week this {name}")
        )
    if week == 2:
        fortnight = (f"a fortnight on {name}", f"{name} fortnight", f"the {name} after next", f"two weeks on {name}")
        return talk.pick(fortnight + (f"two weeks from {name}", f"2 weeks on {name}", f"the {name} after next"))
    weeks = said(talk, week, 0.7)
    return talk.pick((f"{weeks} weeks on {name}", f"{weeks} weeks from {name}", f"{weeks} weeks from this {name}"))


def month_day(talk, month=None, year_chance=0.08):
    m = month or 1 + int(talk.rng.random() * 12)
    d = 1 + int(talk.rng.random() * LENGTHS[m - 1])
    expression = {"month": m, "day": d}
    if talk.chance(year_chance):
        expression["year"] = 2024 + int(talk.rng.random() * 9)
    return expression, say_month_day(talk, expression)


def say_month_day(talk, expression):
    m, d, y = expression["month"], expression["day"], expression.get("year")
    if not talk.spoken and talk.chance(0.12) and (d > 12 or d == m):
        return _in_figures(talk, d, m, y)
    name = month_name(talk, m)
    if talk.spoken:
        day = ordinal(d) if talk.chance(0.88) else cardinal(d)
        forms = (f"the {ordinal(d)} of {name}", f"{name} {day}", f"{name} the {ordinal(d)}", f"{day} {name}")
        forms += (f"{ordinal(d)} of {name}", f"{name} {day}")
    else:
        forms = (f"{d} {name}", f"{suffixed(d)} {name}", f"the {suffixed(d)} of {name}", f"{suffixed(d)} of {name}")
        forms += (f"{name} {d}", f"{name} {suffixed(d)}", f"{name} the {suffixed(d)}", f"the {ordinal(d)} of {name}")
    text = talk.pick(forms)
    if talk.chance(0.08) and talk.style != "speech" and not text.startswith("the"):
        text = "the " + text if text[0].isdigit() and "of" in text else text
    return text + (_year(talk, y) if y else "")


def _year(talk, y):
    if talk.spoken:
        spoken = ("twenty " if talk.chance(0.7) else "two thousand and ") + cardinal(y % 100)
        return " " + spoken
    return talk.pick((f" {y}", f", {y}", f" {y}"))


def _in_figures(talk, d, m, y):
    joint = talk.pick("/.-/")
    if joint == "." and not y:
        return f"{d:02}.{m:02}." if talk.chance(0.5) else f"{d}.{m}."
    if joint == "-" and not y:
        joint = "/"
    first, second = (m, d) if joint == "/" and talk.chance(0.3) else (d, m)
    pair = f"{first:02}{joint}{second:02}" if talk.chance(0.5) else f"{first}{joint}{second}"
    return pair + (f"{joint}{y}" if y else "")


def dated_weekday(talk):
    """`Tuesday the 4th of March`, `Friday 13th`: the date counts."""
    name = weekday_name(talk, int(talk.rng.random() * 7))
    if talk.chance(0.7):
        expression = {"month": (m := 1 + int(talk.rng.random() * 12)), "day": 1 + int(talk.rng.random() * LENGTHS[m - 1])}
        text = say_month_day(talk, expression)
        text = text if text[0].isalpha() or any(c.isalpha() for c in text) else suffixed(expression["day"]) + " " + MONTHS[m - 1].capitalize()
        return expression, talk.pick((f"on {name} {text}", f"{name} {text}", f"{name}, {text}"))
    expression, text = day_of_month(talk)
    return expression, talk.pick((f"on {name} {bare(text)}", f"{name} {bare(text)}"))


def day_of_month(talk):
    d = 1 + int(talk.rng.random() * 31)
    word = ordinal(d) if talk.spoken or talk.chance(0.15) else suffixed(d)
    return {"day": d}, talk.pick((f"the {word}", f"on the {word}", f"on the {word}", f"the {word}"))


def iso(talk):
    y, m = 2024 + int(talk.rng.random() * 9), 1 + int(talk.rng.random() * 12)
    text = f"{y}-{m:02}-{1 + int(talk.rng.random() * LENGTHS[m - 1]):02}"
    return {"iso": text}, text


def ahead(talk):
    unit = talk.pick(("day", "day", "week", "week", "week", "month", "month", "year"))
    n = talk.pick({"day": (2, 3, 3, 4, 5, 6, 8, 10, 12, 14, 20, 30), "week": (1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6, 8),
                   "month": (1, 1, 2, 3, 4, 6, 9), "year": (1, 1, 2, 5)}[unit])  # fmt: skip
    return {"in": n, "unit": unit}, _ahead_said(talk, n, unit)


def _ahead_said(talk, n, unit):
    if n == 1:
        article = talk.pick(("a", "a", "one"))
        options = [f"in {article} {unit}", f"in {article} {unit}", f"{article} {unit} from now"]
        options += [f"next {unit}"] * 3 + [f"in {article} {unit}'s time"]
        options += ["a week from today", "this time next week", "a week today"] if unit == "week" else []
        return talk.pick(options)
    number = said(talk, n, 0.6)
    options = [f"in {number} {unit}s"] * 3 + [f"{number} {unit}s from now", f"in {number} {unit}s' time"]
    options += [f"{number} {unit}s from today", f"in {number} {unit}s time"]
    if n == 2:
        options += [f"in a couple of {unit}s"] * 2
        if unit == "week":
            options += ["in a fortnight"] * 3 + ["a fortnight from now", "a fortnight today", "in a fortnight's time"]
    return talk.pick(options)


def named(talk):
    name = talk.pick(NAMED)
    article, bare = ("the ", name[4:]) if name.startswith("the ") else ("", name)
    if talk.chance(0.5):
        bare = bare.title().replace("'S", "'s") if talk.chance(0.8) else bare.capitalize()
    name = talk.mark(bare)
    return {"named": name}, article + name


_KINDS = (
    (relative, 30), (weekday, 44), (month_day, 22), (day_of_month, 8), (dated_weekday, 5), (ahead, 13), (named, 7), (iso, 1.5),
)  # fmt: skip
_TABLE = [kind for kind, weight in _KINDS for _ in range(int(weight * 2))]


def date(talk):
    """A day still to come and how it is said without a preposition that it does not need: `friday week`."""
    kind = talk.pick(_TABLE)
    if kind is iso and talk.spoken:
        kind = weekday
    return kind(talk)


def on(talk, expression, text):
    """The day as an adverbial: `on the 3rd of May`, `tomorrow`."""
    if text.split(" ", 1)[0].lower().rstrip(",") in _NO_PREPOSITION or "rel" in expression or "in" in expression:
        return text
    if "weekday" in expression:
        return text
    if talk.style in ("chat", "lower") and talk.chance(0.25):
        return text
    return "on " + text


_NO_PREPOSITION = {"on", "in", "next", "this", "a", "coming", "week", "two", "2"} | set(WEEKDAYS)


def bare(text):
    """Without the preposition: `friday`, as in `make it friday`."""
    return text[3:] if text.startswith("on ") else text
