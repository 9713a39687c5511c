import pytest
from bookings.intervals import Interval, busiest, gaps, merge


def spans(*pairs):
    return [Interval(*pair) for pair in pairs]


def test_interval_needs_length():
    with pytest.raises(ValueError):
        Interval(3, 3)


def test_order():
    assert sorted(spans((3, 4), (1, 5), (1, 2))) == spans((1, 2), (1, 5), (3, 4))
    assert Interval(1, 2) >= Interval(1, 2)


@pytest.mark.parametrize(
    "other, expected", [((1, 3), False), ((1, 4), True), ((5, 6), True), ((4, 9), True), ((7, 9), False), ((1, 9), True)]
)
def test_overlaps(other, expected):
    assert Interval(3, 7).overlaps(Interval(*other)) is expected
    assert Interval(*other).overlaps(Interval(3, 7)) is expected


def test_contains():
    assert [moment in Interval(3, 5) for moment in (2, 3, 4, 5)] == [False, True, True, False]


def test_intersection():
    assert Interval(3, 7).intersection(Interval(5, 9)) == Interval(5, 7)
    assert Interval(3, 7).intersection(Interval(4, 5)) == Interval(4, 5)
    assert Interval(3, 7).intersection(Interval(7, 9)) is None


def test_merge():
    assert merge(spans((5, 6), (1, 3), (2, 4))) == spans((1, 4), (5, 6))
    assert merge(spans((1, 2), (2, 3))) == spans((1, 3))
    assert merge(spans((1, 9), (2, 3), (4, 5))) == spans((1, 9))
    assert merge([]) == []


def test_gaps():
    day = Interval(8, 20)
    assert gaps([], day) == [day]
    assert gaps(spans((10, 12), (11, 13), (15, 16)), day) == spans((8, 10), (13, 15), (16, 20))
    assert gaps(spans((6, 9), (19, 22)), day) == spans((9, 19))
    assert gaps(spans((8, 20)), day) == []
    assert gaps(spans((1, 3), (21, 23)), day) == [day]


def test_busiest():
    assert busiest(spans((1, 5), (2, 3), (4, 6), (5, 7))) == 2
    assert busiest(spans((1, 4), (2, 5), (3, 6))) == 3
    assert busiest([]) == 0
