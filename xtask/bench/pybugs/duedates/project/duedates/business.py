"""Days on which offices work. Holidays are a set of dates."""

from datetime import timedelta

SATURDAY = 5
ONE_DAY = timedelta(days=1)


def is_business_day(day, holidays=frozenset()):
    return day.weekday() < SATURDAY and day not in holidays


def next_business_day(day, holidays=frozenset()):
    """The day itself if offices work on it, or the first later one."""
    while not is_business_day(day, holidays):
        day += ONE_DAY
    return day


def add_business_days(day, count, holidays=frozenset()):
    """`count` business days later; negative counts go back; the day itself is not counted."""
    step = ONE_DAY if count >= 0 else -ONE_DAY
    remaining = abs(count)
    while remaining > 0:
        day += step
        if is_business_day(day, holidays):
            remaining -= 1
    return day


def business_days_between(start, end, holidays=frozenset()):
    """Business days from `start` up to, not including, `end`."""
    count = 0
    while start < end:
        if is_business_day(start, holidays):
            count += 1
        start += ONE_DAY
    return count
