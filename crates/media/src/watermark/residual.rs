//! What is left of a picture without what it shows.

use crate::picture::Picture;

/// Pixels to the right and down from each pixel to those with which it is compared. Those opposite count as well, so
/// that a ring of twelve lies around it.
const RING: [(isize, usize); 6] = [(8, 0), (7, 4), (4, 7), (0, 8), (-4, 7), (-7, 4)];

/// The difference that counts most, in quarters of a level. One of twice as much is an edge and counts nothing.
const DIFFERENCE_MAX: i16 = 24;

/// Adds to each of `sums` by how much a pixel is lighter than those around it, in quarters of a level. What lies across
/// an edge is left out: so little remains of what is drawn, and the mark remains up to the edge.
pub(super) fn add_residual(picture: &Picture, sums: &mut [i32]) {
    let luma = luma(picture);
    let width = picture.width;
    for (right, down) in RING {
        let columns = width.saturating_sub(right.unsigned_abs());
        let (from, to) = (right.min(0).unsigned_abs(), right.max(0).unsigned_abs());
        for y in 0..picture.height.saturating_sub(down) {
            let one = y * width + from;
            let other = (y + down) * width + to;
            for at in 0..columns {
                let difference = i32::from(counted(luma[one + at] - luma[other + at]));
                sums[one + at] += difference;
                sums[other + at] -= difference;
            }
        }
    }
}

/// What a difference counts: itself up to the most, and from there less and less.
fn counted(difference: i16) -> i16 {
    let size = difference.abs();
    let counted = size.min(2 * DIFFERENCE_MAX - size).max(0);
    counted * difference.signum()
}

/// How light each pixel is, in quarters of a level. Source: ITU-R BT.601.
fn luma(picture: &Picture) -> Vec<i16> {
    let pixels = picture.bytes.chunks_exact(3);
    let light = |pixel: &[u8]| {
        77 * u16::from(pixel[0]) + 150 * u16::from(pixel[1]) + 29 * u16::from(pixel[2])
    };
    pixels.map(|pixel| (light(pixel) >> 6) as i16).collect()
}
