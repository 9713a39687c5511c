from datetime import date, timedelta

from ledger import Account, InsufficientFunds, format_amount, parse_amount, split_evenly, transfer
from ledger.statement import monthly_totals, running_balances, statement
from probing import check, rng

for cents in [0, 1, 9, 10, 99, 100, 101, -1, -99, -100, -101, -123456, 10**9, 100000]:
    check(format_amount, cents)
    check(parse_amount, format_amount(cents))
    check(parse_amount, f"({abs(cents) // 100}.{abs(cents) % 100:02d})")
for text in ["$5", "(3)", "(0.5)", "-7.1", "1,000,000", "1.", "(-2.00)", "x", "1.005", "--1", "$", "()", "3.14159"]:
    check(parse_amount, text)
for parts in range(0, 9):
    for cents in [0, 1, 2, 7, 8, 100, 999]:
        check(split_evenly, cents, parts)


def history(overdraft, steps):
    account, other = Account("a", overdraft), Account("b")
    day, said = date(2023, 11, 20), []
    for _ in range(steps):
        day += timedelta(days=rng.randint(0, 9))
        cents = rng.randint(1, 4_000)
        try:
            rng.choice([account.deposit, account.withdraw, account.withdraw])(day, cents)
        except InsufficientFunds as error:
            said.append(str(error))
        if rng.random() < 0.3:
            try:
                transfer(*rng.choice([(account, other), (other, account)]), day, cents)
            except InsufficientFunds as error:
                said.append(str(error))
    return account, other, said


def story(overdraft, steps):
    account, other, said = history(overdraft, steps)
    days = sorted({entry.day for entry in account.entries})
    return [
        said,
        account.balance,
        other.balance,
        [account.balance_on(day + timedelta(days=shift)) for day in days for shift in (-1, 0, 1)],
        [balance for _, balance in running_balances(account.entries, opening=rng.randint(-9, 9))],
        monthly_totals(account.entries[::-1]),
        statement(account, days[len(days) // 3], days[-1 - len(days) // 3]) if days else None,
        [entry.memo for entry in other.entries],
    ]


for overdraft in [0, 1, 500, 5_000]:
    for steps in [1, 5, 20, 40]:
        check(story, overdraft, steps)
check(Account("x").deposit, date(2024, 1, 1), -1)
check(Account("x").withdraw, date(2024, 1, 1), 0)
