import textkit
from probing import check, rng

WORDS = ["Ça", "va", "été", "x1", "--", "don't", "A.B", "naïve", "ß", "3rd", "  ", "Zoë", "ice_cream", "π"]
for _ in range(20):
    check(textkit.slugify, rng.choice([" ", "/", "-"]).join(rng.choices(WORDS, k=rng.randint(0, 5))), rng.choice("-_."))
check(textkit.slugify, "Two Words")
for _ in range(80):
    words = rng.choices(["a", "of", "brown", "extraordinary", "fox,", "over"], k=rng.randint(1, 6))
    text = rng.choice([" ", " ", "  "]).join(words)
    check(textkit.truncate, text, rng.randint(0, 24), rng.choice(["...", "...", "~", ""]))
    check(textkit.truncate, text, len(text) - rng.randint(-1, 2))
for noun in ["key", "sky", "quiz", "gas", "wish", "match", "fox", "tree", "boy", "party", "z", "s", "a", "monarch", "guy", "toy"]:
    check(textkit.plural, noun)
for length in range(7):
    check(textkit.enumerate_words, list("abcdefg"[:length]), "nor")
    check(textkit.enumerate_words, tuple("xyz" * length)[:length])
for number in list(range(-1, 60)) + [rng.randint(60, 4100) for _ in range(60)]:
    check(textkit.to_roman, number)
for _ in range(60):
    check(textkit.from_roman, textkit.to_roman(rng.randint(1, 3999)))
    check(textkit.from_roman, "".join(rng.choices("IVXLCDM", k=rng.randint(1, 4))))
for text in ["MMMM", "VIV", "IXI", "CMCM", "MCMXCIV", "x", "I V", "IVI"]:
    check(textkit.from_roman, text)
for _ in range(40):
    text = "".join(rng.choices("azAZmM bé@[`{1", k=rng.randint(0, 9)))
    check(textkit.caesar, text, rng.randint(-60, 60))
    check(textkit.run_lengths, "".join(rng.choices("ab ", k=rng.randint(0, 9))))
for _ in range(30):
    rows = [
        [rng.choice(["x", "word", "", "two words", 7, 12345, -1.5, None, True]) for _ in range(rng.randint(1, 4))]
        for _ in range(rng.randint(0, 4))
    ]
    check(textkit.table, rows)
    check(textkit.table, rows, headers=["one", "n", "three"][: rng.randint(0, 3)])
