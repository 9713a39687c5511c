import asyncio

from workers.queue import JobQueue, Results


def test_results_do_not_share():
    one, two = Results(), Results()
    one.done.append("a")
    assert (one.total, two.total) == (1, 0)


def run(queue, **options):
    return asyncio.run(queue.run(**options))


def jobs(log, failures=0):
    state = {"left": failures}

    def make(name):
        async def job():
            log.append(name)
            if name.startswith("bad") and state["left"] > 0:
                state["left"] -= 1
                raise RuntimeError(name)

        return name, job

    return make


def test_priorities():
    log = []
    job = jobs(log)
    queue = JobQueue()
    queue.add(*job("a"))
    queue.add(*job("b"), priority=5)
    queue.add(*job("c"))
    queue.add(*job("d"), priority=-1)
    assert len(queue) == 4
    assert run(queue).done == ["b", "a", "c", "d"]
    assert log == ["b", "a", "c", "d"]
    assert len(queue) == 0


def test_failures():
    log = []
    queue = JobQueue()
    job = jobs(log, failures=1)
    queue.add(*job("bad"))
    queue.add(*job("good"))
    results = run(queue)
    assert results == Results(["good"], {"bad": "RuntimeError"})
    assert results.total == 2


def test_tries_again_later():
    log = []
    queue = JobQueue(max_attempts=3)
    job = jobs(log, failures=2)
    queue.add(*job("bad"))
    queue.add(*job("good"))
    assert run(queue) == Results(["good", "bad"], {})
    assert log == ["bad", "good", "bad", "bad"]


def test_gives_up():
    log = []
    queue = JobQueue(max_attempts=2)
    queue.add(*jobs(log, failures=5)("bad"))
    assert run(queue).failed == {"bad": "RuntimeError"}
    assert log == ["bad", "bad"]


def test_timeout():
    queue = JobQueue()
    queue.add("slow", lambda: asyncio.sleep(5))
    assert run(queue, timeout=0.01).failed == {"slow": "TimeoutError"}
