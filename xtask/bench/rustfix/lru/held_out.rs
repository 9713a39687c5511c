use lru::*;

#[test]
fn agrees_with_a_list() {
    let mut cache = Cache::new(20);
    let mut model: Vec<(u32, u32, usize)> = Vec::new();
    let mut state = 3u32;
    let (mut hits, mut misses, mut evictions) = (0, 0, 0);
    for _ in 0..2000 {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        let key = (state >> 8) % 9;
        match (state >> 20) % 4 {
            0 => {
                let at = model.iter().position(|e| e.0 == key);
                let expected = at.map(|at| { let e = model.remove(at); model.push(e); e.1 });
                if expected.is_some() { hits += 1 } else { misses += 1 }
                assert_eq!(cache.get(&key).copied(), expected);
            }
            1 => {
                let at = model.iter().position(|e| e.0 == key);
                assert_eq!(cache.remove(&key), at.map(|at| model.remove(at).1));
            }
            _ => {
                let cost = (state >> 12) as usize % 24;
                let fits = cost <= 20;
                if fits {
                    model.retain(|e| e.0 != key);
                    while model.iter().map(|e| e.2).sum::<usize>() + cost > 20 {
                        model.remove(0);
                        evictions += 1;
                    }
                    model.push((key, state, cost));
                }
                assert_eq!(cache.put(key, state, cost), fits);
            }
        }
        assert_eq!(cache.len(), model.len());
        assert_eq!(cache.used(), model.iter().map(|e| e.2).sum::<usize>());
        assert_eq!(cache.stats(), Stats { hits, misses, evictions });
    }
    assert_eq!(cache.stats().hit_percent(), hits * 100 / (hits + misses));
}
