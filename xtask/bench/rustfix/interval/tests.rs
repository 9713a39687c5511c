use interval::*;

fn set(parts: &[(i64, i64)]) -> IntervalSet {
    let mut set = IntervalSet::new();
    for &(start, end) in parts {
        set.insert(Interval::new(start, end));
    }
    set
}

#[test]
fn inserts_in_order() {
    let set = set(&[(10, 12), (1, 3), (5, 6)]);
    assert_eq!(set.to_string(), "{1-2, 5, 10-11}");
    assert_eq!(set.size(), 5);
}

#[test]
fn merges_neighbours() {
    assert_eq!(set(&[(1, 3), (3, 5)]).to_string(), "{1-4}");
    assert_eq!(set(&[(3, 5), (1, 3)]).parts().len(), 1);
    assert_eq!(set(&[(1, 3), (6, 9), (2, 7)]).to_string(), "{1-8}");
    assert_eq!(set(&[(1, 3), (4, 6)]).parts().len(), 2);
}

#[test]
fn ignores_the_empty() {
    assert_eq!(set(&[(4, 4), (9, 2)]).size(), 0);
    let mut all = set(&[(0, 10)]);
    all.remove(Interval::new(7, 3));
    assert_eq!(all.size(), 10);
}

#[test]
fn removes() {
    let mut all = set(&[(0, 10), (20, 30)]);
    all.remove(Interval::new(4, 6));
    assert_eq!(all.to_string(), "{0-3, 6-9, 20-29}");
    all.remove(Interval::new(8, 25));
    assert_eq!(all.to_string(), "{0-3, 6-7, 25-29}");
    all.remove(Interval::new(0, 4));
    assert_eq!(all.to_string(), "{6-7, 25-29}");
}

#[test]
fn looks_up() {
    let set = set(&[(1, 3), (5, 8)]);
    let found: Vec<i64> = (0..10).filter(|&v| set.contains(v)).collect();
    assert_eq!(found, vec![1, 2, 5, 6, 7]);
}

#[test]
fn intersects() {
    let a = set(&[(0, 5), (10, 15), (20, 25)]);
    let b = set(&[(3, 12), (14, 21)]);
    assert_eq!(a.intersection(&b).to_string(), "{3-4, 10-11, 14, 20}");
    assert_eq!(b.intersection(&a), a.intersection(&b));
    assert_eq!(a.intersection(&IntervalSet::new()).to_string(), "{}");
}

#[test]
fn finds_gaps() {
    let set = set(&[(0, 2), (4, 6), (9, 12)]);
    let gaps = set.gaps(Interval::new(1, 15));
    assert_eq!(gaps, vec![Interval::new(2, 4), Interval::new(6, 9), Interval::new(12, 15)]);
    assert_eq!(set.gaps(Interval::new(4, 6)), vec![]);
    assert_eq!(set.gaps(Interval::new(2, 4)), vec![Interval::new(2, 4)]);
}
