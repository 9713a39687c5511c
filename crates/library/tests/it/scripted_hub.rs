//! A hub on loopback that does as it is told, and remembers what it was asked.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The commit that every branch of the hub means.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What was asked: the path, and the headers that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub path: String,
    pub token: Option<String>,
    pub range: Option<String>,
}

/// How it misbehaves.
#[derive(Debug, Default)]
pub struct Script {
    /// Files of `owner/name`.
    pub files: HashMap<String, Vec<u8>>,
    /// What the page says besides.
    pub card: Value,
    /// Bytes after which a file's connection is cut, once for each entry.
    pub cuts: HashMap<String, Vec<usize>>,
    /// Files of which the page states another sum.
    pub wrong: Vec<String>,
    /// Answers to give before any other: status and the value of `x-error-code`.
    pub refusals: Vec<(u16, &'static str)>,
    /// Who wants files is sent to this address.
    pub files_at: Option<String>,
    /// The file's tag; another one means another file.
    pub etag: String,
    pub asked: Vec<Asked>,
}

/// A hub that listens until it is dropped.
pub struct ScriptedHub {
    pub address: String,
    pub script: Arc<Mutex<Script>>,
}

impl ScriptedHub {
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(script));
        let shared = Arc::clone(&script);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, script }
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }
}

fn serve(mut stream: TcpStream, script: &Mutex<Script>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut token, mut range, mut if_range) = (None, None, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => token = Some(value.to_owned()),
            "range" => range = Some(value.to_owned()),
            "if-range" => if_range = Some(value.to_owned()),
            _ => {}
        }
    }
    let script = &mut script.lock().unwrap();
    script.asked.push(Asked {
        path: path.clone(),
        token,
        range: range.clone(),
    });
    // A range of another file is not sent.
    let range = range.filter(|_| if_range.as_ref() == Some(&script.etag));
    let reply = reply(&path, range, script);
    stream.write_all(&reply).ok()
}

fn reply(path: &str, range: Option<String>, script: &mut Script) -> Vec<u8> {
    if !script.refusals.is_empty() {
        let (status, code) = script.refusals.remove(0);
        return response(status, &[("x-error-code", code)], b"{}");
    }
    if path.starts_with("/api/models/owner/name/revision/") {
        return response(200, &[], page(script).to_string().as_bytes());
    }
    let file = path
        .rsplit_once(&format!("{COMMIT}/"))
        .map(|(_, file)| file);
    let Some(body) = file.and_then(|file| script.files.get(file)).cloned() else {
        return response(404, &[("x-error-code", "EntryNotFound")], b"");
    };
    let file = file.unwrap_or_default();
    if let Some(other) = &script.files_at {
        return response(302, &[("location", &format!("{other}{path}"))], b"");
    }
    let from = range.and_then(|range| {
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    });
    let from: usize = from.unwrap_or(0);
    let etag = script.etag.clone();
    let cut = script.cuts.get_mut(file).and_then(Vec::pop);
    let place = format!("bytes {from}-{}/{}", body.len().max(1) - 1, body.len());
    let headers: &[(&str, &str)] = &[("etag", &etag), ("content-range", &place)];
    let mut reply = match from {
        0 => response(200, &headers[..1], &body),
        _ => response(206, headers, &body[from.min(body.len())..]),
    };
    if let Some(cut) = cut {
        let head = reply.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        reply.truncate(head + cut);
    }
    reply
}

fn page(script: &Script) -> Value {
    let siblings = script.files.iter().map(|(name, bytes)| {
        let mut sibling = json!({ "rfilename": name, "size": bytes.len(), "blobId": "x" });
        if name.ends_with(".safetensors") || name.ends_with(".gguf") {
            let mut sum = format!("{:x}", Sha256::digest(bytes));
            if script.wrong.contains(name) {
                sum = "0".repeat(64);
            }
            sibling["lfs"] = json!({ "sha256": sum, "size": bytes.len(), "pointerSize": 134 });
        }
        sibling
    });
    json!({
        "id": "owner/name",
        "sha": COMMIT,
        "cardData": script.card,
        "siblings": siblings.collect::<Vec<Value>>(),
    })
}

fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {status} Said\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}
