//! What rows have gathered from some tokens, and how that of others is added.

use crate::exp::exp;
use crate::levels::at_each_level;

/// For each row the highest score, the sum of worths relative to it, and the values weighed with them.
#[derive(Default)]
pub(super) struct Sums {
    pub dim: usize,
    pub highest: Vec<f32>,
    pub worth: Vec<f32>,
    /// `[rows, dim]`.
    pub values: Vec<f32>,
}

/// The same, of another's memory.
pub(super) struct View<'a> {
    highest: &'a [f32],
    worth: &'a [f32],
    values: &'a [f32],
}

impl Sums {
    /// Nothing gathered yet.
    pub fn clear(&mut self, rows: usize, dim: usize) {
        self.dim = dim;
        self.highest.clear();
        self.highest.resize(rows, f32::NEG_INFINITY);
        self.worth.clear();
        self.worth.resize(rows, 0.0);
        self.values.clear();
        self.values.resize(rows * dim, 0.0);
    }

    pub fn view(&self) -> View<'_> {
        View {
            highest: &self.highest,
            worth: &self.worth,
            values: &self.values,
        }
    }

    /// How many numbers `save` writes.
    pub fn length(rows: usize, dim: usize) -> usize {
        rows * (dim + 2)
    }

    /// Writes everything to `to`, where `saved` will find it.
    pub fn save(&self, to: &mut [f32]) {
        let (highest, to) = to.split_at_mut(self.highest.len());
        highest.copy_from_slice(&self.highest);
        let (worth, to) = to.split_at_mut(self.worth.len());
        worth.copy_from_slice(&self.worth);
        to[..self.values.len()].copy_from_slice(&self.values);
    }

    /// What `save` wrote for as many rows.
    pub fn saved(from: &[f32], rows: usize, dim: usize) -> View<'_> {
        let (highest, from) = from.split_at(rows);
        let (worth, from) = from.split_at(rows);
        View {
            highest,
            worth,
            values: &from[..rows * dim],
        }
    }

    /// Adds what was gathered from later tokens.
    pub fn add(&mut self, other: View<'_>) {
        let rows = self.values.chunks_exact_mut(self.dim);
        let others = other.values.chunks_exact(self.dim);
        for (row, (values, others)) in rows.zip(others).enumerate() {
            let (highest, worth) = (other.highest[row], other.worth[row]);
            if worth == 0.0 {
                continue;
            }
            let top = self.highest[row].max(highest);
            // What is not a number stands in the sums, not in the highest score.
            let [own, share] = if top == f32::NEG_INFINITY {
                [1.0, 1.0]
            } else {
                [exp(self.highest[row] - top), exp(highest - top)]
            };
            self.highest[row] = top;
            self.worth[row] = self.worth[row] * own + worth * share;
            mix(values, own, others, share);
        }
    }
}

at_each_level! {
    fn mix(values: &mut [f32], own: f32, others: &[f32], share: f32) = definition
}

#[inline(always)]
fn definition(values: &mut [f32], own: f32, others: &[f32], share: f32) {
    for (value, other) in values.iter_mut().zip(others) {
        *value = *value * own + other * share;
    }
}
