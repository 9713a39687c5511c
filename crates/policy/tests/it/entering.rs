//! Signing in, by password and by link, and what must not work.

use policy::{Credential, Error, Role, SignIn, audit::Log};

use crate::{House, PASSWORD, add, sign_in, somebody};

fn typed<'a>(name: &'a str, password: &'a str) -> SignIn<'a> {
    SignIn {
        name,
        password,
        from: "10.0.0.1",
        old_session: None,
    }
}

#[tokio::test]
async fn name_and_password_open_a_session_that_ends() {
    let house = House::new();
    let gate = house.open().await;
    add(&gate, "Ada", Role::Member).await;
    let entered = gate.sign_in(typed(" ADA ", PASSWORD)).await.unwrap();
    let token = entered.token.reveal();
    let known = gate.identify(Credential::Session(token)).await.unwrap();
    assert_eq!((known.name(), known.role()), ("ada", Role::Member));
    house.pass(14 * 24 * 3600 * 1000 - 1);
    gate.identify(Credential::Session(token)).await.unwrap();
    house.pass(1);
    let over = gate.identify(Credential::Session(token)).await;
    assert!(matches!(over, Err(Error::Unknown)));
}

#[tokio::test]
async fn wrong_passwords_and_unknown_names_are_told_alike() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    for (name, password) in [
        ("ada", "wrong password"),
        ("bob", PASSWORD),
        ("owner", "wrong password"),
    ] {
        let refused = gate.sign_in(typed(name, password)).await;
        assert!(matches!(refused, Err(Error::WrongPassword)), "{name}");
    }
    let lines = Log::of(gate.store()).page(0, 100).await.unwrap();
    let who: Vec<String> = lines
        .iter()
        .filter_map(|line| line.record())
        .filter(|record| record.action == "sign_in" && !record.allowed)
        .map(|record| record.by)
        .collect();
    assert_eq!((who.len(), who[1].as_str()), (3, "nobody"));
    assert_eq!(who[0], ada.id, "whose account is guessed at");
}

#[tokio::test]
async fn guessing_is_slowed_down_by_name_and_by_address_and_even_the_right_one_must_wait() {
    let house = House::new();
    let gate = house.open().await;
    add(&gate, "ada", Role::Member).await;
    for _ in 0..5 {
        let refused = gate.sign_in(typed("ada", "wrong password")).await;
        assert!(matches!(refused, Err(Error::WrongPassword)));
    }
    for (name, from) in [("ada", "10.0.0.2"), ("bob", "10.0.0.1")] {
        let refused = gate
            .sign_in(SignIn {
                from,
                ..typed(name, PASSWORD)
            })
            .await;
        let Err(Error::Limited(limited)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(limited.retry_after.unwrap().as_secs(), 1);
    }
    house.pass(1_000);
    gate.sign_in(typed("ada", PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn signing_in_never_goes_on_with_a_session_from_before() {
    let house = House::new();
    let gate = house.open().await;
    add(&gate, "ada", Role::Member).await;
    let before = sign_in(&gate, "ada").await;
    let old = before.token.reveal();
    let again = SignIn {
        old_session: Some(old),
        ..typed("ada", PASSWORD)
    };
    let entered = gate.sign_in(again).await.unwrap();
    assert_ne!(entered.token.reveal(), old);
    let fixed = gate.identify(Credential::Session(old)).await;
    assert!(matches!(fixed, Err(Error::Unknown)));
    // A token that somebody made up and planted in a browser is good for nothing, before and after.
    let planted = "fs_planted";
    let again = SignIn {
        old_session: Some(planted),
        ..typed("ada", PASSWORD)
    };
    gate.sign_in(again).await.unwrap();
    let fixed = gate.identify(Credential::Session(planted)).await;
    assert!(matches!(fixed, Err(Error::Unknown)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lets_one_in_once_however_many_try() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    let link = gate.link_for(&gate.console(), &ada.id).await.unwrap();
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (gate, link) = (gate.clone(), link.clone());
            tokio::spawn(async move { gate.sign_in_by_link(link.reveal(), None).await.is_ok() })
        })
        .collect();
    let mut entered = 0;
    for tried in tries {
        entered += usize::from(tried.await.unwrap());
    }
    assert_eq!(entered, 1);
    let late = gate.link_for(&gate.console(), &ada.id).await.unwrap();
    house.pass(3600 * 1000);
    let refused = gate.sign_in_by_link(late.reveal(), None).await;
    assert!(matches!(refused, Err(Error::Unknown)));
}

#[tokio::test]
async fn forms_need_the_token_of_their_session() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    let bob = somebody(&gate, "bob", Role::Member).await;
    let own = ada.csrf().unwrap();
    gate.check_csrf(&ada, Some(own)).unwrap();
    for shown in [None, Some(""), bob.csrf(), Some(&own[1..])] {
        let refused = gate.check_csrf(&ada, shown).unwrap_err();
        assert_eq!(refused.code(), "csrf");
    }
    gate.check_csrf(&gate.console(), None).unwrap();
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_or_came_by_a_link_and_ends_other_sessions() {
    let house = House::new();
    let gate = house.open().await;
    add(&gate, "ada", Role::Member).await;
    let one = sign_in(&gate, "ada").await;
    let other = sign_in(&gate, "ada").await;
    let ada = &one.principal;
    let new = "another good password";
    let refused = gate
        .set_password(ada, ada.user(), Some("wrong password"), new)
        .await;
    assert!(matches!(refused, Err(Error::WrongPassword)));
    let entered = gate
        .set_password(ada, ada.user(), Some(PASSWORD), new)
        .await
        .unwrap()
        .unwrap();
    for gone in [&one, &other] {
        let refused = gate
            .identify(Credential::Session(gone.token.reveal()))
            .await;
        assert!(matches!(refused, Err(Error::Unknown)));
    }
    gate.identify(Credential::Session(entered.token.reveal()))
        .await
        .unwrap();
    gate.sign_in(typed("ada", new)).await.unwrap();
    let link = gate.link_for(&gate.console(), ada.user()).await.unwrap();
    let by_link = gate.sign_in_by_link(link.reveal(), None).await.unwrap();
    let token = by_link.token.reveal();
    let known = gate.identify(Credential::Session(token)).await.unwrap();
    gate.set_password(&known, ada.user(), None, PASSWORD)
        .await
        .unwrap();
    gate.sign_in(typed("ada", PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let house = House::new();
    let gate = house.open().await;
    add(&gate, "ada", Role::Member).await;
    let entered = sign_in(&gate, "ada").await;
    gate.identify(Credential::Session(entered.token.reveal()))
        .await
        .unwrap();
    gate.sign_out(&entered.principal).await.unwrap();
    let refused = gate
        .identify(Credential::Session(entered.token.reveal()))
        .await;
    assert!(matches!(refused, Err(Error::Unknown)));
}
