//! Steps along the nearest matrix that turns and does not stretch.

use kernels::{Backward, Epilogue, Pool, Trained, approach, sum_of_squares};

use super::Move;

/// Rounds of the iteration.
const ROUNDS: usize = 5;

/// The polynomial of a round, chosen so that all stretches come near one quickly.
/// Source: Jordan et al. 2024.
const ROUND: [f32; 3] = [3.4445, -4.775, 2.0315];

/// A step's size over that of a matrix of ones: what AdamW's steps have on average.
/// Source: Liu et al. 2025, section 2.2.
const SIZE: f32 = 0.2;

/// Numbers that a thread changes at once.
const PIECE: usize = 1 << 14;

/// Memory for the iteration.
#[derive(Default)]
pub(super) struct Muon {
    x: Vec<f32>,
    last: Vec<f32>,
    square: Vec<f32>,
    polynomial: Vec<f32>,
    products: Backward,
}

impl Muon {
    /// Moves a matrix; `T` is what products are made of. `options` are how slowly the mean forgets, the learning rate, what is kept of
    /// the values and what gradients are multiplied with first.
    pub fn step<T: Trained>(
        &mut self,
        at: Move<'_>,
        [momentum, rate, keep, scale]: [f32; 4],
        pool: &Pool,
    ) {
        let (outputs, inputs) = (at.shape[0], at.shape[1]);
        let gradient = at.gradient;
        self.x.resize(gradient.len(), 0.0);
        let both = [(&mut self.x[..], PIECE), (&mut at.moments.mean[..], PIECE)];
        pool.each_chunk_of(both, &|number, [x, mean]| {
            let gradient = &gradient[number * PIECE..][..x.len()];
            for (x, gradient) in x.iter_mut().zip(gradient) {
                *x = gradient * scale;
            }
            approach(mean, x, 1.0 - momentum);
            // Nesterov: a step ahead of the mean.
            approach(x, mean, momentum);
        });
        self.orthogonalise::<T>(outputs, inputs, pool);
        let size = SIZE * (outputs.max(inputs) as f32).sqrt() * rate;
        let both = [(at.values, PIECE), (&mut self.x[..], PIECE)];
        pool.each_chunk_of(both, &|_, [values, directions]| {
            for (value, direction) in values.iter_mut().zip(directions) {
                *value = *value * keep - size * *direction;
            }
        });
    }

    /// Brings all singular values of `x` `[outputs, inputs]` near one.
    /// Source: Jordan et al. 2024, after Higham 2008 (Newton–Schulz).
    fn orthogonalise<T: Trained>(&mut self, outputs: usize, inputs: usize, pool: &Pool) {
        let is_tall = outputs > inputs;
        let length = sum_of_squares(&self.x).sqrt() as f32 + 1e-7;
        times(&mut self.x, 1.0 / length, pool);
        let side = outputs.min(inputs);
        self.square.resize(side * side, 0.0);
        self.polynomial.resize(side * side, 0.0);
        let [a, b, c] = ROUND;
        for _ in 0..ROUNDS {
            // The square of the shorter side.
            let (x, square) = ((&self.x[..], inputs), &mut self.square);
            match is_tall {
                true => (self.products).weight::<T>(square, x, x, Epilogue::Store, pool),
                false => (self.products).once::<T>(square, x.0, x, Epilogue::Store, pool),
            }
            let (square, out) = (&self.square, &mut self.polynomial);
            let weights = (&square[..], side);
            (self.products).once::<T>(out, square, weights, Epilogue::Store, pool);
            pool.each_chunk(out, PIECE, &|number, out| {
                let square = &square[number * PIECE..][..out.len()];
                for (out, square) in out.iter_mut().zip(square) {
                    *out = b * square + c * *out;
                }
            });
            self.last.clear();
            self.last.extend_from_slice(&self.x);
            times(&mut self.x, a, pool);
            let (x, last, by) = (&mut self.x, &self.last[..], &self.polynomial[..]);
            match is_tall {
                true => (self.products).once::<T>(x, last, (by, side), Epilogue::Add, pool),
                false => {
                    (self.products).once_turned::<T>(x, by, (last, inputs), Epilogue::Add, pool);
                }
            }
        }
    }
}

fn times(values: &mut [f32], by: f32, pool: &Pool) {
    pool.each_chunk(values, PIECE, &|_, values| {
        values.iter_mut().for_each(|x| *x *= by);
    });
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::*;
    use crate::chance::Chance;
    use crate::optimiser::Moments;

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
        let pool = Pool::of_all_cores();
        for (outputs, inputs) in [(24, 40), (40, 24), (16, 16)] {
            let mut chance = Chance::new(3, 0);
            let mut many =
                |count: usize| -> Vec<f32> { (0..count).map(|_| chance.normal() as f32).collect() };
            let gradient = many(outputs * inputs);
            let mut values = vec![0.0; outputs * inputs];
            let mut moments = Moments {
                mean: vec![0.0; outputs * inputs],
                square: Vec::new(),
            };
            let at = Move {
                values: &mut values,
                gradient: &gradient,
                moments: &mut moments,
                shape: &[outputs, inputs],
                is_hidden_matrix: true,
            };
            Muon::default().step::<T>(at, [0.95, 1.0, 1.0, 1.0], &pool);
            // Along any direction of the shorter side, what is moved is about as long as the step's size.
            let size = SIZE * (outputs.max(inputs) as f32).sqrt();
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
                let stretch = sum_of_squares(&moved).sqrt() as f32 / length / size;
                assert!(
                    (0.65..1.25).contains(&stretch),
                    "{outputs} × {inputs}: {stretch}"
                );
            }
        }
    }
}
