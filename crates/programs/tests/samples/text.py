import re
import string


def slugify(title, separator="-"):
    words = re.findall(r"\w+", title.lower())
    return separator.join(words)


def wrap(text, width):
    lines = []
    while len(text) > width:
        end = text.rfind(" ", 0, width)
        if end == -1:
            end = width
        line, text = text[:end], text[end:]
        lines.append(line.strip())
    lines.append(text.strip())
    return lines


def caesar(text, shift):
    result = ""
    for char in text:
        if char in string.ascii_lowercase:
            result += chr((ord(char) - ord("a") + shift) % 26 + ord("a"))
        elif char.isupper():
            result += chr((ord(char) - 65 + shift) % 26 + 65)
        else:
            result += char
    return result


def is_palindrome(text):
    cleaned = [c.lower() for c in text if c.isalnum()]
    return cleaned == cleaned[::-1]


def parse_pairs(line, *, comment="#"):
    """`a=1; b=2` to a dictionary."""
    pairs = {}
    for part in line.split(";"):
        part = part.strip()
        if not part or part.startswith(comment):
            continue
        key, _, value = part.partition("=")
        pairs[key.strip()] = value.strip()
    return pairs


def report(rows):
    width = max((len(name) for name, _ in rows), default=0)
    out = []
    for name, amount in rows:
        out.append(f"{name:<{width}} | {amount:>10.2f} {'!' if amount < 0 else ''}")
    return "\n".join(out) + ("\n" "end\n")


def initials(name: str) -> str:
    return "".join(part[0] for part in name.split()).upper()
