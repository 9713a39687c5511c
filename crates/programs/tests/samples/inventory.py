"""Stock of a small shop."""

from collections import defaultdict

LOW_STOCK = 5
TAX_RATE = 0.19


class OutOfStock(Exception):
    """Nothing left."""


class Inventory:
    categories = []

    def __init__(self, owner, items=[]):
        self.owner = owner
        self.items = {}
        self.history = []
        for name, count in items:
            self.items[name] = self.items.get(name, 0) + count

    def add(self, name, count=1):
        """Adds some pieces."""
        if count <= 0:
            raise ValueError("count must be positive")
        if name in self.items:
            self.items[name] += count
        else:
            self.items[name] = count
        self.history.append(("add", name, count))

    def remove(self, name, count=1):
        if name not in self.items:
            raise KeyError(name)
        if self.items[name] < count:
            raise OutOfStock(f"only {self.items[name]} of {name!r} left")
        self.items[name] -= count
        if self.items[name] == 0:
            del self.items[name]
        self.history.append(("remove", name, count))

    def low(self, limit=LOW_STOCK):
        return sorted(name for name, count in self.items.items() if count < limit)

    def total(self, prices):
        total = 0.0
        for name, count in self.items.items():
            try:
                total += prices[name] * count
            except KeyError:
                continue
        return round(total * (1 + TAX_RATE), 2)

    def by_initial(self):
        groups = defaultdict(list)
        for name in self.items:
            groups[name[0].upper()].append(name)
        return dict(groups)
