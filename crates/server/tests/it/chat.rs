//! Chat completions.

use serde_json::{Value, json};

use crate::house::House;

fn said(text: &str) -> Value {
    json!({ "model": "script", "messages": [{ "role": "user", "content": text }] })
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn an_answer_has_the_shape_that_clients_know() {
    let house = House::open();
    let mut reply = house
        .post("/v1/chat/completions", &said("hello there"))
        .json();
    assert!(reply["id"].as_str().unwrap().starts_with("chatcmpl-"));
    reply["id"] = Value::Null;
    reply["created"] = Value::Null;
    reply["system_fingerprint"] = Value::Null;
    assert_eq!(
        reply,
        json!({
            "id": null, "object": "chat.completion", "created": null, "model": "script",
            "choices": [{
                "index": 0,
                "message": {
                    "role": "assistant", "content": "You said: hello there", "refusal": null,
                    "annotations": [],
                },
                "logprobs": null, "finish_reason": "stop",
            }],
            "usage": {
                "prompt_tokens": 2, "completion_tokens": 4, "total_tokens": 6,
                "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
                "completion_tokens_details": {
                    "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                    "rejected_prediction_tokens": 0,
                },
            },
            "service_tier": "default", "system_fingerprint": null,
        })
    );
}

#[test]
fn a_stream_says_the_same_as_the_whole_answer() {
    let house = House::open();
    let asked = json!({ "stream": true, "stream_options": { "include_usage": true }, "n": 2 });
    let reply = house.post("/v1/chat/completions", &with(said("think long"), asked));
    assert_eq!(
        reply.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    let events = reply.events();
    let last = events.last().unwrap();
    assert_eq!(last.1, "[DONE]");
    let chunks: Vec<&Value> = events[..events.len() - 1]
        .iter()
        .map(|(_, chunk)| chunk)
        .collect();
    let joined = |choice: u64, key: &str| -> String {
        let of_choice = chunks
            .iter()
            .filter(|chunk| chunk["choices"][0]["index"] == choice);
        of_choice
            .filter_map(|chunk| chunk["choices"][0]["delta"][key].as_str())
            .collect()
    };
    for choice in 0..2 {
        assert_eq!(joined(choice, "content"), "Thought.");
        assert_eq!(joined(choice, "reasoning_content"), "Let me think.");
    }
    let usage = &chunks.last().unwrap()["usage"];
    assert_eq!(usage["completion_tokens"], 8);
    assert_eq!(usage["completion_tokens_details"]["reasoning_tokens"], 6);
}

#[test]
fn tools_are_called_and_what_they_return_is_read() {
    let house = House::open();
    let tools = json!([{ "type": "function", "function": { "name": "look", "parameters": { "type": "object" } } }]);
    let body = with(said("the weather"), json!({ "tools": tools }));
    let reply = house.post("/v1/chat/completions", &body).json();
    let choice = &reply["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], Value::Null);
    let call = choice["message"]["tool_calls"][0].clone();
    assert_eq!(
        call["function"],
        json!({ "name": "look", "arguments": "{\"at\": \"sky\"}" })
    );
    let body = json!({ "model": "script", "tools": tools, "messages": [
        { "role": "user", "content": "the weather" },
        choice["message"],
        { "role": "tool", "tool_call_id": call["id"], "content": [{ "type": "text", "text": "blue" }] },
    ] });
    let reply = house.post("/v1/chat/completions", &body).json();
    assert_eq!(
        reply["choices"][0]["message"]["content"],
        "The tool said: blue"
    );
}

#[test]
fn what_is_stored_can_be_listed_changed_and_deleted() {
    let house = House::open();
    let keep = json!({ "store": true, "metadata": { "case": "a" } });
    let id = |stream: bool| {
        let body = with(
            with(said("hello"), keep.clone()),
            json!({ "stream": stream }),
        );
        let reply = house.post("/v1/chat/completions", &body);
        match stream {
            true => reply.events()[0].1["id"].clone(),
            false => reply.json()["id"].clone(),
        }
    };
    let ids = [id(false), id(true)];
    house.post("/v1/chat/completions", &with(said("not kept"), json!({})));
    let listed = house
        .get("/v1/chat/completions?metadata[case]=a&limit=5")
        .json();
    let found: Vec<&Value> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(found, ids.iter().collect::<Vec<_>>());
    assert_eq!(
        house.get("/v1/chat/completions?model=other").json()["data"],
        json!([])
    );
    let path = format!("/v1/chat/completions/{}", ids[1].as_str().unwrap());
    let kept = house.get(&path).json();
    assert_eq!(kept["choices"][0]["message"]["content"], "You said: hello");
    assert_eq!(kept["metadata"], json!({ "case": "a" }));
    let changed = house
        .post(&path, &json!({ "metadata": { "case": "b" } }))
        .json();
    assert_eq!(changed["metadata"], json!({ "case": "b" }));
    let messages = house.get(&format!("{path}/messages")).json();
    assert_eq!(messages["data"][0]["content"], "hello");
    let gone = house.send("DELETE", &path, None, &[]).json();
    assert_eq!(gone["deleted"], true);
    assert_eq!(house.get(&path).status, 404);
}

#[test]
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn what_is_wrong_is_said_with_its_parameter() {
    let house = House::open();
    let cases = [
        (json!({ "messages": [] }), 400, Value::Null, "invalid_type"),
        (
            json!({ "model": "script", "messages": [] }),
            400,
            json!("messages"),
            "invalid_value",
        ),
        (
            json!({ "model": "none", "messages": [{ "role": "user", "content": "x" }] }),
            404,
            json!("model"),
            "model_not_found",
        ),
        (
            json!({ "model": "../../etc/passwd", "messages": [{ "role": "user", "content": "x" }] }),
            404,
            json!("model"),
            "model_not_found",
        ),
        (
            with(said("x"), json!({ "n": 0 })),
            400,
            json!("n"),
            "invalid_value",
        ),
        (
            with(said("x"), json!({ "temperature": 1e9 })),
            400,
            json!("temperature"),
            "invalid_value",
        ),
        (
            with(said("x"), json!({ "top_logprobs": 2 })),
            400,
            json!("top_logprobs"),
            "invalid_value",
        ),
        (
            with(said("x"), json!({ "tools": [{ "type": "magic" }] })),
            400,
            json!("tools[0].type"),
            "invalid_value",
        ),
        (
            with(said("x"), json!({ "tool_choice": "perhaps" })),
            400,
            json!("tool_choice"),
            "invalid_value",
        ),
        (
            with(said("x"), json!({ "response_format": { "type": "xml" } })),
            400,
            json!("response_format.type"),
            "invalid_value",
        ),
        (
            json!({ "model": "script", "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "data:," } }] }] }),
            400,
            json!("messages[0].content"),
            "unsupported_content",
        ),
    ];
    for (body, status, param, code) in cases {
        let reply = house.post("/v1/chat/completions", &body);
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
        let error = &reply.json()["error"];
        assert_eq!(
            (&error["param"], &error["code"]),
            (&param, &json!(code)),
            "{body}: {error}"
        );
    }
    let long = "word ".repeat(140_000);
    let reply = house.post("/v1/chat/completions", &said(&long));
    assert_eq!(reply.json()["error"]["code"], "context_length_exceeded");
}
