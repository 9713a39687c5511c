//! Runs the benchmarks' Python scripts: oracles and probes.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};

/// A script that answers each line of JSON on its stdin with one on its stdout.
pub struct Python {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Python {
    /// Starts `script` with fixed hash seeds, so that every run sees the same set orders.
    pub fn start(script: &Path) -> Result<Self> {
        let mut child = command(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run `python3`")?;
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Ok(Self {
            child,
            stdin,
            stdout,
        })
    }

    /// Sends one request and waits for its answer.
    pub fn ask(&mut self, request: &serde_json::Value) -> Result<serde_json::Value> {
        writeln!(self.stdin, "{request}")?;
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the script ended without an answer");
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // The script may sit in a candidate's endless loop; both calls fail only if it already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a script printed on stdout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript(pub String);

impl Transcript {
    /// Runs `script` in `dir` with its `python_path` and collects what it prints.
    pub fn of(script: &Path, dir: &Path, python_path: &[&Path], limit: Duration) -> Result<Self> {
        let path = std::env::join_paths(python_path)?;
        let mut child = command(script)
            .current_dir(dir)
            .env("PYTHONPATH", path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run `python3`")?;
        let mut stdout = child.stdout.take().expect("stdout is piped");
        let mut stderr = child.stderr.take().expect("stderr is piped");
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let read = std::io::Read::read_to_end(&mut stdout, &mut text).map(|_| text);
            // The receiver is gone once the limit has passed.
            let _ = sender.send(read);
        });
        let noise = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = std::io::Read::read_to_string(&mut stderr, &mut text);
            text
        });
        let Ok(text) = receiver.recv_timeout(limit) else {
            child.kill()?;
            child.wait()?;
            bail!("no end after {} s", limit.as_secs());
        };
        let status = child.wait()?;
        let noise = noise.join().unwrap_or_default();
        ensure!(
            status.success(),
            "{status}: {}",
            noise.lines().last().unwrap_or_default()
        );
        Ok(Self(String::from_utf8_lossy(&text?).into_owned()))
    }

    /// Where the two first differ, as `expected / got`.
    pub fn first_difference(&self, got: &Self) -> Option<String> {
        let mut lines = self.0.lines();
        let mut others = got.0.lines();
        loop {
            match (lines.next(), others.next()) {
                (None, None) => return None,
                (left, right) if left == right => {}
                (left, right) => {
                    let (left, right) = (left.unwrap_or("nothing"), right.unwrap_or("nothing"));
                    let same = left
                        .chars()
                        .zip(right.chars())
                        .take_while(|(a, b)| a == b)
                        .count();
                    let [left, right] = [left, right].map(|line| around(line, same));
                    return Some(format!("expected `{left}`, got `{right}`"));
                }
            }
        }
    }
}

/// The call that a line begins with, and what stands around the character at `place`.
fn around(line: &str, place: usize) -> String {
    let letters: Vec<char> = line.chars().collect();
    if letters.len() <= 160 {
        return line.to_owned();
    }
    let start = place.saturating_sub(60).max(40);
    let end = (place + 60).min(letters.len());
    let text = |range: std::ops::Range<usize>| letters[range].iter().collect::<String>();
    format!("{} … {} …", text(0..40), text(start.min(end)..end))
}

fn command(script: &Path) -> Command {
    let mut command = Command::new("python3");
    command
        .arg(script)
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(text: &str, limit: Duration) -> Result<Transcript> {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("script.py");
        std::fs::write(&script, text).unwrap();
        Transcript::of(&script, dir.path(), &[dir.path()], limit)
    }

    #[test]
    fn a_transcript_is_what_the_script_prints() {
        let limit = Duration::from_secs(20);
        let three = transcript("for i in range(3): print(i)", limit).unwrap();
        let four = transcript("for i in range(4): print(i)", limit).unwrap();
        assert_eq!(three, Transcript("0\n1\n2\n".into()));
        assert_eq!(three.first_difference(&three), None);
        assert_eq!(
            three.first_difference(&four).unwrap(),
            "expected `nothing`, got `3`"
        );
        let [long, other] = ["1", "2"].map(|digit| {
            let line = "x".repeat(300) + digit + &"y".repeat(300);
            Transcript(line)
        });
        let difference = long.first_difference(&other).unwrap();
        assert!(difference.len() < 400 && difference.contains("x1y") && difference.contains("x2y"));
        assert!(transcript("print(1); raise ValueError('no')", limit).is_err());
    }

    #[test]
    fn a_script_without_end_is_an_error() {
        assert!(transcript("while True: pass", Duration::from_millis(200)).is_err());
    }
}
