import pytest
from bookings.intervals import Interval
from bookings.rooms import Booking, Conflict, Room, find_room


@pytest.fixture
def room():
    room = Room("blue", 6)
    room.book("ada", 12, 14, seats=4)
    room.book("max", 9, 10)
    room.book("ada", 14, 15)
    return room


def test_bookings_are_in_order(room):
    assert [booking.who for booking in room.bookings] == ["max", "ada", "ada"]


def test_conflict_names_the_first(room):
    with pytest.raises(Conflict) as caught:
        room.book("eve", 8, 20)
    assert caught.value.booking.who == "max"
    assert str(caught.value) == "taken by max"


@pytest.mark.parametrize("start, end, seats", [(7, 9, 1), (19, 21, 1), (10, 11, 7), (11, 10, 1)])
def test_impossible_bookings(room, start, end, seats):
    with pytest.raises(ValueError):
        room.book("eve", start, end, seats)
    assert len(room.bookings) == 3


def test_whole_day():
    room = Room("red", 2)
    room.book("eve", 8, 20, seats=2)
    assert room.usage() == 1.0
    assert room.free() == []


def test_cancel(room):
    assert room.cancel("ada") == 2
    assert room.cancel("ada") == 0
    assert room.bookings == [Booking("max", Interval(9, 10))]


def test_free(room):
    assert room.free() == [Interval(8, 9), Interval(10, 12), Interval(15, 20)]
    assert room.free(length=2) == [Interval(10, 12), Interval(15, 20)]
    assert room.free(length=3) == [Interval(15, 20)]


def test_usage(room):
    assert room.usage() == pytest.approx(4 / 12)


def test_move(room):
    moved = room.move("max", 1)
    assert moved == Booking("max", Interval(10, 11))
    assert room.move("ada", -1) == Booking("ada", Interval(11, 13), 4)
    assert [booking.who for booking in room.bookings] == ["max", "ada", "ada"]


def test_move_into_a_conflict_changes_nothing(room):
    before = list(room.bookings)
    with pytest.raises(Conflict):
        room.move("max", 3)
    with pytest.raises(ValueError):
        room.move("max", -5)
    with pytest.raises(KeyError):
        room.move("eve", 1)
    assert room.bookings == before


def test_find_room(room):
    large, small = Room("large", 20), Room("small", 2)
    rooms = [large, room, small]
    assert find_room(rooms, 9, 11) is small
    assert find_room(rooms, 10, 12, seats=3) is room
    assert find_room(rooms, 9, 11, seats=3) is large
    assert find_room(rooms, 9, 11, seats=21) is None
    assert find_room(rooms, 7, 9) is None
