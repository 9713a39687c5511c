use ledger::*;

#[test]
fn money_is_conserved() {
    let mut ledger = Ledger::new();
    let names = ["a", "b", "c"];
    for (index, name) in names.iter().enumerate() {
        ledger.open(name, index as i64 * 1_000).unwrap();
    }
    let mut state = 17u32;
    let (mut in_out, mut interest) = (0i64, 0i64);
    for step in 0..600 {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        let from = names[(state >> 8) as usize % 3];
        let to = names[(state >> 12) as usize % 3];
        let amount = i64::from((state >> 14) % 150_000) - 100;
        let before = ledger.balance(from).unwrap();
        let room = before + names.iter().position(|n| *n == from).unwrap() as i64 * 1_000;
        match step % 4 {
            0 => { if ledger.deposit(to, amount).is_ok() { in_out += amount; } }
            1 => {
                let expected = amount > 0 && amount <= room;
                assert_eq!(ledger.withdraw(from, amount).is_ok(), expected);
                if expected { in_out -= amount; assert_eq!(ledger.balance(from), Some(before - amount)); }
            }
            2 => {
                let expected = amount > 0 && amount + Ledger::fee(amount) <= room;
                assert_eq!(ledger.transfer(from, to, amount).is_ok(), expected);
            }
            _ => interest += ledger.pay_interest(3),
        }
        assert_eq!(ledger.total() + ledger.fees(), in_out + interest);
    }
    assert!(ledger.fees() > 0 && interest > 0);
}

#[test]
fn details() {
    let mut ledger = Ledger::new();
    for name in ["x", "y", "z"] { ledger.open(name, 900).unwrap(); }
    ledger.withdraw("y", 300).unwrap();
    ledger.withdraw("x", 900).unwrap();
    ledger.withdraw("z", 1).unwrap();
    assert_eq!(ledger.overdrawn(), vec!["x", "y", "z"]);
    assert_eq!(ledger.withdraw("x", 7), Err(Error::Insufficient { needed: 7, available: 0 }));
    ledger.deposit("z", 20_001).unwrap();
    assert_eq!(ledger.pay_interest(100), 200);
    assert_eq!(ledger.statement("z").last(), Some(&&Event::Interest { to: "z".into(), amount: 200 }));
    assert_eq!(ledger.statement("z").len(), 3);
    assert_eq!(Ledger::fee(100_001), 500);
    assert_eq!(Ledger::fee(500_000), 2_500);
    assert_eq!(Ledger::fee(499_800), 2_499);
    ledger.set_frozen("z", true).unwrap();
    ledger.set_frozen("z", false).unwrap();
    assert!(ledger.withdraw("z", 20_000 + 200 + 900).is_ok());
}
