from collections import deque
import heapq


class Node:
    def __init__(self, value, successors=None, predecessors=None):
        self.value = value
        self.successors = successors or []
        self.predecessors = predecessors or []

    def successor(self):
        return self.successors[0] if self.successors else None


def reachable(start, goal):
    queue = deque([start])
    visited = set()
    while queue:
        node = queue.popleft()
        if node is goal:
            return True
        for neighbour in node.successors:
            if neighbour not in visited:
                visited.add(neighbour)
                queue.append(neighbour)
    return False


def distances(weights, source):
    best = {source: 0}
    heap = [(0, source)]
    while heap:
        distance, node = heapq.heappop(heap)
        if distance > best.get(node, float("inf")):
            continue
        for (u, v), weight in weights.items():
            if u == node and distance + weight < best.get(v, float("inf")):
                best[v] = distance + weight
                heapq.heappush(heap, (best[v], v))
    return best


def all_pairs(n, weights):
    table = {(i, j): float("inf") for i in range(n) for j in range(n)}
    for i in range(n):
        table[i, i] = 0
    for (i, j), weight in weights.items():
        table[i, j] = weight
    for k in range(n):
        for i in range(n):
            for j in range(n):
                table[i, j] = min(table[i, j], table[i, k] + table[k, j])
    return table


def order(nodes):
    done, result = set(), []

    def visit(node):
        if node in done:
            return
        done.add(node)
        for other in node.successors:
            visit(other)
        result.append(node)

    for node in nodes:
        visit(node)
    return result[::-1]
