from datetime import date

import pytest
from duedates.invoices import Invoice, schedule


@pytest.mark.parametrize(
    "terms, due",
    [
        ("net 30", date(2024, 5, 1)),
        ("net 5", date(2024, 4, 8)),
        ("2 months", date(2024, 6, 3)),
        ("end of month", date(2024, 4, 30)),
    ],
)
def test_due(terms, due):
    assert Invoice(date(2024, 4, 1), terms).due() == due


def test_due_avoids_holidays():
    assert Invoice(date(2024, 4, 1)).due({date(2024, 5, 1)}) == date(2024, 5, 2)


def test_overdue_begins_the_day_after():
    invoice = Invoice(date(2024, 4, 1))
    assert not invoice.is_overdue(date(2024, 5, 1))
    assert invoice.is_overdue(date(2024, 5, 2))


def test_paid_invoices_are_not_overdue():
    assert not Invoice(date(2024, 4, 1), paid=date(2024, 6, 1)).is_overdue(date(2024, 7, 1))


def test_reminders():
    invoice = Invoice(date(2024, 4, 1))
    days = [date(2024, 5, 1), date(2024, 5, 7), date(2024, 5, 8), date(2024, 5, 15), date(2024, 5, 31)]
    assert [invoice.reminders_sent(day) for day in days] == [0, 0, 1, 2, 3]


def test_reminders_stop_when_paid():
    invoice = Invoice(date(2024, 4, 1), paid=date(2024, 5, 9))
    assert invoice.reminders_sent(date(2024, 12, 1)) == 1


def test_schedule_comes_back_to_the_31st():
    assert schedule(date(2024, 1, 31), 3) == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)]
    assert schedule(date(2024, 1, 1), 3, every=6) == [date(2024, 1, 1), date(2024, 7, 1), date(2025, 1, 1)]
