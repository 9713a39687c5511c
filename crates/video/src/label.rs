//! A mark that everybody sees: letters in a corner that say that nobody filmed this.

use media::Picture;
use media::credentials::Source;

use crate::order::Size;

/// Letters are this part of the shorter side high, and no less than so many pixels.
const HEIGHT: f32 = 1.0 / 18.0;
const HEIGHT_MIN: f32 = 9.0;

/// Half the width of a line, of a letter's height.
const PEN: f32 = 0.09;

/// The darkness behind letters, of one, so that they are read on any picture.
const VEIL: f32 = 0.55;

/// Points along the curve of a letter.
const CURVE: usize = 12;

type Point = [f32; 2];

/// Letters, and where they lie in all pictures of a film.
pub(crate) struct Label {
    corner: [usize; 2],
    size: [usize; 2],
    /// How much of the veil and of the letters covers each pixel.
    cover: Vec<[f32; 2]>,
}

impl Label {
    /// That of films made so: `AI` where a network generated them, `CG` where a program drew them.
    pub fn of(source: &Source, size: Size) -> Self {
        let letters = match source {
            Source::DigitalCreation | Source::AlgorithmicMedia => ['C', 'G'],
            _ => ['A', 'I'],
        };
        let short = size.width.min(size.height) as f32;
        let height = (short * HEIGHT).max(HEIGHT_MIN);
        let (mut lines, mut end) = (Vec::new(), 0.0);
        for letter in letters {
            let (strokes, width) = strokes(letter);
            for stroke in &strokes {
                for ends in stroke.windows(2) {
                    lines.push([ends[0], ends[1]].map(|[x, y]| [end + x, y]));
                }
            }
            end += width + 0.35;
        }
        let pad = 0.45;
        let all = [end - 0.35 + 2.0 * pad, 1.0 + 2.0 * pad].map(|side| side * height);
        let sides = all.map(|side| side.ceil() as usize);
        let margin = (height * 0.6).round() as usize;
        // A tiny picture is covered as far as it goes.
        let sides = [sides[0].min(size.width), sides[1].min(size.height)];
        let corner = [
            (size.width - sides[0]).saturating_sub(margin),
            (size.height - sides[1]).saturating_sub(margin),
        ];
        let cover = (0..sides[0] * sides[1]).map(|at| {
            let pixel = [(at % sides[0]) as f32 + 0.5, (at / sides[0]) as f32 + 0.5];
            let place = pixel.map(|length| length / height - pad);
            let far = lines.iter().map(|line| distance(place, *line));
            let far = far.fold(f32::INFINITY, f32::min);
            [
                rounded(pixel, all, 0.3 * height),
                ((PEN - far) * height + 0.5).clamp(0.0, 1.0),
            ]
        });
        Self {
            corner,
            cover: cover.collect(),
            size: sides,
        }
    }

    /// Draws it.
    pub fn apply(&self, picture: &mut Picture) {
        let [width, height] = self.size;
        for row in 0..height {
            let at = ((self.corner[1] + row) * picture.width + self.corner[0]) * 3;
            let pixels = picture.bytes[at..at + width * 3].chunks_exact_mut(3);
            for (pixel, [veil, letter]) in pixels.zip(&self.cover[row * width..]) {
                for byte in pixel {
                    let dark = f32::from(*byte) * (1.0 - veil * VEIL);
                    *byte = (dark + (255.0 - dark) * letter + 0.5) as u8;
                }
            }
        }
    }
}

/// The lines of a letter that is one high, and how wide it is.
fn strokes(letter: char) -> (Vec<Vec<Point>>, f32) {
    let arc = |from: f32, to: f32| -> Vec<Point> {
        let angles = (0..=CURVE).map(|at| from + (to - from) * at as f32 / CURVE as f32);
        let points = angles.map(|angle| [0.42 + 0.42 * angle.cos(), 0.5 + 0.5 * angle.sin()]);
        points.collect()
    };
    match letter {
        'A' => {
            let legs = vec![[0.0, 1.0], [0.4, 0.0], [0.8, 1.0]];
            (vec![legs, vec![[0.14, 0.66], [0.66, 0.66]]], 0.8)
        }
        'C' => (vec![arc(-0.8, -5.48)], 0.8),
        'G' => {
            let mut bow = arc(-0.8, -6.1);
            bow.extend([[0.84, 0.55], [0.5, 0.55]]);
            (vec![bow], 0.84)
        }
        _ => (vec![vec![[0.05, 0.0], [0.05, 1.0]]], 0.1),
    }
}

/// How far a point lies from a line with two ends.
fn distance([x, y]: Point, [from, to]: [Point; 2]) -> f32 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    let share = ((x - from[0]) * along[0] + (y - from[1]) * along[1]) / square.max(1e-9);
    let share = share.clamp(0.0, 1.0);
    let near = [from[0] + share * along[0], from[1] + share * along[1]];
    (x - near[0]).hypot(y - near[1])
}

/// How much of a pixel lies in a field of that size with round corners.
fn rounded(pixel: Point, size: Point, radius: f32) -> f32 {
    let outside = [0, 1].map(|axis| {
        let middle = size[axis] / 2.0;
        ((pixel[axis] - middle).abs() - (middle - radius)).max(0.0)
    });
    (radius - outside[0].hypot(outside[1]) + 0.5).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_seen_on_white_and_on_black_and_nothing_else_changes() {
        let size = Size {
            width: 320,
            height: 180,
        };
        for source in [Source::TrainedAlgorithmicMedia, Source::DigitalCreation] {
            for ground in [0, 255] {
                let mut picture = Picture::new(size.width, size.height);
                picture.bytes.fill(ground);
                let label = Label::of(&source, size);
                label.apply(&mut picture);
                let ([left, top], [width, height]) = (label.corner, label.size);
                let mut shades = [0; 2];
                for (at, pixel) in picture.bytes.chunks_exact(3).enumerate() {
                    let (x, y) = (at % size.width, at / size.width);
                    let is_inside =
                        (left..left + width).contains(&x) && (top..top + height).contains(&y);
                    assert!(is_inside || pixel == [ground; 3], "{x} {y}");
                    shades[usize::from(pixel[0] > 200)] += usize::from(is_inside);
                }
                assert!(shades[0] > 60 && shades[1] > 20, "{shades:?}");
                assert!(left + width < size.width && top + height < size.height);
            }
        }
    }

    #[test]
    fn the_smallest_pictures_have_room() {
        for side in [2, 16, 17] {
            let size = Size {
                width: side,
                height: side,
            };
            let mut picture = Picture::new(side, side);
            Label::of(&Source::TrainedAlgorithmicMedia, size).apply(&mut picture);
        }
    }
}
