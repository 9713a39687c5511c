"""Accounts in whole cents."""

from ledger.accounts import Account, Entry, InsufficientFunds, transfer
from ledger.money import format_amount, parse_amount, split_evenly

__all__ = [
    "Account",
    "Entry",
    "InsufficientFunds",
    "format_amount",
    "parse_amount",
    "split_evenly",
    "transfer",
]
