//! A mark in pictures and films that nobody sees.

mod detector;
mod pattern;
mod residual;
mod spectrum;

pub use detector::{Detector, Found};

use crate::Picture;
use pattern::{Pattern, TILE};

/// Why a picture cannot be marked or looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// small
    TooSmall,
    /// other
    OtherSize,
}

/// The mark of a message, ready for pictures of any size.
pub struct Mark {
    up: Vec<u8>,
    down: Vec<u8>,
}

impl Mark {
    /// The mark.
    pub fn new(message: u32, key: u64, strength: f32) -> Self {
        let tile = Pattern::of(key).tile(message);
        let most = (strength * 1.75).round();
        let level = |value: &f32| (value * strength).clamp(-most, most).round() as i32;
        let of = |sign: i32| -> Vec<u8> {
            tile.iter().flat_map(|value| [(level(value) * sign).clamp(0, 255) as u8; 3]).collect()
        };
        Self { up: of(1), down: of(-1) }
    }

    /// Lays the mark over a picture.
    pub fn apply(&self, picture: &mut Picture) -> Result<(), Unfit> {
        if picture.width < TILE || picture.height < TILE {
            return Err(Unfit::TooSmall);
        }
        let tiles = self.up.chunks_exact(TILE * 3).zip(self.down.chunks_exact(TILE * 3)).cycle();
        for (row, (up, down)) in picture.bytes.chunks_exact_mut(picture.width * 3).zip(tiles) {
            for part in row.chunks_mut(TILE * 3) {
                for ((byte, up), down) in part.iter_mut().zip(up).zip(down) {
                    *byte = byte.saturating_add(*up).saturating_sub(*down);
                }
            }
        }
        Ok(())
    }
}
