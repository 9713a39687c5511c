//! Films in AV1 are what others read as such.

use std::io::Cursor;
use std::process::Command;

use media::mp4::{Frames, Writer};
use media::{Codec, Picture, Spec};

const SIZE: [usize; 2] = [128, 96];
const FRAMES: usize = 30;

/// A ball that goes from left to right before a gradient.
fn frame(at: usize) -> Picture {
    let [width, height] = SIZE;
    let mut picture = Picture::new(width, height);
    for (index, pixel) in picture.bytes.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((index % width) as f32, (index / width) as f32);
        let (dx, dy) = (x - (at * 3 + 20) as f32, y - height as f32 / 2.0);
        let is_ball = dx * dx + dy * dy < 200.0;
        pixel.copy_from_slice(&match is_ball {
            true => [220, 40, 30],
            false => [60, (y * 2.0) as u8, 120],
        });
    }
    picture
}

fn film(quantiser: u8) -> Vec<u8> {
    let mut spec = Spec::new(SIZE[0], SIZE[1], 24);
    spec.codec = Codec::Av1;
    spec.quantiser = quantiser;
    let mut writer = Writer::new(spec, Cursor::new(Vec::new())).expect("an encoder");
    for at in 0..FRAMES {
        writer.push(&frame(at)).expect("a picture");
    }
    assert_eq!(writer.frames(), FRAMES as u64);
    let mut out = Vec::new();
    writer.finish(&mut out, 64).expect("a film");
    out
}

/// Whether there is ffmpeg to ask, as there is to be where `FREEHOLD_FFMPEG=required`.
fn has_ffmpeg() -> bool {
    let is_there = ["ffmpeg", "ffprobe"]
        .iter()
        .all(|name| Command::new(name).arg("-version").output().is_ok());
    let is_required = std::env::var("FREEHOLD_FFMPEG").is_ok_and(|word| word == "required");
    assert!(is_there || !is_required, "ffmpeg is missing");
    is_there
}

#[test]
fn others_read_what_was_drawn() {
    let [fine, coarse] = [20, 45].map(film);
    assert!(coarse.len() < fine.len(), "{} {}", coarse.len(), fine.len());
    // Its pictures are not read here, and whoever tries is told so.
    let Err(error) = Frames::open(Cursor::new(&fine)) else {
        panic!("AV1 is not decoded here");
    };
    assert!(error.to_string().contains("H.264"), "{error}");
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.mp4");
    std::fs::write(&path, &fine).expect("a file");
    let probed = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-of", "default=noprint_wrappers=1"])
        .arg("-show_entries")
        .arg("stream=codec_name,width,height,avg_frame_rate,nb_read_frames,color_space,color_primaries,color_transfer,color_range,duration")
        .arg(&path)
        .output()
        .expect("ffprobe runs");
    let probed = String::from_utf8_lossy(&probed.stdout).into_owned();
    for line in [
        "codec_name=av1",
        "width=128",
        "height=96",
        "color_range=tv",
        "color_space=bt709",
        "color_transfer=bt709",
        "color_primaries=bt709",
        "avg_frame_rate=24/1",
        "nb_read_frames=30",
        "duration=1.250000",
    ] {
        assert!(
            probed.lines().any(|said| said == line),
            "{line} in {probed}"
        );
    }
    let decoded = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&path)
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .expect("ffmpeg runs");
    assert!(decoded.stderr.is_empty(), "{decoded:?}");
    let pictures = decoded.stdout.chunks_exact(SIZE[0] * SIZE[1] * 3);
    assert_eq!(pictures.len(), FRAMES);
    for (at, picture) in pictures.enumerate() {
        let drawn = frame(at).bytes;
        let off: f64 = picture
            .iter()
            .zip(&drawn)
            .map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2))
            .sum();
        let decibels = 10.0 * (255.0_f64.powi(2) * drawn.len() as f64 / off).log10();
        assert!(decibels > 30.0, "picture {at}: {decibels:.1} dB");
    }
}
