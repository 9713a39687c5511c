//! `kill -9` while clients write: what they were told is so, and what they deleted stays away.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use policy::audit::{Anchor, Log};
use serde_json::{Value, json};
use store::Store;

use crate::files::form;
use crate::house::House;
use crate::other::Other;
use crate::postgres_server::PostgresServer;
use crate::tiny::{self, TINY};
use crate::wire::PATIENCE;

const JSON: &str = "application/json";

/// Clients that write at the same time.
const CLIENTS: u64 = 4;

#[test]
fn sqlite_keeps_what_was_told_through_ten_kills() {
    let data = tempfile::tempdir().unwrap();
    killed_again_and_again(data.path(), "", 10);
}

#[test]
fn postgres_keeps_what_was_told_through_five_kills() {
    let data = tempfile::tempdir().unwrap();
    let Some(server) = PostgresServer::alone(data.path()) else {
        eprintln!("SKIPPED: POSTGRESQL IS NOT INSTALLED, NOTHING WAS TRIED ON IT");
        return;
    };
    let url = server.url("postgres");
    let tried =
        std::panic::catch_unwind(|| killed_again_and_again(&data.path().join("house"), &url, 5));
    server.stop();
    tried.unwrap();
}

/// `cargo xtask bench faults` runs it.
#[test]
#[ignore = "it takes minutes"]
fn sqlite_keeps_what_was_told_through_two_hundred_kills() {
    let data = tempfile::tempdir().unwrap();
    killed_again_and_again(data.path(), "", 200);
}

fn killed_again_and_again(data: &Path, url: &str, kills: u64) {
    std::fs::create_dir_all(data).unwrap();
    let mut clients: Vec<Client> = (0..CLIENTS).map(Client::new).collect();
    let mut random = Random(kills);
    let mut starts = Vec::new();
    for _ in 0..kills {
        let begun = Instant::now();
        let other = Other::start(data, url);
        starts.push(begun.elapsed());
        let end = AtomicBool::new(false);
        let (house, mut process) = other.apart();
        std::thread::scope(|scope| {
            let house = &house;
            for client in &mut clients {
                let end = &end;
                scope.spawn(
                    move || {
                        while !end.load(Ordering::Relaxed) && client.act(house) {}
                    },
                );
            }
            std::thread::sleep(Duration::from_millis(100 + random.below(400)));
            process.kill();
            end.store(true, Ordering::Relaxed);
        });
        if url.is_empty() {
            is_whole(&data.join("freehold.db"));
        }
        is_chained(data, url);
        let other = Other::start(data, url);
        for client in &mut clients {
            client.check(&other.house, false);
        }
    }
    let other = Other::start(data, url);
    let mut told = 0;
    for client in &mut clients {
        client.check(&other.house, true);
        told += client.told;
    }
    assert!(told > kills * CLIENTS, "{told} were told in {kills} kills");
    starts.sort();
    println!(
        "kills {kills} told {told} lost 0 start_p50_ms {} start_max_ms {}",
        starts[starts.len() / 2].as_millis(),
        starts[starts.len() - 1].as_millis()
    );
}

/// That SQLite finds nothing wrong with its file.
#[expect(clippy::disallowed_methods, reason = "SQLite itself is to look")]
fn is_whole(file: &Path) {
    let script = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute('PRAGMA integrity_check').fetchall(), db.execute('PRAGMA foreign_key_check').fetchall())";
    let mut python = Command::new("python3");
    let output = python
        .args(["-c", script])
        .arg(file)
        .stderr(Stdio::inherit());
    let said = String::from_utf8(output.output().unwrap().stdout).unwrap();
    assert_eq!(said.trim(), "[('ok',)] []");
}

/// That the log has every line that was written, in its place.
fn is_chained(data: &Path, url: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut options = store::Options::new(data);
        if !url.is_empty() {
            options.url = url.to_owned();
        }
        let store = Store::open(&options).await.unwrap();
        let anchor = Anchor::below(data);
        let report = Log::of(&store).verify(&[], Some(&anchor)).await.unwrap();
        assert_eq!(report.fault, None);
        store.close().await;
    });
}

/// Numbers that look like chance and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// What a client believes of something that it keeps at the server.
#[derive(Clone, Debug, PartialEq)]
enum Belief {
    /// Its metadata, and the texts of its items.
    Conversation(String, Vec<String>),
    /// What it says.
    Response(String),
    /// What it says, and its metadata.
    Completion(String, String),
    /// Its content.
    File(Vec<u8>),
    Gone,
}

/// A client that remembers what it was told.
struct Client {
    random: Random,
    number: u64,
    /// By path.
    known: BTreeMap<String, Belief>,
    /// What nobody answered to: it is as it was, or as it was to be.
    doubtful: Option<(String, Belief)>,
    /// Looked at after each kill.
    touched: Vec<String>,
    told: u64,
}

impl Client {
    fn new(number: u64) -> Self {
        Self {
            random: Random(number + 1),
            number: number * 1_000_000,
            known: BTreeMap::new(),
            doubtful: None,
            touched: Vec::new(),
            told: 0,
        }
    }

    /// Does one thing; whether it was told that it is done.
    fn act(&mut self, house: &House) -> bool {
        self.number += 1;
        let text = format!("text {}", self.number);
        let alive: Vec<String> = (self.known.iter().rev())
            .filter(|(_, belief)| **belief != Belief::Gone)
            .map(|(path, _)| path.clone())
            .take(20)
            .collect();
        let made = match (self.random.below(10), &alive[..]) {
            (0, _) => self.make(
                house,
                "/v1/conversations",
                json!({ "metadata": { "name": text }, "items": [item(&text)] }),
                |_| Belief::Conversation(text.clone(), vec![text.clone()]),
            ),
            (1, _) => self.make(
                house,
                "/v1/responses",
                json!({ "model": "script", "input": text }),
                |made| {
                    Belief::Response(
                        made["output"][0]["content"][0]["text"]
                            .as_str()
                            .unwrap()
                            .to_owned(),
                    )
                },
            ),
            (2, _) => self.make(
                house,
                "/v1/chat/completions",
                json!({
                    "model": "script", "store": true, "metadata": { "name": text },
                    "messages": [{ "role": "user", "content": text }],
                }),
                |made| {
                    Belief::Completion(
                        made["choices"][0]["message"]["content"]
                            .as_str()
                            .unwrap()
                            .to_owned(),
                        text.clone(),
                    )
                },
            ),
            (3, _) => self.upload(house, &text),
            (4, [first, ..]) => self.change(house, "DELETE", first, None, Belief::Gone),
            (_, []) => Some(()),
            (_, alive) => {
                let path = &alive[self.random.below(alive.len() as u64) as usize];
                self.change_somehow(house, path, text)
            }
        };
        if made.is_some() {
            self.told += 1;
        }
        made.is_some()
    }

    fn change_somehow(&mut self, house: &House, path: &str, text: String) -> Option<()> {
        let metadata = json!({ "metadata": { "name": text } }).to_string();
        match self.known[path].clone() {
            Belief::Conversation(_, items) if self.random.below(3) == 0 => {
                let belief = Belief::Conversation(text, items);
                self.change(house, "POST", path, Some(metadata), belief)
            }
            Belief::Conversation(name, mut items) => {
                let body = json!({ "items": [item(&text), item(&format!("{text}, too"))] });
                items.extend([text.clone(), format!("{text}, too")]);
                let belief = Belief::Conversation(name, items);
                let at = format!("{path}/items");
                self.doubtful = Some((path.to_owned(), belief));
                self.settle(house, "POST", &at, Some(body.to_string()))
            }
            Belief::Completion(said, _) => {
                let belief = Belief::Completion(said, text);
                self.change(house, "POST", path, Some(metadata), belief)
            }
            Belief::Response(_) | Belief::File(_) | Belief::Gone => {
                self.change(house, "DELETE", path, None, Belief::Gone)
            }
        }
    }

    fn make(
        &mut self,
        house: &House,
        path: &str,
        body: Value,
        belief: impl Fn(&Value) -> Belief,
    ) -> Option<()> {
        let reply = house.try_send("POST", path, JSON, body.to_string().as_bytes())?;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let made = reply.json();
        let path = format!("{path}/{}", made["id"].as_str().unwrap());
        self.known.insert(path.clone(), belief(&made));
        self.touched.push(path);
        Some(())
    }

    fn upload(&mut self, house: &House, text: &str) -> Option<()> {
        let content = text
            .repeat(1 + self.random.below(3000) as usize)
            .into_bytes();
        let parts: [(&str, Option<&str>, &[u8]); 2] = [
            ("purpose", None, b"user_data"),
            ("file", Some("x"), &content),
        ];
        let (kind, body) = form(&parts);
        let reply = house.try_send("POST", "/v1/files", &kind, &body)?;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let path = format!("/v1/files/{}", reply.json()["id"].as_str().unwrap());
        self.known.insert(path.clone(), Belief::File(content));
        self.touched.push(path);
        Some(())
    }

    fn change(
        &mut self,
        house: &House,
        method: &str,
        path: &str,
        body: Option<String>,
        belief: Belief,
    ) -> Option<()> {
        self.doubtful = Some((path.to_owned(), belief));
        self.settle(house, method, path, body)
    }

    /// Sends what makes the doubtful true; if it is told so, it is.
    fn settle(
        &mut self,
        house: &House,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Option<()> {
        let reply = house.try_send(method, path, JSON, body.unwrap_or_default().as_bytes())?;
        assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text);
        let (path, belief) = self.doubtful.take().unwrap();
        self.known.insert(path.clone(), belief);
        self.touched.push(path);
        Some(())
    }

    /// That everything is as it was told to be: what was touched since the last time, or all.
    fn check(&mut self, house: &House, all: bool) {
        if let Some((path, belief)) = self.doubtful.take() {
            let before = self.known[&path].clone();
            let found = look(house, &path, &before);
            assert!(
                found == before || found == belief,
                "{path}: {found:?}, neither {before:?} nor {belief:?}"
            );
            self.known.insert(path, found);
        }
        let touched = std::mem::take(&mut self.touched);
        let paths: Vec<String> = match all {
            true => self.known.keys().cloned().collect(),
            false => touched,
        };
        for path in paths {
            let belief = &self.known[&path];
            let found = look(house, &path, belief);
            assert_eq!(found, *belief, "{path}");
        }
    }
}

fn item(text: &str) -> Value {
    json!({ "type": "message", "role": "user", "content": text })
}

/// What is there now, of the kind that `like` is of.
fn look(house: &House, path: &str, like: &Belief) -> Belief {
    let reply = house.get(path);
    if reply.status == 404 {
        return Belief::Gone;
    }
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    let found = reply.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match like {
        _ if path.starts_with("/v1/conversations") => {
            let mut items = Vec::new();
            let mut after = String::new();
            loop {
                let page = house
                    .get(&format!("{path}/items?order=asc&limit=100{after}"))
                    .json();
                let data = page["data"].as_array().unwrap();
                items.extend(data.iter().map(|item| text(&item["content"][0]["text"])));
                if page["has_more"] == false {
                    break;
                }
                after = format!("&after={}", text(&page["last_id"]));
            }
            Belief::Conversation(text(&found["metadata"]["name"]), items)
        }
        _ if path.starts_with("/v1/responses") => {
            let items = house.get(&format!("{path}/input_items")).json();
            assert_eq!(
                items["data"].as_array().unwrap().len(),
                1,
                "{path} has lost what was asked"
            );
            Belief::Response(text(&found["output"][0]["content"][0]["text"]))
        }
        _ if path.starts_with("/v1/chat") => Belief::Completion(
            text(&found["choices"][0]["message"]["content"]),
            text(&found["metadata"]["name"]),
        ),
        _ => Belief::File(house.get(&format!("{path}/content")).text.into_bytes()),
    }
}

/// Follows the events of a response from a number on, as far as they come.
fn follow(house: &House, id: &str, after: Option<usize>) -> Vec<Value> {
    let after = after
        .map(|after| format!("&starting_after={after}"))
        .unwrap_or_default();
    let reply = house.get(&format!("/v1/responses/{id}?stream=true{after}"));
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.events().into_iter().map(|(_, event)| event).collect()
}

fn begin(house: &House, model: &str) -> String {
    let body = json!({
        "model": model, "background": true, "input": "say something long", "max_output_tokens": 400, "seed": 5,
    });
    let reply = house.post("/v1/responses", &body);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// What is shown of a response while it is made; it waits until there are that many events.
fn shown(house: &House, id: &str, count: usize) -> Vec<Value> {
    use std::io::{Read as _, Write as _};
    let mut stream = crate::wire::connect(house.address);
    let ask = format!("GET /v1/responses/{id}?stream=true HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(ask.as_bytes()).unwrap();
    let (mut said, mut piece) = (String::new(), [0; 1024]);
    while said.matches("\ndata: ").count() <= count {
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "{said}");
        said.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    let lines = said.lines().filter_map(|line| line.strip_prefix("data: "));
    // The last may be cut.
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// A response that is killed and killed again goes on as if nothing had happened.
fn is_made_again(model: &str, kills: usize) {
    let data = tempfile::tempdir().unwrap();
    tiny::add(data.path());
    let mut other = Other::start(data.path(), "");
    let undisturbed = begin(&other.house, model);
    let whole = follow(&other.house, &undisturbed, None);
    let id = begin(&other.house, model);
    let mut known: Vec<Value> = Vec::new();
    for kill in 0..kills {
        let seen = shown(&other.house, &id, 4 + kill * 15);
        other.kill();
        let common = known.len().min(seen.len());
        assert_eq!(seen[..common], known[..common]);
        if seen.len() > known.len() {
            known = seen;
        }
        other = Other::start(data.path(), "");
    }
    let rest = follow(&other.house, &id, Some(known.len() - 1));
    known.extend(rest);
    let all = follow(&other.house, &id, None);
    assert_eq!(known, all, "who followed it heard what is kept");
    let numbers: Vec<u64> = all
        .iter()
        .map(|event| event["sequence_number"].as_u64().unwrap())
        .collect();
    assert!(
        numbers.iter().copied().eq(0..numbers.len() as u64),
        "{numbers:?}"
    );
    let last = all.last().unwrap();
    let expected = whole.last().unwrap();
    assert_eq!(
        last["response"]["output"][0]["content"],
        expected["response"]["output"][0]["content"]
    );
    assert_eq!(last["type"], expected["type"]);
    assert_eq!(all.len(), whole.len());
    let kept = other.house.get(&format!("/v1/responses/{id}")).json();
    assert_eq!(kept, last["response"]);
}

#[test]
fn a_response_in_the_background_is_made_again_by_a_model_that_computes() {
    is_made_again(TINY, 3);
}

#[test]
fn a_response_in_the_background_is_made_again_by_a_script() {
    is_made_again("slow", 3);
}

#[test]
fn a_response_that_comes_out_otherwise_is_told_to_have_failed() {
    let data = tempfile::tempdir().unwrap();
    let mut other = Other::start(data.path(), "");
    let id = begin(&other.house, "slow");
    let seen = shown(&other.house, &id, 20);
    other.kill();
    // Another model of the same name.
    let slow = json!({ "lines": [{ "text": "something else" }] });
    let mut options = crate::house::options(data.path(), true, slow);
    options.scripts[0].name = "slow".to_owned();
    let house = House::serving(data, options);
    let all = follow(&house, &id, None);
    assert_eq!(all[..seen.len()], seen);
    let last = all.last().unwrap();
    assert_eq!(last["type"], "response.failed", "{last}");
    assert_eq!(last["response"]["error"]["code"], "interrupted");
    assert_eq!(last["sequence_number"], all.len() - 1);
    let kept = house.get(&format!("/v1/responses/{id}")).json();
    assert_eq!(kept["status"], "failed");
}

#[test]
fn a_response_whose_model_is_gone_is_told_to_have_failed() {
    let data = tempfile::tempdir().unwrap();
    let mut other = Other::start(data.path(), "");
    let id = begin(&other.house, "slow");
    shown(&other.house, &id, 20);
    other.kill();
    let house = House::over(data, true, json!({}));
    let last = follow(&house, &id, None).pop().unwrap();
    assert_eq!(last["type"], "response.failed", "{last}");
    assert_eq!(last["response"]["error"]["code"], "model_not_found");
    let until = Instant::now() + PATIENCE;
    while house.get(&format!("/v1/responses/{id}")).json()["status"] != "failed" {
        assert!(Instant::now() < until);
    }
}

#[test]
fn a_response_that_is_interrupted_again_and_again_is_given_up() {
    let data = tempfile::tempdir().unwrap();
    let mut other = Other::start(data.path(), "");
    let id = begin(&other.house, "slow");
    for _ in 0..4 {
        shown(&other.house, &id, 3);
        other.kill();
        other = Other::start(data.path(), "");
    }
    let last = follow(&other.house, &id, None).pop().unwrap();
    assert_eq!(last["response"]["error"]["code"], "interrupted", "{last}");
}
