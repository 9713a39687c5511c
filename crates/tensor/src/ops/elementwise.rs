//! Number by number.

use crate::context::Context;
use crate::tape::Step;
use crate::tensor::Tensor;

/// `a + b`, of one shape; in the memory of `a` when nobody else needs it.
pub fn add(cx: &Context, a: Tensor, b: &Tensor) -> Tensor {
    assert_eq!(a.shape(), b.shape(), "a sum of one shape");
    let saved = cx.is_recording().then(|| a.clone());
    let mut out = super::own(cx, a);
    for (out, b) in out.values_mut().iter_mut().zip(b.values()) {
        *out += b;
    }
    let Some(a) = saved else {
        return out;
    };
    let nodes = [a.node(), b.node()];
    cx.recorded(out, &[&a, b], false, move |_, gradient| {
        nodes.map(|node| Step::Input(node, gradient.clone())).into()
    })
}

/// `x · factor`; in the memory of `x` when nobody else needs it.
pub fn scale(cx: &Context, x: Tensor, factor: f32) -> Tensor {
    let saved = cx.is_recording().then(|| x.clone());
    let mut out = super::own(cx, x);
    out.values_mut().iter_mut().for_each(|x| *x *= factor);
    let Some(x) = saved else {
        return out;
    };
    let node = x.node();
    cx.recorded(out, &[&x], false, move |cx, gradient| {
        let mut dx = cx.tensor(gradient.shape(), gradient.values());
        dx.values_mut().iter_mut().for_each(|dx| *dx *= factor);
        vec![Step::Input(node, dx)]
    })
}

/// Numbers that a thread takes at a time.
const PIECE: usize = 1 << 12;

/// `SiLU(gate) · up`, of one shape.
/// Source: Shazeer 2020.
pub fn swiglu(cx: &Context, gate: &Tensor, up: &Tensor) -> Tensor {
    assert_eq!(gate.shape(), up.shape(), "a gate for each number");
    let mut out = cx.take(gate.shape());
    let (gates, ups) = (gate.values(), up.values());
    super::in_chunks(cx, out.values_mut(), 1, |range, out| {
        kernels::swiglu(out, &gates[range.clone()], &ups[range]);
    });
    if !cx.is_recording() {
        return out;
    }
    let (gate_saved, up_saved) = (gate.clone(), up.clone());
    cx.recorded(out, &[gate, up], false, move |cx, gradient| {
        let shape = gate_saved.shape();
        let (mut dgate, mut dup) = (cx.take(shape), cx.take(shape));
        let (gates, ups, dy) = (gate_saved.values(), up_saved.values(), gradient.values());
        let arrays = [(dgate.values_mut(), PIECE), (dup.values_mut(), PIECE)];
        cx.pool().each_chunk_of(arrays, &|number, [dgate, dup]| {
            let here = number * PIECE..number * PIECE + dup.len();
            let (dy, gate, up) = (&dy[here.clone()], &gates[here.clone()], &ups[here]);
            kernels::swiglu_backward(dgate, dup, dy, gate, up);
        });
        vec![
            Step::Input(gate_saved.node(), dgate),
            Step::Input(up_saved.node(), dup),
        ]
    })
}
