//! Everything of a person, and of the house, at once.

use policy::{
    Budgets, Credential, Error, Gate, Role, Tokens,
    audit::{Anchor, Log},
};
use store::Store;

use crate::{House, add, key_of, sign_in, somebody};

#[tokio::test]
async fn whoever_is_erased_is_nobody_any_more_and_the_log_stays_whole() {
    let house = House::new();
    let gate = house.open().await;
    let admin = somebody(&gate, "root", Role::Admin).await;
    let ada = add(&gate, "ada", Role::Member).await;
    let entered = sign_in(&gate, "ada").await;
    let (_, program) = key_of(&gate, &ada.id, Budgets::default()).await;
    gate.admit(&program, 9)
        .await
        .unwrap()
        .settle(Tokens::default());
    let refused = gate.erase_person(&entered.principal, admin.user()).await;
    assert!(matches!(refused, Err(Error::Denied(_))));
    gate.erase_person(&admin, &ada.id).await.unwrap();
    let token = entered.token.reveal();
    let refused = gate.identify(Credential::Session(token)).await;
    assert!(matches!(refused, Err(Error::Unknown)));
    let gone = gate.person_named(&admin, "ada").await.unwrap_err();
    assert_eq!(gone.code(), "no_such_person");
    let owner = gate.person_named(&gate.console(), "owner").await.unwrap();
    let refused = gate.erase_person(&gate.console(), &owner.id).await;
    assert_eq!(refused.unwrap_err().code(), "last_owner");
    gate.close().await.unwrap();
    let anchor = Anchor::below(house.folder.path());
    let report = Log::of(gate.store())
        .verify(&[], Some(&anchor))
        .await
        .unwrap();
    assert_eq!((report.fault, report.signed_to), (None, report.lines));
}

#[tokio::test]
async fn people_take_out_what_is_theirs_and_the_owner_alone_what_is_others() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    let admin = somebody(&gate, "root", Role::Admin).await;
    let folder = |name: &str| house.folder.path().join(name);
    gate.export_person(&ada, ada.user(), &folder("a"))
        .await
        .unwrap();
    assert!(folder("a").join("user.json").exists());
    for asking in [&ada, &admin] {
        let other = if asking.user() == ada.user() {
            &admin
        } else {
            &ada
        };
        let refused = gate.export_person(asking, other.user(), &folder("b")).await;
        assert!(matches!(refused, Err(Error::Denied(_))));
    }
    gate.export_person(&gate.console(), ada.user(), &folder("c"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_restored_house_has_its_people_its_budgets_and_a_log_that_is_whole() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    let budgets = Budgets {
        tokens_total: Some(7),
        ..Budgets::default()
    };
    let (key, _) = key_of(&gate, &ada.id, budgets).await;
    let file = house.folder.path().join("backup");
    let member = sign_in(&gate, "ada").await.principal;
    let refused = gate.backup(&member, &file).await;
    assert!(matches!(refused, Err(Error::Denied(_))));
    gate.backup(&gate.console(), &file).await.unwrap();

    let other = House::new();
    let key_file = |house: &House| house.folder.path().join("master.key");
    std::fs::copy(key_file(&house), key_file(&other)).unwrap();
    let options = store::Options::new(other.folder.path());
    let (store, _) = Store::restore(&options, &file).await.unwrap();
    let restored = Gate::open(store, other.options()).await.unwrap();
    let keys = restored
        .keys(&restored.console(), Some(&ada.id))
        .await
        .unwrap();
    assert_eq!(keys, [key]);
    restored.close().await.unwrap();
    let anchor = Anchor::below(other.folder.path());
    let report = Log::of(restored.store())
        .verify(&[], Some(&anchor))
        .await
        .unwrap();
    assert_eq!((report.fault, report.signed_to), (None, report.lines));
}
