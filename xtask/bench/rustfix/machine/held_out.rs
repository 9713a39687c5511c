use machine::*;

#[test]
fn money_and_goods_are_conserved() {
    let mut m = Machine::new(&[(115, 6), (60, 9), (200, 3)]);
    let prices = [115, 60, 200];
    let mut stock = [6u32, 9, 3];
    let mut state = 3u32;
    let (mut inserted, mut returned, mut sales, mut faults) = (0u32, 0u32, 0u32, 0u32);
    let mut held = 0u32;
    for _ in 0..3000 {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        let pick = (state >> 12) as usize;
        let event = match (state >> 24) % 12 {
            0..=3 => Event::Select(pick % 4),
            4..=7 => Event::Coin([200, 100, 50, 20, 10, 5, 7][pick % 7]),
            8 => Event::Cancel,
            9 | 10 => Event::Taken,
            _ => if pick % 4 == 0 { Event::Fault } else { Event::Service },
        };
        let before = m.state();
        let reply = m.handle(event);
        if before == State::OutOfService {
            assert_eq!(reply, if event == Event::Service { faults = 0; Reply::Ready } else { Reply::Refused });
            continue;
        }
        if event == Event::Fault { faults += 1; }
        assert_eq!(m.state() == State::OutOfService, faults >= 3);
        match (event, &reply) {
            (Event::Coin(c), Reply::Ask(left)) => {
                inserted += c;
                held += c;
                let State::Paying { slot, paid } = m.state() else { panic!() };
                assert_eq!((paid, paid + left), (held, prices[slot]));
            }
            (Event::Coin(c), Reply::Dispense { slot, change }) => {
                inserted += c;
                held = 0;
                returned += change.iter().sum::<u32>();
                stock[*slot] -= 1;
                sales += 1;
                assert_eq!(m.state(), State::Dispensing { slot: *slot });
            }
            (_, Reply::Refund(coins)) => {
                assert_eq!(coins.iter().sum::<u32>(), held);
                assert!(coins.windows(2).all(|w| w[0] >= w[1]));
                returned += held;
                held = 0;
            }
            (Event::Select(s), Reply::SoldOut) => assert_eq!(stock[s], 0),
            (Event::Select(s), Reply::Ask(p)) => { assert_eq!(*p, prices[s]); held = 0; }
            _ => {}
        }
        assert_eq!(m.takings(), inserted - returned - held);
        assert_eq!(m.sales(), sales);
        for slot in 0..3 { assert_eq!(m.stock(slot), Some(stock[slot])); }
        assert_eq!(m.shelf_value(), (0..3).map(|s| prices[s] * stock[s]).sum::<u32>());
        assert_eq!(m.low(4), (0..3).filter(|&s| stock[s] < 4).collect::<Vec<_>>());
        if stock.iter().sum::<u32>() < 4 { for s in 0..3 { m.refill(s, 5); stock[s] += 5; } }
    }
    assert!(sales > 20);
    assert_eq!(change(15), vec![10, 5]);
}
