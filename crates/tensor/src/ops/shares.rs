//! What some classes of a row are worth beside each other, as a router's experts.

use crate::context::Context;
use crate::tape::Step;
use crate::tensor::Tensor;

/// Softmax of the `logits` of some classes of each row, over these alone or over all classes of the row, then times the
/// `factors` of the classes if there are any. Gradients flow to `logits`; which classes were chosen has none.
/// Shapes: `logits` is `[rows, classes]`; `chosen` and the result are `[rows, K]`, classes of each row without repetition;
/// `factors` is `[classes]`.
///
/// # Panics
/// When a chosen class is none, or `chosen` are not as many for each row.
pub fn shares_of(
    cx: &Context,
    logits: &Tensor,
    chosen: &[u32],
    over: Over,
    factors: Option<&[f32]>,
) -> Tensor {
    let rows = logits.rows();
    let many = chosen.len() / rows.max(1);
    assert_eq!(chosen.len(), rows * many, "as many classes for each row");
    let mut shares = cx.take([rows, many]); // before the factors
    for (row, shares) in shares
        .values_mut()
        .chunks_exact_mut(many.max(1))
        .enumerate()
    {
        let (logits, chosen) = (logits.row(row), &chosen[row * many..][..many]);
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weight = |class: usize| (logits[class] - largest).exp();
        let total: f32 = match over {
            Over::Chosen => chosen.iter().map(|class| weight(*class as usize)).sum(),
            Over::All => (0..logits.len()).map(weight).sum(),
        };
        let slots = shares.iter_mut().zip(chosen);
        slots.for_each(|(share, class)| *share = weight(*class as usize) / total);
    }
    let is_recorded = cx.is_recording();
    let plain = is_recorded.then(|| cx.tensor(shares.shape(), shares.values()));
    if let Some(factors) = factors {
        let slots = shares.values_mut().iter_mut().zip(chosen);
        slots.for_each(|(share, class)| *share *= factors[*class as usize]);
    }
    let Some(plain) = plain else {
        return shares;
    };
    let (saved, chosen, factors) = (
        logits.clone(),
        chosen.to_vec(),
        factors.map(<[f32]>::to_vec),
    );
    cx.recorded(shares, &[logits], false, move |cx, gradient| {
        let mut slopes = cx.zeros(saved.shape());
        let classes = saved.width();
        for row in 0..rows {
            let range = row * many..(row + 1) * many;
            let (chosen, plain) = (&chosen[range.clone()], &plain.values()[range.clone()]);
            let gradient = gradient.values()[range].iter().zip(chosen);
            let by_share: Vec<f32> = gradient
                .map(|(dy, class)| dy * factors.as_ref().map_or(1.0, |f| f[*class as usize]))
                .collect();
            let mean: f32 = plain
                .iter()
                .zip(&by_share)
                .map(|(share, by)| share * by)
                .sum();
            let slopes = &mut slopes.values_mut()[row * classes..][..classes];
            if over == Over::All {
                let logits = saved.row(row);
                let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let total: f32 = logits.iter().map(|x| (x - largest).exp()).sum();
                let slots = slopes.iter_mut().zip(logits);
                slots.for_each(|(slope, x)| *slope = -mean * (x - largest).exp() / total);
            }
            for ((class, share), by) in chosen.iter().zip(plain).zip(by_share) {
                let less = if over == Over::Chosen { mean } else { 0.0 };
                slopes[*class as usize] += share * (by - less);
            }
        }
        vec![Step::Input(saved.node(), slopes)]
    })
}

/// What shares are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Those that are chosen sum to one.
    Chosen,
    /// All classes of the row do.
    All,
}
