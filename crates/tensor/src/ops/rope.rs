//! Rotary position embedding.

use kernels::RopePairs;

use crate::context::Context;
use crate::tape::Step;
use crate::tensor::Tensor;

/// The cosines and sines by which the heads of each token are turned, `[tokens, half]` each.
#[derive(Clone, Debug)]
pub struct Angles {
    /// Cosines.
    pub cos: Tensor,
    /// Sines.
    pub sin: Tensor,
    /// Which numbers of a head form a pair.
    pub pairs: RopePairs,
}

/// Turns the first `2 · half` numbers of each head of `head_dim` by the angles of its token.
/// Shapes: `x` and the result are `[tokens, heads · head_dim]`.
/// Source: Su et al. 2021, eq. 34.
pub fn rope(cx: &Context, x: Tensor, head_dim: usize, angles: &Angles) -> Tensor {
    let node = x.node();
    let saved = cx.is_recording().then(|| x.clone());
    let mut out = super::own(cx, x);
    turn(cx, &mut out, head_dim, angles, angles.sin.values());
    let Some(saved) = saved else {
        return out;
    };
    let angles = angles.clone();
    cx.recorded(out, &[&saved], false, move |cx, gradient| {
        // The inverse of a turn is the turn back.
        let back: Vec<f32> = angles.sin.values().iter().map(|sin| -sin).collect();
        let mut dx = super::copied(cx, gradient);
        turn(cx, &mut dx, head_dim, &angles, &back);
        vec![Step::Input(node, dx)]
    })
}

fn turn(cx: &Context, x: &mut Tensor, head_dim: usize, angles: &Angles, sin: &[f32]) {
    let half = angles.cos.width();
    let (width, tokens) = (x.width(), x.rows());
    assert!(
        angles.cos.rows() == tokens && width.is_multiple_of(head_dim),
        "angles for {tokens} tokens and whole heads of {head_dim}"
    );
    let heads = width / head_dim;
    let (cos, pairs) = (angles.cos.values(), angles.pairs);
    super::in_chunks(cx, x.values_mut(), width, |range, x| {
        let rows = range.start / width * half..range.end / width * half;
        kernels::rope(x, heads, &cos[rows.clone()], &sin[rows], half, pairs);
    });
}
