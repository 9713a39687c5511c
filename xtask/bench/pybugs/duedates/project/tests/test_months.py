from datetime import date

import pytest
from duedates.months import add_months, age, days_in_month, is_leap, month_end, quarter, quarter_end


@pytest.mark.parametrize("year, leap", [(2024, True), (2023, False), (1900, False), (2000, True)])
def test_is_leap(year, leap):
    assert is_leap(year) is leap


def test_days_in_month():
    assert [days_in_month(2023, month) for month in range(1, 13)] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert days_in_month(2024, 2) == 29
    assert days_in_month(2024, 3) == 31


@pytest.mark.parametrize(
    "day, months, expected",
    [
        (date(2024, 1, 15), 1, date(2024, 2, 15)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2023, 11, 5), 1, date(2023, 12, 5)),
        (date(2023, 12, 5), 1, date(2024, 1, 5)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2024, 1, 10), -1, date(2023, 12, 10)),
    ],
)
def test_add_months(day, months, expected):
    assert add_months(day, months) == expected


def test_quarters():
    assert [quarter(date(2024, month, 1)) for month in range(1, 13)] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    assert quarter_end(date(2024, 5, 9)) == date(2024, 6, 30)
    assert quarter_end(date(2024, 12, 31)) == date(2024, 12, 31)


def test_month_end():
    assert month_end(date(2024, 2, 3)) == date(2024, 2, 29)


@pytest.mark.parametrize(
    "on, years", [(date(2024, 6, 14), 33), (date(2024, 6, 15), 34), (date(2024, 7, 1), 34), (date(2024, 1, 30), 33)]
)
def test_age(on, years):
    assert age(date(1990, 6, 15), on) == years
