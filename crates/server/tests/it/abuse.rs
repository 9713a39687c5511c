//! Broken, hostile and huge requests: a clear error, and the server stays up.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::house::House;

const CHAT: &str = "/v1/chat/completions";

fn is_well(house: &House) {
    assert_eq!(house.get("/health").json(), json!({ "status": "ok" }));
}

#[test]
fn json_that_is_none_or_too_deep_is_refused() {
    let house = House::open();
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let nested = format!(
        r#"{{"model":"script","messages":[{{"role":"user","content":"x"}}],"tools":[{deep}]}}"#
    );
    for body in [
        "{",
        "[1",
        "nul",
        "\"text\"",
        &deep,
        &nested,
        "{\"model\":\"\\ud800\"}",
    ] {
        let reply = house.send("POST", CHAT, Some(body), &[]);
        assert_eq!(reply.status, 400, "{}", reply.text);
    }
    is_well(&house);
}

#[test]
fn a_body_without_end_is_too_large() {
    let house = House::open();
    let mut stream = TcpStream::connect(house.address).unwrap();
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let piece = vec![b' '; 1 << 20];
    for _ in 0..100 {
        // The server may have hung up already.
        if stream.write_all(&piece).is_err() {
            break;
        }
    }
    let mut reply = String::new();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let _ = stream.read_to_string(&mut reply);
    assert!(
        reply.is_empty() || reply.starts_with("HTTP/1.1 413"),
        "{reply}"
    );
    is_well(&house);
}

#[test]
fn heads_that_are_no_heads_are_refused() {
    let house = House::open();
    let bomb = format!(
        "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n",
        "a".repeat(1 << 20)
    );
    let many = format!(
        "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n{}\r\n",
        "x: y\r\n".repeat(5000)
    );
    let raw: [&[u8]; 5] = [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n\xff\xfe\xfd\xfc",
        bomb.as_bytes(),
        many.as_bytes(),
    ];
    for bytes in raw {
        let mut stream = TcpStream::connect(house.address).unwrap();
        let _ = stream.write_all(bytes);
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        let mut reply = [0; 64];
        let length = stream.read(&mut reply).unwrap_or(0);
        let text = String::from_utf8_lossy(&reply[..length]);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
    is_well(&house);
}

#[test]
fn clients_that_vanish_end_their_answers() {
    let line = json!({ "text": "word ".repeat(5000) });
    let house = House::start(true, json!({ "pace_ms": 1, "lines": [line] }));
    for _ in 0..50 {
        let body = r#"{"model":"script","stream":true,"messages":[{"role":"user","content":"x"}]}"#;
        let mut stream = TcpStream::connect(house.address).unwrap();
        let head = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut some = [0; 200];
        stream.read_exact(&mut some).unwrap();
    }
    is_well(&house);
}
