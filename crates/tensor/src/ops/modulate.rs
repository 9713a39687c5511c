//! Rows that are scaled, shifted and weighed by what is said of their whole sequence.
//!
//! Source: Peebles & Xie 2023, adaptive layer norm.

use std::ops::Range;

use crate::context::Context;
use crate::tape::Step;
use crate::tensor::Tensor;

/// `x · (1 + scale) + shift`, with shift and scale those of the row's sequence.
/// Shapes: `x` and the result are `[tokens, C]`; `by` is `[sequences, n · C]`, of which part `part` is the shift and the next
/// one the scale; `lengths` has the tokens of each sequence.
///
/// # Panics
/// When the shapes do not fit; so in all operations here.
pub fn modulate(cx: &Context, x: &Tensor, by: &Tensor, part: usize, lengths: &[usize]) -> Tensor {
    let rows = Rows::new(x, by, lengths);
    let width = x.width();
    let mut out = cx.take(x.shape());
    let (numbers, said) = (x.values(), by.values());
    super::in_chunks(cx, out.values_mut(), width, |range, out| {
        let first = range.start / width;
        let x = numbers[range].chunks_exact(width);
        for ((at, out), x) in out.chunks_exact_mut(width).enumerate().zip(x) {
            let (shift, scale) = (
                rows.of(said, first + at, part),
                rows.of(said, first + at, part + 1),
            );
            let slots = out.iter_mut().zip(x).zip(shift).zip(scale);
            slots.for_each(|(((out, x), shift), scale)| *out = x * (1.0 + scale) + shift);
        }
    });
    if !cx.is_recording() {
        return out;
    }
    let saved = [x.clone(), by.clone()];
    cx.recorded(out, &[x, by], false, move |cx, dy| {
        let [x, by] = &saved;
        let mut dx = cx.take(x.shape());
        let (numbers, said, slopes) = (x.values(), by.values(), dy.values());
        super::in_chunks(cx, dx.values_mut(), width, |range, dx| {
            let first = range.start / width;
            let dy = slopes[range].chunks_exact(width);
            for ((at, dx), dy) in dx.chunks_exact_mut(width).enumerate().zip(dy) {
                let scale = rows.of(said, first + at, part + 1);
                let slots = dx.iter_mut().zip(dy).zip(scale);
                slots.for_each(|((dx, dy), scale)| *dx = dy * (1.0 + scale));
            }
        });
        let made = rows.sums(cx, by, part, |row, out| {
            let (shift, scale) = out.split_at_mut(width);
            let slots = shift
                .iter_mut()
                .zip(scale)
                .zip(rows.row(slopes, row))
                .zip(rows.row(numbers, row));
            slots.for_each(|(((shift, scale), dy), x)| {
                *shift += dy;
                *scale += dy * x;
            });
        });
        vec![Step::Input(x.node(), dx), Step::Input(by.node(), made)]
    })
}

/// `residual + gate · x`, with the gate that of the row's sequence.
/// Shapes: `residual`, `x` and the result are `[tokens, C]`; `by` is `[sequences, n · C]`, of which part `part` is the gate.
pub fn gated_onto(
    cx: &Context,
    residual: &Tensor,
    x: &Tensor,
    (by, part): (&Tensor, usize),
    lengths: &[usize],
) -> Tensor {
    let rows = Rows::new(x, by, lengths);
    let width = x.width();
    assert_eq!(residual.shape(), x.shape(), "one shape");
    let mut out = cx.take(x.shape());
    let (before, numbers, said) = (residual.values(), x.values(), by.values());
    super::in_chunks(cx, out.values_mut(), width, |range, out| {
        let first = range.start / width;
        let both = before[range.clone()].chunks_exact(width);
        let both = both.zip(numbers[range].chunks_exact(width));
        for ((at, out), (residual, x)) in out.chunks_exact_mut(width).enumerate().zip(both) {
            let gate = rows.of(said, first + at, part);
            let slots = out.iter_mut().zip(residual).zip(x).zip(gate);
            slots.for_each(|(((out, residual), x), gate)| *out = residual + gate * x);
        }
    });
    if !cx.is_recording() {
        return out;
    }
    let (saved, before) = ([x.clone(), by.clone()], residual.node());
    cx.recorded(out, &[residual, x, by], false, move |cx, dy| {
        let [x, by] = &saved;
        let mut dx = cx.take(x.shape());
        let (numbers, said, slopes) = (x.values(), by.values(), dy.values());
        super::in_chunks(cx, dx.values_mut(), width, |range, dx| {
            let first = range.start / width;
            let dy = slopes[range].chunks_exact(width);
            for ((at, dx), dy) in dx.chunks_exact_mut(width).enumerate().zip(dy) {
                let slots = dx.iter_mut().zip(dy).zip(rows.of(said, first + at, part));
                slots.for_each(|((dx, dy), gate)| *dx = dy * gate);
            }
        });
        let made = rows.sums(cx, by, part, |row, gate| {
            let slots = gate
                .iter_mut()
                .zip(rows.row(slopes, row))
                .zip(rows.row(numbers, row));
            slots.for_each(|((gate, dy), x)| *gate += dy * x);
        });
        vec![
            Step::Input(before, dy.clone()),
            Step::Input(x.node(), dx),
            Step::Input(by.node(), made),
        ]
    })
}

/// Which rows belong to which sequence.
struct Rows {
    /// The sequence of each row.
    owners: Vec<u32>,
    /// The rows of each sequence.
    spans: Vec<Range<usize>>,
    width: usize,
    /// Numbers that are said of a sequence.
    all: usize,
}

impl Rows {
    fn new(x: &Tensor, by: &Tensor, lengths: &[usize]) -> Self {
        let mut owners = Vec::with_capacity(x.rows());
        let mut spans = Vec::with_capacity(lengths.len());
        for (sequence, length) in lengths.iter().enumerate() {
            spans.push(owners.len()..owners.len() + length);
            owners.resize(owners.len() + length, sequence as u32);
        }
        assert!(
            owners.len() == x.rows()
                && by.rows() == lengths.len()
                && by.width().is_multiple_of(x.width()),
            "what is said of {} sequences, for {} rows",
            by.rows(),
            x.rows()
        );
        Self {
            owners,
            spans,
            width: x.width(),
            all: by.width(),
        }
    }

    /// One part of what is said of the sequence of a row.
    fn of<'a>(&self, by: &'a [f32], row: usize, part: usize) -> &'a [f32] {
        let first = self.owners[row] as usize * self.all + part * self.width;
        &by[first..first + self.width]
    }

    /// A row of `values`.
    fn row<'a>(&self, values: &'a [f32], row: usize) -> &'a [f32] {
        &values[row * self.width..(row + 1) * self.width]
    }

    /// Sums over the rows of each sequence, from `part` on: `add` gets a row, and where its part is added. The order does not depend
    /// on the threads.
    fn sums(
        &self,
        cx: &Context,
        by: &Tensor,
        part: usize,
        add: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Tensor {
        let mut made = cx.zeros(by.shape());
        let all = by.width();
        cx.pool()
            .each_chunk(made.values_mut(), all, &|sequence, out| {
                for row in self.spans[sequence].clone() {
                    add(row, &mut out[part * self.width..]);
                }
            });
        made
    }
}
