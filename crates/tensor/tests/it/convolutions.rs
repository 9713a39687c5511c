//! Convolutions and group norms are what their definitions give, and so are their gradients.

use std::sync::Arc;

use tensor::ops::{Conv, conv1d, conv2d, conv3d, group_norm, softmax_cross_entropy};
use tensor::{Context, Parameter, ParameterId, Pool, Tensor, Weight};

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(77) + 13;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// A film `[batch, frames, height, width, channels]` and what is done with it.
#[derive(Clone, Copy)]
struct Case {
    axes: [usize; 5],
    outputs: usize,
    conv: Conv<3>,
}

impl Case {
    fn x(&self) -> Vec<f32> {
        numbers(self.axes.iter().product(), 1)
    }

    fn inputs(&self) -> usize {
        self.conv.kernel.iter().product::<usize>() * self.axes[4]
    }

    fn weight(&self) -> Vec<f32> {
        numbers(self.outputs * self.inputs(), 2)
    }

    fn bias(&self) -> Vec<f32> {
        numbers(self.outputs, 3)
    }

    /// By the definition, in f64: shape and numbers.
    fn expected(&self) -> ([usize; 5], Vec<f64>) {
        let Conv {
            kernel,
            stride,
            dilation,
            padding,
        } = self.conv;
        let [batch, frames, height, width, channels] = self.axes;
        let inputs = [frames, height, width];
        let outputs: Vec<usize> = (0..3)
            .map(|axis| {
                let padded = inputs[axis] + padding[axis][0] + padding[axis][1];
                (padded - (kernel[axis] - 1) * dilation[axis] - 1) / stride[axis] + 1
            })
            .collect();
        let (x, weight, bias) = (self.x(), self.weight(), self.bias());
        let mut expected = Vec::new();
        for row in 0..batch * outputs.iter().product::<usize>() {
            let place = [
                row / (outputs[1] * outputs[2]) % outputs[0],
                row / outputs[2] % outputs[1],
                row % outputs[2],
            ];
            let example = row / outputs.iter().product::<usize>();
            for (output, bias) in bias.iter().enumerate() {
                let mut sum = f64::from(*bias);
                for tap in 0..kernel.iter().product::<usize>() {
                    let taps = [
                        tap / (kernel[1] * kernel[2]),
                        tap / kernel[2] % kernel[1],
                        tap % kernel[2],
                    ];
                    let at: Vec<isize> = (0..3)
                        .map(|axis| {
                            (place[axis] * stride[axis] + taps[axis] * dilation[axis]) as isize
                                - padding[axis][0] as isize
                        })
                        .collect();
                    if (0..3).any(|axis| at[axis] < 0 || at[axis] >= inputs[axis] as isize) {
                        continue;
                    }
                    let [t, h, w] = [at[0] as usize, at[1] as usize, at[2] as usize];
                    let from = (((example * frames + t) * height + h) * width + w) * channels;
                    let taps = (output * self.inputs()) + tap * channels;
                    for channel in 0..channels {
                        sum += f64::from(x[from + channel]) * f64::from(weight[taps + channel]);
                    }
                }
                expected.push(sum);
            }
        }
        let shape = [batch, outputs[0], outputs[1], outputs[2], self.outputs];
        (shape, expected)
    }
}

fn context() -> Context {
    Context::new(Arc::new(Pool::of_all_cores()))
}

fn made(cx: &Context, weight: &[f32], bias: &[f32], inputs: usize) -> Weight {
    let parameter = Parameter::new(bias.to_vec(), [bias.len()]).trainable(ParameterId(1));
    Weight::of_f32(weight, bias.len(), inputs, cx.pool())
        .trainable(ParameterId(0))
        .with_bias(parameter)
}

fn cases() -> Vec<Case> {
    let plain = Conv::new([2, 3, 3]);
    vec![
        Case {
            axes: [1, 4, 6, 5, 3],
            outputs: 4,
            conv: plain,
        },
        // Time does not look ahead, pictures are halved, taps lie apart.
        Case {
            axes: [2, 5, 7, 8, 2],
            outputs: 3,
            conv: Conv {
                stride: [1, 2, 2],
                dilation: [2, 1, 2],
                padding: [[2, 0], [0, 1], [1, 3]],
                ..plain
            },
        },
        Case {
            axes: [1, 1, 9, 9, 5],
            outputs: 17,
            conv: Conv::same([1, 3, 3]),
        },
        // More patches than are laid out at a time.
        Case {
            axes: [1, 3, 70, 70, 16],
            outputs: 2,
            conv: Conv::same([3, 3, 3]),
        },
    ]
}

#[test]
fn films_are_convolved_by_the_definition() {
    let cx = context();
    for case in cases() {
        let weight = made(&cx, &case.weight(), &case.bias(), case.inputs());
        let x = cx.tensor(case.axes, &case.x());
        let out = conv3d(&cx, &x, &weight, &case.conv);
        let (shape, expected) = case.expected();
        assert_eq!(out.shape().axes(), shape);
        for (ours, exact) in out.values().iter().zip(expected) {
            assert!((f64::from(*ours) - exact).abs() < 1e-4, "{ours} {exact}");
        }
    }
}

#[test]
fn lines_and_pictures_are_films_with_short_axes() {
    let cx = context();
    let x = numbers(2 * 6 * 5 * 3, 4);
    let weight = numbers(4 * 9 * 3, 5);
    let weight = Weight::of_f32(&weight, 4, 27, cx.pool());
    let film = cx.tensor([2, 1, 6, 5, 3], &x);
    let film = conv3d(&cx, &film, &weight, &Conv::same([1, 3, 3]));
    let picture = cx.tensor([2, 6, 5, 3], &x);
    let picture = conv2d(&cx, &picture, &weight, &Conv::same([3, 3]));
    assert_eq!(picture.shape().axes(), [2, 6, 5, 4]);
    assert_eq!(picture.values(), film.values());
    let line = cx.tensor([2, 30, 3], &x);
    let line = conv1d(&cx, &line, &weight, &Conv::same([9]));
    assert_eq!(line.shape().axes(), [2, 30, 4]);
    let film = cx.tensor([2, 1, 1, 30, 3], &x);
    let film = conv3d(&cx, &film, &weight, &Conv::same([1, 1, 9]));
    assert_eq!(line.values(), film.values());
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

/// A loss that sees every output.
fn loss(cx: &Context, out: Tensor) -> Tensor {
    let (rows, classes) = (out.rows(), out.width());
    let targets: Vec<Option<u32>> = (0..rows)
        .map(|row| Some((row * 5 % classes) as u32))
        .collect();
    softmax_cross_entropy(cx, &out.reshape([rows, classes]), &targets)
}

/// From an input and two parameters to a loss.
type Run<'a> = &'a dyn Fn(&Context, &Tensor, [&[f32]; 2]) -> Tensor;

/// Compares the gradients of three arrays with small steps.
fn check(what: &str, arrays: [Vec<f32>; 3], run: Run, axes: &[usize]) {
    let cx = context();
    let value = |arrays: &[Vec<f32>; 3]| {
        let x = cx.tensor(axes, &arrays[0]);
        run(&cx, &x, [&arrays[1], &arrays[2]]).values()[0]
    };
    cx.record();
    let x = cx.leaf(cx.tensor(axes, &arrays[0]));
    let gradients = cx.backward(&run(&cx, &x, [&arrays[1], &arrays[2]]));
    let ours = [
        gradients.of(&x),
        gradients.of_parameter(ParameterId(0)),
        gradients.of_parameter(ParameterId(1)),
    ];
    for (which, ours) in ours.into_iter().enumerate() {
        let ours = ours.expect("the loss depends on it").values();
        assert_eq!(ours.len(), arrays[which].len());
        for (at, ours) in ours.iter().enumerate() {
            let stepped = slope(&arrays[which], at, |values| {
                let mut arrays = arrays.clone();
                arrays[which] = values.to_vec();
                value(&arrays)
            });
            assert!(
                (ours - stepped).abs() < 2e-3,
                "{what}: array {which} [{at}] is {ours}, not {stepped}"
            );
        }
    }
}

#[test]
fn gradients_of_convolutions_are_what_small_steps_give() {
    let conv = Conv {
        stride: [1, 2, 1],
        dilation: [1, 1, 2],
        padding: [[1, 0], [1, 1], [0, 2]],
        ..Conv::new([2, 3, 2])
    };
    let case = Case {
        axes: [2, 2, 4, 3, 2],
        outputs: 3,
        conv,
    };
    let run = |cx: &Context, x: &Tensor, [weight, bias]: [&[f32]; 2]| {
        let weight = made(cx, weight, bias, case.inputs());
        loss(cx, conv3d(cx, x, &weight, &conv))
    };
    let arrays = [case.x(), case.weight(), case.bias()];
    check("conv3d", arrays, &run, &case.axes);
}

#[test]
fn groups_of_channels_are_brought_to_mean_zero_and_unit_variance() {
    let cx = context();
    let (batch, places, channels, groups, eps) = (2, 35, 6, 3, 1e-5);
    let x: Vec<f32> = numbers(batch * places * channels, 6)
        .iter()
        .map(|x| 100.0 + x)
        .collect();
    let (weight, bias) = (numbers(channels, 7), numbers(channels, 8));
    let [w, b] = [&weight, &bias].map(|values| Parameter::new(values.clone(), [channels]));
    let tensor = cx.tensor([batch, 5, 7, channels], &x);
    let out = group_norm(&cx, &tensor, groups, [&w, &b], eps);
    assert_eq!(out.shape(), tensor.shape());
    for example in 0..batch {
        for group in 0..groups {
            let places = (0..places).flat_map(|place| {
                let from = (example * places + place) * channels + group * 2;
                [from, from + 1]
            });
            let places: Vec<usize> = places.collect();
            let count = places.len() as f64;
            let mean = places.iter().map(|at| f64::from(x[*at])).sum::<f64>() / count;
            let squares = places.iter().map(|at| (f64::from(x[*at]) - mean).powi(2));
            let scale = 1.0 / (squares.sum::<f64>() / count + f64::from(eps)).sqrt();
            for at in places {
                let channel = at % channels;
                let exact = (f64::from(x[at]) - mean) * scale * f64::from(weight[channel])
                    + f64::from(bias[channel]);
                assert!((f64::from(out.values()[at]) - exact).abs() < 1e-4);
            }
        }
    }
}

#[test]
fn gradients_of_group_norms_are_what_small_steps_give() {
    let axes = [2, 3, 2, 4];
    let run = |cx: &Context, x: &Tensor, [weight, bias]: [&[f32]; 2]| {
        let parameter = |values: &[f32], id| {
            Parameter::new(values.to_vec(), [values.len()]).trainable(ParameterId(id))
        };
        let (weight, bias) = (parameter(weight, 0), parameter(bias, 1));
        loss(cx, group_norm(cx, x, 2, [&weight, &bias], 1e-3))
    };
    let arrays = [numbers(48, 9), numbers(4, 10), numbers(4, 11)];
    check("group_norm", arrays, &run, &axes);
}
