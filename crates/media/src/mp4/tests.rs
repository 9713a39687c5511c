use std::io::Cursor;

use shiguredo_mp4::Decode as _;

use super::*;

/// A ball that goes from left to right before a gradient.
fn frame(width: usize, height: usize, at: usize) -> Picture {
    let mut picture = Picture::new(width, height);
    for (index, pixel) in picture.bytes.chunks_exact_mut(3).enumerate() {
        let (x, y) = (index % width, index / width);
        let (dx, dy) = (
            x as f32 - (at * 4 + 20) as f32,
            y as f32 - height as f32 / 2.0,
        );
        let inside = dx * dx + dy * dy < 200.0;
        pixel.copy_from_slice(&if inside {
            [220, 40, 30]
        } else {
            [60, (y * 2) as u8, 120]
        });
    }
    picture
}

fn film(frames: usize, gap: usize) -> (Vec<u8>, Gap) {
    let mut writer = Writer::new(Spec::new(128, 96, 24), Cursor::new(Vec::new())).unwrap();
    for at in 0..frames {
        writer.push(&frame(128, 96, at)).unwrap();
    }
    let mut out = Vec::new();
    let gap = writer.finish(&mut out, gap).unwrap();
    (out, gap)
}

/// The boxes of the file: names, where they begin and how long they are.
fn boxes(file: &[u8]) -> Vec<(String, usize, usize)> {
    let (mut at, mut found) = (0, Vec::new());
    while at < file.len() {
        let mut bytes = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        let name = String::from_utf8(file[at + 4..at + 8].to_vec()).unwrap();
        if bytes == 1 {
            bytes = u64::from_be_bytes(file[at + 8..at + 16].try_into().unwrap()) as usize;
        }
        found.push((name, at, bytes));
        at += bytes;
    }
    found
}

#[test]
fn a_film_comes_back_as_it_was_drawn() {
    let (file, _) = film(30, 0);
    let mut frames = Frames::open(Cursor::new(&file)).unwrap();
    assert_eq!(
        *frames.film(),
        Film {
            width: 128,
            height: 96,
            frames_per_second: 24,
            seconds: 1.25,
            has_sound: false,
        }
    );
    for at in 0..30 {
        let got = frames
            .next_picture()
            .unwrap()
            .expect("there are thirty pictures");
        let drawn = frame(128, 96, at);
        let pairs = got.bytes.iter().zip(&drawn.bytes);
        let square: f64 = pairs.map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
        let noise = 10.0 * (255.0_f64.powi(2) * got.bytes.len() as f64 / square).log10();
        assert!(
            noise > 30.0,
            "picture {at} is {noise:.1} dB from what was drawn"
        );
    }
    assert_eq!(frames.next_picture().unwrap(), None);
}

#[test]
fn what_a_player_needs_comes_before_the_pictures_and_a_gap_is_free_space() {
    let (file, gap) = film(3, 100);
    let names: Vec<_> = boxes(&file).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["ftyp", "free", "moov", "mdat"]);
    assert_eq!((gap.at, gap.bytes), (boxes(&file)[1].1 as u64, 100));
    assert!(
        Frames::open(Cursor::new(&file))
            .unwrap()
            .next_picture()
            .unwrap()
            .is_some()
    );
}

/// A tone that is a number of the sample.
struct Tone(u32);

impl Sound for Tone {
    fn fill(&mut self, out: &mut [[f32; 2]]) -> Result<()> {
        for sample in out {
            let level = 0.3 * (self.0 as f32 * 0.06).sin();
            *sample = [level, level / 2.0];
            self.0 += 1;
        }
        Ok(())
    }
}

#[test]
fn sound_lasts_as_long_as_the_pictures_and_is_heard_from_its_first_sample() {
    for (frames, rate) in [(1, 24), (25, 24), (90, 30), (7, 60), (3, 1)] {
        let writer = Writer::new(Spec::new(64, 64, rate), Cursor::new(Vec::new())).unwrap();
        let mut writer = writer.with_sound(Box::new(Tone(0))).unwrap();
        for at in 0..frames {
            writer.push(&frame(64, 64, at)).unwrap();
        }
        let mut file = Vec::new();
        writer.finish(&mut file, 100).unwrap();
        let mut read = Frames::open(Cursor::new(&file)).unwrap();
        assert!(read.film().has_sound);
        assert_eq!(read.film().frames_per_second, rate);
        let mut count = 0;
        while read.next_picture().unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, frames);
        let samples = frames as u64 * u64::from(RATE) / u64::from(rate);
        let (moov, mdat) = described_by(&file);
        let [_, sound] = moov.trak_boxes.as_slice() else {
            panic!("pictures and sound");
        };
        let media = &sound.mdia_box;
        assert_eq!(
            media.mdhd_box.duration,
            samples + u64::from(crate::sound::PRE_SKIP)
        );
        let list = sound.edts_box.as_ref().unwrap().elst_box.as_ref().unwrap();
        assert_eq!(
            list.entries[0].media_time,
            i64::from(crate::sound::PRE_SKIP)
        );
        let movie = u64::from(moov.mvhd_box.timescale.get());
        assert_eq!(moov.mvhd_box.duration, samples * movie / u64::from(RATE));
        // All that the tables name lies where they say.
        for track in &moov.trak_boxes {
            let Either::A(places) = &track.mdia_box.minf_box.stbl_box.stco_or_co64_box else {
                panic!("a small film");
            };
            assert!(
                places
                    .chunk_offsets
                    .iter()
                    .all(|at| mdat.contains(&(*at as usize)))
            );
        }
    }
}

/// The head of a file, and where its samples lie.
fn described_by(file: &[u8]) -> (MoovBox, std::ops::Range<usize>) {
    let places = boxes(file);
    let place = |name: &str| {
        let (_, at, bytes) = places.iter().find(|(found, ..)| found == name).unwrap();
        *at..at + bytes
    };
    let (moov, _) = MoovBox::decode(&file[place("moov")]).unwrap();
    (moov, place("mdat"))
}

#[test]
fn the_colours_are_tagged() {
    let (file, _) = film(1, 0);
    let tag = [b"colrnclx".as_slice(), &[0, 1, 0, 1, 0, 1, 0]].concat();
    assert!(file.windows(tag.len()).any(|window| window == tag));
}

#[test]
fn a_film_without_pictures_is_refused() {
    let writer = Writer::new(Spec::new(64, 64, 8), Cursor::new(Vec::new())).unwrap();
    assert!(matches!(
        writer.finish(&mut Vec::new(), 0),
        Err(Error::Empty)
    ));
}

#[test]
fn sizes_that_the_format_does_not_have_are_refused() {
    for (width, height) in [
        (63, 64),
        (64, 63),
        (8, 64),
        (4096, 64),
        (3840, 2400),
        (0, 0),
    ] {
        let writer = Writer::new(Spec::new(width, height, 8), Cursor::new(Vec::new()));
        assert!(
            matches!(writer.err(), Some(Error::Size { .. })),
            "{width}×{height}"
        );
    }
}

#[test]
fn a_picture_of_another_size_is_refused() {
    let mut writer = Writer::new(Spec::new(64, 64, 8), Cursor::new(Vec::new())).unwrap();
    assert!(matches!(
        writer.push(&Picture::new(64, 32)),
        Err(Error::Changed(64, 64, 64, 32))
    ));
}

#[test]
fn a_file_that_is_cut_off_or_damaged_anywhere_is_an_error_or_a_film() {
    let (file, _) = film(4, 0);
    for end in (0..file.len()).step_by(7) {
        let Ok(mut frames) = Frames::open(Cursor::new(&file[..end])) else {
            continue;
        };
        while let Ok(Some(_)) = frames.next_picture() {}
    }
    for at in (0..file.len()).step_by(5) {
        let mut damaged = file.clone();
        damaged[at] ^= 0xff;
        let Ok(mut frames) = Frames::open(Cursor::new(&damaged)) else {
            continue;
        };
        while let Ok(Some(_)) = frames.next_picture() {}
    }
}
