import unittest

import textkit


class SlugTest(unittest.TestCase):
    def test_slugify(self):
        self.assertEqual(textkit.slugify("Ünïque: a Title!"), "unique-a-title")
        self.assertEqual(textkit.slugify("  10 Ways -- to_win "), "10-ways-to-win")
        self.assertEqual(textkit.slugify("A B", separator="_"), "a_b")
        self.assertEqual(textkit.slugify("?!"), "")


class TruncateTest(unittest.TestCase):
    def test_short_text_stays(self):
        self.assertEqual(textkit.truncate("hello", 5), "hello")

    def test_ends_with_a_word(self):
        self.assertEqual(textkit.truncate("the quick brown fox", 14), "the quick...")
        self.assertEqual(textkit.truncate("the quick brown fox", 12), "the quick...")
        self.assertEqual(textkit.truncate("the quick brown fox", 18), "the quick brown...")

    def test_long_words_are_cut(self):
        self.assertEqual(textkit.truncate("extraordinary", 8), "extra...")

    def test_narrow(self):
        self.assertEqual(textkit.truncate("hello", 2), "..")
        self.assertEqual(textkit.truncate("hello", 3), "...")
        self.assertEqual(textkit.truncate("hello", 4, mark="~"), "hel~")


class WordsTest(unittest.TestCase):
    def test_plural(self):
        nouns = ["cat", "city", "day", "bus", "box", "church", "dish", "fly", "y"]
        plurals = ["cats", "cities", "days", "buses", "boxes", "churches", "dishes", "flies", "ys"]
        self.assertEqual([textkit.plural(noun) for noun in nouns], plurals)

    def test_enumerate_words(self):
        self.assertEqual(textkit.enumerate_words([]), "")
        self.assertEqual(textkit.enumerate_words(["a"]), "a")
        self.assertEqual(textkit.enumerate_words(["a", "b"]), "a and b")
        self.assertEqual(textkit.enumerate_words(["a", "b", "c"], "or"), "a, b, or c")
        self.assertEqual(textkit.enumerate_words(iter("abcd")), "a, b, c, and d")


class RomanTest(unittest.TestCase):
    def test_to_roman(self):
        numbers = [1, 4, 9, 14, 40, 90, 400, 1990, 2024, 3999]
        romans = ["I", "IV", "IX", "XIV", "XL", "XC", "CD", "MCMXC", "MMXXIV", "MMMCMXCIX"]
        self.assertEqual([textkit.to_roman(number) for number in numbers], romans)

    def test_from_roman(self):
        for number in (1, 4, 6, 9, 44, 99, 444, 1666, 3999):
            self.assertEqual(textkit.from_roman(textkit.to_roman(number)), number)

    def test_bad_numerals(self):
        for text in ("", "IIII", "IC", "ABC", "VX", "iv"):
            with self.assertRaises(ValueError):
                textkit.from_roman(text)
        for number in (0, -1, 4000):
            with self.assertRaises(ValueError):
                textkit.to_roman(number)


class CodeTest(unittest.TestCase):
    def test_caesar(self):
        self.assertEqual(textkit.caesar("Hello, xyz!", 3), "Khoor, abc!")
        self.assertEqual(textkit.caesar("Khoor, abc!", -3), "Hello, xyz!")
        self.assertEqual(textkit.caesar("Zz", 27), "Aa")

    def test_run_lengths(self):
        self.assertEqual(textkit.run_lengths("aaabaa"), [("a", 3), ("b", 1), ("a", 2)])
        self.assertEqual(textkit.run_lengths(""), [])


class TableTest(unittest.TestCase):
    def test_table(self):
        rows = [["apple", 5, "red"], ["fig", 12]]
        self.assertEqual(textkit.table(rows), "apple   5  red\nfig    12")
        self.assertEqual(textkit.table([[5, "a"], [12, "b"]]), " 5  a\n12  b")

    def test_headers(self):
        text = textkit.table([["a", 1]], headers=["name", "n"])
        self.assertEqual(text, "name  n\n----  -\na     1")
        self.assertEqual(textkit.table([], headers=["x"]), "x\n-")
        self.assertEqual(textkit.table([]), "")


if __name__ == "__main__":
    unittest.main()
