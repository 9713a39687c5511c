//! Lays the mark over pictures.

use super::pattern::{Pattern, TILE};
use crate::error::{Error, Result};
use crate::picture::Picture;

/// Pixels of the shorter side of a picture at least: a smaller one has no room for the mark.
pub const SIDE_MIN: usize = 160;

/// The usual strength, in levels: between what is seen and what is lost.
pub const STRENGTH: f32 = 1.2;

/// The greatest strength, in levels.
const STRENGTH_MAX: f32 = 8.0;

/// Parts of a pixel below this are dark: there the eye sees smaller differences.
const DARK: u8 = 96;

/// The highest level of the mark, against its strength. Where it is dark, half of that.
const CREST: f32 = 1.4;

const PARTS: usize = 3;

/// The mark of a message, ready to be laid over any number of pictures of any size.
pub struct Mark {
    /// By how much each byte of a tile is raised, and by how much lowered: one of the two is none.
    up: Vec<u8>,
    down: Vec<u8>,
    /// The highest level where it is dark.
    dark_max: u8,
}

impl Mark {
    /// The mark of `message` for who knows `key`. The strength is about the root mean square, in levels of 255;
    /// [`STRENGTH`] is usual, and what is not from 0 to 8 is brought there, and what is no number to 0.
    pub fn new(message: u32, key: u64, strength: f32) -> Self {
        let tile = Pattern::of(key).tile(message);
        let strength = match strength.is_nan() {
            true => 0.0,
            false => strength.clamp(0.0, STRENGTH_MAX),
        };
        let crest = (strength * CREST).round();
        let levels = |sign: f32| {
            let level = |value: &f32| (value * strength * sign).round().min(crest) as u8;
            let levels = tile.iter().flat_map(|value| [level(value); PARTS]);
            levels.collect()
        };
        Self {
            up: levels(1.0),
            down: levels(-1.0),
            dark_max: (crest / 2.0).ceil() as u8,
        }
    }

    /// Lays the mark over a picture.
    ///
    /// # Errors
    /// [`Error::Size`] when a side is shorter than [`SIDE_MIN`].
    pub fn apply(&self, picture: &mut Picture) -> Result<()> {
        if picture.width.min(picture.height) < SIDE_MIN {
            return Err(Error::Size {
                kind: "a marked picture",
                width: picture.width,
                height: picture.height,
                hint: "both sides need 160 pixels at least",
            });
        }
        let bytes = TILE * PARTS;
        let rows = picture.bytes.chunks_exact_mut(picture.width * PARTS);
        let tiles = self
            .up
            .chunks_exact(bytes)
            .zip(self.down.chunks_exact(bytes));
        for (row, (up, down)) in rows.zip(tiles.cycle()) {
            for part in row.chunks_mut(bytes) {
                for ((byte, up), down) in part.iter_mut().zip(up).zip(down) {
                    let most = if *byte < DARK { self.dark_max } else { u8::MAX };
                    *byte = byte
                        .saturating_add(*up.min(&most))
                        .saturating_sub(*down.min(&most));
                }
            }
        }
        Ok(())
    }
}
