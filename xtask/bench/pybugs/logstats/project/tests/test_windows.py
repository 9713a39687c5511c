from datetime import datetime, timedelta

from logstats.lines import Record
from logstats.windows import bursts, chunks, runs, sessions, sliding

START = datetime(2024, 5, 1)


def at(*seconds):
    return [Record(START + timedelta(seconds=second), "INFO", "a", "") for second in seconds]


def test_chunks():
    assert list(chunks(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(chunks(range(6), 3)) == [[0, 1, 2], [3, 4, 5]]
    assert list(chunks([], 3)) == []


def test_sliding():
    assert list(sliding("abcd", 2)) == [("a", "b"), ("b", "c"), ("c", "d")]
    assert list(sliding("abc", 3)) == [("a", "b", "c")]
    assert list(sliding("ab", 3)) == []


def test_bursts(records):
    assert list(bursts(records, 3, 5)) == [datetime(2024, 5, 1, 10, 0, 2)]
    assert list(bursts(at(0, 1, 2, 3), 2, 1)) == [START + timedelta(seconds=1), START + timedelta(seconds=3)]
    assert list(bursts(at(0, 10), 2, 10)) == [START + timedelta(seconds=10)]
    assert list(bursts(at(0, 11, 22), 2, 10)) == []


def test_sessions():
    lengths = [len(session) for session in sessions(at(0, 5, 14, 24, 25), 10)]
    assert lengths == [3, 2]
    assert list(sessions([], 10)) == []


def test_runs(records):
    assert list(runs(records)) == [("INFO", 1), ("WARN", 1), ("ERROR", 2), ("DEBUG", 1), ("TRACE", 1), ("INFO", 1)]
