//! The K formats: 256 numbers, whose groups of 16 or 32 have small scales of their own.
//!
//! Bytes hold parts of several groups: each loop takes one group, whose bits all lie at one shift.

use super::scale_at;

/// Sixteen groups: four bits of scale and four of minimum each, two bits a number.
pub(super) fn q2(block: &[u8; 84], out: &mut [f32; 256]) {
    let (scales, steps) = (&block[..16], &block[16..80]);
    let (scale, least) = (scale_at(block, 80), scale_at(block, 82));
    for (group, out) in out.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let scale = scale * f32::from(scales[group] & 15);
        let least = least * f32::from(scales[group] >> 4);
        let (steps, shift) = two_bits(steps, group);
        for (out, step) in out.iter_mut().zip(steps) {
            *out = scale * f32::from(step >> shift & 3) - least;
        }
    }
}

/// Sixteen groups: six bits of scale each, two bits a number and a third in a mask.
pub(super) fn q3(block: &[u8; 110], out: &mut [f32; 256]) {
    let (mask, steps, scales) = (&block[..32], &block[32..96], &block[96..108]);
    let scale = scale_at(block, 108);
    for (group, out) in out.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let low = scales[group % 8] >> (group / 8 * 4) & 15;
        let high = scales[8 + group % 4] >> (group / 4 * 2) & 3;
        let scale = scale * (f32::from(low | high << 4) - 32.0);
        let mask = &mask[group % 2 * 16..][..16];
        let (steps, shift) = two_bits(steps, group);
        for ((out, step), mask) in out.iter_mut().zip(steps).zip(mask) {
            let step = step >> shift & 3 | (mask >> (group / 2) & 1) << 2;
            *out = scale * (f32::from(step) - 4.0);
        }
    }
}

/// Eight groups: six bits of scale and six of minimum each, four bits a number.
pub(super) fn q4(block: &[u8; 144], out: &mut [f32; 256]) {
    let steps = &block[16..];
    let groups = groups_of_32(block);
    for (group, out) in out.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let (scale, least) = groups[group];
        let shift = group % 2 * 4;
        for (out, step) in out.iter_mut().zip(&steps[group / 2 * 32..][..32]) {
            *out = scale * f32::from(step >> shift & 15) - least;
        }
    }
}

/// As [`q4`], with a fifth bit.
pub(super) fn q5(block: &[u8; 176], out: &mut [f32; 256]) {
    let (mask, steps) = (&block[16..48], &block[48..]);
    let groups = groups_of_32(block);
    for (group, out) in out.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let (scale, least) = groups[group];
        let shift = group % 2 * 4;
        let steps = &steps[group / 2 * 32..][..32];
        for ((out, step), mask) in out.iter_mut().zip(steps).zip(mask) {
            let step = step >> shift & 15 | (mask >> group & 1) << 4;
            *out = scale * f32::from(step) - least;
        }
    }
}

/// Sixteen groups: eight bits of scale each, four bits a number and two more elsewhere.
pub(super) fn q6(block: &[u8; 210], out: &mut [f32; 256]) {
    let (low, high, scales) = (&block[..128], &block[128..192], &block[192..208]);
    let scale = scale_at(block, 208);
    for (group, out) in out.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let scale = scale * f32::from(scales[group].cast_signed());
        let low = &low[group / 8 * 64 + group % 4 * 16..][..16];
        let low_shift = group % 8 / 4 * 4;
        let (high, high_shift) = two_bits(high, group);
        for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
            let step = low >> low_shift & 15 | (high >> high_shift & 3) << 4;
            *out = scale * (f32::from(step) - 32.0);
        }
    }
}

/// Where sixteen numbers of two bits each lie in 64 bytes: 32 bytes hold 128 numbers, a quarter at each
/// shift.
fn two_bits(bytes: &[u8], group: usize) -> (&[u8], usize) {
    let bytes = &bytes[group / 8 * 32 + group % 2 * 16..][..16];
    (bytes, group % 8 / 2 * 2)
}

/// Scale and minimum of the eight groups of a block that begins with both scales and twelve bytes of
/// six-bit numbers.
fn groups_of_32(block: &[u8]) -> [(f32, f32); 8] {
    let (scale, least) = (scale_at(block, 0), scale_at(block, 2));
    let (scales, minima, upper) = (&block[4..8], &block[8..12], &block[12..16]);
    std::array::from_fn(|group| {
        let four = group % 4;
        let (own_scale, own_least) = if group < 4 {
            (scales[four] & 63, minima[four] & 63)
        } else {
            (
                upper[four] & 15 | scales[four] >> 2 & 48,
                upper[four] >> 4 | minima[four] >> 2 & 48,
            )
        };
        (scale * f32::from(own_scale), least * f32::from(own_least))
    })
}
