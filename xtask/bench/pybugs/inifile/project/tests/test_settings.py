import pytest
from inifile import Settings, load


@pytest.fixture
def settings():
    sections = {"": {"debug": "On"}, "server": {"port": "8080", "tls": "no", "hosts": "a, b,,c ", "odd": "maybe"}}
    return Settings(sections, environ={"APP_SERVER_TIMEOUT": "30"})


def test_get(settings):
    assert settings.get("server.port") == "8080"
    assert settings.get("debug") == "On"
    assert settings.get("server.nothing", "x") == "x"
    assert settings.get("nowhere.nothing", None) is None


def test_required(settings):
    with pytest.raises(KeyError):
        settings.get("server.nothing")
    with pytest.raises(KeyError):
        settings.get_int("nowhere.nothing")


def test_typed(settings):
    assert settings.get_int("server.port") == 8080
    assert settings.get_int("server.nothing", 5) == 5
    assert settings.get_bool("debug") is True
    assert settings.get_bool("server.tls") is False
    assert settings.get_bool("server.nothing", None) is None
    assert settings.get_list("server.hosts") == ["a", "b", "c"]
    with pytest.raises(ValueError):
        settings.get_bool("server.odd")


def test_environment_wins(settings):
    assert settings.get_int("server.timeout") == 30
    settings.environ["APP_DEBUG"] = "off"
    settings.environ["APP_SERVER_PORT"] = "1"
    assert settings.get_bool("debug") is False
    assert settings.get_int("server.port", 7) == 1


def test_load_reads_the_real_environment(tmp_path, monkeypatch):
    path = tmp_path / "app.ini"
    path.write_text("[server]\nport = 1\n")
    monkeypatch.setenv("APP_SERVER_PORT", "2")
    assert load(path).get_int("server.port") == 2
    monkeypatch.delenv("APP_SERVER_PORT")
    assert load(path).get_int("server.port") == 1


def test_includes(tmp_path):
    (tmp_path / "base.ini").write_text("[server]\nport = 1\nhost = base\n[log]\nlevel = info\n")
    (tmp_path / "more.ini").write_text("[log]\nlevel = debug\n")
    (tmp_path / "app.ini").write_text("include = base.ini more.ini\n[server]\nport = 9\n")
    settings = load(tmp_path / "app.ini", environ={})
    assert settings.get("server.host") == "base"
    assert settings.get_int("server.port") == 9
    assert settings.get("log.level") == "debug"
