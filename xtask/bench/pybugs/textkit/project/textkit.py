"""Small things that programs do with text."""

import re
import unicodedata

VOWELS = "aeiou"
ROMAN = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]


def slugify(title, separator="-"):
    """"Ünïque: a Title!" becomes "unique-a-title"."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    return separator.join(words)


def truncate(text, width, mark="..."):
    """At most `width` characters; a cut text ends with the mark, at the end of a word if one fits."""
    if len(text) <= width:
        return text
    if width <= len(mark):
        return mark[:width]
    cut = text[: width - len(mark)]
    if not text[len(cut)].isspace() and " " in cut:
        cut = cut.rsplit(" ", 1)[0]
    return cut.rstrip() + mark


def plural(noun):
    """The plural of an ordinary English noun."""
    if noun.endswith("y") and noun[-2:-1] not in VOWELS:
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    return noun + "s"


def enumerate_words(words, conjunction="and"):
    """"a", "a and b", "a, b, and c"."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    if len(words) == 2:
        return f"{words[0]} {conjunction} {words[1]}"
    return f"{', '.join(words[:-1])}, {conjunction} {words[-1]}"


def to_roman(number):
    if not 0 < number < 4000:
        raise ValueError("only 1 to 3999")
    result = ""
    for value, letters in ROMAN:
        while number >= value:
            result += letters
            number -= value
    return result


def from_roman(text):
    """The number of a Roman numeral; ones that `to_roman` would not write are refused."""
    values = {letters: value for value, letters in ROMAN if len(letters) == 1}
    total = 0
    for i, letter in enumerate(text):
        if letter not in values:
            raise ValueError(text)
        value = values[letter]
        if i + 1 < len(text) and values.get(text[i + 1], 0) > value:
            total -= value
        else:
            total += value
    if total == 0 or total >= 4000 or to_roman(total) != text:
        raise ValueError(text)
    return total


def caesar(text, shift):
    """Shifts letters along the alphabet, in both cases, and leaves the rest."""
    result = []
    for letter in text:
        if "a" <= letter <= "z":
            base = ord("a")
        elif "A" <= letter <= "Z":
            base = ord("A")
        else:
            result.append(letter)
            continue
        result.append(chr((ord(letter) - base + shift) % 26 + base))
    return "".join(result)


def run_lengths(text):
    """[("a", 3), ("b", 1)] for "aaab"."""
    runs = []
    for letter in text:
        if runs and runs[-1][0] == letter:
            runs[-1] = (letter, runs[-1][1] + 1)
        else:
            runs.append((letter, 1))
    return runs


def table(rows, headers=()):
    """Rows in columns two blanks apart; numbers stand to the right."""
    rows = [list(row) for row in rows]
    lines = ([list(headers)] if headers else []) + rows
    if not lines:
        return ""
    columns = max(len(line) for line in lines)
    widths = [max(len(str(line[i])) for line in lines if i < len(line)) for i in range(columns)]
    result = []
    for line in lines:
        cells = []
        for cell, width in zip(line, widths):
            if isinstance(cell, (int, float)):
                cells.append(str(cell).rjust(width))
            else:
                cells.append(str(cell).ljust(width))
        result.append("  ".join(cells).rstrip())
    if headers:
        result.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(result)
