//! Steps along the nearest matrix that turns and does not stretch.

use std::cell::RefCell;
use std::num::NonZeroUsize;

use kernels::{Backward, Epilogue, Pool, Trained, approach, sum_of_squares};

use super::Turn;

/// Rounds of the iteration.
const ROUNDS: usize = 5;

/// The polynomial of a round, chosen so that all stretches come near one quickly.
/// Source: Jordan et al. 2024.
const ROUND: [f32; 3] = [3.4445, -4.775, 2.0315];

/// A step's size over that of a matrix of ones: what AdamW's steps have on average.
/// Source: Liu et al. 2025, section 2.2.
const SIZE: f32 = 0.2;

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// What the iteration works in.
#[derive(Default)]
struct Memory {
    last: Vec<f32>,
    square: Vec<f32>,
    polynomial: Vec<f32>,
    products: Backward,
}

/// How far a matrix `[outputs, inputs]` moves at a learning rate of one.
pub(super) fn size(shape: &[usize]) -> f32 {
    SIZE * (shape[0].max(shape[1]) as f32).sqrt()
}

/// Takes a gradient, times `scale`, into its mean, which forgets as slowly as `momentum` says, and has it become the direction that its matrix
/// moves in. `T` is what products are made of.
pub(super) fn turn<T: Trained>(turn: &mut Turn<'_>, momentum: f32, scale: f32) {
    let x = &mut *turn.gradient;
    x.iter_mut().for_each(|x| *x *= scale);
    approach(turn.mean, x, 1.0 - momentum);
    // Nesterov: a step ahead of the mean.
    approach(x, turn.mean, momentum);
    MEMORY.with_borrow_mut(|memory| memory.orthogonalise::<T>(x, turn.shape));
}

impl Memory {
    /// Brings all singular values of `x` `[outputs, inputs]` near one.
    /// Source: Jordan et al. 2024, after Higham 2008 (Newton–Schulz).
    fn orthogonalise<T: Trained>(&mut self, x: &mut [f32], [outputs, inputs]: [usize; 2]) {
        let pool = &Pool::new(NonZeroUsize::MIN);
        let is_tall = outputs > inputs;
        let length = sum_of_squares(x).sqrt() as f32 + 1e-7;
        x.iter_mut().for_each(|x| *x /= length);
        let side = outputs.min(inputs);
        self.square.resize(side * side, 0.0);
        self.polynomial.resize(side * side, 0.0);
        let [a, b, c] = ROUND;
        let products = &mut self.products;
        for _ in 0..ROUNDS {
            let (square, polynomial) = (&mut self.square, &mut self.polynomial);
            // Of the shorter side.
            match is_tall {
                true => products.weight::<T>(square, (x, side), (x, side), Epilogue::Store, pool),
                false => products.once::<T>(square, x, (x, inputs), Epilogue::Store, pool),
            }
            let of = (&square[..], side);
            // It is its own transpose.
            products.once_turned::<T>(polynomial, square, of, Epilogue::Store, pool);
            for (out, square) in polynomial.iter_mut().zip(square) {
                *out = b * *square + c * *out;
            }
            self.last.clear();
            self.last.extend_from_slice(x);
            x.iter_mut().for_each(|x| *x *= a);
            let (last, by) = (&self.last[..], &self.polynomial[..]);
            match is_tall {
                true => products.once_turned::<T>(x, last, (by, side), Epilogue::Add, pool),
                false => products.once_turned::<T>(x, by, (last, inputs), Epilogue::Add, pool),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::*;
    use crate::chance::Chance;

    /// `[rows, columns]` as `[columns, rows]`.
    fn turned(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
        let at = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
        at.map(|at| values[at]).collect()
    }

    #[test]
    fn a_step_turns_and_hardly_stretches() {
        turns::<f32>();
        turns::<bf16>();
    }

    fn turns<T: Trained>() {
        for (outputs, inputs) in [(24, 40), (40, 24), (16, 16)] {
            let mut chance = Chance::new(3, 0);
            let mut many =
                |count: usize| -> Vec<f32> { (0..count).map(|_| chance.normal() as f32).collect() };
            let mut values = many(outputs * inputs);
            let at = &mut Turn {
                gradient: &mut values,
                mean: &mut vec![0.0; outputs * inputs],
                shape: [outputs, inputs],
            };
            turn::<T>(at, 0.95, 1.0);
            // Along any direction of the shorter side, what is moved is about as long as the direction.
            let values = if outputs > inputs {
                turned(&values, outputs, inputs)
            } else {
                values
            };
            let (rows, columns) = (outputs.min(inputs), outputs.max(inputs));
            for _ in 0..10 {
                let direction = many(rows);
                let length = sum_of_squares(&direction).sqrt() as f32;
                let moved: Vec<f32> = (0..columns)
                    .map(|c| {
                        (0..rows)
                            .map(|r| direction[r] * values[r * columns + c])
                            .sum()
                    })
                    .collect();
                let stretch = sum_of_squares(&moved).sqrt() as f32 / length;
                assert!(
                    (0.65..1.25).contains(&stretch),
                    "{outputs} × {inputs}: {stretch}"
                );
            }
        }
    }
}
