import asyncio

from probing import check, rng
from workers.pool import Batcher, first_success, gather_limited, retry
from workers.queue import JobQueue, Results


def coroutine(value, ticks=0):
    async def function():
        for _ in range(ticks):
            await asyncio.sleep(0)
        if isinstance(value, Exception):
            raise value
        return value

    return function


def limited(count, limit):
    running, seen = [0], []

    def job(i):
        async def function():
            running[0] += 1
            seen.append(running[0])
            for _ in range(1 + i % 3):
                await asyncio.sleep(0)
            running[0] -= 1
            return i

        return function

    return asyncio.run(gather_limited([job(i) for i in range(count)], limit)), max(seen, default=0)


for count in (0, 1, 3, 8):
    for limit in (1, 2, 5):
        check(limited, count, limit)

ERRORS = [KeyError("k"), OSError("o"), ValueError("v"), RuntimeError("r")]
for _ in range(25):
    values = [rng.choice(ERRORS + [1, 0, None]) for _ in range(rng.randint(0, 5))]
    check(lambda: (values, asyncio.run(first_success([coroutine(value) for value in values]))))


def retried(failures, attempts, delay, factor):
    calls, slept = [], []

    async def function():
        calls.append(1)
        if len(calls) <= failures:
            raise OSError
        return len(calls)

    async def sleep(seconds):
        slept.append(seconds)

    try:
        result = asyncio.run(retry(function, attempts, delay, factor, sleep))
    except OSError:
        result = "gave up"
    return result, len(calls), slept


for failures in range(6):
    for attempts in (1, 2, 3, 5):
        check(retried, failures, attempts, 0.5, 2)
        check(retried, failures, attempts, 1, 3)


def batched(keys, size, known):
    asked = []

    async def fetch_many(wanted):
        asked.append(wanted)
        await asyncio.sleep(0)
        return {key: key + 100 for key in wanted if key in known}

    async def main():
        batcher = Batcher(fetch_many, size)
        tasks = [asyncio.create_task(batcher.get(key)) for key in keys]
        for _ in range(3):
            await asyncio.sleep(0)
            await batcher.flush()
        answers = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 1)
        return [repr(answer) for answer in answers], batcher.batches, batcher.waiting

    return asyncio.run(main()), asked


for size in (1, 2, 3, 10):
    for length in (0, 1, 2, 5, 7):
        check(batched, list(range(length)), size, {0, 1, 2, 4, 6})
check(batched, [1, 1, 2, 1], 3, {1})


def queued(names, max_attempts):
    log, queue = [], JobQueue(max_attempts)
    for name, priority, failures in names:

        def job(name=name, left=[failures]):
            async def function():
                log.append(name)
                if left[0]:
                    left[0] -= 1
                    raise LookupError(name)

            return function()

        queue.add(name, job, priority)
    before = len(queue)
    results = asyncio.run(queue.run(timeout=1))
    return results, results.total, log, before, len(queue)


for max_attempts in (1, 2, 3):
    for length in (0, 1, 3, 6):
        check(queued, [(f"j{i}", rng.randint(-1, 2), rng.choice([0, 0, 1, 2])) for i in range(length)], max_attempts)
check(lambda: (Results(), Results(["a"], {"b": "E"}).total))
