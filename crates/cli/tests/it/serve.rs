//! `freehold serve`, from its first line to its last.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{freehold, run};

/// A certificate of `localhost`, its key, and who signed it.
const CERTIFICATE: &str = "../fleet/tests/it/encrypted/localhost.pem";
const KEY: &str = "../fleet/tests/it/encrypted/localhost.key";
const AUTHORITY: &str = include_str!("../../../fleet/tests/it/encrypted/authority.pem");

/// A server that is killed with this, should it still run.
pub struct Served {
    child: Child,
    pub url: String,
    pub sign_in: Value,
    pub data: tempfile::TempDir,
}

impl Served {
    /// Starts one that says eight words, with pauses.
    pub fn start(args: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let script = data.path().join("script.json");
        let words = "one two three four five six seven eight";
        let lines = json!({ "lines": [{ "text": words }], "pace_ms": 100 });
        std::fs::write(&script, lines.to_string()).unwrap();
        let mut child = freehold()
            .args(["serve", "--json", "--port", "0", "--script"])
            .arg(&script)
            .args(args)
            .env("FREEHOLD_DATA", data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut said = serde_json::Deserializer::from_reader(said).into_iter::<Value>();
        let said = said.next().expect("it says where").unwrap();
        Self {
            child,
            url: said["url"].as_str().unwrap().to_owned(),
            sign_in: said["sign_in"].clone(),
            data,
        }
    }

    fn address(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }

    /// Begins a stream, and hands it over when its first event is there.
    fn stream(&self) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let body = json!({
            "model": "script", "stream": true, "messages": [{ "role": "user", "content": "count" }],
        });
        let body = body.to_string();
        write!(
            stream,
            "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while !line.contains("one") {
            line.clear();
            assert_ne!(
                stream.read_line(&mut line).unwrap(),
                0,
                "the stream goes on"
            );
        }
        stream
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_child(&self.child);
        kill_process(id, signal).unwrap();
    }

    /// How it ended, and what it wrote to standard error.
    fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        let mut text = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut text).unwrap();
        (status.code(), text)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn freehold_alone_serves_with_the_options_of_serve() {
    // Whoever has it, another cannot.
    let _usual = TcpListener::bind("127.0.0.1:8787");
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    for (args, begins) in [
        (
            &[][..],
            "error: cannot listen on `127.0.0.1:8787`".to_owned(),
        ),
        (
            &["--port", &port],
            format!("error: cannot listen on `127.0.0.1:{port}`"),
        ),
        (
            &["--prot", "1"],
            "error: unexpected argument `--prot` found".to_owned(),
        ),
        (
            &["--bind", "0.0.0.0"],
            "error: `0.0.0.0` is open to other machines".to_owned(),
        ),
        (
            &["doctors"],
            "error: unrecognized subcommand `doctors`".to_owned(),
        ),
    ] {
        let data = tempfile::tempdir().unwrap();
        let mut command = freehold();
        let output = command
            .args(args)
            .env("FREEHOLD_DATA", data.path())
            .output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with(&begins), "{args:?}: {said}");
    }
}

#[test]
fn it_says_where_and_what_to_do_there() {
    let data = tempfile::tempdir().unwrap();
    let mut child = freehold()
        .args(["serve", "--port", "0"])
        .env("FREEHOLD_DATA", data.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    while !text.contains("Ctrl-C") {
        text += &(lines.next().unwrap().unwrap() + "\n");
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let port = text.split("127.0.0.1:").nth(1).unwrap();
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    let token = text.split('#').nth(1).unwrap();
    let token: String = token.chars().take_while(|c| !c.is_whitespace()).collect();
    assert_snapshot!(text.replace(&port, "PORT").replace(&token, "TOKEN"));
}

#[test]
fn ctrl_c_ends_what_has_begun_and_takes_no_more() {
    let served = Served::start(&[]);
    let mut stream = served.stream();
    served.signal(Signal::INT);
    let begun = Instant::now();
    while TcpStream::connect(served.address()).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it takes no more");
        thread::sleep(Duration::from_millis(10));
    }
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(
        rest.contains("eight") && rest.contains("data: [DONE]"),
        "{rest}"
    );
    let (exit, said) = served.end();
    assert_eq!(exit, Some(0));
    assert!(said.contains("ending what has begun"), "{said}");
}

#[test]
fn a_second_ctrl_c_stops_at_once() {
    let served = Served::start(&[]);
    let _stream = served.stream();
    served.signal(Signal::INT);
    thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    served.signal(Signal::INT);
    let (exit, _) = served.end();
    // By the signal.
    assert_eq!(exit, None);
    assert!(begun.elapsed() < Duration::from_millis(300));
}

#[test]
fn connections_are_encrypted_by_the_certificate_that_is_named() {
    let served = Served::start(&["--tls-certificate", CERTIFICATE, "--tls-key", KEY]);
    assert!(served.url.starts_with("https://"), "{}", served.url);
    // Who comes encrypted may come from anywhere, and signs in.
    assert!(served.sign_in.is_string());
    let authority = ureq::tls::Certificate::from_pem(AUTHORITY.as_bytes()).unwrap();
    let tls = ureq::tls::TlsConfig::builder()
        .root_certs(ureq::tls::RootCerts::Specific(Arc::new(vec![authority])))
        .build();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .build()
        .into();
    let port = served.url.rsplit_once(':').unwrap().1;
    let mut reply = agent
        .get(format!("https://localhost:{port}/health"))
        .call()
        .unwrap();
    assert!(reply.body_mut().read_to_string().unwrap().contains("ok"));
    let reply = agent
        .get(format!("https://localhost:{port}/v1/models"))
        .call()
        .unwrap();
    assert_eq!(reply.status(), 401);
    let mut plain = TcpStream::connect(served.address()).unwrap();
    write!(plain, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut said = String::new();
    plain.read_to_string(&mut said).unwrap();
    assert!(
        said.starts_with("HTTP/1.1 400") && said.ends_with("https:// before its address"),
        "{said}"
    );
}

#[test]
fn what_cannot_encrypt_is_told_before_anything_is_served() {
    let open = run(&["serve", "--bind", "0.0.0.0", "--port", "0"]);
    assert_eq!(open.exit, Some(1));
    assert!(
        open.stderr.contains("nothing here encrypts"),
        "{}",
        open.stderr
    );
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(Path::new(manifest).exists());
    for (certificate, key, wrong) in [
        ("missing.pem", KEY, "missing.pem"),
        (CERTIFICATE, "missing.key", "missing.key"),
        (manifest, KEY, "no certificate in it"),
        (CERTIFICATE, manifest, "Cargo.toml"),
    ] {
        let tls = ["--tls-certificate", certificate, "--tls-key", key];
        let run = run(&[&["serve", "--port", "0"], &tls[..]].concat());
        assert_eq!(run.exit, Some(1), "{run:?}");
        assert!(
            run.stderr.contains(wrong) && run.stderr.contains("hint: "),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn the_log_tells_of_requests_and_not_what_was_said_in_them() {
    let served = Served::start(&["--log", "info", "--load", "nobody"]);
    let mut stream = served.stream();
    let mut rest = String::new();
    served.signal(Signal::TERM);
    stream.read_to_string(&mut rest).unwrap();
    let (_, log) = served.end();
    let lines = log.lines().filter(|line| line.starts_with('{'));
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answered = lines.iter().find(|line| line["message"] == "answered");
    let answered = answered.unwrap_or_else(|| panic!("{log}"));
    assert_eq!(answered["path"], "/v1/chat/completions");
    assert_eq!(
        (answered["method"].as_str(), answered["status"].as_u64()),
        (Some("POST"), Some(200))
    );
    assert!(answered["id"].as_str().unwrap().starts_with("req_"));
    assert!(
        log.contains("`nobody` is not loaded: The model `nobody` does not exist."),
        "{log}"
    );
    assert!(!log.contains("count") && !log.contains("three"), "{log}");
}
