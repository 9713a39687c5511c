//! Tracks to begin with, as ffmpeg writes them where it is at hand.

use std::process::Command;

/// A short tone in each format that is read; a WAV alone where there is no ffmpeg.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![wav()];
    let kinds = [
        ["wav", "pcm_s24le"],
        ["aiff", "pcm_s16be"],
        ["flac", "flac"],
        ["mp3", "libmp3lame"],
        ["ogg", "libvorbis"],
        ["adts", "aac"],
        ["ipod", "alac"],
        ["ipod", "aac"],
        ["ogg", "flac"],
        ["ogg", "libopus"],
        ["mp4", "libopus"],
    ];
    seeds.extend(kinds.into_iter().filter_map(encoded));
    seeds
}

fn encoded([format, codec]: [&str; 2]) -> Option<Vec<u8>> {
    // Some formats are written only where one can go back.
    let path = std::env::temp_dir().join(format!("fuzz-{}-{format}-{codec}", std::process::id()));
    let done = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440:sample_rate=22050:duration=0.2",
        ])
        .args(["-c:a", codec, "-f", format])
        .arg(&path)
        .status();
    let bytes = std::fs::read(&path).ok();
    let _ = std::fs::remove_file(&path);
    bytes.filter(|_| done.is_ok_and(|done| done.success()))
}

fn wav() -> Vec<u8> {
    let samples: Vec<u8> = (0..400_i16)
        .flat_map(|at| (at * 80).to_le_bytes())
        .collect();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + samples.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(8000_u32.to_le_bytes());
    bytes.extend(16_000_u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((samples.len() as u32).to_le_bytes());
    bytes.extend(samples);
    bytes
}
