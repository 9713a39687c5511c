//! Content credentials: nothing but what was signed is valid.

#![cfg_attr(feature = "libfuzzer", no_main)]

use std::collections::HashSet;
use std::io::Cursor;
use std::sync::LazyLock;

use fuzz::Target;
use media::credentials::{Status, Trust, verify};

const TARGET: Target = Target {
    name: "credentials",
    parse,
    seeds: || SEALED.iter().cloned().collect(),
    bytes_max: |length| 256 * length + (64 << 20),
};

/// Made once: each time the key is another.
static SEALED: LazyLock<HashSet<Vec<u8>>> =
    LazyLock::new(|| fuzz::films::sealed().into_iter().collect());

fn parse(bytes: &[u8]) -> String {
    match verify(&mut Cursor::new(bytes), &Trust::nobody(fuzz::films::NOW)) {
        Err(error) => error.to_string(),
        Ok(report) => {
            let is_valid = report.status == Status::Valid;
            assert!(
                !is_valid || SEALED.contains(bytes),
                "a changed file is valid: {}",
                changes(bytes)
            );
            match report.status {
                Status::Valid => "valid".to_owned(),
                Status::Missing => "missing".to_owned(),
                Status::Invalid { reason } | Status::Unread { reason } => reason,
            }
        }
    }
}

/// How a file differs from the sealed one that has most in common with it.
fn changes(bytes: &[u8]) -> String {
    let common = |file: &Vec<u8>| {
        let ahead = file.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        let behind = file
            .iter()
            .rev()
            .zip(bytes.iter().rev())
            .take_while(|(a, b)| a == b)
            .count();
        (ahead, behind)
    };
    let files = SEALED.iter().map(|file| (common(file), file));
    let Some(((ahead, behind), file)) = files.max_by_key(|((ahead, behind), _)| ahead + behind)
    else {
        return "there is none".to_owned();
    };
    let of = |bytes: &[u8]| {
        let end = bytes.len().saturating_sub(behind).max(ahead);
        String::from_utf8_lossy(&bytes[ahead..end.min(ahead + 80)])
            .escape_debug()
            .to_string()
    };
    format!(
        "of {} bytes, {ahead} before and {behind} behind are the same; `{}` became `{}`",
        file.len(),
        of(file),
        of(bytes)
    )
}

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.parse)(bytes);
});

#[cfg(not(feature = "libfuzzer"))]
fn main() -> std::process::ExitCode {
    fuzz::run(&TARGET)
}
