//! Numbers that stand alone, as f32.

use half::f16;
use half::slice::{HalfBitsSliceExt as _, HalfFloatSliceExt as _};

use super::Dtype;

/// The numbers that `bytes` are in `dtype`, into `out`, which has room for as many.
pub(super) fn read(dtype: Dtype, bytes: &[u8], out: &mut [f32]) {
    match dtype {
        Dtype::F32 => each(bytes, out, f32::from_le_bytes),
        Dtype::Bf16 => each(bytes, out, |bytes| {
            f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)
        }),
        Dtype::F16 => halves(bytes, out),
        Dtype::F64 => each(bytes, out, |bytes| f64::from_le_bytes(bytes) as f32),
        Dtype::F8E4M3 => each(bytes, out, |[byte]| f8_e4m3(byte)),
        // The upper half of a half float.
        Dtype::F8E5M2 => each(bytes, out, |[byte]| {
            f16::from_bits(u16::from(byte) << 8).to_f32()
        }),
        Dtype::F8E8M0 => each(bytes, out, |[byte]| f8_e8m0(byte)),
        Dtype::Bool => each(bytes, out, |[byte]| f32::from(byte != 0)),
        Dtype::U8 => each(bytes, out, |[byte]| f32::from(byte)),
        Dtype::I8 => each(bytes, out, |bytes| f32::from(i8::from_le_bytes(bytes))),
        Dtype::U16 => each(bytes, out, |bytes| f32::from(u16::from_le_bytes(bytes))),
        Dtype::I16 => each(bytes, out, |bytes| f32::from(i16::from_le_bytes(bytes))),
        Dtype::U32 => each(bytes, out, |bytes| u32::from_le_bytes(bytes) as f32),
        Dtype::I32 => each(bytes, out, |bytes| i32::from_le_bytes(bytes) as f32),
        Dtype::U64 => each(bytes, out, |bytes| u64::from_le_bytes(bytes) as f32),
        Dtype::I64 => each(bytes, out, |bytes| i64::from_le_bytes(bytes) as f32),
        quantised => unreachable!("`{quantised}` lies in blocks"),
    }
}

fn each<const N: usize>(bytes: &[u8], out: &mut [f32], number: impl Fn([u8; N]) -> f32) {
    for (bytes, out) in bytes.as_chunks::<N>().0.iter().zip(out) {
        *out = number(*bytes);
    }
}

/// Half floats, by the processor's own conversion where it has one, from any alignment.
fn halves(bytes: &[u8], out: &mut [f32]) {
    let mut aligned = [0_u16; 512];
    let pieces = bytes.as_chunks::<2>().0.chunks(aligned.len());
    for (bytes, out) in pieces.zip(out.chunks_mut(aligned.len())) {
        let bits = &mut aligned[..bytes.len()];
        for (bits, bytes) in bits.iter_mut().zip(bytes) {
            *bits = u16::from_le_bytes(*bytes);
        }
        bits.reinterpret_cast::<f16>().convert_to_f32_slice(out);
    }
}

/// Four bits of exponent, three of mantissa, no infinities, one NaN of each sign.
fn f8_e4m3(byte: u8) -> f32 {
    let sign = if byte < 0x80 { 1.0 } else { -1.0 };
    let mantissa = f32::from(byte & 7);
    match (byte >> 3) & 15 {
        15 if byte & 7 == 7 => f32::NAN,
        0 => sign * mantissa / 512.0,
        // 2^(exponent - 7), of which 2^-3 shifts the mantissa.
        exponent => sign * (8.0 + mantissa) * power_of_two(i32::from(exponent) - 10),
    }
}

/// A power of two, or NaN.
fn f8_e8m0(byte: u8) -> f32 {
    match byte {
        0xff => f32::NAN,
        exponent => power_of_two(i32::from(exponent) - 127),
    }
}

/// `2^exponent` for exponents from -127 to 127.
fn power_of_two(exponent: i32) -> f32 {
    let biased = u32::try_from(exponent + 127).expect("an exponent that f32 has");
    f32::from_bits(if biased == 0 { 1 << 22 } else { biased << 23 })
}
