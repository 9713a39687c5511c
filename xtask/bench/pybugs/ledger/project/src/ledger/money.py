"""Amounts of money are integers: cents."""


def parse_amount(text):
    """Reads "1,234.50", "$12", "-0.05" or, as accountants write debts, "(12.00)"."""
    text = text.strip()
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative = True
        text = text[1:-1]
    if text.startswith("-"):
        negative = not negative
        text = text[1:]
    text = text.lstrip("$").replace(",", "")
    whole, _, fraction = text.partition(".")
    if len(fraction) > 2 or not (whole + fraction).isdigit():
        raise ValueError(f"not an amount: {text!r}")
    cents = int(whole or "0") * 100 + int(fraction.ljust(2, "0"))
    return -cents if negative else cents


def format_amount(cents, symbol="$"):
    """Writes cents as "$1,234.50"; the sign stands before the symbol."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{symbol}{whole:,}.{rest:02d}"


def split_evenly(cents, parts):
    """Shares that differ by at most a cent, the larger ones first."""
    if parts < 1:
        raise ValueError("parts must be positive")
    share, remainder = divmod(cents, parts)
    return [share + 1 if i < remainder else share for i in range(parts)]
