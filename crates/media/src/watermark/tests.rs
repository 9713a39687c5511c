//! Marks on drawn pictures, and what is done to such pictures.

use std::io::Cursor;

use super::pattern::{Pattern, TILE};
use super::residual::add_residual;
use super::spectrum::Spectrum;
use super::*;
use crate::error::Error;
use crate::{Spec, mp4, still};

const KEY: u64 = 0x0123_4567_89ab_cdef;
const MESSAGE: u32 = 0xfeed_beef;

/// A flat picture with a disc that goes to the right, a lighter floor and lines as of text.
fn drawn(width: usize, height: usize, time: usize) -> Picture {
    let mut picture = Picture::new(width, height);
    let middle = (width / 4 + time * 5, height / 3);
    for (at, pixel) in picture.bytes.chunks_exact_mut(3).enumerate() {
        let (x, y) = (at % width, at / width);
        let far = x.abs_diff(middle.0).pow(2) + y.abs_diff(middle.1).pow(2);
        let rgb = if far < (height / 6).pow(2) {
            [220, 40, 40]
        } else if y > height * 3 / 4 {
            [190 + (y * 40 / height) as u8, 180, 160]
        } else if y % 40 < 3 && x % 9 < 5 {
            [20, 20, 24]
        } else {
            [186, 188, 192]
        };
        pixel.copy_from_slice(&rgb);
    }
    picture
}

fn marked(width: usize, height: usize) -> Picture {
    let mut picture = drawn(width, height, 0);
    mark(&mut picture, MESSAGE, KEY, STRENGTH).unwrap();
    picture
}

/// The window of `picture` that begins at a pixel.
fn cropped(picture: &Picture, from: (usize, usize), width: usize, height: usize) -> Picture {
    let mut out = Picture::new(width, height);
    for (y, row) in out.bytes.chunks_exact_mut(width * 3).enumerate() {
        let start = ((y + from.1) * picture.width + from.0) * 3;
        row.copy_from_slice(&picture.bytes[start..start + width * 3]);
    }
    out
}

fn as_jpeg(picture: &Picture, quality: u8) -> Picture {
    still::read(&still::jpeg(picture, quality).unwrap()).unwrap()
}

fn seen(pictures: &[Picture]) -> Detector {
    let mut detector = Detector::new(KEY);
    for picture in pictures {
        detector.see(picture).unwrap();
    }
    detector
}

fn message_in(picture: Picture) -> Option<u32> {
    seen(&[picture]).found().map(|found| found.message)
}

#[test]
fn a_picture_says_its_message_and_one_without_says_none() {
    let found = seen(&[marked(320, 256)]).found().unwrap();
    assert_eq!(found.message, MESSAGE);
    assert!(found.confidence > 50.0, "only {}", found.confidence);
    assert_eq!(message_in(drawn(320, 256, 0)), None);
}

#[test]
fn who_has_another_key_finds_nothing() {
    let mut detector = Detector::new(KEY + 1);
    detector.see(&marked(320, 256)).unwrap();
    assert_eq!(detector.found(), None);
}

#[test]
fn a_crop_and_jpeg_leave_the_mark() {
    let crop = cropped(&marked(320, 256), (32, 25), 288, 231);
    assert_eq!(message_in(as_jpeg(&crop, 60)), Some(MESSAGE));
}

#[test]
fn half_the_size_leaves_the_mark() {
    let half = marked(384, 320).scaled(192, 160);
    assert_eq!(message_in(as_jpeg(&half, 75)), Some(MESSAGE));
}

#[test]
fn less_contrast_leaves_the_mark() {
    let mut picture = marked(320, 256);
    for byte in &mut picture.bytes {
        *byte = (f32::from(*byte) * 0.85 + 12.0).round() as u8;
    }
    assert_eq!(message_in(picture), Some(MESSAGE));
}

#[test]
fn an_unusual_size_is_found_when_all_are_tried() {
    let detector = seen(&[marked(320, 256).scaled(278, 222)]);
    assert_eq!(detector.found(), None);
    let found = detector.found_at_any_scale().unwrap();
    assert_eq!(found.message, MESSAGE);
}

#[test]
fn a_film_keeps_its_mark_through_h264() {
    let spec = Spec {
        quantiser: 28,
        ..Spec::new(256, 192, 8)
    };
    let mark = Mark::new(MESSAGE, KEY, STRENGTH);
    let mut writer = mp4::Writer::new(spec, Cursor::new(Vec::new())).unwrap();
    for time in 0..16 {
        let mut picture = drawn(spec.width, spec.height, time);
        mark.apply(&mut picture).unwrap();
        writer.push(&picture).unwrap();
    }
    let mut file = Vec::new();
    writer.finish(&mut file, 0).unwrap();
    let mut frames = mp4::Frames::open(Cursor::new(file)).unwrap();
    let mut detector = Detector::new(KEY);
    while let Some(picture) = frames.next_picture().unwrap() {
        detector.see(&picture).unwrap();
    }
    let found = detector.found().map(|found| found.message);
    assert_eq!(found, Some(MESSAGE));
}

#[test]
fn the_mark_changes_no_byte_by_more_than_two_levels_and_dark_ones_by_one() {
    let plain = drawn(320, 256, 0);
    let marked = marked(320, 256);
    let mut squares = 0.0;
    for (before, after) in plain.bytes.iter().zip(&marked.bytes) {
        let change = before.abs_diff(*after);
        assert!(change <= if *before < 96 { 1 } else { 2 });
        squares += f64::from(change).powi(2);
    }
    let noise = squares / plain.bytes.len() as f64;
    let decibels = 10.0 * (255.0 * 255.0 / noise).log10();
    assert!(decibels > 45.0, "{decibels}");
}

#[test]
fn keys_that_marked_nothing_agree_as_seldom_as_the_bound_says() {
    let picture = drawn(320, 256, 0);
    let mut sums = vec![0; picture.width * picture.height];
    add_residual(&picture, &mut sums);
    let values: Vec<f32> = sums.iter().map(|&sum| sum as f32).collect();
    let spectrum = Spectrum::of(&values, picture.width, TILE as f64);
    let keys = 2000;
    let (mut squares, mut high) = (0.0, 0);
    for key in 0..keys {
        let pattern = Pattern::of(key);
        let z = agreement::Agreement::of(&spectrum, &pattern).z_here();
        squares += z * z;
        high += u32::from(z > 2.5);
    }
    let variance = squares / keys as f32;
    assert!((0.85..1.15).contains(&variance), "{variance}");
    // The bound says 88 of 2000; it is exp(-z²/2) on one side.
    assert!(high <= 88, "{high}");
}

#[test]
fn every_message_has_symbols_of_its_own_and_others_fail_the_check() {
    let pattern = Pattern::of(KEY);
    for message in [0, 1, MESSAGE, u32::MAX] {
        let symbols = pattern.symbols(message);
        assert_eq!(pattern.message(symbols), Some(message));
        for symbol in 0..symbols.len() {
            let mut other = symbols;
            other[symbol] ^= 1;
            assert_eq!(pattern.message(other), None);
        }
    }
}

#[test]
fn a_picture_that_is_too_small_is_refused_and_left_as_it_was() {
    let mut picture = drawn(400, SIDE_MIN - 1, 0);
    let before = picture.clone();
    let refused = mark(&mut picture, MESSAGE, KEY, STRENGTH);
    assert!(matches!(refused, Err(Error::Size { height: 159, .. })));
    assert_eq!(picture, before);
}

#[test]
fn pictures_of_any_size_can_be_looked_at() {
    for (width, height) in [(0, 0), (1, 1), (3, 7), (1, 300), (400, 2), (9, 9)] {
        assert_eq!(message_in(Picture::new(width, height)), None);
    }
    assert_eq!(Detector::new(KEY).found(), None);
}

#[test]
fn a_film_has_pictures_of_one_size() {
    let mut detector = seen(&[drawn(64, 48, 0)]);
    let refused = detector.see(&drawn(48, 64, 0));
    assert!(matches!(refused, Err(Error::Changed(64, 48, 48, 64))));
}

#[test]
fn a_strength_that_is_no_strength_changes_nothing() {
    for strength in [0.0, -1.0, f32::NAN] {
        let mut picture = drawn(200, 160, 0);
        mark(&mut picture, MESSAGE, KEY, strength).unwrap();
        assert_eq!(picture, drawn(200, 160, 0));
    }
}
