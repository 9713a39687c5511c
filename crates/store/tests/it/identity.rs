//! People, and what shows who they are.

use std::time::Duration;

use store::{ApiKey, Budgets, Link, Member, Project, Session, Timestamp, Usage, User};

use crate::databases::Place;

on_both! {
    people_are_added_changed_and_listed,
    names_and_ids_are_taken_once,
    sessions_end_when_they_are_over_or_ended,
    a_link_lets_one_of_many_in_once,
    keys_are_found_by_hash_changed_and_revoked_once,
    projects_have_members,
    counters_add_up_when_many_add_at_once,
}

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn user(id: &str) -> User {
    User {
        id: id.to_owned(),
        name: format!("name of {id}"),
        display_name: None,
        password_hash: None,
        role: "member".to_owned(),
        disabled: false,
        created_at: NOW,
    }
}

async fn people_are_added_changed_and_listed(place: Place) {
    let store = place.open().await;
    let identity = store.identity();
    for id in ["c", "a", "b"] {
        identity.add_user(&user(id)).await.unwrap();
    }
    let changed = User {
        name: "Ada".to_owned(),
        password_hash: Some("$argon2id$…".to_owned()),
        role: "owner".to_owned(),
        disabled: true,
        ..user("b")
    };
    identity.update_user(&changed).await.unwrap();
    assert_eq!(identity.user("b").await.unwrap(), changed);
    assert_eq!(
        identity.user_named("Ada").await.unwrap(),
        Some(changed.clone())
    );
    assert_eq!(identity.user_named("name of b").await.unwrap(), None);
    assert_eq!(identity.users(None, 2).await.unwrap(), [user("a"), changed]);
    assert_eq!(identity.users(Some("b"), 2).await.unwrap(), [user("c")]);
    assert_eq!(identity.users_count().await.unwrap(), 3);
}

async fn names_and_ids_are_taken_once(place: Place) {
    let store = place.open().await;
    let identity = store.identity();
    identity.add_user(&user("a")).await.unwrap();
    identity.add_user(&user("b")).await.unwrap();
    let same_name = User {
        name: "name of a".to_owned(),
        ..user("c")
    };
    let same_id = User {
        name: "another".to_owned(),
        ..user("a")
    };
    for wrong in [&same_name, &same_id] {
        assert_eq!(
            identity.add_user(wrong).await.unwrap_err().code(),
            "store_taken"
        );
    }
    let renamed = User {
        name: "name of a".to_owned(),
        ..user("b")
    };
    assert_eq!(
        identity.update_user(&renamed).await.unwrap_err().code(),
        "store_taken"
    );
    assert_eq!(
        identity.update_user(&user("z")).await.unwrap_err().code(),
        "store_not_found"
    );
    assert_eq!(
        identity.user("z").await.unwrap_err().to_string(),
        "there is no user `z`"
    );
}

async fn sessions_end_when_they_are_over_or_ended(place: Place) {
    let store = place.open().await;
    let identity = store.identity();
    identity.add_user(&user("a")).await.unwrap();
    let session = |byte: u8, seconds| Session {
        hash: [byte; 32],
        user: "a".to_owned(),
        created_at: NOW,
        expires_at: NOW.after(Duration::from_secs(seconds)),
    };
    for session in [session(1, 60), session(2, 120), session(3, 180)] {
        identity.add_session(&session).await.unwrap();
    }
    let later = NOW.after(Duration::from_secs(60));
    assert_eq!(
        identity.session(&[1; 32], NOW).await.unwrap(),
        Some(session(1, 60))
    );
    assert_eq!(identity.session(&[1; 32], later).await.unwrap(), None);
    assert!(
        identity
            .extend_session(&[1; 32], session(1, 61).expires_at)
            .await
            .unwrap()
    );
    assert_eq!(
        identity.session(&[1; 32], later).await.unwrap(),
        Some(session(1, 61))
    );
    assert!(identity.delete_session(&[2; 32]).await.unwrap());
    assert!(!identity.delete_session(&[2; 32]).await.unwrap());
    assert_eq!(identity.session(&[2; 32], NOW).await.unwrap(), None);
    assert_eq!(
        identity
            .delete_expired(NOW.after(Duration::from_secs(61)))
            .await
            .unwrap(),
        1
    );
    assert_eq!(identity.delete_sessions("a").await.unwrap(), 1);
    let stranger = Session {
        user: "nobody".to_owned(),
        ..session(4, 1)
    };
    let error = identity.add_session(&stranger).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no user `nobody`");
}

async fn a_link_lets_one_of_many_in_once(place: Place) {
    let store = place.open().await;
    store.identity().add_user(&user("a")).await.unwrap();
    let link = |byte: u8| Link {
        hash: [byte; 32],
        user: "a".to_owned(),
        purpose: "sign_in".to_owned(),
        created_at: NOW,
        expires_at: NOW.after(Duration::from_secs(60)),
    };
    store.identity().add_link(&link(1)).await.unwrap();
    store.identity().add_link(&link(2)).await.unwrap();
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.identity().take_link(&[1; 32], NOW).await.unwrap() })
        })
        .collect();
    let mut taken = Vec::new();
    for one in tries {
        taken.extend(one.await.unwrap());
    }
    assert_eq!(taken, [link(1)]);
    let late = NOW.after(Duration::from_secs(60));
    assert_eq!(
        store.identity().take_link(&[2; 32], late).await.unwrap(),
        None
    );
}

async fn keys_are_found_by_hash_changed_and_revoked_once(place: Place) {
    let store = place.open().await;
    let identity = store.identity();
    identity.add_user(&user("a")).await.unwrap();
    let key = |id: &str, byte: u8| ApiKey {
        id: id.to_owned(),
        hash: [byte; 32],
        prefix: "fh-abc".to_owned(),
        name: "laptop".to_owned(),
        user: "a".to_owned(),
        project: None,
        scopes: vec!["chat".to_owned(), "files".to_owned()],
        created_at: NOW,
        expires_at: Some(NOW.after(Duration::from_secs(1))),
        revoked_at: None,
        budgets: Budgets {
            requests_per_minute: Some(60),
            ..Budgets::default()
        },
    };
    identity.add_key(&key("k1", 1)).await.unwrap();
    identity.add_key(&key("k2", 2)).await.unwrap();
    assert_eq!(
        identity.add_key(&key("k1", 3)).await.unwrap_err().code(),
        "store_taken"
    );
    assert_eq!(
        identity.add_key(&key("k3", 1)).await.unwrap_err().code(),
        "store_taken"
    );
    let stranger = ApiKey {
        user: "nobody".to_owned(),
        ..key("k4", 4)
    };
    assert_eq!(
        identity.add_key(&stranger).await.unwrap_err().code(),
        "store_not_found"
    );
    let changed = ApiKey {
        name: "desk".to_owned(),
        scopes: Vec::new(),
        expires_at: None,
        budgets: Budgets {
            tokens_per_day: Some(5),
            tokens_total: Some(9),
            ..Budgets::default()
        },
        ..key("k1", 1)
    };
    identity.update_key(&changed).await.unwrap();
    identity.revoke_key("k1", NOW).await.unwrap();
    identity
        .revoke_key("k1", NOW.after(Duration::from_secs(9)))
        .await
        .unwrap();
    let changed = ApiKey {
        revoked_at: Some(NOW),
        ..changed
    };
    assert_eq!(
        identity.key_with_hash(&[1; 32]).await.unwrap(),
        Some(changed.clone())
    );
    assert_eq!(identity.key_with_hash(&[9; 32]).await.unwrap(), None);
    assert_eq!(identity.key("k1").await.unwrap(), changed);
    assert_eq!(
        identity.keys(Some("a")).await.unwrap(),
        [changed, key("k2", 2)]
    );
    assert_eq!(identity.keys(Some("b")).await.unwrap(), []);
    assert_eq!(identity.keys(None).await.unwrap().len(), 2);
    assert_eq!(
        identity.revoke_key("k9", NOW).await.unwrap_err().code(),
        "store_not_found"
    );
}

async fn projects_have_members(place: Place) {
    let store = place.open().await;
    let identity = store.identity();
    identity.add_user(&user("a")).await.unwrap();
    let project = |id: &str| Project {
        id: id.to_owned(),
        name: "bridge".to_owned(),
        created_at: NOW,
        archived_at: None,
    };
    let member = |role: &str| Member {
        project: "p".to_owned(),
        user: "a".to_owned(),
        role: role.to_owned(),
    };
    identity.add_project(&project("p")).await.unwrap();
    assert_eq!(
        identity
            .add_project(&project("p"))
            .await
            .unwrap_err()
            .code(),
        "store_taken"
    );
    identity.set_member(&member("reader")).await.unwrap();
    identity.set_member(&member("owner")).await.unwrap();
    assert_eq!(identity.members("p").await.unwrap(), [member("owner")]);
    assert_eq!(identity.memberships("a").await.unwrap(), [member("owner")]);
    let stranger = Member {
        user: "nobody".to_owned(),
        ..member("owner")
    };
    assert_eq!(
        identity.set_member(&stranger).await.unwrap_err().code(),
        "store_not_found"
    );
    let archived = Project {
        archived_at: Some(NOW),
        ..project("p")
    };
    identity.update_project(&archived).await.unwrap();
    assert_eq!(identity.project("p").await.unwrap(), archived);
    assert_eq!(identity.projects(None, 9).await.unwrap(), [archived]);
    assert!(identity.remove_member("p", "a").await.unwrap());
    assert!(!identity.remove_member("p", "a").await.unwrap());
}

async fn counters_add_up_when_many_add_at_once(place: Place) {
    let store = place.open().await;
    let used = Usage {
        requests: 1,
        input_tokens: 10,
        output_tokens: 3,
    };
    let adds: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.identity().add_usage("k1", NOW, used).await.unwrap() })
        })
        .collect();
    let mut seen = Vec::new();
    for add in adds {
        seen.push(add.await.unwrap().requests);
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=50).collect::<Vec<u64>>());
    let total = Usage {
        requests: 50,
        input_tokens: 500,
        output_tokens: 150,
    };
    assert_eq!(store.identity().usage("k1", NOW).await.unwrap(), total);
    assert_eq!(
        store.identity().usage("k2", NOW).await.unwrap(),
        Usage::default()
    );
    assert_eq!(store.identity().delete_usage(NOW).await.unwrap(), 0);
    assert_eq!(
        store
            .identity()
            .delete_usage(NOW.after(Duration::from_millis(1)))
            .await
            .unwrap(),
        1
    );
}
