//! A picture in memory.

/// A picture: rows from above, red, green and blue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Three bytes a pixel, sRGB.
    pub bytes: Vec<u8>,
}

impl Picture {
    /// A black picture.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            bytes: vec![0; width * height * 3],
        }
    }

    /// The picture at another size. Each pixel is the mean of what it covers, so that nothing flickers when it gets smaller; where it grows, a cubic
    /// goes through the old pixels.
    pub fn scaled(&self, width: usize, height: usize) -> Self {
        let columns = Covered::of(self.width, width);
        let rows = Covered::of(self.height, height);
        let mut out = Self::new(width, height);
        let mut row = vec![0.0_f32; self.width * 3];
        for (y, covered) in rows.iter().enumerate() {
            row.fill(0.0);
            for &(from, weight) in &covered.0 {
                let start = from * self.width * 3;
                let bytes = &self.bytes[start..start + self.width * 3];
                for (sum, &byte) in row.iter_mut().zip(bytes) {
                    *sum += weight * f32::from(byte);
                }
            }
            let line = &mut out.bytes[y * width * 3..(y + 1) * width * 3];
            for (pixel, covered) in line.chunks_exact_mut(3).zip(&columns) {
                for (part, byte) in pixel.iter_mut().enumerate() {
                    let sum: f32 = covered
                        .0
                        .iter()
                        .map(|&(x, weight)| weight * row[x * 3 + part])
                        .sum();
                    *byte = (sum + 0.5) as u8;
                }
            }
        }
        out
    }
}

/// The old pixels that a new one covers, with their shares. Where it grows, the four nearest.
struct Covered(Vec<(usize, f32)>);

impl Covered {
    fn of(old: usize, new: usize) -> Vec<Self> {
        let step = old as f32 / new as f32;
        (0..new).map(|at| Self::one(at, step, old)).collect()
    }

    fn one(at: usize, step: f32, old: usize) -> Self {
        if step <= 1.0 {
            let middle = (at as f32 + 0.5) * step - 0.5;
            let shares = cubic(middle - middle.floor());
            let places = (middle.floor() as isize - 1..).map(|at| at.clamp(0, old as isize - 1));
            let places = places.map(|at| at as usize);
            return Self(places.zip(shares).collect());
        }
        let (from, to) = (at as f32 * step, (at + 1) as f32 * step);
        let last = (to.ceil() as usize).min(old);
        let covered = (from.floor() as usize..last).map(|pixel| {
            let overlap = to.min(pixel as f32 + 1.0) - from.max(pixel as f32);
            (pixel, overlap.max(0.0) / step)
        });
        Self(covered.collect())
    }
}

/// How much the two pixels before a place and the two after it count there, `t` after the second.
/// Source: Keys 1981.
fn cubic(t: f32) -> [f32; 4] {
    let (square, cube) = (t * t, t * t * t);
    [
        (2.0 * square - cube - t) / 2.0,
        (3.0 * cube - 5.0 * square + 2.0) / 2.0,
        (4.0 * square - 3.0 * cube + t) / 2.0,
        (cube - square) / 2.0,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_picture_has_the_means_of_what_it_covers() {
        let mut picture = Picture::new(4, 2);
        for (at, byte) in picture.bytes.iter_mut().enumerate() {
            *byte = (at * 7 % 200) as u8;
        }
        let half = picture.scaled(2, 1);
        for x in 0..2 {
            for part in 0..3 {
                let sum: f32 = [(0, 0), (1, 0), (0, 1), (1, 1)]
                    .iter()
                    .map(|(dx, dy)| f32::from(picture.bytes[(dy * 4 + x * 2 + dx) * 3 + part]))
                    .sum();
                let got = f32::from(half.bytes[x * 3 + part]);
                assert!(
                    (got - sum / 4.0).abs() <= 0.51,
                    "{got} is not {}",
                    sum / 4.0
                );
            }
        }
    }

    #[test]
    fn a_larger_picture_goes_through_the_old_one_and_stays_in_bounds() {
        let mut picture = Picture::new(4, 1);
        for (pixel, level) in picture.bytes.chunks_exact_mut(3).zip([0, 0, 255, 255]) {
            pixel.fill(level);
        }
        // Three times as large, each old pixel's middle is a new pixel's.
        let larger = picture.scaled(12, 3);
        let row: Vec<u8> = larger.bytes.iter().step_by(3).copied().take(12).collect();
        assert_eq!([row[1], row[4], row[7], row[10]], [0, 0, 255, 255]);
        assert!(
            row[5] > 40 && row[5] < 128 && row[6] > 128 && row[6] < 215,
            "{row:?}"
        );
        assert_eq!(picture.scaled(4, 1), picture);
    }

    #[test]
    fn one_colour_stays_that_colour_at_any_size() {
        let mut picture = Picture::new(7, 5);
        picture.bytes.fill(99);
        for (width, height) in [(1, 1), (3, 2), (7, 5), (20, 31), (64, 3)] {
            let scaled = picture.scaled(width, height);
            assert_eq!((scaled.width, scaled.height), (width, height));
            assert!(scaled.bytes.iter().all(|&byte| byte == 99));
        }
    }
}
