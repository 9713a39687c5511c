import unittest

from till import change, receipt, total


class Till(unittest.TestCase):
    def test_every_third_item_is_free(self):
        self.assertEqual(total([(100, 3), (50, 2)]), 300)

    def test_no_change_when_paid_exactly(self):
        self.assertEqual(change(250, 250), [])

    def test_change_is_given_in_the_fewest_coins(self):
        self.assertEqual(change(500, 113), [200, 100, 50, 20, 10, 5, 2])

    def test_a_single_coin_is_given_back(self):
        self.assertEqual(change(100, 50), [50])

    def test_too_little_money_is_refused(self):
        with self.assertRaises(ValueError):
            change(10, 20)

    def test_the_receipt_adds_up(self):
        self.assertEqual(receipt([(30, 4)], 100), ["total 90", "paid 100", "change 10"])


if __name__ == "__main__":
    unittest.main()
