import unittest

from memo import ExpiringCache


class Clock:
    def __init__(self):
        self.now = 100

    def __call__(self):
        return self.now


class ExpiringCacheTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.cache = ExpiringCache(10, self.clock)
        self.cache.put("a", 1)

    def test_lives_for_its_ttl(self):
        self.clock.now = 109
        self.assertEqual(self.cache.get("a"), 1)
        self.clock.now = 110
        self.assertIsNone(self.cache.get("a"))
        self.assertEqual(len(self.cache), 0)

    def test_own_ttl(self):
        self.cache.put("b", 2, ttl=3)
        self.cache.put("never", 3, ttl=0)
        self.assertIsNone(self.cache.get("never"))
        self.clock.now = 104
        self.assertIsNone(self.cache.get("b"))
        self.assertEqual(self.cache.get("a"), 1)

    def test_touch(self):
        self.clock.now = 108
        self.assertTrue(self.cache.touch("a"))
        self.clock.now = 117
        self.assertEqual(self.cache.get("a"), 1)
        self.clock.now = 118
        self.assertFalse(self.cache.touch("a"))

    def test_purge(self):
        self.clock.now = 105
        self.cache.put("b", 2)
        self.clock.now = 110
        self.assertEqual(self.cache.purge(), 1)
        self.assertEqual(self.cache.get("b"), 2)
