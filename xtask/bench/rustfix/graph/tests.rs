use graph::*;

fn roads() -> Graph {
    let mut graph = Graph::new(6);
    graph.add_both(0, 1, 7);
    graph.add_both(0, 2, 9);
    graph.add_both(1, 2, 10);
    graph.add_both(2, 3, 2);
    graph.add_both(1, 3, 15);
    graph
}

#[test]
fn walks_breadth_first() {
    let mut graph = Graph::new(5);
    graph.add_edge(0, 2, 1);
    graph.add_edge(0, 1, 1);
    graph.add_edge(2, 3, 1);
    graph.add_edge(1, 3, 1);
    assert_eq!(graph.breadth_first(0), vec![0, 2, 1, 3]);
    assert_eq!(graph.breadth_first(4), vec![4]);
}

#[test]
fn walks_cycles_once() {
    assert_eq!(roads().breadth_first(3), vec![3, 2, 1, 0]);
}

#[test]
fn measures_distances() {
    let expected = vec![Some(0), Some(7), Some(9), Some(11), None, None];
    assert_eq!(roads().distances(0), expected);
}

#[test]
fn finds_paths() {
    assert_eq!(roads().path(0, 3), Some(vec![0, 2, 3]));
    assert_eq!(roads().path(3, 1), Some(vec![3, 2, 1]));
    assert_eq!(roads().path(2, 2), Some(vec![2]));
    assert_eq!(roads().path(0, 4), None);
}

#[test]
fn orders_tasks() {
    let mut graph = Graph::new(5);
    graph.add_edge(3, 1, 1);
    graph.add_edge(1, 0, 1);
    graph.add_edge(3, 0, 1);
    graph.add_edge(4, 3, 1);
    assert_eq!(graph.topological_order(), Some(vec![2, 4, 3, 1, 0]));
    graph.add_edge(0, 4, 1);
    assert_eq!(graph.topological_order(), None);
}

#[test]
fn groups_components() {
    let mut graph = roads();
    assert_eq!(graph.components(), vec![vec![0, 1, 2, 3], vec![4], vec![5]]);
    graph.add_edge(5, 4, 1);
    assert_eq!(graph.components(), vec![vec![0, 1, 2, 3], vec![4, 5]]);
    assert_eq!(Graph::new(0).components(), Vec::<Vec<usize>>::new());
}
