//! A picture in letters: two pixels in each, the upper as its colour, the lower behind it.

use std::fmt::Write as _;

use media::Picture;

/// Letters in a row at most.
const COLUMNS: usize = 48;

/// Rows at most.
const ROWS: usize = 18;

/// The picture as lines for a terminal with all colours.
pub fn lines(picture: &Picture) -> String {
    let scale =
        (picture.width as f32 / COLUMNS as f32).max(picture.height as f32 / (2 * ROWS) as f32);
    let side = |pixels: usize| ((pixels as f32 / scale).round() as usize).max(2);
    let small = picture.scaled(side(picture.width), side(picture.height).div_ceil(2) * 2);
    let mut text = String::new();
    for pair in small.bytes.chunks_exact(small.width * 6) {
        let (above, below) = pair.split_at(small.width * 3);
        for (above, below) in above.chunks_exact(3).zip(below.chunks_exact(3)) {
            let _ = write!(
                text,
                "\x1b[38;2;{};{};{};48;2;{};{};{}m▀",
                above[0], above[1], above[2], below[0], below[1], below[2]
            );
        }
        text += "\x1b[0m\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_fits() {
        for (width, height, columns, rows) in [
            (1280, 720, 48, 14),
            (720, 1280, 20, 18),
            (64, 64, 36, 18),
            (3840, 64, 48, 1),
        ] {
            let lines = lines(&Picture::new(width, height));
            assert_eq!(lines.lines().count(), rows, "{width}×{height}");
            assert_eq!(
                lines.lines().next().unwrap().matches('▀').count(),
                columns,
                "{width}×{height}"
            );
        }
    }
}
