"""Accounts and transfers."""
import datetime as dt
import json
import logging

log = logging.getLogger(__name__)


class InsufficientFunds(ValueError):
    def __init__(self, needed, available):
        super().__init__(f"need {needed:.2f}, have {available:.2f}")
        self.needed = needed
        self.available = available


class Account:
    interest_rate = 0.02

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.transactions = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.balance += amount
        self.transactions.append(("deposit", amount))

    def withdraw(self, amount):
        if amount > self.balance:
            raise InsufficientFunds(amount, self.balance)
        self.balance -= amount
        self.transactions.append(("withdraw", amount))
        return self.balance

    def transfer(self, other, amount):
        self.withdraw(amount)
        other.deposit(amount)

    def apply_interest(self, years=1):
        for _ in range(years):
            self.balance = self.balance * (1 + self.interest_rate)

    def largest(self, kind=None):
        amounts = [a for k, a in self.transactions if kind is None or k == kind]
        return max(amounts) if amounts else None


def age(born: dt.date, today: dt.date) -> int:
    years = today.year - born.year
    if (today.month, today.day) < (born.month, born.day):
        years -= 1
    return years


def due(start, days, *, skip_weekends=False):
    date = start
    while days > 0:
        date += dt.timedelta(days=1)
        if skip_weekends and date.weekday() >= 5:
            continue
        days -= 1
    return date


def load(path):
    try:
        with open(path, encoding="utf-8") as handle:
            data = json.load(handle)
    except FileNotFoundError:
        log.warning("no file %s", path)
        return {}
    except (ValueError, OSError) as error:
        raise RuntimeError("cannot read") from error
    finally:
        log.info("done")
    return {row["owner"]: Account(row["owner"], row.get("balance", 0)) for row in data}
