//! The boxed Python that runs cases: start it, ask it, end it.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::{Value as Json, json};

use super::literal::{self, Script};
use crate::generate::explore::{Bench, Observation, Order};
use crate::generate::mutant::Mutant;
use crate::generate::target::{Kind, Target};
use crate::generate::value::Case;
use programs::Error;
use programs::python::interpreter::Interpreter;

const RUNNER: &str = include_str!("runner.py");
/// How long the module may take to import, in seconds.
const IMPORT_SECONDS: u64 = 5;
/// How long the runner may be silent: it watches over its own forks and speaks sooner.
const SILENCE: Duration = Duration::from_secs(30);

/// Where the module is and what runs it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub interpreter: Interpreter,
    /// The file under test.
    pub path: PathBuf,
    /// The folder from which it is imported.
    pub import_root: PathBuf,
    /// The folder that is shown in the box.
    pub project: PathBuf,
    /// The name under which it is imported.
    pub module: String,
    /// How long a box may live.
    pub wall_time: Duration,
}

impl Place {
    fn policy(&self, hash_seed: u64) -> sandbox::Policy {
        let policy = sandbox::Policy::new()
            .read(&self.project)
            .env("PYTHONHASHSEED", hash_seed.to_string())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .limits(sandbox::Limits {
                wall_time: self.wall_time,
                cpu_time: self.wall_time * 2,
                memory_bytes: 3 << 30,
                processes: 64,
                ..sandbox::Limits::default()
            });
        self.interpreter
            .reads
            .iter()
            .fold(policy, |policy, path| policy.read(path))
    }

    /// Runs the tests of a finished file once, in an order and with string hashes that `seed`
    /// chooses: the names of those that fail, with how.
    pub fn verify(
        &self,
        text: &str,
        out: &Path,
        seed: u64,
    ) -> Result<Vec<(String, String)>, Error> {
        let command = sandbox::Command::new(&self.interpreter.program)
            .args(["-X", "utf8", "-c", RUNNER, "verify"])
            .arg(out)
            .arg(&self.import_root)
            .arg(seed.to_string())
            .stdin(text.as_bytes());
        let outcome = sandbox::run(&self.policy(seed + 1), &command)?;
        let reply: Json = serde_json::from_slice(&outcome.stdout).map_err(|_| Error::Runner {
            reason: format!(
                "the finished tests ended the process: {}",
                String::from_utf8_lossy(&outcome.stderr)
            ),
        })?;
        let failed = reply["failed"].as_object().into_iter().flatten();
        Ok(failed
            .map(|(name, why)| (name.clone(), why.as_str().unwrap_or_default().to_owned()))
            .collect())
    }
}

/// Boxed Pythons that have the module and its mutants loaded, one for each worker.
pub(super) struct Boxes {
    workers: Vec<Mutex<Runner>>,
    /// Mutants that can run at all and differ from the original, by index.
    pub loaded: Vec<u32>,
}

impl Boxes {
    /// Starts `jobs` boxes and loads the module in each.
    pub fn start(
        place: &Place,
        source: &str,
        standins: &str,
        mutants: &[Mutant],
        jobs: usize,
    ) -> Result<Self, Error> {
        let mutants: Vec<Json> = mutants
            .iter()
            .enumerate()
            .map(|(id, m)| {
                json!({"id": id, "start": m.span.start, "end": m.span.end, "text": m.text,
                       "first": m.lines.0, "last": m.lines.1})
            })
            .collect();
        let load = json!({
            "op": "load", "source": source, "module": place.module, "path": place.path,
            "root": place.import_root, "standins": standins, "mutants": mutants,
            "import_seconds": IMPORT_SECONDS,
        });
        let started: Vec<Result<(Runner, Vec<u32>), Error>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..jobs.max(1))
                .map(|_| scope.spawn(|| Runner::start(place, &load)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("starting does not panic"))
                .collect()
        });
        let mut workers = Vec::new();
        let mut loaded: Option<Vec<u32>> = None;
        for result in started {
            let (runner, ids) = result?;
            workers.push(Mutex::new(runner));
            loaded = Some(match loaded {
                Some(known) => known.into_iter().filter(|id| ids.contains(id)).collect(),
                None => ids,
            });
        }
        Ok(Self {
            workers,
            loaded: loaded.unwrap_or_default(),
        })
    }

    /// How each case can be asserted, in order; null for a case that can no longer be run.
    pub fn show(&self, scripts: &[Script], target: &Target) -> Result<Vec<Json>, Error> {
        let cases = scripts
            .iter()
            .enumerate()
            .map(|(id, script)| order(id, script, target))
            .collect::<Vec<_>>();
        let request = json!({"op": "show", "cases": cases});
        let mut shown = vec![Json::Null; scripts.len()];
        let mut runner = self.workers[0].lock().expect("no holder panics");
        runner.ask(&request, |reply| {
            let id = reply["id"].as_u64().unwrap_or_default() as usize;
            if reply["kind"] == "ok" && id < shown.len() {
                shown[id] = reply;
            }
        })?;
        Ok(shown)
    }
}

impl Bench for Boxes {
    fn workers(&self) -> usize {
        self.workers.len()
    }

    fn observe(
        &self,
        worker: usize,
        cases: &[&Case],
        wanted: &Order<'_>,
    ) -> Result<Vec<Observation>, Error> {
        let target = wanted.target;
        let orders: Vec<Json> = cases
            .iter()
            .enumerate()
            .map(|(id, case)| order(id, &literal::script(case, target), target))
            .collect();
        let request = json!({"op": "run", "cases": orders, "mutants": wanted.mutants, "endless": wanted.endless});
        let mut seen = vec![Observation::default(); cases.len()];
        let mut fatal: Vec<(usize, u32)> = Vec::new();
        let mut runner = self.workers[worker].lock().expect("no holder panics");
        runner.ask(&request, |reply| {
            let id = reply["id"].as_u64().unwrap_or_default() as usize;
            if let Some(mutant) = reply["fatal"].as_u64() {
                fatal.push((id, mutant as u32));
            } else if id < seen.len() {
                seen[id] = observation(&reply);
            }
        })?;
        for (id, mutant) in fatal {
            if seen[id].usable {
                seen[id].killed.push(mutant);
            }
        }
        Ok(seen)
    }
}

/// A case as the runner takes it.
fn order(id: usize, script: &Script, target: &Target) -> Json {
    let receiver = target
        .callables
        .first()
        .filter(|callable| callable.kind == Kind::Constructor)
        .map(|_| literal::snake_case(&target.name));
    json!({
        "id": id, "setup": script.setup_text(), "calls": script.calls, "watch": script.watch,
        "receiver": receiver,
    })
}

fn observation(reply: &Json) -> Observation {
    let pairs = reply["arcs"].as_array().into_iter().flatten();
    Observation {
        usable: reply["kind"] == "ok",
        outside: (reply["kind"] == "outside")
            .then(|| reply["detail"].as_str().unwrap_or("outside").to_owned()),
        raised: reply["raised"]
            .as_str()
            .map(|kind| (kind.to_owned(), reply["meant"] == true)),
        arcs: pairs
            .filter_map(|pair| Some((pair[0].as_i64()?, pair[1].as_i64()?)))
            .collect(),
        killed: ids(&reply["killed"]),
        endless: ids(&reply["slow"]),
        behaviour: reply["key"]
            .as_str()
            .and_then(|key| u64::from_str_radix(key, 16).ok())
            .unwrap_or(0),
        length: reply["size"].as_u64().unwrap_or(0) as usize,
    }
}

fn ids(list: &Json) -> Vec<u32> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_u64())
        .map(|id| id as u32)
        .collect()
}

/// One boxed Python.
struct Runner {
    child: sandbox::Child,
    pending: Vec<u8>,
}

impl Runner {
    /// Starts a box and loads the module: the mutants that can run.
    fn start(place: &Place, load: &Json) -> Result<(Self, Vec<u32>), Error> {
        let args: Vec<OsString> = ["-X", "utf8", "-c", RUNNER]
            .into_iter()
            .map(Into::into)
            .collect();
        let child = sandbox::spawn(&place.policy(0), &place.interpreter.program, &args)?;
        let mut runner = Self {
            child,
            pending: Vec::new(),
        };
        runner.send(load)?;
        let patience = Duration::from_secs(IMPORT_SECONDS) + SILENCE;
        let reply = match runner.receive(patience) {
            Ok(reply) => reply,
            Err(_) => {
                return Err(refused_import(
                    "import_exits",
                    "it ends or blocks the whole process",
                    place,
                ));
            }
        };
        match reply["error"].as_str() {
            Some(error) => {
                let detail = reply["detail"].as_str().unwrap_or_default();
                Err(refused_import(error, detail, place))
            }
            None => Ok((runner, ids(&reply["loaded"]))),
        }
    }

    /// Sends a request and hands over each reply until the runner says that it is done.
    fn ask(&mut self, request: &Json, mut take: impl FnMut(Json)) -> Result<(), Error> {
        self.send(request)?;
        loop {
            let reply = self.receive(SILENCE)?;
            if reply["done"] == true {
                return Ok(());
            }
            take(reply);
        }
    }

    fn send(&mut self, request: &Json) -> Result<(), Error> {
        let mut line = request.to_string();
        line.push('\n');
        self.child
            .stdin()
            .write_all(line.as_bytes())
            .map_err(|error| self.lost(&error.to_string()))
    }

    fn receive(&mut self, patience: Duration) -> Result<Json, Error> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return serde_json::from_slice(&line)
                    .map_err(|error| self.lost(&error.to_string()));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec {
                tv_sec: left.as_secs() as i64,
                tv_nsec: i64::from(left.subsec_nanos()),
            };
            let ready = {
                let fd = self.child.as_fd();
                poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&timeout))
            };
            match ready {
                Ok(0) => return Err(self.lost("it does not answer")),
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(self.lost(&error.to_string())),
            }
            let mut chunk = [0; 1 << 16];
            match self.child.stdout().read(&mut chunk) {
                Ok(0) => return Err(self.lost("it ended")),
                Ok(count) => self.pending.extend_from_slice(&chunk[..count]),
                Err(error) => return Err(self.lost(&error.to_string())),
            }
        }
    }

    fn lost(&mut self, why: &str) -> Error {
        self.child.kill();
        let tail = String::from_utf8_lossy(&self.child.stderr_tail())
            .trim()
            .to_owned();
        let last = tail
            .lines()
            .last()
            .map(|line| format!(": {line}"))
            .unwrap_or_default();
        Error::Runner {
            reason: format!("{why}{last}"),
        }
    }
}

/// The module cannot be imported, with what to do about it.
fn refused_import(error: &str, detail: &str, place: &Place) -> Error {
    let name = place.path.file_name().unwrap_or_default().to_string_lossy();
    let under_main = "move what it does at the top level under `if __name__ == \"__main__\":`";
    let said = |what: &str| format!("`{name}` {what}: {detail}");
    match error {
        "syntax" => Error::unsuitable(
            "broken_syntax",
            said("is not valid Python"),
            "correct the syntax first",
        ),
        "import_hangs" => Error::unsuitable(
            "import_hangs",
            said("does not finish importing"),
            under_main,
        ),
        "import_exits" => Error::unsuitable(
            "import_exits",
            said("ends the process when it is imported"),
            under_main,
        ),
        _ => Error::unsuitable(
            "import_fails",
            said("cannot be imported"),
            "it is imported in a sandbox that shows its project read-only, without network; \
             packages that it needs are found in the project's `.venv`",
        ),
    }
}
