//! The people: each waits for an answer before going on.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::workload::{Conversation, Workload};

/// People at once.
const PEOPLE: usize = 48;

/// What came of some requests.
#[derive(Default)]
pub struct Measured {
    known: usize,
    all: usize,
    first_bytes: Vec<Duration>,
    wholes: Vec<Duration>,
    took: Duration,
}

/// Known and all chunks; percentiles of the first byte and of the whole reply; the time for all; how many.
impl fmt::Display for Measured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hit_rate = self.known as f64 / self.all.max(1) as f64;
        let micros = |times: &[Duration], percent: usize| {
            let mut sorted = times.to_vec();
            sorted.sort_unstable();
            sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1].as_micros()
        };
        let (first, whole) = (&self.first_bytes, &self.wholes);
        let mean = first.iter().sum::<Duration>().as_micros() / first.len() as u128;
        write!(
            out,
            "{hit_rate:.4}\t{mean}\t{}\t{}\t{}\t{}\t{}\t{}",
            micros(first, 50),
            micros(first, 95),
            micros(whole, 50),
            micros(whole, 99),
            self.took.as_micros(),
            first.len(),
        )
    }
}

impl Measured {
    fn add(&mut self, other: Self) {
        self.known += other.known;
        self.all += other.all;
        self.first_bytes.extend(other.first_bytes);
        self.wholes.extend(other.wholes);
    }
}

/// All conversations of `work`, many at once, each from its beginning to its end.
pub async fn converse(router: SocketAddr, work: &Workload) -> Measured {
    let requests = |conversation: &Conversation| -> Vec<Bytes> {
        let turns = 0..conversation.turns.len();
        turns
            .map(|turn| conversation.request(turn, true).into())
            .collect()
    };
    let conversations = work.conversations.iter().map(requests).collect();
    ask(router, conversations, PEOPLE).await
}

/// `count` requests of 4 KB by `at_once` people as fast as they are answered.
pub async fn hurry(
    router: SocketAddr,
    at_once: usize,
    is_streamed: bool,
    count: usize,
) -> Measured {
    let request = |number: usize| -> Vec<Bytes> {
        let conversation = Conversation {
            system: format!("{:4}", number % 200).repeat(900),
            turns: vec![("hello ".repeat(60), String::new())],
        };
        vec![conversation.request(0, is_streamed).into()]
    };
    ask(router, (0..count).map(request).collect(), at_once).await
}

async fn ask(router: SocketAddr, conversations: Vec<Vec<Bytes>>, at_once: usize) -> Measured {
    let conversations = Arc::new(conversations);
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut people = JoinSet::new();
    for _ in 0..at_once {
        let (conversations, next) = (Arc::clone(&conversations), Arc::clone(&next));
        people.spawn(async move {
            let mut measured = Measured::default();
            let mut connection = connect(router).await;
            while let Some(requests) = conversations.get(next.fetch_add(1, Ordering::Relaxed)) {
                for request in requests {
                    one(&mut connection, router, request.clone(), &mut measured).await;
                }
            }
            measured
        });
    }
    let mut measured = Measured::default();
    while let Some(person) = people.join_next().await {
        measured.add(person.unwrap());
    }
    measured.took = start.elapsed();
    measured
}

async fn connect(router: SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(router).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn one(
    connection: &mut SendRequest<Full<Bytes>>,
    router: SocketAddr,
    body: Bytes,
    measured: &mut Measured,
) {
    let request = Request::post("/v1/chat/completions")
        .header("host", router.to_string())
        .header("content-type", "application/json")
        .body(Full::new(body))
        .unwrap();
    connection.ready().await.unwrap();
    let start = Instant::now();
    let response = connection.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200, "the router answers");
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame.unwrap().into_data() {
            if text.is_empty() {
                measured.first_bytes.push(start.elapsed());
            }
            text.extend_from_slice(&bytes);
        }
    }
    measured.wholes.push(start.elapsed());
    let text = std::str::from_utf8(&text).unwrap();
    let first = match text.strip_prefix("data: ") {
        None => text,
        Some(events) => {
            assert!(events.ends_with("data: [DONE]\n\n"), "whole");
            events.lines().next().unwrap()
        }
    };
    let first: serde_json::Value = serde_json::from_str(first).unwrap();
    measured.known += first["known"].as_u64().unwrap() as usize;
    measured.all += first["all"].as_u64().unwrap() as usize;
}
