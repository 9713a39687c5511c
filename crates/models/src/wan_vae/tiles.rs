//! Frames cut into tiles that overlap, and put together again.

use std::ops::Range;

use tensor::{Context, Tensor};

/// Squares of pixels that are decoded one after the other, so that less memory is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// Rows, and columns, of pixels of a tile.
    pub side: usize,
    /// From one tile to the next; what is beyond is where two are blended.
    pub stride: usize,
}

/// Where the tiles of a frame lie.
pub(super) struct Grid {
    /// Rows and columns of latents.
    size: [usize; 2],
    /// Latents of a tile, and from one to the next.
    side: usize,
    stride: usize,
    /// Rows of what is decoded for each of latents.
    scale: usize,
    rows: usize,
    columns: usize,
}

/// Rows and columns of one tile.
pub(super) struct Cut {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Grid {
    /// Tiles of latents of `size`; a single one when none are wanted or the frame is no larger.
    pub fn new(size: [usize; 2], tiles: Option<Tiles>, spatial: usize, patch: usize) -> Self {
        let whole = size[0].max(size[1]).max(1);
        let [side, stride] = tiles.map_or([whole; 2], |tiles| {
            let side = (tiles.side / spatial).max(1);
            [side, (tiles.stride / spatial).clamp(1, side)]
        });
        let is_whole = size.iter().all(|length| *length <= side);
        let [side, stride] = if is_whole { [whole; 2] } else { [side, stride] };
        Self {
            size,
            side,
            stride,
            scale: spatial / patch,
            rows: size[0].div_ceil(stride),
            columns: size[1].div_ceil(stride),
        }
    }

    pub fn count(&self) -> usize {
        self.rows * self.columns
    }

    pub fn parts(&self) -> impl Iterator<Item = Cut> + use<> {
        let ([height, width], side, stride, columns) =
            (self.size, self.side, self.stride, self.columns);
        (0..self.count()).map(move |number| {
            let (row, column) = (number / columns * stride, number % columns * stride);
            Cut {
                rows: row..height.min(row + side),
                columns: column..width.min(column + side),
            }
        })
    }

    /// One tile of a frame.
    pub fn cut(&self, cx: &Context, x: &Tensor, part: &Cut) -> Tensor {
        let (width, channels) = (x.shape()[1], x.width());
        let rows = part.rows.clone().flat_map(|row| {
            &x.values()[(row * width + part.columns.start) * channels
                ..(row * width + part.columns.end) * channels]
        });
        let values: Vec<f32> = rows.copied().collect();
        cx.tensor([part.rows.len(), part.columns.len(), channels], &values)
    }

    /// The frame of decoded tiles: each goes over into the one below and the one to the right.
    pub fn joined<'a>(&self, cx: &Context, tiles: impl Iterator<Item = &'a Tensor>) -> Tensor {
        let mut tiles: Vec<Tile> = tiles.map(Tile::of).collect();
        let [height, width] = self.size.map(|length| length * self.scale);
        let overlap = (self.side - self.stride) * self.scale;
        let step = self.stride * self.scale;
        let channels = tiles[0].channels;
        let mut values = vec![0.0; height * width * channels];
        for number in 0..tiles.len() {
            let (row, column) = (number / self.columns, number % self.columns);
            let (before, at) = tiles.split_at_mut(number);
            let tile = &mut at[0];
            if row > 0 {
                tile.blend_below(&before[number - self.columns], overlap);
            }
            if column > 0 {
                tile.blend_beside(&before[number - 1], overlap);
            }
            for y in 0..step.min(tile.height).min(height - row * step) {
                let count = step.min(tile.width).min(width - column * step) * channels;
                let to = ((row * step + y) * width + column * step) * channels;
                values[to..to + count].copy_from_slice(&tile.row(y)[..count]);
            }
        }
        cx.tensor([height, width, channels], &values)
    }
}

/// A decoded tile.
struct Tile {
    height: usize,
    width: usize,
    channels: usize,
    values: Vec<f32>,
}

impl Tile {
    fn of(x: &Tensor) -> Self {
        let shape = x.shape();
        Self {
            height: shape[0],
            width: shape[1],
            channels: shape[2],
            values: x.values().to_vec(),
        }
    }

    fn row(&self, y: usize) -> &[f32] {
        let length = self.width * self.channels;
        &self.values[y * length..][..length]
    }

    fn blend_below(&mut self, above: &Self, overlap: usize) {
        let overlap = overlap.min(above.height).min(self.height);
        let length = self.width * self.channels;
        for y in 0..overlap {
            let share = y as f32 / overlap as f32;
            let from = above.row(above.height - overlap + y);
            let row = &mut self.values[y * length..][..length];
            row.iter_mut()
                .zip(from)
                .for_each(|(x, from)| *x = from * (1.0 - share) + *x * share);
        }
    }

    fn blend_beside(&mut self, left: &Self, overlap: usize) {
        let overlap = overlap.min(left.width).min(self.width);
        let (length, channels) = (self.width * self.channels, self.channels);
        for (y, row) in self.values.chunks_exact_mut(length).enumerate() {
            let from = &left.row(y)[(left.width - overlap) * channels..];
            for (at, (x, from)) in row.iter_mut().zip(from).enumerate() {
                let share = (at / channels) as f32 / overlap as f32;
                *x = from * (1.0 - share) + *x * share;
            }
        }
    }
}
