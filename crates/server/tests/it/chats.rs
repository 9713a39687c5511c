//! Chats: trees of turns that are kept, found, taken back and let go.

use serde_json::{Value, json};

use crate::house::House;

fn chat(house: &House) -> String {
    let made = house.post("/api/chats", &json!({ "model": "script" }));
    assert_eq!(made.status, 200, "{}", made.text);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Asks, hears the answer to its end, and gives the id of the turn.
fn ask(house: &House, chat: &str, body: Value) -> String {
    let reply = house.post(&format!("/api/chats/{chat}/turns"), &body);
    assert_eq!(reply.status, 200, "{}", reply.text);
    let events = reply.events();
    let (name, last) = events.last().unwrap();
    assert_eq!(name, "response.completed", "{}", reply.text);
    last["response"]["id"].as_str().unwrap().to_owned()
}

fn tree(house: &House, chat: &str) -> Value {
    let reply = house.get(&format!("/api/chats/{chat}"));
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[test]
fn a_chat_is_a_tree_of_turns_that_each_read_their_own_past() {
    let house = House::open();
    let id = chat(&house);
    let first = ask(&house, &id, json!({ "input": "one" }));
    let second = ask(&house, &id, json!({ "input": "two" }));
    let again = ask(&house, &id, json!({ "again": second }));
    let edited = ask(
        &house,
        &id,
        json!({ "input": "other words here", "after": first }),
    );
    let root = ask(&house, &id, json!({ "input": "anew", "after": null }));
    let told = tree(&house, &id);
    assert_eq!(
        (&told["title"], &told["active"]),
        (&json!("one"), &json!(root))
    );
    let turns = told["turns"].as_array().unwrap();
    let links: Vec<(&Value, &Value)> = turns
        .iter()
        .map(|turn| (&turn["after"], &turn["again"]))
        .collect();
    let none = Value::Null;
    let (first, second) = (json!(first), json!(second));
    assert_eq!(
        links,
        [
            (&none, &none),
            (&first, &none),
            (&first, &second),
            (&first, &none),
            (&none, &none)
        ]
    );
    // one, You said: one, two: what another branch said is not read.
    let read = |id: &str| {
        turns.iter().find(|turn| turn["id"] == *id).unwrap()["usage"]["input_tokens"].clone()
    };
    assert_eq!(
        (read(&again), read(&edited), read(&root)),
        (json!(5), json!(7), json!(1))
    );
    assert_eq!(
        turns[3]["input"][0]["content"][0]["text"],
        "other words here"
    );
    assert_eq!(
        turns[3]["output"][0]["content"][0],
        json!({ "type": "output_text", "text": "You said: other words here" })
    );
    // Turns are responses as all others.
    assert_eq!(
        house.get(&format!("/v1/responses/{edited}")).json()["status"],
        "completed"
    );
}

#[test]
fn what_is_said_of_a_chat_changes_and_reaches_the_model() {
    let house = House::open();
    let id = chat(&house);
    let path = format!("/api/chats/{id}");
    let change = json!({ "title": "  Mine ", "instructions": "be brief now", "settings": { "effort": "low", "temperature": 0.2 } });
    let changed = house
        .send("PATCH", &path, Some(&change.to_string()), &[])
        .json();
    assert_eq!(
        (&changed["title"], &changed["settings"]),
        (
            &json!("Mine"),
            &json!({ "temperature": 0.2, "effort": "low" })
        )
    );
    ask(&house, &id, json!({ "input": "one" }));
    let told = tree(&house, &id);
    assert_eq!(
        (&told["title"], &told["turns"][0]["usage"]["input_tokens"]),
        (&json!("Mine"), &json!(4))
    );
    let wrong = house.send(
        "PATCH",
        &path,
        Some(r#"{"settings": {"temperature": 9}}"#),
        &[],
    );
    assert_eq!(
        (wrong.status, wrong.json()["error"]["code"].clone()),
        (400, json!("invalid_value"))
    );
    let empty = house.post(&format!("{path}/turns"), &json!({ "input": "  " }));
    assert_eq!(empty.status, 400);
    let lost = house.post(
        &format!("{path}/turns"),
        &json!({ "input": "x", "after": "resp_nowhere" }),
    );
    assert_eq!(lost.status, 404);
}

#[test]
fn the_last_changed_comes_first_but_for_what_is_pinned() {
    let house = House::open();
    let ids: Vec<String> = ["a", "b", "c"]
        .iter()
        .map(|word| {
            let id = chat(&house);
            ask(&house, &id, json!({ "input": word }));
            std::thread::sleep(std::time::Duration::from_millis(5));
            id
        })
        .collect();
    ask(&house, &ids[0], json!({ "input": "once more" }));
    house.send(
        "PATCH",
        &format!("/api/chats/{}", ids[1]),
        Some(r#"{"pinned": true}"#),
        &[],
    );
    let order = |path: &str| -> Vec<String> {
        let list = house.get(path).json();
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|chat| chat["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(order("/api/chats"), [&*ids[1], &ids[0], &ids[2]]);
    assert_eq!(order("/api/chats?limit=1"), [&*ids[1]]);
    assert_eq!(
        order(&format!("/api/chats?limit=1&after={}", ids[1])),
        [&*ids[0]]
    );
    assert_eq!(
        house.get(&format!("/api/chats?after={}", ids[0])).json()["has_more"],
        false
    );
}

#[test]
fn what_is_deleted_is_hidden_can_be_taken_back_and_stops_what_is_said() {
    let line = json!({ "when": "long", "text": "word ".repeat(2000) });
    let house = House::start(true, json!({ "pace_ms": 5, "lines": [line] }));
    let id = chat(&house);
    ask(&house, &id, json!({ "input": "find me" }));
    let path = format!("/api/chats/{id}");
    assert_eq!(
        house.send("DELETE", &path, None, &[]).json()["deleted"],
        true
    );
    assert_eq!(house.get(&path).status, 404);
    assert_eq!(
        house
            .post(&format!("{path}/turns"), &json!({ "input": "x" }))
            .status,
        404
    );
    assert_eq!(house.get("/api/chats").json()["data"], json!([]));
    assert_eq!(
        house.get("/api/chats/search?q=find").json()["data"],
        json!([])
    );
    assert_eq!(
        house.get("/api/chats?deleted=true").json()["data"][0]["id"],
        *id
    );
    assert_eq!(
        house.post(&format!("{path}/restore"), &json!({})).status,
        200
    );
    assert_eq!(tree(&house, &id)["turns"].as_array().unwrap().len(), 1);
}

#[test]
fn words_are_found_in_questions_answers_and_titles() {
    let house = House::open();
    let id = chat(&house);
    ask(
        &house,
        &id,
        json!({ "input": "Where do Zwölf Boxkämpfer hunt?" }),
    );
    ask(&house, &id, json!({ "input": "something else" }));
    let other = chat(&house);
    ask(&house, &other, json!({ "input": "nothing of that" }));
    let found = |words: &str| house.get(&format!("/api/chats/search?q={words}")).json();
    let hits = found("boxk%C3%A4mpfer%20zw%C3%B6lf");
    // The title, the question and the answer are one chat.
    assert_eq!(hits["complete"], true);
    assert_eq!(hits["data"].as_array().unwrap().len(), 1, "{hits}");
    let row = &hits["data"][0];
    assert_eq!(row["chat"], *id);
    assert_eq!(
        (&row["place"], &row["more"]),
        (&json!("question"), &json!(0))
    );
    assert_eq!(row["excerpt"], "Where do Zwölf Boxkämpfer hunt?");
    assert_eq!(found("boxk%C3%A4mpfer%20nothing")["data"], json!([]));
    assert_eq!(found("")["data"], json!([]));
}

#[test]
fn a_chat_is_found_once_with_its_best_turn_and_what_was_attached_to_it() {
    let line = json!({ "when": "soup", "text": "# Soup\n\nTake **three** [onions](http://x.example/) and *salt*." });
    let others = ["what", "list"].map(|word| json!({ "when": word, "text": "Well." }));
    let lines: Vec<Value> = std::iter::once(line).chain(others).collect();
    let house = House::start(true, json!({ "lines": lines }));
    let id = chat(&house);
    ask(&house, &id, json!({ "input": "a soup?" }));
    ask(&house, &id, json!({ "input": "three of what, onions?" }));
    let file = json!({ "type": "input_text", "filename": "list.txt", "text": "File `list.txt`:\n\nthree onions from the market\n" });
    let text = json!({ "type": "input_text", "text": "read my list" });
    ask(&house, &id, json!({ "input": [file, text] }));
    let other = chat(&house);
    ask(&house, &other, json!({ "input": "no vegetables" }));
    let found =
        |query: &str| house.get(&format!("/api/chats/search?{query}")).json()["data"].clone();
    let rows = found("q=three%20onions");
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    assert_eq!(
        (&rows[0]["chat"], &rows[0]["more"]),
        (&json!(id), &json!(2))
    );
    // Side by side, and written rather than attached.
    assert_eq!(rows[0]["excerpt"], "Soup Take three onions and salt.");
    assert_eq!(rows[0]["place"], "answer");
    let market = found("q=market");
    assert_eq!(
        (&market[0]["place"], &market[0]["file"]),
        (&json!("file"), &json!("list.txt"))
    );
    assert_eq!(market[0]["excerpt"], "three onions from the market");
    // Each turn for itself, the newest first.
    let within = found(&format!("q=three%20onions&chat={id}"));
    let places: Vec<&str> = within
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["place"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["file", "question", "answer"], "{within}");
    assert_eq!(found(&format!("q=onions&chat={other}")), json!([]));
}

#[test]
fn a_chat_leaves_as_markdown_and_as_json() {
    let house = House::open();
    let id = chat(&house);
    ask(
        &house,
        &id,
        json!({ "input": [
        { "type": "input_text", "filename": "notes.txt", "text": "File `notes.txt`:\n\nsecret plan" },
        { "type": "input_text", "text": "what is in it?" },
    ] }),
    );
    let page = house.get(&format!("/api/chats/{id}/export"));
    assert!(
        page.header("content-disposition")
            .unwrap()
            .starts_with("attachment")
    );
    assert!(
        page.text.starts_with(
            "# what is in it?\n\n## You\n\nnotes.txt\nwhat is in it?\n\n## script\n\nYou said: "
        ),
        "{}",
        page.text
    );
    let whole = house
        .get(&format!("/api/chats/{id}/export?format=json"))
        .json();
    assert_eq!(whole["turns"][0]["status"], "completed");
    assert_eq!(
        house
            .get(&format!("/api/chats/{id}/export?format=pdf"))
            .status,
        400
    );
}

#[test]
fn an_answer_goes_on_when_nobody_listens_and_is_taken_up_at_any_event() {
    let line = json!({ "when": "long", "text": "word ".repeat(300) });
    let house = House::start(true, json!({ "pace_ms": 2, "lines": [line] }));
    let id = chat(&house);
    // The connection is cut after the first bytes.
    {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(house.address).unwrap();
        let body = r#"{"input":"long"}"#;
        write!(stream, "POST /api/chats/{id}/turns HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut bytes = [0; 600];
        stream.read_exact(&mut bytes).unwrap();
    }
    let told = tree(&house, &id);
    let turn = &told["turns"][0];
    assert_eq!(told["active"], turn["id"]);
    assert!(
        ["queued", "in_progress"].contains(&turn["status"].as_str().unwrap()),
        "{turn}"
    );
    let path = format!(
        "/api/chats/{id}/turns/{}/events",
        turn["id"].as_str().unwrap()
    );
    let all = house.get(&path).events();
    assert_eq!(all.last().unwrap().0, "response.completed");
    assert_eq!(
        house.get(&format!("{path}?after=100")).events()[..],
        all[101..]
    );
    let turn = &tree(&house, &id)["turns"][0];
    assert!(
        turn["timings"]["total_ms"].as_u64() >= turn["timings"]["first_ms"].as_u64(),
        "{turn}"
    );
    // Of another chat it cannot be heard.
    let other = chat(&house);
    assert_eq!(house.get(&path.replace(&id, &other)).status, 404);
}

#[test]
fn what_is_stopped_keeps_what_was_said() {
    let line = json!({ "when": "long", "text": "word ".repeat(5000) });
    let house = House::start(true, json!({ "pace_ms": 2, "lines": [line] }));
    let id = chat(&house);
    let path = format!("/api/chats/{id}");
    std::thread::scope(|scope| {
        let begun =
            scope.spawn(|| house.post(&format!("{path}/turns"), &json!({ "input": "long" })));
        let turn = loop {
            let turns = tree(&house, &id)["turns"].clone();
            if turns[0]["status"] == "in_progress" || turns[0]["status"] == "queued" {
                break turns[0]["id"].as_str().unwrap().to_owned();
            }
        };
        std::thread::sleep(std::time::Duration::from_millis(200));
        let stopped = house
            .post(&format!("{path}/turns/{turn}/stop"), &json!({}))
            .json();
        assert_eq!(stopped["status"], "cancelled");
        assert!(
            stopped["output"][0]["content"][0]["text"]
                .as_str()
                .unwrap()
                .starts_with("word word")
        );
        assert_eq!(
            begun.join().unwrap().events().last().unwrap().0,
            "response.cancelled"
        );
    });
}

#[test]
fn a_chat_that_outgrows_its_model_goes_on_without_its_oldest_turns() {
    let house = House::start(
        true,
        json!({ "lines": [{ "when": "word", "text": "Read." }] }),
    );
    let id = chat(&house);
    // The scripted model holds 131,072 words; a token is taken for three letters.
    let much = "word ".repeat(25_000);
    for _ in 0..3 {
        ask(&house, &id, json!({ "input": much }));
    }
    let told = tree(&house, &id);
    let turns = told["turns"].as_array().unwrap();
    let forgotten: Vec<u64> = turns
        .iter()
        .map(|turn| turn["forgotten"].as_u64().unwrap())
        .collect();
    assert_eq!(forgotten, [0, 0, 1]);
    assert_eq!(turns[2]["usage"]["input_tokens"], 2 * 25_000 + 1);
}

#[test]
fn notes_are_kept_changed_and_forgotten() {
    let house = House::open();
    let note = house
        .post(
            "/api/notes",
            &json!({ "title": " Brief ", "text": "Be brief." }),
        )
        .json();
    assert_eq!(note["title"], "Brief");
    let path = format!("/api/notes/{}", note["id"].as_str().unwrap());
    house.send(
        "PUT",
        &path,
        Some(r#"{"title": "Short", "text": "Be short."}"#),
        &[],
    );
    let notes = house.get("/api/notes").json();
    assert_eq!(
        (&notes["data"][0]["title"], &notes["data"][0]["text"]),
        (&json!("Short"), &json!("Be short."))
    );
    assert_eq!(
        house
            .post("/api/notes", &json!({ "title": "", "text": "x" }))
            .status,
        400
    );
    house.send("DELETE", &path, None, &[]);
    assert_eq!(house.get("/api/notes").json()["data"], json!([]));
}

#[test]
fn chats_of_others_are_not_there() {
    let house = House::closed();
    let link = json!({ "link": house.link }).to_string();
    let entered = house.send("POST", "/api/session", Some(&link), &[]);
    let cookie = entered
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let csrf = entered.json()["csrf"].as_str().unwrap().to_owned();
    let session = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    let made = house
        .send(
            "POST",
            "/api/chats",
            Some(r#"{"model":"script"}"#),
            &session,
        )
        .json();
    let path = format!("/api/chats/{}", made["id"].as_str().unwrap());
    let body = Some(r#"{"input":"secret"}"#);
    assert_eq!(
        house
            .send("POST", &format!("{path}/turns"), body, &session)
            .status,
        200
    );
    let open = House::over(house.end(), true, json!({}));
    assert_eq!(open.get(&path).status, 404);
    assert_eq!(
        open.send("PATCH", &path, Some(r#"{"title":"x"}"#), &[])
            .status,
        404
    );
    assert_eq!(
        open.send("POST", &format!("{path}/turns"), body, &[])
            .status,
        404
    );
    assert_eq!(open.send("DELETE", &path, None, &[]).status, 404);
    assert_eq!(
        open.send("POST", &format!("{path}/restore"), Some("{}"), &[])
            .status,
        404
    );
    assert_eq!(
        open.get("/api/chats/search?q=secret").json()["data"],
        json!([])
    );
    assert_eq!(open.get("/api/chats").json()["data"], json!([]));
}
