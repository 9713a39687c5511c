//! Gates and activations.

use crate::context::Context;
use crate::tape::Step;
use crate::tensor::Tensor;

/// `GELU(gate) · up`, of one shape, by GELU's tanh approximation.
/// Source: Shazeer 2020, as in Gemma.
pub fn geglu(cx: &Context, gate: &Tensor, up: &Tensor) -> Tensor {
    let slope = |gate: f32, up: f32| {
        let inner = 1.595_769 * (gate + 0.044_715 * gate.powi(3));
        let share = sigmoid(inner);
        let steep = 1.595_769 * (1.0 + 0.134_145 * gate * gate);
        (
            up * share * (1.0 + gate * (1.0 - share) * steep),
            gate * share,
        )
    };
    gated(cx, [gate, up], kernels::geglu, slope)
}

/// `g · sigmoid(1.702 g) · (u + 1)`, of one shape, with `g` the gate bounded above by `limit` and `u` on
/// both sides.
/// Source: gpt-oss (OpenAI 2025).
pub fn swiglu_clamped(cx: &Context, gate: &Tensor, up: &Tensor, limit: f32) -> Tensor {
    let kernel = move |out: &mut [f32], gate: &[f32], up: &[f32]| {
        kernels::swiglu_clamped(out, gate, up, limit);
    };
    let slope = move |gate: f32, up: f32| {
        let (g, u) = (gate.min(limit), up.clamp(-limit, limit));
        let share = sigmoid(1.702 * g);
        let within = |is_within: bool, slope: f32| if is_within { slope } else { 0.0 };
        let by_gate = share * (1.0 + 1.702 * g * (1.0 - share)) * (u + 1.0);
        (
            within(gate <= limit, by_gate),
            within(up.abs() <= limit, g * share),
        )
    };
    gated(cx, [gate, up], kernel, slope)
}

/// `sigmoid(gate) · x`, of one shape.
pub fn sigmoid_gate(cx: &Context, gate: &Tensor, x: &Tensor) -> Tensor {
    let slope = |gate: f32, x: f32| {
        let share = sigmoid(gate);
        (x * share * (1.0 - share), share)
    };
    gated(cx, [gate, x], kernels::sigmoid_gate, slope)
}

/// `a · b`, of one shape.
pub fn multiply(cx: &Context, a: &Tensor, b: &Tensor) -> Tensor {
    let kernel = |out: &mut [f32], a: &[f32], b: &[f32]| {
        let pairs = a.iter().zip(b);
        out.iter_mut()
            .zip(pairs)
            .for_each(|(out, (a, b))| *out = a * b);
    };
    gated(cx, [a, b], kernel, |a, b| (b, a))
}

/// `x · Φ(x)`, exact to f32; in the memory of `x` when nobody else needs it.
/// Source: Hendrycks & Gimpel 2016, as in BERT.
pub fn gelu(cx: &Context, x: Tensor) -> Tensor {
    let saved = cx.is_recording().then(|| x.clone());
    let mut out = super::own(cx, x);
    super::in_chunks(cx, out.values_mut(), 1, |_, out| kernels::gelu(out));
    let Some(x) = saved else {
        return out;
    };
    let (input, y) = (x.clone(), out.clone());
    cx.recorded(out, &[&input], false, move |cx, gradient| {
        let mut dx = cx.take(x.shape());
        let pairs = x.values().iter().zip(y.values()).zip(gradient.values());
        for (((x, y), dy), dx) in pairs.zip(dx.values_mut()) {
            let below = if *x == 0.0 { 0.5 } else { y / x };
            let bell = (-x * x / 2.0).exp() / std::f32::consts::TAU.sqrt();
            *dx = dy * (below + x * bell);
        }
        vec![Step::Input(x.node(), dx)]
    })
}

/// `cap · tanh(x / cap)`; in the memory of `x` when nobody else needs it.
/// Source: Bello et al. 2016.
pub fn soft_cap(cx: &Context, x: Tensor, cap: f32) -> Tensor {
    let saved = cx.is_recording().then(|| x.clone());
    let mut out = super::own(cx, x);
    super::in_chunks(cx, out.values_mut(), 1, |_, out| {
        out.iter_mut().for_each(|x| *x = cap * (*x / cap).tanh());
    });
    let Some(x) = saved else {
        return out;
    };
    let (node, y) = (x.node(), out.clone());
    cx.recorded(out, &[&x], false, move |cx, gradient| {
        let mut dx = cx.take(y.shape());
        let pairs = y.values().iter().zip(gradient.values());
        for ((y, dy), dx) in pairs.zip(dx.values_mut()) {
            *dx = dy * (1.0 - (y / cap).powi(2));
        }
        vec![Step::Input(node, dx)]
    })
}

/// What `kernel` makes of two tensors of one shape; `slope` is how it depends on each of two numbers.
fn gated(
    cx: &Context,
    [gate, up]: [&Tensor; 2],
    kernel: impl Fn(&mut [f32], &[f32], &[f32]) + Sync,
    slope: impl Fn(f32, f32) -> (f32, f32) + 'static,
) -> Tensor {
    assert_eq!(gate.shape(), up.shape(), "a gate for each number");
    let mut out = cx.take(gate.shape());
    let (gates, ups) = (gate.values(), up.values());
    super::in_chunks(cx, out.values_mut(), 1, |range, out| {
        kernel(out, &gates[range.clone()], &ups[range]);
    });
    if !cx.is_recording() {
        return out;
    }
    let (gate_saved, up_saved) = (gate.clone(), up.clone());
    cx.recorded(out, &[gate, up], false, move |cx, gradient| {
        let shape = gate_saved.shape();
        let (mut dgate, mut dup) = (cx.take(shape), cx.take(shape));
        let pairs = gate_saved.values().iter().zip(up_saved.values());
        let slots = dgate.values_mut().iter_mut().zip(dup.values_mut());
        for (((gate, up), dy), (dgate, dup)) in pairs.zip(gradient.values()).zip(slots) {
            let (by_gate, by_up) = slope(*gate, *up);
            *dgate = dy * by_gate;
            *dup = dy * by_up;
        }
        vec![
            Step::Input(gate_saved.node(), dgate),
            Step::Input(up_saved.node(), dup),
        ]
    })
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
