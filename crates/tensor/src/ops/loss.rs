//! How wrong a model is.

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

/// `log Σ exp(x)`, without overflow.
fn log_sum_exp(row: &[f32]) -> f32 {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|x| f64::from((x - largest).exp())).sum();
    largest + sum.ln() as f32
}
