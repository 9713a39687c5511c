import asyncio

import pytest
from workers.pool import Batcher, first_success, gather_limited, retry


def returning(value):
    async def function():
        await asyncio.sleep(0)
        return value

    return function


def failing(error):
    async def function():
        raise error

    return function


def test_gather_keeps_the_order():
    assert asyncio.run(gather_limited([returning(i) for i in range(5)], 2)) == [0, 1, 2, 3, 4]


def test_gather_limits():
    running, most = 0, 0

    async def job():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running -= 1

    asyncio.run(gather_limited([job] * 7, 3))
    assert most == 3


def test_first_success():
    functions = [failing(KeyError("a")), returning("b"), returning("c")]
    assert asyncio.run(first_success(functions)) == "b"


def test_all_fail():
    with pytest.raises(OSError):
        asyncio.run(first_success([failing(KeyError("a")), failing(OSError("b"))]))
    with pytest.raises(ValueError):
        asyncio.run(first_success([]))


class Flaky:
    def __init__(self, failures):
        self.failures = failures
        self.calls = 0
        self.slept = []

    async def __call__(self):
        self.calls += 1
        if self.calls <= self.failures:
            raise OSError("again")
        return self.calls

    async def sleep(self, seconds):
        self.slept.append(seconds)


def test_retry():
    flaky = Flaky(2)
    assert asyncio.run(retry(flaky, delay=1.0, sleep=flaky.sleep)) == 3
    assert flaky.slept == [1.0, 2.0]


def test_retry_gives_up():
    flaky = Flaky(9)
    with pytest.raises(OSError):
        asyncio.run(retry(flaky, attempts=4, delay=1, factor=3, sleep=flaky.sleep))
    assert flaky.calls == 4
    assert flaky.slept == [1, 3, 9]


def test_batcher():
    asked = []

    async def fetch_many(keys):
        asked.append(keys)
        return {key: key * 10 for key in keys if key != 3}

    async def main():
        batcher = Batcher(fetch_many, 2)
        tasks = [asyncio.create_task(batcher.get(key)) for key in [1, 2, 3]]
        await asyncio.sleep(0)
        await batcher.flush()
        await batcher.flush()
        return await asyncio.gather(*tasks, return_exceptions=True), batcher

    answers, batcher = asyncio.run(main())
    assert answers[:2] == [10, 20]
    assert isinstance(answers[2], KeyError)
    assert asked == [[1, 2], [3]]
    assert batcher.batches == 2
