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
    light: Levels,
    dark: Levels,
}

impl Mark {
    /// The mark of `message` for who knows `key`. The strength is about the root mean square, in levels of 255;
    /// [`STRENGTH`] is usual, and what is not from 0 to 8 is brought there.
    pub fn new(message: u32, key: u64, strength: f32) -> Self {
        let tile = Pattern::of(key).tile(message);
        // In this order, what is not a number becomes none.
        let strength = strength.max(0.0).min(STRENGTH_MAX);
        let most = (strength * CREST).round();
        Self {
            light: Levels::of(&tile, strength, most),
            dark: Levels::of(&tile, strength, (most / 2.0).ceil()),
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
        let rows = picture.bytes.chunks_exact_mut(picture.width * PARTS);
        for (row, (light, dark)) in rows.zip(self.light.rows().zip(self.dark.rows()).cycle()) {
            for part in row.chunks_mut(TILE * PARTS) {
                let light = light.0.iter().zip(light.1);
                let dark = dark.0.iter().zip(dark.1);
                for (byte, (light, dark)) in part.iter_mut().zip(light.zip(dark)) {
                    let (up, down) = if *byte < DARK { dark } else { light };
                    *byte = byte.saturating_add(*up).saturating_sub(*down);
                }
            }
        }
        Ok(())
    }
}

/// By how much each byte of a tile is raised and lowered: one of the two is none.
struct Levels {
    up: Vec<u8>,
    down: Vec<u8>,
}

impl Levels {
    fn of(tile: &[f32], strength: f32, most: f32) -> Self {
        let one_way = |sign: f32| {
            let level = |value: &f32| (value * strength * sign).round().min(most) as u8;
            tile.iter()
                .flat_map(|value| [level(value); PARTS])
                .collect()
        };
        Self {
            up: one_way(1.0),
            down: one_way(-1.0),
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        let bytes = TILE * PARTS;
        self.up
            .chunks_exact(bytes)
            .zip(self.down.chunks_exact(bytes))
    }
}
