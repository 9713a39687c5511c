//! What is wrong is named, and every reply can be asked after.

use serde_json::{Value, json};

use crate::house::House;

#[test]
fn a_wrong_parameter_is_named_where_several_requests_share_it() {
    let house = House::open();
    let body = json!({ "model": "script", "messages": [{ "role": "user", "content": "x" }], "temperature": "warm" });
    let reply = house.post("/v1/chat/completions", &body);
    let error = &reply.json()["error"];
    assert_eq!(
        (reply.status, &error["param"]),
        (400, &json!("temperature"))
    );
    assert_eq!(error["code"], "invalid_type");
}

#[test]
fn a_query_that_cannot_be_read_is_refused_as_json() {
    let house = House::open();
    for path in [
        "/v1/chat/completions?limit=many",
        "/v1/responses/resp_x?stream=1&stream=2",
    ] {
        let reply = house.get(path);
        assert_eq!(
            (reply.status, &reply.json()["error"]["code"]),
            (400, &json!("invalid_query"))
        );
    }
}

#[test]
fn every_reply_has_a_number_of_its_own() {
    let house = House::open();
    let [one, other] = [house.get("/v1/models"), house.get("/v1/nothing")];
    let ids = [one, other].map(|reply| reply.header("x-request-id").map(str::to_owned));
    assert!(
        ids.iter().flatten().all(|id| id.starts_with("req_")),
        "{ids:?}"
    );
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn numbers_are_told_as_they_were_sent() {
    let house = House::open();
    let body = json!({ "model": "script", "input": "x", "temperature": 0.7, "top_p": 0.9 });
    let reply = house.post("/v1/responses", &body).json();
    assert_eq!(
        (&reply["temperature"], &reply["top_p"]),
        (&json!(0.7), &json!(0.9))
    );
    assert_eq!(
        reply["usage"]["input_tokens_details"]["cache_write_tokens"],
        Value::from(0)
    );
}
