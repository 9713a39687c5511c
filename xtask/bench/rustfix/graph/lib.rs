//! Directed graphs with weights: search, shortest paths, order, components.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};

/// A directed graph on nodes `0..len`.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    edges: Vec<Vec<(usize, u64)>>,
}

impl Graph {
    pub fn new(nodes: usize) -> Self {
        Graph {
            edges: vec![Vec::new(); nodes],
        }
    }

    pub fn len(&self) -> usize {
        self.edges.len()
    }

    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    pub fn add_edge(&mut self, from: usize, to: usize, weight: u64) {
        self.edges[from].push((to, weight));
    }

    pub fn add_both(&mut self, a: usize, b: usize, weight: u64) {
        self.add_edge(a, b, weight);
        self.add_edge(b, a, weight);
    }

    /// Nodes in the order of a breadth-first walk from `start`.
    pub fn breadth_first(&self, start: usize) -> Vec<usize> {
        let mut seen = HashSet::new();
        let mut order = Vec::new();
        let mut queue = VecDeque::new();
        queue.push_back(start);
        seen.insert(start);
        while let Some(node) = queue.pop_front() {
            order.push(node);
            for &(next, _) in &self.edges[node] {
                if seen.insert(next) {
                    queue.push_back(next);
                }
            }
        }
        order
    }

    /// The length of the shortest path to each node; `None` where there is none.
    pub fn distances(&self, start: usize) -> Vec<Option<u64>> {
        let mut best = vec![None; self.len()];
        let mut heap = BinaryHeap::new();
        heap.push(Reverse((0, start)));
        while let Some(Reverse((distance, node))) = heap.pop() {
            if best[node].is_some() {
                continue;
            }
            best[node] = Some(distance);
            for &(next, weight) in &self.edges[node] {
                if best[next].is_none() {
                    heap.push(Reverse((distance + weight, next)));
                }
            }
        }
        best
    }

    /// A shortest path from `start` to `goal`, both ends included.
    pub fn path(&self, start: usize, goal: usize) -> Option<Vec<usize>> {
        let distances = self.distances(start);
        let mut node = goal;
        let mut left = distances[goal]?;
        let mut path = vec![goal];
        while node != start {
            let (previous, weight) = self.predecessor(node, left, &distances)?;
            left -= weight;
            node = previous;
            path.push(node);
        }
        path.reverse();
        Some(path)
    }

    fn predecessor(&self, node: usize, left: u64, distances: &[Option<u64>]) -> Option<(usize, u64)> {
        for from in 0..self.len() {
            let Some(distance) = distances[from] else {
                continue;
            };
            for &(to, weight) in &self.edges[from] {
                if to == node && from != node && distance + weight == left {
                    return Some((from, weight));
                }
            }
        }
        None
    }

    /// An order in which every edge points forward, or `None` if there is a cycle.
    pub fn topological_order(&self) -> Option<Vec<usize>> {
        let mut incoming = vec![0; self.len()];
        for edges in &self.edges {
            for &(to, _) in edges {
                incoming[to] += 1;
            }
        }
        let mut ready: VecDeque<usize> = (0..self.len()).filter(|&n| incoming[n] == 0).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(node) = ready.pop_front() {
            order.push(node);
            for &(to, _) in &self.edges[node] {
                incoming[to] -= 1;
                if incoming[to] == 0 {
                    ready.push_back(to);
                }
            }
        }
        if order.len() == self.len() {
            Some(order)
        } else {
            None
        }
    }

    /// Groups of nodes joined by edges in either direction, each sorted, by smallest node.
    pub fn components(&self) -> Vec<Vec<usize>> {
        let mut parent: Vec<usize> = (0..self.len()).collect();
        for (from, edges) in self.edges.iter().enumerate() {
            for &(to, _) in edges {
                let a = find(&mut parent, from);
                let b = find(&mut parent, to);
                parent[a.max(b)] = a.min(b);
            }
        }
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); self.len()];
        for node in 0..self.len() {
            let root = find(&mut parent, node);
            groups[root].push(node);
        }
        groups.retain(|group| !group.is_empty());
        groups
    }
}

fn find(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}
