//! Blocks of 32 with one scale: the lower half of each byte is a number of the first sixteen, the
//! upper half one of the last.

use super::scale_at;

pub(super) fn q4_0(block: &[u8; 18], out: &mut [f32; 32]) {
    let scale = scale_at(block, 0);
    nibbles(&block[2..], out, |_, step| scale * (f32::from(step) - 8.0));
}

pub(super) fn q4_1(block: &[u8; 20], out: &mut [f32; 32]) {
    let (scale, least) = (scale_at(block, 0), scale_at(block, 2));
    nibbles(&block[4..], out, |_, step| scale * f32::from(step) + least);
}

pub(super) fn q5_0(block: &[u8; 22], out: &mut [f32; 32]) {
    let scale = scale_at(block, 0);
    let mask = mask_at(block, 2);
    nibbles(&block[6..], out, |at, step| {
        scale * (f32::from(step | fifth_bit(mask, at)) - 16.0)
    });
}

pub(super) fn q5_1(block: &[u8; 24], out: &mut [f32; 32]) {
    let (scale, least) = (scale_at(block, 0), scale_at(block, 2));
    let mask = mask_at(block, 4);
    nibbles(&block[8..], out, |at, step| {
        scale * f32::from(step | fifth_bit(mask, at)) + least
    });
}

pub(super) fn q8_0(block: &[u8; 34], out: &mut [f32; 32]) {
    let scale = scale_at(block, 0);
    for (out, step) in out.iter_mut().zip(&block[2..]) {
        *out = f32::from(step.cast_signed()) * scale;
    }
}

/// The numbers that `number` makes of their places and four bits each, from sixteen bytes.
pub(super) fn nibbles(bytes: &[u8], out: &mut [f32; 32], number: impl Fn(usize, u8) -> f32) {
    let (first, last) = out.split_at_mut(16);
    for (at, out) in first.iter_mut().enumerate() {
        *out = number(at, bytes[at] & 15);
    }
    for (at, out) in last.iter_mut().enumerate() {
        *out = number(16 + at, bytes[at] >> 4);
    }
}

/// Four bytes that hold the fifth bits of 32 numbers.
fn mask_at(block: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
}

fn fifth_bit(mask: u32, at: usize) -> u8 {
    ((mask >> at & 1) << 4) as u8
}
