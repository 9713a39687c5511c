"""Due dates and reminders of invoices."""

from dataclasses import dataclass
from datetime import date, timedelta

from duedates.business import next_business_day
from duedates.months import add_months, month_end

REMINDER_DAYS = (7, 14, 30)


@dataclass(frozen=True)
class Invoice:
    issued: date
    terms: str = "net 30"
    paid: date | None = None

    def due(self, holidays=frozenset()):
        """Terms are "net N", "N months" or "end of month"; a due date is a business day."""
        if self.terms == "end of month":
            due = month_end(self.issued)
        elif self.terms.endswith(" months"):
            due = add_months(self.issued, int(self.terms.split()[0]))
        else:
            due = self.issued + timedelta(days=int(self.terms.removeprefix("net ")))
        return next_business_day(due, holidays)

    def is_overdue(self, today, holidays=frozenset()):
        """An invoice may still be paid on its due date."""
        return self.paid is None and today > self.due(holidays)

    def reminders_sent(self, today, holidays=frozenset()):
        """How many reminders have gone out: one each 7, 14 and 30 days after the due date."""
        if self.paid is not None:
            today = min(today, self.paid)
        late = (today - self.due(holidays)).days
        return sum(1 for days in REMINDER_DAYS if late >= days)


def schedule(first, count, every=1):
    """`count` dates, `every` months apart; each counts from the first, so that the 31st comes back."""
    return [add_months(first, every * i) for i in range(count)]
