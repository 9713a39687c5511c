//! Titles that models write, and chats that are deleted for good.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::House;
use crate::signed::Signed;

/// A house whose model `far` is the script of another, which writes titles.
fn house(is_open: bool) -> (House, House) {
    let other = House::start(
        true,
        json!({ "pace_ms": 1, "lines": [
            { "when": "Write a title", "text": "\"Blue skies.\"" },
            { "text": "Light is scattered, and blue more than red, as Rayleigh found." },
        ] }),
    );
    let models = BTreeMap::from([("far".to_owned(), "script".to_owned())]);
    let upstream = fleet::Upstream {
        models,
        ..fleet::Upstream::new("other", format!("{}/v1", other.url))
    };
    let data = tempfile::tempdir().unwrap();
    let house = House::with_upstreams(data, is_open, json!({}), vec![upstream]);
    (house, other)
}

/// The title of a chat, once it is no longer `before`, or after a while.
fn title(ask: impl Fn() -> Value, before: &str) -> String {
    let until = Instant::now() + Duration::from_secs(3);
    loop {
        let title = ask()["title"].as_str().unwrap_or_default().to_owned();
        if title != before || Instant::now() > until {
            return title;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_title_is_written_after_the_first_answer_and_never_over_one_that_somebody_chose() {
    let (house, _other) = house(true);
    let begin = |title: Value| {
        let chat = house
            .post("/api/chats", &json!({ "model": "far", "title": title }))
            .json();
        let path = format!("/api/chats/{}", chat["id"].as_str().unwrap());
        let asked = house.post(
            &format!("{path}/turns"),
            &json!({ "input": "Why is the sky blue?" }),
        );
        assert!(asked.text.contains("Rayleigh"), "{}", asked.text);
        path
    };
    let path = begin(Value::Null);
    let told = || house.get(&path).json();
    assert_eq!(title(told, "Why is the sky blue?"), "Blue skies");
    // Only of the first turn.
    house.send("PATCH", &path, Some(r#"{"title":"Mine"}"#), &[]);
    house.post(&format!("{path}/turns"), &json!({ "input": "And red?" }));
    assert_eq!(title(told, "Mine"), "Mine");
    let named = begin(json!("Skies"));
    assert_eq!(title(|| house.get(&named).json(), "Skies"), "Skies");
    // Models that say what was written down are not asked for more.
    let chat = house
        .post("/api/chats", &json!({ "model": "script" }))
        .json();
    let path = format!("/api/chats/{}", chat["id"].as_str().unwrap());
    house.post(&format!("{path}/turns"), &json!({ "input": "Hello" }));
    assert_eq!(title(|| house.get(&path).json(), "Hello"), "Hello");
}

#[test]
fn the_owner_decides_whether_models_write_titles() {
    let (house, _other) = house(false);
    let owner = Signed::by(&house, &house.link);
    assert_eq!(owner.get("/api/house").json()["titles"], true);
    let off = owner.send("PATCH", "/api/house", &json!({ "titles": false }));
    assert_eq!(off.json()["titles"], false, "{}", off.text);
    let chat = owner
        .send("POST", "/api/chats", &json!({ "model": "far" }))
        .json();
    let path = format!("/api/chats/{}", chat["id"].as_str().unwrap());
    owner.send(
        "POST",
        &format!("{path}/turns"),
        &json!({ "input": "Why?" }),
    );
    assert_eq!(title(|| owner.get(&path).json(), "Why?"), "Why?");
}

#[test]
fn what_is_deleted_for_good_is_gone_with_its_turns() {
    let house = House::open();
    let chat = house
        .post("/api/chats", &json!({ "model": "script" }))
        .json();
    let path = format!("/api/chats/{}", chat["id"].as_str().unwrap());
    house.post(&format!("{path}/turns"), &json!({ "input": "secret" }));
    let turn = house.get(&path).json()["active"]
        .as_str()
        .unwrap()
        .to_owned();
    house.send("DELETE", &path, None, &[]);
    assert_eq!(
        house.get("/api/chats?deleted=true").json()["data"][0]["id"],
        chat["id"]
    );
    let gone = house.send("DELETE", &format!("{path}?for_good=true"), None, &[]);
    assert_eq!(gone.json()["deleted"], true, "{}", gone.text);
    assert_eq!(
        house.get("/api/chats?deleted=true").json()["data"],
        json!([])
    );
    assert_eq!(
        house.post(&format!("{path}/restore"), &json!({})).status,
        404
    );
    assert_eq!(house.get(&format!("/v1/responses/{turn}")).status, 404);
}
