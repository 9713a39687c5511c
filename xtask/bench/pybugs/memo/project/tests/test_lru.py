import unittest

from memo import LRUCache


class LRUCacheTest(unittest.TestCase):
    def setUp(self):
        self.cache = LRUCache(2)
        self.cache.put("a", 1)
        self.cache.put("b", 2)

    def test_forgets_the_oldest(self):
        self.cache.put("c", 3)
        self.assertEqual(self.cache.keys(), ["b", "c"])

    def test_reading_is_use(self):
        self.assertEqual(self.cache.get("a"), 1)
        self.cache.put("c", 3)
        self.assertIn("a", self.cache)
        self.assertNotIn("b", self.cache)

    def test_writing_again_is_use(self):
        self.cache.put("a", 10)
        self.cache.put("c", 3)
        self.assertEqual(self.cache.keys(), ["a", "c"])
        self.assertEqual(self.cache.get("a"), 10)

    def test_counts(self):
        self.cache.get("a")
        self.cache.get("x")
        self.cache.get("b")
        self.cache.get("a")
        self.assertEqual((self.cache.hits, self.cache.misses), (3, 1))
        self.assertEqual(self.cache.hit_rate, 0.75)

    def test_hit_rate_before_any_read(self):
        self.assertEqual(LRUCache(1).hit_rate, 0.0)

    def test_default(self):
        self.assertEqual(self.cache.get("x", "nothing"), "nothing")
        self.assertIsNone(self.cache.get("x"))

    def test_resize(self):
        self.cache.get("a")
        self.cache.resize(1)
        self.assertEqual(self.cache.keys(), ["a"])
        self.cache.resize(3)
        self.cache.put("c", 1)
        self.cache.put("d", 1)
        self.assertEqual(len(self.cache), 3)

    def test_capacity_is_positive(self):
        with self.assertRaises(ValueError):
            LRUCache(0)


if __name__ == "__main__":
    unittest.main()
