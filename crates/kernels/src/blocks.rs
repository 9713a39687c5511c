//! Blocks of quantised weights as they lie in GGUF files.

mod mxfp4;
mod q4_0;
mod q4_k;
mod q6_k;
mod q8_0;
mod search;

pub use mxfp4::BlockMxfp4;
pub use q4_0::BlockQ4_0;
pub use q4_k::BlockQ4K;
pub use q6_k::BlockQ6K;
pub use q8_0::BlockQ8_0;

#[cfg(target_arch = "x86_64")]
pub(crate) use mxfp4::OFFSET as MXFP4_OFFSET;
pub(crate) use mxfp4::{VALUES as MXFP4_VALUES, worth as mxfp4_worth};
pub(crate) use q8_0::{quantise, quantise_q8_0};

/// Numbers in a small block.
pub const BLOCK: usize = 32;

/// Numbers in a block of blocks.
pub const SUPER_BLOCK: usize = 256;

/// Numbers of four bits, as a block of 32 holds them: the first half in the low bits.
type Nibbles = [u8; BLOCK / 2];

/// Puts numbers below sixteen together.
fn join(numbers: &[u8; BLOCK]) -> Nibbles {
    std::array::from_fn(|at| numbers[at] | numbers[at + BLOCK / 2] << 4)
}

/// Takes them apart again.
fn parted(nibbles: &Nibbles) -> [u8; BLOCK] {
    std::array::from_fn(|at| match nibbles.get(at) {
        Some(byte) => byte & 15,
        None => nibbles[at - BLOCK / 2] >> 4,
    })
}

#[cfg(test)]
mod tests;
