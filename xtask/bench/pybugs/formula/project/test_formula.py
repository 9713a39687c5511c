import pytest
from formula import FormulaError, Parser, evaluate, names, show, tokenize


@pytest.mark.parametrize(
    "text, value",
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", -4),
        ("2 ^ -1", 0.5),
        ("--3", 3),
        ("100 / 5 / 2", 10),
        ("5 / 2", 2.5),
        ("7 % 4 * 2", 6),
        ("1.5 * 4", 6),
        ("max(1, 5, 3) - min(2, 8)", 3),
        ("abs(-3) + round(2.6)", 6),
        ("max(1, (2 + 3) * 2)", 10),
    ],
)
def test_evaluate(text, value):
    assert evaluate(text) == value


def test_variables():
    assert evaluate("2 * x + y_1", x=3, y_1=4) == 10
    with pytest.raises(KeyError):
        evaluate("x + z", x=1)


@pytest.mark.parametrize(
    "text, position", [("", 0), ("1 +", 3), ("(1", 2), ("1 2", 2), ("2 $ 3", 2), ("max(1 2)", 6), ("1 + )", 4)]
)
def test_errors_know_their_place(text, position):
    with pytest.raises(FormulaError) as caught:
        evaluate(text)
    assert caught.value.position == position


def test_tokenize():
    assert tokenize(" 12*ab ") == [("number", 12, 1), ("symbol", "*", 3), ("name", "ab", 4), ("end", None, 6)]
    assert tokenize("1.5")[0] == ("number", 1.5, 0)


def test_names():
    assert names(Parser("max(a, b * c) + 2 ^ a - -d").parse()) == {"a", "b", "c", "d"}
    assert names(Parser("1 + 2").parse()) == set()


def test_show():
    assert show(Parser("1 - 2 * -x ^ y").parse()) == "(1 - (2 * (-(x ^ y))))"
    assert show(Parser("f(a, 1) / 3").parse()) == "(f(a, 1) / 3)"
