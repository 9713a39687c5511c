//! Clients that leave, sleep, or never say what they want: what was begun for them ends.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::house::{House, options};
use crate::tiny::{self, TINY};
use crate::wire::{PATIENCE, connect, post};

const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";

/// How long clients are waited for here.
const SHORT: Duration = Duration::from_millis(500);

/// A house with a model that computes, and so much patience.
fn house(patience: Duration) -> House {
    let data = tempfile::tempdir().unwrap();
    tiny::add(data.path());
    let line = json!({ "text": "word ".repeat(20_000) });
    let script = json!({ "pace_ms": 1, "lines": [line] });
    let mut options = options(data.path(), true, script);
    // One that says more at once than any buffer holds.
    let flood = json!({ "lines": [{ "text": "word ".repeat(100_000) }] });
    options.scripts.push(server::Script {
        name: "flood".to_owned(),
        script: serde_json::from_value(flood).unwrap(),
    });
    options.patience.head = patience;
    options.patience.body = patience;
    options.patience.unread = patience;
    let house = House::serving(data, options);
    // What is made once is made now.
    let said =
        json!({ "model": TINY, "messages": [{ "role": "user", "content": "x" }], "max_tokens": 5 });
    assert_eq!(house.post(CHAT, &said).status, 200);
    std::thread::sleep(SHORT);
    house
}

/// A request for an answer that takes its time.
fn long(path: &str, model: &str) -> String {
    let messages = json!([{ "role": "user", "content": "go on" }]);
    let tokens = if model == "flood" { 100_000 } else { 4_000 };
    let mut body = json!({ "model": model, "stream": true });
    match path {
        CHAT => {
            body["messages"] = messages;
            body["max_tokens"] = json!(tokens);
            body["logit_bias"] = tiny::endless();
        }
        _ => {
            body["input"] = messages;
            body["max_output_tokens"] = json!(tokens);
        }
    }
    post(path, &body.to_string())
}

/// Seconds of computing that this process has had.
fn computed() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

/// Bytes of memory that this process has now.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: usize = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kilobytes << 10
}

/// Waits until the server has as few tasks as it had, and computes nothing.
fn is_at_rest(house: &House, tasks: usize) {
    let until = Instant::now() + PATIENCE;
    // Connections to the database come and go.
    while house.tasks() > tasks + 2 {
        assert!(
            Instant::now() < until,
            "{} tasks, and {tasks} before",
            house.tasks()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    // Whatever was begun is given up within a step; other tests use the machine, too.
    loop {
        let before = computed();
        std::thread::sleep(Duration::from_millis(500));
        let busy = computed() - before;
        if busy < 0.1 {
            return;
        }
        assert!(
            Instant::now() < until,
            "it goes on for {busy} s of half a second"
        );
    }
}

#[test]
fn streams_that_are_left_at_any_moment_leave_nothing_behind() {
    let house = house(PATIENCE);
    let (tasks, memory) = (house.tasks(), resident());
    let mut random = 7_u64;
    let mut left = Vec::new();
    for number in 0..200_u64 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(number);
        let path = [CHAT, RESPONSES][(random >> 33) as usize % 2];
        let model = [TINY, "script"][(random >> 34) as usize % 2];
        let bytes = long(path, model);
        let mut stream = connect(house.address);
        // Some leave before they have said all, some before anything comes, most in the middle.
        match (random >> 40) % 4 {
            0 => stream
                .write_all(&bytes.as_bytes()[..(random >> 45) as usize % bytes.len()])
                .unwrap(),
            1 => stream.write_all(bytes.as_bytes()).unwrap(),
            _ => {
                stream.write_all(bytes.as_bytes()).unwrap();
                let wanted = (random >> 45) % 600;
                let mut some = Vec::new();
                (&mut stream)
                    .take(wanted)
                    .read_to_end(&mut some)
                    .unwrap_or_else(|error| {
                        panic!(
                            "{error}: {number} {path} {model} {wanted} {}",
                            String::from_utf8_lossy(&some)
                        )
                    });
            }
        }
        left.push(stream);
        // A few at a time, and then all of those at once.
        if left.len() >= 3 {
            left.clear();
        }
    }
    left.clear();
    is_at_rest(&house, tasks);
    let grown = resident().saturating_sub(memory);
    assert!(grown < 40 << 20, "{} MiB more", grown >> 20);
    let said =
        json!({ "model": TINY, "messages": [{ "role": "user", "content": "x" }], "max_tokens": 5 });
    assert_eq!(house.post(CHAT, &said).status, 200);
}

#[test]
fn clients_that_never_read_are_given_up() {
    let house = house(SHORT);
    let tasks = house.tasks();
    let streams: Vec<TcpStream> = (0..6)
        .map(|number| {
            let mut stream = connect(house.address);
            let request = long([CHAT, RESPONSES][number % 2], "flood");
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    // They are there, and after a while they are not, although nobody left.
    let until = Instant::now() + PATIENCE;
    while house.tasks() < tasks + streams.len() {
        assert!(Instant::now() < until, "{} tasks", house.tasks());
        std::thread::sleep(Duration::from_millis(1));
    }
    is_at_rest(&house, tasks);
    drop(streams);
}

#[test]
fn connections_that_say_nothing_or_half_of_it_are_closed() {
    let house = house(SHORT);
    let tasks = house.tasks();
    let whole = long(CHAT, "script");
    let halves = [
        "",
        "G",
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n",
        &whole[..whole.len() - 10],
        // One request, and then nothing.
        "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ];
    for half in halves {
        let streams: Vec<TcpStream> = (0..10)
            .map(|_| {
                let mut stream = connect(house.address);
                stream.write_all(half.as_bytes()).unwrap();
                stream
            })
            .collect();
        for mut stream in streams {
            let asked = Instant::now();
            let mut said = Vec::new();
            stream.read_to_end(&mut said).unwrap();
            assert!(asked.elapsed() < Duration::from_secs(5), "{half}");
            let said = String::from_utf8_lossy(&said);
            let is_told = said.is_empty()
                || said.starts_with("HTTP/1.1 408")
                || said.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/json");
            assert!(is_told, "{half}: {said}");
        }
    }
    is_at_rest(&house, tasks);
}

#[test]
fn a_body_that_trickles_in_is_not_waited_for_for_ever() {
    let house = house(SHORT);
    let whole = long(CHAT, "script");
    let mut stream = connect(house.address);
    let begun = Instant::now();
    let mut told = Vec::new();
    for byte in whole.as_bytes() {
        if stream.write_all(&[*byte]).is_err() || begun.elapsed() > Duration::from_secs(10) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = stream.read_to_end(&mut told);
    assert!(begun.elapsed() < Duration::from_secs(10));
    let told = String::from_utf8_lossy(&told);
    assert!(
        told.is_empty() || told.starts_with("HTTP/1.1 408"),
        "{told}"
    );
}
