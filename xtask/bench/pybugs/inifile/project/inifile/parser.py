class ParseError(ValueError):
    """A line that is neither a section nor an assignment; lines count from 1."""

    def __init__(self, line, text):
        super().__init__(f"line {line}: {text}")
        self.line = line


def parse(text):
    """A dict of sections, each a dict of strings; what stands before the first section is in ""."""
    sections = {"": {}}
    section, key = sections[""], None
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = strip_comment(line).strip()
        if not stripped:
            continue
        if line[0].isspace():
            if key is None:
                raise ParseError(number, stripped)
            section[key] += " " + stripped
        elif stripped.startswith("[") and stripped.endswith("]"):
            name = stripped[1:-1].strip().lower()
            section = sections.setdefault(name, {})
            key = None
        elif "=" in stripped:
            key, _, value = stripped.partition("=")
            key = key.strip().lower()
            section[key] = value.strip()
        else:
            raise ParseError(number, stripped)
    return sections


def strip_comment(line):
    """A `;` or `#` begins a comment where a blank or nothing stands before it."""
    for i, letter in enumerate(line):
        if letter in ";#" and (i == 0 or line[i - 1].isspace()):
            return line[:i]
    return line


def dump(sections):
    """The text of sections; empty ones are left out."""
    lines = []
    for name, values in sections.items():
        if not values:
            continue
        if name:
            if lines:
                lines.append("")
            lines.append(f"[{name}]")
        for key, value in values.items():
            lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n" if lines else ""
