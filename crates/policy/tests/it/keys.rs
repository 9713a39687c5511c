//! Keys of programs.

use policy::{
    Budgets, Credential, Error, NewKey, Role, Scope, Via,
    action::{Infer, ReadAudit},
};
use store::Timestamp;

use crate::{House, START, add, key_of, somebody};

fn new<'a>(user: &'a str, scopes: &[Scope]) -> NewKey<'a> {
    NewKey {
        user,
        name: "program",
        project: None,
        scopes: scopes.to_vec(),
        budgets: Budgets::default(),
        expires_at: None,
    }
}

#[tokio::test]
async fn a_key_works_until_it_expires_or_is_revoked() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    let expiring = NewKey {
        expires_at: Some(Timestamp::from_millis(START + 500)),
        ..new(&ada.id, &[Scope::Infer])
    };
    let (_, expiring) = gate.add_key(&gate.console(), expiring).await.unwrap();
    let (key, lasting) = gate
        .add_key(&gate.console(), new(&ada.id, &[Scope::Infer]))
        .await
        .unwrap();
    assert!(lasting.reveal().starts_with(&key.shown) && key.shown.starts_with("fh-"));
    for secret in [&expiring, &lasting] {
        let known = gate
            .identify(Credential::Key(secret.reveal()))
            .await
            .unwrap();
        assert_eq!(known.user(), ada.id);
    }
    house.pass(500);
    let refused = gate.identify(Credential::Key(expiring.reveal())).await;
    assert!(matches!(refused, Err(Error::Unknown)));
    gate.revoke_key(&gate.console(), &key.id).await.unwrap();
    let refused = gate.identify(Credential::Key(lasting.reveal())).await;
    assert!(matches!(refused, Err(Error::Unknown)));
    let listed = gate.keys(&gate.console(), Some(&ada.id)).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        listed.iter().filter(|key| key.revoked_at.is_some()).count(),
        1
    );
}

#[tokio::test]
async fn what_another_process_revokes_stops_working_within_a_second() {
    let house = House::new();
    let (gate, other) = (house.open().await, house.open().await);
    let ada = add(&gate, "ada", Role::Member).await;
    let asked = new(&ada.id, &[Scope::Infer]);
    let (key, secret) = gate.add_key(&gate.console(), asked).await.unwrap();
    gate.identify(Credential::Key(secret.reveal()))
        .await
        .unwrap();
    other.revoke_key(&other.console(), &key.id).await.unwrap();
    house.pass(1_000);
    let refused = gate.identify(Credential::Key(secret.reveal())).await;
    assert!(matches!(refused, Err(Error::Unknown)));
}

#[tokio::test]
async fn scopes_hold_and_a_key_gives_none_that_it_has_not() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Admin).await;
    let (_, usual) = key_of(&gate, &ada.id, Budgets::default()).await;
    gate.permit(
        &usual,
        Infer {
            model: "m".to_owned(),
        },
    )
    .await
    .unwrap();
    let refused = gate.permit(&usual, ReadAudit).await;
    assert!(matches!(refused, Err(Error::Denied(_))));
    let refused = gate.add_key(&usual, new(&ada.id, &[Scope::Infer])).await;
    assert!(
        matches!(refused, Err(Error::Denied(_))),
        "it may not manage"
    );
    let managing = new(&ada.id, &[Scope::Manage, Scope::Infer]);
    let (_, managing) = gate.add_key(&gate.console(), managing).await.unwrap();
    let managing = gate
        .identify(Credential::Key(managing.reveal()))
        .await
        .unwrap();
    gate.add_key(&managing, new(&ada.id, &[Scope::Infer]))
        .await
        .unwrap();
    let refused = gate.add_key(&managing, new(&ada.id, &[Scope::Audit])).await;
    assert_eq!(refused.unwrap_err().code(), "scope_too_wide");
}

#[tokio::test]
async fn keys_of_others_are_nobodys_business() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    let bob = add(&gate, "bob", Role::Member).await;
    let (key, _) = key_of(&gate, &bob.id, Budgets::default()).await;
    assert!(matches!(
        gate.keys(&ada, Some(&bob.id)).await,
        Err(Error::Denied(_))
    ));
    assert!(matches!(gate.keys(&ada, None).await, Err(Error::Denied(_))));
    assert!(matches!(
        gate.revoke_key(&ada, &key.id).await,
        Err(Error::Denied(_))
    ));
    let made = gate.add_key(&ada, new(&bob.id, &[Scope::Infer])).await;
    assert!(matches!(made, Err(Error::Denied(_))));
    let of_nobody = gate.keys(&ada, Some("u-nobody")).await;
    assert!(
        matches!(of_nobody, Err(Error::Denied(_))),
        "nor who there is"
    );
    gate.add_key(&ada, new(ada.user(), &[Scope::Infer]))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_no_key_opens_nothing() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    let (_, secret) = gate
        .add_key(&gate.console(), new(&ada.id, &[Scope::Infer]))
        .await
        .unwrap();
    let text = secret.reveal();
    let near = [
        String::new(),
        "fh-".to_owned(),
        text[..text.len() - 1].to_owned(),
        format!("{text} "),
        text.to_uppercase(),
        "x".repeat(1 << 20),
    ];
    for text in &near {
        let refused = gate.identify(Credential::Key(text)).await;
        assert!(matches!(refused, Err(Error::Unknown)));
    }
    let refused = gate.identify(Credential::Session(text)).await;
    assert!(
        matches!(refused, Err(Error::Unknown)),
        "a key is no session"
    );
}

#[tokio::test]
async fn work_on_behalf_of_somebody_may_what_they_may_now() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    let (key, _) = gate
        .add_key(&gate.console(), new(&ada.id, &[Scope::Read]))
        .await
        .unwrap();
    let by_key = Via::Key(key.id.clone());
    let recalled = gate.recall(&ada.id, &by_key).await.unwrap();
    assert_eq!(
        (recalled.user(), recalled.via()),
        (ada.id.as_str(), &by_key)
    );
    let model = "small".to_owned();
    let refused = gate.permit(&recalled, Infer { model }).await;
    assert!(
        matches!(refused, Err(Error::Denied(_))),
        "the key reads alone"
    );
    let signed_in = gate.recall(&ada.id, &Via::Session).await.unwrap();
    let model = "small".to_owned();
    gate.permit(&signed_in, Infer { model }).await.unwrap();
    let bob = add(&gate, "bob", Role::Member).await;
    let others = gate.recall(&bob.id, &by_key).await;
    assert!(matches!(others, Err(Error::Unknown)));
    gate.revoke_key(&gate.console(), &key.id).await.unwrap();
    let revoked = gate.recall(&ada.id, &by_key).await;
    assert!(matches!(revoked, Err(Error::Unknown)));
    let nobody = gate.recall("nobody", &Via::Session).await;
    assert!(matches!(nobody, Err(Error::Unknown)));
}
