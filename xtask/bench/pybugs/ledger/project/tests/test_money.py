import pytest
from ledger import format_amount, parse_amount, split_evenly


@pytest.mark.parametrize(
    "text, cents",
    [
        ("12", 1200),
        ("0.5", 50),
        ("$1,234.50", 123450),
        ("-0.05", -5),
        ("(12.00)", -1200),
        (" 7.25 ", 725),
    ],
)
def test_parse_amount(text, cents):
    assert parse_amount(text) == cents


@pytest.mark.parametrize("text", ["", "abc", "1.234", "1.2.3"])
def test_parse_amount_refuses(text):
    with pytest.raises(ValueError):
        parse_amount(text)


@pytest.mark.parametrize(
    "cents, text",
    [(0, "$0.00"), (5, "$0.05"), (123450, "$1,234.50"), (-5, "-$0.05"), (-250, "-$2.50")],
)
def test_format_amount(cents, text):
    assert format_amount(cents) == text


def test_format_amount_with_symbol():
    assert format_amount(1999, symbol="€") == "€19.99"


def test_split_evenly():
    assert split_evenly(100, 3) == [34, 33, 33]
    assert split_evenly(200, 3) == [67, 67, 66]
    assert split_evenly(90, 3) == [30, 30, 30]


def test_split_needs_parts():
    with pytest.raises(ValueError):
        split_evenly(100, 0)
