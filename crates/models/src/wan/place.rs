//! Where tokens are in a film: patches of latents, the angles of their places, and back.

use tensor::ops::Angles;
use tensor::{Context, RopePairs, Shape, Tensor};

use super::Config;

/// Patches of latents of one size.
pub(super) struct Places {
    /// Frames, rows and columns of patches.
    grid: [usize; 3],
    /// Rows and columns of a patch.
    patch: [usize; 2],
    channels: [usize; 2],
    head_dim: usize,
}

impl Places {
    pub fn new(latents: Shape, config: &Config) -> Self {
        let [_, rows, columns] = config.patch;
        let &[frames, height, width, channels] = latents.axes() else {
            panic!("{latents:?} are no latents");
        };
        let grid = [frames, height / rows, width / columns];
        assert!(
            channels == config.channels[0]
                && grid[1] * rows == height
                && grid[2] * columns == width,
            "{latents:?} in patches of {:?}",
            config.patch
        );
        assert!(
            grid.iter().all(|length| *length <= config.positions_max),
            "{grid:?} patches, of at most {} each way",
            config.positions_max
        );
        Self {
            grid,
            patch: [rows, columns],
            channels: config.channels,
            head_dim: config.hidden / config.heads,
        }
    }

    pub fn tokens(&self) -> usize {
        self.grid.iter().product()
    }

    pub fn tokens_per_frame(&self) -> usize {
        self.grid[1] * self.grid[2]
    }

    /// For each token in order where its rows begin in latents of so many channels, row by row of the patch.
    fn starts(&self, channels: usize) -> impl Iterator<Item = usize> + '_ {
        let [frames, height, width] = self.grid;
        let [rows, columns] = self.patch;
        (0..frames * height * width * rows).map(move |at| {
            let (token, row) = (at / rows, at % rows);
            let (frame, y, x) = (
                token / (height * width),
                token / width % height,
                token % width,
            );
            ((frame * height + y) * rows + row) * width * columns * channels
                + x * columns * channels
        })
    }

    /// The patches `[tokens, rows · columns · channels]` of latents.
    pub fn patches(&self, cx: &Context, latents: &Tensor) -> Tensor {
        let length = self.patch[1] * self.channels[0];
        let values = latents.values();
        let starts = self.starts(self.channels[0]);
        let patches: Vec<f32> = starts
            .flat_map(|at| &values[at..at + length])
            .copied()
            .collect();
        cx.tensor([self.tokens(), self.patch[0] * length], &patches)
    }

    /// Latents of patches.
    pub fn film(&self, cx: &Context, patches: &Tensor) -> Tensor {
        let length = self.patch[1] * self.channels[1];
        let mut values = vec![0.0; patches.shape().count()];
        let rows = patches.values().chunks_exact(length);
        for (at, row) in self.starts(self.channels[1]).zip(rows) {
            values[at..at + length].copy_from_slice(row);
        }
        let [frames, height, width] = self.grid;
        let [rows, columns] = self.patch;
        cx.tensor(
            [frames, height * rows, width * columns, self.channels[1]],
            &values,
        )
    }

    /// The angles of each token: some pairs of a head turn with the frame, some with the row, some with the column.
    pub fn angles(&self, cx: &Context) -> Angles {
        let across = self.head_dim / 6;
        let half = self.head_dim / 2;
        let pairs = [half - 2 * across, across, across];
        let mut angles = Vec::with_capacity(self.tokens() * half);
        let [frames, height, width] = self.grid;
        for token in 0..frames * height * width {
            let place = [
                token / (height * width),
                token / width % height,
                token % width,
            ];
            for (place, pairs) in place.iter().zip(pairs) {
                let share = |pair: usize| -(pair as f64) / pairs as f64;
                angles.extend((0..pairs).map(|pair| *place as f64 * 10_000_f64.powf(share(pair))));
            }
        }
        let turned = |turn: fn(f64) -> f64| {
            let values: Vec<f32> = angles.iter().map(|angle| turn(*angle) as f32).collect();
            cx.tensor([self.tokens(), half], &values)
        };
        Angles {
            cos: turned(f64::cos),
            sin: turned(f64::sin),
            pairs: RopePairs::Interleaved,
        }
    }
}
