//! Four bits that choose one of sixteen values.

use super::scale_at;
use super::simple::nibbles;

/// The values of `IQ4_NL`, closer together where weights are.
const UNEVEN: [i8; 16] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
];

/// Twice the values of a float of two exponent bits and one mantissa bit.
const E2M1_DOUBLED: [i8; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

pub(super) fn iq4_nl(block: &[u8; 18], out: &mut [f32; 32]) {
    let scale = scale_at(block, 0);
    nibbles(&block[2..], out, |_, choice| {
        scale * chosen(&UNEVEN, choice)
    });
}

/// Eight groups of 32 with six bits of scale each.
pub(super) fn iq4_xs(block: &[u8; 136], out: &mut [f32; 256]) {
    let scale = scale_at(block, 0);
    let upper = u16::from_le_bytes([block[2], block[3]]);
    let (lower, choices) = (&block[4..8], &block[8..]);
    for (group, out) in out.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let low = lower[group / 2] >> (group % 2 * 4) & 15;
        let high = (upper >> (group * 2) & 3) as u8;
        let scale = scale * (f32::from(low | high << 4) - 32.0);
        nibbles(&choices[group * 16..], out, |_, choice| {
            scale * chosen(&UNEVEN, choice)
        });
    }
}

pub(super) fn mxfp4(block: &[u8; 17], out: &mut [f32; 32]) {
    // Half of 2^(byte - 127), as the values are doubled; the two smallest are subnormal.
    let scale = f32::from_bits(match u32::from(block[0]) {
        small @ 0..2 => 0x0020_0000 << small,
        exponent => (exponent - 1) << 23,
    });
    nibbles(&block[1..], out, |_, choice| {
        scale * chosen(&E2M1_DOUBLED, choice)
    });
}

/// Four groups of sixteen, each with a scale of four exponent and three mantissa bits, unsigned.
pub(super) fn nvfp4(block: &[u8; 36], out: &mut [f32; 64]) {
    for (group, out) in out.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let scale = ue4m3_halved(block[group]);
        let choices = &block[4 + group * 8..][..8];
        for (at, out) in out.iter_mut().enumerate() {
            let choice = choices[at % 8] >> (at / 8 * 4) & 15;
            *out = scale * chosen(&E2M1_DOUBLED, choice);
        }
    }
}

fn ue4m3_halved(byte: u8) -> f32 {
    let mantissa = f32::from(byte & 7);
    match byte >> 3 & 15 {
        _ if byte == 0x7f => 0.0,
        0 => mantissa / 1024.0,
        exponent => (8.0 + mantissa) * f32::from_bits((u32::from(exponent) + 127 - 11) << 23),
    }
}

fn chosen(values: &[i8; 16], choice: u8) -> f32 {
    f32::from(values[usize::from(choice)])
}
