//! `/v1/webhook_endpoints`, and what is sent to them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::browser::{Browser, Look};
use crate::files::send_by;
use crate::house::{House, Reply, options};
use crate::signed::Signed;

const PATIENCE: Duration = Duration::from_secs(60);

/// What came to an endpoint.
struct Came {
    head: Vec<(String, String)>,
    body: String,
}

impl Came {
    fn header(&self, name: &str) -> &str {
        let found = self.head.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    fn event(&self) -> Value {
        serde_json::from_str(&self.body).expect("an event is JSON")
    }

    /// Whether a secret signed what came, as the standard says.
    fn signed_by(&self, secret: &str) -> bool {
        use base64ct::{Base64, Encoding as _};
        let key = Base64::decode_vec(&secret["whsec_".len()..]).expect("a secret is Base64");
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let text = format!("{id}.{at}.{}", self.body);
        let padded = |sign: u8| {
            let bytes = key.iter().copied().chain(std::iter::repeat(0)).take(64);
            bytes.map(|byte| byte ^ sign).collect::<Vec<u8>>()
        };
        let inner = Sha256::digest([&padded(0x36), text.as_bytes()].concat());
        let signed = Sha256::digest([&padded(0x5c)[..], inner.as_slice()].concat());
        let wanted = format!("v1,{}", Base64::encode_string(&signed));
        let mut signatures = self.header("webhook-signature").split(' ');
        signatures.any(|signature| signature == wanted)
    }
}

/// An address that answers with each of `statuses` in turn, and with the last for ever.
fn endpoint(statuses: &'static [u16]) -> (String, Receiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!(
        "http://{}/hook?token=hidden",
        listener.local_addr().expect("it listens")
    );
    let (sender, came) = channel();
    std::thread::spawn(move || {
        for (at, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let status = statuses[at.min(statuses.len() - 1)];
            let mut reader = BufReader::new(stream.try_clone().expect("it is open"));
            let mut line = String::new();
            let (mut head, mut bytes) = (Vec::new(), 0);
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some((name, value)) = line.trim_end().split_once(": ") {
                    if name == "content-length" {
                        bytes = value.parse().expect("a length");
                    }
                    head.push((name.to_owned(), value.to_owned()));
                }
                line.clear();
            }
            let mut body = vec![0; bytes];
            let _ = reader.read_exact(&mut body);
            let reply = format!(
                "HTTP/1.1 {status} Any\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(reply.as_bytes());
            let body = String::from_utf8(body).expect("it is text");
            if sender.send(Came { head, body }).is_err() {
                return;
            }
        }
    });
    (url, came)
}

/// A house whose owner lets webhooks lead to this machine.
fn house() -> House {
    let data = tempfile::tempdir().expect("a folder can be made");
    let mut options = options(data.path(), false, json!({ "lines": [] }));
    options.private_webhooks = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    House::serving(data, options)
}

fn add(owner: &Signed<'_>, url: &str, types: &[&str]) -> Value {
    let body = json!({ "name": "mine", "url": url, "event_types": types });
    let made = owner.send("POST", "/v1/webhook_endpoints", &body);
    assert_eq!(made.status, 200, "{}", made.text);
    made.json()
}

fn film(owner: &Signed<'_>, prompt: &str) -> String {
    let body = json!({ "prompt": prompt, "size": "64x64", "seconds": "0.5", "fps": 8 });
    let film = owner.send("POST", "/v1/videos", &body);
    assert_eq!(film.status, 200, "{}", film.text);
    film.json()["id"]
        .as_str()
        .expect("a film has an id")
        .to_owned()
}

#[test]
fn the_end_of_a_film_is_told_once_and_signed() {
    let house = house();
    let owner = Signed::by(&house, &house.link);
    let (url, came) = endpoint(&[200]);
    let made = add(&owner, &url, &["video.completed", "video.failed"]);
    let secret = made["signing_secret"].as_str().unwrap();
    let id = film(&owner, "a red ball");
    let told = came.recv_timeout(PATIENCE).unwrap();
    let event = told.event();
    let wanted = json!({
        "id": event["id"], "object": "event", "created_at": event["created_at"], "type": "video.completed",
        "data": { "id": id },
    });
    assert_eq!(event, wanted);
    assert!(told.signed_by(secret));
    assert!(!told.signed_by("whsec_AAAA"));
    assert!(told.header("user-agent").starts_with("Freehold/"));
    // One that is called off has failed; what was told is not told again.
    let long = json!({ "prompt": "a red ball", "size": "640x360", "seconds": "300" });
    let long = owner.send("POST", "/v1/videos", &long).json();
    let path = format!("/api/jobs/{}/cancel", long["id"].as_str().unwrap());
    assert_eq!(owner.send("POST", &path, &json!({})).status, 200);
    let told = came.recv_timeout(PATIENCE).unwrap().event();
    assert_eq!(
        (&told["type"], &told["data"]["id"]),
        (&json!("video.failed"), &long["id"])
    );
    assert!(came.recv_timeout(Duration::from_millis(300)).is_err());
    let log = owner.get("/api/audit?limit=500").json().to_string();
    assert!(log.contains("send_webhook") && log.contains(made["id"].as_str().unwrap()));
    // Neither the log nor the list of jobs tells the secret or the address.
    let jobs = owner.get("/api/jobs").text;
    for told in [log, jobs] {
        assert!(!told.contains(secret) && !told.contains("hidden"), "{told}");
    }
}

#[test]
fn what_is_not_taken_is_sent_again_under_the_same_name() {
    let house = house();
    let owner = Signed::by(&house, &house.link);
    // Where it is led on to is nobody's business.
    let (url, came) = endpoint(&[302, 204]);
    add(&owner, &url, &["video.completed"]);
    film(&owner, "a red ball");
    let first = came.recv_timeout(PATIENCE).unwrap();
    let second = came.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(first.body, second.body);
    assert!(came.recv_timeout(Duration::from_millis(300)).is_err());
}

#[test]
fn an_endpoint_is_made_changed_tried_and_deleted() {
    let house = house();
    let owner = Signed::by(&house, &house.link);
    let (url, came) = endpoint(&[418]);
    let made = add(
        &owner,
        &url,
        &["video.failed", "video.completed", "video.failed"],
    );
    assert_eq!(
        made["event_types"],
        json!(["video.completed", "video.failed"])
    );
    let path = format!("/v1/webhook_endpoints/{}", made["id"].as_str().unwrap());
    let kept = owner.get(&path).json();
    assert_eq!(
        (&kept["name"], &kept["signing_secret"]),
        (&json!("mine"), &Value::Null)
    );
    let tried = owner.send(
        "POST",
        &format!("{path}/test"),
        &json!({ "event_type": "batch.completed" }),
    );
    assert_eq!(
        (&tried.json()["success"], &tried.json()["status_code"]),
        (&json!(true), &json!(418))
    );
    let old = made["signing_secret"].as_str().unwrap();
    let told = came.recv_timeout(PATIENCE).unwrap();
    assert!(told.signed_by(old));
    let both = json!({ "keep_old_secret_active_for_24_hours": true });
    let turned = owner
        .send("POST", &format!("{path}/rotate_secret"), &both)
        .json();
    let fresh = turned["signing_secret"].as_str().unwrap();
    owner.send(
        "POST",
        &format!("{path}/test"),
        &json!({ "event_type": "video.failed" }),
    );
    let told = came.recv_timeout(PATIENCE).unwrap();
    assert!(told.signed_by(old) && told.signed_by(fresh) && old != fresh);
    owner.send("POST", &format!("{path}/rotate_secret"), &json!({}));
    owner.send(
        "POST",
        &format!("{path}/test"),
        &json!({ "event_type": "video.failed" }),
    );
    let told = came.recv_timeout(PATIENCE).unwrap();
    assert!(!told.signed_by(old) && !told.signed_by(fresh));
    let renamed = owner
        .send("POST", &path, &json!({ "name": "yours" }))
        .json();
    assert_eq!(
        (&renamed["name"], &renamed["url"]),
        (&json!("yours"), &json!(url))
    );
    let listed = owner.get("/v1/webhook_endpoints").json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        owner.send("DELETE", &path, &Value::Null).json()["deleted"],
        true
    );
    assert_eq!(owner.get(&path).status, 404);
}

#[test]
fn nothing_is_sent_where_it_must_not_be_and_only_the_owner_names_addresses() {
    let house = house();
    let owner = Signed::by(&house, &house.link);
    let refused = |reply: &Reply, param: &str| {
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert_eq!(reply.json()["error"]["param"], param, "{}", reply.text);
    };
    let to = |url: &str| json!({ "name": "a", "url": url, "event_types": ["video.failed"] });
    for url in [
        "http://10.0.0.1/",
        "https://192.168.1.1/",
        "http://169.254.169.254/latest",
        "http://[::1]:80/",
        "https://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "https://me@127.0.0.1/",
        "ftp://127.0.0.1/",
        "127.0.0.1",
        "",
        "http://8.8.8.8/",
    ] {
        refused(
            &owner.send("POST", "/v1/webhook_endpoints", &to(url)),
            "url",
        );
    }
    let long = format!("https://8.8.8.8/{}", "a".repeat(3000));
    refused(
        &owner.send("POST", "/v1/webhook_endpoints", &to(&long)),
        "url",
    );
    for (body, param) in [
        (
            json!({ "name": "a", "url": "https://8.8.8.8/" }),
            "event_types",
        ),
        (
            json!({ "name": "a", "url": "https://8.8.8.8/", "event_types": [] }),
            "event_types",
        ),
        (
            json!({ "name": "a", "url": "https://8.8.8.8/", "event_types": ["eval.run.failed"] }),
            "event_types",
        ),
        (
            json!({ "name": " ", "url": "https://8.8.8.8/", "event_types": ["video.failed"] }),
            "name",
        ),
        (
            json!({ "url": "https://8.8.8.8/", "event_types": ["video.failed"] }),
            "name",
        ),
        (
            json!({ "name": "a", "event_types": ["video.failed"] }),
            "url",
        ),
    ] {
        refused(&owner.send("POST", "/v1/webhook_endpoints", &body), param);
    }
    let ada = owner.adds("ada", "admin");
    for (method, path) in [
        ("POST", "/v1/webhook_endpoints"),
        ("GET", "/v1/webhook_endpoints"),
    ] {
        let reply = ada.send(method, path, &to("https://8.8.8.8/"));
        assert_eq!(reply.status, 403, "{}", reply.text);
    }
    // What is no longer there is asked for in vain, and what was queued for it is not sent.
    assert_eq!(owner.get("/v1/webhook_endpoints/we_nobody").status, 404);
    assert_eq!(owner.get("/v1/webhook_endpoints").json()["data"], json!([]));
}

#[test]
fn responses_in_the_background_and_batches_are_told_of_too() {
    let house = house();
    let owner = Signed::by(&house, &house.link);
    let (url, came) = endpoint(&[200]);
    let types = ["response.completed", "response.failed", "batch.failed"];
    add(&owner, &url, &types);
    let asked = json!({ "model": "script", "input": "hello", "background": true });
    let response = owner.send("POST", "/v1/responses", &asked).json();
    let told = came.recv_timeout(PATIENCE).unwrap().event();
    assert_eq!(told["data"]["id"], response["id"]);
    // One that is waited for is told to whoever waits.
    owner.send(
        "POST",
        "/v1/responses",
        &json!({ "model": "script", "input": "hello" }),
    );
    let file = send_by(
        &owner,
        "/v1/files",
        &[
            ("purpose", None, b"batch".as_slice()),
            ("file", Some("a.jsonl"), b"no json".as_slice()),
        ],
    );
    let batch = json!({ "input_file_id": file.json()["id"], "endpoint": "/v1/responses", "completion_window": "24h" });
    let batch = owner.send("POST", "/v1/batches", &batch);
    let told = came.recv_timeout(PATIENCE).unwrap().event();
    assert_eq!(
        (&told["type"], &told["data"]["id"]),
        (&json!("batch.failed"), &batch.json()["id"])
    );
}

#[test]
fn an_address_is_named_tried_and_removed_in_a_browser() {
    let house = house();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(&house.url, &house.link);
    browser.go(&format!("{}/settings", house.url));
    browser.until_text("No address yet");
    browser.until(
        "document.querySelectorAll('#part-webhooks + div input[type=checkbox]').length === 10",
    );
    let (url, came) = endpoint(&[204]);
    browser.write("#webhook-name", "library");
    browser.write("#webhook-url", &url);
    browser.click("#part-webhooks + div .row button");
    browser.until_text("shown this once");
    let secret =
        browser.value("document.querySelector('#part-webhooks + div .command pre').textContent");
    browser.click("#part-webhooks + div .rows button");
    let told = came.recv_timeout(PATIENCE).unwrap();
    assert!(told.signed_by(secret.as_str().unwrap()));
    browser.until_text("“library” answered 204");
    browser.click("#part-webhooks + div .rows button:last-child");
    browser.until_text("No address yet");
}
