"""Runs coroutines, a few at a time."""

import asyncio


async def gather_limited(functions, limit):
    """Results of the coroutine functions, in their order; at most `limit` run at once."""
    semaphore = asyncio.Semaphore(limit)

    async def run(function):
        async with semaphore:
            return await function()

    return await asyncio.gather(*[run(function) for function in functions])


async def first_success(functions):
    """The first result in order of the functions; raises the last error when all fail."""
    error = ValueError("nothing to try")
    for function in functions:
        try:
            return await function()
        except Exception as caught:
            error = caught
    raise error


async def retry(function, attempts=3, delay=0.0, factor=2, sleep=asyncio.sleep):
    """Calls until it succeeds; between attempts it waits `delay`, and each time `factor` times as long."""
    for attempt in range(attempts):
        try:
            return await function()
        except Exception:
            if attempt == attempts - 1:
                raise
            await sleep(delay)
            delay *= factor


class Batcher:
    """Collects single requests and answers them in batches of up to `size`."""

    def __init__(self, fetch_many, size):
        self.fetch_many = fetch_many
        self.size = size
        self.waiting = []
        self.batches = 0

    async def get(self, key):
        future = asyncio.get_running_loop().create_future()
        self.waiting.append((key, future))
        if len(self.waiting) >= self.size:
            await self.flush()
        return await future

    async def flush(self):
        """Answers all that wait; a key without an answer gets a `KeyError`."""
        waiting, self.waiting = self.waiting, []
        if not waiting:
            return
        self.batches += 1
        answers = await self.fetch_many([key for key, _ in waiting])
        for key, future in waiting:
            if key in answers:
                future.set_result(answers[key])
            else:
                future.set_exception(KeyError(key))
