//! Models come, are made smaller, and go, by HTTP.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{House, options};
use crate::scripted_hub::{Script, ScriptedHub};
use crate::signed::Signed;
use crate::tiny;

/// Waits until a job has ended.
pub fn ended(signed: &Signed<'_>, job: &Value) -> Value {
    let path = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    let begun = Instant::now();
    loop {
        let job = signed.get(&path).json();
        if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn names(signed: &Signed<'_>) -> Vec<String> {
    let models = signed.get("/v1/models").json();
    let data = models["data"].as_array().unwrap().iter();
    data.map(|model| model["id"].as_str().unwrap().to_owned())
        .collect()
}

fn asks(signed: &Signed<'_>, model: &str) -> u16 {
    let body = json!({
        "model": model, "messages": [{ "role": "user", "content": "hello" }], "max_tokens": 4,
    });
    signed.send("POST", "/v1/chat/completions", &body).status
}

#[test]
fn a_model_comes_from_a_folder() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let folder = tiny::folder();
    let source = json!({ "source": folder.path(), "name": "tiny" });
    let offer = owner.send("POST", "/api/models/look", &source);
    assert_eq!(offer.status, 200, "{}", offer.text);
    let offer = offer.json();
    assert_eq!(
        (&offer["name"], &offer["memory"]["fits"]),
        (&json!("tiny"), &json!(true))
    );
    assert!(
        offer["bytes"].as_u64().unwrap() > 1000 && offer["parameters"].as_u64().unwrap() > 1000
    );
    // Nobody adds what nobody agreed to.
    let refused = owner.send("POST", "/api/models", &source);
    assert_eq!(refused.json()["error"]["code"], "not_agreed");
    let wanted = json!({ "source": folder.path(), "name": "tiny", "agreed": true });
    let job = owner.send("POST", "/api/models", &wanted);
    assert_eq!(job.status, 200, "{}", job.text);
    let done = ended(&owner, &job.json());
    assert_eq!(
        (&done["state"], &done["result"]["model"]),
        (&json!("done"), &json!("tiny")),
        "{done}"
    );
    assert_eq!(names(&owner), ["script", "tiny"]);
    let twice = owner.send("POST", "/api/models", &wanted);
    assert_eq!(
        (twice.status, &twice.json()["error"]["code"]),
        (409, &json!("name_taken"))
    );
    assert_eq!(asks(&owner, "tiny"), 200);
}

#[test]
fn a_model_is_made_smaller_and_goes() {
    let house = House::closed();
    tiny::add(house.data.path());
    let owner = Signed::by(&house, &house.link);
    let smaller = owner.send(
        "POST",
        "/api/models/tiny/quantise",
        &json!({ "format": "q8_0" }),
    );
    let done = ended(&owner, &smaller.json());
    assert_eq!(done["result"]["model"], "tiny-Q8_0", "{done}");
    assert_eq!(asks(&owner, "tiny-Q8_0"), 200);
    let unknown = owner.send(
        "POST",
        "/api/models/tiny/quantise",
        &json!({ "format": "Q9" }),
    );
    assert_eq!(unknown.status, 400);

    assert_eq!(
        owner
            .send("POST", "/api/models/tiny/unload", &json!({}))
            .status,
        200
    );
    assert_eq!(
        owner
            .send("POST", "/api/models/tiny/load", &json!({}))
            .status,
        200
    );
    assert_eq!(
        owner
            .send("DELETE", "/api/models/tiny", &Value::Null)
            .status,
        200
    );
    assert_eq!(
        owner
            .send("DELETE", "/api/models/tiny", &Value::Null)
            .status,
        404
    );
    assert_eq!(asks(&owner, "tiny"), 404);
    assert_eq!(names(&owner), ["script", "tiny-Q8_0"]);
    let jobs = owner.get("/api/jobs").json();
    let kinds: Vec<&str> = jobs["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["model.quantise"]);
}

#[test]
fn who_keeps_no_models_adds_none() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let ada = owner.adds("ada", "member");
    let folder = tiny::folder();
    let wanted = json!({ "source": folder.path(), "name": "tiny", "agreed": true });
    assert_eq!(ada.send("POST", "/api/models", &wanted).status, 403);
    assert_eq!(ada.send("POST", "/api/models/look", &wanted).status, 403);
    let job = owner.send("POST", "/api/models", &wanted).json();
    let path = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    // Others see nothing of it, unless they run the house.
    assert_eq!(ada.get(&path).status, 404);
    assert_eq!(
        ada.send("POST", &format!("{path}/cancel"), &json!({}))
            .status,
        404
    );
    assert_eq!(ada.get("/api/jobs").json()["data"], json!([]));
    assert_eq!(ada.get("/api/jobs?of=everybody").status, 403);
    assert_eq!(owner.get("/api/jobs?of=everybody").status, 200);
    ended(&owner, &job);
}

#[test]
fn what_is_no_model_is_told_before_anything_is_queued() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let look = |source: &str| {
        let reply = owner.send("POST", "/api/models/look", &json!({ "source": source }));
        let said = reply.json();
        (
            reply.status,
            said["error"]["code"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(look("/nothing/here"), (404, "no_such_model".to_owned()));
    assert_eq!(look("/etc/passwd").0, 400);
    assert_eq!(look("hub:not a name").0, 400);
    assert_eq!(owner.get("/api/jobs").json()["data"], json!([]));
}

pub fn files() -> std::collections::HashMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models/qwen3");
    let files = ["config.json", "model.safetensors"];
    let files = files.map(|name| (name.to_owned(), fs::read(folder.join(name)).unwrap()));
    files.into()
}

pub fn with_hub(data: tempfile::TempDir, hub: &ScriptedHub) -> House {
    let mut options = options(data.path(), false, json!({}));
    options.hub.endpoint.clone_from(&hub.address);
    House::serving(data, options)
}

#[test]
fn a_download_is_called_off_and_leaves_the_server_as_it_was() {
    // Files come from somebody who takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let hub = ScriptedHub::start(Script {
        files: files(),
        files_at: Some(format!("http://{}", silent.local_addr().unwrap())),
        card: json!({ "license": "apache-2.0" }),
        ..Script::default()
    });
    let house = with_hub(tempfile::tempdir().unwrap(), &hub);
    let owner = Signed::by(&house, &house.link);
    let source = json!({ "source": "hub:owner/name", "agreed": true });
    let offer = owner.send("POST", "/api/models/look", &source).json();
    assert_eq!(offer["licence"]["id"], "apache-2.0", "{offer}");
    let job = owner.send("POST", "/api/models", &source).json();
    let path = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    let begun = Instant::now();
    while owner.get(&path).json()["progress"]["total"]
        .as_u64()
        .unwrap_or(0)
        == 0
    {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(20));
    }
    let off = owner
        .send("POST", &format!("{path}/cancel"), &json!({}))
        .json();
    assert_eq!(off["state"], "cancelled", "{off}");
    assert_eq!(names(&owner), ["script"]);
    assert!(!hub.asked().is_empty());
}

#[test]
fn a_download_goes_on_when_the_server_does() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let hub = ScriptedHub::start(Script {
        files: files(),
        files_at: Some(address),
        card: json!({ "license": "apache-2.0" }),
        etag: "\"one\"".to_owned(),
        ..Script::default()
    });
    let house = with_hub(tempfile::tempdir().unwrap(), &hub);
    let owner = Signed::by(&house, &house.link);
    let made = owner.send("POST", "/api/people/x/link", &json!({}));
    assert_eq!(made.status, 404);
    let link = owner
        .send(
            "POST",
            &format!("/api/people/{}/link", owner.id),
            &json!({}),
        )
        .json();
    let source = json!({ "source": "hub:owner/name", "name": "name", "agreed": true });
    let job = owner.send("POST", "/api/models", &source).json();
    assert_eq!(job["state"], "queued", "{job}");
    std::thread::sleep(Duration::from_millis(300));
    let data = house.end();
    drop(silent);
    hub.script.lock().unwrap().files_at = None;
    let house = with_hub(data, &hub);
    let owner = Signed::by(&house, link["link"].as_str().unwrap());
    let done = ended(&owner, &job);
    assert_eq!(
        (&done["state"], &done["result"]["model"]),
        (&json!("done"), &json!("name")),
        "{done}"
    );
}

#[test]
fn a_model_is_measured_beside_what_this_machine_allows_and_that_stays_with_it() {
    let house = House::closed();
    tiny::add(house.data.path());
    let owner = Signed::by(&house, &house.link);
    let told = || {
        let models = owner.get("/api/models").json();
        let all = models["data"].as_array().unwrap().clone();
        all.into_iter()
            .find(|model| model["name"] == "tiny")
            .unwrap()["measured"]
            .clone()
    };
    assert_eq!(told(), Value::Null);
    let job = owner.send("POST", "/api/models/tiny/measure", &Value::Null);
    assert_eq!(job.status, 200, "{}", job.text);
    let ended = ended(&owner, &job.json());
    assert_eq!(ended["state"], "done", "{ended}");
    let measured = told();
    let number = |path: &str| measured.pointer(path).and_then(Value::as_f64).unwrap();
    for part in ["/prefill", "/decode"] {
        let (rate, limit) = (
            number(&format!("{part}/tokens_per_second")),
            number(&format!("{part}/limit_tokens_per_second")),
        );
        // A model of some kilobytes lies in the caches, which are quicker than memory.
        assert!(rate > 1.0 && limit > 1.0, "{measured}");
    }
    // What must be read for a token is at least the weights that compute it.
    assert!(number("/bytes_per_token") > 1000.0 && number("/machine_bytes_per_second") > 1e8);
    let limit = number("/machine_bytes_per_second") / number("/bytes_per_token");
    assert!(number("/decode/limit_tokens_per_second") <= limit * 1.001);
    // It answers as before, and guests do not measure.
    assert_eq!(asks(&owner, "tiny"), 200);
    let guest = owner.adds("eve", "guest");
    let refused = guest.send("POST", "/api/models/tiny/measure", &Value::Null);
    assert_eq!(refused.status, 403);
    let unknown = owner.send("POST", "/api/models/none/measure", &Value::Null);
    assert_eq!(unknown.status, 404);
}
