//! What is in a document, and what happened to it.

use serde_json::json;
use store::{Change, Cursor, Event, Item, Object, Order, Store};

use crate::databases::Place;
use crate::objects::object;

on_both! {
    items_keep_their_order_and_are_read_in_pages,
    an_item_is_taken_once_and_the_others_of_its_call_are_not_kept,
    events_have_no_gaps_when_many_append_at_once,
    events_at_the_wrong_place_are_refused,
    changes_are_made_together_or_not_at_all,
}

fn items(ids: &str) -> Vec<Item> {
    let item = |id: char| Item {
        id: id.to_string(),
        body: json!({ "says": id.to_string() }),
    };
    ids.chars().map(item).collect()
}

async fn with_object(place: &Place) -> Store {
    let store = place.open().await;
    store.objects().put(object("r1")).await.unwrap();
    store
}

async fn items_keep_their_order_and_are_read_in_pages(place: Place) {
    let store = with_object(&place).await;
    let objects = store.objects();
    objects.append_items("r1", items("dacb")).await.unwrap();
    objects.append_items("r1", items("fe")).await.unwrap();
    let page = async |cursor: Cursor, order, limit| {
        let page = objects.items("r1", &cursor, order, limit).await.unwrap();
        (page.data, page.has_more)
    };
    let after = |id: &str| Cursor::After(id.to_owned());
    let before = |id: &str| Cursor::Before(id.to_owned());
    assert_eq!(
        page(Cursor::Start, Order::Ascending, 9).await,
        (items("dacbfe"), false)
    );
    assert_eq!(
        page(Cursor::Start, Order::Descending, 3).await,
        (items("efb"), true)
    );
    assert_eq!(
        page(after("c"), Order::Ascending, 2).await,
        (items("bf"), true)
    );
    assert_eq!(
        page(after("c"), Order::Descending, 2).await,
        (items("ad"), false)
    );
    assert_eq!(
        page(before("b"), Order::Ascending, 2).await,
        (items("ac"), true)
    );
    assert!(objects.delete_item("r1", "c").await.unwrap());
    assert!(!objects.delete_item("r1", "c").await.unwrap());
    objects.append_items("r1", items("c")).await.unwrap();
    assert_eq!(
        page(Cursor::Start, Order::Ascending, 9).await,
        (items("dabfec"), false)
    );
    assert_eq!(objects.item("r1", "b").await.unwrap(), items("b")[0]);
    assert_eq!(
        objects.item("r1", "z").await.unwrap_err().code(),
        "store_not_found"
    );
    let nowhere = objects
        .items("r2", &Cursor::Start, Order::Ascending, 9)
        .await;
    assert_eq!(nowhere.unwrap_err().to_string(), "there is no object `r2`");
}

async fn an_item_is_taken_once_and_the_others_of_its_call_are_not_kept(place: Place) {
    let store = with_object(&place).await;
    let objects = store.objects();
    objects.append_items("r1", items("ab")).await.unwrap();
    let error = objects.append_items("r1", items("cbd")).await.unwrap_err();
    assert_eq!(error.code(), "store_taken");
    let page = objects
        .items("r1", &Cursor::Start, Order::Ascending, 9)
        .await
        .unwrap();
    assert_eq!(page.data, items("ab"));
    assert_eq!(
        objects
            .append_items("r2", items("a"))
            .await
            .unwrap_err()
            .code(),
        "store_not_found"
    );
}

async fn events_have_no_gaps_when_many_append_at_once(place: Place) {
    let store = with_object(&place).await;
    let appends: Vec<_> = (0..20)
        .map(|number| {
            let store = store.clone();
            let events = vec![json!([number, 0]), json!([number, 1]), json!([number, 2])];
            tokio::spawn(async move {
                store
                    .objects()
                    .append_events("r1", None, events)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut expected = Vec::new();
    for (number, append) in appends.into_iter().enumerate() {
        let first = append.await.unwrap();
        let event = |position: u64| Event {
            sequence: first + position,
            body: json!([number, position]),
        };
        expected.extend((0..3).map(event));
    }
    expected.sort_by_key(|event| event.sequence);
    assert!((0..60).eq(expected.iter().map(|event| event.sequence)));
    assert_eq!(
        store.objects().events_after("r1", None, 100).await.unwrap(),
        expected
    );
    assert_eq!(
        store
            .objects()
            .events_after("r1", Some(56), 2)
            .await
            .unwrap(),
        expected[57..59]
    );
    assert_eq!(
        store
            .objects()
            .events_after("r1", Some(59), 2)
            .await
            .unwrap(),
        []
    );
}

async fn events_at_the_wrong_place_are_refused(place: Place) {
    let store = with_object(&place).await;
    let objects = store.objects();
    assert_eq!(
        objects
            .append_events("r1", Some(0), vec![json!(0), json!(1)])
            .await
            .unwrap(),
        0
    );
    for wrong in [0, 1, 3] {
        let error = objects
            .append_events("r1", Some(wrong), vec![json!(9)])
            .await
            .unwrap_err();
        assert_eq!(error.code(), "store_version");
    }
    assert_eq!(
        objects
            .append_events("r1", Some(2), vec![json!(2)])
            .await
            .unwrap(),
        2
    );
    let bodies: Vec<_> = objects
        .events_after("r1", None, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.body)
        .collect();
    assert_eq!(bodies, [json!(0), json!(1), json!(2)]);
    assert_eq!(
        objects
            .append_events("r2", None, vec![json!(1)])
            .await
            .unwrap_err()
            .code(),
        "store_not_found"
    );
}

async fn changes_are_made_together_or_not_at_all(place: Place) {
    let store = with_object(&place).await;
    let objects = store.objects();
    let changes = |first: u64| {
        let known = Object {
            version: 1,
            state: "done".to_owned(),
            ..object("r1")
        };
        vec![
            Change::Put(object("r2")),
            Change::Items {
                object: "r2".to_owned(),
                items: items("ab"),
            },
            Change::Update(known),
            Change::Events {
                object: "r1".to_owned(),
                first: Some(first),
                events: vec![json!("end")],
            },
        ]
    };
    // The last is refused, and all before it leave no trace.
    let refused = objects.apply(changes(7)).await.unwrap_err();
    assert_eq!(refused.code(), "store_version");
    let gone = objects.get("r2").await.unwrap_err();
    assert_eq!(gone.code(), "store_not_found");
    assert_eq!(objects.get("r1").await.unwrap().version, 1);
    objects.apply(changes(0)).await.unwrap();
    let page = objects
        .items("r2", &Cursor::Start, Order::Ascending, 9)
        .await
        .unwrap();
    assert_eq!(page.data, items("ab"));
    let known = objects.get("r1").await.unwrap();
    assert_eq!((known.version, known.state.as_str()), (2, "done"));
    let events = objects.events_after("r1", None, 9).await.unwrap();
    assert_eq!(events[0].body, json!("end"));
}
