import pytest
from logstats.report import count_by_level, error_rate, per_hour, percentile, summary_line, top_sources


def test_count_by_level(records):
    assert count_by_level(records) == {"DEBUG": 1, "INFO": 2, "WARN": 1, "ERROR": 2}
    assert count_by_level([]) == {"DEBUG": 0, "INFO": 0, "WARN": 0, "ERROR": 0}


def test_top_sources(records):
    assert top_sources(records) == [("disk", 2), ("web.app", 2), ("web.db", 2)]
    assert top_sources(records[2:], limit=2) == [("web.db", 2), ("cron", 1)]


def test_per_hour(records):
    assert per_hour(records) == {9: 1, 10: 4, 12: 2}
    assert list(per_hour(reversed(records))) == [9, 10, 12]


def test_error_rate(records):
    assert error_rate(records) == 28.6
    assert error_rate(iter(records)) == 28.6
    assert error_rate([]) == 0.0


@pytest.mark.parametrize("percent, value", [(0, 1), (10, 1), (50, 5), (51, 6), (90, 9), (100, 10)])
def test_percentile(percent, value):
    assert percentile([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], percent) == value


def test_percentile_of_nothing():
    with pytest.raises(ValueError):
        percentile([], 50)


def test_summary_line(records):
    assert summary_line(records) == "7 records, 4 sources, 2 errors (28.6%)"
    assert summary_line(iter(records[2:3])) == "1 record, 1 source, 1 error (100.0%)"
    assert summary_line([]) == "0 records, 0 sources, 0 errors (0.0%)"
