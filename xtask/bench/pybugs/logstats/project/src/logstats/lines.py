"""Reads lines such as

2024-05-01T12:00:03 WARN disk: 91% used
    and perhaps more text, indented
"""

import re
from collections import namedtuple
from datetime import datetime

LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"]
LINE = re.compile(r"(?P<when>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d) (?P<level>[A-Z]+) (?P<source>[\w.]+): (?P<text>.*)")

Record = namedtuple("Record", "when level source text")


def read(lines):
    """A generator of records; indented lines belong to the record above, other odd lines are skipped."""
    current = None
    for line in lines:
        line = line.rstrip("\n")
        match = LINE.fullmatch(line)
        if match:
            if current is not None:
                yield current
            when = datetime.fromisoformat(match["when"])
            current = Record(when, match["level"], match["source"], match["text"])
        elif line.startswith(" ") and current is not None:
            current = current._replace(text=current.text + "\n" + line.strip())
    if current is not None:
        yield current


def at_least(records, level):
    """Records of this level and above; levels that nobody knows count as INFO."""
    threshold = LEVELS.index(level)
    for record in records:
        rank = LEVELS.index(record.level) if record.level in LEVELS else LEVELS.index("INFO")
        if rank >= threshold:
            yield record
