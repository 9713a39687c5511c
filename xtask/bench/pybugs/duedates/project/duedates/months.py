"""Arithmetic with months and years."""

from datetime import date

DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year, month):
    if month == 2 and is_leap(year):
        return 29
    return DAYS[month - 1]


def add_months(day, months):
    """The same day `months` later (or earlier), or the last of the month where there is no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, days_in_month(year, month)))


def month_end(day):
    return day.replace(day=days_in_month(day.year, day.month))


def quarter(day):
    """1 to 4."""
    return (day.month - 1) // 3 + 1


def quarter_end(day):
    """The last day of the quarter that the day lies in."""
    last_month = quarter(day) * 3
    return date(day.year, last_month, days_in_month(day.year, last_month))


def age(born, on):
    """Full years; someone born on 29 February has the birthday on 1 March in other years."""
    years = on.year - born.year
    if (on.month, on.day) < (born.month, born.day):
        years -= 1
    return years
