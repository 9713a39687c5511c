//! Responses and conversations.

use serde_json::{Value, json};

use crate::house::House;

fn ask(house: &House, body: Value) -> Value {
    let mut body = body;
    body["model"] = json!("script");
    let reply = house.post("/v1/responses", &body);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn text(response: &Value) -> &str {
    let output = response["output"].as_array().unwrap();
    let message = output
        .iter()
        .find(|item| item["type"] == "message")
        .unwrap();
    message["content"][0]["text"].as_str().unwrap()
}

#[test]
fn a_response_follows_others_and_remembers_them() {
    let house = House::open();
    let first = ask(&house, json!({ "input": "one" }));
    assert_eq!(
        (text(&first), &first["status"]),
        ("You said: one", &json!("completed"))
    );
    let id = &first["id"];
    let second = ask(
        &house,
        json!({ "input": "two", "previous_response_id": id }),
    );
    // one, You said: one, two
    assert_eq!(second["usage"]["input_tokens"], 5);
    let third = ask(
        &house,
        json!({ "input": "three", "previous_response_id": second["id"] }),
    );
    assert_eq!(third["usage"]["input_tokens"], 9);
    let path = format!("/v1/responses/{}", second["id"].as_str().unwrap());
    assert_eq!(house.get(&path).json(), second);
    let items = house.get(&format!("{path}/input_items")).json();
    assert_eq!(items["data"][0]["content"][0]["text"], "two");
    house.send("DELETE", &path, None, &[]);
    assert_eq!(house.get(&path).status, 404);
    let reply = house.post(
        "/v1/responses",
        &json!({ "model": "script", "input": "x", "previous_response_id": second["id"] }),
    );
    assert_eq!(reply.json()["error"]["code"], "previous_response_not_found");
    let unkept = ask(&house, json!({ "input": "x", "store": false }));
    let path = format!("/v1/responses/{}", unkept["id"].as_str().unwrap());
    assert_eq!(house.get(&path).status, 404);
}

#[test]
fn a_stream_tells_each_item_from_beginning_to_end() {
    let house = House::open();
    let body = json!({ "model": "script", "input": "think", "stream": true });
    let events = house.post("/v1/responses", &body).events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_text.delta",
        "response.reasoning_text.delta",
        "response.reasoning_text.delta",
        "response.reasoning_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(names, expected);
    for (number, (name, event)) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
        assert_eq!(event["type"], **name);
    }
    let whole = &events.last().unwrap().1["response"];
    assert_eq!(text(whole), "Thought.");
    assert_eq!(whole["output"][0]["content"][0]["text"], "Let me think.");
    assert_eq!(whole["output"][1], events[15].1["item"]);
    // What was told to be complete is kept.
    let path = format!("/v1/responses/{}", whole["id"].as_str().unwrap());
    assert_eq!(house.get(&path).json(), *whole);
}

#[test]
fn tools_of_all_kinds_are_taken_and_called_by_the_names_that_clients_gave() {
    let house = House::start(
        true,
        json!({ "lines": [
        { "when": "patch", "calls": [["patch", "{\"input\": \"*** Begin\"}"], ["mcp__files__read", "{}"]] },
    ] }),
    );
    let tools = json!([
        { "type": "custom", "name": "patch", "format": { "type": "grammar", "syntax": "lark", "definition": "start: /a/" } },
        { "type": "namespace", "name": "mcp__files", "tools": [{ "type": "function", "name": "read", "parameters": {} }] },
        { "type": "web_search" },
        { "type": "something_new", "x": 1 },
    ]);
    let response = ask(&house, json!({ "input": "patch", "tools": tools }));
    let [custom, function] = &response["output"].as_array().unwrap()[..] else {
        panic!("{response}");
    };
    assert_eq!(
        (&custom["type"], &custom["name"], &custom["input"]),
        (
            &json!("custom_tool_call"),
            &json!("patch"),
            &json!("*** Begin")
        )
    );
    assert_eq!(
        (&function["namespace"], &function["name"]),
        (&json!("mcp__files"), &json!("read"))
    );
    // And back, with kinds of items that nobody knows.
    let back = json!({ "tools": tools, "input": [
        { "role": "user", "content": "patch" },
        { "type": "something_new", "id": "x_1", "what": {} },
        custom, function,
        { "type": "custom_tool_call_output", "call_id": custom["call_id"], "output": "done" },
        { "type": "function_call_output", "call_id": function["call_id"], "output": [{ "type": "input_text", "text": "read it" }] },
    ] });
    let response = ask(&house, back);
    assert_eq!(text(&response), "You said: read it");
}

#[test]
fn a_conversation_grows_by_what_is_asked_and_said() {
    let house = House::open();
    let made = house
        .post(
            "/v1/conversations",
            &json!({
                "items": [{ "role": "user", "content": "before" }], "metadata": { "topic": "x" },
            }),
        )
        .json();
    let id = made["id"].as_str().unwrap();
    ask(&house, json!({ "input": "now", "conversation": id }));
    let items = house
        .get(&format!("/v1/conversations/{id}/items?order=asc"))
        .json();
    let roles: Vec<&Value> = items["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["role"])
        .collect();
    assert_eq!(roles, ["user", "user", "assistant"]);
    let first = items["first_id"].as_str().unwrap();
    let path = format!("/v1/conversations/{id}/items/{first}");
    assert_eq!(house.get(&path).json()["content"][0]["text"], "before");
    assert_eq!(house.send("DELETE", &path, None, &[]).status, 200);
    assert_eq!(house.get(&path).status, 404);
    let page = house
        .get(&format!("/v1/conversations/{id}/items?limit=1"))
        .json();
    assert_eq!(
        (&page["has_more"], page["data"].as_array().unwrap().len()),
        (&json!(true), 1)
    );
    let gone = house
        .send("DELETE", &format!("/v1/conversations/{id}"), None, &[])
        .json();
    assert_eq!(gone["deleted"], true);
}

#[test]
fn what_goes_on_in_the_background_can_be_followed_from_anywhere_and_stopped() {
    let line = json!({ "when": "long", "text": "word ".repeat(200) });
    let house = House::start(true, json!({ "pace_ms": 5, "lines": [line] }));
    let begun = ask(&house, json!({ "input": "long", "background": true }));
    assert_eq!(begun["status"], "queued");
    let path = format!("/v1/responses/{}", begun["id"].as_str().unwrap());
    let events = house.get(&format!("{path}?stream=true")).events();
    let numbers: Vec<u64> = events
        .iter()
        .map(|(_, event)| event["sequence_number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (0..events.len() as u64).collect::<Vec<_>>());
    assert_eq!(events.last().unwrap().0, "response.completed");
    let rest = house
        .get(&format!("{path}?stream=true&starting_after=100"))
        .events();
    assert_eq!(rest[..], events[101..]);
    let other = ask(&house, json!({ "input": "long", "background": true }));
    let path = format!("/v1/responses/{}", other["id"].as_str().unwrap());
    let stopped = house.post(&format!("{path}/cancel"), &json!({})).json();
    assert_eq!(stopped["status"], "cancelled");
    assert_eq!(house.get(&path).json()["status"], "cancelled");
}

#[test]
fn what_was_interrupted_is_made_again_after_the_next_start() {
    let words = "word ".repeat(300);
    let line = json!({ "when": "long", "text": words });
    let script = json!({ "pace_ms": 5, "lines": [line] });
    let house = House::start(true, script.clone());
    let conversation = house.post("/v1/conversations", &json!({})).json();
    let begun = ask(
        &house,
        json!({ "input": "long", "background": true, "conversation": conversation["id"] }),
    );
    let path = format!("/v1/responses/{}", begun["id"].as_str().unwrap());
    std::thread::sleep(std::time::Duration::from_millis(200));
    let house = House::over(house.end(), true, script);
    let found = house.get(&path).json();
    assert_eq!(found["status"], "queued");
    let events = house.get(&format!("{path}?stream=true")).events();
    assert_eq!(events.last().unwrap().0, "response.completed");
    let found = house.get(&path).json();
    assert_eq!(
        (text(&found), &found["status"]),
        (words.as_str(), &json!("completed"))
    );
    let id = conversation["id"].as_str().unwrap();
    let items = house.get(&format!("/v1/conversations/{id}/items")).json();
    assert_eq!(items["data"].as_array().unwrap().len(), 2, "{items}");
}
