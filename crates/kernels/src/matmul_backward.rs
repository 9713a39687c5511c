//! Products that carry gradients back through a matrix of floats.
//!
//! Both are products with packed matrices as in [`matmul_f32`](crate::matmul_f32): what is packed is made
//! anew each time, in memory that is kept. Packing costs as much as one row's product, and there are
//! hundreds of rows.

use half::bf16;

use crate::element::{Element, STEP, place, round_pairs};
use crate::isa::Isa;
use crate::levels::at_each_level;
use crate::matmul_float::{PackedFloat, matmul_of_columns, matmul_on};
use crate::panels::{Epilogue, PANEL};
use crate::pool::Pool;

/// Rows of a batch that are packed at once for the gradient of a weight: its panels stay in the nearest
/// caches.
const ROWS: usize = 512;

/// Memory in which matrices are packed for products back through others.
#[derive(Default)]
pub struct Backward {
    f32: Packing<f32>,
    bf16: Packing<bf16>,
    turned: Vec<f32>,
}

/// A matrix that is packed again and again.
struct Packing<T>(Option<PackedFloat<T>>);

impl<T> Default for Packing<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// The two kinds of number that gradients are multiplied in.
pub trait Trained: Element {
    /// Where matrices of the kind are packed.
    #[doc(hidden)]
    fn packing(backward: &mut Backward) -> &mut Option<PackedFloat<Self>>;

    /// Packs sixteen columns of a matrix as outputs: the first of the numbers begins its first row, and rows are
    /// so many numbers long.
    #[doc(hidden)]
    fn pack_columns(numbers: &[f32], columns: usize, inputs: usize, panel: &mut [Self]);
}

impl Trained for f32 {
    fn packing(backward: &mut Backward) -> &mut Option<PackedFloat<Self>> {
        &mut backward.f32.0
    }

    fn pack_columns(numbers: &[f32], columns: usize, inputs: usize, panel: &mut [Self]) {
        let lines = panel.as_chunks_mut::<PANEL>().0;
        for (row, line) in numbers.chunks(columns).zip(&mut lines[..inputs]) {
            line.copy_from_slice(&row[..PANEL]);
        }
        lines[inputs..].as_flattened_mut().fill(0.0);
    }
}

impl Trained for bf16 {
    fn packing(backward: &mut Backward) -> &mut Option<PackedFloat<Self>> {
        &mut backward.bf16.0
    }

    fn pack_columns(numbers: &[f32], columns: usize, inputs: usize, panel: &mut [Self]) {
        pack_pairs(numbers, columns, inputs, panel);
    }
}

at_each_level! {
    fn pack_pairs(numbers: &[f32], columns: usize, inputs: usize, panel: &mut [bf16]) = pack_each_pair
}

#[inline(always)]
fn pack_each_pair(numbers: &[f32], columns: usize, inputs: usize, panel: &mut [bf16]) {
    const NOTHING: &[f32; PANEL] = &[0.0; PANEL];
    let line = |input: usize| -> &[f32; PANEL] {
        let row = &numbers[input * columns..];
        row.first_chunk().expect("sixteen columns")
    };
    for (pair, step) in panel.as_chunks_mut::<STEP>().0.iter_mut().enumerate() {
        let second = if 2 * pair + 1 < inputs {
            line(2 * pair + 1)
        } else {
            NOTHING
        };
        round_pairs(line(2 * pair), second, step);
    }
}

impl Backward {
    /// `dx[r, i] = Σ dy[r, o] · weights[o, i]`, then the epilogue. Sums are f32.
    /// Shapes: `dy` is `[rows, outputs]`, `dx` is `[rows, inputs]`.
    ///
    /// # Panics
    /// When the lengths do not fit the weights.
    pub fn input<T: Trained>(
        &mut self,
        dx: &mut [f32],
        dy: &[f32],
        weights: &PackedFloat<T>,
        epilogue: Epilogue<'_>,
        pool: &Pool,
    ) {
        let packed = room(T::packing(self), weights.inputs(), weights.outputs());
        packed.fill_transposed(weights, pool);
        matmul_on(Isa::current(), dx, dy, packed, epilogue, pool);
    }

    /// `dw[o, i] = Σ dy[r, o] · x[r, i]`, then the epilogue. Rows are summed in their order, in f32; `T`
    /// is what inputs are rounded to.
    /// Shapes: `dy` is `[rows, outputs]`, `x` is `[rows, inputs]`, `dw` is `[outputs, inputs]`.
    ///
    /// # Panics
    /// When the lengths do not fit, or the epilogue has a bias.
    pub fn weight<T: Trained>(
        &mut self,
        dw: &mut [f32],
        (dy, outputs): (&[f32], usize),
        (x, inputs): (&[f32], usize),
        epilogue: Epilogue<'_>,
        pool: &Pool,
    ) {
        assert!(
            dw.len() == outputs * inputs && dy.len() * inputs == x.len() * outputs,
            "the gradient of {outputs} × {inputs}"
        );
        if x.is_empty() {
            if epilogue == Epilogue::Store {
                dw.fill(0.0);
            }
            return;
        }
        let blocks = dy.chunks(ROWS * outputs).zip(x.chunks(ROWS * inputs));
        for (number, (dy, x)) in blocks.enumerate() {
            let mut turned = std::mem::take(&mut self.turned);
            let packed = room(T::packing(self), inputs, x.len() / inputs);
            packed.fill_columns(x, pool);
            let epilogue = if number == 0 { epilogue } else { Epilogue::Add };
            let weights = (&*packed, &mut turned);
            matmul_of_columns(Isa::current(), dw, dy, weights, epilogue, pool);
            self.turned = turned;
        }
    }

    /// `out[r, o] = Σ x[r, i] · weights[o, i]` with a matrix that is packed for this one product, then the epilogue. `T` is what both are
    /// rounded to.
    /// Shapes: `x` is `[rows, inputs]`, `weights` is `[outputs, inputs]`, `out` is `[rows, outputs]`.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn once<T: Trained>(
        &mut self,
        out: &mut [f32],
        x: &[f32],
        (weights, inputs): (&[f32], usize),
        epilogue: Epilogue<'_>,
        pool: &Pool,
    ) {
        let packed = room(T::packing(self), weights.len() / inputs, inputs);
        packed.fill(weights, pool);
        matmul_on(Isa::current(), out, x, packed, epilogue, pool);
    }

    /// As [`Backward::once`], with `weights` that are `[inputs, outputs]`.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn once_turned<T: Trained>(
        &mut self,
        out: &mut [f32],
        x: &[f32],
        (weights, outputs): (&[f32], usize),
        epilogue: Epilogue<'_>,
        pool: &Pool,
    ) {
        let packed = room(T::packing(self), outputs, weights.len() / outputs);
        packed.fill_columns(weights, pool);
        matmul_on(Isa::current(), out, x, packed, epilogue, pool);
    }
}

/// A packed matrix of that size, in the memory of the last one where that suffices.
fn room<T: Element>(
    packing: &mut Option<PackedFloat<T>>,
    outputs: usize,
    inputs: usize,
) -> &mut PackedFloat<T> {
    let mut packed = packing.take().unwrap_or_else(|| PackedFloat::zeroed(0, 0));
    packed.resize(outputs, inputs);
    packing.insert(packed)
}

impl<T: Element> PackedFloat<T> {
    /// Packs `[outputs, inputs]` anew in the same memory, from numbers that are rounded to `T`.
    ///
    /// # Panics
    /// When they are not as many.
    pub fn fill(&mut self, weights: &[f32], pool: &Pool) {
        let inputs = self.inputs();
        assert_eq!(weights.len(), self.outputs() * inputs, "as many weights");
        self.each_panel(pool, &|panel, packed| {
            let from = panel * PANEL * inputs;
            let rows = &weights[from..weights.len().min(from + PANEL * inputs)];
            if T::PAIRED {
                return fill_pairs(rows, inputs, packed);
            }
            let count = rows.len() / inputs.max(1);
            let mut line = [0.0_f32; PANEL];
            for input in 0..inputs {
                for (output, number) in line[..count].iter_mut().enumerate() {
                    *number = rows[output * inputs + input];
                }
                write_line(packed, input, &line);
            }
        });
    }

    /// Packs the columns of `values` `[inputs, outputs]` as outputs.
    fn fill_columns(&mut self, values: &[f32], pool: &Pool)
    where
        T: Trained,
    {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        self.each_panel(pool, &|panel, packed| {
            let first = panel * PANEL;
            let count = PANEL.min(outputs - first);
            if count == PANEL && inputs > 0 {
                return T::pack_columns(&values[first..], outputs, inputs, packed);
            }
            let mut line = [0.0_f32; PANEL];
            for input in 0..inputs {
                line[..count].copy_from_slice(&values[input * outputs + first..][..count]);
                write_line(packed, input, &line);
            }
            if inputs % 2 == 1 {
                write_line(packed, inputs, &[0.0; PANEL]);
            }
        });
    }

    /// Packs what is `other` with outputs and inputs exchanged.
    fn fill_transposed(&mut self, other: &Self, pool: &Pool) {
        let inputs = self.inputs();
        let last = self.outputs();
        self.each_panel(pool, &|panel, packed| {
            let first = panel * PANEL;
            let count = PANEL.min(last - first);
            // The other's outputs are this one's inputs: a panel of the other after the other.
            for start in (0..inputs).step_by(PANEL) {
                let from = other.panel(start / PANEL);
                if T::PAIRED && count == PANEL && start + PANEL <= inputs {
                    turn_pairs(&from[first * PANEL..], &mut packed[start * PANEL..]);
                    continue;
                }
                for input in start..inputs.min(start + PANEL) {
                    for output in 0..count {
                        packed[place::<T>(input, output)] =
                            from[place::<T>(first + output, input - start)];
                    }
                }
            }
            if inputs % 2 == 1 {
                for output in 0..PANEL {
                    packed[place::<T>(inputs, output)] = T::zeroed();
                }
            }
        });
    }
}

/// Numbers of a row that are rounded at a time before they are packed.
const PART: usize = 64;

/// Packs up to sixteen rows into pairs.
fn fill_pairs<T: Element>(rows: &[f32], inputs: usize, packed: &mut [T]) {
    let count = rows.len() / inputs.max(1);
    let packed = packed.as_chunks_mut::<2>().0;
    for start in (0..inputs).step_by(PART) {
        let end = inputs.min(start + PART);
        let packed = &mut packed[start / 2 * PANEL..end.div_ceil(2) * PANEL];
        for output in 0..PANEL {
            // Beyond the last row and the last number of a row there are zeros.
            let mut rounded = [T::zeroed(); PART];
            if output < count {
                let row = &rows[output * inputs..][start..end];
                T::take(row, &mut rounded[..row.len()]);
            }
            let lines = packed.as_chunks_mut::<PANEL>().0;
            for (pair, line) in rounded.as_chunks().0.iter().zip(lines) {
                line[output] = *pair;
            }
        }
    }
}

/// Packs sixteen inputs of sixteen outputs, in pairs, as sixteen outputs of sixteen inputs.
fn turn_pairs<T: Element>(from: &[T], to: &mut [T]) {
    let from: &[[[T; 2]; PANEL]] = from.as_chunks().0.as_chunks().0;
    let to: &mut [[[T; 2]; PANEL]] = to.as_chunks_mut().0.as_chunks_mut().0;
    for (above, from) in from[..PANEL / 2].iter().enumerate() {
        for (from, to) in from.as_chunks().0.iter().zip(&mut to[..PANEL / 2]) {
            let [[a, b], [c, d]] = *from;
            to[2 * above] = [a, c];
            to[2 * above + 1] = [b, d];
        }
    }
}

/// Writes what sixteen outputs weigh one input with.
fn write_line<T: Element>(packed: &mut [T], input: usize, line: &[f32; PANEL]) {
    if T::PAIRED {
        let mut rounded = [T::zeroed(); PANEL];
        T::take(line, &mut rounded);
        for (output, number) in rounded.into_iter().enumerate() {
            packed[place::<T>(input, output)] = number;
        }
    } else {
        T::take(line, &mut packed[input * PANEL..][..PANEL]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Numbers, assert_close};

    fn check(rows: usize, outputs: usize, inputs: usize) {
        let pool = Pool::of_all_cores();
        let mut numbers = Numbers::new(3);
        let weights: Vec<f32> = numbers.many(outputs * inputs).collect();
        let dy: Vec<f32> = numbers.many(rows * outputs).collect();
        let x: Vec<f32> = numbers.many(rows * inputs).collect();
        let before: Vec<f32> = numbers.many(outputs * inputs).collect();
        let mut backward = Backward::default();
        // What was packed before must not be seen.
        let large: Vec<f32> = numbers.many(40 * 40).collect();
        backward.weight::<f32>(
            &mut vec![0.0; 1600],
            (&large, 40),
            (&large, 40),
            Epilogue::Store,
            &pool,
        );

        let packed = PackedFloat::pack(&weights, outputs, inputs, &pool);
        let mut dx = vec![0.0; rows * inputs];
        backward.input(&mut dx, &dy, &packed, Epilogue::Store, &pool);
        for (at, sum) in dx.iter().enumerate() {
            let (row, input) = (at / inputs, at % inputs);
            let terms = (0..outputs)
                .map(|o| f64::from(dy[row * outputs + o]) * f64::from(weights[o * inputs + input]));
            assert_close(*sum, terms, "dx");
        }
        let mut dw = before.clone();
        backward.weight::<f32>(&mut dw, (&dy, outputs), (&x, inputs), Epilogue::Add, &pool);
        for (at, sum) in dw.iter().enumerate() {
            let (output, input) = (at / inputs, at % inputs);
            let terms = (0..rows)
                .map(|r| f64::from(dy[r * outputs + output]) * f64::from(x[r * inputs + input]));
            assert_close(*sum, terms.chain([f64::from(before[at])]), "dw");
        }
    }

    #[test]
    fn gradients_are_those_of_f64_sums() {
        for (rows, outputs, inputs) in [
            (1, 1, 1),
            (3, 5, 7),
            (17, 33, 19),
            (64, 48, 80),
            (1025, 24, 40),
            (0, 4, 4),
        ] {
            check(rows, outputs, inputs);
        }
    }

    #[test]
    fn gradients_in_bfloat16_are_near() {
        let (rows, outputs, inputs) = (37, 21, 35);
        let pool = Pool::of_all_cores();
        let mut numbers = Numbers::new(5);
        let mut rounded = |count: usize| -> Vec<f32> {
            let numbers = numbers.many(count);
            numbers.map(|x| bf16::from_f32(x).to_f32()).collect()
        };
        let (weights, dy, x) = (
            rounded(outputs * inputs),
            rounded(rows * outputs),
            rounded(rows * inputs),
        );
        let mut packed = PackedFloat::<bf16>::zeroed(outputs, inputs);
        packed.fill(&weights, &pool);
        let mut backward = Backward::default();
        let mut dx = vec![0.0; rows * inputs];
        backward.input(&mut dx, &dy, &packed, Epilogue::Store, &pool);
        let mut dw = vec![0.0; outputs * inputs];
        backward.weight::<bf16>(
            &mut dw,
            (&dy, outputs),
            (&x, inputs),
            Epilogue::Store,
            &pool,
        );
        // What is in bfloat16 already is rounded no more.
        let plain = PackedFloat::<f32>::pack(&weights, outputs, inputs, &pool);
        let (mut dx_plain, mut dw_plain) = (dx.clone(), dw.clone());
        backward.input(&mut dx_plain, &dy, &plain, Epilogue::Store, &pool);
        backward.weight::<f32>(
            &mut dw_plain,
            (&dy, outputs),
            (&x, inputs),
            Epilogue::Store,
            &pool,
        );
        for (ours, plain) in dx.iter().zip(&dx_plain).chain(dw.iter().zip(&dw_plain)) {
            assert!((ours - plain).abs() < 1e-4, "{ours} for {plain}");
        }
    }

    #[test]
    fn what_is_packed_in_pairs_is_what_single_numbers_would_be() {
        let pool = Pool::of_all_cores();
        let mut numbers = Numbers::new(11);
        for (inputs, outputs) in [(1, 16), (2, 16), (31, 40), (64, 64), (50, 17), (133, 70)] {
            let values: Vec<f32> = numbers.many(inputs * outputs).collect();
            let rounded = |input: usize, output: usize| {
                bf16::from_f32(values[input * outputs + output]).to_f32()
            };
            let mut columns = PackedFloat::<bf16>::zeroed(0, 0);
            columns.resize(outputs, inputs);
            columns.fill_columns(&values, &pool);
            let mut rows = PackedFloat::<bf16>::zeroed(inputs, outputs);
            rows.fill(&values, &pool);
            let mut row = vec![0.0; outputs];
            for input in 0..inputs {
                rows.row(input, &mut row);
                let exact: Vec<f32> = (0..outputs).map(|output| rounded(input, output)).collect();
                assert_eq!(row, exact, "{inputs} × {outputs}: {input}");
            }
            let mut turned = PackedFloat::<bf16>::zeroed(0, 0);
            turned.resize(outputs, inputs);
            turned.fill_transposed(&rows, &pool);
            let mut row = vec![0.0; inputs];
            for packed in [&columns, &turned] {
                for output in 0..outputs {
                    packed.row(output, &mut row);
                    let exact: Vec<f32> = (0..inputs).map(|i| rounded(i, output)).collect();
                    assert_eq!(row, exact, "{inputs} × {outputs}: {output}");
                }
                if inputs % 2 == 1 {
                    // What is beyond an odd last input is multiplied, too.
                    assert_eq!(packed.panel(0)[place::<bf16>(inputs, 3)], bf16::ZERO);
                }
            }
        }
    }

    #[test]
    fn columns_are_multiplied_as_the_rows_that_they_become() {
        let pool = Pool::of_all_cores();
        let mut numbers = Numbers::new(13);
        for (rows, outputs, inputs) in [(1, 3, 16), (7, 15, 33), (64, 29, 48), (511, 100, 64)] {
            let dy: Vec<f32> = numbers.many(rows * outputs).collect();
            let x: Vec<f32> = numbers.many(rows * inputs).collect();
            let mut dw = vec![0.5; outputs * inputs];
            let mut exact = dw.clone();
            let mut backward = Backward::default();
            let (dy_of, x_of) = ((&dy[..], outputs), (&x[..], inputs));
            backward.weight::<bf16>(&mut dw, dy_of, x_of, Epilogue::Add, &pool);
            let at = |column: usize| (0..rows).map(move |row| row * outputs + column);
            let turned: Vec<f32> = (0..outputs).flat_map(at).map(|at| dy[at]).collect();
            let x_of = (&x[..], inputs);
            backward.once_turned::<bf16>(&mut exact, &turned, x_of, Epilogue::Add, &pool);
            assert_eq!(dw, exact, "{rows} × {outputs} × {inputs}");
        }
    }

    #[test]
    fn packing_anew_is_packing() {
        let pool = Pool::of_all_cores();
        let mut numbers = Numbers::new(7);
        let weights: Vec<f32> = numbers.many(37 * 21).collect();
        let mut packed = PackedFloat::<f32>::zeroed(37, 21);
        packed.fill(&weights, &pool);
        let mut row = vec![0.0; 21];
        for output in 0..37 {
            packed.row(output, &mut row);
            assert_eq!(row, weights[output * 21..][..21]);
        }
    }
}
