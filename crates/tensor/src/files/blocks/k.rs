//! The K formats: 256 numbers, whose groups of 16 or 32 have small scales of their own.

use super::scale_at;

/// Sixteen groups: four bits of scale and four of minimum each, two bits a number.
pub(super) fn q2(block: &[u8; 84], out: &mut [f32; 256]) {
    let (scales, steps) = (&block[..16], &block[16..80]);
    let (scale, least) = (scale_at(block, 80), scale_at(block, 82));
    for (at, out) in out.iter_mut().enumerate() {
        let group = scales[at / 16];
        let step = steps[at / 128 * 32 + at % 32] >> (at % 128 / 32 * 2) & 3;
        *out = scale * f32::from(group & 15) * f32::from(step) - least * f32::from(group >> 4);
    }
}

/// Sixteen groups: six bits of scale each, two bits a number and a third in a mask.
pub(super) fn q3(block: &[u8; 110], out: &mut [f32; 256]) {
    let (mask, steps, scales) = (&block[..32], &block[32..96], &block[96..108]);
    let scale = scale_at(block, 108);
    let groups: [f32; 16] = std::array::from_fn(|group| {
        let low = scales[group % 8] >> (group / 8 * 4) & 15;
        let high = scales[8 + group % 4] >> (group / 4 * 2) & 3;
        scale * (f32::from(low | high << 4) - 32.0)
    });
    for (at, out) in out.iter_mut().enumerate() {
        let low = steps[at / 128 * 32 + at % 32] >> (at % 128 / 32 * 2) & 3;
        let high = mask[at % 32] >> (at / 32) & 1;
        *out = groups[at / 16] * (f32::from(low | high << 2) - 4.0);
    }
}

/// Eight groups: six bits of scale and six of minimum each, four bits a number.
pub(super) fn q4(block: &[u8; 144], out: &mut [f32; 256]) {
    let steps = &block[16..];
    let groups = groups_of_32(block);
    for (at, out) in out.iter_mut().enumerate() {
        let (scale, least) = groups[at / 32];
        let step = steps[at / 64 * 32 + at % 32] >> (at % 64 / 32 * 4) & 15;
        *out = scale * f32::from(step) - least;
    }
}

/// As [`q4`], with a fifth bit.
pub(super) fn q5(block: &[u8; 176], out: &mut [f32; 256]) {
    let (mask, steps) = (&block[16..48], &block[48..]);
    let groups = groups_of_32(block);
    for (at, out) in out.iter_mut().enumerate() {
        let (scale, least) = groups[at / 32];
        let low = steps[at / 64 * 32 + at % 32] >> (at % 64 / 32 * 4) & 15;
        let high = mask[at % 32] >> (at / 32) & 1;
        *out = scale * f32::from(low | high << 4) - least;
    }
}

/// Sixteen groups: eight bits of scale each, four bits a number and two more elsewhere.
pub(super) fn q6(block: &[u8; 210], out: &mut [f32; 256]) {
    let (low, high, scales) = (&block[..128], &block[128..192], &block[192..208]);
    let scale = scale_at(block, 208);
    for (at, out) in out.iter_mut().enumerate() {
        let low = low[at / 128 * 64 + at % 64] >> (at % 128 / 64 * 4) & 15;
        let high = high[at / 128 * 32 + at % 32] >> (at % 128 / 32 * 2) & 3;
        let group = scale * f32::from(scales[at / 16].cast_signed());
        *out = group * (f32::from(low | high << 4) - 32.0);
    }
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
