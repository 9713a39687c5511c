from datetime import date, timedelta

from duedates import business, months
from duedates.invoices import Invoice, schedule
from probing import check, rng


def some_day(first=date(1995, 1, 1), days=12_000):
    return first + timedelta(days=rng.randrange(days))


for year in [1600, 1700, 1999, 2000, 2001, 2004, 2096, 2100, 2400]:
    check(months.is_leap, year)
    check(months.days_in_month, year, 2)
for month in range(1, 13):
    check(months.days_in_month, 2100, month)
    day = date(2021, month, rng.randint(1, 28))
    check(months.quarter, day)
    check(months.quarter_end, day)
    check(months.month_end, day)
    check(months.add_months, date(2023, 12, 31), month)
    check(months.add_months, date(2024, month, 28), -month)
for _ in range(60):
    day = some_day()
    check(months.add_months, day, rng.randint(-40, 40))
    check(months.age, day, some_day(date(2028, 1, 1), 3_000))
for shift in range(-2, 3):
    check(months.age, date(1988, 2, 29), date(2023, 3, 1) + timedelta(days=shift))
    check(months.age, date(1990, 12, 31), date(2020, 12, 30) + timedelta(days=shift))

holidays = {date(2024, 5, 1), date(2024, 5, 9), date(2024, 12, 25), date(2024, 12, 26), date(2024, 12, 27)}
for shift in range(14):
    day = date(2024, 12, 18) + timedelta(days=shift)
    check(business.is_business_day, day)
    check(business.next_business_day, day)
    check(business.next_business_day, day, holidays)
    for count in (-7, -1, 0, 1, 2, 5, 11):
        check(business.add_business_days, day, count)
        check(business.add_business_days, day, count, holidays)
    for length in (-3, 0, 1, 2, 7, 9):
        check(business.business_days_between, day, day + timedelta(days=length), holidays)
for terms in ["net 0", "net 7", "net 14", "net 30", "net 60", "1 months", "12 months", "end of month"]:
    for _ in range(4):
        issued = some_day(date(2024, 4, 1), 250)
        invoice = Invoice(issued, terms)
        due = invoice.due(holidays)
        paid = Invoice(issued, terms, paid=due + timedelta(days=rng.randint(-5, 40)))
        check(invoice.due, holidays)
        for late in (-1, 0, 1, 6, 7, 8, 13, 14, 29, 30, 31, 90):
            check(invoice.is_overdue, due + timedelta(days=late), holidays)
            check(invoice.reminders_sent, due + timedelta(days=late), holidays)
            check(paid.reminders_sent, due + timedelta(days=late), holidays)
            check(paid.is_overdue, due + timedelta(days=late), holidays)
for every in range(1, 5):
    check(schedule, date(2023, 8, 31), 5, every)
    check(schedule, date(2023, 8, 30), every)
check(schedule, date(2023, 8, 31), 0)
