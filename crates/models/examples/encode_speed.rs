//! How fast a tokenizer loads, encodes and decodes: `encode_speed TOKENIZER TEXT`.

use std::{path::Path, time::Instant};

use anyhow::{Context as _, Result};
use models::{Special, Tokenizer};

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let path = words.next().context("which tokenizer?")?;
    let text = words.next().context("which text?")?;
    let start = Instant::now();
    let tokenizer = Tokenizer::open(Path::new(&path))?;
    println!("load    {:8.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let text = std::fs::read_to_string(text)?;
    let megabytes = text.len() as f64 / 1e6;
    let start = Instant::now();
    let ids = tokenizer.encode(&text, Special::AsText);
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "encode  {:8.1} MB/s ({} ids)",
        megabytes / seconds,
        ids.len()
    );
    let start = Instant::now();
    let same = tokenizer.decode(&ids, false) == text;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "decode  {:8.1} MB/s ({})",
        megabytes / seconds,
        if same {
            "the same text"
        } else {
            "another text"
        }
    );
    let run = "a".repeat(1_000_000);
    let start = Instant::now();
    let ids = tokenizer.encode(&run, Special::AsText);
    println!(
        "1 MB of one letter {:.2} s ({} ids)",
        start.elapsed().as_secs_f64(),
        ids.len()
    );
    let run = " ".repeat(1_000_000);
    let start = Instant::now();
    let ids = tokenizer.encode(&run, Special::AsText);
    println!(
        "1 MB of spaces     {:.2} s ({} ids)",
        start.elapsed().as_secs_f64(),
        ids.len()
    );
    Ok(())
}
