//! Rows taken out of a tensor and brought back, as for experts that see some of the tokens.

use crate::context::Context;
use crate::tape::Step;
use crate::tensor::Tensor;

/// The rows of `x` with these numbers: `[rows, width]`.
///
/// # Panics
/// When there is no such row.
pub fn gather_rows(cx: &Context, x: &Tensor, rows: &[u32]) -> Tensor {
    let width = x.width();
    let mut out = cx.take([rows.len(), width]);
    let slots = out.values_mut().chunks_exact_mut(width.max(1));
    for (out, row) in slots.zip(rows) {
        out.copy_from_slice(x.row(*row as usize));
    }
    if !cx.is_recording() {
        return out;
    }
    let (rows, node, shape) = (rows.to_vec(), x.node(), x.shape());
    cx.recorded(out, &[x], false, move |cx, gradient| {
        let mut dx = cx.zeros(shape);
        // Whoever took the rows may have had them in another shape.
        scatter(dx.values_mut(), (gradient, width), &rows, |_| 1.0);
        vec![Step::Input(node, dx)]
    })
}

/// Adds row `i` of `x`, times `weights[i]`, to row `rows[i]` of `onto`.
/// Shapes: `onto` is `[tokens, width]`, `x` `[rows, width]`.
///
/// # Panics
/// When there is no such row.
pub fn add_rows(cx: &Context, onto: Tensor, x: &Tensor, rows: &[u32], weights: &[f32]) -> Tensor {
    assert!(
        rows.len() == x.rows() && weights.len() == x.rows(),
        "one place for each row"
    );
    let saved = cx.is_recording().then(|| onto.clone());
    let mut out = super::own(cx, onto);
    assert_eq!(out.width(), x.width(), "rows of one width");
    scatter(out.values_mut(), (x, x.width()), rows, |row| weights[row]);
    let Some(onto) = saved else {
        return out;
    };
    let (rows, weights) = (rows.to_vec(), weights.to_vec());
    let (onto_node, x_node, width) = (onto.node(), x.node(), x.width());
    cx.recorded(out, &[&onto, x], false, move |cx, gradient| {
        let mut dx = cx.take([rows.len(), width]);
        let slots = dx.values_mut().chunks_exact_mut(width.max(1));
        for ((dx, row), weight) in slots.zip(&rows).zip(&weights) {
            let dy = gradient.values()[*row as usize * width..][..width].iter();
            dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx = dy * weight);
        }
        vec![
            Step::Input(onto_node, gradient.clone()),
            Step::Input(x_node, dx),
        ]
    })
}

/// The same with weights that are computed: row `i` is taken times number `at[i]` of `weights`, whatever shape they have.
///
/// # Panics
/// When there is no such row or number.
pub fn add_weighted_rows(
    cx: &Context,
    onto: Tensor,
    x: &Tensor,
    rows: &[u32],
    (weights, at): (&Tensor, &[u32]),
) -> Tensor {
    assert!(
        rows.len() == x.rows() && at.len() == x.rows(),
        "one place and one weight for each row"
    );
    let saved = cx.is_recording().then(|| onto.clone());
    let mut out = super::own(cx, onto);
    assert_eq!(out.width(), x.width(), "rows of one width");
    let width = x.width();
    let numbers = weights.values();
    scatter(out.values_mut(), (x, width), rows, |row| {
        numbers[at[row] as usize]
    });
    let Some(onto) = saved else {
        return out;
    };
    let (rows, at) = (rows.to_vec(), at.to_vec());
    let (onto_node, x, weights) = (onto.node(), x.clone(), weights.clone());
    let inputs = [&onto, &x.clone(), &weights.clone()];
    cx.recorded(out, &inputs, false, move |cx, gradient| {
        let mut dx = cx.take([rows.len(), width]);
        let mut slopes = cx.zeros(weights.shape());
        let slots = dx.values_mut().chunks_exact_mut(width.max(1));
        for (number, (dx, row)) in slots.zip(&rows).enumerate() {
            let at = at[number] as usize;
            let weight = weights.values()[at];
            let dy = &gradient.values()[*row as usize * width..][..width];
            dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx = dy * weight);
            let along = x.row(number).iter().zip(dy).map(|(x, dy)| x * dy);
            slopes.values_mut()[at] += along.sum::<f32>();
        }
        vec![
            Step::Input(onto_node, gradient.clone()),
            Step::Input(x.node(), dx),
            Step::Input(weights.node(), slopes),
        ]
    })
}

fn scatter(
    out: &mut [f32],
    (x, width): (&Tensor, usize),
    rows: &[u32],
    weight: impl Fn(usize) -> f32,
) {
    for (at, row) in rows.iter().enumerate() {
        let out = &mut out[*row as usize * width..][..width];
        let factor = weight(at);
        let x = &x.values()[at * width..][..width];
        out.iter_mut()
            .zip(x)
            .for_each(|(out, x)| *out += factor * x);
    }
}
