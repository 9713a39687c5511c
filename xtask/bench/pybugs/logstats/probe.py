from datetime import datetime, timedelta
from itertools import count, islice

from logstats.lines import LEVELS, Record, at_least, read
from logstats.report import count_by_level, error_rate, per_hour, percentile, summary_line, top_sources
from logstats.windows import bursts, chunks, runs, sessions, sliding
from probing import check, rng


def records(length, gap=20):
    when = datetime(2023, 12, 31, 20, 0, 0)
    result = []
    for _ in range(length):
        when += timedelta(seconds=rng.randint(0, gap))
        result.append(Record(when, rng.choice(LEVELS + ["FATAL"]), rng.choice(["a", "b", "c.d", "e"]), rng.choice("xyz")))
    return result


def lines(length):
    result = []
    for record in records(length):
        result.append(f"{record.when.isoformat()} {record.level} {record.source}: {record.text}\n")
        while rng.random() < 0.4:
            result.append(rng.choice(["  more\n", "odd\n", "\n", "\ttab\n", "    deep\n", "2024 INFO\n", " 2024-01-01T00:00:00 INFO a: x\n"]))
    if rng.random() < 0.5:
        result.insert(0, "  nothing above\n")
    return result


def short(found):
    return [(str(record.when), *record[1:]) for record in found]


for length in [0, 1, 2, 3, 5, 8] * 2:
    text = lines(length)
    check(lambda: short(read(text)))
    some = records(length, gap=rng.choice([3, 20, 4_000]))
    print([str(record) for record in some])
    for level in LEVELS:
        check(lambda: short(at_least(some, level)))
    for size in (1, 2, 3):
        check(lambda: list(chunks(some, size)) == [some[i : i + size] for i in range(0, length, size)])
        check(chunks, range(length), size)
        check(sliding, range(length), size)
        for seconds in (0, 3, 10):
            check(lambda: [str(when) for when in bursts(iter(some), size, seconds)])
    for gap in (1, 3, 10):
        check(lambda: [short(session) for session in sessions(iter(some), gap)])
    check(lambda: list(runs(some)))
    check(lambda: list(count_by_level(iter(some)).items()))
    for limit in (0, 1, 2, 3, 9):
        check(lambda: top_sources(iter(some), limit))
    check(lambda: top_sources(some))
    check(lambda: list(per_hour(some[::-1]).items()))
    check(lambda: error_rate(iter(some)))
    check(lambda: summary_line(iter(some)))
check(lambda: list(islice(sliding(count(), 3), 2)))
check(lambda: list(islice(chunks(count(), 3), 2)))
for length in range(0, 9):
    values = [rng.randint(0, 20) for _ in range(length)]
    for percent in (0, 1, 25, 33, 50, 67, 75, 99, 100):
        check(percentile, values, percent)
