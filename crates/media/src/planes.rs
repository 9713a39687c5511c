//! A picture as films store it: light, and colour at half the size, after BT.709 in the narrow range.
//!
//! Source: ITU-R BT.709-6, items 3.2–3.5; light spans 16–235, colour 16–240.

use crate::picture::Picture;

/// Bits behind the point.
const POINT: i32 = 16;

/// The light planes' share of red, green and blue: 219/255 of 0.2126, 0.7152 and 0.0722.
const Y: [i32; 3] = [11966, 40254, 4064];
/// Of blue less light: 224/255 over 1.8556.
const U: [i32; 3] = [-6596, -22189, 28784];
/// Of red less light: 224/255 over 1.5748.
const V: [i32; 3] = [28784, -26145, -2639];

/// A picture in three planes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planes {
    /// Pixels in a row; even.
    pub width: usize,
    /// Rows; even.
    pub height: usize,
    /// Light, one byte a pixel.
    pub y: Vec<u8>,
    /// Blue, one byte for four pixels.
    pub u: Vec<u8>,
    /// Red, one byte for four pixels.
    pub v: Vec<u8>,
}

impl Planes {
    /// Black planes of an even size.
    pub fn new(width: usize, height: usize) -> Self {
        debug_assert!(width.is_multiple_of(2) && height.is_multiple_of(2));
        let quarter = width * height / 4;
        Self {
            width,
            height,
            y: vec![16; width * height],
            u: vec![128; quarter],
            v: vec![128; quarter],
        }
    }

    /// Takes over a picture of the same size.
    pub fn read(&mut self, picture: &Picture) {
        let (width, half) = (self.width, self.width / 2);
        let rows = picture.bytes.chunks_exact(width * 6);
        let light = self.y.chunks_exact_mut(width * 2);
        let colour = self
            .u
            .chunks_exact_mut(half)
            .zip(self.v.chunks_exact_mut(half));
        for ((pair, light), (blue, red)) in rows.zip(light).zip(colour) {
            let (above, below) = pair.split_at(width * 3);
            let (light_above, light_below) = light.split_at_mut(width);
            lighten(light_above, above);
            lighten(light_below, below);
            for (x, (blue, red)) in blue.iter_mut().zip(red).enumerate() {
                let four = [&above[x * 6..x * 6 + 6], &below[x * 6..x * 6 + 6]];
                let sum = |part: usize| -> i32 {
                    four.iter()
                        .map(|two| i32::from(two[part]) + i32::from(two[part + 3]))
                        .sum()
                };
                let rgb = [sum(0), sum(1), sum(2)];
                *blue = narrowed(&U, rgb, POINT + 2, 128);
                *red = narrowed(&V, rgb, POINT + 2, 128);
            }
        }
    }
}

fn lighten(light: &mut [u8], row: &[u8]) {
    for (light, pixel) in light.iter_mut().zip(row.chunks_exact(3)) {
        let rgb = [
            i32::from(pixel[0]),
            i32::from(pixel[1]),
            i32::from(pixel[2]),
        ];
        *light = narrowed(&Y, rgb, POINT, 16);
    }
}

fn narrowed(shares: &[i32; 3], rgb: [i32; 3], point: i32, zero: i32) -> u8 {
    let sum = shares[0] * rgb[0] + shares[1] * rgb[1] + shares[2] * rgb[2];
    (((sum + (1 << (point - 1))) >> point) + zero) as u8
}

/// Planes of others, with rows of any length, as a picture.
///
/// The planes of colour hold one byte for two by two pixels.
pub(crate) struct Strided<'a> {
    /// Pixels in a row, and rows.
    pub size: (usize, usize),
    /// Light and its bytes a row.
    pub y: (&'a [u8], usize),
    /// Blue and its bytes a row.
    pub u: (&'a [u8], usize),
    /// Red and its bytes a row.
    pub v: (&'a [u8], usize),
}

impl Strided<'_> {
    /// The picture that the planes hold.
    pub fn picture(&self) -> Picture {
        let (width, height) = self.size;
        let mut picture = Picture::new(width, height);
        for (y, row) in picture.bytes.chunks_exact_mut(width * 3).enumerate() {
            let light = &self.y.0[y * self.y.1..][..width];
            let blue = &self.u.0[y / 2 * self.u.1..][..width.div_ceil(2)];
            let red = &self.v.0[y / 2 * self.v.1..][..width.div_ceil(2)];
            for (x, (pixel, &light)) in row.chunks_exact_mut(3).zip(light).enumerate() {
                let light = (f32::from(light) - 16.0) * (255.0 / 219.0);
                let blue = (f32::from(blue[x / 2]) - 128.0) * (255.0 / 224.0);
                let red = (f32::from(red[x / 2]) - 128.0) * (255.0 / 224.0);
                pixel[0] = (light + 1.5748 * red + 0.5) as u8;
                pixel[1] = (light - 0.187_324 * blue - 0.468_124 * red + 0.5) as u8;
                pixel[2] = (light + 1.8556 * blue + 0.5) as u8;
            }
        }
        picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(picture: &Picture) -> Picture {
        let mut planes = Planes::new(picture.width, picture.height);
        planes.read(picture);
        let half = picture.width / 2;
        Strided {
            size: (picture.width, picture.height),
            y: (&planes.y, picture.width),
            u: (&planes.u, half),
            v: (&planes.v, half),
        }
        .picture()
    }

    #[test]
    fn black_white_and_grey_are_where_the_standard_puts_them() {
        for (grey, light) in [(0, 16), (255, 235), (128, 126)] {
            let mut picture = Picture::new(2, 2);
            picture.bytes.fill(grey);
            let mut planes = Planes::new(2, 2);
            planes.read(&picture);
            assert_eq!(planes.y, [light; 4]);
            assert_eq!((planes.u[0], planes.v[0]), (128, 128));
        }
    }

    #[test]
    fn full_colours_are_where_the_standard_puts_them() {
        for (rgb, yuv) in [
            ([255, 0, 0], [63, 102, 240]),
            ([0, 255, 0], [173, 42, 26]),
            ([0, 0, 255], [32, 240, 118]),
        ] {
            let mut picture = Picture::new(2, 2);
            picture.bytes.copy_from_slice(&rgb.repeat(4));
            let mut planes = Planes::new(2, 2);
            planes.read(&picture);
            assert_eq!([planes.y[0], planes.u[0], planes.v[0]], yuv, "{rgb:?}");
        }
    }

    #[test]
    fn a_colour_comes_back_within_two_steps() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let mut picture = Picture::new(2, 2);
                    picture.bytes.copy_from_slice(&[red, green, blue].repeat(4));
                    let back = there_and_back(&picture);
                    for (old, new) in picture.bytes.iter().zip(&back.bytes) {
                        assert!(
                            old.abs_diff(*new) <= 2,
                            "{:?} became {:?}",
                            &picture.bytes[..3],
                            &back.bytes[..3]
                        );
                    }
                }
            }
        }
    }
}
