use inventory::*;

fn warehouse() -> Warehouse {
    let mut w = Warehouse::new();
    w.register("bolt", 10, 50);
    w.register("nut", 5, 20);
    w.receive("bolt", 10, 3).unwrap();
    w.receive("bolt", 20, 4).unwrap();
    w.receive("nut", 8, 1).unwrap();
    w
}

#[test]
fn counts() {
    let w = warehouse();
    assert_eq!((w.on_hand("bolt"), w.free("bolt"), w.on_hand("cog")), (30, 30, 0));
    assert_eq!(w.value(), 30 + 80 + 8);
}

#[test]
fn reserves() {
    let mut w = warehouse();
    assert_eq!(w.reserve("bolt", 25), Ok(1));
    assert_eq!((w.on_hand("bolt"), w.free("bolt")), (30, 5));
    assert_eq!(w.reserve("bolt", 6), Err(StockError::NotEnough { wanted: 6, free: 5 }));
    assert_eq!(w.reserve("bolt", 5), Ok(2));
    assert_eq!(w.reserve("cog", 1), Err(StockError::Unknown("cog".into())));
    w.release(1).unwrap();
    assert_eq!(w.free("bolt"), 25);
    assert_eq!(w.release(1), Err(StockError::NoReservation(1)));
}

#[test]
fn ships_the_oldest_first() {
    let mut w = warehouse();
    let first = w.reserve("bolt", 12).unwrap();
    let second = w.reserve("bolt", 4).unwrap();
    assert_eq!(w.ship(first), Ok(10 * 3 + 2 * 4));
    assert_eq!(w.on_hand("bolt"), 18);
    assert_eq!(w.free("bolt"), 14);
    assert_eq!(w.ship(second), Ok(16));
    assert_eq!(w.cost_of_sales(), 54);
    assert_eq!(w.value(), 14 * 4 + 8);
    assert_eq!(w.ship(second), Err(StockError::NoReservation(second)));
}

#[test]
fn ships_whole_lots() {
    let mut w = warehouse();
    let id = w.reserve("bolt", 30).unwrap();
    assert_eq!(w.ship(id), Ok(110));
    assert_eq!(w.value(), 8);
    w.receive("bolt", 1, 9).unwrap();
    let id = w.reserve("bolt", 1).unwrap();
    assert_eq!(w.ship(id), Ok(9));
}

#[test]
fn reorders() {
    let mut w = warehouse();
    assert_eq!(w.reorders(), vec![]);
    w.reserve("bolt", 20).unwrap();
    assert_eq!(w.reorders(), vec![]);
    w.reserve("bolt", 1).unwrap();
    w.reserve("nut", 8).unwrap();
    assert_eq!(w.reorders(), vec![("bolt".to_string(), 41), ("nut".to_string(), 20)]);
}

#[test]
fn plans() {
    let w = warehouse();
    let (served, missing) = w.plan(&[("bolt", 5), ("nut", 10), ("cog", 2)]);
    assert_eq!(served, vec![("bolt".to_string(), 5), ("nut".to_string(), 8)]);
    assert_eq!(missing, vec![("nut".to_string(), 2), ("cog".to_string(), 2)]);
}
