//! What the HTTP layer adds to a model that costs nothing: requests a second, streams side by side, memory, start.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;

use super::{
    machine::Machine,
    table::{Table, milliseconds, percentile},
};

/// Connections that ask one request after the other.
const CONNECTIONS: usize = 32;

/// For so long requests are counted.
const COUNTED: Duration = Duration::from_secs(5);

/// Streams that are open at the same time.
const STREAMS: usize = 1000;

/// Requests that are timed while they are.
const PROBES: usize = 300;

/// Words of a streamed answer, and milliseconds from one to the next.
const WORDS: usize = 400;
const PACE_MS: u64 = 100;

/// Starts that are timed.
const STARTS: usize = 9;

const ASKED: &str = r#"{"model":"script","messages":[{"role":"user","content":"hello"}]}"#;
const STREAMED: &str =
    r#"{"model":"script","stream":true,"messages":[{"role":"user","content":"hello"}]}"#;

/// Measures; `--python PYTHON`, where PYTHON has llama-cpp-python with its server, measures that beside it, and
/// `--model FILE` is what it loads.
pub fn run(args: &[&str]) -> Result<()> {
    let option = |name: &str| {
        let at = args.iter().position(|arg| *arg == name)?;
        args.get(at + 1).copied()
    };
    let binary = super::freehold()?;
    let mut table = Table::new(["what", "freehold", "llama.cpp's server", "ratio"]);
    let mut row = |what: &str, ours: String, theirs: String, ratio: String| {
        table.row([what.to_owned(), ours, theirs, ratio]);
    };
    let none = String::new;
    let Quick {
        chat,
        unkept,
        kept,
        models,
        alone,
    } = Quick::measure(&binary)?;
    let theirs = match (option("--python"), option("--model")) {
        (Some(python), Some(model)) => Some(peer(python, model)?),
        _ => None,
    };
    let per_second = |rate: f64| format!("{rate:.0}/s");
    row("chat completions", per_second(chat), none(), none());
    row("responses, not kept", per_second(unkept), none(), none());
    row("responses, kept", per_second(kept), none(), none());
    row(
        "`GET /v1/models`",
        per_second(models),
        theirs.map_or_else(none, per_second),
        theirs.map_or_else(none, |theirs| format!("{:.1}", models / theirs)),
    );
    let both = |times: &[Duration]| {
        let [p50, p99] = [50, 99].map(|percent| milliseconds(percentile(times, percent)));
        format!("p50 {p50}, p99 {p99}")
    };
    row(
        "a chat completion alone, with its connection",
        both(&alone),
        none(),
        none(),
    );
    let (busy, kilobytes, heard) = streams(&binary)?;
    row(
        &format!("first event beside {STREAMS} streams"),
        both(&busy),
        none(),
        none(),
    );
    row(
        &format!("memory beside {STREAMS} streams"),
        format!("{} MiB", kilobytes / 1024),
        none(),
        none(),
    );
    row(
        "events heard of all streams",
        format!("{heard:.0}/s"),
        none(),
        none(),
    );
    let starts = starts(&binary)?;
    let p50 = milliseconds(percentile(&starts, 50));
    row(
        "start to first answer",
        format!("p50 {p50}"),
        none(),
        none(),
    );
    println!("{}\n\n{table}", Machine::read());
    Ok(())
}

/// What a server does whose model answers at once.
struct Quick {
    chat: f64,
    unkept: f64,
    kept: f64,
    models: f64,
    alone: Vec<Duration>,
}

impl Quick {
    fn measure(binary: &Path) -> Result<Self> {
        let house = House::start(binary, 0)?;
        let unkept = r#"{"model":"script","input":"hello","store":false}"#;
        let kept = r#"{"model":"script","input":"hello"}"#;
        Ok(Self {
            chat: house.rate("POST", "/v1/chat/completions", ASKED)?,
            unkept: house.rate("POST", "/v1/responses", unkept)?,
            kept: house.rate("POST", "/v1/responses", kept)?,
            models: house.rate("GET", "/v1/models", "")?,
            alone: house.latencies(PROBES, ASKED)?,
        })
    }
}

/// A server in a folder of its own, which ends with this.
struct House {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl House {
    fn start(binary: &Path, pace_ms: u64) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("script.json");
        let words = if pace_ms > 0 { WORDS } else { 16 };
        let lines = json!([{ "text": "word ".repeat(words) }]);
        fs::write(
            &script,
            json!({ "pace_ms": pace_ms, "lines": lines }).to_string(),
        )?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(binary)
            .args(["serve", "--port", &port.to_string(), "--data"])
            .arg(folder.path())
            .arg("--script")
            .arg(&script)
            .stdout(Stdio::null())
            .spawn()?;
        let house = Self {
            child,
            address: ([127, 0, 0, 1], port).into(),
            _folder: folder,
        };
        house.wait("/health")?;
        Ok(house)
    }

    fn wait(&self, path: &str) -> Result<()> {
        wait(self.address, path, Duration::from_secs(30))
    }

    fn rate(&self, method: &str, path: &str, body: &str) -> Result<f64> {
        rate(self.address, method, path, body)
    }

    /// From connecting to the end of the reply, sorted.
    fn latencies(&self, count: usize, body: &str) -> Result<Vec<Duration>> {
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let begun = Instant::now();
            let mut client = Client::connect(self.address)?;
            client.ask("POST", "/v1/chat/completions", body)?;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        Ok(times)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait(address: SocketAddr, path: &str, patience: Duration) -> Result<()> {
    let begun = Instant::now();
    loop {
        let answered = Client::connect(address).and_then(|mut client| client.ask("GET", path, ""));
        match answered {
            Ok(()) => return Ok(()),
            Err(error) if begun.elapsed() > patience => {
                return Err(error.context("it does not start"));
            }
            Err(_) => thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// A connection on which one request follows the other.
struct Client {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Client {
    fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            stream: BufReader::new(stream),
            line: String::new(),
        })
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Result<()> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Ok(self.stream.get_mut().write_all(request.as_bytes())?)
    }

    fn read_line(&mut self) -> Result<&str> {
        self.line.clear();
        ensure!(
            self.stream.read_line(&mut self.line)? > 0,
            "the server hung up"
        );
        Ok(self.line.trim_end())
    }

    /// Reads the head of a reply; the length of its body, where that is told.
    fn head(&mut self) -> Result<Option<usize>> {
        let status = self.read_line()?;
        ensure!(status.contains(" 200 "), "the server answers `{status}`");
        let mut length = None;
        loop {
            let line = self.read_line()?.to_ascii_lowercase();
            if line.is_empty() {
                return Ok(length);
            }
            if let Some(number) = line.strip_prefix("content-length:") {
                length = Some(number.trim().parse()?);
            }
        }
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<()> {
        self.send(method, path, body)?;
        let length = self.head()?.context("a reply without a length")?;
        let mut reply = vec![0; length];
        Ok(self.stream.read_exact(&mut reply)?)
    }
}

/// Requests a second over several connections.
fn rate(address: SocketAddr, method: &str, path: &str, body: &str) -> Result<f64> {
    let begun = Instant::now();
    let work = |_| -> Result<usize> {
        let mut client = Client::connect(address)?;
        let mut count = 0;
        while begun.elapsed() < COUNTED {
            client.ask(method, path, body)?;
            count += 1;
        }
        Ok(count)
    };
    let counts = thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|number| scope.spawn(move || work(number)))
            .collect();
        let counts = threads
            .into_iter()
            .map(|thread| thread.join().expect("clients do not panic"));
        counts.sum::<Result<usize>>()
    })?;
    Ok(counts as f64 / begun.elapsed().as_secs_f64())
}

/// Times to the first event while many streams are open, the server's memory then in KiB, and events a second.
fn streams(binary: &Path) -> Result<(Vec<Duration>, u64, f64)> {
    let house = House::start(binary, PACE_MS)?;
    let address = house.address;
    let is_over = Arc::new(AtomicBool::new(false));
    let heard = Arc::new(Mutex::new(0_u64));
    let mut threads = Vec::with_capacity(STREAMS);
    for _ in 0..STREAMS {
        let (is_over, heard) = (Arc::clone(&is_over), Arc::clone(&heard));
        let listen = move || -> Result<()> {
            let mut client = Client::connect(address)?;
            client.send("POST", "/v1/chat/completions", STREAMED)?;
            client.head()?;
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                let line = client.read_line()?;
                count += u64::from(line.starts_with("data: "));
                if line.ends_with("[DONE]") {
                    bail!("a stream ended too soon");
                }
            }
            *heard.lock().expect("nobody panics with it") += count;
            Ok(())
        };
        let builder = thread::Builder::new().stack_size(128 << 10);
        threads.push(builder.spawn(listen)?);
    }
    thread::sleep(Duration::from_secs(3));
    let begun = Instant::now();
    let mut times = Vec::with_capacity(PROBES);
    for _ in 0..PROBES {
        let begun = Instant::now();
        let mut client = Client::connect(address)?;
        client.send("POST", "/v1/chat/completions", STREAMED)?;
        client.head()?;
        while !client.read_line()?.starts_with("data: ") {}
        times.push(begun.elapsed());
        thread::sleep(Duration::from_millis(20));
    }
    let kilobytes = memory(house.child.id())?;
    let seconds = begun.elapsed().as_secs_f64() + 3.0;
    is_over.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().expect("clients do not panic")?;
    }
    let heard = *heard.lock().expect("nobody panics with it") as f64 / seconds;
    times.sort_unstable();
    Ok((times, kilobytes, heard))
}

/// Memory that a process holds, in KiB.
fn memory(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("no VmRSS")?.parse()?)
}

/// From starting the program to the end of its first answer, sorted.
fn starts(binary: &Path) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let begun = Instant::now();
        let house = House::start(binary, 0)?;
        Client::connect(house.address)?.ask("POST", "/v1/chat/completions", ASKED)?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

/// How many times a second llama.cpp's server lists its models.
fn peer(python: &str, model: &str) -> Result<f64> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut child = Command::new(python)
        .args([
            "-m",
            "llama_cpp.server",
            "--model",
            model,
            "--port",
            &port.to_string(),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let address = ([127, 0, 0, 1], port).into();
    let measured = wait(address, "/v1/models", Duration::from_secs(120))
        .and_then(|()| rate(address, "GET", "/v1/models", ""));
    child.kill()?;
    child.wait()?;
    measured
}
