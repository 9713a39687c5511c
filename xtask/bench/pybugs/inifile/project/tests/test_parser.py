import pytest
from inifile import ParseError, parse
from inifile.parser import dump

TEXT = """\
debug = yes
; a comment
[Server]
Host = example.org   # where
port=8080
color = #fff
url = http://x/;y
"""


def test_parse():
    assert parse(TEXT) == {
        "": {"debug": "yes"},
        "server": {"host": "example.org", "port": "8080", "color": "", "url": "http://x/;y"},
    }


def test_continuation():
    assert parse("a = 1\n  2\n\t3 ; x\nb = 4\n") == {"": {"a": "1 2 3", "b": "4"}}


def test_sections_can_come_back():
    assert parse("[a]\nx=1\n[b]\n[A]\ny=2") == {"": {}, "a": {"x": "1", "y": "2"}, "b": {}}


def test_equals_in_value():
    assert parse("query = a=b")[""] == {"query": "a=b"}


@pytest.mark.parametrize("text, line", [("a = 1\nnonsense", 2), ("\n  x", 2), ("[a]\n\n  b = 1", 3), ("a = 1\n[s]\n  2", 3)])
def test_errors_name_the_line(text, line):
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert caught.value.line == line


def test_dump():
    assert dump({"": {"a": "1"}, "empty": {}, "s": {"b": "2", "c": "3"}}) == "a = 1\n\n[s]\nb = 2\nc = 3\n"
    assert dump({"": {}, "s": {"b": "2"}}) == "[s]\nb = 2\n"
    assert dump({"": {}}) == ""
