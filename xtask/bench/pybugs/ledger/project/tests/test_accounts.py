from datetime import date

import pytest
from ledger import Account, InsufficientFunds, transfer


def test_balance(account):
    assert account.balance == 13_000


def test_balance_on_counts_the_whole_day(account):
    assert account.balance_on(date(2024, 1, 30)) == 0
    assert account.balance_on(date(2024, 1, 31)) == 20_000
    assert account.balance_on(date(2024, 2, 1)) == 12_450
    assert account.balance_on(date(2024, 2, 9)) == 12_450


def test_overdraft_is_a_limit(account):
    account.withdraw(date(2024, 3, 6), 18_000)
    assert account.balance == -5_000
    with pytest.raises(InsufficientFunds):
        account.withdraw(date(2024, 3, 7), 1)


def test_amounts_are_positive(account):
    with pytest.raises(ValueError):
        account.deposit(date(2024, 3, 6), 0)
    with pytest.raises(ValueError):
        account.withdraw(date(2024, 3, 6), -5)


def test_accounts_do_not_share_entries():
    one, two = Account("one"), Account("two")
    one.deposit(date(2024, 1, 1), 100)
    assert two.entries == []


def test_transfer(account):
    savings = Account("savings")
    transfer(account, savings, date(2024, 4, 1), 3_000)
    assert (account.balance, savings.balance) == (10_000, 3_000)
    assert account.entries[-1].memo == "to savings"
    assert savings.entries[-1].memo == "from main"


def test_failed_transfer_changes_nothing(account):
    poor = Account("poor")
    with pytest.raises(InsufficientFunds):
        transfer(poor, account, date(2024, 4, 1), 1)
    assert account.balance == 13_000
    assert poor.entries == []
