from probing import check, rng
from taskgraph.graph import CycleError, TaskGraph
from taskgraph.schedule import critical_tasks, earliest_starts, latest_starts, makespan, run_with_workers


def random_graph(size, cyclic=False):
    names = [f"t{i}" for i in range(size)]
    rng.shuffle(names)
    graph = TaskGraph()
    for name in rng.sample(names, len(names)):
        earlier = names[: names.index(name)]
        after = rng.sample(earlier, min(len(earlier), rng.choice([0, 0, 1, 1, 2, 3])))
        graph.add(name, rng.randint(1, 6), after)
    if cyclic and size > 1:
        late, early = names[-1], rng.choice(names)
        graph.depends[early].append(late)
        if early not in graph.ancestors(late):
            graph.depends[late].append(early)
    return graph


def ordered(graph):
    try:
        return graph.order()
    except CycleError as error:
        return error.path, str(error)


def relations(graph):
    return [(name, sorted(graph.ancestors(name)), sorted(graph.dependents(name))) for name in graph.durations]


def described(graph):
    return sorted(graph.depends.items())


for size in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] * 3:
    graph = random_graph(size)
    print(described(graph))
    for function in [ordered, relations, earliest_starts, makespan, latest_starts, critical_tasks]:
        print(function.__name__, end=" ")
        check(lambda function=function: function(graph))
    for workers in (1, 2, 3):
        check(lambda: sorted(run_with_workers(graph, workers).items()))
for size in [2, 3, 4, 5, 6] * 3:
    graph = random_graph(size, cyclic=True)
    check(lambda: ordered(graph))
    check(lambda: relations(graph))
for _ in range(10):
    graph = random_graph(5)
    for name in rng.sample(sorted(graph.durations), 3):
        graph.depends[name].append(rng.choice("xyz"))
    check(graph.missing)
check(lambda: random_graph(3).add("t1"))


def shared(needs, more):
    graph = TaskGraph()
    graph.add("a", after=needs)
    needs.extend(more)
    return graph.depends, graph.missing()


for more in ([], ["y"], ["y", "z"]):
    check(shared, ["x"], more)
