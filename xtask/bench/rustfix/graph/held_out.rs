use graph::*;

#[test]
fn agrees_with_floyd_and_warshall() {
    let mut state = 23u32;
    for _ in 0..40 {
        let mut graph = Graph::new(7);
        let mut table = [[u64::MAX; 7]; 7];
        for i in 0..7 { table[i][i] = 0; }
        for _ in 0..11 {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            let (a, b, w) = ((state >> 8) as usize % 7, (state >> 12) as usize % 7, u64::from(state >> 16) % 9 + 1);
            graph.add_edge(a, b, w);
            table[a][b] = table[a][b].min(w);
        }
        for k in 0..7 { for i in 0..7 { for j in 0..7 {
            if table[i][k] != u64::MAX && table[k][j] != u64::MAX {
                table[i][j] = table[i][j].min(table[i][k] + table[k][j]);
            }
        } } }
        let mut joined = [[false; 7]; 7];
        for i in 0..7 {
            let distances = graph.distances(i);
            let mut reached = graph.breadth_first(i);
            assert_eq!(reached[0], i);
            reached.sort();
            for j in 0..7 {
                let expected = (table[i][j] != u64::MAX).then_some(table[i][j]);
                assert_eq!(distances[j], expected);
                assert_eq!(reached.contains(&j), expected.is_some());
                let path = graph.path(i, j);
                assert_eq!(path.is_some(), expected.is_some());
                if let Some(path) = path {
                    assert_eq!((path[0], *path.last().unwrap()), (i, j));
                    assert!(path.windows(2).all(|p| table[p[0]][p[1]] != u64::MAX));
                }
                if expected.is_some() { joined[i][j] = true; joined[j][i] = true; }
            }
        }
        for k in 0..7 { for i in 0..7 { for j in 0..7 { joined[i][j] |= joined[i][k] && joined[k][j]; } } }
        let groups = graph.components();
        for i in 0..7 {
            let group = groups.iter().find(|g| g.contains(&i)).unwrap();
            assert_eq!(*group, (0..7).filter(|&j| joined[i][j]).collect::<Vec<_>>());
        }
        if let Some(order) = graph.topological_order() {
            assert_eq!(order.len(), 7);
            for i in 0..7 { for j in 0..i { assert_eq!(table[order[i]][order[j]], u64::MAX); } }
        }
    }
}
