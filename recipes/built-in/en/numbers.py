"""Numbers as they are said."""

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()


def cardinal(n, british=True):
    """`n` below a million in words."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (" " + ONES[n % 10] if n % 10 else "")
    if n < 1000:
        rest = n % 100
        return ONES[n // 100] + " hundred" + ((" and " if british else " ") + cardinal(rest) if rest else "")
    rest = n % 1000
    joint = " and " if 0 < rest < 100 and british else " "
    return cardinal(n // 1000, british) + " thousand" + (joint + cardinal(rest, british) if rest else "")


def ordinal(n):
    if n <= 20:
        return ORDINALS[n]
    if n % 10 == 0:
        return TENS[n // 10][:-1] + "ieth"
    return TENS[n // 10] + " " + ORDINALS[n % 10]


def suffixed(n):
    return f"{n}{'th' if 10 <= n % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def said(talk, n, words=0.25):
    """A whole number in digits or words, as the style of the talk has it."""
    if talk.spoken or n <= 12 and talk.chance(words):
        return cardinal(n, talk.chance(0.8))
    if n >= 1000 and talk.chance(0.3):
        return f"{n:,}"
    return str(n)


def said_decimal(talk, text):
    """A decimal number given in digits (`3.5`)."""
    if not talk.spoken:
        return text
    whole, _, part = text.partition(".")
    if not part:
        return cardinal(int(whole))
    if part == "5" and talk.chance(0.5):
        return cardinal(int(whole)) + " and a half"
    return cardinal(int(whole)) + " point " + " ".join(ONES[int(d)] for d in part)
