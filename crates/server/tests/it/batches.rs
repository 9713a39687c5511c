//! `/v1/batches`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use store::{JobState, Timestamp};
use tokio::sync::watch;

use crate::files::{in_store, upload};
use crate::house::{House, server};

const CHAT: &str = "/v1/chat/completions";

/// How long a batch may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

fn line(name: &str, url: &str, body: &Value) -> String {
    json!({ "custom_id": name, "method": "POST", "url": url, "body": body }).to_string()
}

fn ask(text: &str) -> Value {
    json!({ "model": "script", "messages": [{ "role": "user", "content": text }] })
}

/// Lines that ask for an answer each: `request-0` and so on.
fn many(count: usize) -> String {
    let lines =
        (0..count).map(|n| line(&format!("request-{n}"), CHAT, &ask(&format!("say {n}"))) + "\n");
    lines.collect()
}

fn begin(house: &House, endpoint: &str, lines: &str) -> String {
    let input = upload(house, "batch", "in.jsonl", lines.as_bytes());
    let body = json!({ "input_file_id": input, "endpoint": endpoint, "completion_window": "24h" });
    let reply = house.post("/v1/batches", &body);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

fn batch(house: &House, id: &str) -> Value {
    house.get(&format!("/v1/batches/{id}")).json()
}

/// Waits until the batch is as wanted.
fn wait(house: &House, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let batch = batch(house, id);
        if wanted(&batch) {
            return batch;
        }
        assert!(Instant::now() < until, "{batch}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_over(batch: &Value) -> bool {
    let over = ["failed", "completed", "expired", "cancelled"];
    over.contains(&batch["status"].as_str().unwrap())
}

/// The results in a file, in their order.
fn results(house: &House, file: &Value) -> Vec<Value> {
    let Some(file) = file.as_str() else {
        return Vec::new();
    };
    let content = house.get(&format!("/v1/files/{file}/content"));
    assert_eq!(content.status, 200, "{}", content.text);
    let lines = content.text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn names(results: &[Value]) -> Vec<&str> {
    results
        .iter()
        .map(|result| result["custom_id"].as_str().unwrap())
        .collect()
}

/// A batch as it is begun.
fn begun(id: &Value, input: &str, created_at: u64) -> Value {
    json!({
        "id": id,
        "object": "batch",
        "endpoint": CHAT,
        "model": null,
        "errors": null,
        "input_file_id": input,
        "completion_window": "24h",
        "status": "validating",
        "output_file_id": null,
        "error_file_id": null,
        "created_at": created_at,
        "in_progress_at": null,
        "expires_at": created_at + 86_400,
        "finalizing_at": null,
        "completed_at": null,
        "failed_at": null,
        "expired_at": null,
        "cancelling_at": null,
        "cancelled_at": null,
        "request_counts": { "total": 0, "completed": 0, "failed": 0 },
        "usage": null,
        "metadata": { "what": "trial" },
    })
}

#[test]
fn a_batch_tells_where_it_stands() {
    let house = House::open();
    let input = upload(&house, "batch", "in.jsonl", many(3).as_bytes());
    let body = json!({
        "input_file_id": input, "endpoint": CHAT, "completion_window": "24h", "metadata": { "what": "trial" },
        "output_expires_after": { "anchor": "created_at", "seconds": 3600 },
    });
    let first = house.post("/v1/batches", &body).json();
    let created_at = first["created_at"].as_u64().unwrap();
    let mut expected = begun(&first["id"], &input, created_at);
    assert_eq!(first, expected);
    let id = first["id"].as_str().unwrap();
    let done = wait(&house, id, is_over);
    for name in ["in_progress_at", "finalizing_at", "completed_at"] {
        assert!(done[name].as_u64().unwrap() >= created_at, "{name}: {done}");
        expected[name] = done[name].clone();
    }
    expected["status"] = json!("completed");
    expected["model"] = json!("script");
    expected["request_counts"] = json!({ "total": 3, "completed": 3, "failed": 0 });
    for name in ["usage", "output_file_id"] {
        expected[name] = done[name].clone();
    }
    assert_eq!(done, expected);
    assert_eq!(house.get("/v1/batches").json()["data"], json!([done]));
    let refused = house.post(&format!("/v1/batches/{id}/cancel"), &json!({}));
    assert_eq!(refused.status, 400, "{}", refused.text);
    let output = done["output_file_id"].as_str().unwrap();
    let file = house.get(&format!("/v1/files/{output}")).json();
    assert_eq!(file["purpose"], "batch_output");
    assert_eq!(file["filename"], format!("{id}_output.jsonl"));
    let kept_for = file["expires_at"].as_u64().unwrap() - file["created_at"].as_u64().unwrap();
    assert_eq!(kept_for, 3600);
}

#[test]
fn requests_become_results_in_their_order() {
    let house = House::open();
    let asked = |model: &str, text: &str, stream: bool| {
        let messages = json!([{ "role": "user", "content": text }]);
        json!({ "model": model, "messages": messages, "stream": stream })
    };
    let lines = [
        line("one", CHAT, &ask("hello")),
        String::new(),
        line("none", CHAT, &asked("nobody", "x", false)),
        line("two", CHAT, &ask("long")),
        line("streamed", CHAT, &asked("script", "x", true)),
    ];
    let id = begin(&house, CHAT, &lines.join("\n"));
    let done = wait(&house, &id, is_over);
    let counts = json!({ "total": 4, "completed": 2, "failed": 2 });
    assert_eq!(
        (&done["request_counts"], &done["model"]),
        (&counts, &Value::Null)
    );
    let good = results(&house, &done["output_file_id"]);
    assert_eq!(names(&good), ["one", "two"]);
    let mut tokens = (0, 0);
    let said = ["You said: hello", "one two three four five six seven eight"];
    for (result, said) in good.iter().zip(said) {
        assert!(result["id"].as_str().unwrap().starts_with("batch_req_"));
        assert_eq!(result["error"], Value::Null);
        assert_eq!(result["response"]["status_code"], 200);
        let body = &result["response"]["body"];
        assert_eq!(body["object"], "chat.completion");
        assert_eq!(body["choices"][0]["message"]["content"], *said);
        tokens.0 += body["usage"]["prompt_tokens"].as_u64().unwrap();
        tokens.1 += body["usage"]["completion_tokens"].as_u64().unwrap();
    }
    assert!(tokens.0 > 0 && tokens.1 > 0, "{tokens:?}");
    assert_eq!(done["usage"]["input_tokens"], tokens.0);
    assert_eq!(done["usage"]["output_tokens"], tokens.1);
    assert_eq!(done["usage"]["total_tokens"], tokens.0 + tokens.1);
    let bad = results(&house, &done["error_file_id"]);
    assert_eq!(names(&bad), ["none", "streamed"]);
    assert_eq!(bad[0]["response"]["status_code"], 404);
    assert_eq!(
        bad[0]["response"]["body"]["error"]["code"],
        "model_not_found"
    );
    assert_eq!(bad[1]["response"]["status_code"], 400);
}

#[test]
fn all_endpoints_have_their_batches() {
    let house = House::open();
    let cases = [
        (
            "/v1/completions",
            json!({ "model": "script", "prompt": "go on" }),
            "text_completion",
        ),
        (
            "/v1/embeddings",
            json!({ "model": "script", "input": "a text" }),
            "list",
        ),
        (
            "/v1/responses",
            json!({ "model": "script", "input": "hello" }),
            "response",
        ),
    ];
    for (endpoint, body, object) in cases {
        let id = begin(&house, endpoint, &line("a", endpoint, &body));
        let done = wait(&house, &id, is_over);
        assert_eq!(done["status"], "completed", "{done}");
        assert_eq!(
            (&done["model"], &done["error_file_id"]),
            (&json!("script"), &Value::Null)
        );
        let results = results(&house, &done["output_file_id"]);
        assert_eq!(results.len(), 1);
        assert_eq!(
            results[0]["response"]["body"]["object"], *object,
            "{results:?}"
        );
        assert!(
            done["usage"]["input_tokens"].as_u64().unwrap() > 0,
            "{done}"
        );
    }
}

#[test]
fn a_file_that_is_wrong_says_where() {
    let house = House::open();
    let lines = [
        line("a", CHAT, &ask("x")),
        "{\"custom_id\": ".to_owned(),
        String::new(),
        line("a", CHAT, &ask("y")),
        line("b", "/v1/embeddings", &ask("z")),
    ];
    let id = begin(&house, CHAT, &lines.join("\n"));
    let failed = wait(&house, &id, is_over);
    assert_eq!(failed["status"], "failed", "{failed}");
    assert!(failed["failed_at"].is_u64());
    assert_eq!(failed["errors"]["object"], "list");
    let errors = failed["errors"]["data"].as_array().unwrap().iter();
    let errors: Vec<(&str, u64)> = errors
        .map(|error| {
            (
                error["code"].as_str().unwrap(),
                error["line"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("invalid_json_line", 2),
        ("duplicate_custom_id", 4),
        ("url_mismatch", 5),
    ];
    assert_eq!(errors, expected);
    let id = begin(&house, CHAT, "\n \n");
    let empty = wait(&house, &id, is_over);
    assert_eq!(empty["errors"]["data"][0]["code"], "empty_file");
}

#[test]
fn what_cannot_be_a_batch_is_refused_at_once() {
    let house = House::open();
    let input = upload(&house, "batch", "in.jsonl", many(1).as_bytes());
    let other = upload(&house, "user_data", "in.jsonl", many(1).as_bytes());
    let good = json!({ "input_file_id": input, "endpoint": CHAT, "completion_window": "24h" });
    let cases = [
        ("input_file_id", json!("file-none")),
        ("input_file_id", json!(other)),
        ("endpoint", json!("/v1/moderations")),
        ("endpoint", json!("/v1/batches")),
        ("completion_window", json!("1h")),
    ];
    for (name, value) in cases {
        let mut body = good.clone();
        body[name] = value;
        let reply = house.post("/v1/batches", &body);
        assert_eq!(
            (reply.status, &reply.json()["error"]["param"]),
            (400, &json!(name)),
            "{body}"
        );
    }
    assert_eq!(house.get("/v1/batches").json()["data"], json!([]));
    assert_eq!(house.get("/v1/batches/batch_none").status, 404);
}

#[test]
fn a_batch_that_is_called_off_keeps_what_it_has() {
    let house = House::start(true, json!({ "pace_ms": 40 }));
    let id = begin(&house, CHAT, &many(300));
    wait(&house, &id, |batch| {
        batch["request_counts"]["completed"].as_u64().unwrap() > 0
    });
    // The batch goes on without its input.
    let input = batch(&house, &id)["input_file_id"]
        .as_str()
        .unwrap()
        .to_owned();
    house.send("DELETE", &format!("/v1/files/{input}"), None, &[]);
    let cancelling = house
        .post(&format!("/v1/batches/{id}/cancel"), &json!({}))
        .json();
    assert_eq!(cancelling["status"], "cancelling");
    assert!(cancelling["cancelling_at"].is_u64());
    let done = wait(&house, &id, is_over);
    assert_eq!(done["status"], "cancelled", "{done}");
    assert!(done["cancelled_at"].is_u64());
    let good = results(&house, &done["output_file_id"]);
    let bad = results(&house, &done["error_file_id"]);
    assert_eq!(json!(good.len()), done["request_counts"]["completed"]);
    assert!(!good.is_empty() && good.len() < 300, "{}", good.len());
    assert_eq!(good.len() + bad.len(), 300);
    for result in &bad {
        assert_eq!(result["response"], Value::Null);
        assert_eq!(result["error"]["code"], "batch_cancelled");
    }
    let again = house
        .post(&format!("/v1/batches/{id}/cancel"), &json!({}))
        .json();
    assert_eq!(again, done);
}

#[test]
fn a_batch_whose_time_is_over_keeps_what_it_has() {
    let house = House::start(true, json!({ "pace_ms": 40 }));
    let id = begin(&house, CHAT, &many(300));
    wait(&house, &id, |batch| {
        batch["request_counts"]["completed"].as_u64().unwrap() > 0
    });
    let data = house.end();
    in_store(data.path(), async |store| {
        let mut batch = store.objects().get(&id).await.unwrap();
        batch.body["batch"]["expires_at"] = json!(1_000);
        store.objects().update(batch).await.unwrap();
    });
    let house = House::over(data, true, json!({ "pace_ms": 40 }));
    let done = wait(&house, &id, is_over);
    assert_eq!(done["status"], "expired", "{done}");
    assert!(done["expired_at"].is_u64());
    let good = results(&house, &done["output_file_id"]);
    let bad = results(&house, &done["error_file_id"]);
    assert!(!good.is_empty() && good.len() < 300, "{}", good.len());
    assert_eq!(good.len() + bad.len(), 300);
    assert!(
        bad.iter()
            .all(|result| result["error"]["code"] == "batch_expired")
    );
}

/// A server of its own process, over the data in the folder in which it was started.
#[test]
#[ignore = "it is started by another test, and never ends by itself"]
fn serve() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = server(Path::new("."), true, json!({ "pace_ms": 60 }), Vec::new()).await;
        fs::write("address.new", server.address().to_string()).unwrap();
        fs::rename("address.new", "address").unwrap();
        let (_stop, stopped) = watch::channel(false);
        server.run(stopped).await.unwrap();
    });
}

/// Another process that serves, and is killed with this.
struct Other {
    process: Child,
    house: House,
}

impl Other {
    #[expect(
        clippy::disallowed_methods,
        reason = "a server is killed as nothing but a process can be"
    )]
    fn start(data: &Path) -> Self {
        let _ = fs::remove_file(data.join("address"));
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "batches::serve", "--ignored"])
            .current_dir(data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + PATIENCE;
        let address = loop {
            match fs::read_to_string(data.join("address")) {
                Ok(address) => break address.parse().unwrap(),
                Err(_) => assert!(Instant::now() < until, "no server"),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let house = House::elsewhere(address);
        Self { process, house }
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// The results that are written down, by name, with their ids; and how often a model was asked.
fn written(data: &Path, id: &str) -> (BTreeMap<String, String>, usize) {
    in_store(data, async |store| {
        let results = format!("{id}.results");
        let objects = store.objects();
        let items = objects.items(
            &results,
            &store::Cursor::Start,
            store::Order::Ascending,
            1000,
        );
        let items = items.await.map(|page| page.data).unwrap_or_default();
        let text = |body: &Value, name: &str| body[name].as_str().unwrap().to_owned();
        let items = items
            .iter()
            .map(|item| (text(&item.body, "custom_id"), text(&item.body, "id")));
        let mut asked = 0;
        let mut last = 0;
        loop {
            let page = store.audit().page(last, 1000).await.unwrap();
            let Some(end) = page.last() else { break };
            last = end.sequence;
            asked += page
                .iter()
                .filter(|line| line.line.contains("\"infer\""))
                .count();
        }
        (items.collect(), asked)
    })
}

#[test]
fn a_server_that_is_killed_loses_no_result_and_makes_none_twice() {
    const LINES: usize = 120;
    const KILLS: usize = 3;
    let data = tempfile::tempdir().unwrap();
    let mut other = Other::start(data.path());
    let id = begin(&other.house, CHAT, &many(LINES));
    let mut before: BTreeMap<String, String> = BTreeMap::new();
    let mut kills = 0;
    while kills < KILLS {
        let least = before.len() as u64 + 5;
        let seen = wait(&other.house, &id, |batch| {
            is_over(batch) || batch["request_counts"]["completed"].as_u64().unwrap() >= least
        });
        if is_over(&seen) {
            break;
        }
        other.kill();
        kills += 1;
        let (now, _) = written(data.path(), &id);
        let shown = seen["request_counts"]["completed"].as_u64().unwrap();
        assert!(
            now.len() as u64 >= shown,
            "{} results of {shown} that were shown",
            now.len()
        );
        for (name, result) in &before {
            assert_eq!(now.get(name), Some(result), "{name} was lost or made anew");
        }
        before = now;
        other = Other::start(data.path());
    }
    assert!(kills >= 2, "it was over too soon");
    let done = wait(&other.house, &id, is_over);
    assert_eq!(done["status"], "completed", "{done}");
    let counts = json!({ "total": LINES, "completed": LINES, "failed": 0 });
    assert_eq!(done["request_counts"], counts);
    let good = results(&other.house, &done["output_file_id"]);
    let expected: Vec<String> = (0..LINES).map(|n| format!("request-{n}")).collect();
    assert_eq!(names(&good), expected);
    for (n, result) in good.iter().enumerate() {
        let said = &result["response"]["body"]["choices"][0]["message"]["content"];
        assert_eq!(*said, format!("You said: say {n}"));
    }
    let ids: BTreeSet<&str> = good
        .iter()
        .map(|result| result["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), LINES);
    for (name, result) in &before {
        let found = good
            .iter()
            .find(|good| good["custom_id"] == **name)
            .unwrap();
        assert_eq!(found["id"], **result, "{name} was made twice");
    }
    other.kill();
    // What was being answered when the server was killed is asked again, and nothing else.
    let (left, asked) = written(data.path(), &id);
    assert_eq!(left.len(), 0, "the results are in their file");
    assert!(
        (LINES..=LINES + kills * 8).contains(&asked),
        "{asked} requests, {kills} kills"
    );
}

#[test]
fn a_server_that_ends_gives_its_batches_back() {
    let data = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let script = json!({ "pace_ms": 100 });
    let server = runtime.block_on(server(data.path(), true, script, Vec::new()));
    let house = House::elsewhere(server.address());
    let (stop, stopped) = watch::channel(false);
    let served = runtime.spawn(server.run(stopped));
    let id = begin(&house, CHAT, &many(100));
    wait(&house, &id, |batch| {
        batch["request_counts"]["completed"].as_u64().unwrap() > 0
    });
    stop.send(true).unwrap();
    runtime.block_on(served).unwrap().unwrap();
    let job = in_store(data.path(), async |store| {
        store.jobs().get(&id).await.unwrap()
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let until = job.lease_until.unwrap();
    assert_eq!(job.state, JobState::Running);
    assert!(
        until <= Timestamp::default().after(now),
        "{until:?}, {now:?}"
    );
    let house = House::over(data, true, json!({}));
    let done = wait(&house, &id, is_over);
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(results(&house, &done["output_file_id"]).len(), 100);
}

#[test]
fn a_batch_that_was_put_aside_goes_on_where_it_was_even_after_a_restart() {
    const LINES: usize = 200;
    let data = tempfile::tempdir().unwrap();
    let house = House::over(data, true, json!({ "pace_ms": 100 }));
    let id = begin(&house, CHAT, &many(LINES));
    let done = |batch: &Value| batch["request_counts"]["completed"].as_u64().unwrap();
    wait(&house, &id, |batch| done(batch) > 8);
    let expires = |batch: &Value| batch["expires_at"].as_u64().unwrap();
    let before = expires(&batch(&house, &id));
    let act = |house: &House, what: &str| {
        let reply = house.post(&format!("/api/jobs/{id}/{what}"), &json!({}));
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(act(&house, "pause"), "paused");
    // Whoever worked on it has noticed, and nobody takes it.
    std::thread::sleep(Duration::from_secs(2));
    let aside = done(&batch(&house, &id));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(done(&batch(&house, &id)), aside);
    assert!(aside < LINES as u64, "{aside}");
    let data = house.end();
    let (left, asked) = written(data.path(), &id);
    assert!(left.len() < LINES);
    let house = House::over(data, true, json!({}));
    std::thread::sleep(Duration::from_secs(1));
    let job = house.get(&format!("/api/jobs/{id}")).json();
    assert_eq!(
        (&job["state"], &job["goes_on"]),
        (&json!("paused"), &json!("where_it_was"))
    );
    let listed = house.get("/api/jobs").json()["data"][0]["progress"].clone();
    assert_eq!(
        (&listed["done"], &listed["total"]),
        (&json!(aside), &json!(LINES)),
        "how far it was is seen"
    );
    assert_eq!(act(&house, "resume"), "queued");
    let over = wait(&house, &id, is_over);
    assert_eq!(over["status"], "completed", "{over}");
    let rested = expires(&over) - before;
    assert!((5..60).contains(&rested), "its time stood still: {rested}");
    let all = results(&house, &over["output_file_id"]);
    assert_eq!(all.len(), LINES);
    // What was answered before is not asked again.
    let data = house.end();
    let (_, asked_in_all) = written(data.path(), &id);
    assert_eq!(asked_in_all - asked, LINES - left.len());
}

#[test]
fn a_batch_that_was_put_aside_can_be_called_off() {
    let house = House::start(true, json!({ "pace_ms": 50 }));
    let id = begin(&house, CHAT, &many(60));
    wait(&house, &id, |batch| batch["status"] == "in_progress");
    house.post(&format!("/api/jobs/{id}/pause"), &json!({}));
    house.post(&format!("/v1/batches/{id}/cancel"), &json!({}));
    let over = wait(&house, &id, is_over);
    assert_eq!(over["status"], "cancelled", "{over}");
}
