//! A boxed Python that runs tests: start it, ask it, end it.

use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;

use super::interpreter::Interpreter;
use crate::course::Course;
use crate::error::Error;

/// The runner's files, written into the box as one package.
const FILES: [(&str, &str); 14] = [
    ("__init__.py", include_str!("runner/__init__.py")),
    ("behaviour.py", include_str!("runner/behaviour.py")),
    ("child.py", include_str!("runner/child.py")),
    ("cold.py", include_str!("runner/cold.py")),
    ("confirm.py", include_str!("runner/confirm.py")),
    ("guard.py", include_str!("runner/guard.py")),
    ("main.py", include_str!("runner/main.py")),
    ("pytest_suite.py", include_str!("runner/pytest_suite.py")),
    (
        "site/sitecustomize.py",
        include_str!("runner/sitecustomize.py"),
    ),
    ("stage.py", include_str!("runner/stage.py")),
    ("suite.py", include_str!("runner/suite.py")),
    ("swap.py", include_str!("runner/swap.py")),
    ("trace.py", include_str!("runner/trace.py")),
    ("unittest_case.py", include_str!("runner/unittest_case.py")),
];
const WIRE: (&str, &str) = ("wire.py", include_str!("runner/wire.py"));
/// Where the package lies inside the box.
pub(super) const FOLDER: &str = "/freehold";
/// The folder in it that makes every Python note the lines it runs.
pub(super) const PATH_OF_SITE: &str = "/freehold/freehold_runner/site";
const START: &str = "import sys; sys.path[0] = '/freehold'; \
    from freehold_runner.main import main; sys.path.pop(0); main()";
/// An answer longer than this is a fault, not an answer.
const FRAME_BYTES_MAX: usize = 256 << 20;

/// How long a wait may last before it is looked whether the owner wants to stop.
const STOP_LATENCY: Duration = Duration::from_millis(100);

/// What every runner of one repair has in common.
#[derive(Clone, Debug)]
pub(crate) struct Setting<'a> {
    pub interpreter: &'a Interpreter,
    /// The project's real place, at which the box shows a copy.
    pub root: &'a Path,
    /// The folder that holds the runner's package, see [`write_package`].
    pub package: &'a Path,
    /// Seed of Python's string hashes: sets of strings iterate in another order for each.
    pub hash_seed: usize,
    /// After this time the whole box is ended.
    pub wall_time: Duration,
    /// Whether it is to end; looked at while waiting for answers.
    pub course: &'a Course,
}

/// Writes the runner's package below `folder`, which is then [`Setting::package`].
pub(crate) fn write_package(folder: &Path) -> Result<(), Error> {
    let package = folder.join("freehold_runner");
    let site = package.join("site");
    std::fs::create_dir_all(&site).map_err(|source| Error::io("create", &site, source))?;
    for (name, text) in FILES.iter().chain([&WIRE]) {
        let path = package.join(name);
        std::fs::write(&path, text).map_err(|source| Error::io("write", &path, source))?;
    }
    Ok(())
}

/// One boxed Python.
#[derive(Debug)]
pub(crate) struct Runner {
    child: sandbox::Child,
    course: Course,
}

impl Runner {
    /// Starts a Python in a box that shows `copy` at the project's place.
    pub fn start(
        setting: &Setting<'_>,
        copy: &Path,
        access: sandbox::Access,
    ) -> Result<Self, Error> {
        let mut policy = sandbox::Policy::new()
            .bind(copy, setting.root, access)
            .bind(setting.package, FOLDER, sandbox::Access::Read)
            .network(sandbox::Network::Loopback)
            .limits(sandbox::Limits {
                wall_time: setting.wall_time,
                cpu_time: setting.wall_time * 2,
                memory_bytes: 4 << 30,
                processes: 128,
                ..sandbox::Limits::default()
            })
            .env("PYTHONHASHSEED", setting.hash_seed.to_string())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // The copy is ours alone: there is no repository or editor setting in it to protect.
            .protect_metadata(false)
            .cwd(setting.root);
        for folder in &setting.interpreter.reads {
            policy = policy.read(folder);
        }
        let arguments = ["-B", "-c", START].map(Into::into);
        let child = sandbox::spawn(&policy, &setting.interpreter.program, &arguments)?;
        Ok(Self {
            child,
            course: setting.course.clone(),
        })
    }

    /// Sends a request and waits for the one answer to it.
    pub fn ask(&mut self, request: &Value, patience: Duration) -> Result<Value, Error> {
        self.send(request)?;
        self.receive(patience)
    }

    /// Sends a request and waits for the answer to it; `ran` is told how many tests were run until then.
    pub fn ask_watching(
        &mut self,
        request: &Value,
        patience: Duration,
        ran: &mut dyn FnMut(usize),
    ) -> Result<Value, Error> {
        self.send(request)?;
        loop {
            let answer = self.receive(patience)?;
            match answer.get("ran").and_then(Value::as_u64) {
                Some(count) => ran(count as usize),
                None => return Ok(answer),
            }
        }
    }

    /// Sends a request.
    pub fn send(&mut self, request: &Value) -> Result<(), Error> {
        let body = serde_json::to_vec(request).expect("JSON values serialise");
        let length =
            u32::try_from(body.len()).map_err(|_| self.broken("the request is too long"))?;
        let mut frame = length.to_be_bytes().to_vec();
        frame.extend(body);
        self.child
            .stdin()
            .write_all(&frame)
            .map_err(|error| self.broken(&error.to_string()))
    }

    /// Waits for the next answer.
    pub fn receive(&mut self, patience: Duration) -> Result<Value, Error> {
        let deadline = Instant::now() + patience;
        let mut head = [0; 4];
        self.read_exactly(&mut head, deadline)?;
        let length = u32::from_be_bytes(head) as usize;
        if length > FRAME_BYTES_MAX {
            return Err(self.broken("an answer was too long"));
        }
        let mut body = vec![0; length];
        self.read_exactly(&mut body, deadline)?;
        let answer: Value =
            serde_json::from_slice(&body).map_err(|error| self.broken(&error.to_string()))?;
        match answer.get("error").and_then(Value::as_str) {
            Some("pytest is missing") => Err(Error::unsuitable(
                "no_pytest",
                "the tests need pytest, and this Python does not have it",
                "install it for the same Python: `python3 -m pip install pytest`",
            )),
            Some(reason) => Err(self.broken(reason)),
            None => Ok(answer),
        }
    }

    fn read_exactly(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<(), Error> {
        let mut filled = 0;
        while filled < buffer.len() {
            let left = deadline.saturating_duration_since(Instant::now());
            self.course.check()?;
            let timeout =
                Timespec::try_from(left.min(STOP_LATENCY)).expect("a tenth of a second fits");
            let stdout = self.child.stdout();
            let ready = poll(&mut [PollFd::new(stdout, PollFlags::IN)], Some(&timeout));
            match ready {
                Ok(0) if left > STOP_LATENCY => continue,
                Ok(0) => return Err(self.broken("it did not answer in time")),
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(self.broken(&error.to_string())),
            }
            match self.child.stdout().read(&mut buffer[filled..]) {
                Ok(0) => return Err(self.broken("it ended")),
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.broken(&error.to_string())),
            }
        }
        Ok(())
    }

    fn broken(&mut self, reason: &str) -> Error {
        let tail = self.child.stderr_tail();
        let tail = String::from_utf8_lossy(&tail);
        let last = tail.trim().lines().last().unwrap_or_default();
        Error::Runner {
            reason: if last.is_empty() {
                reason.to_owned()
            } else {
                format!("{reason}: {last}")
            },
        }
    }
}
