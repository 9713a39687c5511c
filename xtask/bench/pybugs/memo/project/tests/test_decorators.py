import unittest

from memo import memoize, retry


class MemoizeTest(unittest.TestCase):
    def setUp(self):
        self.calls = []

        @memoize(maxsize=2)
        def area(width, height=1):
            """Of a rectangle."""
            self.calls.append((width, height))
            return width * height

        self.area = area

    def test_calls_once(self):
        self.assertEqual([self.area(2), self.area(2)], [2, 2])
        self.assertEqual(self.calls, [(2, 1)])

    def test_keywords_matter(self):
        self.assertEqual(self.area(2, height=3), 6)
        self.assertEqual(self.area(2, height=4), 8)

    def test_none_is_remembered(self):
        calls = []
        remember = memoize()(calls.append)
        remember(1)
        remember(1)
        self.assertEqual(calls, [1])

    def test_unhashable_arguments_go_through(self):
        total = memoize()(sum)
        self.assertEqual(total([1, 2]), 3)
        self.assertEqual(len(total.cache), 0)

    def test_wraps(self):
        self.assertEqual(self.area.__name__, "area")
        self.assertEqual(self.area.__doc__, "Of a rectangle.")


class RetryTest(unittest.TestCase):
    def flaky(self, failures, error=OSError):
        self.tries = 0

        def function():
            self.tries += 1
            if self.tries <= failures:
                raise error("again")
            return "done"

        return function

    def test_tries_again(self):
        self.assertEqual(retry(3)(self.flaky(2))(), "done")
        self.assertEqual(self.tries, 3)

    def test_gives_up(self):
        with self.assertRaises(OSError):
            retry(3)(self.flaky(5))()
        self.assertEqual(self.tries, 3)

    def test_other_exceptions_pass(self):
        with self.assertRaises(KeyError):
            retry(3, exceptions=(OSError,))(self.flaky(1, KeyError))()
        self.assertEqual(self.tries, 1)
