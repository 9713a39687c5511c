//! A loop of mutations that needs no special compiler.

use std::alloc::System;
use std::collections::HashSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::mutate::Mutator;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Inputs kept for further mutation.
const CORPUS_MAX: usize = 4_096;

/// Bytes of an input.
const INPUT_BYTES_MAX: usize = 1 << 16;

/// A parser under test.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// Parses an input, checks what comes of it, and says in words how it went. Inputs whose words are
    /// new are mutated further.
    pub parse: fn(&[u8]) -> String,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// The bytes that may be allocated for an input of so many bytes.
    pub bytes_max: fn(usize) -> usize,
}

/// `TARGET [--seconds N] [--seed N] [FILE…]`: parses the files, or mutates for so many seconds.
pub fn run(target: &Target) -> ExitCode {
    let mut seconds = 60;
    let mut seed = 1;
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|number| number.parse().ok());
        match &*argument {
            "--seconds" => seconds = number().expect("a number of seconds"),
            "--seed" => seed = number().expect("a number"),
            _ => files.push(PathBuf::from(argument)),
        }
    }
    if files.is_empty() {
        return mutate(target, Duration::from_secs(seconds), seed);
    }
    for file in files {
        let input = fs::read(&file).expect("a file that can be read");
        let (said, allocated) = measured(target, &input);
        println!("{}: {said} ({allocated} bytes allocated)", file.display());
    }
    ExitCode::SUCCESS
}

fn mutate(target: &Target, budget: Duration, seed: u64) -> ExitCode {
    let mut mutator = Mutator::new(seed);
    let mut corpus = (target.seeds)();
    let mut known: HashSet<String> = HashSet::new();
    let mut runs = 0_u64;
    let mut factor_max = 0.0_f64;
    let start = Instant::now();
    // The clock is asked now and then only.
    while runs % 256 != 0 || start.elapsed() < budget {
        let mut input = mutator.input(&corpus);
        input.truncate(INPUT_BYTES_MAX);
        runs += 1;
        let parsed = catch_unwind(AssertUnwindSafe(|| measured(target, &input)));
        let Ok((said, allocated)) = parsed else {
            return keep(target, &input, "panicked");
        };
        if allocated > (target.bytes_max)(input.len()) {
            return keep(target, &input, &format!("allocated {allocated} bytes"));
        }
        factor_max = factor_max.max(allocated as f64 / input.len().max(1_024) as f64);
        if known.len() < CORPUS_MAX && known.insert(words_of(&said)) {
            corpus.push(input);
        }
    }
    println!(
        "{}: {runs} inputs in {} s, {} inputs kept, at most {factor_max:.1} bytes allocated for each of an input of 1 KiB or more",
        target.name,
        start.elapsed().as_secs(),
        known.len()
    );
    ExitCode::SUCCESS
}

/// What the parser said, and how many bytes it allocated.
fn measured(target: &Target, input: &[u8]) -> (String, usize) {
    let region = Region::new(ALLOCATOR);
    let said = (target.parse)(input);
    let change = region.change();
    (said, change.bytes_allocated)
}

/// Outcomes that differ in numbers and quoted names alone are one, and names may hold quotes: what counts
/// are the letters before the first and after the last of them.
fn words_of(said: &str) -> String {
    let said = said.replace("`<memory>`", "");
    let said = said.split("\nhint: ").next().unwrap_or_default();
    let is_quote = |one: char| one == '`' || one == '"';
    let before = said.split(is_quote).next().unwrap_or_default();
    let after = said.rsplit(is_quote).next().unwrap_or_default();
    let letters = before.chars().chain(after.chars());
    letters
        .filter(|one| one.is_ascii_alphabetic() || *one == ' ')
        .collect()
}

/// Writes the input that failed where `cargo fuzz` would, and says so.
fn keep(target: &Target, input: &[u8], what: &str) -> ExitCode {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts")).join(target.name);
    let number = input.iter().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add((*byte).into())
    });
    let file = folder.join(format!("crash-{number:016x}"));
    fs::create_dir_all(&folder).expect("a folder for what failed");
    fs::write(&file, input).expect("room for what failed");
    println!("{}: {what}; the input is {}", target.name, file.display());
    ExitCode::FAILURE
}
