//! Broken, hostile and huge requests: a clear error, and the server stays up.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::house::{House, options};
use crate::wire::{connect, post, say, statuses};

const CHAT: &str = "/v1/chat/completions";

/// A conversation of one word.
const HELLO: &str = r#"{"model":"script","messages":[{"role":"user","content":"hello"}]}"#;

/// One that does not wait long for what never comes.
fn impatient() -> House {
    let data = tempfile::tempdir().unwrap();
    let mut options = options(data.path(), true, json!({}));
    options.patience.head = Duration::from_millis(300);
    House::serving(data, options)
}

fn is_well(house: &House) {
    assert_eq!(house.get("/health").json(), json!({ "status": "ok" }));
}

/// That a refusal is one of the client's, in OpenAI's shape.
fn is_refused(reply: &crate::house::Reply, what: &str) {
    assert!(
        (400..500).contains(&reply.status),
        "{what}: {} {}",
        reply.status,
        reply.text
    );
    let error = &reply.json()["error"];
    assert!(error["message"].is_string(), "{what}: {}", reply.text);
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
fn what_is_nested_ten_thousand_deep_is_refused_everywhere() {
    let house = House::open();
    let lists = "[".repeat(10_000) + &"]".repeat(10_000);
    let maps = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
    for deep in [&lists, &maps] {
        for (path, before) in [
            ("/v1/responses", r#"{"model":"script","input":"#),
            (
                "/v1/responses",
                r#"{"model":"script","input":"x","text":{"format":{"type":"json_schema","name":"x","schema":"#,
            ),
            (
                "/v1/responses/input_tokens",
                r#"{"model":"script","input":"#,
            ),
            ("/v1/responses/compact", r#"{"model":"script","input":"#),
            ("/v1/conversations", r#"{"items":"#),
            ("/v1/conversations/conv_x/items", r#"{"items":"#),
            ("/v1/completions", r#"{"model":"script","prompt":"#),
            ("/v1/embeddings", r#"{"model":"script","input":"#),
            ("/v1/chat/completions/x", r#"{"metadata":"#),
            ("/v1/moderations", r#"{"input":"#),
            ("/api/session", r#"{"link":"#),
            ("/api/keys", r#"{"name":"#),
        ] {
            // Broken off: whoever reads it that deep has read enough.
            let body = format!("{before}{deep}");
            let reply = house.send("POST", path, Some(&body), &[]);
            is_refused(&reply, path);
        }
    }
    is_well(&house);
}

#[test]
fn a_body_without_end_is_too_large() {
    let house = House::open();
    let mut stream = connect(house.address);
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let piece = vec![b' '; 1 << 20];
    for _ in 0..100 {
        stream.write_all(&piece).unwrap();
    }
    // Who was refused long before may finish, and is told.
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
    is_well(&house);
}

#[test]
fn a_body_in_pieces_without_end_is_too_large() {
    let house = House::open();
    let mut stream = connect(house.address);
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let piece = format!("100000\r\n{}\r\n", " ".repeat(1 << 20));
    let mut sent = 0;
    while sent < 1000 && stream.write_all(piece.as_bytes()).is_ok() {
        sent += 1;
    }
    // It is heard for a while, and not to the end.
    assert!(sent < 400, "{sent} MiB were taken");
    is_well(&house);
}

#[test]
fn heads_that_are_no_heads_are_refused() {
    let house = impatient();
    let bomb = format!(
        "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n",
        "a".repeat(1 << 20)
    );
    let many = format!(
        "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n{}\r\n",
        "x: y\r\n".repeat(10_000)
    );
    let long = format!(
        "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "a".repeat(1 << 20)
    );
    let nul = b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: a\0b\r\n\r\n";
    let raw: [&[u8]; 7] = [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n\xff\xfe\xfd\xfc",
        bomb.as_bytes(),
        many.as_bytes(),
        long.as_bytes(),
        nul,
    ];
    for bytes in raw {
        let said = say(house.address, bytes);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
    is_well(&house);
}

/// Two ways to say how long a body is are how one request is hidden in another.
#[test]
fn a_request_in_the_body_of_another_is_never_answered() {
    let house = impatient();
    let hidden = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let whole = format!("{HELLO}{hidden}");
    let framings = [
        // Both lengths: the chunks end before the length does.
        format!(
            "content-length: {}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
            hidden.len() + 5
        ),
        format!(
            "transfer-encoding: chunked\r\ncontent-length: {}\r\n\r\n0\r\n\r\n{hidden}",
            hidden.len() + 5
        ),
        // Two lengths that differ.
        format!(
            "content-length: {}\r\ncontent-length: {}\r\n\r\n{whole}",
            HELLO.len(),
            whole.len()
        ),
        // Lengths that are none.
        format!("content-length: +{}\r\n\r\n{whole}", HELLO.len()),
        format!("content-length: 0x{:x}\r\n\r\n{whole}", HELLO.len()),
        format!("content-length: -1\r\n\r\n{whole}"),
        format!("content-length: 18446744073709551617\r\n\r\n{whole}"),
        // An encoding that only looks like one.
        format!("transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding : chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("x: y\r\n transfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        // Chunks that are none.
        format!("transfer-encoding: chunked\r\n\r\n-1\r\n{hidden}"),
        format!("transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{hidden}"),
        format!("transfer-encoding: chunked\r\n\r\n0x0\r\n\r\n{hidden}"),
    ];
    for framing in framings {
        let bytes = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{framing}"
        );
        let said = say(house.address, bytes.as_bytes());
        let statuses = statuses(&said);
        assert!(!said.contains("\"object\":\"list\""), "{framing}\n{said}");
        assert!(
            statuses.iter().all(|status| (400..500).contains(status)),
            "{framing}\n{said}"
        );
    }
    is_well(&house);
}

#[test]
fn requests_one_behind_the_other_are_answered_in_order() {
    let house = impatient();
    let said: Vec<String> = (0..30)
        .map(|number| HELLO.replace("hello", &format!("number {number}")))
        .collect();
    let mut bytes: String = said.iter().map(|body| post(CHAT, body)).collect();
    bytes += "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let heard = say(house.address, bytes.as_bytes());
    assert_eq!(statuses(&heard), [200; 31]);
    let places: Vec<usize> = (0..30)
        .map(|number| heard.find(&format!("You said: number {number}\"")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{heard}");
}

#[test]
fn old_clients_are_answered_and_strange_ones_refused() {
    let house = impatient();
    let old = say(
        house.address,
        b"GET /health HTTP/1.0\r\nhost: localhost\r\n\r\n",
    );
    assert!(old.starts_with("HTTP/1.0 200"), "{old}");
    // Old clients know no chunks: the end of the connection is the end of the stream.
    let body = HELLO
        .replace('}', ",\"x\":1}")
        .replacen("{", "{\"stream\":true,", 1);
    let old = say(
        house.address,
        post(CHAT, &body).replace("HTTP/1.1", "HTTP/1.0").as_bytes(),
    );
    assert!(
        !old.to_ascii_lowercase().contains("transfer-encoding") && old.contains("[DONE]"),
        "{old}"
    );
    // Nobody named: nobody is told anything but that.
    let nameless = say(
        house.address,
        b"GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n",
    );
    assert!(
        statuses(&nameless)
            .iter()
            .all(|status| [200, 400, 421].contains(status)),
        "{nameless}"
    );
    for strange in [
        "GET /health HTTP/9.9\r\nhost: localhost\r\n\r\n",
        "GET /health\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03",
    ] {
        let said = say(house.address, strange.as_bytes());
        assert!(
            said.is_empty()
                || statuses(&said)
                    .iter()
                    .all(|status| (400..506).contains(status) && *status != 500),
            "{said}"
        );
    }
    let methods = ["TRACE", "CONNECT", "PATCH", "OPTIONS", "BREW", "HEAD"];
    for method in methods {
        let bytes =
            format!("{method} {CHAT} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let said = say(house.address, bytes.as_bytes());
        assert!(
            statuses(&said)
                .iter()
                .all(|status| (200..500).contains(status)),
            "{method}: {said}"
        );
    }
    is_well(&house);
}

#[test]
fn whoever_asks_for_another_protocol_stays_with_this_one() {
    let house = impatient();
    for upgrade in [
        "upgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n",
        "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
        "upgrade: TLS/1.0\r\n",
    ] {
        let bytes = format!(
            "GET /v1/responses/resp_x HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n{upgrade}\r\n"
        );
        let said = say(house.address, bytes.as_bytes());
        assert_eq!(statuses(&said), [404], "{said}");
    }
    // Whoever waits to be told to go on is.
    let mut stream = connect(house.address);
    let head = post(CHAT, HELLO).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    let (head, body) = head.split_once("\r\n\r\n").unwrap();
    stream
        .write_all(format!("{head}\r\n\r\n").as_bytes())
        .unwrap();
    let mut told = [0; 25];
    stream.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with("HTTP/1.1 200"), "{rest}");
}

#[test]
fn names_of_others_are_no_hosts_of_ours() {
    let house = impatient();
    let ask = |host: &str| {
        let bytes = format!("GET /v1/models HTTP/1.1\r\n{host}connection: close\r\n\r\n");
        statuses(&say(house.address, bytes.as_bytes()))
    };
    assert_eq!(ask("host: localhost\r\n"), [200]);
    for host in [
        "host: evil.example\r\n",
        "host: localhost.evil.example\r\n",
        "host: localhost@evil.example\r\n",
        "host: evil.example:8787\r\n",
        "host: [::ffff:evil\r\n",
        "host: 0.0.0.0.evil\r\n",
        "host: evil.\u{fc}.example\r\n",
        "host: \r\nhost: evil.example\r\n",
        "host: localhost\r\nhost: evil.example\r\n",
        "host: evil.example\r\nhost: localhost\r\n",
    ] {
        let statuses = ask(host);
        assert!(
            statuses.iter().all(|status| [400, 421].contains(status)),
            "{host}: {statuses:?}"
        );
    }
    // The whole address in the first line comes before the header.
    for address in [
        "http://evil.example",
        "http://evil.example:80",
        "http://localhost@evil.example",
    ] {
        let bytes = format!(
            "GET {address}/v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        );
        assert_eq!(
            statuses(&say(house.address, bytes.as_bytes())),
            [421],
            "{address}"
        );
    }
}

#[test]
fn paths_and_queries_of_any_bytes_are_refused_or_not_found() {
    let house = House::open();
    let kept = house
        .post("/v1/responses", &json!({ "model": "script", "input": "x" }))
        .json();
    let id = kept["id"].as_str().unwrap();
    let strange = [
        "%00".to_owned(),
        "x%00y".to_owned(),
        "%ff%fe".to_owned(),
        "%c0%ae%c0%ae".to_owned(),
        "..".to_owned(),
        "%2e%2e".to_owned(),
        "..%2f..%2f..%2fetc%2fpasswd".to_owned(),
        "..\\..\\master.key".to_owned(),
        "%2e%2e%2fmaster.key".to_owned(),
        "a".repeat(5000),
        format!("{id}%20"),
        format!("{id}%00"),
        format!("{id}/../{id}"),
        format!("{id}%27%20OR%201=1--"),
        "%F0%9F%92%A9".to_owned(),
        "%E2%80%AE".to_owned(),
        "%".to_owned(),
        "%zz".to_owned(),
    ];
    for part in &strange {
        for path in [
            format!("/v1/responses/{part}"),
            format!("/v1/responses/{part}/input_items"),
            format!("/v1/conversations/{part}"),
            format!("/v1/conversations/{part}/items/{part}"),
            format!("/v1/chat/completions/{part}"),
            format!("/v1/models/{part}"),
            format!("/pages/{part}"),
            format!("/{part}"),
            format!("/v1/chat/completions?after={part}"),
            format!("/v1/chat/completions?limit={part}"),
            format!("/v1/chat/completions?metadata%5B{part}%5D={part}"),
            format!("/v1/responses/{id}/input_items?after={part}&order={part}"),
            format!("/v1/responses/{id}?stream={part}&starting_after={part}"),
        ] {
            // What is there must stay there.
            let names_it = path.starts_with(&format!("/v1/responses/{id}"));
            for method in ["GET", "DELETE"]
                .into_iter()
                .take(2 - usize::from(names_it))
            {
                let bytes = format!(
                    "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
                );
                let said = say(house.address, bytes.as_bytes());
                let statuses = statuses(&said);
                assert!(
                    statuses.iter().all(|status| (200..500).contains(status))
                        && !statuses.is_empty(),
                    "{method} {path}: {said}"
                );
                assert!(!said.contains("root:"), "{said}");
            }
        }
    }
    let whole = house.get(&format!("/v1/responses/{id}"));
    assert_eq!(whole.json(), kept);
    is_well(&house);
}

/// Names, values and ids that clients choose, with all that a database or a file system may trip over.
#[test]
fn text_of_any_kind_is_kept_as_it_is_or_refused() {
    let house = House::open();
    let texts = [
        "\0",
        "a\0b",
        "\u{feff}",
        "\u{202e}",
        "'; DROP TABLE objects; --",
        "\u{10ffff}",
        "../../x",
        "%00",
    ];
    for text in texts {
        let body = json!({ "metadata": { "name": text }, "items": [{ "type": "message", "role": "user", "content": text }] });
        let made = house.post("/v1/conversations", &body);
        assert_eq!(made.status, 200, "{text:?}: {}", made.text);
        let path = format!("/v1/conversations/{}", made.json()["id"].as_str().unwrap());
        assert_eq!(house.get(&path).json()["metadata"]["name"], text);
        let items = house.get(&format!("{path}/items")).json();
        assert_eq!(items["data"][0]["content"][0]["text"], text);
        for body in [
            json!({ "model": text, "input": "x" }),
            json!({ "model": "script", "input": "x", "previous_response_id": text }),
            json!({ "model": "script", "input": "x", "conversation": text }),
            json!({ "model": "script", "input": [{ "type": "item_reference", "id": text }] }),
            json!({ "model": "script", "input": "x", "tools": [{ "type": "function", "name": text, "parameters": text }] }),
        ] {
            let reply = house.post("/v1/responses", &body);
            assert!(
                (200..500).contains(&reply.status),
                "{body}: {} {}",
                reply.status,
                reply.text
            );
        }
        // Ids of items are the client's.
        let twice = json!({ "items": [
            { "type": "message", "role": "user", "content": "x", "id": text },
            { "type": "message", "role": "user", "content": "y", "id": text },
        ] });
        let reply = house.post(&format!("{path}/items"), &twice);
        assert!(
            (200..500).contains(&reply.status),
            "{twice}: {} {}",
            reply.status,
            reply.text
        );
    }
    is_well(&house);
}

#[test]
fn numbers_beyond_all_measure_are_refused() {
    let house = House::open();
    for (name, value) in [
        ("max_tokens", "1e400"),
        ("max_tokens", "-1"),
        ("max_tokens", "18446744073709551616"),
        ("n", "4294967295"),
        ("n", "1000000"),
        ("n", "-1"),
        ("seed", "1e30"),
        ("temperature", "1e39"),
        ("temperature", "-1"),
        ("top_p", "2"),
        ("top_logprobs", "1000000"),
        ("frequency_penalty", "1e38"),
        ("logit_bias", r#"{"99999999999":1}"#),
    ] {
        let body = HELLO.replacen('{', &format!("{{\"{name}\":{value},"), 1);
        let reply = house.send("POST", CHAT, Some(&body), &[]);
        is_refused(&reply, &body);
    }
    is_well(&house);
}

#[test]
fn what_stops_an_answer_is_not_without_measure() {
    let house = House::open();
    let stops = vec!["never"; 100_000];
    let messages = json!([{ "role": "user", "content": "x" }]);
    let body = json!({ "model": "script", "messages": messages, "stop": stops });
    is_refused(&house.post(CHAT, &body), "stop");
    let body = json!({ "model": "script", "prompt": "x", "stop": stops });
    is_refused(&house.post("/v1/completions", &body), "stop");
}

#[test]
fn forms_that_are_none_are_refused_and_leave_nothing() {
    let house = House::open();
    let part = |head: &str, content: &str| format!("--b\r\n{head}\r\n\r\n{content}\r\n");
    let purpose = part(
        "Content-Disposition: form-data; name=\"purpose\"",
        "user_data",
    );
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"x\"";
    let bodies = [
        // A head without end, and many small ones.
        purpose.clone() + "--b\r\nContent-Disposition: " + &"a".repeat(4 << 20),
        purpose.clone()
            + &part(&format!("{file}\r\n{}", "x: y\r\n".repeat(100_000)), "z")
            + "--b--\r\n",
        part("Content-Disposition: form-data; name=\"a\"", "b").repeat(50_000) + "--b--\r\n",
        // A field that is as large as a file.
        part(
            "Content-Disposition: form-data; name=\"purpose\"",
            &"p".repeat(4 << 20),
        ) + "--b--\r\n",
        // No end, no beginning, nothing at all.
        purpose.clone() + "--b\r\n" + file + "\r\n\r\nhalf of",
        "--b--\r\n".to_owned(),
        String::new(),
        "no form".to_owned(),
        purpose.clone() + &part("no: name", "x") + "--b--\r\n",
        purpose + &part("Content-Disposition: form-data; name=\"file\"", "x") + "--c--\r\n",
    ];
    let kinds = [
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "multipart/mixed; boundary=b",
    ];
    for body in &bodies {
        for kind in kinds {
            let said = say(house.address, format!("POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes());
            // Whoever is hung up on before they have said all may hear nothing.
            assert!(
                statuses(&said)
                    .iter()
                    .all(|status| (400..500).contains(status)),
                "{kind} {}: {said}",
                body.chars().take(200).collect::<String>()
            );
        }
    }
    let long = format!("multipart/form-data; boundary={}", "b".repeat(10_000));
    let reply = house.send_bytes(
        "POST",
        "/v1/files",
        b"--b--".to_vec(),
        &[("content-type", &long)],
    );
    is_refused(&reply, "a long boundary");
    assert_eq!(house.get("/v1/files").json()["data"], json!([]));
    is_well(&house);
}

#[test]
fn the_head_of_a_part_without_end_is_not_gathered() {
    let house = House::open();
    peak();
    let before = peak();
    let mut stream = connect(house.address);
    stream
        .set_write_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let bytes: u64 = 200 << 20;
    let head = format!(
        "POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: {bytes}\r\n\r\n--b\r\nContent-Disposition: "
    );
    stream.write_all(head.as_bytes()).unwrap();
    let piece = vec![b'a'; 1 << 20];
    for _ in 0..190 {
        stream.write_all(&piece).unwrap();
    }
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let after = peak();
    assert!(reply.starts_with("HTTP/1.1 4"), "{reply}");
    assert!(
        after < before + (32 << 20),
        "{} MiB",
        (after - before) >> 20
    );
    is_well(&house);
}

/// Bytes of this process in memory at most since the last call.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: usize = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    kilobytes << 10
}

#[test]
fn bodies_of_many_values_do_not_become_mountains() {
    const BYTES: usize = 4 << 20;
    let house = House::open();
    let many = |one: &str| one.repeat(BYTES / one.len());
    let item = r#"{"role":"user","content":"x"},"#;
    let bodies = [
        (
            413,
            format!(r#"{{"model":"script","input":[{}1]}}"#, many("1,")),
        ),
        (
            413,
            format!(r#"{{"model":"script","input":[{}{{}}]}}"#, many("{},")),
        ),
        (
            413,
            format!(r#"{{"model":"script","include":[{}""]}}"#, many("\"\",")),
        ),
        (
            400,
            format!(r#"{{"model":"script","input":[{}{{}}]}}"#, many(item)),
        ),
        // What only looks like values is none.
        (
            404,
            format!(r#"{{"model":"nobody","input":"{}"}}"#, many("[1,\\\",]")),
        ),
    ];
    for (status, body) in bodies {
        let what: String = body.chars().take(60).collect();
        let request = post("/v1/responses", &body).replacen("\r\n", "\r\nconnection: close\r\n", 1);
        let request: std::sync::Arc<[u8]> = request.into_bytes().into();
        peak();
        let before = peak();
        let asking: Vec<_> = (0..4)
            .map(|_| {
                let (address, request) = (house.address, std::sync::Arc::clone(&request));
                std::thread::spawn(move || statuses(&say(address, &request)))
            })
            .collect();
        for asked in asking {
            let statuses = asked.join().unwrap();
            assert_eq!(statuses, [status], "{what}");
        }
        // Four bodies, and what two of them became.
        let grown = peak().saturating_sub(before);
        assert!(grown < 100 * BYTES, "{what}: {} MiB", grown >> 20);
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
        stream.write_all(post(CHAT, body).as_bytes()).unwrap();
        let mut some = [0; 200];
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream.read_exact(&mut some).unwrap();
    }
    is_well(&house);
}
