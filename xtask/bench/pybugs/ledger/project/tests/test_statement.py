from datetime import date

from ledger.statement import monthly_totals, running_balances, statement


def test_running_balances(account):
    balances = [balance for _, balance in running_balances(account.entries)]
    assert balances == [20_000, 12_450, 12_000, 13_000]
    assert [b for _, b in running_balances(account.entries[:2], opening=-100)] == [19_900, 12_350]


def test_monthly_totals(account):
    totals = monthly_totals(account.entries)
    assert totals == {"2024-01": 20_000, "2024-02": -8_000, "2024-03": 1_000}
    assert list(totals) == ["2024-01", "2024-02", "2024-03"]


def test_statement(account):
    assert statement(account, date(2024, 2, 1), date(2024, 2, 10)) == [
        "opening $200.00",
        "2024-02-01 rent: -$75.50 -> $124.50",
        "2024-02-10 bread: -$4.50 -> $120.00",
        "closing $120.00",
    ]


def test_empty_statement(account):
    assert statement(account, date(2024, 2, 11), date(2024, 2, 12)) == [
        "opening $120.00",
        "closing $120.00",
    ]
