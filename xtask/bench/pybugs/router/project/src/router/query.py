"""Query strings."""

from urllib.parse import quote_plus, unquote


def parse_query(text):
    """"a=1&b=x+y&a=2" becomes {"a": ["1", "2"], "b": ["x y"]}; a name without "=" has the value ""."""
    result = {}
    for pair in text.lstrip("?").split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        result.setdefault(decode(name), []).append(decode(value))
    return result


def decode(text):
    """A plus is a space; an escaped plus stays one."""
    return unquote(text.replace("+", " "))


def build_query(params):
    """The reverse of `parse_query`, names in order of the alphabet; a value may be a list."""
    pairs = []
    for name in sorted(params):
        values = params[name]
        if not isinstance(values, list):
            values = [values]
        pairs.extend(f"{quote_plus(name)}={quote_plus(str(value))}" for value in values)
    return "&".join(pairs)
