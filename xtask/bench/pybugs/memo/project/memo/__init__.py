from memo.decorators import memoize, retry
from memo.expiring import ExpiringCache
from memo.lru import LRUCache

__all__ = ["ExpiringCache", "LRUCache", "memoize", "retry"]
