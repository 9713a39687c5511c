from datetime import date

import pytest
from ledger import Account


@pytest.fixture
def account():
    account = Account("main", overdraft=5_000)
    account.deposit(date(2024, 1, 31), 20_000, "salary")
    account.withdraw(date(2024, 2, 1), 7_550, "rent")
    account.withdraw(date(2024, 2, 10), 450, "bread")
    account.deposit(date(2024, 3, 5), 1_000)
    return account
