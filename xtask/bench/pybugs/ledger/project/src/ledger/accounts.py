"""Accounts and the entries in them."""

from dataclasses import dataclass, field
from datetime import date


class InsufficientFunds(Exception):
    """The account does not hold that much."""


@dataclass(frozen=True)
class Entry:
    day: date
    memo: str
    cents: int


@dataclass
class Account:
    """Entries in order of booking; `overdraft` is how far below zero the balance may go."""

    name: str
    overdraft: int = 0
    entries: list = field(default_factory=list)

    @property
    def balance(self):
        return sum(entry.cents for entry in self.entries)

    def balance_on(self, day):
        """The balance at the end of the day."""
        return sum(entry.cents for entry in self.entries if entry.day <= day)

    def deposit(self, day, cents, memo="deposit"):
        if cents <= 0:
            raise ValueError("a deposit is positive")
        self.entries.append(Entry(day, memo, cents))

    def withdraw(self, day, cents, memo="withdrawal"):
        if cents <= 0:
            raise ValueError("a withdrawal is positive")
        if self.balance - cents < -self.overdraft:
            raise InsufficientFunds(self.name)
        self.entries.append(Entry(day, memo, -cents))


def transfer(source, target, day, cents):
    """Moves money; when the source cannot pay, neither account changes."""
    source.withdraw(day, cents, memo=f"to {target.name}")
    target.deposit(day, cents, memo=f"from {source.name}")
