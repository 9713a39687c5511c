"""A queue of jobs with priorities and a worker that empties it."""

import asyncio
import heapq
from dataclasses import dataclass, field
from itertools import count


@dataclass
class Results:
    done: list = field(default_factory=list)
    failed: dict = field(default_factory=dict)

    @property
    def total(self):
        return len(self.done) + len(self.failed)


class JobQueue:
    """Higher priorities come first, equal ones in order of adding."""

    def __init__(self, max_attempts=1):
        self.max_attempts = max_attempts
        self._heap = []
        self._order = count()

    def add(self, name, job, priority=0):
        heapq.heappush(self._heap, (-priority, next(self._order), name, job, 1))

    def __len__(self):
        return len(self._heap)

    async def run(self, timeout=None):
        """Runs all jobs one by one; a failing job is tried again later, up to `max_attempts` times."""
        results = Results()
        while self._heap:
            priority, _, name, job, attempt = heapq.heappop(self._heap)
            try:
                await asyncio.wait_for(job(), timeout)
            except Exception as error:
                if attempt < self.max_attempts:
                    heapq.heappush(self._heap, (priority, next(self._order), name, job, attempt + 1))
                else:
                    results.failed[name] = type(error).__name__
            else:
                results.done.append(name)
        return results
