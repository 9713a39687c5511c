//! Tracks that people bring: refused, or sound that is no louder than sound can be.

#![cfg_attr(feature = "libfuzzer", no_main)]

use fuzz::Target;
use media::sound::{Sound as _, Track};

const TARGET: Target = Target {
    name: "track",
    parse,
    seeds: fuzz::tracks::seeds,
    // A head may say that a packet has a million samples.
    bytes_max: |length| 256 * length + (256 << 20),
};

/// Samples that are heard of a track.
const FEW: usize = 48_000;

fn parse(bytes: &[u8]) -> String {
    let mut track = match Track::of_bytes(bytes.to_vec()) {
        Ok(track) => track,
        Err(error) => return error.to_string(),
    };
    let mut heard = vec![[0.0; 2]; FEW];
    let outcome = track.fill(&mut heard);
    assert!(heard.as_flattened().iter().all(|side| side.abs() <= 1.0));
    match outcome {
        Ok(()) => track.media_type().to_owned(),
        Err(error) => error.to_string(),
    }
}

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.parse)(bytes);
});

#[cfg(not(feature = "libfuzzer"))]
fn main() -> std::process::ExitCode {
    fuzz::run(&TARGET)
}
