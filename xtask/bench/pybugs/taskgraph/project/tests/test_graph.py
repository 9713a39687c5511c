import pytest
from taskgraph.graph import CycleError, TaskGraph


@pytest.fixture
def house():
    graph = TaskGraph()
    graph.add("roof", 3, after=["walls"])
    graph.add("walls", 5, after=["floor"])
    graph.add("floor", 2)
    graph.add("garden", 4)
    graph.add("paint", 2, after=["walls", "roof"])
    return graph


def test_order(house):
    assert house.order() == ["floor", "walls", "roof", "garden", "paint"]


def test_cycle():
    graph = TaskGraph()
    graph.add("start")
    graph.add("a", after=["start", "c"])
    graph.add("b", after=["a"])
    graph.add("c", after=["b"])
    with pytest.raises(CycleError) as caught:
        graph.order()
    assert caught.value.path == ["a", "c", "b", "a"]
    assert str(caught.value) == "a -> c -> b -> a"


def test_shared_dependencies_are_no_cycle():
    graph = TaskGraph()
    graph.add("d", after=["b", "c"])
    graph.add("b", after=["a"])
    graph.add("c", after=["a"])
    graph.add("a")
    assert graph.order() == ["a", "b", "c", "d"]


def test_ancestors(house):
    assert house.ancestors("paint") == {"walls", "roof", "floor"}
    assert house.ancestors("floor") == set()


def test_dependents(house):
    assert house.dependents("floor") == {"walls", "roof", "paint"}
    assert house.dependents("garden") == set()


def test_missing():
    graph = TaskGraph()
    graph.add("b", after=["z", "a"])
    graph.add("a", after=["y", "z"])
    assert graph.missing() == ["y", "z"]


def test_names_are_unique(house):
    with pytest.raises(ValueError):
        house.add("roof")


def test_after_is_copied():
    needs = ["x"]
    graph = TaskGraph()
    graph.add("a", after=needs)
    needs.append("y")
    assert graph.depends["a"] == ["x"]
