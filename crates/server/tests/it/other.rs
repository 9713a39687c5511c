//! A server in another process, which can be killed as nothing but a process can be.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use server::Server;
use tokio::sync::watch;

use crate::house::{House, options};
use crate::wire::PATIENCE;

/// Words of an answer of the model `brisk`: `w0 w1 …`.
pub const WORDS: usize = 20;

/// One that is killed with this.
pub struct Other {
    process: Process,
    pub house: House,
}

/// A process that is killed with this.
pub struct Process(Child);

impl Other {
    /// One over the data in a folder, and the database that `url` names there.
    pub fn start(data: &Path, url: &str) -> Self {
        Self::start_at(data, url, ([127, 0, 0, 1], 0).into())
    }

    /// The same at a known address, as one that comes back.
    #[expect(
        clippy::disallowed_methods,
        reason = "a server is killed as nothing but a process can be"
    )]
    pub fn start_at(data: &Path, url: &str, address: SocketAddr) -> Self {
        let told = data.join("address");
        let _ = fs::remove_file(&told);
        fs::write(data.join("url"), url).unwrap();
        fs::write(data.join("at"), address.to_string()).unwrap();
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "other::serve", "--ignored"])
            .current_dir(data)
            .stdout(Stdio::null())
            .stderr(fs::File::create(data.join("said")).unwrap())
            .spawn()
            .unwrap();
        let mut other = Self {
            process: Process(process),
            house: House::elsewhere(([127, 0, 0, 1], 1).into()),
        };
        let until = Instant::now() + PATIENCE;
        loop {
            match fs::read_to_string(&told) {
                Ok(address) => {
                    other.house = House::elsewhere(address.parse().unwrap());
                    return other;
                }
                Err(_) => {
                    let said = || fs::read_to_string(data.join("said")).unwrap_or_default();
                    assert!(Instant::now() < until, "no server: {}", said());
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// What asks it, and what can be killed while others ask.
    pub fn apart(self) -> (House, Process) {
        (self.house, self.process)
    }
}

impl Process {
    /// SIGKILL: nothing is put in order.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGSTOP: it is there, and does nothing until it goes on.
    pub fn halt(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server itself: models that answer at once, soon and slowly, and whatever models lie in the folder.
#[test]
#[ignore = "it is started by another test, and never ends by itself"]
fn serve() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let data = Path::new(".");
        let mut options = options(data, true, json!({}));
        options.address = fs::read_to_string("at").unwrap().parse().unwrap();
        for (name, words, pace_ms) in [("slow", 200, 10), ("brisk", WORDS, 5)] {
            let words: String = (0..words).map(|number| format!("w{number} ")).collect();
            let script = json!({ "pace_ms": pace_ms, "lines": [{ "text": words }] });
            options.scripts.push(server::Script {
                name: name.to_owned(),
                script: serde_json::from_value(script).unwrap(),
            });
        }
        let url = fs::read_to_string("url").unwrap();
        if !url.is_empty() {
            options.store.url = url;
        }
        let server = Server::bind(options).await.unwrap();
        fs::write("address.new", server.address().to_string()).unwrap();
        fs::rename("address.new", "address").unwrap();
        let (_stop, stopped) = watch::channel(false);
        server.run(stopped).await.unwrap();
    });
}
