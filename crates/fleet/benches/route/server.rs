//! A simulated model server: it reads one prompt at a time, and what it has read before costs nothing.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

/// Bytes that are remembered as one, about 16 tokens.
const CHUNK_BYTES: usize = 64;

/// For reading a chunk that is not remembered.
const READING: Duration = Duration::from_micros(500);

/// Events of a reply, and the pause between them.
const EVENTS: usize = 5;
const WRITING: Duration = Duration::from_millis(2);

pub struct Server {
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    memory: Mutex<Memory>,
    /// One prompt is read at a time.
    reader: Semaphore,
    costs_nothing: AtomicBool,
    /// Chunks that are remembered.
    chunks_max: AtomicUsize,
}

/// Chunks by when they were last used.
#[derive(Default)]
struct Memory {
    used_at: HashMap<u64, u64>,
    by_use: BTreeMap<u64, u64>,
    clock: u64,
}

impl Memory {
    /// How many of the first `chunks` are known; all are, from then on, as far as there is room.
    fn read(&mut self, chunks: &[u64], chunks_max: usize) -> usize {
        let known = chunks
            .iter()
            .take_while(|chunk| self.used_at.contains_key(chunk))
            .count();
        // From the end, so that beginnings outlive what follows them.
        for &chunk in chunks.iter().rev() {
            self.clock += 1;
            if let Some(before) = self.used_at.insert(chunk, self.clock) {
                self.by_use.remove(&before);
            }
            self.by_use.insert(self.clock, chunk);
        }
        while self.used_at.len() > chunks_max
            && let Some((_, chunk)) = self.by_use.pop_first()
        {
            self.used_at.remove(&chunk);
        }
        known
    }
}

/// The hashes of the whole chunks of `prompt`, each of all up to its end.
pub fn chunks(prompt: &str) -> Vec<u64> {
    let mut hasher = DefaultHasher::new();
    let chunks = prompt.as_bytes().chunks_exact(CHUNK_BYTES);
    chunks
        .map(|chunk| {
            chunk.hash(&mut hasher);
            hasher.finish()
        })
        .collect()
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            memory: Mutex::default(),
            reader: Semaphore::new(1),
            costs_nothing: AtomicBool::new(false),
            chunks_max: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    let serve = service_fn(|request| reply(request, Arc::clone(&state)));
                    let http = hyper::server::conn::http1::Builder::new();
                    drop(http.serve_connection(TokioIo::new(stream), serve).await);
                });
            }
        });
        Self { address, state }
    }

    /// Forgets everything, and remembers `bytes` of prompts from now on.
    pub fn start_anew(&self, bytes: usize) {
        *self.state.memory.lock().unwrap() = Memory::default();
        self.state
            .chunks_max
            .store(bytes / CHUNK_BYTES, Ordering::Relaxed);
    }

    /// Replies at once from now on.
    pub fn cost_nothing(&self) {
        self.state.costs_nothing.store(true, Ordering::Relaxed);
    }
}

/// Parts of a reply as they are sent.
struct Parts(mpsc::Receiver<Bytes>);

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(cx)
            .map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}

async fn reply(
    request: Request<Incoming>,
    state: Arc<State>,
) -> Result<Response<Parts>, hyper::Error> {
    let is_call = request.method() == http::Method::POST;
    let body = request.into_body().collect().await?.to_bytes();
    let (sender, parts) = mpsc::channel(EVENTS + 1);
    let mut response = Response::new(Parts(parts));
    let content_type = if is_call {
        "text/event-stream"
    } else {
        "application/json"
    };
    response
        .headers_mut()
        .insert("content-type", content_type.parse().unwrap());
    if !is_call {
        // Whatever else a router asks: models, health, information.
        let page = r#"{"object":"list","data":[{"id":"m","object":"model"}],"status":"ok"}"#;
        sender.try_send(page.into()).unwrap();
        return Ok(response);
    }
    tokio::spawn(async move {
        let costs_nothing = state.costs_nothing.load(Ordering::Relaxed);
        let mut counts = (0, 0);
        if !costs_nothing {
            let chunks = chunks(&text(&body));
            let _reading = state.reader.acquire().await.unwrap();
            let chunks_max = state.chunks_max.load(Ordering::Relaxed);
            let known = state.memory.lock().unwrap().read(&chunks, chunks_max);
            counts = (known, chunks.len());
            tokio::time::sleep(READING * (chunks.len() - known) as u32).await;
        }
        if body.ends_with(b"\"stream\":false}") {
            let (known, all) = counts;
            let reply = format!("{{\"known\":{known},\"all\":{all},\"choices\":[]}}");
            drop(sender.send(reply.into()).await);
            return;
        }
        for event in 0..EVENTS {
            if !costs_nothing && event > 0 {
                tokio::time::sleep(WRITING).await;
            }
            let (known, all) = counts;
            let event = format!("data: {{\"known\":{known},\"all\":{all},\"choices\":[]}}\n\n");
            drop(sender.send(event.into()).await);
        }
        drop(sender.send("data: [DONE]\n\n".into()).await);
    });
    Ok(response)
}

/// All that is said in a request; routers may write its JSON anew.
pub fn text(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    let messages = body["messages"].as_array().unwrap().iter();
    messages
        .filter_map(|message| message["content"].as_str())
        .collect()
}
