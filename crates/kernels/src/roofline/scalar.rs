//! The definition: four floats at a time, as every 64-bit machine has them.

use super::CHAINS;

/// Multiplies and adds in registers.
pub(super) fn multiply(rounds: usize) -> f32 {
    let factor = std::hint::black_box(0.999_f32);
    let mut chains = [[1.0_f32; 4]; CHAINS];
    for _ in 0..rounds {
        for value in chains.as_flattened_mut() {
            *value = *value * factor + factor;
        }
    }
    chains.as_flattened().iter().sum()
}

/// Adds up all words.
pub(super) fn read(words: &[u64]) -> u64 {
    words.iter().fold(0, |sum, word| sum.wrapping_add(*word))
}
