//! `cargo xtask check`: the ⚙ rules of the house, each with what is wrong, where, and the fix.

mod absences;
mod cargo;
mod dependencies;
mod errors;
mod fixtures;
mod layers;
mod lengths;
mod links;
mod machine;
mod names;
mod packages;
mod rooms;
mod unsafety;
mod web;

use std::{fmt, process::ExitCode, time::Instant};

use anyhow::{Result, ensure};

use crate::tree::Tree;

/// One thing that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// `path:line`, as editors understand it.
    place: String,
    what: String,
    fix: String,
    /// Told, but no reason to fail.
    is_advice: bool,
}

impl Finding {
    fn new(place: impl fmt::Display, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            place: place.to_string(),
            what: what.into(),
            fix: fix.into(),
            is_advice: false,
        }
    }

    fn advice(self) -> Self {
        Self {
            is_advice: true,
            ..self
        }
    }
}

/// A name, a line of what it keeps, and the function that finds what breaks it.
type Check = (
    &'static str,
    &'static str,
    fn(&Tree) -> Result<Vec<Finding>>,
);

/// Said where what checks need may be installed, and nothing may be left out.
const INSTALL: &str = "--install";

const CHECKS: &[Check] = &[
    ("fmt", "rustfmt has nothing to change", cargo::fmt),
    ("layers", "crates use lower rows only", layers::check),
    (
        "absences",
        "what ARCHITECTURE.md says never happens",
        absences::check,
    ),
    (
        "rooms",
        "each crate is one sentence, everywhere the same",
        rooms::check,
    ),
    (
        "names",
        "no vague names, no mod.rs, folders stay shallow",
        names::check,
    ),
    (
        "lengths",
        "files stay under 800 lines, lib.rs is a table of contents",
        lengths::check,
    ),
    (
        "unsafe",
        "unsafe code stays in its named modules",
        unsafety::check,
    ),
    (
        "machine",
        "no path or name of this machine in the tree",
        machine::check,
    ),
    (
        "dependencies",
        "each dependency is sorted, shared and explained",
        dependencies::check,
    ),
    (
        "links",
        "links in the documentation lead somewhere",
        links::check,
    ),
    ("errors", "each error code has its section", errors::check),
    (
        "fixtures",
        "each fixture is what its manifest says",
        fixtures::check,
    ),
    (
        "packages",
        "licences, sources and duplicates of all packages",
        packages::check,
    ),
    (
        "web",
        "the web app: types, words, and nothing from elsewhere",
        web::check,
    ),
    ("clippy", "clippy has nothing to say", cargo::clippy),
    ("deny", "cargo deny, where it is installed", cargo::deny),
];

/// Runs the checks called `names`, or all of them.
pub fn run(words: &[&str]) -> Result<ExitCode> {
    let (flags, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| **word == INSTALL);
    for name in &names {
        ensure!(
            CHECKS.iter().any(|(known, ..)| known == name),
            "no check is called `{name}`\n{}",
            list()
        );
    }
    let tree = Tree {
        may_install: !flags.is_empty(),
        ..Tree::read()?
    };
    let mut failed = 0;
    for (name, _, check) in CHECKS {
        if !names.is_empty() && !names.contains(name) {
            continue;
        }
        let start = Instant::now();
        let findings = check(&tree)?;
        let wrong = findings.iter().filter(|finding| !finding.is_advice).count();
        let verdict = if wrong == 0 { "ok" } else { "FAILED" };
        let seconds = start.elapsed().as_secs_f64();
        println!("{name:<14}{verdict:<8}{seconds:>6.1} s");
        for Finding {
            place,
            what,
            fix,
            is_advice,
        } in &findings
        {
            let kind = if *is_advice { "advice: " } else { "" };
            println!("  {kind}{place}: {what}\n    fix: {fix}");
        }
        failed += usize::from(wrong > 0);
    }
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        println!("{failed} of the checks failed");
        ExitCode::from(1)
    })
}

/// The checks, a line each.
pub fn list() -> String {
    let lines = CHECKS
        .iter()
        .map(|(name, about, _)| format!("  {name:<14}{about}\n"));
    format!("checks:\n{}", lines.collect::<String>())
}
