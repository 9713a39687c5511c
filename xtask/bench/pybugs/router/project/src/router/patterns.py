"""Patterns such as "/users/<int:id>/files/<path:name>"."""

from urllib.parse import quote

CONVERTERS = {
    "str": str,
    "int": int,
    "path": str,
}


class Pattern:
    """A `path` parameter, which may only come last, takes all remaining segments."""

    def __init__(self, text):
        self.text = text
        self.segments = [self._segment(part) for part in split(text)]

    @staticmethod
    def _segment(part):
        if not (part.startswith("<") and part.endswith(">")):
            return (None, part)
        kind, colon, name = part[1:-1].partition(":")
        if not colon:
            kind, name = "str", kind
        if kind not in CONVERTERS:
            raise ValueError(f"unknown converter {kind!r}")
        return (kind, name)

    def match(self, path):
        """The parameters of a path that fits, else None."""
        parts = split(path)
        params = {}
        for i, (kind, name) in enumerate(self.segments):
            if kind == "path":
                if i >= len(parts):
                    return None
                params[name] = "/".join(parts[i:])
                return params
            if i >= len(parts):
                return None
            if kind is None:
                if parts[i] != name:
                    return None
            else:
                try:
                    params[name] = CONVERTERS[kind](parts[i])
                except ValueError:
                    return None
        if len(parts) > len(self.segments):
            return None
        return params

    def build(self, **params):
        """The path with its parameters filled in and quoted; a `path` keeps its slashes."""
        parts = []
        for kind, name in self.segments:
            if kind is None:
                parts.append(name)
            else:
                parts.append(quote(str(params[name]), safe="/" if kind == "path" else ""))
        return "/" + "/".join(parts)


def split(path):
    """The segments of a path; empty ones do not count."""
    return [part for part in path.split("/") if part]
