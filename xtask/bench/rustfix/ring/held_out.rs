use ring::*;
use std::collections::VecDeque;

#[test]
fn agrees_with_a_deque() {
    for capacity in 1..6usize {
        let mut ring = Ring::new(capacity);
        let mut model: VecDeque<u32> = VecDeque::new();
        let mut lost = 0;
        let mut state = 7u32 + capacity as u32;
        for _ in 0..400 {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            match (state >> 16) % 5 {
                0 => assert_eq!(ring.pop(), model.pop_front()),
                1 => assert_eq!(ring.pop_back(), model.pop_back()),
                _ => {
                    let old = if model.len() == capacity { lost += 1; model.pop_front() } else { None };
                    model.push_back(state);
                    assert_eq!(ring.push(state), old);
                }
            }
            assert_eq!(ring.to_vec(), model.iter().copied().collect::<Vec<_>>());
            assert_eq!(ring.last(), model.back());
            assert_eq!(ring.get(1), model.get(1));
            assert_eq!(ring.is_full(), model.len() == capacity);
            assert_eq!(ring.overwritten(), lost);
        }
    }
}

#[test]
fn resizing_keeps_the_newest() {
    let mut ring = Ring::new(5);
    for value in 0..12 {
        ring.push(value);
    }
    ring.pop();
    ring.resize(3);
    assert_eq!(ring.to_vec(), vec![9, 10, 11]);
    assert_eq!(ring.overwritten(), 8);
    ring.resize(6);
    assert_eq!((ring.len(), ring.capacity()), (3, 6));
    assert_eq!(moving_average(&[9, 3, 6, 0, 12], 3), vec![9, 6, 6, 3, 6]);
}
