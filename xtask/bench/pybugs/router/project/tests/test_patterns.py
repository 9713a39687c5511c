import pytest
from router.patterns import Pattern


@pytest.mark.parametrize(
    "pattern, path, params",
    [
        ("/", "/", {}),
        ("/users", "/users/", {}),
        ("/users/<int:id>", "/users/42", {"id": 42}),
        ("/users/<int:id>", "/users/ada", None),
        ("/users/<name>", "/users/ada", {"name": "ada"}),
        ("/users/<name>", "/users", None),
        ("/users/<name>", "/users/ada/files", None),
        ("/files/<path:name>", "/files/a/b/c.txt", {"name": "a/b/c.txt"}),
        ("/files/<path:name>", "/files", None),
        ("/a/<x>/b/<int:y>", "/a/1/b/2", {"x": "1", "y": 2}),
        ("/a/<x>/b/<int:y>", "/a/1/c/2", None),
    ],
)
def test_match(pattern, path, params):
    assert Pattern(pattern).match(path) == params


def test_build():
    assert Pattern("/users/<int:id>").build(id=7) == "/users/7"
    assert Pattern("/tags/<name>").build(name="a b/c") == "/tags/a%20b%2Fc"
    assert Pattern("/files/<path:name>").build(name="a b/c") == "/files/a%20b/c"
    assert Pattern("/").build() == "/"


def test_unknown_converter():
    with pytest.raises(ValueError):
        Pattern("/<float:x>")


def test_missing_parameter():
    with pytest.raises(KeyError):
        Pattern("/users/<int:id>").build(name="x")
