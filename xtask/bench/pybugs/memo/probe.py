from memo import ExpiringCache, LRUCache, memoize, retry
from probing import check, rng


def lru(capacity, steps):
    cache, said = LRUCache(capacity), []
    said.append(float(cache.hit_rate))
    for _ in range(steps):
        key = rng.randint(0, 6)
        choice = rng.random()
        if choice < 0.45:
            cache.put(key, rng.randint(0, 99))
        elif choice < 0.9:
            said.append(cache.get(key, rng.choice([None, "no"])))
        elif choice < 0.95:
            cache.resize(rng.randint(1, 5))
        said.append((cache.keys(), len(cache), key in cache, cache.hits, cache.misses, float(cache.hit_rate)))
    return said


for capacity in range(0, 6):
    for steps in (0, 3, 30, 60):
        check(lru, capacity, steps)


def expiring(ttl, steps):
    now = [0]
    cache, said = ExpiringCache(ttl, lambda: now[0]), []
    for _ in range(steps):
        now[0] += rng.randint(0, 3)
        key = rng.choice("abc")
        match rng.randrange(5):
            case 0:
                cache.put(key, rng.choice([0, None, "x"]))
            case 1:
                cache.put(key, rng.randint(1, 9), ttl=rng.randint(0, 4))
            case 2:
                said.append(cache.get(key, "gone"))
            case 3:
                said.append(cache.touch(key))
            case 4:
                said.append(cache.purge())
        said.append(len(cache))
    return said


for ttl in (1, 2, 5):
    for steps in (5, 40, 80):
        check(expiring, ttl, steps)


def memoized(maxsize, steps):
    calls = []

    @memoize(maxsize)
    def function(*args, **kwargs):
        calls.append((args, kwargs))
        return None if args and args[0] == 0 else len(calls)

    said = []
    for _ in range(steps):
        args = [rng.randint(0, 2) for _ in range(rng.randint(0, 2))]
        if rng.random() < 0.1:
            args.append([1])
        kwargs = {name: rng.randint(0, 1) for name in rng.sample("xyz", rng.randint(0, 2))}
        said.append(function(*args, **kwargs))
    return said, calls, len(function.cache), function.__name__


for maxsize in (1, 3, 50):
    check(memoized, maxsize, 60)


def retried(times, failures, error, exceptions):
    tries = []

    def function(value, *, more):
        tries.append(value)
        if len(tries) <= failures:
            raise error
        return value + more

    try:
        return retry(times, exceptions)(function)(1, more=2), tries
    except Exception as raised:
        return type(raised).__name__, tries


for times in (1, 2, 4):
    for failures in (0, 1, 2, 3, 4, 5):
        check(retried, times, failures, OSError, (OSError,))
        check(retried, times, failures, KeyError, (ValueError, OSError))
        check(retried, times, failures, KeyError, (LookupError,))
