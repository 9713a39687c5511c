//! `cargo xtask clients`: programs that other people wrote for OpenAI's API, against a live server.
//!
//! What they need is installed below `target/clients/`, in the versions that `xtask/clients/` pins. The server
//! is the program of this workspace, with a model that says what a file tells it to and one of random weights.
//! `xtask/clients/missing.txt` lists what is known not to work yet; a line that begins to work fails the run.

mod codex;
mod media;
mod release;
mod served;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use self::served::Served;
use crate::installed::Place;
use crate::tree;

/// Said by the second of two programs, which has a network of its own.
const INSIDE: &str = "--inside";

/// Programs that clients need, as Debian's packages name them.
const NEEDS: &[(&str, &[&str], &str)] = &[
    ("python3", &["-c", "import ensurepip"], "python3-venv"),
    ("node", &["--version"], "nodejs"),
    ("npm", &["--version"], "npm"),
    ("ip", &["-Version"], "iproute2"),
    ("ffprobe", &["-version"], "ffmpeg"),
];

/// Said where the tests run next, on a machine that may lack what clients need.
const INSTALL: &str = "--install";

/// One client: its name, a line of what it does, and how it is run.
struct Client {
    name: &'static str,
    about: &'static str,
    run: fn(&Trial<'_>) -> Result<bool>,
}

const CLIENTS: &[Client] = &[
    Client {
        name: "python",
        about: "the official SDK for Python, over every row of the API",
        run: python,
    },
    Client {
        name: "node",
        about: "the official SDK for Node, over every row of the API",
        run: node,
    },
    Client {
        name: "codex",
        about: "the official Codex CLI, in a network of its own",
        run: codex::run,
    },
    Client {
        name: "release",
        about: "a release, read by model_signing, CycloneDX, gguf and TensorBoard; `transformers` and `llama` when named",
        run: release::run,
    },
    Client {
        name: "media",
        about: "our films, read by the makers of C2PA and by ffmpeg",
        run: media::run,
    },
    Client {
        name: "schemathesis",
        about: "requests that follow from our OpenAPI document, and break its rules",
        run: schemathesis,
    },
];

/// What a client is run with.
struct Trial<'a> {
    place: &'a Place,
    /// The server's program.
    freehold: &'a Path,
    /// Whether this is the second of two programs.
    is_inside: bool,
    /// Beginnings of the names of the cases that are wanted; all when empty.
    cases: &'a [&'a str],
}

/// Runs what the words ask for.
pub fn run(words: &[&str]) -> Result<ExitCode> {
    let (flags, words): (Vec<&str>, Vec<&str>) =
        words.iter().partition(|word| word.starts_with("--"));
    let (chosen, cases) = match words.split_first() {
        None => (CLIENTS.iter().collect(), &[][..]),
        Some((name, cases)) => {
            let client = CLIENTS.iter().find(|client| client.name == *name);
            let client =
                client.with_context(|| format!("there is no client `{name}`\n{}", list()))?;
            (vec![client], cases)
        }
    };
    if let Some(flag) = flags.iter().find(|flag| ![INSTALL, INSIDE].contains(flag)) {
        bail!("unknown option `{flag}`\n{}", list());
    }
    let place = Place::of("clients")?;
    let missing = Place::missing(NEEDS);
    if !missing.is_empty() && flags.contains(&INSTALL) {
        place.install(&missing);
    }
    let is_inside = flags.contains(&INSIDE);
    let freehold = built(&place.root, &flags)?;
    let mut failed = Vec::new();
    for client in chosen {
        let started = Instant::now();
        let trial = Trial {
            place: &place,
            freehold: &freehold,
            is_inside,
            cases,
        };
        if !(client.run)(&trial).with_context(|| format!("`{}` cannot be run", client.name))? {
            failed.push(client.name);
        }
        if !is_inside {
            println!("{}: {:.0} s", client.name, started.elapsed().as_secs_f64());
        }
    }
    ensure!(
        failed.is_empty(),
        "clients do not get what they expect: {}",
        failed.join(", ")
    );
    Ok(ExitCode::SUCCESS)
}

/// What may be asked for, a line each.
pub fn list() -> String {
    let mut text = "clients:\n".to_owned();
    for client in CLIENTS {
        text += &format!("  {:<14}{}\n", client.name, client.about);
    }
    text + "  `--install` gets the Debian packages they need, and builds the server with all tests\n"
}

/// The server's program. Built together with the tests, so that nothing is built twice where they run next.
fn built(root: &Path, flags: &[&str]) -> Result<PathBuf> {
    let mut build = tree::cargo();
    match flags.contains(&INSTALL) {
        true => build.args(["test", "--no-run", "--workspace"]),
        false => build.args(["build", "--package", "cli"]),
    };
    if !flags.contains(&INSIDE) {
        let status = build.args(["--quiet", "--locked"]).status()?;
        ensure!(status.success(), "`freehold` does not build");
    }
    Ok(root.join("target/debug/freehold"))
}

fn python(trial: &Trial<'_>) -> Result<bool> {
    let python = trial.place.python()?;
    let server = Served::start(trial)?;
    let mut command = Command::new(python);
    command.arg(trial.place.sources("python/acceptance.py"));
    command
        .args(trial.cases)
        .env("FREEHOLD_URL", &server.url)
        .env("FREEHOLD_KEY_LIMITED", &server.limited_key)
        .env("FREEHOLD_KEY_OWNER", &server.owner_key);
    passes(&mut command)
}

fn node(trial: &Trial<'_>) -> Result<bool> {
    let folder = trial.place.node("node")?;
    let server = Served::start(trial)?;
    let mut command = Command::new("node");
    command
        .arg("acceptance.mjs")
        .args(trial.cases)
        .current_dir(folder)
        .env("FREEHOLD_URL", &server.url)
        .env("FREEHOLD_KEY_OWNER", &server.owner_key)
        .env("FREEHOLD_MISSING", trial.place.sources("missing.txt"));
    passes(&mut command)
}

fn schemathesis(trial: &Trial<'_>) -> Result<bool> {
    let python = trial.place.python()?;
    let folder = trial.place.copied("schemathesis")?;
    let server = Served::start(trial)?;
    let mut command = Command::new(python.with_file_name("schemathesis"));
    command
        .args(["--config-file", "schemathesis.toml", "run"])
        .arg(format!("{}/openapi.json", server.url))
        .args(trial.cases)
        .current_dir(folder);
    passes(&mut command)
}

/// Whether `command` ends well.
fn passes(command: &mut Command) -> Result<bool> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status();
    let status = status.with_context(|| format!("`{name}` does not start"))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_nobody_knows_is_refused() {
        assert!(run(&["perl"]).is_err());
        assert!(run(&["python", "--fast"]).is_err());
    }
}
