//! Gradients of gates, activations and layer norms are what small steps give.

use std::sync::Arc;

use tensor::ops::{
    geglu, gelu, layer_norm, multiply, sigmoid_gate, soft_cap, softmax_cross_entropy,
    swiglu_clamped,
};
use tensor::{Context, Parameter, ParameterId, Pool, Tensor};

const ROWS: usize = 3;
const WIDTH: usize = 5;
const TARGETS: [Option<u32>; ROWS] = [Some(1), Some(4), Some(0)];

type Operation = fn(&Context, &Tensor, &Tensor) -> Tensor;

fn numbers(seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..ROWS * WIDTH).map(|_| 2.0 * next()).collect()
}

fn loss(cx: &Context, operation: Operation, a: &[f32], b: &[f32]) -> f32 {
    let [a, b] = [a, b].map(|values| cx.tensor([ROWS, WIDTH], values));
    softmax_cross_entropy(cx, &operation(cx, &a, &b), &TARGETS).values()[0]
}

fn norm(cx: &Context, x: &Tensor, weight: &Tensor) -> Tensor {
    let [weight, bias] = [0, 1].map(|row| Parameter::new(weight.row(row).to_vec(), [WIDTH]));
    layer_norm(cx, x, &weight, Some(&bias), 1e-3)
}

/// How the loss changes with number `at` of `values`, by a step to each side.
fn slope(values: &[f32], at: usize, loss: impl Fn(&[f32]) -> f32) -> f32 {
    const STEP: f32 = 1e-2;
    let moved = |by: f32| {
        let mut values = values.to_vec();
        values[at] += by;
        loss(&values)
    };
    (moved(STEP) - moved(-STEP)) / (2.0 * STEP)
}

#[test]
fn gradients_are_what_small_steps_give() {
    let operations: [(&str, Operation); 7] = [
        ("multiply", |cx, a, b| multiply(cx, a, b)),
        ("geglu", |cx, a, b| geglu(cx, a, b)),
        ("swiglu_clamped", |cx, a, b| swiglu_clamped(cx, a, b, 0.9)),
        ("sigmoid_gate", |cx, a, b| sigmoid_gate(cx, a, b)),
        ("gelu", |cx, a, _| gelu(cx, a.clone())),
        ("soft_cap", |cx, a, _| soft_cap(cx, a.clone(), 1.5)),
        ("layer_norm", norm),
    ];
    let cx = Context::new(Arc::new(Pool::of_all_cores()));
    let (a, b) = (numbers(1), numbers(2));
    for (name, operation) in operations {
        cx.record();
        let [left, right] = [&a, &b].map(|values| cx.leaf(cx.tensor([ROWS, WIDTH], values)));
        let output = softmax_cross_entropy(&cx, &operation(&cx, &left, &right), &TARGETS);
        let gradients = cx.backward(&output);
        for at in 0..ROWS * WIDTH {
            let stepped = slope(&a, at, |a| loss(&cx, operation, a, &b));
            let ours = gradients.of(&left).expect("depends on it").values()[at];
            assert!(
                (ours - stepped).abs() < 2e-3,
                "{name} [{at}]: {ours} {stepped}"
            );
            // Only the gates see the second tensor as a tensor.
            if let Some(gradient) = gradients.of(&right) {
                let stepped = slope(&b, at, |b| loss(&cx, operation, &a, b));
                let ours = gradient.values()[at];
                assert!(
                    (ours - stepped).abs() < 2e-3,
                    "{name} [{at}]: {ours} {stepped}"
                );
            }
        }
    }
}

#[test]
fn a_layer_norm_learns_its_scales_and_shifts() {
    let cx = Context::new(Arc::new(Pool::of_all_cores()));
    let (x, scales) = (numbers(3), numbers(4));
    let (weight, bias) = (&scales[..WIDTH], &scales[WIDTH..2 * WIDTH]);
    let run = |weight: &[f32], bias: &[f32]| {
        let parameter = |values: &[f32], id| {
            Parameter::new(values.to_vec(), [WIDTH]).trainable(ParameterId(id))
        };
        let x = cx.tensor([ROWS, WIDTH], &x);
        let (weight, bias) = (parameter(weight, 0), parameter(bias, 1));
        softmax_cross_entropy(
            &cx,
            &layer_norm(&cx, &x, &weight, Some(&bias), 1e-3),
            &TARGETS,
        )
    };
    cx.record();
    let gradients = cx.backward(&run(weight, bias));
    for at in 0..WIDTH {
        let steps = [
            slope(weight, at, |weight| run(weight, bias).values()[0]),
            slope(bias, at, |bias| run(weight, bias).values()[0]),
        ];
        for (id, stepped) in steps.into_iter().enumerate() {
            let gradient = gradients.of_parameter(ParameterId(id)).expect("trainable");
            assert!(
                (gradient.values()[at] - stepped).abs() < 2e-3,
                "{id} [{at}]"
            );
        }
    }
}
