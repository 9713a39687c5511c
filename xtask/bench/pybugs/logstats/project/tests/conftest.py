import pytest
from logstats.lines import read

TEXT = """\
2024-05-01T09:59:58 INFO web.app: started
2024-05-01T10:00:00 WARN disk: 91% used
    on /var
  since yesterday
2024-05-01T10:00:02 ERROR web.db: timeout
-- rotated --
2024-05-01T10:00:04 ERROR web.db: timeout
2024-05-01T10:00:30 DEBUG disk: checked
2024-05-01T12:10:00 TRACE cron: ran
2024-05-01T12:10:05 INFO web.app: stopped
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "app.log"
    path.write_text(TEXT)
    return path


@pytest.fixture
def records(log):
    with log.open() as lines:
        return list(read(lines))
