//! Films: pictures one after the other, to a file and back.

use crate::error::{Error, Result};
use crate::picture::Picture;

/// Pixels of a side at most, and at least.
pub(crate) const SIDE: std::ops::RangeInclusive<usize> = 16..=3840;
/// Pixels of the shorter side at most.
pub(crate) const SHORT_SIDE_MAX: usize = 2160;

/// Seconds from one picture that stands alone to the next: how exactly one can jump.
pub(crate) const SECONDS_ALONE: u32 = 2;

/// How pictures of a film are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264, which everything plays.
    #[default]
    H264,
    /// AV1: smaller, and slower to make. Only programs that were built with the feature `av1` do.
    Av1,
}

/// One encoded picture.
pub(crate) struct Access {
    /// Whether it stands alone.
    pub is_key: bool,
    /// Its units, as the encoder gives them.
    pub bytes: Vec<u8>,
}

/// What is known of a film before its first picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pictures a second.
    pub frames_per_second: u32,
    /// How pictures are encoded.
    pub codec: Codec,
    /// How coarse they become: from 0, the finest, to 51, as H.264 counts. Up to about 20 nobody sees a difference.
    pub quantiser: u8,
}

impl Spec {
    /// A film of usual quality.
    ///
    /// # Panics
    /// When there are no pictures in a second.
    pub fn new(width: usize, height: usize, frames_per_second: u32) -> Self {
        assert!(frames_per_second > 0, "a film has pictures in each second");
        Self {
            width,
            height,
            frames_per_second,
            codec: Codec::default(),
            quantiser: 20,
        }
    }

    /// That it is a size for films of that kind.
    pub(crate) fn check_size(&self, kind: &'static str) -> Result<()> {
        let (long, short) = (self.width.max(self.height), self.width.min(self.height));
        let is_even = self.width.is_multiple_of(2) && self.height.is_multiple_of(2);
        if is_even && SIDE.contains(&long) && SIDE.contains(&short) && short <= SHORT_SIDE_MAX {
            return Ok(());
        }
        Err(Error::Size {
            kind,
            width: self.width,
            height: self.height,
            hint: "both sides must be even, and from 16 to 3840×2160",
        })
    }

    /// That a picture is as large as the film.
    pub(crate) fn fits(&self, picture: &Picture) -> Result<()> {
        if (picture.width, picture.height) == (self.width, self.height) {
            return Ok(());
        }
        Err(Error::Changed(
            self.width,
            self.height,
            picture.width,
            picture.height,
        ))
    }
}
