//! What is put aside holds nothing, and goes on where it was.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::models::{ended, files, with_hub};
use crate::scripted_hub::{Script, ScriptedHub};
use crate::signed::Signed;

/// A host of files that pauses after each kilobyte, until it is told to hurry; the places that it was asked from.
pub fn slow_host(
    files: std::collections::HashMap<String, Vec<u8>>,
    pause: Duration,
) -> (String, Arc<AtomicBool>, Arc<Mutex<Vec<usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (hurries, asked) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(Mutex::new(Vec::new())),
    );
    let (hurry, places) = (Arc::clone(&hurries), Arc::clone(&asked));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (files, hurry, places) = (files.clone(), Arc::clone(&hurry), Arc::clone(&places));
            std::thread::spawn(move || give(stream, &files, &hurry, &places, pause));
        }
    });
    (address, hurries, asked)
}

fn give(
    mut stream: TcpStream,
    files: &std::collections::HashMap<String, Vec<u8>>,
    hurries: &AtomicBool,
    places: &Mutex<Vec<usize>>,
    pause: Duration,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut path, mut from) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if path.is_empty() {
            path = line.split(' ').nth(1)?.to_owned();
        }
        if let Some((_, range)) = line.to_ascii_lowercase().split_once("range: bytes=") {
            from = range.trim().trim_end_matches('-').parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let file = files.get(path.rsplit('/').next()?)?;
    let status = if from > 0 {
        "206 Partial Content"
    } else {
        "200 OK"
    };
    let rest = &file[from..];
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\ncontent-range: bytes {from}-{}/{}\r\netag: \"one\"\r\nconnection: close\r\n\r\n",
        rest.len(),
        file.len() - 1,
        file.len()
    );
    if path.ends_with(".safetensors") {
        places.lock().unwrap().push(from);
    }
    stream.write_all(head.as_bytes()).ok()?;
    for piece in rest.chunks(1024) {
        stream.write_all(piece).ok()?;
        if !hurries.load(Ordering::Relaxed) {
            std::thread::sleep(pause);
        }
    }
    Some(())
}

#[test]
fn a_download_that_was_put_aside_goes_on_by_range_even_after_a_restart() {
    let (address, hurries, asked) = slow_host(files(), Duration::from_millis(20));
    let hub = ScriptedHub::start(Script {
        files: files(),
        files_at: Some(address),
        card: json!({ "license": "apache-2.0" }),
        etag: "\"one\"".to_owned(),
        ..Script::default()
    });
    let house = with_hub(tempfile::tempdir().unwrap(), &hub);
    let owner = Signed::by(&house, &house.link);
    let link = owner.send(
        "POST",
        &format!("/api/people/{}/link", owner.id),
        &json!({}),
    );
    let link = link.json()["link"].as_str().unwrap().to_owned();
    let source = json!({ "source": "hub:owner/name", "name": "name", "agreed": true });
    let job = owner.send("POST", "/api/models", &source).json();
    assert_eq!(job["goes_on"], "where_it_was", "{job}");
    let path = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    let begun = Instant::now();
    let told = |owner: &Signed<'_>| {
        let log = owner.get(&format!("{path}/events")).json();
        let lines = log["data"].as_array().unwrap().iter();
        let told = lines.map(|line| line["step"].as_str().or(line["type"].as_str()).unwrap());
        let told = told.filter(|told| *told != "counted").map(str::to_owned);
        told.collect::<Vec<String>>()
    };
    let done = |owner: &Signed<'_>| owner.get(&path).json()["progress"]["done"].as_u64();
    while done(&owner).unwrap_or(0) < 8192 || told(&owner).len() < 4 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(20));
    }
    let act = |owner: &Signed<'_>, what: &str| {
        let reply = owner.send("POST", &format!("{path}/{what}"), &json!({}));
        reply.json()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(act(&owner, "pause"), "paused");
    assert_eq!(asked.lock().unwrap().len(), 1);
    let data = house.end();
    let house = with_hub(data, &hub);
    let owner = Signed::by(&house, &link);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(owner.get(&path).json()["state"], "paused");
    assert_eq!(asked.lock().unwrap().len(), 1, "nobody fetches meanwhile");
    hurries.store(true, Ordering::Relaxed);
    assert_eq!(act(&owner, "resume"), "queued");
    let done = ended(&owner, &job);
    assert_eq!(done["state"], "done", "{done}");
    let places = asked.lock().unwrap().clone();
    assert!(places.len() == 2 && places[1] >= 4096, "{places:?}");
    assert_eq!(
        told(&owner),
        [
            "queued", "leased", "looking", "fetching", "paused", "resumed", "leased", "looking",
            "fetching", "placing", "done"
        ]
    );
}
