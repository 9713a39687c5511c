import functools

from memo.lru import LRUCache

_MISSING = object()


def memoize(maxsize=128):
    """Remembers results by positional and keyword arguments; calls with unhashable ones go through."""

    def decorate(function):
        cache = LRUCache(maxsize)

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            key = (args, tuple(sorted(kwargs.items())))
            try:
                result = cache.get(key, _MISSING)
            except TypeError:
                return function(*args, **kwargs)
            if result is _MISSING:
                result = function(*args, **kwargs)
                cache.put(key, result)
            return result

        wrapper.cache = cache
        return wrapper

    return decorate


def retry(times, exceptions=(Exception,)):
    """Calls up to `times` times until the function no longer raises one of `exceptions`."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for attempt in range(1, times + 1):
                try:
                    return function(*args, **kwargs)
                except exceptions:
                    if attempt == times:
                        raise

        return wrapper

    return decorate
