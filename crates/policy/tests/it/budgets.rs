//! What may be used, over restarts.

use policy::{Budgets, Error, Role, Tokens};

use crate::{House, add, key_of};

fn written(output: u64) -> Tokens {
    Tokens { input: 0, output }
}

#[tokio::test]
async fn a_restart_does_not_give_back_what_was_used_today() {
    let house = House::new();
    let daily = Budgets {
        tokens_per_day: Some(1_000),
        ..Budgets::default()
    };
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    let new = policy::NewKey {
        user: &ada.id,
        name: "program",
        project: None,
        scopes: policy::Scope::USUAL.to_vec(),
        budgets: daily,
        expires_at: None,
    };
    let (_, secret) = gate.add_key(&gate.console(), new).await.unwrap();
    let credential = policy::Credential::Key(secret.reveal());
    let program = gate.identify(credential).await.unwrap();
    let admission = gate.admit(&program, 500).await.unwrap();
    admission.settle(written(900));
    gate.close().await.unwrap();
    gate.store().close().await;

    let gate = house.open().await;
    let program = gate.identify(credential).await.unwrap();
    let Err(Error::Limited(limited)) = gate.admit(&program, 200).await else {
        panic!("the day is used up");
    };
    // From half past two in the afternoon until midnight.
    assert_eq!(limited.retry_after.unwrap().as_secs(), 9 * 3600 + 1800);
    gate.admit(&program, 100).await.unwrap().settle(written(50));
    assert_eq!(gate.used(&program).await.unwrap().tokens_today, 950);
    house.pass(10 * 3600 * 1000);
    let program = gate.identify(credential).await.unwrap();
    gate.admit(&program, 1_000)
        .await
        .unwrap()
        .settle(written(10));
    let used = gate.used(&program).await.unwrap();
    assert_eq!(
        (used.tokens_today, used.tokens_total, used.requests_total),
        (10, 960, 3)
    );
}

#[tokio::test]
async fn a_person_is_limited_over_all_their_keys() {
    let house = House::new();
    let by_minute = Budgets {
        requests_per_minute: Some(2),
        ..Budgets::default()
    };
    let gate = house
        .open_with(|options| options.budgets = vec![(Role::Member, by_minute)])
        .await;
    let ada = add(&gate, "ada", Role::Member).await;
    let (_, one) = key_of(&gate, &ada.id, Budgets::default()).await;
    let (_, other) = key_of(&gate, &ada.id, Budgets::default()).await;
    gate.admit(&one, 1).await.unwrap().settle(written(1));
    gate.admit(&other, 1).await.unwrap().settle(written(1));
    let limited = gate.admit(&one, 1).await.unwrap_err();
    assert_eq!(
        limited.to_string(),
        "too many requests a minute of this person"
    );
    house.pass(30_000);
    gate.admit(&one, 1).await.unwrap().settle(written(1));
}

#[tokio::test]
async fn who_goes_away_without_saying_what_was_used_pays_the_estimate() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    let total = Budgets {
        tokens_total: Some(100),
        ..Budgets::default()
    };
    let (_, program) = key_of(&gate, &ada.id, total).await;
    drop(gate.admit(&program, 60).await.unwrap());
    assert!(matches!(
        gate.admit(&program, 60).await,
        Err(Error::Limited(_))
    ));
    gate.admit(&program, 40)
        .await
        .unwrap()
        .settle(Tokens::default());
    gate.admit(&program, 40).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_never_use_more_than_there_is() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    let total = Budgets {
        tokens_total: Some(1_000),
        ..Budgets::default()
    };
    let (_, program) = key_of(&gate, &ada.id, total).await;
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (gate, program) = (gate.clone(), program.clone());
            tokio::spawn(async move {
                let admitted = gate.admit(&program, 30).await;
                tokio::task::yield_now().await;
                admitted
                    .map(|admission| admission.settle(written(30)))
                    .is_ok()
            })
        })
        .collect();
    let mut admitted = 0;
    for task in tasks {
        admitted += usize::from(task.await.unwrap());
    }
    assert_eq!(admitted, 33);
    assert_eq!(gate.used(&program).await.unwrap().tokens_total, 990);
}
