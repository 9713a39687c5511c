use bitset::*;
use std::collections::BTreeSet;

#[test]
fn agrees_with_a_tree_set() {
    let mut state = 77u32;
    let mut next = |n: u32| { state = state.wrapping_mul(1664525).wrapping_add(1013904223); ((state >> 9) % n) as usize };
    for _ in 0..40 {
        let (mut a, mut b) = (BitSet::new(), BitSet::new());
        let (mut x, mut y) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..60 {
            let v = next(200);
            match next(4) {
                0 => assert_eq!(a.remove(v), x.remove(&v)),
                1 => assert_eq!(b.insert(v / 2), y.insert(v / 2)),
                _ => assert_eq!(a.insert(v), x.insert(v)),
            }
        }
        assert_eq!(a.to_vec(), x.iter().copied().collect::<Vec<_>>());
        assert_eq!((a.len(), a.min(), a.max()), (x.len(), x.first().copied(), x.last().copied()));
        assert_eq!(a.union(&b).to_vec(), x.union(&y).copied().collect::<Vec<_>>());
        assert_eq!(a.intersection(&b).to_vec(), x.intersection(&y).copied().collect::<Vec<_>>());
        assert_eq!(a.difference(&b).to_vec(), x.difference(&y).copied().collect::<Vec<_>>());
        assert_eq!(b.difference(&a).to_vec(), y.difference(&x).copied().collect::<Vec<_>>());
        assert_eq!((a.is_subset(&b), a.is_disjoint(&b)), (x.is_subset(&y), x.is_disjoint(&y)));
        assert!(a.intersection(&b).is_subset(&a) && a.difference(&b).is_disjoint(&b));
        for v in [0, 1, 63, 64, 65, 128, 199, 300] {
            assert_eq!(a.rank(v), x.range(..v).count());
            assert_eq!(a.contains(v), x.contains(&v));
        }
        assert_eq!(a.first_missing(), (0..).find(|v| !x.contains(v)).unwrap());
        assert!(a == BitSet::from_values(&a.to_vec()));
    }
    assert_eq!(primes(200).len(), 46);
    assert_eq!(primes(122).last(), Some(&113));
    let mut full = BitSet::new();
    full.insert_range(0, 128);
    assert_eq!((full.first_missing(), full.max(), full.len()), (128, Some(127), 128));
}
