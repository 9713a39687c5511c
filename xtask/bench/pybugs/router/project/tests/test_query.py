from router.query import build_query, parse_query


def test_parse_query():
    assert parse_query("a=1&b=2") == {"a": ["1"], "b": ["2"]}
    assert parse_query("?a=1&a=2") == {"a": ["1", "2"]}
    assert parse_query("") == {}


def test_parse_query_with_odd_values():
    assert parse_query("flag&x=") == {"flag": [""], "x": [""]}
    assert parse_query("formula=a=b") == {"formula": ["a=b"]}


def test_decoding():
    assert parse_query("q=x+y%20z") == {"q": ["x y z"]}
    assert parse_query("q=1%2B1") == {"q": ["1+1"]}


def test_build_query():
    assert build_query({"b": 2, "a": "x y"}) == "a=x+y&b=2"
    assert build_query({"tag": ["x", "y"], "n": 0}) == "n=0&tag=x&tag=y"
    assert build_query({}) == ""
