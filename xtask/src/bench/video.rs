//! `cargo xtask bench video`: films drawn, marked, encoded, boxed and signed, beside ffmpeg with libx264 on the same pictures, and the
//! memory that a film takes however long it is; and how well the ruler, by which made films are graded, reads true ones. With `network`, it
//! grades what the built-in network makes instead.

mod network;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::machine::Machine;
use super::table::Table;
use crate::tree;

/// Seconds of a short and a long film, whose memory is compared.
const LENGTHS: [u32; 2] = [2, 60];

pub fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => {}
        ["network", rest @ ..] => return network::run(rest),
        [word, ..] => bail!("unknown option `{word}`"),
    }
    let binary = super::freehold()?;
    print!("{}", Machine::read());
    let folder = tempfile::tempdir()?;
    let raw = folder.path().join("pictures.rgb");
    let mut bench = tree::cargo();
    bench
        .args([
            "bench", "--quiet", "--locked", "-p", "video", "--bench", "film", "--",
        ])
        .arg(&raw);
    let measured: Value = serde_json::from_str(tree::stdout_of(&mut bench)?.trim())?;
    let measured = measured.as_array().context("a list")?;
    let peer = ffmpeg(
        folder.path(),
        &raw,
        measured[0]["frames"].as_f64().context("frames")?,
    )?;
    let mut table = Table::new([
        "size",
        "drawn",
        "marked",
        "encoded, boxed, signed",
        "bar",
        "libx264",
        "ratio",
    ]);
    for (at, line) in measured.iter().enumerate() {
        let number = |name: &str| line[name].as_f64().unwrap_or_default();
        let rate = |rate: f64| format!("{rate:.0}/s");
        let (bar, other, ratio) = match at {
            0 => (
                "≥ 200/s".to_owned(),
                rate(peer),
                format!("{:.2}", number("write") / peer),
            ),
            _ => ("–".to_owned(), "–".to_owned(), "–".to_owned()),
        };
        let size = line["size"].as_str().unwrap_or_default().to_owned();
        table.row([
            size,
            rate(number("draw")),
            rate(number("mark")),
            rate(number("write")),
            bar,
            other,
            ratio,
        ]);
    }
    println!("\n{table}");
    let peaks = LENGTHS.map(|seconds| peak(&binary, folder.path(), seconds));
    let [short, long] = peaks;
    let (short, long) = (short?, long?);
    println!(
        "`freehold video create` of {} s took {:.1} s and {} MiB, and of {} s {:.1} s and {} MiB.",
        LENGTHS[0], short.0, short.1, LENGTHS[1], long.0, long.1
    );
    ruler()
}

/// What the ruler says of true films, of the words of other films, and of films that are damaged.
fn ruler() -> Result<()> {
    let mut bench = tree::cargo();
    bench.args([
        "bench", "--quiet", "--locked", "-p", "video", "--bench", "ruler",
    ]);
    let measured: Value = serde_json::from_str(tree::stdout_of(&mut bench)?.trim())?;
    let count = |line: &Value, name: &str| line[name].as_f64().unwrap_or_default();
    let share = |right: f64, wrong: f64| format!("{:.1} %", 100.0 * right / (right + wrong));
    let told = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let list = |name: &str| measured[name].as_array().context("a list");
    let mut table = Table::new([
        "said of a film",
        "right",
        "bar",
        "not to be told",
        "of another film",
    ]);
    for line in list("attributes")? {
        let [right, wrong, untold] = ["right", "wrong", "untold"].map(|name| count(line, name));
        table.row([
            told(line, "attribute"),
            share(right, wrong),
            "≥ 99 %".to_owned(),
            format!("{:.1} %", 100.0 * untold / (right + wrong + untold)),
            share(count(line, "others_right"), count(line, "others_wrong")),
        ]);
    }
    println!(
        "\nThe ruler, on {} true films of 64x64, at {:.2} s a film:\n\n{table}",
        measured["scenes"],
        count(&measured, "seconds_a_film")
    );
    let mut table = Table::new(["films", "right", "not to be told"]);
    for line in list("cases")? {
        let [right, wrong, untold] = ["right", "wrong", "untold"].map(|name| count(line, name));
        table.row([
            told(line, "case"),
            share(right, wrong),
            format!("{:.1} %", 100.0 * untold / (right + wrong + untold)),
        ]);
    }
    println!("{table}");
    Ok(())
}

/// Pictures a second of libx264 at a quality that is hard to tell from the original, with as many threads as it likes.
fn ffmpeg(folder: &Path, raw: &Path, frames: f64) -> Result<f64> {
    let mut command = Command::new("ffmpeg");
    command.args([
        "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "854x480", "-r", "24",
        "-i",
    ]);
    command.arg(raw).args([
        "-c:v",
        "libx264",
        "-crf",
        "20",
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+faststart",
    ]);
    let began = Instant::now();
    let status = command
        .arg(folder.join("peer.mp4"))
        .status()
        .context("`ffmpeg` runs")?;
    ensure!(status.success(), "`ffmpeg` fails");
    Ok(frames / began.elapsed().as_secs_f64())
}

/// Seconds and MiB that a film of 720p takes.
fn peak(binary: &Path, folder: &Path, seconds: u32) -> Result<(f64, u64)> {
    let mut command = Command::new("/usr/bin/env");
    command
        .args(["python3", "-c", PEAK])
        .arg(binary)
        .arg(folder)
        .arg(seconds.to_string());
    let said: Value = serde_json::from_str(tree::stdout_of(&mut command)?.trim())?;
    Ok((
        said["seconds"].as_f64().context("seconds")?,
        said["kib"].as_u64().context("KiB")? / 1024,
    ))
}

/// Runs a command, and says how long it took and how much memory its process held at most.
const PEAK: &str = r#"
import json, os, resource, subprocess, sys, time
binary, folder, seconds = sys.argv[1:]
environment = dict(os.environ, FREEHOLD_DATA=folder + "/house")
words = [binary, "video", "create", "a red ball bounces on a checkerboard", "-o", folder + "/" + seconds + ".mp4", "--seconds", seconds]
began = time.monotonic()
subprocess.run(words, env=environment, check=True, capture_output=True)
took = time.monotonic() - began
print(json.dumps({"seconds": took, "kib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))
"#;
