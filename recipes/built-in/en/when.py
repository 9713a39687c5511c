"""Days and times together, stretches of days, lengths of time and what comes again."""

from . import clock, days
from .numbers import cardinal, said

_PART_DAYS = ("morning", "afternoon", "evening", "night")


def when(talk, kind=clock.EVENT, date=0.85, time=0.75):
    """A `when` expression with a day, a time or both, and its adverbial: `on friday at half twelve`."""
    has_date = talk.chance(date)
    has_time = talk.chance(time) or not has_date
    if not has_date:
        return at_time(talk, kind)
    if has_time and talk.chance(0.22):
        return day_part(talk, kind)
    expression, text = days.date(talk)
    text = days.on(talk, expression, text)
    if not has_time:
        return {"date": expression}, text
    clock_expression, clock_text = at_time(talk, kind)
    return {"date": expression} | clock_expression, _joined(talk, text, clock_text)


def _joined(talk, day, time):
    r = talk.rng.random()
    if r < 0.58:
        return f"{day} {time}"
    if r < 0.9:
        return f"{time} {day}"
    return f"{day}, {time}" if not talk.spoken else f"{day} {time}"


def at_time(talk, kind=clock.EVENT):
    """`at 3`, `in the evening`."""
    if kind == clock.EVENT and talk.chance(0.12):
        expression, text = clock.part(talk)
        return {"time": expression}, text
    expression, text = clock.time(talk, kind)
    return {"time": expression}, _at(talk, text) + text


def _at(talk, text):
    if talk.style in ("chat", "lower") and len(text) > 3 and any(c in text for c in ":.m'") and talk.chance(0.3):
        return ""
    return talk.pick(("at ",) * 18 + ("for ", "@ " if not talk.spoken else "at "))


def day_part(talk, kind=clock.EVENT):
    """`tomorrow evening`, `on friday morning at 10`, `tonight`."""
    r = talk.rng.random()
    part = talk.pick(_PART_DAYS[:3] + ("morning", "afternoon", "evening", "night"))
    if kind == clock.EVENING and part in ("morning", "afternoon"):
        part = talk.pick(("evening", "night"))
    if kind in (clock.MORNING, clock.WAKE):
        part = "morning"
    if r < 0.3:
        expression, text = _today_part(talk, part)
    elif r < 0.6:
        text, expression = f"tomorrow {part}", {"rel": "tomorrow"}
    else:
        n, week = int(talk.rng.random() * 7), talk.pick((0, 0, 0, 1))
        name = days.weekday_name(talk, n)
        texts = (f"on {name}", name, f"this {name}") if week == 0 else (f"next {name}", f"{name} next week")
        text, expression = talk.pick(texts), {"weekday": days.WEEKDAYS[n], "week": week}
        text = f"{text} {part}" if not text.endswith("week") else f"{name} {part} next week"
    if part == "morning" and talk.chance(0.12) and text.endswith(" morning"):
        return {"date": expression, "time": {"part": part}}, "first thing " + (text if text == "this morning" else text.removesuffix(" morning"))
    if talk.chance(0.55):
        return {"date": expression, "time": {"part": part}}, text
    hour, minute, said_time = _hour_in(talk, part)
    return {"date": expression, "time": {"hour": hour, "minute": minute}}, (
        f"{text} at {said_time}" if talk.chance(0.75) else f"at {said_time} {text}"
    )


def _today_part(talk, part):
    if part == "night":
        return {"rel": "today"}, talk.pick(("tonight",) * 5 + (("2nite", "tonite") if talk.style == "chat" else ()))
    return {"rel": "today"}, f"this {part}"


def _hour_in(talk, part):
    """A clock time that needs no am or pm as the part of the day is said."""
    hour = talk.pick({"morning": (6, 7, 8, 9, 9, 10, 10, 11), "afternoon": (12, 13, 14, 14, 15, 15, 16, 17),
                      "evening": (17, 18, 18, 19, 19, 20, 21), "night": (19, 20, 20, 21, 21, 22, 23)}[part])  # fmt: skip
    minute = talk.pick((0, 0, 0, 30, 30, 15, 45, 10, 20, 40))
    return hour, minute, clock._bare(talk, (hour - 1) % 12 + 1, minute)


# --- stretches of days -----------------------------------------------------------------------------------------------

_PERIODS = (
    ("today", ("today", "today", "for today", "on for today")),
    ("tomorrow", ("tomorrow", "tomorrow", "for tomorrow")),
    ("this_week", ("this week", "this week", "for this week", "for the week", "during this week", "in the current week")),
    ("next_week", ("next week", "next week", "for next week", "in the coming week", "over the next week")),
    ("weekend", ("this weekend", "at the weekend", "on the weekend", "for the weekend", "over the weekend", "this coming weekend")),
    ("next_weekend", ("next weekend", "next weekend", "for next weekend", "the weekend after this one")),
    ("this_month", ("this month", "for this month", "this month", "during this month")),
    ("next_month", ("next month", "next month", "for next month", "in the coming month")),
)  # fmt: skip


def period(talk):
    name, ways = talk.pick(_PERIODS)
    text = talk.pick(ways)
    return {"period": name}, text.replace("on for ", "for ")


def span(talk, period_share=0.55):
    """A `range` expression and its adverbial."""
    r = talk.rng.random()
    if r < period_share:
        return period(talk)
    if r < period_share + 0.3 * (1 - period_share) / 0.45:
        expression, text = _single_day(talk)
        return {"from": expression, "to": expression}, days.on(talk, expression, text)
    return _from_to(talk)


def _single_day(talk):
    kind = talk.pick((days.weekday,) * 6 + (days.month_day,) * 4 + (days.day_of_month, days.named))
    if kind is days.weekday:
        return days.weekday(talk, week=talk.pick((0, 0, 0, 1, 1)))
    if talk.chance(0.1):
        return {"rel": "day_after_tomorrow"}, "the day after tomorrow"
    return kind(talk)


def _plain_day(talk):
    r = talk.rng.random()
    if r < 0.45:
        n = int(talk.rng.random() * 7)
        week = talk.pick((0, 0, 0, 1))
        name = days.weekday_name(talk, n)
        return {"weekday": days.WEEKDAYS[n], "week": week}, f"next {name}" if week else name
    if r < 0.6:
        return {"rel": "tomorrow"}, "tomorrow"
    if r < 0.9:
        return days.month_day(talk, year_chance=0.02)
    expression, text = days.day_of_month(talk)
    return expression, days.bare(text)


def _from_to(talk):
    r = talk.rng.random()
    first, first_text = _plain_day(talk)
    if r < 0.25:
        return {"to": first}, talk.pick(("until ", "till ", "up to ")) + first_text
    if r < 0.45:
        return {"from": first}, talk.pick(("from ", "starting ", "from ")) + first_text + talk.pick(
            (" on", " onwards", "") if r < 0.4 else (" onwards",)
        )
    if r < 0.65:
        n = int(talk.rng.random() * 12)
        expression = {"from": {"month": n + 1, "day": 1}, "to": {"month": n + 1, "day": days.LENGTHS[n]}}
        return expression, "in " + days.month_name(talk, n + 1)
    second, second_text = _plain_day(talk)
    form = talk.pick(("between {} and {}", "from {} to {}", "from {} until {}", "between {} and {}", "from {} till {}"))
    return {"from": first, "to": second}, form.format(first_text, second_text)


# --- lengths of time -------------------------------------------------------------------------------------------------

_MINUTES = (5, 10, 10, 15, 15, 15, 20, 20, 25, 30, 30, 30, 30, 40, 45, 45, 45, 50, 60, 60, 60, 60, 75, 90, 90, 90, 105,
            120, 120, 120, 150, 180, 180, 210, 240, 300, 360, 480)  # fmt: skip


def minutes(talk, allowed=_MINUTES):
    n = talk.pick(allowed) if talk.chance(0.86) else 1 + int(talk.rng.random() * 240)
    return n, say_minutes(talk, n)


def say_minutes(talk, n):
    """A length of `n` minutes: `an hour and a half`, `90 min`."""
    special = {
        30: ("half an hour", "half an hour", "a half hour", "30 minutes", "30 mins", "thirty minutes"),
        15: ("a quarter of an hour", "quarter of an hour", "15 minutes", "15 min", "fifteen minutes"),
        45: ("three quarters of an hour", "45 minutes", "45 mins", "forty five minutes", "three quarters of an hour"),
        60: ("an hour", "an hour", "one hour", "1 hour", "60 minutes", "1h", "an hour"),
        90: ("an hour and a half", "one and a half hours", "90 minutes", "90 min", "1.5 hours", "ninety minutes", "1h30",
             "an hour and a half"),
        75: ("an hour and a quarter", "75 minutes", "an hour and 15 minutes", "one hour fifteen"),
        105: ("an hour and three quarters", "105 minutes", "an hour and 45 minutes", "one hour forty five"),
        150: ("two and a half hours", "2.5 hours", "two hours and a half", "2 1/2 hours", "2h30"),
        120: ("two hours", "2 hours", "a couple of hours", "120 minutes", "2h", "2 hrs"),
        210: ("three and a half hours", "3.5 hours", "3 1/2 hours"),
    }.get(n)  # fmt: skip
    if special and talk.chance(0.8):
        text = talk.pick(special)
        if not (talk.spoken and any(c.isdigit() for c in text)):
            return text
    hours, rest = divmod(n, 60)
    if rest == 0 and hours:
        return f"{said(talk, hours, 0.5)} {'hour' if hours == 1 else talk.pick(('hours', 'hours', 'hrs') if not talk.spoken else ('hours',))}"
    if hours and talk.chance(0.6):
        if rest > 9 and talk.chance(0.15):
            return f"{said(talk, hours, 0.5)} hour{'s' if hours > 1 else ''} {said(talk, rest)}"
        head = "an hour" if hours == 1 and talk.chance(0.6) else f"{said(talk, hours, 0.5)} hour{'s' if hours > 1 else ''}"
        return f"{head}{talk.pick((' and ', ' '))}{said(talk, rest)} {_unit(talk, rest)}"
    return f"{said(talk, n)} {_unit(talk, n)}"


def _unit(talk, n):
    if n == 1:
        return "minute"
    return "minutes" if talk.spoken else talk.pick(("minutes", "minutes", "mins", "min"))


_SECONDS = (10, 15, 20, 30, 30, 40, 45, 60, 60, 90, 90, 120, 120, 180, 180, 240, 300, 300, 300, 300, 360, 420, 480, 600, 600,
            600, 720, 900, 900, 1200, 1200, 1500, 1800, 1800, 2100, 2400, 2700, 3600, 3600, 5400, 7200, 9000, 10800)  # fmt: skip


def seconds(talk):
    r = talk.rng.random()
    if r < 0.5:
        n = talk.pick(_SECONDS)
    elif r < 0.68:
        n = 60 * (1 + int(talk.rng.random() * 120))
    elif r < 0.78:
        n = 60 * int(1 + talk.rng.random() * 20) + 30
    elif r < 0.88:
        n = 3600 * talk.pick((1, 1, 1, 2, 2, 3, 4)) + 300 * (1 + int(talk.rng.random() * 11))
    else:
        n = 1 + int(talk.rng.random() * 600)
    return n, say_seconds(talk, n)


def say_seconds(talk, n):
    whole, rest = divmod(n, 60)
    if rest == 0:
        return say_minutes(talk, whole)
    if n == 30 and talk.chance(0.4):
        return talk.pick(("half a minute", "30 secs", "thirty seconds"))
    if n == 90 and talk.chance(0.5):
        return talk.pick(("a minute and a half", "one and a half minutes", "90 seconds", "ninety seconds"))
    if rest == 30 and 0 < whole < 60 and talk.chance(0.4):
        number = cardinal(whole) if talk.spoken or talk.chance(0.5) else str(whole)
        return f"{number} and a half minutes"
    if whole and (n > 120 or talk.chance(0.6)):
        head = f"{said(talk, whole, 0.4)} minute{'s' if whole > 1 else ''}" if whole < 60 else say_minutes(talk, whole)
        return f"{head}{talk.pick((' and ', ' '))}{said(talk, rest)} second{'s' if rest > 1 else ''}"
    unit = "second" if n == 1 else talk.pick(("seconds", "seconds", "secs", "sec", "s") if not talk.spoken else ("seconds",))
    return f"{said(talk, n)} {unit}"


# --- what comes again ------------------------------------------------------------------------------------------------

_PLAIN = (
    ({"every": 1, "unit": "day"}, ("every day", "every day", "each day", "daily", "every single day")),
    ({"every": 1, "unit": "weekday"}, ("every weekday", "on weekdays", "every working day", "each weekday",
                                       "monday to friday", "Monday through Friday", "every workday", "weekdays")),
    ({"every": 1, "unit": "week"}, ("every week", "weekly", "each week", "once a week")),
    ({"every": 2, "unit": "week"}, ("every two weeks", "every other week", "every second week", "fortnightly",
                                    "every fortnight", "biweekly", "every 2 weeks", "once a fortnight")),
    ({"every": 1, "unit": "month"}, ("every month", "monthly", "each month", "once a month")),
    ({"every": 3, "unit": "month"}, ("every three months", "quarterly", "every quarter", "every 3 months")),
    ({"every": 2, "unit": "month"}, ("every two months", "every other month", "every second month")),
    ({"every": 6, "unit": "month"}, ("every six months", "twice a year", "every half year", "every 6 months")),
    ({"every": 1, "unit": "year"}, ("every year", "yearly", "annually", "each year", "once a year")),
    ({"every": 2, "unit": "day"}, ("every other day", "every two days", "every second day", "every 2 days")),
    ({"every": 3, "unit": "day"}, ("every three days", "every third day", "every 3 days")),
    ({"every": 3, "unit": "week"}, ("every three weeks", "every third week", "every 3 weeks")),
    ({"every": 4, "unit": "week"}, ("every four weeks", "every 4 weeks")),
    ({"every": 10, "unit": "day"}, ("every ten days", "every 10 days")),
    ({"every": 1, "unit": "week", "on": ["saturday", "sunday"]}, ("every weekend", "on weekends", "at weekends", "every Saturday and Sunday")),
)  # fmt: skip


def repeat(talk, until=0.22, days_share=0.5, daily=False):
    """A `repeat` expression, how it is said, and the day of the week that starts it, if any was named."""
    r = talk.rng.random()
    if r < days_share:
        expression, text = _on_days(talk)
    else:
        expression, ways = talk.pick(_PLAIN[:2] if daily else _PLAIN)
        expression, text = dict(expression), talk.pick(ways)
        if talk.spoken and any(c.isdigit() for c in text):
            text = ways[0]
    if talk.chance(until):
        last, last_text = _until(talk)
        expression["until"] = last
        text += f" {last_text}"
    return expression, text


def _on_days(talk):
    first = int(talk.rng.random() * 7)
    names = [first] if talk.chance(0.72) else sorted(talk.rng.sample(range(7), talk.pick((2, 2, 2, 3))))
    on = [days.WEEKDAYS[n] for n in names]
    every = talk.pick((1,) * 7 + (2, 2, 3)) if len(names) == 1 else 1
    said_days = [days.WEEKDAYS[n].capitalize() for n in names]
    listed = said_days[0] if len(names) == 1 else ", ".join(said_days[:-1]) + " and " + said_days[-1]
    plural = " and ".join(d + "s" for d in said_days) if len(names) < 3 else ", ".join(d + "s" for d in said_days)
    if every == 1:
        text = talk.pick((f"every {listed}", f"every {listed}", f"on {plural}", f"each {listed}", f"{plural}", f"weekly on {plural}"))
    elif every == 2:
        text = talk.pick((f"every other {listed}", f"every second {listed}", f"every two weeks on {listed}", f"fortnightly on {plural}"))
    else:
        text = talk.pick((f"every third {listed}", f"every three weeks on {listed}"))
    return {"every": every, "unit": "week", "on": on}, text


def _until(talk):
    r = talk.rng.random()
    word = talk.pick(("until ", "till ", "until ", "up to "))
    if r < 0.4:
        m = 1 + int(talk.rng.random() * 12)
        name = days.MONTHS[m - 1].capitalize()
        if talk.chance(0.35):
            return {"month": m, "day": days.LENGTHS[m - 1]}, f"{word}the end of {name}"
        return {"month": m, "day": 1}, word + name
    if r < 0.75:
        expression, text = days.month_day(talk, year_chance=0.1)
        return expression, word + text
    expression, text = days.named(talk)
    return expression, word + text
