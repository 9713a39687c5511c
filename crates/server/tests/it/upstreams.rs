//! Models that other servers run: here, another server of the same kind.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::house::House;

/// A house whose model `far` is the script of another.
fn before(other: &House) -> House {
    let models = BTreeMap::from([("far".to_owned(), "script".to_owned())]);
    let upstream = fleet::Upstream {
        models,
        ..fleet::Upstream::new("other", format!("{}/v1", other.url))
    };
    let data = tempfile::tempdir().unwrap();
    House::with_upstreams(data, true, json!({}), vec![upstream])
}

fn said(text: &str) -> Value {
    json!({ "model": "far", "messages": [{ "role": "user", "content": text }] })
}

#[test]
fn what_is_asked_of_them_is_passed_on_and_comes_back() {
    let other = House::open();
    let house = before(&other);
    let models = house.get("/v1/models").json();
    let names: Vec<&Value> = models["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(names, ["far", "script"]);
    let whole = house
        .post("/v1/chat/completions", &said("hello there"))
        .json();
    assert_eq!(
        whole["choices"][0]["message"]["content"],
        "You said: hello there"
    );
    let mut body = said("long");
    body["stream"] = json!(true);
    let events = house.post("/v1/chat/completions", &body).events();
    let text: String = events
        .iter()
        .filter_map(|(_, event)| event["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "one two three four five six seven eight");
    assert_eq!(events.last().unwrap().1, "[DONE]");
    let body = json!({ "model": "far", "input": ["a", "b"] });
    assert_eq!(
        house.post("/v1/embeddings", &body).json()["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let body = json!({ "model": "far", "prompt": "a b" });
    assert_eq!(
        house.post("/v1/completions", &body).json()["choices"][0]["text"],
        "a b"
    );
    let refused = house.post(
        "/v1/chat/completions",
        &json!({ "model": "far", "messages": [] }),
    );
    assert_eq!(
        (refused.status, &refused.json()["error"]["param"]),
        (400, &json!("messages"))
    );
}

#[test]
fn responses_are_made_of_what_they_say() {
    let other = House::open();
    let house = before(&other);
    let tools = json!([{ "type": "function", "name": "look", "parameters": { "type": "object" } }]);
    let body = json!({ "model": "far", "input": "the weather", "tools": tools });
    let called = house.post("/v1/responses", &body).json();
    let call = &called["output"][0];
    assert_eq!(
        (&call["type"], &call["name"]),
        (&json!("function_call"), &json!("look"))
    );
    let body = json!({ "model": "far", "previous_response_id": called["id"], "tools": tools, "stream": true, "input": [
        { "type": "function_call_output", "call_id": call["call_id"], "output": "blue" },
    ] });
    let events = house.post("/v1/responses", &body).events();
    let last = &events.last().unwrap().1["response"];
    assert_eq!(
        last["output"][0]["content"][0]["text"],
        "The tool said: blue"
    );
    assert!(last["usage"]["output_tokens"].as_u64().unwrap() > 0);
    let body = json!({ "model": "far", "input": "think" });
    let thought = house.post("/v1/responses", &body).json();
    assert_eq!(thought["output"][0]["content"][0]["text"], "Let me think.");
}

#[test]
fn one_that_is_gone_is_told_of() {
    let other = House::open();
    let house = before(&other);
    drop(other);
    let reply = house.post("/v1/chat/completions", &said("hello"));
    assert!(
        [502, 503].contains(&reply.status),
        "{} {}",
        reply.status,
        reply.text
    );
    assert!(
        reply.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("far")
            || reply.text.contains("other")
    );
    assert_eq!(house.get("/health").status, 200);
}
