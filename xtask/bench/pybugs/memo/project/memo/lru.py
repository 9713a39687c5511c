from collections import OrderedDict


class LRUCache:
    """Keeps the `capacity` entries that were used last; reading and writing both count as use."""

    def __init__(self, capacity):
        if capacity < 1:
            raise ValueError("capacity must be positive")
        self.capacity = capacity
        self.hits = 0
        self.misses = 0
        self._items = OrderedDict()

    def __len__(self):
        return len(self._items)

    def __contains__(self, key):
        return key in self._items

    def get(self, key, default=None):
        if key not in self._items:
            self.misses += 1
            return default
        self.hits += 1
        self._items.move_to_end(key)
        return self._items[key]

    def put(self, key, value):
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self.capacity:
            self._items.popitem(last=False)

    def keys(self):
        """From the least to the most recently used."""
        return list(self._items)

    @property
    def hit_rate(self):
        """Share of reads that found something; 0.0 before the first read."""
        reads = self.hits + self.misses
        if reads == 0:
            return 0.0
        return self.hits / reads

    def resize(self, capacity):
        """Changes the capacity; forgets the least recently used entries that no longer fit."""
        if capacity < 1:
            raise ValueError("capacity must be positive")
        self.capacity = capacity
        while len(self._items) > self.capacity:
            self._items.popitem(last=False)
