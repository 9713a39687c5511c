//! Batches over `/v1/videos`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::files::upload;
use crate::house::House;

/// How long films may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

fn begin(house: &House, bodies: &[Value]) -> String {
    let lines: Vec<String> = bodies
        .iter()
        .enumerate()
        .map(|(at, body)| {
            let line = json!({ "custom_id": format!("film-{at}"), "method": "POST", "url": "/v1/videos", "body": body });
            line.to_string()
        })
        .collect();
    let input = upload(house, "batch", "in.jsonl", lines.join("\n").as_bytes());
    let body =
        json!({ "input_file_id": input, "endpoint": "/v1/videos", "completion_window": "24h" });
    let reply = house.post("/v1/batches", &body);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["id"]
        .as_str()
        .expect("it has an id")
        .to_owned()
}

fn wait(house: &House, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = house.get(path).json();
        if wanted(&found) {
            return found;
        }
        assert!(Instant::now() < until, "{found}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn over(house: &House, id: &str) -> Value {
    wait(house, &format!("/v1/batches/{id}"), |batch| {
        ["completed", "failed", "cancelled"].contains(&batch["status"].as_str().unwrap_or_default())
    })
}

fn results(house: &House, file: &Value) -> Vec<Value> {
    let path = format!("/v1/files/{}/content", file.as_str().unwrap_or_default());
    let content = house.get(&path);
    assert_eq!(content.status, 200, "{}", content.text);
    let lines = content.text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

fn film(prompt: &str) -> Value {
    json!({ "prompt": prompt, "size": "64x64", "seconds": "0.5", "fps": 8 })
}

#[test]
fn each_line_of_a_batch_makes_a_film_and_its_result_is_the_film() {
    let house = House::open();
    let mut named = film("a blue cube");
    named["model"] = json!("sora-2");
    let id = begin(
        &house,
        &[
            film("a red ball"),
            film("a dragon"),
            named,
            json!({ "prompt": 7 }),
        ],
    );
    let batch = over(&house, &id);
    let counts = json!({ "total": 4, "completed": 2, "failed": 2 });
    assert_eq!(
        (&batch["status"], &batch["request_counts"]),
        (&json!("completed"), &counts)
    );
    let made = results(&house, &batch["output_file_id"]);
    assert_eq!(made.len(), 2);
    for (result, prompt) in made.iter().zip(["a red ball", "a blue cube"]) {
        assert_eq!(result["response"]["status_code"], 200);
        let film = &result["response"]["body"];
        assert_eq!(
            (&film["status"], &film["prompt"]),
            (&json!("completed"), &json!(prompt))
        );
        let path = format!("/v1/videos/{}/content", film["id"].as_str().unwrap());
        let (status, bytes) = house.bytes("GET", &path, &[]);
        assert_eq!((status, &bytes[4..8]), (200, b"ftyp".as_slice()));
    }
    let wrong = results(&house, &batch["error_file_id"]);
    for result in &wrong {
        assert_eq!(result["response"]["status_code"], 400, "{result}");
        assert_eq!(result["response"]["body"]["error"]["param"], "prompt");
    }
}

#[test]
fn a_batch_goes_on_with_the_films_it_began_before_the_server_ended() {
    let house = House::open();
    let long = json!({ "prompt": "a red ball", "size": "320x180", "seconds": "4" });
    let id = begin(&house, &[long.clone(), film("a cube"), film("a star")]);
    wait(&house, "/v1/videos", |films| {
        films["data"].as_array().map(Vec::len) == Some(3)
    });
    let house = House::over(house.end(), true, json!({}));
    let batch = over(&house, &id);
    assert_eq!(batch["request_counts"]["completed"], 3, "{batch}");
    let films = house.get("/v1/videos").json();
    assert_eq!(films["data"].as_array().map(Vec::len), Some(3), "{films}");
}

#[test]
fn films_of_a_batch_that_is_called_off_are_called_off() {
    let house = House::open();
    let long = json!({ "prompt": "a red ball", "size": "640x360", "seconds": "300" });
    let id = begin(&house, &[long.clone(), film("a cube")]);
    wait(&house, "/v1/videos", |films| {
        films["data"].as_array().map(Vec::len) == Some(2)
    });
    house.post(&format!("/v1/batches/{id}/cancel"), &json!({}));
    let batch = over(&house, &id);
    assert_eq!(batch["status"], "cancelled");
    for result in results(&house, &batch["error_file_id"]) {
        assert_eq!(result["error"]["code"], "batch_cancelled");
    }
    let films = house.get("/v1/videos").json();
    for film in films["data"].as_array().unwrap() {
        assert_eq!(film["error"]["code"], "video_cancelled", "{film}");
    }
}
