//! Steps along the nearest matrix that turns and does not stretch.

use kernels::{Backward, Epilogue, PackedF32, Pool, approach, matmul_f32, sum_of_squares};

use super::Move;

/// Rounds of the iteration.
const ROUNDS: usize = 5;

/// The polynomial of a round, chosen so that all stretches come near one quickly.
/// Source: Jordan et al. 2024.
const ROUND: [f32; 3] = [3.4445, -4.775, 2.0315];

/// A step's size over that of a matrix of ones: what AdamW's steps have on average.
/// Source: Liu et al. 2025, section 2.2.
const SIZE: f32 = 0.2;

/// Memory for the iteration.
#[derive(Default)]
pub(super) struct Muon {
    x: Vec<f32>,
    square: Vec<f32>,
    polynomial: Vec<f32>,
    products: Backward,
    packed: Option<PackedF32>,
}

impl Muon {
    /// Moves a matrix. `options` are how slowly the mean forgets, the learning rate, what is kept of the values
    /// and what gradients are multiplied with first.
    pub fn step(&mut self, at: Move<'_>, [momentum, rate, keep, scale]: [f32; 4], pool: &Pool) {
        let (outputs, inputs) = (at.shape[0], at.shape[1]);
        let mean = &mut at.moments.mean;
        self.x.clear();
        self.x.extend(at.gradient.iter().map(|x| x * scale));
        approach(mean, &self.x, 1.0 - momentum);
        // Nesterov: a step ahead of the mean.
        approach(&mut self.x, mean, momentum);
        let is_tall = outputs > inputs;
        if is_tall {
            self.x = turned(&self.x, outputs, inputs);
        }
        let (rows, columns) = (outputs.min(inputs), outputs.max(inputs));
        self.orthogonalise(rows, columns, pool);
        let size = SIZE * (columns as f32).sqrt() * rate;
        if is_tall {
            self.x = turned(&self.x, rows, columns);
        }
        for (value, direction) in at.values.iter_mut().zip(&self.x) {
            *value = *value * keep - size * direction;
        }
    }

    /// Brings all singular values of `x` `[rows, columns]` near one.
    /// Source: Jordan et al. 2024, after Higham 2008 (Newton–Schulz).
    fn orthogonalise(&mut self, rows: usize, columns: usize, pool: &Pool) {
        let length = sum_of_squares(&self.x).sqrt() as f32 + 1e-7;
        self.x.iter_mut().for_each(|x| *x /= length);
        self.square.resize(rows * rows, 0.0);
        self.polynomial.resize(rows * rows, 0.0);
        let [a, b, c] = ROUND;
        for _ in 0..ROUNDS {
            let packed = fresh(&mut self.packed, &self.x, rows, columns, pool);
            matmul_f32(&mut self.square, &self.x, packed, Epilogue::Store, pool);
            let packed = fresh(&mut self.packed, &self.square, rows, rows, pool);
            matmul_f32(
                &mut self.polynomial,
                &self.square,
                packed,
                Epilogue::Store,
                pool,
            );
            for (out, square) in self.polynomial.iter_mut().zip(&self.square) {
                *out = b * square + c * *out;
            }
            let packed = fresh(&mut self.packed, &self.x, rows, columns, pool);
            self.x.iter_mut().for_each(|x| *x *= a);
            self.products
                .input(&mut self.x, &self.polynomial, packed, Epilogue::Add, pool);
        }
    }
}

/// A matrix `[rows, columns]`, packed where the last one was when it has the same size.
fn fresh<'a>(
    packed: &'a mut Option<PackedF32>,
    values: &[f32],
    rows: usize,
    columns: usize,
    pool: &Pool,
) -> &'a PackedF32 {
    let mut matrix = packed
        .take()
        .filter(|packed| packed.outputs() == rows && packed.inputs() == columns)
        .unwrap_or_else(|| PackedF32::zeroed(rows, columns));
    matrix.fill(values, pool);
    packed.insert(matrix)
}

/// `[rows, columns]` as `[columns, rows]`.
fn turned(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    for (row, values) in values.chunks_exact(columns).enumerate() {
        for (column, value) in values.iter().enumerate() {
            out[column * rows + row] = *value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::optimiser::Moments;

    #[test]
    fn a_step_turns_and_hardly_stretches() {
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
            Muon::default().step(at, [0.95, 1.0, 1.0, 1.0], &pool);
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
