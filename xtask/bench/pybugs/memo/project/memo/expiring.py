import time


class ExpiringCache:
    """Entries live for `ttl` seconds of the given clock; at that age they are gone."""

    def __init__(self, ttl, clock=time.monotonic):
        self.ttl = ttl
        self.clock = clock
        self._entries = {}

    def put(self, key, value, ttl=None):
        lifetime = self.ttl if ttl is None else ttl
        self._entries[key] = (value, self.clock() + lifetime)

    def get(self, key, default=None):
        if key not in self._entries:
            return default
        value, deadline = self._entries[key]
        if self.clock() >= deadline:
            del self._entries[key]
            return default
        return value

    def touch(self, key):
        """Starts the lifetime of a live entry anew; says whether there was one."""
        missing = object()
        value = self.get(key, missing)
        if value is missing:
            return False
        self.put(key, value)
        return True

    def purge(self):
        """Drops what has expired and says how many entries that were."""
        now = self.clock()
        expired = [key for key, (_, deadline) in self._entries.items() if deadline <= now]
        for key in expired:
            del self._entries[key]
        return len(expired)

    def __len__(self):
        return len(self._entries)
