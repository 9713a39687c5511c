//! 256 numbers that are -1, 0 or 1, with one scale.

use super::scale_at;

/// Five numbers a byte, as digits to the base of three; the last sixteen four a byte.
pub(super) fn tq1_0(block: &[u8; 54], out: &mut [f32; 256]) {
    let scale = scale_at(block, 52);
    let (first, rest) = out.split_at_mut(160);
    let (second, third) = rest.split_at_mut(80);
    digits(&block[..32], scale, first);
    digits(&block[32..48], scale, second);
    digits(&block[48..52], scale, third);
}

/// The digits of `bytes`, the first digits of all bytes first.
fn digits(bytes: &[u8], scale: f32, out: &mut [f32]) {
    let mut power = 1_u8;
    for out in out.chunks_mut(bytes.len()) {
        for (out, byte) in out.iter_mut().zip(bytes) {
            let digit = (u16::from(byte.wrapping_mul(power)) * 3) >> 8;
            *out = scale * (f32::from(digit) - 1.0);
        }
        power = power.wrapping_mul(3);
    }
}

/// Two bits a number.
pub(super) fn tq2_0(block: &[u8; 66], out: &mut [f32; 256]) {
    let scale = scale_at(block, 64);
    for (group, out) in out.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let shift = group % 4 * 2;
        for (out, step) in out.iter_mut().zip(&block[group / 4 * 32..][..32]) {
            *out = scale * (f32::from(step >> shift & 3) - 1.0);
        }
    }
}
