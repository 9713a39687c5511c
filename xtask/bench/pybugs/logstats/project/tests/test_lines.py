from datetime import datetime

from logstats.lines import Record, at_least, read


def test_read(records):
    assert len(records) == 7
    assert records[0] == Record(datetime(2024, 5, 1, 9, 59, 58), "INFO", "web.app", "started")
    assert records[1].text == "91% used\non /var\nsince yesterday"
    assert records[-1].text == "stopped"


def test_read_is_lazy():
    def endless():
        while True:
            yield "2024-05-01T10:00:00 INFO a: b\n"

    assert next(read(endless())).source == "a"


def test_odd_lines():
    assert list(read(["garbage", "  indented", ""])) == []


def test_at_least(records):
    assert [record.level for record in at_least(records, "WARN")] == ["WARN", "ERROR", "ERROR"]
    assert len(list(at_least(records, "DEBUG"))) == 7
    assert [record.source for record in at_least(records, "INFO")] == ["web.app", "disk", "web.db", "web.db", "cron", "web.app"]
