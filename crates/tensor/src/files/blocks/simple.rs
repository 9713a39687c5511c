//! Blocks of 32 with one scale: the lower half of each byte is a number of the first sixteen, the
//! upper half one of the last.

use super::scale_at;

pub(super) fn q4_0(block: &[u8; 18], out: &mut [f32; 32]) {
    let scale = scale_at(block, 0);
    for (at, out) in out.iter_mut().enumerate() {
        *out = scale * (f32::from(nibble(&block[2..], at)) - 8.0);
    }
}

pub(super) fn q4_1(block: &[u8; 20], out: &mut [f32; 32]) {
    let (scale, least) = (scale_at(block, 0), scale_at(block, 2));
    for (at, out) in out.iter_mut().enumerate() {
        *out = scale * f32::from(nibble(&block[4..], at)) + least;
    }
}

pub(super) fn q5_0(block: &[u8; 22], out: &mut [f32; 32]) {
    let scale = scale_at(block, 0);
    for (at, out) in out.iter_mut().enumerate() {
        let step = nibble(&block[6..], at) | fifth_bit(&block[2..6], at);
        *out = scale * (f32::from(step) - 16.0);
    }
}

pub(super) fn q5_1(block: &[u8; 24], out: &mut [f32; 32]) {
    let (scale, least) = (scale_at(block, 0), scale_at(block, 2));
    for (at, out) in out.iter_mut().enumerate() {
        let step = nibble(&block[8..], at) | fifth_bit(&block[4..8], at);
        *out = scale * f32::from(step) + least;
    }
}

pub(super) fn q8_0(block: &[u8; 34], out: &mut [f32; 32]) {
    let scale = scale_at(block, 0);
    for (out, step) in out.iter_mut().zip(&block[2..]) {
        *out = f32::from(step.cast_signed()) * scale;
    }
}

/// Number `at` of 32 in sixteen bytes.
pub(super) fn nibble(bytes: &[u8], at: usize) -> u8 {
    bytes[at % 16] >> (at / 16 * 4) & 15
}

/// Bit `at` of four bytes, as the fifth of a number.
fn fifth_bit(bytes: &[u8], at: usize) -> u8 {
    (bytes[at / 8] >> (at % 8) & 1) << 4
}
