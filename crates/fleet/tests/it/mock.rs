//! An upstream on loopback that does as it is told, dies and comes back.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use fleet::{Fleet, Options, Timeouts, Upstream};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

/// How an upstream replies.
#[derive(Clone, Debug)]
pub enum Act {
    /// These bytes, whole.
    Whole(&'static str),
    /// A status, with headers and a body.
    Status(u16, &'static [(&'static str, &'static str)], &'static str),
    /// So many events, with a pause before each.
    Events(usize, Duration),
    /// So many events, then nothing.
    Stall(usize),
    /// So many events, then the connection ends.
    Cut(usize),
    /// The request is read, and the connection ends.
    Vanish,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

pub struct Script {
    /// What is done next; the last for ever.
    pub acts: VecDeque<Act>,
    /// What `/v1/models` says.
    pub models: Vec<&'static str>,
    /// What `/metrics` says.
    pub metrics: Option<&'static str>,
    /// Replies to `/v1/models` and `/health`.
    pub is_well: bool,
    pub asked: Vec<Asked>,
    /// Paths of everything else.
    pub probed: Vec<String>,
}

/// An upstream that listens until it is dropped or killed.
pub struct Mock {
    pub name: String,
    pub address: SocketAddr,
    pub script: Arc<Mutex<Script>>,
    /// Replies on their way.
    pub open: Arc<AtomicUsize>,
    /// Connections accepted so far.
    pub accepted: Arc<AtomicUsize>,
    life: Mutex<Option<AbortHandle>>,
}

impl Mock {
    pub async fn start(name: &str, acts: impl Into<VecDeque<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mock = Self {
            name: name.to_owned(),
            address: listener.local_addr().unwrap(),
            script: Arc::new(Mutex::new(Script {
                acts: acts.into(),
                models: vec!["m"],
                metrics: None,
                is_well: true,
                asked: Vec::new(),
                probed: Vec::new(),
            })),
            open: Arc::default(),
            accepted: Arc::default(),
            life: Mutex::default(),
        };
        mock.listen(listener);
        mock
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// An upstream of it that serves `m` and is not probed.
    pub fn upstream(&self) -> Upstream {
        let mut upstream = Upstream::new(&self.name, self.url());
        upstream.models = [("m".to_owned(), "m".to_owned())].into();
        upstream.probe = fleet::Probe::Off;
        upstream.reads_metrics = false;
        upstream
    }

    pub fn acts(&self, acts: impl Into<VecDeque<Act>>) {
        self.script.lock().unwrap().acts = acts.into();
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }

    /// Listens no more, and ends every connection.
    pub fn kill(&self) {
        if let Some(life) = self.life.lock().unwrap().take() {
            life.abort();
        }
    }

    /// Comes back at the same address.
    pub async fn resume(&self) {
        for _ in 0..100 {
            // Not yet free while the system tidies up.
            if let Ok(listener) = TcpListener::bind(self.address).await {
                return self.listen(listener);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the address is gone");
    }

    fn listen(&self, listener: TcpListener) {
        let (name, script) = (self.name.clone(), Arc::clone(&self.script));
        let (open, accepted) = (Arc::clone(&self.open), Arc::clone(&self.accepted));
        let life = tokio::spawn(async move {
            // Dropped with this task, and every connection with it.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::Relaxed);
                let (name, script, open) = (name.clone(), Arc::clone(&script), Arc::clone(&open));
                connections.spawn(async move {
                    let serve = |request| {
                        let (name, script, open) =
                            (name.clone(), Arc::clone(&script), Arc::clone(&open));
                        async move { reply(request, &name, &script, open).await }
                    };
                    let http = hyper::server::conn::http1::Builder::new();
                    drop(
                        http.serve_connection(TokioIo::new(stream), service_fn(serve))
                            .await,
                    );
                });
            }
        });
        *self.life.lock().unwrap() = Some(life.abort_handle());
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A body that counts as open until it is dropped.
pub struct Events {
    events: mpsc::Receiver<Result<Bytes, &'static str>>,
    open: Arc<AtomicUsize>,
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        self.events
            .poll_recv(cx)
            .map(|event| event.map(|event| event.map(Frame::data)))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An event that says who sends it, for which request, and its number.
pub fn event(upstream: &str, request: &str, number: usize) -> String {
    format!("data: {upstream} {request} {number}\n\n")
}

async fn reply(
    request: Request<Incoming>,
    name: &str,
    script: &Mutex<Script>,
    open: Arc<AtomicUsize>,
) -> Result<Response<Events>, &'static str> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|_| "the request broke")?
        .to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    open.fetch_add(1, Ordering::Relaxed);
    let (sender, events) = mpsc::channel(4);
    let mut response = Response::new(Events { events, open });
    if head.method == http::Method::GET {
        let text = page(&mut script.lock().unwrap(), head.uri.path());
        match text {
            Some(text) => sender.send(Ok(text.into())).await.unwrap(),
            None => *response.status_mut() = http::StatusCode::NOT_FOUND,
        }
        return Ok(response);
    }
    let act = {
        let mut script = script.lock().unwrap();
        script.asked.push(Asked {
            path: head.uri.to_string(),
            headers: head.headers,
            body: body.clone(),
        });
        match script.acts.len() {
            0 | 1 => script.acts.front().cloned().unwrap(),
            _ => script.acts.pop_front().unwrap(),
        }
    };
    let (count, pause) = match act {
        Act::Whole(text) => {
            sender.send(Ok(text.into())).await.unwrap();
            return Ok(response);
        }
        Act::Status(status, headers, text) => {
            *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
            for &(name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            sender.send(Ok(text.into())).await.unwrap();
            return Ok(response);
        }
        Act::Vanish => return Err("as told"),
        Act::Events(count, pause) => (count, pause),
        Act::Stall(count) | Act::Cut(count) => (count, Duration::ZERO),
    };
    let event_stream = "text/event-stream".parse().unwrap();
    response.headers_mut().insert("content-type", event_stream);
    let name = name.to_owned();
    tokio::spawn(async move {
        for number in 0..count {
            tokio::time::sleep(pause).await;
            let event = event(&name, &body, number);
            if sender.send(Ok(event.into())).await.is_err() {
                return;
            }
        }
        match act {
            Act::Stall(_) => sender.closed().await,
            Act::Cut(_) => {
                // What was sent before is let out first.
                tokio::time::sleep(Duration::from_millis(20)).await;
                drop(sender.send(Err("as told")).await);
            }
            _ => drop(sender.send(Ok("data: [DONE]\n\n".into())).await),
        }
    });
    Ok(response)
}

fn page(script: &mut Script, path: &str) -> Option<String> {
    script.probed.push(path.to_owned());
    match path {
        "/v1/models" if script.is_well => {
            let names = script
                .models
                .iter()
                .map(|name| format!(r#"{{"id":"{name}"}}"#));
            let names: Vec<String> = names.collect();
            Some(format!(
                r#"{{"object":"list","data":[{}]}}"#,
                names.join(",")
            ))
        }
        "/health" if script.is_well => Some(String::new()),
        "/metrics" => script.metrics.map(str::to_owned),
        _ => None,
    }
}

/// A fleet of `mocks` that is quick to lose patience.
pub fn fleet_of(mocks: &[&Mock]) -> Fleet {
    Fleet::start(options_of(mocks)).unwrap()
}

pub fn options_of(mocks: &[&Mock]) -> Options {
    Options {
        upstreams: mocks.iter().map(|mock| mock.upstream()).collect(),
        timeouts: Timeouts {
            first_byte: Duration::from_millis(600),
            idle: Duration::from_millis(300),
            ..Timeouts::default()
        },
        seed: Some(1),
        ..Options::default()
    }
}

/// The whole body, or what it ended with.
pub async fn text(mut body: fleet::Body) -> Result<String, (String, fleet::Error)> {
    let mut text = String::new();
    while let Some(bytes) = body.next().await {
        match bytes {
            Ok(bytes) => text += std::str::from_utf8(&bytes).unwrap(),
            Err(error) => return Err((text, error)),
        }
    }
    Ok(text)
}

/// A server that reads a request's head and then does what `act` does with the connection.
pub async fn raw<F>(act: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = Option<Infallible>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            tokio::spawn(act(stream));
        }
    });
    address
}

/// A server that says `bytes` and ends the connection.
pub async fn saying(bytes: &'static [u8]) -> SocketAddr {
    raw(move |mut stream| async move {
        stream.write_all(bytes).await.ok()?;
        // What is left unread would turn the end into a reset.
        let mut rest = [0; 4096];
        tokio::time::timeout(Duration::from_millis(50), stream.read(&mut rest))
            .await
            .ok()?
            .ok()?;
        None
    })
    .await
}

/// Waits until `is_so`, or fails after five seconds.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never {what}");
}
