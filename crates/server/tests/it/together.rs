//! Several servers over what is kept: one over SQLite, as many as wished over PostgreSQL.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::house::{House, options};
use crate::other::Other;
use crate::postgres_server::PostgresServer;
use crate::wire::PATIENCE;

/// Words of an answer of the model `slow`.
const WORDS: usize = 200;

/// Two servers over one database, each with a folder of its own.
struct Pair {
    first: Other,
    second: Other,
    database: PostgresServer,
    _folders: [TempDir; 3],
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.database.stop();
    }
}

impl Pair {
    fn start() -> Option<Self> {
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let Some(database) = PostgresServer::alone(folders[2].path()) else {
            eprintln!("SKIPPED: POSTGRESQL IS NOT INSTALLED, NOTHING WAS TRIED ON IT");
            return None;
        };
        let url = database.url("postgres");
        let key = |folder: &Path| folder.join("master.key");
        let first = Other::start(folders[0].path(), &url);
        fs::copy(key(folders[0].path()), key(folders[1].path())).unwrap();
        let second = Other::start(folders[1].path(), &url);
        Some(Self {
            first,
            second,
            database,
            _folders: folders,
        })
    }
}

/// Begins a response that takes two seconds; its id.
fn begin(house: &House) -> String {
    let asked = json!({ "model": "slow", "input": "hello", "background": true });
    let begun = house.post("/v1/responses", &asked).json();
    begun["id"].as_str().unwrap().to_owned()
}

/// The response, once it is over.
fn ended(house: &House, id: &str) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let response = house.get(&format!("/v1/responses/{id}")).json();
        if !["queued", "in_progress"].contains(&response["status"].as_str().unwrap()) {
            return response;
        }
        assert!(Instant::now() < until, "it does not end: {response}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// All events of a response, from the first to the last, in their places.
fn followed(house: &House, id: &str) -> Vec<Value> {
    let events = house
        .get(&format!("/v1/responses/{id}?stream=true"))
        .events();
    let events: Vec<Value> = events.into_iter().map(|(_, event)| event).collect();
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], place, "{event}");
    }
    events
}

fn is_whole(events: &[Value]) {
    let said: String = events
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta")
        .map(|event| event["delta"].as_str().unwrap())
        .collect();
    let expected: String = (0..WORDS).map(|number| format!("w{number} ")).collect();
    assert_eq!(said.trim_end(), expected.trim_end());
    assert_eq!(events.last().unwrap()["type"], "response.completed");
}

#[test]
fn one_server_at_a_time_serves_what_sqlite_keeps() {
    let house = House::open();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bind = || runtime.block_on(Server::bind(options(house.data.path(), true, json!({}))));
    let Err(refused) = bind() else {
        panic!("two serve at once");
    };
    assert_eq!(refused.code(), "store_served");
    let said = refused.to_string();
    assert!(
        said.contains("already serves") && said.contains("hint: "),
        "{said}"
    );
    // Whoever was refused has taken nothing up.
    assert_eq!(house.get("/health").status, 200);
    let data = house.end();
    let again = runtime.block_on(Server::bind(options(data.path(), true, json!({}))));
    assert!(again.is_ok());
}

#[test]
fn no_server_takes_up_what_another_is_making() {
    let Some(pair) = Pair::start() else { return };
    let (first, second) = (&pair.first.house, &pair.second.house);
    let id = begin(first);
    // The second leaves it alone, and can be asked for it.
    let events = followed(second, &id);
    is_whole(&events);
    assert_eq!(ended(first, &id)["status"], "completed");
    assert_eq!(followed(first, &id), events);
    // What the first makes is stopped by way of the second.
    let id = begin(first);
    let stopped = second
        .post(&format!("/v1/responses/{id}/cancel"), &json!({}))
        .json();
    assert_eq!(stopped["status"], "cancelled", "{stopped}");
    assert_eq!(ended(first, &id)["status"], "cancelled");
}

#[test]
fn what_a_dead_server_was_making_is_made_by_another() {
    let Some(mut pair) = Pair::start() else {
        return;
    };
    let id = begin(&pair.first.house);
    std::thread::sleep(Duration::from_millis(600));
    let (second, first) = (&pair.second.house, &mut pair.first);
    let events = std::thread::scope(|scope| {
        let following = scope.spawn(|| followed(second, &id));
        first.kill();
        following.join().unwrap()
    });
    is_whole(&events);
    assert_eq!(ended(second, &id)["status"], "completed");
}
