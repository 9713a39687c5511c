"""Figures over records."""

from collections import Counter, defaultdict

from logstats.lines import LEVELS


def count_by_level(records):
    """All known levels, in order of weight, with zeros."""
    counts = Counter(record.level for record in records)
    return {level: counts[level] for level in LEVELS}


def top_sources(records, limit=3):
    """The sources with most records as (source, count), most first; equals by name."""
    counts = Counter(record.source for record in records)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]


def per_hour(records):
    """Records by hour of the day, only hours that have some, in order."""
    hours = defaultdict(int)
    for record in records:
        hours[record.when.hour] += 1
    return dict(sorted(hours.items()))


def error_rate(records):
    """Share of errors in per cent, rounded to one digit; 0.0 without records."""
    total = errors = 0
    for record in records:
        total += 1
        if record.level == "ERROR":
            errors += 1
    return round(100 * errors / total, 1) if total else 0.0


def percentile(values, percent):
    """The smallest value that at least `percent` of the values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]


def summary_line(records):
    """"12 records, 3 sources, 2 errors (16.7%)"; no plural for one."""
    records = list(records)

    def plural(count, noun):
        return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

    errors = sum(record.level == "ERROR" for record in records)
    sources = len({record.source for record in records})
    return f"{plural(len(records), 'record')}, {plural(sources, 'source')}, {plural(errors, 'error')} ({error_rate(records)}%)"
