use interval::*;

fn members(set: &IntervalSet) -> Vec<i64> {
    (-5..60).filter(|&v| set.contains(v)).collect()
}

#[test]
fn agrees_with_a_table_of_flags() {
    let mut state = 11u32;
    let mut next = |n: u32| {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        i64::from((state >> 10) % n)
    };
    for _ in 0..60 {
        let mut sets = [IntervalSet::new(), IntervalSet::new()];
        let mut flags = [[false; 60], [false; 60]];
        for _ in 0..12 {
            let which = next(2) as usize;
            let (start, length, keep) = (next(40), next(12), next(3) > 0);
            let interval = Interval::new(start, start + length);
            if keep { sets[which].insert(interval) } else { sets[which].remove(interval) }
            for v in start..start + length { flags[which][v as usize] = keep; }
            let expected: Vec<i64> = (0..60).filter(|&v| flags[which][v as usize]).collect();
            assert_eq!(members(&sets[which]), expected);
            assert_eq!(sets[which].size(), expected.len() as i64);
            for pair in sets[which].parts().windows(2) { assert!(pair[0].end < pair[1].start); }
            assert!(sets[which].parts().iter().all(|p| !p.is_empty()));
        }
        let both: Vec<i64> = (0..60).filter(|&v| flags[0][v as usize] && flags[1][v as usize]).collect();
        assert_eq!(members(&sets[0].intersection(&sets[1])), both);
        let mut gaps = IntervalSet::new();
        for gap in sets[0].gaps(Interval::new(5, 33)) { gaps.insert(gap); }
        let free: Vec<i64> = (5..33).filter(|&v| !flags[0][v as usize]).collect();
        assert_eq!(members(&gaps), free);
    }
}

#[test]
fn touching_is_symmetric() {
    for (a, b, c, d, expected) in [(0, 2, 2, 4, true), (0, 2, 3, 4, false), (3, 4, 0, 2, false), (0, 9, 2, 3, true)] {
        assert_eq!(Interval::new(a, b).touches(&Interval::new(c, d)), expected);
        assert_eq!(Interval::new(c, d).touches(&Interval::new(a, b)), expected);
    }
}
