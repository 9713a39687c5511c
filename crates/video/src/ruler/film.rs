//! Pictures as they are measured: small, and in numbers that can be reckoned with.

use media::Picture;

/// The shorter side at which films are measured, if they have as much; larger ones are made smaller by a whole factor.
const SIDE: usize = 64;

/// A colour, each part from 0 to 255.
pub(super) type Rgb = [f32; 3];

/// A film in memory.
pub(super) struct Film {
    pub width: usize,
    pub height: usize,
    pub frames: Vec<Vec<Rgb>>,
    pub frames_per_second: f32,
}

impl Film {
    /// Pictures at the size at which they are measured.
    ///
    /// # Panics
    /// When there is none, when they are not of one size, or when there are none in a second.
    pub fn new(pictures: &[Picture], frames_per_second: f32) -> Self {
        let first = pictures.first().expect("a film has pictures");
        assert!(frames_per_second > 0.0, "a film has pictures in a second");
        let factor = (first.width.min(first.height) / SIDE).max(1);
        let (width, height) = (first.width / factor, first.height / factor);
        assert!(width > 0 && height > 0, "pictures are not empty");
        let frames = pictures.iter().map(|picture| {
            assert_eq!(
                (picture.width, picture.height),
                (first.width, first.height),
                "pictures of a film are of one size"
            );
            reduced(picture, factor, (width, height))
        });
        Self {
            width,
            height,
            frames: frames.collect(),
            frames_per_second,
        }
    }

    /// Pixels of one length.
    pub fn scale(&self) -> f32 {
        self.width.min(self.height) as f32
    }

    /// How long it lasts.
    pub fn seconds(&self) -> f32 {
        self.frames.len() as f32 / self.frames_per_second
    }

    /// When a picture is seen.
    pub fn time(&self, frame: usize) -> f32 {
        frame as f32 / self.frames_per_second
    }

    /// A place in pixels, from the upper left corner down, as a place on the screen in lengths, from the middle up.
    pub fn on_screen(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let scale = self.scale();
        [
            (x - self.width as f32 / 2.0) / scale,
            (self.height as f32 / 2.0 - y) / scale,
        ]
    }
}

fn reduced(picture: &Picture, factor: usize, (width, height): (usize, usize)) -> Vec<Rgb> {
    let left = (picture.width - width * factor) / 2;
    let top = (picture.height - height * factor) / 2;
    let share = 1.0 / (factor * factor) as f32;
    let mut pixels = vec![[0.0; 3]; width * height];
    for (y, row) in pixels.chunks_exact_mut(width).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            for line in top + y * factor..top + (y + 1) * factor {
                let at = (line * picture.width + left + x * factor) * 3;
                for seen in picture.bytes[at..at + factor * 3].chunks_exact(3) {
                    for (part, &byte) in pixel.iter_mut().zip(seen) {
                        *part += f32::from(byte) * share;
                    }
                }
            }
        }
    }
    pixels
}

/// The square of how far two colours are from each other.
pub(super) fn apart(one: Rgb, two: Rgb) -> f32 {
    one.iter()
        .zip(two)
        .map(|(one, two)| (one - two).powi(2))
        .sum()
}
