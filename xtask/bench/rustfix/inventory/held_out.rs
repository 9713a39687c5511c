use inventory::*;

#[test]
fn agrees_with_a_list_of_units() {
    let mut w = Warehouse::new();
    w.register("a", 7, 15);
    let mut units: Vec<u64> = Vec::new();
    let mut open: Vec<(u32, u32)> = Vec::new();
    let mut state = 29u32;
    let (mut sold, mut ids) = (0u64, 0u32);
    for _ in 0..1500 {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        let n = (state >> 10) % 9;
        let reserved: u32 = open.iter().map(|o| o.1).sum();
        let free = units.len() as u32 - reserved;
        match (state >> 20) % 5 {
            0 => {
                let cost = u64::from(state >> 27);
                w.receive("a", n, cost).unwrap();
                units.extend((0..n).map(|_| cost));
            }
            1 | 2 => {
                let expected = if n > free { Err(StockError::NotEnough { wanted: n, free }) } else { ids += 1; open.push((ids, n)); Ok(ids) };
                assert_eq!(w.reserve("a", n), expected);
            }
            3 => if !open.is_empty() {
                let (id, count) = open.remove(n as usize % open.len());
                let cost: u64 = units.drain(..count as usize).sum();
                sold += cost;
                assert_eq!(w.ship(id), Ok(cost));
                assert_eq!(w.ship(id), Err(StockError::NoReservation(id)));
            },
            _ => if !open.is_empty() {
                let (id, _) = open.remove(n as usize % open.len());
                assert_eq!(w.release(id), Ok(()));
            },
        }
        let free = units.len() as u32 - open.iter().map(|o| o.1).sum::<u32>();
        assert_eq!((w.on_hand("a"), w.free("a")), (units.len() as u32, free));
        assert_eq!((w.value(), w.cost_of_sales()), (units.iter().sum::<u64>(), sold));
        let orders = if free < 7 { vec![("a".to_string(), 15 - free)] } else { vec![] };
        assert_eq!(w.reorders(), orders);
        let (served, missing) = w.plan(&[("a", n + 3)]);
        let sum = |list: &[(String, u32)]| list.iter().map(|e| e.1).sum::<u32>();
        assert_eq!(sum(&served), (n + 3).min(free));
        assert_eq!(sum(&served) + sum(&missing), n + 3);
        assert!(served.iter().chain(&missing).all(|e| e.1 > 0));
    }
}
