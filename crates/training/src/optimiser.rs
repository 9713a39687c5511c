//! How weights are moved by their gradients.

mod muon;

use half::bf16;
use kernels::{AdamW, Pool, adamw};

/// Numbers of an array that a thread takes at a time.
pub(crate) const PIECE: usize = 1 << 14;

/// Which rule moves the matrices inside a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Each number by itself. Source: Loshchilov & Hutter 2017.
    #[default]
    AdamW,
    /// Each matrix as a whole, by the nearest one that turns and does not stretch; all else by AdamW.
    /// Source: Jordan et al. 2024; Liu et al. 2025 for the size of a step, which is that of AdamW.
    Muon,
}

/// What the rule is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptimiserOptions {
    /// The rule.
    pub kind: Kind,
    /// The learning rate at its highest.
    pub learning_rate: f64,
    /// How slowly the mean of gradients forgets.
    pub beta1: f64,
    /// How slowly the mean of their squares forgets.
    pub beta2: f64,
    /// Added to the root of that mean.
    pub eps: f64,
    /// The share of a matrix that is taken away in a step, times the learning rate. Vectors are left.
    pub weight_decay: f64,
    /// How slowly Muon's mean of gradients forgets.
    pub momentum: f64,
}

impl Default for OptimiserOptions {
    fn default() -> Self {
        Self {
            kind: Kind::AdamW,
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.95,
            eps: 1e-8,
            weight_decay: 0.1,
            momentum: 0.95,
        }
    }
}

/// What is kept of an array's gradients.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Their mean.
    pub mean: Vec<f32>,
    /// The mean of their squares; nothing where Muon moves it.
    pub square: Vec<f32>,
}

/// A matrix that moves as a whole.
pub(crate) struct Turn<'a> {
    /// What it is moved by; then the direction that it moves in.
    pub gradient: &'a mut [f32],
    pub mean: &'a mut [f32],
    /// Rows and columns.
    pub shape: [usize; 2],
}

/// An array on its way, with what is known of it.
pub(crate) struct Move<'a> {
    pub values: &'a mut [f32],
    /// Of a hidden matrix the direction that it moves in, where the rule is Muon.
    pub gradient: &'a [f32],
    pub moments: &'a mut Moments,
    pub shape: &'a [usize],
    pub is_hidden_matrix: bool,
}

/// The rule, with the memory that it needs.
pub(crate) struct Optimiser {
    options: OptimiserOptions,
    /// Whether Muon's products are of bfloat16.
    is_bf16: bool,
}

impl Optimiser {
    pub fn new(options: OptimiserOptions, is_bf16: bool) -> Self {
        Self { options, is_bf16 }
    }

    /// Moments of an array that has not been moved yet.
    pub fn moments(&self, count: usize, is_hidden_matrix: bool) -> Moments {
        Moments {
            mean: vec![0.0; count],
            square: vec![0.0; self.squares(count, is_hidden_matrix)],
        }
    }

    /// How many means of squares there are of an array.
    pub fn squares(&self, count: usize, is_hidden_matrix: bool) -> usize {
        let is_muon = self.options.kind == Kind::Muon && is_hidden_matrix;
        if is_muon { 0 } else { count }
    }

    /// Has the gradients of matrices, each times `scale`, become the directions that Muon moves them in; nothing to do for AdamW. Each thread
    /// turns matrices of its own, the largest first.
    pub fn turn(&self, mut turns: Vec<Turn<'_>>, scale: f64, pool: &Pool) {
        if self.options.kind != Kind::Muon {
            return;
        }
        turns.sort_by_key(|turn| std::cmp::Reverse(turn.gradient.len()));
        let [scale, momentum] = [scale, self.options.momentum].map(|x| x as f32);
        pool.deal_chunks(&mut turns, 1, &|_, turn| match self.is_bf16 {
            true => muon::turn::<bf16>(&mut turn[0], momentum, scale),
            false => muon::turn::<f32>(&mut turn[0], momentum, scale),
        });
    }

    /// Takes a step, the first being one, at a share of the learning rate and of the gradient.
    pub fn step(&self, at: Move<'_>, step: u64, [rate, scale]: [f64; 2], pool: &Pool) {
        let options = &self.options;
        let is_matrix = at.shape.len() > 1;
        let weight_decay = if is_matrix { options.weight_decay } else { 0.0 };
        let rate = rate * options.learning_rate;
        if options.kind == Kind::Muon && at.is_hidden_matrix {
            let decay = (1.0 - rate * weight_decay) as f32;
            let size = muon::size(at.shape) * rate as f32;
            let directions = at.gradient;
            return pool.each_chunk(at.values, PIECE, &|number, values| {
                let directions = &directions[number * PIECE..][..values.len()];
                for (value, direction) in values.iter_mut().zip(directions) {
                    *value = *value * decay - size * *direction;
                }
            });
        }
        let options = AdamW {
            learning_rate: rate as f32,
            beta1: options.beta1 as f32,
            beta2: options.beta2 as f32,
            eps: options.eps as f32,
            weight_decay: weight_decay as f32,
            scale: scale as f32,
            step: u32::try_from(step).unwrap_or(u32::MAX),
        };
        let (moments, gradient) = (at.moments, at.gradient);
        let arrays = [
            (at.values, PIECE),
            (&mut moments.mean[..], PIECE),
            (&mut moments.square[..], PIECE),
        ];
        pool.each_chunk_of(arrays, &|number, [values, mean, square]| {
            let gradient = &gradient[number * PIECE..][..values.len()];
            adamw(values, mean, square, gradient, &options);
        });
    }
}
