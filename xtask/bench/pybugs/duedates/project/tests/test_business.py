from datetime import date

from duedates.business import add_business_days, business_days_between, is_business_day, next_business_day

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2024, 5, day) for day in (3, 4, 5, 6))


def test_weekends_are_free():
    assert [is_business_day(day) for day in (FRIDAY, SATURDAY, SUNDAY, MONDAY)] == [True, False, False, True]
    assert not is_business_day(MONDAY, {MONDAY})


def test_next_business_day():
    assert next_business_day(SATURDAY) == MONDAY
    assert next_business_day(FRIDAY) == FRIDAY
    assert next_business_day(SATURDAY, {MONDAY}) == date(2024, 5, 7)


def test_add_business_days():
    assert add_business_days(FRIDAY, 0) == FRIDAY
    assert add_business_days(FRIDAY, 1) == MONDAY
    assert add_business_days(FRIDAY, 6) == date(2024, 5, 13)
    assert add_business_days(MONDAY, -1) == FRIDAY
    assert add_business_days(FRIDAY, 1, {MONDAY}) == date(2024, 5, 7)


def test_business_days_between():
    assert business_days_between(FRIDAY, MONDAY) == 1
    assert business_days_between(MONDAY, date(2024, 5, 13)) == 5
    assert business_days_between(MONDAY, MONDAY) == 0
    assert business_days_between(MONDAY, date(2024, 5, 10)) == 4
    assert business_days_between(FRIDAY, date(2024, 5, 8), {MONDAY}) == 2
