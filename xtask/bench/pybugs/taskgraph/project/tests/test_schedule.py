import pytest
from taskgraph.graph import TaskGraph
from taskgraph.schedule import critical_tasks, earliest_starts, latest_starts, makespan, run_with_workers


@pytest.fixture
def house():
    graph = TaskGraph()
    graph.add("floor", 2)
    graph.add("walls", 5, after=["floor"])
    graph.add("garden", 4)
    graph.add("roof", 3, after=["walls"])
    graph.add("wiring", 1, after=["walls"])
    graph.add("paint", 2, after=["wiring", "roof"])
    return graph


def test_earliest_starts(house):
    assert earliest_starts(house) == {"floor": 0, "walls": 2, "garden": 0, "roof": 7, "wiring": 7, "paint": 10}


def test_makespan(house):
    assert makespan(house) == 12
    assert makespan(TaskGraph()) == 0


def test_latest_starts(house):
    assert latest_starts(house) == {"floor": 0, "walls": 2, "garden": 8, "roof": 7, "wiring": 9, "paint": 10}


def test_critical_tasks(house):
    assert critical_tasks(house) == ["floor", "walls", "roof", "paint"]


def test_one_worker(house):
    assert run_with_workers(house, 1) == {"floor": 0, "walls": 2, "garden": 7, "roof": 11, "wiring": 14, "paint": 15}


def test_two_workers(house):
    assert run_with_workers(house, 2) == {"floor": 0, "garden": 0, "walls": 2, "roof": 7, "wiring": 7, "paint": 10}


def test_nothing_can_start():
    graph = TaskGraph()
    graph.add("a", after=["a"])
    with pytest.raises(ValueError):
        run_with_workers(graph, 1)
