//! Who gets in, and from where.

use serde_json::{Value, json};

use crate::house::House;

/// Paths that anybody may ask, with the method.
const PUBLIC: [(&str, &str); 16] = [
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("GET", "/welcome"),
    ("GET", "/code"),
    ("GET", "/models"),
    ("GET", "/training"),
    ("GET", "/video"),
    ("GET", "/activity"),
    ("GET", "/settings"),
    ("GET", "/chat/x"),
    ("GET", "/sw.js"),
    ("GET", "/app/h/main.js"),
    ("GET", "/health"),
    ("GET", "/api/version"),
    ("GET", "/openapi.json"),
    ("POST", "/api/session"),
];

/// All paths of the router, as they stand in its sources.
fn paths() -> Vec<String> {
    let mut paths = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(path).unwrap();
            for call in source.split(".route(").skip(1) {
                let path = call.split('"').nth(1).unwrap();
                paths.push(path.to_owned());
            }
        }
    }
    paths
}

#[test]
fn no_route_answers_whoever_shows_nothing() {
    let house = House::closed();
    let paths = paths();
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        let path = path
            .replace("{*model}", "script")
            .replace("{hash}", "h")
            .replace("{*path}", "main.js")
            .replace("{id}", "x")
            .replace("{name}", "x")
            .replace("{item}", "y");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if PUBLIC.contains(&(method, path.as_str())) {
                continue;
            }
            let body = (method != "GET").then_some(r#"{"model":"script","input":"x","messages":[{"role":"user","content":"x"}],"prompt":"x","name":"x","path":"x","file":"x","job":"x","source":"x","format":"x","action":"infer","new":"a long password"}"#);
            let reply = house.send(method, &path, body, &[]);
            assert!(
                [401, 405].contains(&reply.status),
                "{method} {path}: {} {}",
                reply.status,
                reply.text
            );
            let reply = house.send(method, &path, body, &[("authorization", "Bearer fh-wrong")]);
            assert!(
                [401, 405].contains(&reply.status),
                "{method} {path}: {} {}",
                reply.status,
                reply.text
            );
        }
    }
}

#[test]
fn the_owner_comes_in_by_the_link_once_and_makes_a_key() {
    let house = House::closed();
    let link = json!({ "link": house.link }).to_string();
    let entered = house.send("POST", "/api/session", Some(&link), &[]);
    assert_eq!(entered.status, 200, "{}", entered.text);
    let cookie = entered.header("set-cookie").unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    let csrf = entered.json()["csrf"].as_str().unwrap().to_owned();
    assert_eq!(
        house.send("POST", "/api/session", Some(&link), &[]).status,
        401
    );
    let name = json!({ "name": "laptop" }).to_string();
    let refused = house.send("POST", "/api/keys", Some(&name), &[("cookie", cookie)]);
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (400, &json!("csrf"))
    );
    let made = house.send(
        "POST",
        "/api/keys",
        Some(&name),
        &[("cookie", cookie), ("x-csrf-token", &csrf)],
    );
    assert_eq!(made.status, 200, "{}", made.text);
    let key = format!("Bearer {}", made.json()["key"].as_str().unwrap());
    let body = r#"{"model":"script","messages":[{"role":"user","content":"hello"}]}"#;
    let ask = |key: &str| {
        house.send(
            "POST",
            "/v1/chat/completions",
            Some(body),
            &[("authorization", key)],
        )
    };
    assert_eq!(ask(&key).status, 200);
    let path = format!("/api/keys/{}", made.json()["id"].as_str().unwrap());
    house.send(
        "DELETE",
        &path,
        None,
        &[("cookie", cookie), ("x-csrf-token", &csrf)],
    );
    assert_eq!(ask(&key).status, 401);
}

#[test]
fn others_see_nothing_of_what_somebody_keeps() {
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
    let body = json!({ "model": "script", "input": "secret" }).to_string();
    let made = house
        .send("POST", "/v1/responses", Some(&body), &session)
        .json();
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    assert_eq!(house.send("GET", &path, None, &session).status, 200);
    let open = House::over(house.end(), true, Value::Object(serde_json::Map::default()));
    let other = open.get(&path);
    assert_eq!(other.status, 404, "{}", other.text);
    let body = json!({ "model": "script", "input": "x", "previous_response_id": made["id"] });
    assert_eq!(open.post("/v1/responses", &body).status, 400);
    assert_eq!(open.send("DELETE", &path, None, &[]).status, 404);
}

#[test]
fn pages_of_others_and_names_of_others_are_turned_away() {
    let house = House::open();
    let wrong = house.send("GET", "/v1/models", None, &[("host", "evil.example")]);
    assert_eq!(
        (wrong.status, &wrong.json()["error"]["code"]),
        (421, &json!("wrong_host"))
    );
    let wrong = house.send(
        "GET",
        "/v1/models",
        None,
        &[("origin", "https://evil.example")],
    );
    assert_eq!(
        (wrong.status, &wrong.json()["error"]["code"]),
        (403, &json!("wrong_origin"))
    );
    let form = house.send(
        "POST",
        "/v1/chat/completions",
        None,
        &[("content-type", "application/x-www-form-urlencoded")],
    );
    assert_eq!(form.status, 415);
    let page = house.get("/");
    assert!(page.text.contains("Freehold"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(house.get("/nothing/here").status, 404);
}
