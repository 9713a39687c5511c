//! A server on a free port, with a model that says what was written down for it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use dialogue::Settings;
use library::Library;
use serde_json::{Value, json};
use server::{Films, Options, Patience, Script, Server};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A server that ends with this.
pub struct House {
    pub url: String,
    pub address: SocketAddr,
    /// The token by which the owner signs in once.
    pub link: String,
    agent: ureq::Agent,
    stop: Option<watch::Sender<bool>>,
    runtime: Option<Runtime>,
    running: Option<JoinHandle<server::Result<()>>>,
    pub data: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The events of a stream: their names and their data.
    pub fn events(&self) -> Vec<(String, Value)> {
        let events = self
            .text
            .split("\n\n")
            .filter(|event| !event.trim().is_empty());
        let read = events.filter_map(|event| {
            let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            let data = line("data: ")?;
            let value = serde_json::from_str(data).unwrap_or_else(|_| Value::from(data));
            Some((line("event: ").unwrap_or_default().to_owned(), value))
        });
        read.collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl House {
    /// One that lets everybody in, as on a machine of one person.
    pub fn open() -> Self {
        Self::start(
            true,
            json!({ "lines": [
            { "when": "weather", "after_tool": false, "calls": [["look", "{\"at\": \"sky\"}"]] },
            { "after_tool": true, "text": "The tool said: {last}" },
            { "when": "think", "reasoning": "Let me think.", "text": "Thought." },
            { "when": "long", "text": "one two three four five six seven eight" },
        ] }),
        )
    }

    /// One where everybody must show who they are.
    pub fn closed() -> Self {
        Self::start(false, json!({}))
    }

    pub fn start(is_open: bool, script: Value) -> Self {
        let data = tempfile::tempdir().unwrap();
        Self::over(data, is_open, script)
    }

    /// One over data that is there already.
    pub fn over(data: tempfile::TempDir, is_open: bool, script: Value) -> Self {
        Self::with_upstreams(data, is_open, script, Vec::new())
    }

    /// One with models that run elsewhere.
    pub fn with_upstreams(
        data: tempfile::TempDir,
        is_open: bool,
        script: Value,
        upstreams: Vec<fleet::Upstream>,
    ) -> Self {
        let mut options = options(data.path(), is_open, script);
        options.fleet.upstreams = upstreams;
        Self::serving(data, options)
    }

    /// One that serves what `options` say.
    pub fn serving(data: tempfile::TempDir, options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(Server::bind(options)).unwrap();
        let address = server.address();
        let link = runtime
            .block_on(server.first_link())
            .unwrap()
            .unwrap_or_default();
        let (stop, stopped) = watch::channel(false);
        let running = runtime.spawn(server.run(stopped));
        let mut house = Self::elsewhere(address);
        house.link = link.split('#').nth(1).unwrap_or_default().to_owned();
        (house.stop, house.runtime, house.data) = (Some(stop), Some(runtime), data);
        house.running = Some(running);
        house
    }

    /// One that another process serves.
    pub fn elsewhere(address: SocketAddr) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // One that was refused before its body was read cannot be used again.
            .max_idle_connections(0)
            .timeout_global(Some(Duration::from_secs(30)));
        Self {
            url: format!("http://{address}"),
            address,
            link: String::new(),
            agent: config.build().into(),
            stop: None,
            runtime: None,
            running: None,
            data: tempfile::tempdir().unwrap(),
        }
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(&body.to_string()), &[])
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None, &[])
    }

    /// What came back, if anything did.
    pub fn try_send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Reply> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("content-type", kind);
        let mut reply = self.agent.run(request.body(body).unwrap()).ok()?;
        Some(Reply {
            status: reply.status().as_u16(),
            headers: Vec::new(),
            text: reply.body_mut().read_to_string().ok()?,
        })
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut headers = headers.to_vec();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.unwrap_or_default().as_bytes().to_vec();
        self.send_bytes(method, path, body, &headers)
    }

    pub fn send_bytes(
        &self,
        method: &str,
        path: &str,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut reply = self.agent.run(request.body(body).unwrap()).unwrap();
        let headers = reply.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        Reply {
            status: reply.status().as_u16(),
            headers,
            text: reply.body_mut().read_to_string().unwrap(),
        }
    }

    /// What is no text.
    pub fn bytes(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, Vec<u8>) {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut reply = self.agent.run(request.body(Vec::new()).unwrap()).unwrap();
        (
            reply.status().as_u16(),
            reply.body_mut().read_to_vec().unwrap(),
        )
    }

    /// Tasks of the server that are alive.
    pub fn tasks(&self) -> usize {
        let runtime = self.runtime.as_ref().unwrap();
        runtime.metrics().num_alive_tasks()
    }

    /// Ends the server in order, and gives its data back.
    pub fn end(mut self) -> tempfile::TempDir {
        let _ = self.stop.take().map(|stop| stop.send(true));
        if let (Some(runtime), Some(running)) = (&self.runtime, self.running.take()) {
            let ended = async { tokio::time::timeout(Duration::from_secs(3), running).await };
            runtime.block_on(ended).unwrap().unwrap().unwrap();
        }
        self.finish();
        std::mem::replace(&mut self.data, tempfile::tempdir().unwrap())
    }

    fn finish(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(true));
        if let Some(runtime) = self.runtime.take() {
            // The pool of the client still holds connections.
            runtime.shutdown_timeout(Duration::from_millis(500));
        }
    }
}

/// A server over the data in a folder, on a free port.
pub async fn server(
    data: &Path,
    is_open: bool,
    script: Value,
    upstreams: Vec<fleet::Upstream>,
) -> Server {
    let mut options = options(data, is_open, script);
    options.fleet.upstreams = upstreams;
    Server::bind(options).await.unwrap()
}

/// What a server over the data in a folder is started with.
pub fn options(data: &Path, is_open: bool, script: Value) -> Options {
    Options {
        address: ([127, 0, 0, 1], 0).into(),
        library: Library::below(data),
        hub: library::HubOptions::default(),
        code: None,
        settings: Settings::default(),
        memory: 1 << 30,
        built_in: None,
        scripts: vec![Script {
            name: "script".to_owned(),
            script: serde_json::from_value(script).unwrap(),
        }],
        fleet: fleet::Options::default(),
        pictures: Vec::new(),
        private_webhooks: Vec::new(),
        films: Films::default(),
        store: store::Options::new(data),
        is_open,
        is_behind_proxy: false,
        tls: None,
        patience: Patience::default(),
        web: None,
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.finish();
    }
}
