//! `/v1/uploads`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use store::{Object, Timestamp};

use crate::files::{in_store, send};
use crate::house::{House, Reply};

/// The MD5 of `one two three`.
const SUM: &str = "5e4fe0155703dde467f3ab234e6f966f";

fn begin(house: &House, bytes: u64) -> Value {
    let body = json!({
        "bytes": bytes, "filename": "numbers.txt", "mime_type": "text/plain", "purpose": "user_data",
    });
    let reply = house.post("/v1/uploads", &body);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn add(house: &House, id: &str, content: &[u8]) -> Reply {
    let path = format!("/v1/uploads/{id}/parts");
    send(house, &path, &[("data", Some("blob"), content)])
}

fn part(house: &House, id: &str, content: &[u8]) -> String {
    let reply = add(house, id, content);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

fn complete(house: &House, id: &str, body: &Value) -> Reply {
    house.post(&format!("/v1/uploads/{id}/complete"), body)
}

#[test]
fn parts_become_a_file_in_the_order_that_is_named_last() {
    let house = House::open();
    let begun = begin(&house, 13);
    let id = begun["id"].as_str().unwrap();
    let created_at = begun["created_at"].as_u64().unwrap();
    let mut expected = json!({
        "id": id,
        "object": "upload",
        "bytes": 13,
        "created_at": created_at,
        "expires_at": created_at + 3600,
        "filename": "numbers.txt",
        "purpose": "user_data",
        "status": "pending",
        "file": null,
    });
    assert_eq!(begun, expected);
    let three = add(&house, id, b"three").json();
    let shape = json!({
        "id": three["id"], "object": "upload.part", "created_at": three["created_at"], "upload_id": id,
    });
    assert_eq!(three, shape);
    let one = part(&house, id, b"one ");
    let _unused = part(&house, id, b"four");
    let two = part(&house, id, b"two ");
    let body = json!({ "part_ids": [one, two, three["id"]], "md5": SUM });
    let done = complete(&house, id, &body);
    assert_eq!(done.status, 200, "{}", done.text);
    let file = done.json()["file"].clone();
    expected["status"] = json!("completed");
    expected["file"] = json!({
        "id": file["id"],
        "object": "file",
        "bytes": 13,
        "created_at": file["created_at"],
        "expires_at": null,
        "filename": "numbers.txt",
        "purpose": "user_data",
        "status": "processed",
        "status_details": null,
    });
    assert_eq!(done.json(), expected);
    // Whoever did not hear of it asks once more, and gets the same file.
    assert_eq!(complete(&house, id, &body).json(), expected);
    assert_eq!(house.get("/v1/files").json()["data"], json!([file]));
    let content = format!("/v1/files/{}/content", file["id"].as_str().unwrap());
    assert_eq!(house.get(&content).text, "one two three");
    assert_eq!(add(&house, id, b"late").status, 400);
    assert_eq!(
        house
            .post(&format!("/v1/uploads/{id}/cancel"), &json!({}))
            .status,
        400
    );
    let id = id.to_owned();
    let left = in_store(house.end().path(), async |store| {
        let parts = store::List {
            kind: Some("upload.part".to_owned()),
            parent: Some(id),
            limit: 10,
            ..store::List::default()
        };
        store.objects().list(&parts).await.unwrap().data
    });
    assert_eq!(left, []);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let house = House::open();
    let (begun, other) = (begin(&house, 13), begin(&house, 1));
    let (id, other) = (begun["id"].as_str().unwrap(), other["id"].as_str().unwrap());
    let parts = [part(&house, id, b"one "), part(&house, id, b"two three")];
    let strange = part(&house, other, b"x");
    let refused = |body: Value| {
        let reply = complete(&house, id, &body);
        (reply.status, reply.json()["error"]["param"].clone())
    };
    assert_eq!(
        refused(json!({ "part_ids": [parts[0]] })),
        (400, json!("part_ids"))
    );
    assert_eq!(refused(json!({ "part_ids": [] })), (400, json!("part_ids")));
    assert_eq!(
        refused(json!({ "part_ids": [parts[0], strange] })),
        (400, json!("part_ids"))
    );
    assert_eq!(
        refused(json!({ "part_ids": ["part_none"] })),
        (400, json!("part_ids"))
    );
    let wrong = json!({ "part_ids": parts, "md5": "0".repeat(32) });
    assert_eq!(refused(wrong), (400, json!("md5")));
    let swapped = json!({ "part_ids": [parts[1], parts[0]], "md5": SUM });
    assert_eq!(refused(swapped), (400, json!("md5")));
    assert_eq!(house.get("/v1/files").json()["data"], json!([]));
    let right = json!({ "part_ids": parts, "md5": SUM.to_uppercase() });
    assert_eq!(complete(&house, id, &right).status, 200);
    assert_eq!(complete(&house, "upload_none", &right).status, 404);
    for (bytes, purpose) in [(0_u64, "vision"), (9 << 30, "vision"), (1, "batch_output")] {
        let body = json!({ "bytes": bytes, "filename": "a", "mime_type": "b", "purpose": purpose });
        assert_eq!(house.post("/v1/uploads", &body).status, 400, "{body}");
    }
}

#[test]
fn an_upload_that_was_called_off_takes_nothing_more() {
    let house = House::open();
    let begun = begin(&house, 3);
    let id = begun["id"].as_str().unwrap();
    let one = part(&house, id, b"one");
    let cancel = || house.post(&format!("/v1/uploads/{id}/cancel"), &json!({}));
    let mut expected = begun.clone();
    expected["status"] = json!("cancelled");
    assert_eq!(cancel().json(), expected);
    assert_eq!(cancel().json(), expected);
    let refused = add(&house, id, b"two");
    let code = refused.json()["error"]["code"].clone();
    assert_eq!((refused.status, code), (400, json!("upload_not_pending")));
    assert_eq!(
        complete(&house, id, &json!({ "part_ids": [one] })).status,
        400
    );
    assert_eq!(house.get("/v1/files").json()["data"], json!([]));
}

#[test]
fn an_upload_expires_after_an_hour() {
    let house = House::open();
    let begun = begin(&house, 3);
    let id = begun["id"].as_str().unwrap().to_owned();
    part(&house, &id, b"one");
    let data = house.end();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let past = Timestamp::default().after(now - Duration::from_secs(3601));
    let old = "upload_old";
    in_store(data.path(), async |store| {
        let upload = store.objects().get(&id).await.unwrap();
        let object = Object {
            id: old.to_owned(),
            created_at: past,
            ..upload
        };
        store.objects().put(object).await.unwrap();
    });
    let house = House::over(data, true, json!({}));
    let refused = add(&house, old, b"two");
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("is expired"), "{}", refused.text);
    assert_eq!(add(&house, &id, b"two").status, 200);
    std::thread::sleep(Duration::from_millis(500));
    let data = house.end();
    let state = in_store(data.path(), async |store| {
        store.objects().get(old).await.unwrap().state
    });
    assert_eq!(state, "expired");
}
