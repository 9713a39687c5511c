//! What keys may use, and what they are told when it is used up.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{House, Reply};

const CHAT: &str = "/v1/chat/completions";

/// A house, and a key of its owner with `budgets`.
fn with_key(budgets: &Value) -> (House, String) {
    let house = House::closed();
    let link = json!({ "link": house.link }).to_string();
    let entered = house.send("POST", "/api/session", Some(&link), &[]);
    let cookie = entered.header("set-cookie").unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let csrf = entered.json()["csrf"].as_str().unwrap().to_owned();
    let wanted = json!({ "name": "program", "budgets": budgets }).to_string();
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    let made = house.send("POST", "/api/keys", Some(&wanted), &headers);
    assert_eq!(made.status, 200, "{}", made.text);
    let key = format!("Bearer {}", made.json()["key"].as_str().unwrap());
    (house, key)
}

fn ask(house: &House, key: &str, words: usize) -> Reply {
    let content = "word ".repeat(words);
    let body = json!({ "model": "script", "messages": [{ "role": "user", "content": content }] });
    house.send(
        "POST",
        CHAT,
        Some(&body.to_string()),
        &[("authorization", key)],
    )
}

/// That it is refused as OpenAI refuses it; the seconds until it may be tried again.
fn wait(reply: &Reply) -> Option<u64> {
    assert_eq!(reply.status, 429, "{}", reply.text);
    let error = &reply.json()["error"];
    let seconds = reply
        .header("retry-after")
        .map(|seconds| seconds.parse().unwrap());
    let (kind, code) = match seconds {
        Some(_) => ("rate_limit_error", "rate_limit_exceeded"),
        None => ("rate_limit_error", "insufficient_quota"),
    };
    assert_eq!(
        (&error["type"], &error["code"]),
        (&json!(kind), &json!(code))
    );
    seconds
}

#[test]
fn who_waits_as_long_as_they_are_told_is_let_in() {
    let (house, key) = with_key(&json!({ "requests_per_minute": 40 }));
    for number in 0..40 {
        let reply = ask(&house, &key, 1);
        assert_eq!(reply.status, 200, "{number}: {}", reply.text);
    }
    // A request comes in every one and a half seconds. Some may have come meanwhile.
    let refused = loop {
        let reply = ask(&house, &key, 1);
        if reply.status != 200 {
            break reply;
        }
    };
    let seconds = wait(&refused).unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    // Refused again meanwhile, it gets no later.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(300) {
        wait(&ask(&house, &key, 1));
    }
    std::thread::sleep(Duration::from_secs(seconds).saturating_sub(begun.elapsed()));
    assert_eq!(ask(&house, &key, 1).status, 200, "it was told that it may");
    // Another way of the same person is another's affair.
    assert_eq!(
        house
            .send("GET", "/v1/models", None, &[("authorization", &key)])
            .status,
        200
    );
}

#[test]
fn tokens_of_a_day_are_counted_through_restarts() {
    let (house, key) = with_key(&json!({ "tokens_per_day": 100 }));
    // 40 words read, and as many with two more written.
    let first = ask(&house, &key, 40).json();
    assert!(first["usage"]["total_tokens"].as_u64().unwrap() > 80);
    let house = House::over(house.end(), false, json!({}));
    assert_eq!(ask(&house, &key, 40).status, 200, "some were left");
    assert!(wait(&ask(&house, &key, 1)).unwrap() > 0);
    let house = House::over(house.end(), false, json!({}));
    let seconds = wait(&ask(&house, &key, 1)).unwrap();
    assert!(seconds <= 24 * 3600, "{seconds}");
    for (path, input) in [("/v1/responses", "input"), ("/v1/completions", "prompt")] {
        let body = json!({ "model": "script", input: "x" }).to_string();
        let reply = house.send("POST", path, Some(&body), &[("authorization", &key)]);
        wait(&reply).unwrap();
    }
}

#[test]
fn a_budget_that_does_not_come_back_says_so() {
    let (house, key) = with_key(&json!({ "tokens_total": 10 }));
    assert_eq!(ask(&house, &key, 10).status, 200);
    assert_eq!(wait(&ask(&house, &key, 1)), None);
}

#[test]
fn who_hangs_up_before_the_end_pays_for_what_was_said() {
    use std::io::{Read as _, Write as _};
    let (house, key) = with_key(&json!({ "tokens_total": 400 }));
    let text = "word ".repeat(3000);
    let body = json!({ "model": "script", "stream": true, "messages": [{ "role": "user", "content": text }] }).to_string();
    let head = format!("host: localhost\r\nauthorization: {key}");
    let request = crate::wire::post(CHAT, &body).replacen("host: localhost", &head, 1);
    let mut stream = crate::wire::connect(house.address);
    stream.write_all(request.as_bytes()).unwrap();
    stream.read_exact(&mut [0; 4000]).unwrap();
    drop(stream);
    let until = Instant::now() + crate::wire::PATIENCE;
    while ask(&house, &key, 1).status != 429 {
        assert!(Instant::now() < until, "it was for nothing");
        std::thread::sleep(Duration::from_millis(20));
    }
}
