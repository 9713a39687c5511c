use std::io::Write as _;

use opus_rs::OpusDecoder;

use super::*;
use crate::error::Error;

/// A tone of `hertz`, `samples` long.
fn tone(hertz: f32, rate: u32, samples: usize) -> Vec<f32> {
    let step = std::f32::consts::TAU * hertz / rate as f32;
    (0..samples)
        .map(|at| 0.4 * (step * at as f32).sin())
        .collect()
}

/// A WAV file of numbers with 16 bits.
fn wav(rate: u32, channels: u16, samples: &[f32]) -> std::fs::File {
    let bytes = samples.len() as u32 * 2;
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"RIFF").unwrap();
    file.write_all(&(36 + bytes).to_le_bytes()).unwrap();
    file.write_all(b"WAVEfmt \x10\0\0\0\x01\0").unwrap();
    file.write_all(&channels.to_le_bytes()).unwrap();
    file.write_all(&rate.to_le_bytes()).unwrap();
    file.write_all(&(rate * u32::from(channels) * 2).to_le_bytes())
        .unwrap();
    file.write_all(&(channels * 2).to_le_bytes()).unwrap();
    file.write_all(b"\x10\0data").unwrap();
    file.write_all(&bytes.to_le_bytes()).unwrap();
    for sample in samples {
        file.write_all(&((sample * 32767.0) as i16).to_le_bytes())
            .unwrap();
    }
    std::io::Seek::rewind(&mut file).unwrap();
    file
}

/// How much louder what was meant is than what differs from it, in decibels.
fn fidelity(meant: impl Iterator<Item = f32> + Clone, got: impl Iterator<Item = f32>) -> f64 {
    let power: f64 = meant.clone().map(|sample| f64::from(sample).powi(2)).sum();
    let noise: f64 = meant
        .zip(got)
        .map(|(meant, got)| f64::from(meant - got).powi(2))
        .sum();
    10.0 * (power / noise.max(1e-12)).log10()
}

fn heard(track: &mut Track, samples: usize) -> Vec<[f32; 2]> {
    let mut heard = vec![[0.0; 2]; samples];
    // In pieces that fit nothing.
    for piece in heard.chunks_mut(777) {
        track.fill(piece).unwrap();
    }
    heard
}

#[test]
fn what_is_encoded_is_heard_after_what_a_decoder_holds_back() {
    let seconds = 2;
    let left = tone(440.0, RATE, RATE as usize * seconds);
    let right = tone(660.0, RATE, RATE as usize * seconds);
    let (mut encoder, mut decoder) = (
        Encoder::new().unwrap(),
        OpusDecoder::new(48_000, 2).unwrap(),
    );
    let mut decoded = Vec::new();
    let mut bytes = 0;
    for at in (0..left.len()).step_by(PACKET) {
        let samples: [[f32; 2]; PACKET] =
            std::array::from_fn(|index| [left[at + index], right[at + index]]);
        let packet = encoder.encode(&samples).unwrap();
        bytes += packet.len();
        let mut out = vec![0.0; 2 * PACKET];
        let count = decoder.decode(&packet, PACKET, &mut out).unwrap();
        decoded.extend(
            out[..2 * count]
                .chunks_exact(2)
                .map(|pair| [pair[0], pair[1]]),
        );
    }
    let skip = usize::from(PRE_SKIP);
    // The first tenth of a second is settling.
    let (from, to) = (4800, left.len() - 2 * PACKET);
    for (side, meant) in [&left, &right].into_iter().enumerate() {
        let got = decoded[from + skip..to + skip]
            .iter()
            .map(|pair| pair[side]);
        let fidelity = fidelity(meant[from..to].iter().copied(), got);
        assert!(fidelity > 20.0, "side {side}: {fidelity:.1} dB");
    }
    let bits = bytes * 8 / seconds;
    assert!((20_000..200_000).contains(&bits), "{bits} bits a second");
}

#[test]
fn a_track_is_heard_as_it_is_and_ends_in_silence() {
    let samples = tone(500.0, RATE, 10_000);
    let both: Vec<f32> = samples
        .iter()
        .flat_map(|sample| [*sample, -sample])
        .collect();
    let mut track = Track::open(wav(RATE, 2, &both)).unwrap();
    let heard = heard(&mut track, 12_000);
    for (meant, got) in samples.iter().zip(&heard) {
        assert!((meant - got[0]).abs() < 1e-4 && (meant + got[1]).abs() < 1e-4);
    }
    assert!(heard[10_000..].iter().all(|sample| *sample == [0.0; 2]));
}

/// How many samples late a tone is whose first sample was number `first`, and how much louder it is than all else, in decibels.
fn tone_in(heard: &[[f32; 2]], hertz: f64, first: usize) -> (f64, f64) {
    let turn = std::f64::consts::TAU * hertz / f64::from(RATE);
    let angles = (first..).map(|at| turn * at as f64);
    let with = |wave: fn(f64) -> f64| -> f64 {
        let products = heard.iter().zip(angles.clone());
        let sum: f64 = products
            .map(|(pair, angle)| f64::from(pair[0]) * wave(angle))
            .sum();
        2.0 * sum / heard.len() as f64
    };
    let (sine, cosine) = (with(f64::sin), with(f64::cos));
    let meant = angles.map(|angle| (sine * angle.sin() + cosine * angle.cos()) as f32);
    let got = heard.iter().map(|pair| pair[0]);
    (
        -cosine.atan2(sine) / turn,
        fidelity(meant.take(heard.len()), got),
    )
}

#[test]
fn a_track_of_another_rate_keeps_its_pitch_its_length_and_its_beginning() {
    for rate in [8_000, 22_050, 44_100, 96_000] {
        let seconds = 2;
        let samples = tone(440.0, rate, rate as usize * seconds);
        let mut track = Track::open(wav(rate, 1, &samples)).unwrap();
        let length = RATE as usize * seconds;
        let heard = heard(&mut track, length + 4800);
        let (late, purity) = tone_in(&heard[4800..length - 4800], 440.0, 4800);
        assert!(late.abs() < 2.0, "{rate}: {late} samples late");
        assert!(purity > 60.0, "{rate}: {purity:.1} dB");
        assert!(heard.iter().all(|[left, right]| left == right));
        assert!(
            heard[length + 2400..]
                .iter()
                .all(|pair| pair[0].abs() < 1e-3)
        );
    }
}

#[test]
fn the_middle_of_many_channels_is_on_both_sides() {
    assert_eq!(stereo(&[0.5]), [0.5, 0.5]);
    assert_eq!(stereo(&[0.5, -0.25]), [0.5, -0.25]);
    let [left, right] = stereo(&[0.1, 0.2, 0.4, 0.9, 0.9, 0.9]);
    assert!((right - left - 0.1).abs() < 1e-6 && left > 0.3);
    assert_eq!(stereo(&[f32::NAN, 7.0]), [0.0, 1.0]);
}

#[test]
fn what_is_no_sound_is_refused() {
    for bytes in [b"".as_slice(), b"RIFF", b"no sound at all", &[0; 5000]] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        assert!(matches!(
            Track::open(file).err(),
            Some(Error::Unreadable { .. })
        ));
    }
    assert!(Track::open(wav(RATE, 1, &[])).is_err());
    assert!(Track::open(wav(1, 1, &[0.0; 100])).is_err());
}
