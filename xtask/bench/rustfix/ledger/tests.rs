use ledger::*;

fn ledger() -> Ledger {
    let mut ledger = Ledger::new();
    ledger.open("ann", 0).unwrap();
    ledger.open("bob", 5_000).unwrap();
    ledger.open("eve", 100_000).unwrap();
    ledger.deposit("ann", 500_000).unwrap();
    ledger
}

#[test]
fn opens_once() {
    let mut ledger = ledger();
    assert_eq!(ledger.open("ann", 1), Err(Error::AlreadyOpen("ann".into())));
    assert_eq!(ledger.balance("bob"), Some(0));
    assert_eq!(ledger.balance("zed"), None);
}

#[test]
fn refuses_bad_amounts() {
    let mut ledger = ledger();
    assert_eq!(ledger.deposit("ann", 0), Err(Error::NotPositive));
    assert_eq!(ledger.withdraw("ann", -5), Err(Error::NotPositive));
    assert_eq!(ledger.deposit("zed", 5), Err(Error::NoSuchAccount("zed".into())));
    assert_eq!(ledger.transfer("ann", "zed", 5), Err(Error::NoSuchAccount("zed".into())));
    assert_eq!(ledger.balance("ann"), Some(500_000));
}

#[test]
fn withdraws_down_to_the_overdraft() {
    let mut ledger = ledger();
    ledger.withdraw("bob", 5_000).unwrap();
    assert_eq!(ledger.balance("bob"), Some(-5_000));
    assert_eq!(ledger.withdraw("bob", 1), Err(Error::Insufficient { needed: 1, available: 0 }));
}

#[test]
fn charges_fees() {
    assert_eq!(Ledger::fee(100_000), 0);
    assert_eq!(Ledger::fee(200_000), 1_000);
    assert_eq!(Ledger::fee(10_000_000), 2_500);
}

#[test]
fn transfers() {
    let mut ledger = ledger();
    ledger.transfer("ann", "bob", 200_000).unwrap();
    assert_eq!(ledger.balance("ann"), Some(299_000));
    assert_eq!(ledger.balance("bob"), Some(200_000));
    assert_eq!(ledger.fees(), 1_000);
    assert_eq!(ledger.total() + ledger.fees(), 500_000);
    assert_eq!(
        ledger.transfer("ann", "bob", 299_000),
        Err(Error::Insufficient { needed: 300_495, available: 299_000 })
    );
}

#[test]
fn frozen_accounts_only_receive() {
    let mut ledger = ledger();
    ledger.set_frozen("ann", true).unwrap();
    assert_eq!(ledger.withdraw("ann", 1), Err(Error::Frozen("ann".into())));
    assert_eq!(ledger.transfer("ann", "bob", 1), Err(Error::Frozen("ann".into())));
    ledger.deposit("ann", 1).unwrap();
    assert_eq!(ledger.pay_interest(100), 0);
}

#[test]
fn pays_interest() {
    let mut ledger = ledger();
    ledger.withdraw("bob", 100).unwrap();
    assert_eq!(ledger.pay_interest(25), 1_250);
    assert_eq!(ledger.balance("ann"), Some(501_250));
    assert_eq!(ledger.balance("bob"), Some(-100));
}

#[test]
fn prints_statements() {
    let mut ledger = ledger();
    ledger.transfer("ann", "bob", 10).unwrap();
    ledger.withdraw("bob", 5).unwrap();
    assert_eq!(ledger.statement("ann").len(), 2);
    assert_eq!(ledger.statement("bob").len(), 2);
    assert_eq!(ledger.statement("eve").len(), 0);
}

#[test]
fn lists_the_overdrawn() {
    let mut ledger = ledger();
    ledger.withdraw("bob", 10).unwrap();
    ledger.withdraw("eve", 20).unwrap();
    assert_eq!(ledger.overdrawn(), vec!["eve", "bob"]);
}
