//! Who may add, change and keep out whom.

use policy::{Credential, Error, NewPerson, Role};

use crate::{House, add, key_of, sign_in, somebody};

#[tokio::test]
async fn admins_add_people_but_no_owners_and_members_add_nobody() {
    let house = House::new();
    let gate = house.open().await;
    let admin = somebody(&gate, "root", Role::Admin).await;
    let member = somebody(&gate, "ada", Role::Member).await;
    let new = |name, role| NewPerson {
        name,
        display_name: None,
        role,
        password: None,
    };
    let bob = gate
        .add_person(&admin, new("bob", Role::Member))
        .await
        .unwrap();
    let raised = gate.set_role(&admin, &bob.id, Role::Owner).await;
    assert!(matches!(raised, Err(Error::Denied(_))));
    let owner = gate.add_person(&admin, new("eve", Role::Owner)).await;
    assert!(matches!(owner, Err(Error::Denied(_))));
    let raised = gate.set_role(&admin, admin.user(), Role::Owner).await;
    assert!(matches!(raised, Err(Error::Denied(_))));
    let added = gate.add_person(&member, new("eve", Role::Guest)).await;
    assert!(matches!(added, Err(Error::Denied(_))));
    let listed = gate.people(&member).await;
    assert!(matches!(listed, Err(Error::Denied(_))));
    let owner = gate.person_named(&gate.console(), "owner").await.unwrap();
    let taken_over = gate
        .set_password(&admin, &owner.id, None, "a new password")
        .await;
    assert!(matches!(taken_over, Err(Error::Denied(_))));
    let link = gate.link_for(&admin, &owner.id).await;
    assert!(matches!(link, Err(Error::Denied(_))));
}

#[tokio::test]
async fn who_is_kept_out_is_out_at_once_with_sessions_and_keys() {
    let house = House::new();
    let gate = house.open().await;
    let ada = add(&gate, "ada", Role::Member).await;
    let entered = sign_in(&gate, "ada").await;
    let new = policy::NewKey {
        user: &ada.id,
        name: "program",
        project: None,
        scopes: policy::Scope::USUAL.to_vec(),
        budgets: policy::Budgets::default(),
        expires_at: None,
    };
    let (_, secret) = gate.add_key(&entered.principal, new).await.unwrap();
    let credentials = [
        Credential::Session(entered.token.reveal()),
        Credential::Key(secret.reveal()),
    ];
    for credential in credentials {
        gate.identify(credential).await.unwrap();
    }
    gate.set_disabled(&gate.console(), &ada.id, true)
        .await
        .unwrap();
    for credential in credentials {
        assert!(matches!(
            gate.identify(credential).await,
            Err(Error::Unknown)
        ));
    }
    gate.set_disabled(&gate.console(), &ada.id, false)
        .await
        .unwrap();
    gate.identify(credentials[1]).await.unwrap();
    let session = gate.identify(credentials[0]).await;
    assert!(
        matches!(session, Err(Error::Unknown)),
        "sessions do not come back"
    );
}

#[tokio::test]
async fn the_last_owner_stays() {
    let house = House::new();
    let gate = house.open().await;
    let console = gate.console();
    let owner = gate.person_named(&console, "owner").await.unwrap();
    for refused in [
        gate.set_role(&console, &owner.id, Role::Guest).await,
        gate.set_disabled(&console, &owner.id, true).await,
    ] {
        assert_eq!(refused.unwrap_err().code(), "last_owner");
    }
    let other = add(&gate, "ada", Role::Owner).await;
    gate.set_role(&console, &owner.id, Role::Guest)
        .await
        .unwrap();
    let refused = gate.set_role(&console, &other.id, Role::Admin).await;
    assert_eq!(refused.unwrap_err().code(), "last_owner");
}

#[tokio::test]
async fn whoever_shows_nothing_is_nobody_to_be_raised_and_no_owner() {
    let house = House::new();
    let gate = house
        .open_with(|options| options.anonymous = Some(Role::Member))
        .await;
    let anonymous = gate.identify(Credential::Nothing).await.unwrap();
    let id = anonymous.user();
    let console = gate.console();
    for refused in [
        gate.set_role(&console, id, Role::Owner).await.map(drop),
        gate.set_disabled(&console, id, true).await.map(drop),
        gate.link_for(&console, id).await.map(drop),
        gate.set_password(&console, id, None, "a long password")
            .await
            .map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code(), "not_a_person");
    }
    let owner = gate.person_named(&console, "owner").await.unwrap();
    let refused = gate.set_role(&console, &owner.id, Role::Guest).await;
    assert_eq!(refused.unwrap_err().code(), "last_owner");
}

#[tokio::test]
async fn names_are_plain_and_one_persons() {
    let house = House::new();
    let gate = house.open().await;
    add(&gate, "ada", Role::Member).await;
    for (name, code) in [
        ("ADA", "store_taken"),
        ("", "bad_person_name"),
        ("a b", "bad_person_name"),
        ("-a", "bad_person_name"),
        ("anonymous", "bad_person_name"),
        ("a\u{202e}b", "bad_person_name"),
    ] {
        let new = NewPerson {
            name,
            display_name: None,
            role: Role::Member,
            password: None,
        };
        let refused = gate.add_person(&gate.console(), new).await.unwrap_err();
        assert_eq!(refused.code(), code, "{name}");
    }
}

#[tokio::test]
async fn a_key_of_a_project_ends_with_the_membership() {
    let house = House::new();
    let gate = house.open().await;
    let console = gate.console();
    let ada = add(&gate, "ada", Role::Member).await;
    let project = gate.add_project(&console, "engines").await.unwrap();
    let new = |project| policy::NewKey {
        user: &ada.id,
        name: "program",
        project,
        scopes: policy::Scope::USUAL.to_vec(),
        budgets: policy::Budgets::default(),
        expires_at: None,
    };
    let refused = gate
        .add_key(&console, new(Some(&project.id)))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "not_in_project");
    gate.set_member(&console, &project.id, &ada.id, true)
        .await
        .unwrap();
    let (_, secret) = gate
        .add_key(&console, new(Some(&project.id)))
        .await
        .unwrap();
    let known = gate
        .identify(Credential::Key(secret.reveal()))
        .await
        .unwrap();
    assert_eq!(known.project(), Some(project.id.as_str()));
    gate.set_member(&console, &project.id, &ada.id, false)
        .await
        .unwrap();
    let refused = gate.identify(Credential::Key(secret.reveal())).await;
    assert!(matches!(refused, Err(Error::Unknown)));
    let _ = key_of(&gate, &ada.id, policy::Budgets::default()).await;
}
