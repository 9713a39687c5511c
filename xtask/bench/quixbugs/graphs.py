"""Random linked lists and graphs, in the form in which the QuixBugs programs take them."""


class Node:
    """A node of a list or a graph; its attributes are those that the programs' own tests use."""

    def __init__(self, value):
        self.value = value
        self.successor = None
        self.successors = []
        self.predecessors = []
        self.incoming_nodes = []
        self.outgoing_nodes = []

    def links(self):
        return self.successors + self.outgoing_nodes + ([self.successor] if self.successor else [])

    def __repr__(self):
        """Every node in reach with its links: `<n0: n0 n1, n1: n0>`."""
        seen = [self]
        for node in seen:
            seen += [link for link in dict.fromkeys(node.links()) if link not in seen]
        return "<" + ", ".join(f"{node.value}: {' '.join(link.value for link in node.links())}" for node in seen) + ">"


def nodes_of(rng, largest):
    return [Node(f"n{i}") for i in range(rng.randint(1, largest))]


def digraph(rng, largest=8):
    """Nodes whose `successors` form a sparse directed graph, cycles and self-loops included."""
    nodes = nodes_of(rng, largest)
    density = rng.choice([0.1, 0.2, 0.35])
    for node in nodes:
        node.successors = [other for other in nodes if rng.random() < density]
        rng.shuffle(node.successors)
    return nodes


def breadth_first_search(rng):
    nodes = digraph(rng)
    return rng.choice(nodes), rng.choice(nodes)


def depth_first_search(rng):
    return breadth_first_search(rng)


def linked_list(rng, cyclic):
    nodes = nodes_of(rng, 9)
    for node, successor in zip(nodes, nodes[1:]):
        node.successor = successor
    if cyclic:
        nodes[-1].successor = rng.choice(nodes)
    return nodes[0]


def detect_cycle(rng):
    if rng.random() < 0.02:
        return (None,)
    return (linked_list(rng, cyclic=rng.random() < 0.5),)


def reverse_linked_list(rng):
    if rng.random() < 0.05:
        return (None,)
    return (linked_list(rng, cyclic=False),)


def minimum_spanning_tree(rng):
    """A connected graph: a random tree and some more edges; few distinct weights, so ties occur."""
    names = list(range(1, rng.randint(2, 8) + 1))
    rng.shuffle(names)
    pairs = {frozenset((names[i], names[rng.randrange(i)])) for i in range(1, len(names))}
    for _ in range(rng.randint(0, 8)):
        pairs.add(frozenset(rng.sample(names, 2)))
    edges = [tuple(rng.sample(sorted(pair), 2)) for pair in sorted(pairs, key=sorted)]
    rng.shuffle(edges)
    heaviest = rng.choice([4, 30])
    return ({edge: rng.randint(1, heaviest) for edge in edges},)


def shortest_path_length(rng):
    """Lengths wide enough that two paths are never equally long: the reference cannot order nodes.

    Graphs on which the reference itself misses the shortest path (it updates a heap in place) are
    left out, so that a candidate is compared with the true answer.
    """
    while True:
        nodes = digraph(rng, 7)
        lengths = {(u, v): rng.randint(1, 10**9) for u in nodes for v in u.successors}
        start, goal = rng.choice(nodes), rng.choice(nodes)
        if heap_order_holds(lengths, start):
            return lengths, start, goal


def heap_order_holds(lengths, start):
    """Whether Dijkstra's queue, updated in place without sifting, still pops in order of distance."""
    import heapq

    queue, done = [(0, start.value, start)], set()
    while queue:
        if queue[0][0] != min(queue)[0]:
            return False
        distance, _, node = heapq.heappop(queue)
        done.add(node)
        for following in node.successors:
            if following in done:
                continue
            length = distance + lengths[node, following]
            place = next((i for i, entry in enumerate(queue) if entry[2] is following), None)
            if place is None:
                heapq.heappush(queue, (length, following.value, following))
            else:
                queue[place] = (min(queue[place][0], length), following.value, following)
    return True


def weighted_digraph(rng, names):
    """Edge weights, some negative, without a negative cycle: each is a cost ≥ 0 plus a difference of heights."""
    height = {name: rng.randint(-6, 6) for name in names}
    density = rng.choice([0.15, 0.3, 0.5])
    edges = [(u, v) for u in names for v in names if u != v and rng.random() < density]
    rng.shuffle(edges)
    return {(u, v): rng.randint(0, 9) + height[u] - height[v] for u, v in edges}


def shortest_path_lengths(rng):
    n = rng.randint(1, 7)
    return n, weighted_digraph(rng, list(range(n)))


def shortest_paths(rng):
    """Every edge starts at the source or at a node that some edge reaches, as the reference requires."""
    names = list("ABCDEFG")[: rng.randint(2, 7)]
    weight_by_edge = weighted_digraph(rng, names)
    source = rng.choice(names)
    while True:
        reached = {v for _, v in weight_by_edge} | {source}
        kept = {(u, v): weight for (u, v), weight in weight_by_edge.items() if u in reached}
        if len(kept) == len(weight_by_edge):
            return source, kept
        weight_by_edge = kept


def topological_ordering(rng):
    nodes = nodes_of(rng, 9)
    density = rng.choice([0.15, 0.3, 0.5])
    for i, node in enumerate(nodes):
        for later in nodes[i + 1 :]:
            if rng.random() < density:
                node.outgoing_nodes.append(later)
                later.incoming_nodes.append(node)
        rng.shuffle(node.outgoing_nodes)
    rng.shuffle(nodes)
    return (nodes,)


GENERATORS = [
    breadth_first_search, depth_first_search, detect_cycle, minimum_spanning_tree, reverse_linked_list,
    shortest_path_length, shortest_path_lengths, shortest_paths, topological_ordering,
]  # fmt: skip
