"""Rooms and who has booked them."""

from bookings.intervals import Interval, gaps


class Conflict(Exception):
    """The room is taken; `booking` is the first one in the way."""

    def __init__(self, booking):
        super().__init__(f"taken by {booking.who}")
        self.booking = booking


class Booking:
    def __init__(self, who, interval, seats=1):
        self.who = who
        self.interval = interval
        self.seats = seats

    def __repr__(self):
        return f"Booking({self.who!r}, {self.interval.start}-{self.interval.end}, {self.seats})"

    def __eq__(self, other):
        if not isinstance(other, Booking):
            return NotImplemented
        return (self.who, self.interval, self.seats) == (other.who, other.interval, other.seats)


class Room:
    """Open between two hours; `seats` are the places in it."""

    def __init__(self, name, seats, opens=8, closes=20):
        self.name = name
        self.seats = seats
        self.hours = Interval(opens, closes)
        self.bookings = []

    def book(self, who, start, end, seats=1):
        """Adds a booking, kept in order of time."""
        interval = Interval(start, end)
        if start < self.hours.start or end > self.hours.end:
            raise ValueError(f"{self.name} is closed then")
        if seats > self.seats:
            raise ValueError(f"{self.name} has {self.seats} seats")
        for booking in self.bookings:
            if booking.interval.overlaps(interval):
                raise Conflict(booking)
        booking = Booking(who, interval, seats)
        self.bookings.append(booking)
        self.bookings.sort(key=lambda booking: booking.interval)
        return booking

    def cancel(self, who):
        """Removes all bookings of a person and says how many there were."""
        kept = [booking for booking in self.bookings if booking.who != who]
        cancelled = len(self.bookings) - len(kept)
        self.bookings = kept
        return cancelled

    def free(self, length=1):
        """Free intervals of at least `length`."""
        found = gaps([booking.interval for booking in self.bookings], self.hours)
        return [interval for interval in found if interval.length >= length]

    def usage(self):
        """The booked share of the open hours, 0.0 to 1.0."""
        return sum(booking.interval.length for booking in self.bookings) / self.hours.length

    def move(self, who, by):
        """Shifts the first booking of a person; where it cannot go it stays as it was."""
        for booking in self.bookings:
            if booking.who == who:
                break
        else:
            raise KeyError(who)
        target = booking.interval.shifted(by)
        self.bookings.remove(booking)
        try:
            return self.book(who, target.start, target.end, booking.seats)
        except (Conflict, ValueError):
            self.bookings.append(booking)
            self.bookings.sort(key=lambda booking: booking.interval)
            raise


def find_room(rooms, start, end, seats=1):
    """The smallest free room with enough seats, or None."""
    wanted = Interval(start, end)
    fitting = [
        room
        for room in rooms
        if room.seats >= seats
        and any(free.intersection(wanted) == wanted for free in room.free())
    ]
    return min(fitting, key=lambda room: room.seats, default=None)
