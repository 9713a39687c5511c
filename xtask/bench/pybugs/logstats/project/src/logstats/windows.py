"""Streams of records, looked at in pieces; nothing is read before it is needed."""

from collections import deque
from datetime import timedelta
from itertools import groupby


def chunks(items, size):
    """Lists of `size` items; the last may be shorter."""
    chunk = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def sliding(items, size):
    """Every `size` neighbours as a tuple; nothing for fewer items."""
    window = deque(maxlen=size)
    for item in items:
        window.append(item)
        if len(window) == size:
            yield tuple(window)


def bursts(records, count, seconds):
    """Times at which `count` records have come within `seconds`; each burst is told once."""
    recent = deque()
    for record in records:
        recent.append(record.when)
        while record.when - recent[0] > timedelta(seconds=seconds):
            recent.popleft()
        if len(recent) >= count:
            yield record.when
            recent.clear()


def sessions(records, gap):
    """Lists of records between which fewer than `gap` seconds pass."""
    session = []
    for record in records:
        if session and (record.when - session[-1].when).total_seconds() >= gap:
            yield session
            session = []
        session.append(record)
    if session:
        yield session


def runs(records):
    """(level, length) of each run of records with the same level."""
    for level, group in groupby(records, key=lambda record: record.level):
        yield level, sum(1 for _ in group)
