"""A shop's till: prices in cents, and the change that a customer gets back."""

COINS = (200, 100, 50, 20, 10, 5, 2, 1)


def total(basket):
    """The price of a basket of (cents, count) pairs; every third item of a kind is free."""
    cents = 0
    for price, count in basket:
        free = count // 3
        cents += price * (count - free)
    return cents


def change(paid, due):
    """The fewest coins that make up what is left of `paid`, largest first."""
    if paid < due:
        raise ValueError("not enough money")
    left = paid - due
    coins = []
    for coin in COINS:
        while left > coin:
            coins.append(coin)
            left -= coin
    return coins


def receipt(basket, paid):
    """Lines for the customer: the total, what was paid, and the coins that come back."""
    due = total(basket)
    coins = change(paid, due)
    return [f"total {due}", f"paid {paid}", f"change {sum(coins)}"]
