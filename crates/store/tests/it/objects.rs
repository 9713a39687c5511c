//! Documents.

use serde_json::json;
use store::{Cursor, List, Object, Order, Timestamp};

use crate::databases::Place;

on_both! {
    a_document_comes_back_whole_after_reopening,
    an_update_counts_only_at_the_version_that_it_knew,
    of_many_updates_at_once_one_counts,
    pages_go_both_ways_and_end_where_they_should,
    conditions_are_met_all_at_once,
    what_a_document_says_cannot_be_read_in_the_database,
    bodies_cannot_be_exchanged,
    what_was_deleted_is_gone,
    a_line_leads_from_a_document_to_its_first_parent,
}

pub fn object(id: &str) -> Object {
    Object {
        id: id.to_owned(),
        kind: "response".to_owned(),
        owner: "ada".to_owned(),
        project: Some("bridge".to_owned()),
        parent: None,
        created_at: Timestamp::from_millis(5),
        version: 0,
        state: "completed".to_owned(),
        metadata: [("topic".to_owned(), "steel".to_owned())].into(),
        body: json!({"text": "the plan of the bridge", "z": 1, "a": [1.5, null, "ü\u{0}"]}),
    }
}

async fn a_document_comes_back_whole_after_reopening(place: Place) {
    let store = place.open().await;
    let put = store.objects().put(object("r1")).await.unwrap();
    assert_eq!(
        put,
        Object {
            version: 1,
            ..object("r1")
        }
    );
    assert_eq!(
        store.objects().put(object("r1")).await.unwrap_err().code(),
        "store_taken"
    );
    store.close().await;
    assert_eq!(
        store.objects().get("r1").await.unwrap_err().code(),
        "store_unavailable"
    );
    let store = place.open().await;
    assert_eq!(store.objects().get("r1").await.unwrap(), put);
}

async fn a_line_leads_from_a_document_to_its_first_parent(place: Place) {
    let store = place.open().await;
    let objects = store.objects();
    let name = |number: usize| format!("r{number:03}");
    for number in 0..500_usize {
        let parent = number.checked_sub(1).map(name);
        let child = Object {
            parent,
            ..object(&name(number))
        };
        objects.put(child).await.unwrap();
    }
    // One beside it, and two that are each other's parents.
    for (id, parent) in [("beside", "r010"), ("a", "b"), ("b", "a")] {
        let parent = Some(parent.to_owned());
        let child = Object {
            parent,
            ..object(id)
        };
        objects.put(child).await.unwrap();
    }
    let line = objects.line("r499", 1000).await.unwrap();
    let expected: Vec<String> = (0..500).rev().map(name).collect();
    assert_eq!(line, expected);
    assert_eq!(
        objects.line("beside", 3).await.unwrap(),
        ["beside", "r010", "r009"]
    );
    assert_eq!(
        objects.line("a", 5).await.unwrap(),
        ["a", "b", "a", "b", "a"]
    );
    assert_eq!(objects.line("nobody", 5).await.unwrap(), [""; 0]);
    let mut asked = line.clone();
    asked.insert(300, "nobody".to_owned());
    let all = objects.all_of(&asked).await.unwrap();
    let ids: Vec<&str> = all.iter().map(|object| object.id.as_str()).collect();
    assert_eq!(ids, line);
    assert_eq!(all[7].body, object("r1").body);
}

async fn an_update_counts_only_at_the_version_that_it_knew(place: Place) {
    let store = place.open().await;
    let first = store.objects().put(object("r1")).await.unwrap();
    let changed = Object {
        state: "cancelled".to_owned(),
        metadata: [("colour".to_owned(), "red".to_owned())].into(),
        body: json!("short"),
        ..first.clone()
    };
    let second = store.objects().update(changed.clone()).await.unwrap();
    assert_eq!(
        second,
        Object {
            version: 2,
            ..changed
        }
    );
    let error = store.objects().update(first).await.unwrap_err();
    assert_eq!(error.to_string(), "`r1` is at version `2`, not at `1`");
    assert_eq!(store.objects().get("r1").await.unwrap(), second);
    assert_eq!(
        store
            .objects()
            .update(object("r9"))
            .await
            .unwrap_err()
            .code(),
        "store_not_found"
    );
    let old = List {
        metadata: object("r1").metadata,
        limit: 5,
        ..List::default()
    };
    assert_eq!(store.objects().list(&old).await.unwrap().data, []);
}

async fn of_many_updates_at_once_one_counts(place: Place) {
    let store = place.open().await;
    let first = store.objects().put(object("r1")).await.unwrap();
    let updates: Vec<_> = (0..16)
        .map(|number| {
            let store = store.clone();
            let changed = Object {
                body: json!(number),
                ..first.clone()
            };
            tokio::spawn(async move { store.objects().update(changed).await })
        })
        .collect();
    let mut counted = Vec::new();
    for update in updates {
        match update.await.unwrap() {
            Ok(object) => counted.push(object),
            Err(error) => assert_eq!(error.code(), "store_version"),
        }
    }
    assert_eq!(counted, [store.objects().get("r1").await.unwrap()]);
}

async fn pages_go_both_ways_and_end_where_they_should(place: Place) {
    let store = place.open().await;
    // Two of each moment, and ids that do not tell the order.
    for (number, id) in ["f", "b", "e", "a", "d", "c"].into_iter().enumerate() {
        let created_at = Timestamp::from_millis(i64::try_from(number / 2).unwrap());
        store
            .objects()
            .put(Object {
                created_at,
                ..object(id)
            })
            .await
            .unwrap();
    }
    let page = async |cursor: Cursor, order, limit| {
        let list = List {
            cursor,
            order,
            limit,
            ..List::default()
        };
        let page = store.objects().list(&list).await.unwrap();
        let ids: Vec<String> = page.data.into_iter().map(|object| object.id).collect();
        (ids.concat(), page.has_more)
    };
    let after = |id: &str| Cursor::After(id.to_owned());
    let before = |id: &str| Cursor::Before(id.to_owned());
    let told = |ids: &str, more| (ids.to_owned(), more);
    assert_eq!(
        page(Cursor::Start, Order::Ascending, 6).await,
        told("bfaecd", false)
    );
    assert_eq!(
        page(Cursor::Start, Order::Ascending, 5).await,
        told("bfaec", true)
    );
    assert_eq!(
        page(after("f"), Order::Ascending, 2).await,
        told("ae", true)
    );
    assert_eq!(
        page(after("e"), Order::Ascending, 2).await,
        told("cd", false)
    );
    assert_eq!(
        page(before("c"), Order::Ascending, 2).await,
        told("ae", true)
    );
    assert_eq!(
        page(before("f"), Order::Ascending, 2).await,
        told("b", false)
    );
    assert_eq!(
        page(Cursor::Start, Order::Descending, 4).await,
        told("dcea", true)
    );
    assert_eq!(
        page(after("a"), Order::Descending, 4).await,
        told("fb", false)
    );
    assert_eq!(
        page(before("a"), Order::Descending, 2).await,
        told("ce", true)
    );
    assert_eq!(page(after("d"), Order::Ascending, 2).await, told("", false));
    let nowhere = List {
        cursor: after("z"),
        limit: 1,
        ..List::default()
    };
    assert_eq!(
        store.objects().list(&nowhere).await.unwrap_err().code(),
        "store_not_found"
    );
}

async fn conditions_are_met_all_at_once(place: Place) {
    let store = place.open().await;
    let other = |id: &str| Object {
        metadata: [("topic".to_owned(), "wood".to_owned())].into(),
        ..object(id)
    };
    for object in [
        object("1"),
        Object {
            kind: "file".to_owned(),
            ..object("2")
        },
        Object {
            owner: "bob".to_owned(),
            ..object("3")
        },
        Object {
            project: None,
            ..object("4")
        },
        Object {
            parent: Some("1".to_owned()),
            ..object("5")
        },
        Object {
            state: "failed".to_owned(),
            ..object("6")
        },
        other("7"),
    ] {
        store.objects().put(object).await.unwrap();
    }
    let text = |text: &str| Some(text.to_owned());
    let cases = [
        (
            List {
                kind: text("file"),
                ..List::default()
            },
            "2",
        ),
        (
            List {
                owner: text("bob"),
                ..List::default()
            },
            "3",
        ),
        (
            List {
                owner: text("ada"),
                kind: text("response"),
                ..List::default()
            },
            "14567",
        ),
        (
            List {
                project: text("bridge"),
                owner: text("ada"),
                ..List::default()
            },
            "12567",
        ),
        (
            List {
                parent: text("1"),
                ..List::default()
            },
            "5",
        ),
        (
            List {
                state: text("failed"),
                ..List::default()
            },
            "6",
        ),
        (
            List {
                metadata: other("").metadata,
                ..List::default()
            },
            "7",
        ),
        (
            List {
                metadata: object("").metadata,
                kind: text("file"),
                ..List::default()
            },
            "2",
        ),
        (
            List {
                metadata: other("").metadata,
                kind: text("file"),
                ..List::default()
            },
            "",
        ),
    ];
    for (list, expected) in cases {
        let list = List { limit: 10, ..list };
        let page = store.objects().list(&list).await.unwrap();
        let ids: Vec<String> = page.data.into_iter().map(|object| object.id).collect();
        assert_eq!(ids.concat(), expected, "{list:?}");
    }
}

async fn what_a_document_says_cannot_be_read_in_the_database(place: Place) {
    let store = place.open().await;
    store.objects().put(object("r1")).await.unwrap();
    let item = store::Item {
        id: "i".to_owned(),
        body: json!("the plan of the bridge"),
    };
    store
        .objects()
        .append_items("r1", vec![item])
        .await
        .unwrap();
    store
        .objects()
        .append_events("r1", None, vec![json!("the plan of the bridge")])
        .await
        .unwrap();
    for (table, column) in [("objects", "body"), ("items", "body"), ("events", "body")] {
        let readable = if place.is_postgres() {
            format!(
                "UPDATE {table} SET {column} = {column} WHERE position('the plan'::bytea IN {column}) > 0"
            )
        } else {
            format!(
                "UPDATE {table} SET {column} = {column} WHERE instr({column}, CAST('the plan' AS BLOB)) > 0"
            )
        };
        assert_eq!(place.tamper(&readable).await, 0, "{table}");
        let any = format!("UPDATE {table} SET {column} = {column}");
        assert_eq!(place.tamper(&any).await, 1, "{table}");
    }
}

async fn bodies_cannot_be_exchanged(place: Place) {
    let store = place.open().await;
    store.objects().put(object("r1")).await.unwrap();
    store
        .objects()
        .put(Object {
            body: json!("another"),
            ..object("r2")
        })
        .await
        .unwrap();
    let exchange =
        "UPDATE objects SET body = (SELECT body FROM objects WHERE id = 'r2') WHERE id = 'r1'";
    place.tamper(exchange).await;
    let error = store.objects().get("r1").await.unwrap_err();
    assert_eq!(error.code(), "store_damaged");
    assert!(error.to_string().contains("object/response/r1"), "{error}");
    assert_eq!(
        store.objects().get("r2").await.unwrap().body,
        json!("another")
    );
}

async fn what_was_deleted_is_gone(place: Place) {
    let store = place.open().await;
    store.objects().put(object("r1")).await.unwrap();
    store
        .objects()
        .append_events("r1", None, vec![json!(1)])
        .await
        .unwrap();
    assert!(store.objects().delete("r1").await.unwrap());
    assert!(!store.objects().delete("r1").await.unwrap());
    assert_eq!(
        store.objects().get("r1").await.unwrap_err().code(),
        "store_not_found"
    );
    let again = store.objects().put(object("r1")).await.unwrap();
    assert_eq!(again.version, 1);
    assert_eq!(
        store.objects().events_after("r1", None, 9).await.unwrap(),
        []
    );
}
