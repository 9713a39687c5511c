//! Asks `oracle.py` whether a text behaves as the reference.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::json;

use super::Program;
use crate::bench::repair::{Judgement, Python, Right};

/// Generated inputs for each judgement.
const INPUTS: usize = 1000;

/// The running script; it is started anew after a candidate has brought it down.
pub struct Oracle {
    python: Python,
}

/// One question.
pub struct Request<'a> {
    program: &'a Program,
    candidate: &'a str,
    inputs: usize,
    call_limit: Duration,
}

/// A text whose verdict is known.
#[derive(Debug, Deserialize)]
struct KnownPatch {
    name: String,
    /// Found once in the buggy program.
    replace: String,
    with: String,
    verdict: String,
}

impl<'a> Request<'a> {
    /// Asks with the full number of inputs.
    pub fn new(program: &'a Program, candidate: &'a str) -> Self {
        Self {
            program,
            candidate,
            inputs: INPUTS,
            call_limit: Duration::from_secs(1),
        }
    }
}

impl Oracle {
    /// Starts the script.
    pub fn start() -> Result<Self> {
        Ok(Self {
            python: Python::start(&folder().join("oracle.py"))?,
        })
    }

    /// The verdict, and the first input that shows a difference.
    pub fn judge(&mut self, request: &Request) -> Result<Judgement> {
        let question = json!({
            "name": request.program.name,
            "reference": request.program.solution,
            "candidate": request.candidate,
            "count": request.inputs,
            "seed": 1,
            "call_limit_s": request.call_limit.as_secs_f64(),
        });
        let Ok(answer) = self.python.ask(&question) else {
            *self = Self::start()?;
            return Ok(Judgement::wrong("it brings the interpreter down".into()));
        };
        let right = match answer["verdict"].as_str() {
            Some("same") => Right::Same,
            Some("allowed") => Right::Allowed,
            Some("different") => Right::No,
            _ => bail!("the oracle answers {answer}"),
        };
        Ok(Judgement {
            right,
            detail: answer["detail"].as_str().map(str::to_owned),
        })
    }
}

/// Where the known patches of `patches.json` are judged otherwise than they should be.
pub fn unexpected_verdicts(programs: &[Program], oracle: &mut Oracle) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for patch in known_patches()? {
        let Some(program) = programs.iter().find(|program| program.name == patch.name) else {
            continue;
        };
        let judgement = oracle.judge(&Request::new(program, &patch.applied_to(program)?))?;
        if judgement.right != patch.expected()? {
            problems.push(format!("{}, `{}`: {judgement:?}", patch.name, patch.with));
        }
    }
    Ok(problems)
}

fn known_patches() -> Result<Vec<KnownPatch>> {
    let text = std::fs::read_to_string(folder().join("patches.json"))?;
    serde_json::from_str(&text).context("`patches.json` does not parse")
}

impl KnownPatch {
    fn applied_to(&self, program: &Program) -> Result<String> {
        let found = program.buggy_program.matches(&self.replace).count();
        ensure!(
            found == 1,
            "`{}` is {found} times in {}",
            self.replace,
            self.name
        );
        Ok(program.buggy_program.replace(&self.replace, &self.with))
    }

    fn expected(&self) -> Result<Right> {
        Ok(match self.verdict.as_str() {
            "same" => Right::Same,
            "allowed" => Right::Allowed,
            "different" => Right::No,
            other => bail!("`{other}` is no verdict"),
        })
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/quixbugs")
}

#[cfg(test)]
mod tests {
    use super::super::program::load;
    use super::*;

    /// The collection, or `None` with a message where it is absent.
    fn programs() -> Option<Vec<Program>> {
        let programs = load(None).unwrap();
        if programs.is_none() {
            eprintln!("skipped: the QuixBugs data are absent");
        }
        programs
    }

    fn quick<'a>(program: &'a Program, candidate: &'a str) -> Request<'a> {
        Request {
            program,
            candidate,
            inputs: 250,
            call_limit: Duration::from_millis(200),
        }
    }

    #[test]
    fn every_reference_equals_itself_and_no_buggy_program_does() {
        let Some(programs) = programs() else { return };
        assert_eq!(programs.len(), 40);
        let mut oracle = Oracle::start().unwrap();
        for program in &programs {
            let judgement = oracle.judge(&quick(program, &program.solution)).unwrap();
            assert_eq!(judgement, Judgement::same(), "{}", program.name);
            let judgement = oracle
                .judge(&quick(program, &program.buggy_program))
                .unwrap();
            assert_eq!(judgement.right, Right::No, "{}", program.name);
            assert!(judgement.detail.is_some());
        }
    }

    #[test]
    fn subtly_wrong_patches_are_found_out_and_other_right_ones_pass() {
        let Some(programs) = programs() else { return };
        let mut oracle = Oracle::start().unwrap();
        for patch in known_patches().unwrap() {
            let program = programs
                .iter()
                .find(|program| program.name == patch.name)
                .unwrap();
            let text = patch.applied_to(program).unwrap();
            let judgement = oracle.judge(&quick(program, &text)).unwrap();
            assert_eq!(
                judgement.right,
                patch.expected().unwrap(),
                "{patch:?} {judgement:?}"
            );
        }
    }

    #[test]
    fn a_candidate_that_ends_the_interpreter_is_wrong() {
        let Some(programs) = programs() else { return };
        let mut oracle = Oracle::start().unwrap();
        let gcd = programs
            .iter()
            .find(|program| program.name == "gcd")
            .unwrap();
        let texts = [
            ("import os\ndef gcd(a, b):\n    os._exit(0)\n", Right::No),
            ("def gcd(a, b):\n    raise SystemExit(0)\n", Right::No),
            ("def gcd(:", Right::No),
            (&gcd.solution, Right::Same),
        ];
        for (text, expected) in texts {
            assert_eq!(
                oracle.judge(&quick(gcd, text)).unwrap().right,
                expected,
                "{text}"
            );
        }
    }
}
