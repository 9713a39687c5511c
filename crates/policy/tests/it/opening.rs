//! What happens when a house is opened for the first time, again, and with broken rules.

use std::fs;

use policy::{Error, Gate, Role, action::Infer};

use crate::{House, PASSWORD, somebody};

#[tokio::test]
async fn the_first_start_makes_an_owner_who_signs_in_by_a_link_and_sets_a_password() {
    let house = House::new();
    let gate = house.open().await;
    let link = gate.first_link().await.unwrap().unwrap();
    let entered = gate.sign_in_by_link(link.reveal(), None).await.unwrap();
    let owner = entered.principal;
    assert_eq!((owner.role(), owner.name()), (Role::Owner, "owner"));
    let id = owner.user().to_owned();
    let entered = gate
        .set_password(&owner, &id, None, PASSWORD)
        .await
        .unwrap();
    assert!(
        entered.is_some(),
        "who changes their own password stays signed in"
    );
    assert!(gate.first_link().await.unwrap().is_none());
    gate.close().await.unwrap();
    gate.store().close().await;
    let gate = house.open().await;
    assert!(gate.first_link().await.unwrap().is_none());
    assert_eq!(gate.people(&gate.console()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_broken_rule_keeps_the_house_shut_and_is_named() {
    let house = House::new();
    let rules = house.folder.path().join("rules");
    fs::create_dir(&rules).unwrap();
    let text = "permit (principal, action, resource)\nwhen { principal.rank == 1 };\n";
    fs::write(rules.join("mine.cedar"), text).unwrap();
    let refused = Gate::open(house.store().await, house.options()).await;
    let message = refused.unwrap_err().to_string();
    assert!(message.starts_with("`mine.cedar:2:"), "{message}");
    assert!(message.contains("\nhint: "), "{message}");
}

#[tokio::test]
async fn rules_are_read_again_when_asked_for_and_broken_ones_change_nothing() {
    let house = House::new();
    let gate = house.open().await;
    let member = somebody(&gate, "ada", Role::Member).await;
    let ask = || Infer {
        model: "m".to_owned(),
    };
    gate.permit(&member, ask()).await.unwrap();
    let rules = house.folder.path().join("rules");
    fs::create_dir(&rules).unwrap();
    let closed = "@id(\"closed\")\n@says(\"the house is closed\")\nforbid (principal, action, resource) when { principal.role != \"owner\" };";
    fs::write(rules.join("closed.cedar"), closed).unwrap();
    gate.reload_rules(&gate.console()).await.unwrap();
    let said = gate.permit(&member, ask()).await.unwrap_err().to_string();
    assert!(
        said.ends_with("the house is closed (rule `closed`)"),
        "{said}"
    );
    fs::write(rules.join("closed.cedar"), "nonsense").unwrap();
    assert!(gate.reload_rules(&gate.console()).await.is_err());
    assert!(
        gate.permit(&member, ask()).await.is_err(),
        "the old rules hold on"
    );
    let asked = gate.reload_rules(&member).await;
    assert!(matches!(asked, Err(Error::Denied(_))));
}
