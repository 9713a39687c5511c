"""Half-open intervals: `Interval(9, 10)` and `Interval(10, 11)` touch and do not overlap."""

from dataclasses import dataclass
from functools import total_ordering


@total_ordering
@dataclass(frozen=True)
class Interval:
    start: int
    end: int

    def __post_init__(self):
        if self.end <= self.start:
            raise ValueError("an interval ends after it starts")

    def __lt__(self, other):
        return (self.start, self.end) < (other.start, other.end)

    @property
    def length(self):
        return self.end - self.start

    def overlaps(self, other):
        return self.start < other.end and other.start < self.end

    def __contains__(self, moment):
        return self.start <= moment < self.end

    def intersection(self, other):
        """The common part, or None."""
        if not self.overlaps(other):
            return None
        return Interval(max(self.start, other.start), min(self.end, other.end))

    def shifted(self, by):
        return Interval(self.start + by, self.end + by)


def merge(intervals):
    """The same moments in as few intervals as possible, in order; touching ones join."""
    result = []
    for interval in sorted(intervals):
        if result and interval.start <= result[-1].end:
            last = result.pop()
            interval = Interval(last.start, max(last.end, interval.end))
        result.append(interval)
    return result


def gaps(busy, within):
    """The free parts of `within`."""
    free, moment = [], within.start
    for interval in merge(busy):
        if interval.end <= within.start or interval.start >= within.end:
            continue
        if interval.start > moment:
            free.append(Interval(moment, interval.start))
        moment = max(moment, interval.end)
    if moment < within.end:
        free.append(Interval(moment, within.end))
    return free


def busiest(intervals):
    """The largest number of intervals at one moment."""
    events = []
    for interval in intervals:
        events.append((interval.start, 1))
        events.append((interval.end, -1))
    most = current = 0
    for _, change in sorted(events):
        current += change
        most = max(most, current)
    return most
