//! How wrong a model is.

use std::ops::Range;

use crate::context::Context;
use crate::tape::Step;
use crate::tensor::Tensor;

/// The mean over rows of `-log softmax(logits)[target]`, a single number.
/// Shapes: `logits` is `[rows, classes]`; `targets` has one class for each row, or none for a row that
/// does not count.
///
/// # Panics
/// When a target is no class.
pub fn softmax_cross_entropy(cx: &Context, logits: &Tensor, targets: &[Option<u32>]) -> Tensor {
    let (rows, classes) = (logits.rows(), logits.width());
    assert_eq!(targets.len(), rows, "a target for each row");
    let counted = targets.iter().flatten().count().max(1) as f64;
    let mut sum = 0.0;
    let mut normals = vec![0.0_f32; rows];
    let all = logits.values().chunks_exact(classes.max(1));
    for ((row, target), normal) in all.zip(targets).zip(&mut normals) {
        *normal = log_sum_exp(row);
        if let Some(target) = target {
            sum += f64::from(*normal) - f64::from(row[*target as usize]);
        }
    }
    let loss = cx.tensor([1], &[(sum / counted) as f32]);
    if !cx.is_recording() {
        return loss;
    }
    let (saved, targets) = (logits.clone(), targets.to_vec());
    cx.recorded(loss, &[logits], false, move |cx, gradient| {
        let factor = gradient.values()[0] / counted as f32;
        let mut dx = cx.zeros(saved.shape());
        let slots = dx.values_mut().chunks_exact_mut(classes);
        let all = saved.values().chunks_exact(classes);
        for (((dx, row), target), normal) in slots.zip(all).zip(&targets).zip(&normals) {
            let Some(target) = target else {
                continue;
            };
            for (dx, x) in dx.iter_mut().zip(row) {
                *dx = factor * (x - normal).exp();
            }
            dx[*target as usize] -= factor;
        }
        vec![Step::Input(saved.node(), dx)]
    })
}

/// The sum over rows of `weight · Σ (x − target)²`, a single number.
/// Shapes: `x` and `targets` are `[rows, width]`; `weights` is `[rows]`.
pub fn weighted_squares(cx: &Context, x: &Tensor, targets: &[f32], weights: &[f32]) -> Tensor {
    let width = x.width().max(1);
    assert!(
        targets.len() == x.values().len() && weights.len() == x.rows(),
        "a target for each number and a weight for each row"
    );
    let mut apart = cx.take(x.shape());
    let numbers = x.values();
    super::in_chunks(cx, apart.values_mut(), 1, |range, apart| {
        let pairs = numbers[range.clone()].iter().zip(&targets[range]);
        let slots = apart.iter_mut().zip(pairs);
        slots.for_each(|(apart, (x, target))| *apart = x - target);
    });
    let rows = apart.values().chunks_exact(width).zip(weights);
    let sums = rows.map(|(row, weight)| {
        let squares: f32 = row.iter().map(|x| x * x).sum();
        f64::from(squares) * f64::from(*weight)
    });
    let loss = cx.tensor([1], &[sums.sum::<f64>() as f32]);
    if !cx.is_recording() {
        return loss;
    }
    let (node, weights) = (x.node(), weights.to_vec());
    cx.recorded(loss, &[x], false, move |cx, gradient| {
        let factor = 2.0 * gradient.values()[0];
        let mut dx = cx.take(apart.shape());
        let numbers = apart.values();
        super::in_chunks(cx, dx.values_mut(), width, |range, dx| {
            let rows = numbers[range.clone()].chunks_exact(width);
            let rows = rows.zip(&weights[range.start / width..]);
            for (dx, (apart, weight)) in dx.chunks_exact_mut(width).zip(rows) {
                let factor = factor * weight;
                dx.iter_mut()
                    .zip(apart)
                    .for_each(|(dx, x)| *dx = factor * x);
            }
        });
        vec![Step::Input(node, dx)]
    })
}

/// The sum over rows of `weight · -log softmax(logits)[target]`, a single number; in the memory of `logits`
/// when nobody else needs it. What each row is measured as, not yet weighted, goes to `losses`.
/// Shapes: `logits` is `[rows, classes]`; `targets`, `weights` and `losses` are `[rows]`.
///
/// # Panics
/// When a target is no class.
pub fn weighted_cross_entropy(
    cx: &Context,
    logits: Tensor,
    targets: &[u32],
    weights: &[f32],
    losses: &mut [f32],
) -> Tensor {
    let node = logits.node();
    let (rows, classes) = (logits.rows(), logits.width());
    let mut slopes = match logits.is_unshared() {
        true => logits,
        false => cx.tensor(logits.shape(), logits.values()),
    };
    let few = ROWS_AT_ONCE;
    let arrays = [(slopes.values_mut(), few * classes), (&mut *losses, few)];
    cx.pool()
        .each_chunk_of(arrays, &|number, [slopes, losses]| {
            let here = number * few..rows.min((number + 1) * few);
            kernels::cross_entropy(slopes, &targets[here.clone()], &weights[here], losses);
        });
    let pairs = losses
        .iter()
        .zip(weights)
        .filter(|(_, weight)| **weight != 0.0);
    let sum: f64 = pairs
        .map(|(loss, weight)| f64::from(*loss) * f64::from(*weight))
        .sum();
    let loss = cx.tensor([1], &[sum as f32]);
    cx.recorded(loss, &[], node.is_some(), move |_, gradient| {
        let (factor, mut dx) = (gradient.values()[0], slopes);
        if factor != 1.0 {
            dx.values_mut().iter_mut().for_each(|dx| *dx *= factor);
        }
        vec![Step::Input(node, dx)]
    })
}

/// The sum of single numbers that `piece` makes of at most `rows` rows of `x` each; it gets the rows, and
/// which they are. With a tape, each piece is gone back through at once, so that what lies between is
/// never in memory as a whole.
///
/// # Panics
/// When gradients come back to the sum that are not one: it is what they start from.
pub fn sum_in_pieces(
    cx: &Context,
    x: &Tensor,
    rows: usize,
    mut piece: impl FnMut(&Context, &Tensor, Range<usize>) -> Tensor,
) -> Tensor {
    let all = x.rows();
    let pieces = (0..all).step_by(rows.max(1));
    let pieces = pieces.map(|start| start..all.min(start + rows));
    if !cx.is_recording() {
        let sums =
            pieces.map(|range| f64::from(piece(cx, &x.slice(range.clone()), range).values()[0]));
        let sum = sums.sum::<f64>() as f32;
        return cx.tensor([1], &[sum]);
    }
    let (mut sum, width) = (0.0, x.width());
    let mut dx = cx.zeros(x.shape());
    for range in pieces {
        let part = x.slice(range.clone());
        let (made, gradient) = cx.differentiated(&part, |cx, part| piece(cx, part, range.clone()));
        sum += f64::from(made.values()[0]);
        if let Some(gradient) = gradient {
            dx.values_mut()[range.start * width..range.end * width]
                .copy_from_slice(gradient.values());
        }
    }
    let sum = cx.tensor([1], &[sum as f32]);
    let node = x.node();
    // Parameters have their gradients already, also where `x` is on no tape.
    cx.recorded(sum, &[x], true, move |_, gradient| {
        assert!(gradient.values()[0] == 1.0, "gradients start from this sum");
        vec![Step::Input(node, dx)]
    })
}

/// Rows of scores that a thread takes at a time.
const ROWS_AT_ONCE: usize = 8;

/// `log Σ exp(x)`, without overflow.
fn log_sum_exp(row: &[f32]) -> f32 {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|x| f64::from((x - largest).exp())).sum();
    largest + sum.ln() as f32
}
