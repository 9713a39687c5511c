//! Words of PDFs that people attach, and pictures in chats.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::house::{House, Reply, options};

/// A PNG of one red point.
pub const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/// A PDF of one page that shows what `content` says.
fn pdf(content: &str) -> Vec<u8> {
    let length = content.len();
    format!(
        "%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Kids [3 0 R] >> endobj\n\
         3 0 obj << /Type /Page /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >> endobj\n\
         5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj\n\
         4 0 obj << /Length {length} >> stream\n{content}\nendstream endobj\ntrailer << /Root 1 0 R >>"
    )
    .into_bytes()
}

fn read(house: &House, body: Vec<u8>) -> Reply {
    let kind = [("content-type", "application/pdf")];
    house.send_bytes("POST", "/api/documents/text", body, &kind)
}

#[test]
fn the_words_of_a_pdf_are_told_and_nothing_of_it_is_kept() {
    let house = House::open();
    let read_well = read(
        &house,
        pdf("BT /F1 12 Tf (Rent is due) Tj 0 -14 Td (on Friday.) Tj ET"),
    );
    assert_eq!(read_well.status, 200, "{}", read_well.text);
    assert_eq!(
        read_well.json(),
        json!({ "kind": "pdf", "pages": 1, "pages_with_words": 1, "words": 5, "unreadable_letters": 0,
            "is_cut": false, "text": "Rent is due\non Friday." })
    );
    assert_eq!(house.get("/v1/files").json()["data"], json!([]));
}

#[test]
fn what_is_no_pdf_locked_or_a_bomb_is_refused_with_a_hint() {
    let house = House::open();
    let locked = String::from_utf8(pdf(""))
        .unwrap()
        .replace("/Root", "/Encrypt 9 0 R /Root");
    // A form that shows itself nine times, and so on.
    let circle = String::from_utf8(pdf("/X Do"))
        .unwrap()
        .replace("/Font <<", "/XObject << /X 6 0 R >> /Font <<")
        + "\n6 0 obj << /Subtype /Form /Length 54 >> stream\n/X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do \nendstream endobj";
    for (body, code) in [
        (b"GIF89a".to_vec(), "unreadable_document"),
        (Vec::new(), "unreadable_document"),
        (b"%PDF-1.4 and nothing else".to_vec(), "unreadable_document"),
        (locked.into_bytes(), "locked_document"),
    ] {
        let refused = read(&house, body);
        let error = &refused.json()["error"];
        assert_eq!((refused.status, &error["code"]), (400, &json!(code)));
        assert!(error["hint"].is_string(), "{error}");
    }
    // Forms lie ten deep at most, so that this one ends, if not soon.
    let began = std::time::Instant::now();
    let bomb = read(
        &house,
        circle.replace("/X Do /X Do /X Do", "/X Do").into_bytes(),
    );
    assert!(
        began.elapsed().as_secs() < 20,
        "{:?}: {}",
        began.elapsed(),
        bomb.text
    );
    let large = vec![b' '; 33 << 20];
    let large = house.try_send("POST", "/api/documents/text", "application/pdf", &large);
    // It may hang up on who still sends.
    if let Some(reply) = large {
        let error = &reply.json()["error"];
        assert_eq!(
            (reply.status, &error["code"]),
            (413, &json!("document_too_large"))
        );
    }
}

/// A server elsewhere whose model says what is in the pictures, and keeps what it was asked.
pub fn seeing() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let kept = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut length, mut line) = (0, String::new());
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                let head = line.to_ascii_lowercase();
                if let Some(said) = head.strip_prefix("content-length:") {
                    length = said.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let reply = match serde_json::from_slice::<Value>(&body) {
                Ok(body) => {
                    kept.lock().unwrap().push(body);
                    let said = json!({ "choices": [{ "delta": { "content": "A red point." }, "finish_reason": "stop" }] });
                    let text = format!("data: {said}\n\ndata: [DONE]\n\n");
                    format!(
                        "content-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{text}",
                        text.len()
                    )
                }
                Err(_) => {
                    "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}".to_owned()
                }
            };
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\n{reply}");
        }
    });
    (url, asked)
}

/// A house with a model elsewhere that reads pictures, called `seer`.
pub fn house_with_seer() -> (House, Arc<Mutex<Vec<Value>>>) {
    let (url, asked) = seeing();
    let data = tempfile::tempdir().unwrap();
    let mut options = options(data.path(), true, json!({}));
    options.fleet.upstreams = vec![fleet::Upstream {
        models: [("seer".to_owned(), "seer".to_owned())].into(),
        probe: fleet::Probe::Off,
        reads_metrics: false,
        ..fleet::Upstream::new("eyes", url)
    }];
    options.pictures = vec![server::Pictures {
        upstream: "eyes".to_owned(),
        models: Vec::new(),
    }];
    (House::serving(data, options), asked)
}

#[test]
fn pictures_reach_models_that_read_them_unchanged_and_are_kept_exported_and_erased_with_the_chat() {
    let (house, asked) = house_with_seer();
    let models = house.get("/api/models").json();
    let reads = |name: &str| {
        let all = models["data"].as_array().unwrap();
        all.iter().find(|model| model["name"] == name).unwrap()["reads_pictures"].clone()
    };
    assert_eq!(
        (reads("seer"), reads("script")),
        (json!(true), json!(false))
    );
    let chat = house.post("/api/chats", &json!({ "model": "seer" })).json();
    let path = format!("/api/chats/{}", chat["id"].as_str().unwrap());
    let picture = json!({ "type": "input_image", "filename": "point.png", "image_url": PNG });
    let question = json!({ "type": "input_text", "text": "What is this?" });
    let turn = house.post(
        &format!("{path}/turns"),
        &json!({ "input": [picture, question] }),
    );
    assert!(turn.text.contains("A red point."), "{}", turn.text);
    let sent = asked.lock().unwrap().last().unwrap()["messages"][0]["content"].clone();
    assert_eq!(
        sent[0],
        json!({ "type": "image_url", "image_url": { "url": PNG } })
    );
    let kept = house.get(&path).json();
    assert_eq!(kept["turns"][0]["input"][0]["content"][0]["image_url"], PNG);
    let markdown = house.get(&format!("{path}/export?format=markdown")).text;
    assert!(markdown.contains(PNG), "{markdown}");
    // A model that reads none is not asked, and goes on with words in the place of old ones.
    let body = json!({ "input": [picture], "model": "script" });
    let refused = house.post(&format!("{path}/turns"), &body);
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (400, &json!("unsupported_content"))
    );
    let other = house.post(
        &format!("{path}/turns"),
        &json!({ "input": "go on", "model": "script" }),
    );
    assert!(other.text.contains("You said: go on"), "{}", other.text);
    let lie = json!({ "input": [{ "type": "input_image", "image_url": "data:image/svg+xml;base64,PHN2Zz4=" }], "model": "seer" });
    let refused = house.post(&format!("{path}/turns"), &lie);
    assert_eq!(refused.json()["error"]["code"], "unusable_picture");
}
