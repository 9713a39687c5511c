//! Tracks that others encoded begin when they were meant to.

#![expect(
    clippy::disallowed_methods,
    reason = "the peer is a program, and asked for by a variable"
)]

use std::path::Path;
use std::process::Command;

use media::sound::{Sound as _, Track};

/// Samples a second of films.
const RATE: usize = 48_000;

/// Seconds of silence before the tone, and of both together.
const SILENCE: f64 = 0.25;
const LENGTH: f64 = 1.0;

/// Has ffmpeg make a file of a sound that its filters make.
fn encoded(path: &Path, sound: &str, options: &[&str]) -> Vec<u8> {
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", sound])
        .args(options)
        .arg(path)
        .status()
        .expect("ffmpeg");
    assert!(done.success(), "{}", path.display());
    std::fs::read(path).expect("a file")
}

/// Whether there is ffmpeg to ask, as there is to be where `FREEHOLD_FFMPEG=required`.
fn has_ffmpeg() -> bool {
    let is_there = Command::new("ffmpeg").arg("-version").output().is_ok();
    let is_required = std::env::var("FREEHOLD_FFMPEG").is_ok_and(|word| word == "required");
    assert!(is_there || !is_required, "ffmpeg is missing");
    is_there
}

/// The first samples of a track.
fn heard(bytes: Vec<u8>, seconds: f64) -> Vec<[f32; 2]> {
    let mut track = Track::of_bytes(bytes).unwrap_or_else(|error| panic!("{error}"));
    let mut heard = vec![[0.0; 2]; (seconds * RATE as f64) as usize];
    track.fill(&mut heard).expect("sound");
    heard
}

#[test]
fn what_encoders_put_before_a_track_is_not_heard() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let tone = format!("aevalsrc=0.7*sin(6283.18*t)*gte(t\\,{SILENCE}):s=44100:d={LENGTH}");
    for (name, codec) in [
        ("a.m4a", "aac"),
        ("a.mp3", "libmp3lame"),
        ("a.ogg", "libvorbis"),
        ("a.opus", "libopus"),
        ("b.mp4", "libopus"),
        ("b.m4a", "alac"),
        ("a.flac", "flac"),
    ] {
        let path = folder.path().join(name);
        let heard = heard(encoded(&path, &tone, &["-c:a", codec, "-b:a", "128k"]), 1.2);
        let loud = |pair: &[f32; 2]| pair[0].abs() > 0.35;
        let seconds = |at: Option<usize>| at.expect("a tone") as f64 / RATE as f64;
        let begins = seconds(heard.iter().position(loud));
        let ends = seconds(heard.iter().rposition(loud));
        assert!((begins - SILENCE).abs() < 0.003, "{name}: {begins}");
        assert!((ends - LENGTH).abs() < 0.025, "{name}: {ends}");
        let tone = &heard[(0.3 * RATE as f64) as usize..(0.9 * RATE as f64) as usize];
        let power: f32 = tone.iter().map(|pair| pair[1] * pair[1]).sum();
        let power = power / tone.len() as f32;
        assert!((power - 0.245).abs() < 0.03, "{name}: {power}");
    }
}

#[test]
fn opus_is_heard_as_others_hear_it() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    // A rich sound that never repeats, in each of the three ways in which Opus encodes.
    let sound = "aevalsrc=0.3*sin(900*t*t+200*t)+0.2*sin(2500*t)*sin(7*t)+0.05*random(0)|0.4*sin(700*t*t+90*t):s=48000:d=2";
    for [rate, application] in [["14k", "voip"], ["28k", "voip"], ["96k", "audio"]] {
        let ours = path("a.opus");
        let options = ["-c:a", "libopus", "-b:a", rate, "-application", application];
        let ours = heard(encoded(&ours, sound, &options), 2.0);
        let done = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-c:a", "libopus", "-i"])
            .arg(path("a.opus"))
            .args(["-ac", "2"])
            .arg(path("theirs.wav"))
            .status()
            .expect("ffmpeg");
        assert!(done.success());
        let theirs = heard(std::fs::read(path("theirs.wav")).expect("a file"), 2.0);
        let pairs = ours.as_flattened().iter().zip(theirs.as_flattened());
        let (mut noise, mut power) = (0.0_f64, 0.0_f64);
        for (ours, theirs) in pairs {
            noise += f64::from(ours - theirs).powi(2);
            power += f64::from(*theirs).powi(2);
        }
        let fidelity = 10.0 * (power / noise.max(1e-9)).log10();
        assert!(fidelity > 45.0, "{rate}: {fidelity:.1} dB");
    }
}
