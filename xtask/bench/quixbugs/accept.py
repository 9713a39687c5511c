"""What a docstring allows where the reference's answer is only one of several right ones.

`ACCEPT[name](args, value)` says whether `value` meets the documented output for `args`. A program
without an entry has one right answer: the reference's.
"""

import math
from itertools import combinations


def find_in_sorted(args, index):
    """"An index i such that arr[i] == x, or -1 if x not in arr"."""
    arr, x = args
    if not isinstance(index, int):
        return False
    return 0 <= index < len(arr) and arr[index] == x if x in arr else index == -1


def longest_common_subsequence(args, value):
    """"If multiple subsequences of equal length exist, either is OK"."""
    a, b = args
    return isinstance(value, str) and is_subsequence(value, a) and is_subsequence(value, b) and not any(
        is_subsequence(longer, b) for longer in map("".join, combinations(a, len(value) + 1))
    )


def is_subsequence(short, long):
    rest = iter(long)
    return all(letter in rest for letter in short)


def minimum_spanning_tree(args, edges):
    """"A set of edges that connects all the vertices [...] and has the least possible total weight"."""
    (weight_by_edge,) = args
    if not isinstance(edges, set) or not edges <= weight_by_edge.keys():
        return False
    group = {node: node for edge in weight_by_edge for node in edge}

    def root(node):
        while group[node] != node:
            node = group[node]
        return node

    least = 0
    for u, v in sorted(weight_by_edge, key=weight_by_edge.get):
        if root(u) != root(v):
            group[root(u)] = root(v)
            least += weight_by_edge[u, v]

    group = {node: node for node in group}
    for u, v in edges:
        group[root(u)] = root(v)
    connected = len({root(node) for node in group}) == 1
    return connected and sum(map(weight_by_edge.get, edges)) == least


def sqrt(args, value):
    """"A float in the interval [sqrt(x) - epsilon, sqrt(x) + epsilon]"."""
    x, epsilon = args
    return isinstance(value, (int, float)) and abs(value - math.sqrt(x)) <= epsilon


def topological_ordering(args, ordered):
    """"An order that puts each node before all the nodes it has edges to"."""
    (nodes,) = args
    if not isinstance(ordered, list) or len(ordered) != len(nodes) or set(ordered) != set(nodes):
        return False
    place = {node: i for i, node in enumerate(ordered)}
    return all(place[node] < place[later] for node in nodes for later in node.outgoing_nodes)


ACCEPT = {
    rule.__name__: rule
    for rule in [find_in_sorted, longest_common_subsequence, minimum_spanning_tree, sqrt, topological_ordering]
}
