//! Convolutions over the frames of a film, channels last, without laying out patches: the taps of a row lie side by
//! side in a padded frame, so that a tile of places is a product of rows that overlap.

use std::cell::RefCell;

use half::bf16;

use crate::aligned::Aligned;
use crate::columns::Columns;
use crate::element::{Element, panel_length};
use crate::matmul_float::{PackedFloat, Strided, few_rows, rounds_inputs};
use crate::panels::{PANEL, even_tiles};
use crate::pool::Pool;

/// Places of a row that pass a panel together.
const TILE: usize = 14;

/// Places of a row, and rows, that a thread takes at a time: what they look at stays in its second cache while
/// panels pass.
const ACROSS: usize = 4 * TILE;
const DOWN: usize = 8;

/// A frame `[height, width, channels]` with a margin of zeros, as a convolution reads it.
#[derive(Clone)]
pub struct PaddedFrame {
    numbers: Aligned,
    is_rounded: bool,
    height: usize,
    width: usize,
    channels: usize,
    margin: usize,
}

/// How many frames, rows and columns a kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taps {
    /// Frames.
    pub frames: usize,
    /// Rows, and columns; odd.
    pub side: usize,
}

impl PaddedFrame {
    /// The frame `x`, each place of which stands `times` beside and `times` below itself, with so wide a margin;
    /// rounded to bfloat16 where products with numbers of kind `T` round.
    ///
    /// # Panics
    /// When it is of another size.
    pub fn new<T: Element>(
        x: &[f32],
        ([height, width, channels], times): ([usize; 3], usize),
        margin: usize,
        pool: &Pool,
    ) -> Self {
        assert_eq!(
            x.len(),
            height * width * channels,
            "a frame of {height} × {width}"
        );
        let stretch = width * channels;
        let [height, width] = [height, width].map(|side| side * times);
        let is_rounded = rounds_inputs::<T>();
        let line = (width + 2 * margin) * channels;
        let count = (height + 2 * margin) * line;
        let size = if is_rounded {
            size_of::<bf16>()
        } else {
            size_of::<f32>()
        };
        let mut numbers = Aligned::zeroed(count * size);
        let row = |number: usize| {
            let row = number.checked_sub(margin).filter(|row| *row < height)?;
            Some(&x[row / times * stretch..][..stretch])
        };
        let inside = margin * channels..margin * channels + width * channels;
        if is_rounded {
            pool.each_chunk(
                &mut numbers.of_mut::<bf16>()[..count],
                line,
                &|number, line| {
                    if let Some(row) = row(number) {
                        repeat(
                            row,
                            (channels, times),
                            &mut line[inside.clone()],
                            |row, to| {
                                bf16::take(row, to);
                            },
                        );
                    }
                },
            );
        } else {
            pool.each_chunk(
                &mut numbers.of_mut::<f32>()[..count],
                line,
                &|number, line| {
                    if let Some(row) = row(number) {
                        repeat(
                            row,
                            (channels, times),
                            &mut line[inside.clone()],
                            |row, to| {
                                to.copy_from_slice(row);
                            },
                        );
                    }
                },
            );
        }
        Self {
            numbers,
            is_rounded,
            height,
            width,
            channels,
            margin,
        }
    }

    /// Height, width and channels.
    pub fn size(&self) -> [usize; 3] {
        [self.height, self.width, self.channels]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.numbers.bytes()
    }

    /// Where the rows of a tile begin that is so far down and across, in the padded frame.
    fn start(&self, row: usize, column: usize) -> usize {
        (row * (self.width + 2 * self.margin) + column) * self.channels
    }
}

/// Writes places of so many channels to a line, each so many times.
fn repeat<T>(
    row: &[f32],
    (channels, times): (usize, usize),
    line: &mut [T],
    write: impl Fn(&[f32], &mut [T]),
) {
    if times == 1 {
        return write(row, line);
    }
    let places = row.chunks_exact(channels);
    for (place, line) in places.zip(line.chunks_exact_mut(times * channels)) {
        for line in line.chunks_exact_mut(channels) {
            write(place, line);
        }
    }
}

thread_local! {
    /// The sums of a tile, and the products of some of its taps.
    static SUMS: RefCell<[[[f32; PANEL]; TILE]; 2]> = const { RefCell::new([[[0.0; PANEL]; TILE]; 2]) };
}

/// What a kernel makes of the last of some frames and those before it, of which none stands for zeros, plus the bias.
/// Shapes: `out` is `[height, width, outputs]`, the weights `[outputs, frames · side · side · channels]`, frame by
/// frame, row by row. Sums are f32; the result does not depend on the number of threads.
///
/// # Panics
/// When sizes differ, a margin is not half of the side, or channels are odd.
pub fn conv_frames<T: Element>(
    out: &mut [f32],
    frames: &[Option<&PaddedFrame>],
    weights: &PackedFloat<T>,
    taps: Taps,
    bias: Option<&[f32]>,
    pool: &Pool,
) {
    let last = frames.last().copied().flatten().expect("a frame at hand");
    let [height, width, channels] = last.size();
    let fits = |frame: &&PaddedFrame| {
        frame.size() == last.size()
            && frame.margin == taps.side / 2
            && frame.is_rounded == rounds_inputs::<T>()
    };
    assert!(
        frames.len() == taps.frames
            && frames.iter().flatten().all(fits)
            && channels.is_multiple_of(2),
        "frames of one size for {taps:?}"
    );
    assert_eq!(
        weights.inputs(),
        taps.frames * taps.side * taps.side * channels,
        "weights for {taps:?}"
    );
    let outputs = weights.outputs();
    let columns = Columns::new(out, height * width, outputs);
    let across = width.div_ceil(ACROSS);
    pool.deal(across * height.div_ceil(DOWN), &|number| {
        let (down, left) = (number / across * DOWN, number % across * ACROSS);
        let (bottom, right) = ((down + DOWN).min(height), (left + ACROSS).min(width));
        let size = even_tiles(right - left, TILE);
        SUMS.with_borrow_mut(|[sums, made]| {
            for panel in 0..outputs.div_ceil(PANEL) {
                let start = panel * PANEL;
                let mut first = [0.0; PANEL];
                if let Some(bias) = bias {
                    let bias = &bias[start..outputs.min(start + PANEL)];
                    first[..bias.len()].copy_from_slice(bias);
                }
                for row in down..bottom {
                    for column in (left..right).step_by(size) {
                        let count = size.min(right - column);
                        let (sums, made) = (&mut sums[..count], &mut made[..count]);
                        sums.fill(first);
                        tile(
                            (frames, [row, column]),
                            (weights.panel(panel), taps),
                            sums,
                            made,
                        );
                        for (at, sums) in sums.iter().enumerate() {
                            let write = |out: &mut [f32]| out.copy_from_slice(&sums[..out.len()]);
                            // SAFETY: places belong to one piece of work.
                            unsafe { columns.with(row * width + column + at, start, PANEL, write) };
                        }
                    }
                }
            }
        });
    });
}

/// Adds what a panel makes of the places from `row` and `column` on.
fn tile<T: Element>(
    (frames, [row, column]): (&[Option<&PaddedFrame>], [usize; 2]),
    (panel, taps): (&[T], Taps),
    sums: &mut [[f32; PANEL]],
    made: &mut [[f32; PANEL]],
) {
    for (time, frame) in frames.iter().enumerate() {
        let Some(frame) = frame else { continue };
        let inputs = taps.side * frame.channels;
        let length = panel_length(inputs);
        let needed = (sums.len() - 1) * frame.channels + inputs;
        for down in 0..taps.side {
            let from = frame.start(row + down, column);
            let panel = &panel[(time * taps.side + down) * length..][..length];
            if frame.is_rounded {
                let rounded = &frame.numbers.of::<bf16>()[from..from + needed];
                let nothing = Strided {
                    numbers: &[],
                    stride: frame.channels,
                };
                few_rows((nothing, rounded), inputs, panel, made);
            } else {
                let numbers = &frame.numbers.of::<f32>()[from..from + needed];
                few_rows(
                    (
                        Strided {
                            numbers,
                            stride: frame.channels,
                        },
                        &[],
                    ),
                    inputs,
                    panel,
                    made,
                );
            }
            for (sum, made) in sums.as_flattened_mut().iter_mut().zip(made.as_flattened()) {
                *sum += made;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::testing::Numbers;

    /// A film's frame, or nothing.
    type Frame = Option<Vec<f32>>;

    fn exact(
        frames: &[Frame],
        size: [usize; 3],
        weights: &[f32],
        taps: Taps,
        bias: &[f32],
    ) -> Vec<f64> {
        let [height, width, channels] = size;
        let margin = taps.side / 2;
        let mut out = Vec::new();
        for place in 0..height * width {
            for (output, bias) in bias.iter().enumerate() {
                let kernel =
                    &weights[output * weights.len() / bias_count(weights, taps, channels)..];
                let mut sum = f64::from(*bias);
                for (tap, weights) in kernel
                    .chunks(channels)
                    .take(taps.frames * taps.side * taps.side)
                    .enumerate()
                {
                    let time = tap / (taps.side * taps.side);
                    let (y, x) = (
                        place / width + tap / taps.side % taps.side,
                        place % width + tap % taps.side,
                    );
                    let inside = (margin..height + margin).contains(&y)
                        && (margin..width + margin).contains(&x);
                    let Some(frame) = frames[time].as_ref().filter(|_| inside) else {
                        continue;
                    };
                    let from = ((y - margin) * width + x - margin) * channels;
                    let pairs = frame[from..from + channels].iter().zip(weights);
                    sum += pairs
                        .map(|(a, b)| f64::from(*a) * f64::from(*b))
                        .sum::<f64>();
                }
                out.push(sum);
            }
        }
        out
    }

    fn bias_count(weights: &[f32], taps: Taps, channels: usize) -> usize {
        weights.len() / (taps.frames * taps.side * taps.side * channels)
    }

    fn check<T: Element>(bound: f64) {
        let mut numbers = Numbers::new(9);
        for (size, outputs, taps) in [
            ([3, 5, 4], 3, Taps { frames: 3, side: 3 }),
            ([9, 61, 2], 17, Taps { frames: 1, side: 3 }),
            ([17, 15, 6], 32, Taps { frames: 3, side: 1 }),
        ] {
            let [height, width, channels] = size;
            let inputs = taps.frames * taps.side * taps.side * channels;
            let mut many = |count| -> Vec<f32> { numbers.many(count).collect() };
            let (weights, bias) = (many(outputs * inputs), many(outputs));
            let mut frames: Vec<Frame> = (0..taps.frames)
                .map(|_| Some(many(height * width * channels)))
                .collect();
            for missing in 0..taps.frames {
                let expected = exact(&frames, size, &weights, taps, &bias);
                for threads in [1, 2] {
                    let pool = Pool::new(NonZeroUsize::new(threads).unwrap());
                    let mut rounded = vec![T::zeroed(); weights.len()];
                    T::take(&weights, &mut rounded);
                    let packed = PackedFloat::pack(&rounded, outputs, inputs, &pool);
                    let padded: Vec<Option<PaddedFrame>> = frames
                        .iter()
                        .map(|frame| {
                            Some(PaddedFrame::new::<T>(
                                frame.as_ref()?,
                                (size, 1),
                                taps.side / 2,
                                &pool,
                            ))
                        })
                        .collect();
                    let padded: Vec<Option<&PaddedFrame>> =
                        padded.iter().map(Option::as_ref).collect();
                    let mut out = vec![0.0; height * width * outputs];
                    conv_frames(&mut out, &padded, &packed, taps, Some(&bias), &pool);
                    for (out, expected) in out.iter().zip(&expected) {
                        let error = (f64::from(*out) - expected).abs();
                        assert!(error < bound, "{size:?} {taps:?}: {error:e}");
                    }
                }
                frames[missing] = None;
            }
        }
    }

    #[test]
    fn places_that_stand_four_times_are_those_of_a_larger_frame() {
        let pool = Pool::new(NonZeroUsize::MIN);
        let [height, width, channels] = [3, 4, 2];
        let small: Vec<f32> = Numbers::new(4).many(height * width * channels).collect();
        let places = (0..4 * height * width).map(|at| {
            let [row, column] = [at / (2 * width), at % (2 * width)];
            row / 2 * width + column / 2
        });
        let large: Vec<f32> = places
            .flat_map(|place| &small[place * channels..][..channels])
            .copied()
            .collect();
        let size = [height, width, channels];
        let doubled = PaddedFrame::new::<bf16>(&small, (size, 2), 1, &pool);
        let size = [2 * height, 2 * width, channels];
        let exact = PaddedFrame::new::<bf16>(&large, (size, 1), 1, &pool);
        assert_eq!(doubled.size(), exact.size());
        assert_eq!(doubled.numbers.of::<u8>(), exact.numbers.of::<u8>());
    }

    #[test]
    fn agrees_with_f64_whatever_frames_are_missing() {
        check::<f32>(1e-5);
    }

    #[test]
    fn kernels_in_bfloat16_are_as_near_as_their_rounding() {
        check::<bf16>(0.15);
    }
}
