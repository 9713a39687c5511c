//! How fast the app is with ten thousand messages: measured by `cargo xtask bench web`, which prints what this prints.

use std::time::Instant;

use serde_json::{Value, json};
use store::{Metadata, Object, Store, Timestamp};

use crate::browser::{Browser, ENTER, Look};
use crate::house::House;

/// Messages of the chat; two are a turn.
const MESSAGES: usize = 10_000;

const SAID: &str = "Paragraphs of **some** length with `code` and a [link](https://example.com), as models write them, again and again.\n\n\
    - a first point that is longer than a line of a narrow page would be\n- a second one\n\n```python\ndef f(x):\n    return x + 1\n```\n\nAnd that is all.";

/// Counts frames for `ms` while `work` is done with each; calls back with frames a second and the longest frame.
fn frames(browser: &Browser, ms: u32, work: &str) -> (f64, f64) {
    let code = format!(
        "const times = []; const begin = performance.now(); const thread = document.querySelector('.thread');
        const step = (now) => {{ times.push(now); {work}; if (now - begin < {ms}) requestAnimationFrame(step); else {{
            const gaps = times.slice(1).map((time, at) => time - times[at]).sort((a, b) => a - b);
            done([1000 * gaps.length / (times.at(-1) - times[0]), gaps[Math.floor(gaps.length * 0.99)]]); }} }};
        requestAnimationFrame(step);"
    );
    let told = browser.run_later(&code);
    (told[0].as_f64().unwrap(), told[1].as_f64().unwrap())
}

/// A chat of many turns, put straight into the store: the caller's first.
fn filled(house: House) -> (House, String) {
    let id = house
        .post(
            "/api/chats",
            &json!({ "model": "script", "title": "Ten thousand" }),
        )
        .json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let data = house.end();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&store::Options::new(data.path())).await.unwrap();
        let mut chat = store.objects().get(&id).await.unwrap();
        let mut before: Option<String> = None;
        for number in 0..MESSAGES / 2 {
            let turn = format!("resp_{number:024}");
            let message = |role: &str, kind: &str, text: String| json!({ "type": "message", "role": role, "id": format!("msg_{role}{number}"), "status": "completed", "content": [{ "type": kind, "text": text }] });
            let response = json!({ "id": turn, "status": "completed", "model": "script", "usage": { "input_tokens": 40, "output_tokens": 60, "total_tokens": 100 },
                "output": [message("assistant", "output_text", format!("Answer {number}. {SAID}"))] });
            let object = Object {
                id: turn.clone(),
                kind: "response".to_owned(),
                owner: chat.owner.clone(),
                parent: before.replace(turn.clone()),
                created_at: Timestamp::from_millis(1_700_000_000_000 + number as i64 * 1000),
                state: "completed".to_owned(),
                metadata: Metadata::from([("freehold_chat".to_owned(), id.clone())]),
                body: json!({ "response": response, "input": [message("user", "input_text", format!("Question {number}, about something."))] }),
                ..Object::default()
            };
            store.objects().put(object).await.unwrap();
        }
        chat.body["active"] = json!(before);
        store.objects().update(chat).await.unwrap();
        store.close().await;
    });
    let text: String = (0..3000)
        .map(|number| {
            if number % 40 == 39 {
                "word.\n\n".to_owned()
            } else {
                "word ".to_owned()
            }
        })
        .collect();
    let script = json!({ "pace_ms": 4, "lines": [{ "when": "long", "text": text }] });
    (House::over(data, true, script), id)
}

fn took(work: impl FnOnce() -> Value) -> (f64, Value) {
    let begin = Instant::now();
    let value = work();
    (begin.elapsed().as_secs_f64() * 1000.0, value)
}

#[test]
#[ignore = "measures; run by `cargo xtask bench web`"]
fn ten_thousand_messages() {
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    let (house, id) = filled(House::start(true, json!({})));
    println!("| {MESSAGES} messages in a chat | |\n|---|--:|");
    let path = format!("/api/chats/{id}");
    house.get(&path);
    let (tree, _) = took(|| house.get(&path).json());
    println!("| the whole tree from the server | {tree:.0} ms |");
    let (rare, hits) = took(|| {
        house
            .get("/api/chats/search?q=question%2017%20about")
            .json()
    });
    assert_eq!(hits["complete"], true);
    println!("| search for words of which few turns have all | {rare:.0} ms |");
    let (never, hits) = took(|| house.get("/api/chats/search?q=zzzz").json());
    println!(
        "| search for a word that no turn has (all looked through: {}) | {never:.0} ms |",
        hits["complete"]
    );
    browser.enter(&house.url);
    let mut paints: Vec<f64> = (0..7)
        .map(|_| {
            browser.go(&house.url);
            browser.until("performance.getEntriesByName('first-contentful-paint').length && document.querySelector('.composer')");
            browser.value("performance.getEntriesByName('first-contentful-paint')[0].startTime").as_f64().unwrap()
        })
        .collect();
    paints.sort_by(f64::total_cmp);
    println!(
        "| first paint of a new chat, median of 7 | {:.0} ms |",
        paints[3]
    );
    let (open, _) = took(|| {
        browser.go(&format!("{}/chat/{id}", house.url));
        browser.until_text("Answer 4999");
        Value::Null
    });
    println!("| from the address to the last answer on the page | {open:.0} ms |");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let lines = [
        ("still", "", 3000),
        (
            "scrolled, 4,000 pixels a second",
            "thread.scrollTop -= 67",
            4000,
        ),
        (
            "scrolled, 30,000 pixels a second",
            "thread.scrollTop -= 500",
            4000,
        ),
    ];
    for (name, work, ms) in lines {
        let (rate, worst) = frames(&browser, ms, work);
        println!("| frames a second, {name} (99 % of frames within) | {rate:.0} ({worst:.0} ms) |");
    }
    streaming(&browser);
}

/// The end of the chat, while an answer comes.
fn streaming(browser: &Browser) {
    browser.run("document.querySelector('.to-end').click()");
    let (begun, _) = took(|| {
        browser.write("#ask", "long");
        browser.press(&[], &ENTER.to_string());
        browser.until("document.querySelector('.said.is-running .prose')");
        Value::Null
    });
    println!("| from Enter to the first word | {begun:.0} ms |");
    let (rate, worst) = frames(browser, 5000, "");
    println!(
        "| frames a second while 250 words a second come (99 % within) | {rate:.0} ({worst:.0} ms) |"
    );
    let typing = "const field = document.querySelector('#ask'); field.value += 'x'; field.dispatchEvent(new Event('input', { bubbles: true }))";
    let (rate, worst) = frames(browser, 3000, typing);
    println!(
        "| the same while a letter is typed with each frame (99 % within) | {rate:.0} ({worst:.0} ms) |"
    );
    assert!(
        browser
            .value("document.querySelector('.said.is-running')")
            .is_object(),
        "it was measured while words came"
    );
}
