//! Three upstreams that are killed, halted and started again under load, behind a server.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fleet::{Health, Upstream};
use serde_json::{Value, json};

use crate::house::{House, Reply, options};
use crate::other::{Other, Process, WORDS};

/// Clients at once.
const CLIENTS: usize = 12;

/// How long each trouble lasts.
const TROUBLE: Duration = Duration::from_millis(700);

#[derive(Debug, Default)]
struct Tally {
    whole: AtomicUsize,
    /// Streams that ended with an error after they had begun.
    torn: AtomicUsize,
    /// What should not be.
    wrong: Mutex<Vec<String>>,
}

/// One of the three: a process, and where it comes back.
struct Place {
    data: tempfile::TempDir,
    house: House,
    process: Process,
}

impl Place {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let (house, process) = Other::start(data.path(), "").apart();
        Self {
            data,
            house,
            process,
        }
    }

    fn start_again(&mut self) {
        let other = Other::start_at(self.data.path(), "", self.house.address);
        (_, self.process) = other.apart();
    }

    fn upstream(&self, name: &str) -> Upstream {
        Upstream {
            models: BTreeMap::from([("far".to_owned(), "brisk".to_owned())]),
            ..Upstream::new(name, format!("{}/v1", self.house.url))
        }
    }
}

/// A server before all of them, of little patience.
fn before(places: &[Place]) -> House {
    let data = tempfile::tempdir().unwrap();
    let mut options = options(data.path(), true, json!({}));
    let named = ["a", "b", "c"].into_iter().zip(places);
    options.fleet.upstreams = named.map(|(name, place)| place.upstream(name)).collect();
    options.fleet.timeouts.first_byte = Duration::from_secs(2);
    options.fleet.timeouts.idle = Duration::from_secs(2);
    options.fleet.ejection.base = Duration::from_millis(200);
    options.fleet.health = Health {
        interval: Duration::from_millis(200),
        timeout: Duration::from_secs(2),
        failures: 2,
    };
    House::serving(data, options)
}

/// What was said in full, unless the reply ended with an error.
fn said(reply: &Reply, kind: usize) -> Result<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match kind {
        0 => Ok(text(&reply.json()["choices"][0]["message"]["content"])),
        1 => {
            let events = reply.events();
            let parts = events.iter().map(|(_, event)| event);
            let said: String = parts
                .map(|event| text(&event["choices"][0]["delta"]["content"]))
                .collect();
            match events.last().is_some_and(|(_, event)| event == "[DONE]") {
                true => Ok(said),
                false => Err(said),
            }
        }
        _ => {
            let events = reply.events();
            let deltas = events
                .iter()
                .filter(|(name, _)| name == "response.output_text.delta");
            let said: String = deltas.map(|(_, event)| text(&event["delta"])).collect();
            match events
                .last()
                .is_some_and(|(name, _)| name == "response.completed")
            {
                true => Ok(said),
                false => Err(said),
            }
        }
    }
}

/// Whether an upstream had sent something, if only who speaks, before it broke off.
fn had_begun(reply: &Reply) -> bool {
    let broke_off = ["did not go on with its reply", "the reply of the upstream"];
    broke_off.iter().any(|reason| reply.text.contains(reason))
}

/// Asks in three ways until it is over, and looks at every word that comes.
fn ask_on(house: &House, is_over: &AtomicBool, tally: &Tally) {
    let expected: String = (0..WORDS).map(|number| format!("w{number} ")).collect();
    let messages = json!([{ "role": "user", "content": "hello" }]);
    let ways = [
        (
            "/v1/chat/completions",
            json!({ "model": "far", "messages": messages }),
        ),
        (
            "/v1/chat/completions",
            json!({ "model": "far", "messages": messages, "stream": true }),
        ),
        (
            "/v1/responses",
            json!({ "model": "far", "input": "hello", "stream": true, "store": false }),
        ),
    ];
    for round in 0.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let kind = round % ways.len();
        let (path, body) = &ways[kind];
        let reply = house.post(path, body);
        let wrong = match reply.status {
            200 => match said(&reply, kind) {
                Ok(said) if said.trim_end() == expected.trim_end() => {
                    tally.whole.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                Err(said) if expected.starts_with(&said) && had_begun(&reply) => {
                    tally.torn.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                Ok(_) | Err(_) => format!("{path}: {}", reply.text),
            },
            status => format!("{path}: {status} {}", reply.text),
        };
        tally.wrong.lock().unwrap().push(wrong);
    }
}

/// Each in turn is killed while another does nothing; one is always well.
fn trouble(places: &mut [Place]) {
    let pause = || std::thread::sleep(TROUBLE);
    for round in 0..3 {
        let (killed, halted) = (round, (round + 1) % 3);
        pause();
        places[killed].process.kill();
        pause();
        places[halted].process.halt();
        pause();
        pause();
        places[killed].start_again();
        pause();
        places[halted].process.go_on();
        pause();
    }
}

#[test]
fn while_one_upstream_is_well_no_answer_is_lost_that_had_not_begun() {
    let mut places = [Place::start(), Place::start(), Place::start()];
    let house = before(&places);
    let (is_over, tally) = (AtomicBool::new(false), Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| ask_on(&house, &is_over, &tally));
        }
        let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| trouble(&mut places)));
        is_over.store(true, Ordering::Relaxed);
        tried.unwrap();
    });
    let wrong = tally.wrong.lock().unwrap();
    assert!(
        wrong.is_empty(),
        "{} wrong, such as {}; {tally:?}",
        wrong.len(),
        wrong[0]
    );
    assert!(tally.whole.load(Ordering::Relaxed) > 300, "{tally:?}");
}
