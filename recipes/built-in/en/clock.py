"""Clock times, parts of the day, and how a bare hour is taken.

| said of | a bare hour means |
|---|---|
| wake-ups, alarms | 1–11 morning, 12 noon |
| breakfast | 5–11 morning |
| dinner, drinks, concerts, parties | 5–11 evening |
| all else | 8–11 morning, 12 noon, 1–7 afternoon |
"""

from .numbers import ONES, cardinal

MORNING, EVENING, WAKE, EVENT = "morning", "evening", "wake", "event"


def taken(hour, kind):
    """The 24-hour value of a bare `hour` (1–12) in talk of `kind`."""
    if kind in (WAKE, MORNING):
        return hour
    if kind == EVENING:
        return hour + 12 if hour < 12 else 0
    return hour + 12 if hour < 8 else hour


def time(talk, kind=EVENT):
    """A clock time and how it is said, without `at`."""
    minute = talk.pick((0,) * 10 + (30,) * 5 + (15, 15, 45, 45) + (5, 10, 20, 25, 35, 40, 50, 55)
                       + (int(talk.rng.random() * 60),))  # fmt: skip
    hour = _hour(talk, kind)
    return {"hour": hour, "minute": minute}, say_time(talk, hour, minute, kind)


def _hour(talk, kind):
    if kind == WAKE:
        return talk.pick((4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 9, 10, 11, 13, 15, 17, 20))
    if kind == MORNING:
        return talk.pick((6, 7, 7, 8, 8, 9, 9, 10, 11))
    if kind == EVENING:
        return talk.pick((17, 18, 18, 19, 19, 19, 20, 20, 20, 21, 22))
    return talk.pick((7, 8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 12, 13, 14, 14, 15, 15, 15, 16, 16, 17, 17, 18, 18, 19, 20, 21))


def say_time(talk, hour, minute, kind=EVENT):
    twelve = (hour - 1) % 12 + 1
    bare_is_right = hour != 0 and taken(twelve, kind) == hour
    r = talk.rng.random()
    if bare_is_right and r < 0.45:
        return _bare(talk, twelve, minute)
    if r < 0.6 and not talk.spoken:
        joint = ":" if talk.chance(0.85) else "."
        return f"{hour:02}{joint}{minute:02}" if hour >= 13 or hour == 0 else _half(talk, twelve, minute, hour)
    return _half(talk, twelve, minute, hour)


def _bare(talk, h, m):
    """An hour without am or pm: `8.15`, `half past three`."""
    if not talk.spoken and talk.chance(0.45):
        if m == 0:
            return talk.pick((f"{h}", f"{h}", f"{h}", f"{h}:00", f"{h} o'clock", f"{h} o’clock"))
        return talk.pick((f"{h}:{m:02}", f"{h}:{m:02}", f"{h}.{m:02}", f"{h}.{m:02}"))
    return _in_words(talk, h, m)


def _in_words(talk, h, m):
    name = _hour_name(talk, h)
    after = _hour_name(talk, h % 12 + 1)
    if m == 0:
        return talk.pick((name, name, f"{name} o'clock", f"{name} sharp", f"{name} oclock"))
    digits = f"{cardinal(h)} {cardinal(m) if m > 9 else 'oh ' + ONES[m]}"
    if m == 30:
        return talk.pick((f"half past {name}", f"half past {name}", f"half {name}", digits, digits))
    if m == 15:
        return talk.pick((f"quarter past {name}", f"a quarter past {name}", f"quarter after {name}", digits))
    if m == 45:
        return talk.pick((f"quarter to {after}", f"a quarter to {after}", f"quarter of {after}", digits))
    if m % 5 == 0:
        if m < 30:
            return talk.pick((f"{_minutes(talk, m)} past {name}", f"{_minutes(talk, m)} past {name}", digits))
        return talk.pick((f"{_minutes(talk, 60 - m)} to {after}", f"{_minutes(talk, 60 - m)} to {after}", digits))
    return digits if talk.spoken else f"{h}:{m:02}"


def _minutes(talk, m):
    return cardinal(m) if talk.spoken or talk.chance(0.6) else str(m)


def _hour_name(talk, h):
    return cardinal(h) if talk.spoken or talk.chance(0.6) else str(h)


def _half(talk, h, m, hour):
    """With am, pm or the part of the day."""
    r = talk.rng.random()
    if r < 0.3:
        part = part_of(hour)
        text = _in_words(talk, h, m) if talk.chance(0.7) or talk.spoken else (f"{h}:{m:02}" if m else f"{h}")
        return f"{text} {'at night' if part == 'night' else 'in the ' + part}"
    if talk.spoken:
        digits = cardinal(h) + ("" if m == 0 else " " + (cardinal(m) if m > 9 else "oh " + ONES[m]))
        if talk.chance(0.06):
            digits = cardinal(h) + " hundred" + (f" and {cardinal(m)}" if m else "")
        return digits + talk.pick((" a m", " am", " am") if hour < 12 else (" p m", " pm", " pm"))
    if talk.chance(0.03):
        return f"{hour} hundred{' hours' if talk.chance(0.5) else ''}" if m == 0 else f"{hour:02}{m:02}{' hours' if talk.chance(0.7) else 'h'}"
    half = talk.pick(("am", "am", " am", " am", " a.m.", "AM", " AM") if hour < 12
                     else ("pm", "pm", " pm", " pm", " p.m.", "PM", " PM"))  # fmt: skip
    if m == 0:
        return f"{h}{half}" if talk.chance(0.85) else f"{h}:00{half}"
    return f"{h}{talk.pick(':::.')}{m:02}{half}"


def part_of(hour):
    if hour < 12:
        return "morning"
    return "afternoon" if hour < 18 else "evening" if hour < 22 else "night"


PARTS = {
    "morning": ("in the morning",) * 4 + ("first thing in the morning",),
    "afternoon": ("in the afternoon",),
    "evening": ("in the evening",),
    "night": ("at night",),
    "noon": ("at noon", "at midday", "at noon", "at lunchtime"),
    "midnight": ("at midnight",),
}
_PART_TABLE = ["morning"] * 5 + ["afternoon"] * 5 + ["evening"] * 4 + ["noon"] * 3 + ["night", "midnight"]


def part(talk, allowed=None):
    """A part of the day as an adverbial."""
    name = talk.pick(allowed or _PART_TABLE)
    return {"part": name}, talk.pick(PARTS[name])
