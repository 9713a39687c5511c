"""What an account shows for a stretch of days."""

from ledger.money import format_amount


def running_balances(entries, opening=0):
    """Each entry with the balance after it."""
    balance = opening
    for entry in entries:
        balance += entry.cents
        yield entry, balance


def monthly_totals(entries):
    """Net change a month, keyed "2024-03", in order of months."""
    totals = {}
    for entry in entries:
        month = f"{entry.day.year}-{entry.day.month:02d}"
        totals[month] = totals.get(month, 0) + entry.cents
    return dict(sorted(totals.items()))


def statement(account, first, last):
    """Lines for the entries from `first` to `last`, both included, between the two balances."""
    selected = [entry for entry in account.entries if first <= entry.day <= last]
    opening = sum(entry.cents for entry in account.entries if entry.day < first)
    lines = [f"opening {format_amount(opening)}"]
    closing = opening
    for entry, balance in running_balances(selected, opening):
        lines.append(f"{entry.day.isoformat()} {entry.memo}: {format_amount(entry.cents)} -> {format_amount(balance)}")
        closing = balance
    lines.append(f"closing {format_amount(closing)}")
    return lines
