//! A mark in pictures and films that nobody sees and a program finds: 32 bits, also after the picture was cropped,
//! made smaller, or encoded again.
//!
//! The mark is a tile of smooth noise, one or two levels high, that is laid out again and again over the picture, so
//! that a crop only moves it. Its waves have beginnings by the chance of a key. A quarter of them say where the tile
//! begins; the others are five groups, and where each lies against the tile says ten bits: 32 of message and 18 of
//! check.
//!
//! The [`Detector`] takes what the pictures show away, adds up what is left over all pictures of a film, and keeps of
//! each wave only its direction. For a picture without the mark these directions have nothing to do with those of the
//! key, so a bound on the probability of a false find follows without any assumption about pictures: see
//! [`Found::confidence`].
//!
//! It says where a picture comes from; it does not resist somebody who wants it gone. Who has many pictures with the
//! same mark can find the tile and take it away. Turned, mirrored or unevenly stretched pictures are not recognised.
//!
//! Sources: Cox et al. 1997 (spread spectrum: little in each wave, much in all); Kalker et al. 1999, JAWS (a tile that
//! is looked for at all places by directions alone, and symbols as shifts).

mod agreement;
mod detector;
mod mark;
mod pattern;
mod residual;
mod spectrum;
#[cfg(test)]
mod tests;

pub use detector::{Detector, Found};
pub use mark::{Mark, SIDE_MIN, STRENGTH};

use crate::error::Result;
use crate::picture::Picture;

/// Lays the mark of `message` over one picture. For more than one, [`Mark`] is made once.
///
/// # Errors
/// [`crate::Error::Size`] when a side is shorter than [`SIDE_MIN`].
pub fn mark(picture: &mut Picture, message: u32, key: u64, strength: f32) -> Result<()> {
    Mark::new(message, key, strength).apply(picture)
}
