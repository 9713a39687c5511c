//! `cargo xtask cross aarch64`: the kernels' tests as processors of Arm run them, imitated by qemu.
//!
//! Each processor is tested at the best level that it has, and the newest at the definition as well:
//! whatever a level has of its own is tested at every level above it too.

use std::{
    path::Path,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::tree;

const TARGET: &str = "aarch64-unknown-linux-gnu";
const LINKER: &str = "aarch64-linux-gnu-gcc";
const EMULATOR: &str = "qemu-aarch64";
/// Where Debian keeps the target's C library.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

/// Processors as qemu calls them, each with a level that it has.
const RUNS: &[(&str, &str)] = &[
    ("cortex-a72", "neon"),
    ("neoverse-n1", "neon_dot"),
    ("max", "neon_i8mm"),
    ("max", "scalar"),
];

/// Seconds after which an installation that waits for a network is given up, and tests that wait for
/// each other.
const PATIENCE_SECONDS: &str = "300";

/// Runs what the words ask for.
pub fn run(words: &[&str]) -> Result<ExitCode> {
    let installs = match words {
        ["aarch64"] => false,
        ["aarch64", "--install"] => true,
        _ => bail!("which target?\n{}", list()),
    };
    let mut missing = missing();
    if installs && !missing.is_empty() {
        install(&missing);
        missing = self::missing();
    }
    if !missing.is_empty() {
        let word = if installs { "skipped" } else { "error" };
        eprintln!("{word}: {}", told(&missing));
        return Ok(ExitCode::from(u8::from(!installs)));
    }
    let started = Instant::now();
    clippy()?;
    let program = build()?;
    for (processor, level) in RUNS {
        let start = Instant::now();
        test(&program, processor, level)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{processor:<14}{level:<12}ok  {seconds:>6.1} s");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("kernels pass on {TARGET}, {seconds:.0} s with what was built");
    Ok(ExitCode::SUCCESS)
}

/// What may be asked for, a line each.
pub fn list() -> String {
    "targets:\n  aarch64       kernels on Arm, under qemu; `--install` gets what it needs, or skips aloud\n"
        .to_owned()
}

/// Something that the tests need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// The standard library of the target.
    Target,
    /// A package of Debian.
    Package(&'static str),
}

/// What is not there.
fn missing() -> Vec<Need> {
    let sysroot = tree::stdout_of(Command::new("rustc").args(["--print", "sysroot"]));
    let has_target = sysroot.is_ok_and(|sysroot| {
        let folder = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET);
        folder.join("lib").is_dir()
    });
    let starts = |program: &str| tree::stdout_of(Command::new(program).arg("--version")).is_ok();
    let has_libraries = Path::new(LIBRARIES).join("lib/libc.so").exists();
    let needs = [
        (Need::Target, has_target),
        (Need::Package("gcc-aarch64-linux-gnu"), starts(LINKER)),
        (Need::Package("libc6-dev-arm64-cross"), has_libraries),
        (Need::Package("qemu-user"), starts(EMULATOR)),
    ];
    needs
        .into_iter()
        .filter_map(|(need, is_there)| (!is_there).then_some(need))
        .collect()
}

/// Names what is missing, and how to get it.
fn told(missing: &[Need]) -> String {
    let names: Vec<String> = missing
        .iter()
        .map(|need| match need {
            Need::Target => format!("Rust's target `{TARGET}`"),
            Need::Package(name) => format!("`{name}`"),
        })
        .collect();
    let mut commands = Vec::new();
    if missing.contains(&Need::Target) {
        commands.push(format!("rustup target add {TARGET}"));
    }
    let packages = packages(missing);
    if !packages.is_empty() {
        commands.push(format!("sudo apt-get install {}", packages.join(" ")));
    }
    format!(
        "kernels cannot be tested as on Arm without {}\nhint: {}",
        names.join(", "),
        commands.join(" && ")
    )
}

fn packages(missing: &[Need]) -> Vec<&'static str> {
    missing
        .iter()
        .filter_map(|need| match need {
            Need::Target => None,
            Need::Package(name) => Some(*name),
        })
        .collect()
}

/// Installs what it can: what is still missing afterwards, the caller sees for itself.
fn install(missing: &[Need]) {
    let attempt = |words: &[&str]| {
        eprintln!("installing: {}", words.join(" "));
        let mut command = Command::new("timeout");
        command.arg(PATIENCE_SECONDS).args(words);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        tree::stdout_of(&mut command).is_ok()
    };
    if missing.contains(&Need::Target) {
        attempt(&["rustup", "target", "add", TARGET]);
    }
    let packages = packages(missing);
    if !packages.is_empty() {
        let mut words = vec!["apt-get", "install", "--yes", "--no-install-recommends"];
        words.extend(packages);
        if !attempt(&words) && attempt(&["apt-get", "update"]) {
            attempt(&words);
        }
    }
}

/// What is written for this target alone is seen by no other check.
fn clippy() -> Result<()> {
    let mut command = tree::cargo();
    command.args(["clippy", "--quiet", "--locked", "--package", "kernels"]);
    command.args(["--all-targets", "--target", TARGET]);
    command.args(["--", "--deny", "warnings"]);
    passes(&mut command, "clippy has something to say")
}

/// Builds the tests, optimised since an imitated processor takes its time, and returns where they are.
fn build() -> Result<String> {
    let mut command = tree::cargo();
    command.args(["test", "--locked", "--package", "kernels", "--lib"]);
    command.args(["--target", TARGET, "--no-run"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER)
        .env("CARGO_PROFILE_TEST_OPT_LEVEL", "2")
        .env("CARGO_PROFILE_TEST_DEBUG", "0");
    executable(&tree::stdout_of(&mut command)?).context("cargo has built no tests")
}

/// The program that cargo says it has built.
fn executable(messages: &str) -> Option<String> {
    messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(str::to_owned)
    })
}

/// Runs the tests on a processor at a level.
fn test(program: &str, processor: &str, level: &str) -> Result<()> {
    let mut command = Command::new("timeout");
    command.args([PATIENCE_SECONDS, EMULATOR, "-L", LIBRARIES]);
    command.args(["-cpu", processor, program]);
    command.env("KERNELS_ISA", level);
    let what = format!("the kernels' tests fail on `{processor}` at `{level}`");
    passes(&mut command, &what)
}

/// Runs `command`, which is silent unless it fails.
fn passes(command: &mut Command, what: &str) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("`{name}` does not start"))?;
    let said = [output.stdout, output.stderr].concat();
    ensure!(
        output.status.success(),
        "{what}\n{}",
        String::from_utf8_lossy(&said).trim_end()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_what_brings_it() {
        assert_eq!(
            told(&[Need::Target, Need::Package("qemu-user")]),
            "kernels cannot be tested as on Arm without Rust's target \
             `aarch64-unknown-linux-gnu`, `qemu-user`\n\
             hint: rustup target add aarch64-unknown-linux-gnu && sudo apt-get install qemu-user"
        );
        assert_eq!(
            told(&[Need::Package("qemu-user")]),
            "kernels cannot be tested as on Arm without `qemu-user`\n\
             hint: sudo apt-get install qemu-user"
        );
    }

    #[test]
    fn the_program_is_found_among_what_cargo_says() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
            {\"reason\":\"compiler-artifact\",\"executable\":\"/t/kernels-1\"}\n\
            {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(executable(messages).as_deref(), Some("/t/kernels-1"));
        assert_eq!(executable("{}\nnoise"), None);
    }

    #[test]
    fn a_target_that_nobody_knows_is_refused() {
        assert!(run(&[]).is_err());
        assert!(run(&["sparc"]).is_err());
    }
}
