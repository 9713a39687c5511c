"""When tasks run."""

import heapq
from functools import lru_cache


def earliest_starts(graph):
    """The earliest start of each task with any number of workers."""

    @lru_cache(maxsize=None)
    def start(name):
        return max((start(need) + graph.durations[need] for need in graph.depends[name]), default=0)

    return {name: start(name) for name in graph.order()}


def makespan(graph):
    """When the last task ends; 0 without tasks."""
    starts = earliest_starts(graph)
    return max((starts[name] + graph.durations[name] for name in starts), default=0)


def latest_starts(graph):
    """How late each task may start without delaying the end."""
    end = makespan(graph)
    latest = {name: end - graph.durations[name] for name in graph.durations}
    for name in reversed(graph.order()):
        for need in graph.depends[name]:
            latest[need] = min(latest[need], latest[name] - graph.durations[need])
    return latest


def critical_tasks(graph):
    """Tasks without slack, in order."""
    earliest, latest = earliest_starts(graph), latest_starts(graph)
    return [name for name in graph.order() if earliest[name] == latest[name]]


def run_with_workers(graph, workers):
    """Starts by name when only `workers` tasks run at once; ready tasks start in order of adding."""
    waiting = [name for name in graph.durations]
    running, ended, starts, now = [], set(), {}, 0
    while waiting or running:
        for name in list(waiting):
            if len(running) < workers and all(need in ended for need in graph.depends[name]):
                waiting.remove(name)
                starts[name] = now
                heapq.heappush(running, (now + graph.durations[name], name))
        if not running:
            raise ValueError("nothing can start")
        now = running[0][0]
        while running and running[0][0] == now:
            ended.add(heapq.heappop(running)[1])
    return starts
