//! `/v1/files`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::Store;

use crate::house::{House, Reply};
use crate::signed::Signed;

/// A form, as clients send it, with the parts in this order.
pub fn form(parts: &[(&str, Option<&str>, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file
            .map(|file| format!("; filename=\"{file}\""))
            .unwrap_or_default();
        let head =
            format!("--sign\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--sign--\r\n");
    ("multipart/form-data; boundary=sign".to_owned(), body)
}

/// Sends a form.
pub fn send(house: &House, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Reply {
    let (kind, body) = form(parts);
    house.send_bytes("POST", path, body, &[("content-type", &kind)])
}

/// The same, by somebody.
pub fn send_by(by: &Signed<'_>, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Reply {
    let (kind, body) = form(parts);
    let headers = [
        ("content-type", &*kind),
        ("cookie", &*by.cookie),
        ("x-csrf-token", &*by.csrf),
    ];
    by.house.send_bytes("POST", path, body, &headers)
}

/// Uploads a file, and says what it is called.
pub fn upload(house: &House, purpose: &str, name: &str, content: &[u8]) -> String {
    let parts = [
        ("purpose", None, purpose.as_bytes()),
        ("file", Some(name), content),
    ];
    let reply = send(house, "/v1/files", &parts);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// All files below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(below(&path)),
            false => found.push(path),
        }
    }
    found
}

/// Works on what a server that has ended left behind.
pub fn in_store<T>(data: &Path, work: impl AsyncFnOnce(Store) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&store::Options::new(data)).await.unwrap();
        let done = work(store.clone()).await;
        store.close().await;
        done
    })
}

#[test]
fn a_file_is_kept_listed_read_and_deleted() {
    let house = House::open();
    let parts: [(&str, Option<&str>, &[u8]); 2] = [
        ("purpose", None, b"user_data"),
        ("file", Some("notes.txt"), b"what I know"),
    ];
    let made = send(&house, "/v1/files", &parts).json();
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("file-"), "{id}");
    let expected = json!({
        "id": id,
        "object": "file",
        "bytes": 11,
        "created_at": made["created_at"].as_u64().unwrap(),
        "expires_at": null,
        "filename": "notes.txt",
        "purpose": "user_data",
        "status": "processed",
        "status_details": null,
    });
    assert_eq!(made, expected);
    assert_eq!(house.get(&format!("/v1/files/{id}")).json(), expected);
    let list = json!({
        "object": "list", "data": [expected], "first_id": id, "last_id": id, "has_more": false,
    });
    assert_eq!(house.get("/v1/files").json(), list);
    let content = house.get(&format!("/v1/files/{id}/content"));
    assert_eq!(
        (content.status, content.text.as_str()),
        (200, "what I know")
    );
    assert_eq!(
        content.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(content.header("content-length"), Some("11"));
    assert_eq!(
        content.header("content-disposition"),
        Some("attachment; filename=\"notes.txt\"; filename*=UTF-8''notes.txt")
    );
    let deleted = house.send("DELETE", &format!("/v1/files/{id}"), None, &[]);
    assert_eq!(
        deleted.json(),
        json!({ "id": id, "object": "file", "deleted": true })
    );
    for path in [format!("/v1/files/{id}"), format!("/v1/files/{id}/content")] {
        assert_eq!(house.get(&path).status, 404);
    }
    assert_eq!(house.get("/v1/files").json()["data"], json!([]));
}

#[test]
fn lists_are_cut_and_ordered_as_asked() {
    let house = House::open();
    let purposes = ["vision", "user_data", "vision", "evals", "vision"];
    let ids: Vec<String> = purposes
        .iter()
        .map(|purpose| {
            // The order is that of milliseconds.
            std::thread::sleep(Duration::from_millis(3));
            upload(&house, purpose, "a", purpose.as_bytes())
        })
        .collect();
    let listed = |query: &str| {
        let page = house.get(&format!("/v1/files?{query}")).json();
        let ids = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["id"].clone());
        (ids.collect::<Vec<Value>>(), page["has_more"] == true)
    };
    let named = |numbers: &[usize]| numbers.iter().map(|n| json!(ids[*n])).collect::<Vec<_>>();
    assert_eq!(listed(""), (named(&[4, 3, 2, 1, 0]), false));
    assert_eq!(listed("order=asc&limit=2"), (named(&[0, 1]), true));
    let after = format!("order=asc&limit=3&after={}", ids[1]);
    assert_eq!(listed(&after), (named(&[2, 3, 4]), false));
    assert_eq!(listed("purpose=vision"), (named(&[4, 2, 0]), false));
    let after = format!("purpose=vision&limit=1&after={}", ids[4]);
    assert_eq!(listed(&after), (named(&[2]), true));
    for query in ["limit=0", "limit=10001", "limit=many", "order=up"] {
        assert_eq!(
            house.get(&format!("/v1/files?{query}")).status,
            400,
            "{query}"
        );
    }
}

#[test]
fn ranges_are_answered_with_what_they_name() {
    let house = House::open();
    let content: Vec<u8> = (0..300_000_u32).map(|n| b'a' + (n % 26) as u8).collect();
    let id = upload(&house, "user_data", "letters", &content);
    let path = format!("/v1/files/{id}/content");
    let ask = |range: &str, more: &[(&str, &str)]| {
        let headers = [&[("range", range)], more].concat();
        house.send("GET", &path, None, &headers)
    };
    let part = ask("bytes=65530-131080", &[]);
    assert_eq!(part.status, 206);
    assert_eq!(part.text.as_bytes(), &content[65530..=131_080]);
    assert_eq!(
        part.header("content-range"),
        Some("bytes 65530-131080/300000")
    );
    assert_eq!(part.header("content-length"), Some("65551"));
    let end = ask("bytes=-7", &[]);
    assert_eq!(
        (end.status, end.text.as_bytes()),
        (206, &content[299_993..])
    );
    let outside = ask("bytes=300000-", &[]);
    assert_eq!(outside.status, 416);
    assert_eq!(outside.header("content-range"), Some("bytes */300000"));
    let tag = part.header("etag").unwrap();
    assert_eq!(ask("bytes=0-1", &[("if-range", tag)]).status, 206);
    let whole = ask("bytes=0-1", &[("if-range", "\"another\"")]);
    assert_eq!((whole.status, whole.text.len()), (200, 300_000));
    let head = house.send("HEAD", &path, None, &[]);
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("300000"))
    );
}

#[test]
fn forms_are_read_in_any_order_and_refused_with_a_reason() {
    let house = House::open();
    let refused = |parts: &[(&str, Option<&str>, &[u8])]| {
        let reply = send(&house, "/v1/files", parts);
        let error = reply.json()["error"].clone();
        (
            reply.status,
            error["param"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let file = ("file", Some("a.txt"), b"x".as_slice());
    let purpose = ("purpose", None, b"user_data".as_slice());
    let seconds = |text: &'static str| ("expires_after[seconds]", None, text.as_bytes());
    let anchor = ("expires_after[anchor]", None, b"created_at".as_slice());
    let kept = send(
        &house,
        "/v1/files",
        &[file, seconds("3600"), purpose, anchor],
    )
    .json();
    let created_at = kept["created_at"].as_u64().unwrap();
    assert_eq!(
        kept["expires_at"].as_u64(),
        Some(created_at + 3600),
        "{kept}"
    );
    let batch = send(&house, "/v1/files", &[("purpose", None, b"batch"), file]).json();
    let month = batch["created_at"].as_u64().unwrap() + 30 * 24 * 3600;
    assert_eq!(batch["expires_at"].as_u64(), Some(month));
    assert_eq!(refused(&[purpose]), (400, "file".to_owned()));
    assert_eq!(refused(&[file]), (400, "purpose".to_owned()));
    assert_eq!(refused(&[file, purpose, file]), (400, "file".to_owned()));
    for purpose in ["", "batch_output", "world domination"] {
        let purpose = ("purpose", None, purpose.as_bytes());
        assert_eq!(refused(&[purpose, file]), (400, "purpose".to_owned()));
    }
    for wrong in ["3599", "2592001", "soon"] {
        let parts = [purpose, anchor, seconds(wrong), file];
        assert_eq!(refused(&parts), (400, "expires_after.seconds".to_owned()));
    }
    assert_eq!(refused(&[purpose, seconds("3600"), file]).0, 400);
    let long = vec![b'x'; 100_000];
    assert_eq!(
        refused(&[("purpose", None, &long), file]),
        (400, "purpose".to_owned())
    );
    assert_eq!(
        house
            .post("/v1/files", &json!({ "purpose": "vision" }))
            .status,
        400
    );
    let (kind, mut body) = form(&[purpose, file]);
    body.truncate(body.len() - 12);
    let cut = house.send_bytes("POST", "/v1/files", body, &[("content-type", &kind)]);
    assert_eq!(
        (cut.status, &cut.json()["error"]["code"]),
        (400, &json!("invalid_form"))
    );
    assert_eq!(
        house.get("/v1/files").json()["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn names_of_files_lead_nowhere() {
    let house = House::open();
    let folder = house.data.path().to_owned();
    let beside = folder.parent().unwrap().join("freehold-was-here");
    let up = "../".repeat(12) + beside.to_str().unwrap().trim_start_matches('/');
    for name in [
        up.as_str(),
        beside.to_str().unwrap(),
        "..\\..\\freehold-was-here",
        "..",
    ] {
        upload(&house, "user_data", name, b"mine");
    }
    let names = house.get("/v1/files").json();
    let names = names["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["filename"].clone());
    let names: Vec<Value> = names.collect();
    let shown = [
        "file",
        "freehold-was-here",
        "freehold-was-here",
        "freehold-was-here",
    ];
    assert_eq!(names.len(), shown.len());
    assert!(
        names
            .iter()
            .all(|name| shown.contains(&name.as_str().unwrap())),
        "{names:?}"
    );
    assert!(!beside.exists());
    let named = |path: &PathBuf| path.to_string_lossy().contains("freehold-was-here");
    assert!(!below(&folder).iter().any(named));
    for id in [
        "..%2F..%2Fmaster.key",
        "%2e%2e/master.key",
        "..",
        "%00",
        "file-%2F..%2F..",
    ] {
        for path in [format!("/v1/files/{id}"), format!("/v1/files/{id}/content")] {
            let reply = house.get(&path);
            assert!(
                [400, 404, 405].contains(&reply.status),
                "{path}: {}",
                reply.text
            );
        }
    }
}

#[test]
fn a_client_that_leaves_leaves_nothing_behind() {
    let house = House::open();
    let blobs = house.data.path().join("blobs");
    let (kind, body) = form(&[
        ("purpose", None, b"user_data"),
        ("file", Some("a"), &vec![7; 3 << 20]),
    ]);
    let mut stream = TcpStream::connect(house.address).unwrap();
    let head = format!(
        "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body[..2 << 20]).unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while below(&blobs).is_empty() {
        assert!(Instant::now() < until, "nothing was begun");
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(stream);
    while !below(&blobs).is_empty() {
        assert!(Instant::now() < until, "{:?} is left", below(&blobs));
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(house.get("/v1/files").json()["data"], json!([]));
}

#[test]
fn what_is_too_large_is_refused_before_it_comes() {
    let house = House::open();
    let mut stream = TcpStream::connect(house.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let head = format!(
        "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=sign\r\nContent-Length: {}\r\n\r\n",
        514_u64 << 20
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut reply = [0; 64];
    let read = stream.read(&mut reply).unwrap();
    let reply = String::from_utf8_lossy(&reply[..read]).into_owned();
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
}

#[test]
fn a_file_that_expired_is_gone() {
    let house = House::open();
    let lasting = upload(&house, "user_data", "a", b"lasting");
    let id = upload(&house, "batch", "b", b"fleeting");
    let data = house.end();
    in_store(data.path(), async |store| {
        let mut file = store.objects().get(&id).await.unwrap();
        assert!(file.body["expires_at"].is_i64(), "{:?}", file.body);
        file.body["expires_at"] = json!(1_000);
        store.objects().update(file).await.unwrap();
    });
    let house = House::over(data, true, json!({}));
    assert_eq!(house.get(&format!("/v1/files/{id}")).status, 404);
    assert_eq!(house.get(&format!("/v1/files/{id}/content")).status, 404);
    let files = house.get("/v1/files").json();
    assert_eq!(files["data"].as_array().unwrap().len(), 1);
    assert_eq!(files["data"][0]["id"], json!(lasting));
    // It is deleted soon after the start.
    std::thread::sleep(Duration::from_secs(1));
    let data = house.end();
    let found = in_store(data.path(), async |store| store.objects().get(&id).await);
    assert!(
        matches!(found, Err(store::Error::NotFound { .. })),
        "{found:?}"
    );
}
