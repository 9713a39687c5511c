//! Sound: of films, and of tracks that people bring.

mod opus;
#[cfg(test)]
mod tests;
mod track;

use crate::error::Result;

pub(crate) use opus::{Encoder, PACKET, PRE_SKIP};
pub use track::Track;
#[cfg(test)]
use track::stereo;

/// Samples a second, of each side.
pub const RATE: u32 = 48_000;

/// Sound that is asked for piece by piece.
pub trait Sound {
    /// Fills `out` with the samples that come next, `[left, right]` and each from -1 to 1. What comes after the end is silence.
    ///
    /// # Errors
    /// When it comes from a file that cannot be read.
    fn fill(&mut self, out: &mut [[f32; 2]]) -> Result<()>;
}
