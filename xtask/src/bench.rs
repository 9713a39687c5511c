//! `cargo xtask bench NAME`: the figures of `docs/benchmarks.md`, one file a benchmark.
//!
//! A benchmark prints Markdown: [`machine::Machine`] first, then a [`table::Table`]. It measures
//! the release build of the binary, made by [`freehold`].

mod built_in;
mod engine;
mod faults;
mod fleet;
mod machine;
mod pybugs;
mod quixbugs;
mod repair;
mod rustfix;
mod sandbox;
mod server;
mod start;
mod table;
mod tests;
mod training;
mod video;
mod web;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Result, bail, ensure};

use crate::tree;

/// A name, a line of what it measures, and the function that measures it with the words after it.
type Bench = (&'static str, &'static str, fn(&[&str]) -> Result<()>);

const BENCHES: &[Bench] = &[
    (
        "built-in",
        "what the built-in model understands of three sets of requests, and how fast",
        built_in::run,
    ),
    (
        "engine",
        "prompts and steps of language models, side by side with llama.cpp",
        engine::run,
    ),
    (
        "faults",
        "the server killed two hundred times while clients write",
        faults::run,
    ),
    (
        "fleet",
        "routing between servers and its price, side by side with SGLang's router",
        fleet::run,
    ),
    (
        "pybugs",
        "bugs of one and two edits in small Python projects",
        pybugs::run,
    ),
    (
        "quixbugs",
        "forty one-defect Python programs: found, right, and how fast",
        quixbugs::run,
    ),
    (
        "rustfix",
        "bugs of one and two edits in small Rust crates",
        rustfix::run,
    ),
    (
        "sandbox",
        "how long a box takes, beside `bwrap` in the same run",
        sandbox::run,
    ),
    (
        "server",
        "what the HTTP layer adds: requests a second, streams, memory, start",
        server::run,
    ),
    (
        "start",
        "how long `freehold` itself takes to start and end",
        start::run,
    ),
    (
        "tests",
        "test generation on forty correct programs, side by side with Pynguin",
        tests::run,
    ),
    (
        "training",
        "steps of training: tokens a second and memory, side by side with PyTorch",
        training::run,
    ),
    (
        "video",
        "films drawn, marked, written and signed, side by side with ffmpeg's encoder",
        video::run,
    ),
    (
        "web",
        "the web app in a browser, over a chat of ten thousand messages",
        web::run,
    ),
];

/// Runs the benchmark called by the first of `words`, with the others.
pub fn run(words: &[&str]) -> Result<ExitCode> {
    let Some((name, args)) = words.split_first() else {
        bail!("which benchmark?\n{}", list());
    };
    let Some((.., measure)) = BENCHES.iter().find(|(known, ..)| known == name) else {
        bail!("no benchmark is called `{name}`\n{}", list());
    };
    measure(args)?;
    Ok(ExitCode::SUCCESS)
}

/// The benchmarks, a line each.
pub fn list() -> String {
    let lines = BENCHES
        .iter()
        .map(|(name, about, _)| format!("  {name:<14}{about}\n"));
    format!("benchmarks:\n{}", lines.collect::<String>())
}

/// Builds the binary as users build it and says where it lies.
fn freehold() -> Result<PathBuf> {
    let mut build = tree::cargo();
    build.args([
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--package",
        "cli",
    ]);
    ensure!(build.status()?.success(), "`freehold` does not build");
    let metadata =
        tree::stdout_of(tree::cargo().args(["metadata", "--no-deps", "--format-version=1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let target = metadata["target_directory"].as_str().unwrap_or("target");
    Ok(PathBuf::from(target).join("release/freehold"))
}
