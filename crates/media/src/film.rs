//! Films: pictures one after the other, to a file and back.

use crate::error::{Error, Result};
use crate::picture::Picture;

/// What is known of a film before its first picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pictures a second.
    pub frames_per_second: u32,
    /// How coarse H.264 makes it: from 0, the finest, to 51. Up to about 20 nobody sees a difference.
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
            quantiser: 20,
        }
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
