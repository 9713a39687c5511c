//! Groups of channels brought to mean zero and unit variance.

use crate::context::Context;
use crate::parameter::Parameter;
use crate::tape::Step;
use crate::tensor::Tensor;

/// Takes the mean from each group of channels, over all places of an example, divides by the standard
/// deviation, scales by `weight` and adds `bias`.
/// Shapes: `x` and the result are `[batch, …, channels]`, `weight` and `bias` are `[channels]`; a group is so many
/// neighbouring channels. Sums are f64.
/// Source: Wu & He 2018.
///
/// # Panics
/// When the channels are not whole groups; as in all operations, when shapes do not fit.
pub fn group_norm(
    cx: &Context,
    x: &Tensor,
    groups: usize,
    [weight, bias]: [&Parameter; 2],
    eps: f32,
) -> Tensor {
    let channels = x.width();
    assert!(
        groups > 0 && channels.is_multiple_of(groups),
        "{channels} channels in {groups} groups"
    );
    for parameter in [weight, bias] {
        assert_eq!(parameter.values().len(), channels, "a number a channel");
    }
    let moments = moments(x, groups, eps);
    let mut out = cx.take(x.shape());
    let (values, example) = (x.values(), example(x));
    super::in_chunks(cx, out.values_mut(), channels, |range, out| {
        for (number, out) in out.chunks_exact_mut(channels).enumerate() {
            let from = range.start + number * channels;
            let moments = &moments[from / example * groups..][..groups];
            for (channel, out) in out.iter_mut().enumerate() {
                let (mean, scale) = moments[channel / (channels / groups)];
                let normal = (values[from + channel] - mean) * scale;
                *out = normal * weight.values()[channel] + bias.values()[channel];
            }
        }
    });
    if !cx.is_recording() {
        return out;
    }
    let (saved, weight, bias) = (x.clone(), weight.clone(), bias.id());
    let is_trainable = weight.id().is_some() || bias.is_some();
    cx.recorded(out, &[x], is_trainable, move |cx, gradient| {
        let (mut dw, mut db) = (cx.zeros([channels]), cx.zeros([channels]));
        let sums = [dw.values_mut(), db.values_mut()];
        let dx = backward(cx, &saved, gradient, &weight, (&moments, sums));
        let mut steps = vec![Step::Input(saved.node(), dx)];
        steps.extend(weight.id().map(|id| Step::Parameter(id, dw)));
        steps.extend(bias.map(|id| Step::Parameter(id, db)));
        steps
    })
}

/// Mean and one over the standard deviation.
type Moments = (f32, f32);

/// Numbers of one example.
fn example(x: &Tensor) -> usize {
    x.shape().axes()[1..].iter().product::<usize>().max(1)
}

/// Those of each group of each example.
fn moments(x: &Tensor, groups: usize, eps: f32) -> Vec<Moments> {
    let (channels, example) = (x.width(), example(x));
    let size = channels / groups;
    let count = (example / groups) as f64;
    let mut moments = Vec::with_capacity(groups * x.shape()[0]);
    for example in x.values().chunks_exact(example) {
        let sums = |value: &dyn Fn(usize, f32) -> f64| {
            let mut sums = vec![0.0; groups];
            for row in example.chunks_exact(channels) {
                for (group, (sum, row)) in sums.iter_mut().zip(row.chunks_exact(size)).enumerate() {
                    *sum += row.iter().map(|x| value(group, *x)).sum::<f64>();
                }
            }
            sums
        };
        let means: Vec<f64> = sums(&|_, x| f64::from(x))
            .iter()
            .map(|sum| sum / count)
            .collect();
        let squares = sums(&|group, x| (f64::from(x) - means[group]).powi(2));
        let scales = squares
            .iter()
            .map(|sum| 1.0 / (sum / count + f64::from(eps)).sqrt());
        let pairs = means.iter().zip(scales);
        moments.extend(pairs.map(|(mean, scale)| (*mean as f32, scale as f32)));
    }
    moments
}

/// The gradient of the input; those of the parameters are added to `sums`.
fn backward(
    cx: &Context,
    x: &Tensor,
    gradient: &Tensor,
    weight: &Parameter,
    (moments, [dw, db]): (&[Moments], [&mut [f32]; 2]),
) -> Tensor {
    let (channels, example, batch) = (x.width(), example(x), x.shape()[0]);
    let groups = moments.len() / batch.max(1);
    let size = channels / groups;
    let count = (example / groups) as f64;
    let mut dx = cx.take(x.shape());
    let parts = x.values().chunks_exact(example);
    let parts = parts.zip(gradient.values().chunks_exact(example));
    let outs = dx.values_mut().chunks_exact_mut(example);
    for (((x, dy), dx), moments) in parts.zip(outs).zip(moments.chunks_exact(groups)) {
        let normal = |at: usize| {
            let (mean, scale) = moments[at % channels / size];
            (x[at] - mean) * scale
        };
        let weighted = |at: usize| dy[at] * weight.values()[at % channels];
        // What each group's gradients come to, flat and along the numbers themselves.
        let mut sums = vec![[0.0_f64; 2]; groups];
        for at in 0..example {
            let sum = &mut sums[at % channels / size];
            sum[0] += f64::from(weighted(at));
            sum[1] += f64::from(weighted(at) * normal(at));
            dw[at % channels] += dy[at] * normal(at);
            db[at % channels] += dy[at];
        }
        for (at, dx) in dx.iter_mut().enumerate() {
            let group = at % channels / size;
            let [flat, along] = sums[group].map(|sum| (sum / count) as f32);
            *dx = moments[group].1 * (weighted(at) - flat - normal(at) * along);
        }
    }
    dx
}
