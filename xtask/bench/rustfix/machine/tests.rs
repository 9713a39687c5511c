use machine::*;

fn machine() -> Machine {
    Machine::new(&[(150, 2), (80, 1), (200, 0)])
}

#[test]
fn sells() {
    let mut m = machine();
    assert_eq!(m.handle(Event::Select(0)), Reply::Ask(150));
    assert_eq!(m.handle(Event::Coin(100)), Reply::Ask(50));
    assert_eq!(m.handle(Event::Coin(50)), Reply::Dispense { slot: 0, change: vec![] });
    assert_eq!(m.state(), State::Dispensing { slot: 0 });
    assert_eq!(m.handle(Event::Taken), Reply::Ready);
    assert_eq!(m.state(), State::Idle);
    assert_eq!((m.stock(0), m.takings(), m.sales()), (Some(1), 150, 1));
}

#[test]
fn gives_change() {
    let mut m = machine();
    m.handle(Event::Select(1));
    assert_eq!(m.handle(Event::Coin(200)), Reply::Dispense { slot: 1, change: vec![100, 20] });
    assert_eq!(m.takings(), 80);
    assert_eq!(change(385), vec![200, 100, 50, 20, 10, 5]);
    assert_eq!(change(0), Vec::<u32>::new());
    assert_eq!(change(43), vec![20, 20]);
}

#[test]
fn refuses_what_it_cannot_do() {
    let mut m = machine();
    assert_eq!(m.handle(Event::Coin(50)), Reply::Refused);
    assert_eq!(m.handle(Event::Select(7)), Reply::Refused);
    assert_eq!(m.handle(Event::Select(2)), Reply::SoldOut);
    assert_eq!(m.state(), State::Idle);
    m.handle(Event::Select(0));
    assert_eq!(m.handle(Event::Coin(3)), Reply::Refused);
    assert_eq!(m.handle(Event::Select(1)), Reply::Refused);
    assert_eq!(m.state(), State::Paying { slot: 0, paid: 0 });
}

#[test]
fn refunds() {
    let mut m = machine();
    m.handle(Event::Select(0));
    m.handle(Event::Coin(20));
    m.handle(Event::Coin(50));
    assert_eq!(m.handle(Event::Cancel), Reply::Refund(vec![50, 20]));
    assert_eq!(m.state(), State::Idle);
    assert_eq!(m.handle(Event::Cancel), Reply::Refused);
}

#[test]
fn stops_after_three_faults() {
    let mut m = machine();
    assert_eq!(m.handle(Event::Fault), Reply::Ready);
    m.handle(Event::Select(0));
    m.handle(Event::Coin(100));
    assert_eq!(m.handle(Event::Fault), Reply::Refund(vec![100]));
    assert_eq!(m.state(), State::Idle);
    assert_eq!(m.handle(Event::Fault), Reply::Stopped);
    assert_eq!(m.handle(Event::Select(0)), Reply::Refused);
    assert_eq!(m.handle(Event::Service), Reply::Ready);
    assert_eq!(m.handle(Event::Fault), Reply::Ready);
    assert_eq!(m.state(), State::Idle);
}

#[test]
fn refills() {
    let mut m = machine();
    assert!(m.refill(2, 3));
    assert!(!m.refill(3, 1));
    assert_eq!(m.handle(Event::Select(2)), Reply::Ask(200));
    assert_eq!(m.low(2), vec![1]);
    assert_eq!(m.shelf_value(), 300 + 80 + 600);
}
