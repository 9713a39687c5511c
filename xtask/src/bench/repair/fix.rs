//! One timed run of `freehold fix --json`.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::Options;

/// How long past its budget a run may last before it is killed.
const GRACE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(2);

/// The command that is measured.
pub struct Fix {
    binary: PathBuf,
    budget: Duration,
    jobs: Option<usize>,
}

/// What came of one run.
#[derive(Debug)]
pub struct Answer {
    /// From start to exit of the process.
    pub wall: Duration,
    /// The parsed answer, or why there is none.
    pub report: Result<Report, String>,
}

/// The parts of the answer that the benchmarks read.
#[derive(Debug, Default, Deserialize)]
pub struct Report {
    /// `fixed`, `not_fixed` or `no_failing_test`.
    pub outcome: String,
    #[serde(default)]
    pub candidates: Candidates,
    /// Best first.
    #[serde(default)]
    pub patches: Vec<Patch>,
}

/// How much the search tried.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Candidates {
    pub tried: u64,
    pub per_second_per_core: f64,
    pub plausible: u64,
    pub timeouts: u64,
}

/// One patch that passes the visible tests.
#[derive(Debug, Clone, Deserialize)]
pub struct Patch {
    #[serde(default)]
    pub diff: String,
    #[serde(default)]
    pub confidence: f64,
    #[serde(default)]
    pub operators: Vec<String>,
    pub files: Vec<PatchedFile>,
}

/// The whole new text of one file.
#[derive(Debug, Clone, Deserialize)]
pub struct PatchedFile {
    /// Relative to the project.
    pub path: PathBuf,
    pub content: String,
}

impl Fix {
    /// Builds the binary unless one was named.
    pub fn new(options: &Options) -> Result<Self> {
        Ok(Self {
            binary: options.binary()?,
            budget: options.budget,
            jobs: options.jobs,
        })
    }

    /// Runs the command on the project in `dir`; the project stays as it is.
    pub fn run(&self, dir: &Path) -> Result<Answer> {
        // Output goes to files, so that no full pipe holds the run up; its data stay out of the home.
        let aside = tempfile::tempdir()?;
        let mut command = Command::new(&self.binary);
        command.arg("fix").arg(dir).args(["--json", "--budget"]);
        command.arg(format!("{}s", self.budget.as_secs_f64()));
        if let Some(jobs) = self.jobs {
            command.arg("--jobs").arg(jobs.to_string());
        }
        command
            .env("XDG_DATA_HOME", aside.path())
            .stdin(Stdio::null());
        command.stdout(File::create(aside.path().join("stdout"))?);
        command.stderr(File::create(aside.path().join("stderr"))?);

        let start = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot run `{}`", self.binary.display()))?;
        let status = wait(&mut child, start + self.budget + GRACE)?;
        let wall = start.elapsed();
        let stdout = std::fs::read_to_string(aside.path().join("stdout")).unwrap_or_default();
        let stderr = std::fs::read_to_string(aside.path().join("stderr")).unwrap_or_default();
        Ok(Answer {
            wall,
            report: read(status, &stdout, &stderr),
        })
    }
}

/// The exit status, or `None` when the child had to be killed at `deadline`.
fn wait(child: &mut Child, deadline: Instant) -> Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

fn read(status: Option<ExitStatus>, stdout: &str, stderr: &str) -> Result<Report, String> {
    let Some(status) = status else {
        return Err("killed: it ran far beyond its budget".into());
    };
    serde_json::from_str(stdout).map_err(|error| {
        let said = if stdout.trim().is_empty() {
            stderr
        } else {
            stdout
        };
        let tail: Vec<&str> = said.lines().rev().take(3).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        format!("{status}, no report ({error}): {}", tail.join(" / "))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn run_script(script: &str, budget: Duration) -> Answer {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("fake");
        std::fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        Fix {
            binary,
            budget,
            jobs: Some(2),
        }
        .run(dir.path())
        .unwrap()
    }

    #[test]
    fn passes_the_flags_and_reads_the_patches() {
        let answer = run_script(
            r#"test "$1 $3 $4 $5 $6 $7" = "fix --json --budget 7s --jobs 2" || exit 3
            printf '{"outcome":"fixed","candidates":{"tried":4,"per_second_per_core":2.5},'
            printf '"patches":[{"files":[{"path":"a.py","content":"x = 1"}],"unknown":[]}]}'"#,
            Duration::from_secs(7),
        );
        let report = answer.report.unwrap();
        assert_eq!(report.outcome, "fixed");
        assert_eq!(
            (
                report.candidates.tried,
                report.candidates.per_second_per_core
            ),
            (4, 2.5)
        );
        assert_eq!(report.patches[0].files[0].content, "x = 1");
    }

    #[test]
    fn an_answer_that_is_no_report_becomes_a_reason() {
        let answer = run_script("echo broken pipe >&2; exit 101", Duration::from_secs(1));
        let reason = answer.report.unwrap_err();
        assert!(
            reason.contains("101") && reason.contains("broken pipe"),
            "{reason}"
        );
    }
}
