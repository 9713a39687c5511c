//! What is left of a picture without what it shows.

use crate::Picture;

/// Pixels to the right and down from a pixel to those it is held against. The ones opposite count as well.
const RING: [(isize, usize); 6] = [(6, 0), (5, 3), (3, 5), (0, 6), (-3, 5), (-5, 3)];

/// Quarters of a level: a difference of so much counts most, one of twice as much is an edge and counts nothing.
const DIFFERENCE_MAX: i16 = 24;

/// Adds to each of `sums` by how much the pixel is lighter than those around it, in quarters of a level. Pixels that
/// lie across an edge are left out, so that what is drawn leaves little behind and the mark remains.
pub(super) fn add_residual(picture: &Picture, sums: &mut [i32]) {
    let luma = luma(picture);
    let width = picture.width;
    for (right, down) in RING {
        let columns = width.saturating_sub(right.unsigned_abs());
        let (from, to) = if right < 0 { (columns.min(width), 0) } else { (0, right as usize) };
        let from = if right < 0 { right.unsigned_abs().min(width) } else { from };
        for y in 0..picture.height.saturating_sub(down) {
            let here = y * width + from;
            let there = (y + down) * width + to;
            for at in 0..columns {
                let difference = counted(luma[here + at] - luma[there + at]);
                sums[here + at] += i32::from(difference);
                sums[there + at] -= i32::from(difference);
            }
        }
    }
}

/// Grows up to the most that counts and falls to zero from there.
fn counted(difference: i16) -> i16 {
    let size = difference.abs();
    size.min(2 * DIFFERENCE_MAX - size).max(0) * difference.signum()
}

/// How light each pixel is, in quarters of a level. Source: ITU-R BT.601.
fn luma(picture: &Picture) -> Vec<i16> {
    let light = |rgb: &[u8]| 77 * u32::from(rgb[0]) + 150 * u32::from(rgb[1]) + 29 * u32::from(rgb[2]);
    picture
        .bytes
        .chunks_exact(3)
        .map(|rgb| (light(rgb) >> 6) as i16)
        .collect()
}
