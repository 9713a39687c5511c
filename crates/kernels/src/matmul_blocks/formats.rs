//! What a format of blocks must tell to be multiplied with.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::__m512i;

use bytemuck::Pod;

#[cfg(target_arch = "x86_64")]
use super::avx512::WideFigures;
use crate::blocks::BLOCK;
#[cfg(target_arch = "aarch64")]
use crate::isa::Isa;
use crate::panels::PANEL;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::quantised_rows::QuantisedRows;

/// A format of blocks.
pub trait Block: Pod + Send + Sync {
    /// Numbers in a block: a multiple of 32.
    const NUMBERS: usize;

    /// The blocks of sixteen outputs at the same inputs.
    type Panel: Pod + Send + Sync;

    /// Puts the block of an output into a panel of zeros.
    fn put(&self, output: usize, panel: &mut Self::Panel);

    /// What 32 inputs of an output are.
    fn part(panel: &Self::Panel, part: usize, output: usize) -> Part;

    /// The products of as many rows as `made` has, from `row` on, with one panel.
    ///
    /// # Safety
    /// The machine has AVX2 and F16C.
    #[cfg(target_arch = "x86_64")]
    unsafe fn tile_avx2(
        x: &QuantisedRows,
        row: usize,
        panels: &[Self::Panel],
        made: &mut [[f32; PANEL]],
    );

    /// The products of as many rows as `made` has, from `row` on, with one panel.
    ///
    /// # Safety
    /// The machine has the level.
    #[cfg(target_arch = "aarch64")]
    unsafe fn tile_neon(
        isa: Isa,
        x: &QuantisedRows,
        row: usize,
        panels: &[Self::Panel],
        made: &mut [[f32; PANEL]],
    );

    /// Spans of 32 inputs that have a scale of their own: one or two.
    #[cfg(target_arch = "x86_64")]
    const WIDE_SPANS: usize;

    /// What the steps of [`wide_fours`](Self::wide_fours) are too large by.
    #[cfg(target_arch = "x86_64")]
    const WIDE_OFFSET: i16;

    /// Whether something is taken away that steps do not tell.
    #[cfg(target_arch = "x86_64")]
    const WIDE_MINIMA: bool;

    /// The fours of that number of the outputs, as steps that are not negative.
    ///
    /// # Safety
    /// The machine has AVX-512 as [`Isa::Avx512`](crate::Isa::Avx512) says.
    #[cfg(target_arch = "x86_64")]
    unsafe fn wide_fours(panel: &Self::Panel, part: usize, number: usize) -> __m512i;

    /// The figures of 32 inputs.
    ///
    /// # Safety
    /// The machine has AVX-512 as [`Isa::Avx512`](crate::Isa::Avx512) says.
    #[cfg(target_arch = "x86_64")]
    unsafe fn wide_figures(panel: &Self::Panel, part: usize) -> WideFigures;
}

/// 32 weights of one output: `scale · factor · step - minimum`, with a factor for each half.
pub struct Part {
    pub steps: [i16; BLOCK],
    pub factors: [i32; 2],
    pub scale: f32,
    pub minimum: f32,
}

impl Part {
    /// The weights, rounded as the format's own definition rounds them.
    pub fn dequantise(&self) -> [f32; BLOCK] {
        let scales = self.factors.map(|factor| self.scale * factor as f32);
        std::array::from_fn(|at| scales[at * 2 / BLOCK] * f32::from(self.steps[at]) - self.minimum)
    }
}

/// Numbers of four bits of 32 inputs of sixteen outputs: for four neighbouring inputs at a time the fours
/// of the sixteen outputs, the first sixteen inputs in the low bits, the others in the high.
pub type NibblePanel = [[[u8; 4]; PANEL]; BLOCK / 8];

/// Puts the numbers of an output into a panel.
pub fn put_nibbles(numbers: &[u8; BLOCK / 2], output: usize, panel: &mut NibblePanel) {
    for (four, numbers) in panel.iter_mut().zip(numbers.as_chunks::<4>().0) {
        four[output] = *numbers;
    }
}

/// The numbers of an output.
pub fn nibbles(panel: &NibblePanel, output: usize) -> [u8; BLOCK] {
    std::array::from_fn(|at| panel[at % 16 / 4][output][at % 4] >> (at / 16 * 4) & 15)
}
