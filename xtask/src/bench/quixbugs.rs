//! `cargo xtask bench quixbugs`: forty one-defect Python programs, repaired and judged.
//!
//! Each program becomes a project of one module and its tests. The first patch is right when it
//! behaves as the reference on generated inputs that the search has not seen; see
//! `xtask/bench/quixbugs/oracle.py`.

mod oracle;
pub(super) mod program;

use std::time::Instant;

use anyhow::Result;

use self::{
    oracle::{Oracle, Request},
    program::Program,
};
use super::repair::{self, Options, Right};

const NOTES: &str = "\
Goals: ≥ 37/40 plausible, ≥ 31/40 right, median ≤ 500 ms, ≥ 500 candidates/s/core, whole run ≤ 480 s.
Anchors: a 330-line Python prototype of this search: 34 plausible, 24 right, median 220 ms;
OpenAI Codex in 2021: about 23; AlphaRepair: 27; ChatGPT in dialogue: 31.";

/// Runs the benchmark with what was typed after its name.
pub fn run(args: &[&str]) -> Result<()> {
    let options = Options::parse(args)?;
    let Some(mut programs) = program::load(options.data.as_deref())? else {
        eprintln!(
            "skipped: the QuixBugs data are not in `../shared/data/quixbugs`\n\
             hint: name their folder with `--data DIR`"
        );
        return Ok(());
    };
    programs.retain(|program| options.selects(&program.name));
    let mut oracle = Oracle::start()?;
    if options.validate {
        return validate(&programs, &mut oracle);
    }
    repair::run("QuixBugs", &programs, &options, |program, dir| {
        let text = std::fs::read_to_string(dir.join(program.module_file()))?;
        oracle.judge(&Request::new(program, &text))
    })?;
    println!("{NOTES}");
    Ok(())
}

/// Checks that the oracle knows each reference, each buggy program, and the patches known as right
/// or subtly wrong.
fn validate(programs: &[Program], oracle: &mut Oracle) -> Result<()> {
    let start = Instant::now();
    let mut problems = oracle::unexpected_verdicts(programs, oracle)?;
    for program in programs {
        let texts = [
            (&program.solution, Right::Same),
            (&program.buggy_program, Right::No),
        ];
        for (text, expected) in texts {
            let judgement = oracle.judge(&Request::new(program, text))?;
            if judgement.right != expected {
                problems.push(format!(
                    "{}: expected {expected:?}: {judgement:?}",
                    program.name
                ));
            }
        }
    }
    repair::conclude(programs.len(), start, &problems)
}
