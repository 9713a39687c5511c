//! Gradients of the operations of language models are what small steps give.

use std::sync::Arc;

use tensor::ops::{
    Angles, DeltaRule, Over, add, add_rows, add_weighted_rows, attention, causal_conv_silu,
    delta_gates, delta_rule, embedding, gated_onto, gather_rows, linear, linear_onto, modulate,
    rms_norm, rope, scale, shares_of, softmax_cross_entropy, sum_in_pieces, swiglu,
    weighted_cross_entropy, weighted_squares,
};
use tensor::{
    Attention, CacheType, Context, Gradients, KvPages, Parameter, ParameterId, Pool, RopePairs,
    Sequence, States, Tensor, Weight,
};

type Operation<'a> = dyn Fn(&Context, &[Tensor], &[Vec<f32>]) -> Tensor + 'a;

/// Numbers by which the loss is differentiated: tensors of some shape, then parameters.
struct Case<'a> {
    name: &'a str,
    tensors: &'a [[usize; 2]],
    parameters: &'a [usize],
    /// From tensors and parameters to `[rows, classes]`.
    run: &'a Operation<'a>,
}

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    let mut state = seed as u64 * 77 + 13;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| 1.5 * next()).collect()
}

impl Case<'_> {
    fn loss(&self, cx: &Context, tensors: &[Tensor], parameters: &[Vec<f32>]) -> Tensor {
        let out = (self.run)(cx, tensors, parameters);
        let (rows, classes) = (out.rows(), out.width());
        let targets: Vec<Option<u32>> = (0..rows)
            .map(|row| (row % 4 != 3).then_some((row * 5 % classes) as u32))
            .collect();
        softmax_cross_entropy(cx, &out, &targets)
    }

    fn check(&self) {
        let cx = Context::new(Arc::new(Pool::of_all_cores()));
        let tensors = self.tensors.iter().enumerate();
        let tensors: Vec<Vec<f32>> = tensors
            .map(|(at, shape)| numbers(shape[0] * shape[1], at + 1))
            .collect();
        let parameters = self.parameters.iter().enumerate();
        let parameters: Vec<Vec<f32>> = parameters
            .map(|(at, count)| numbers(*count, at + 50))
            .collect();
        let made = |tensors: &[Vec<f32>]| -> Vec<Tensor> {
            let pairs = tensors.iter().zip(self.tensors);
            pairs
                .map(|(values, shape)| cx.tensor(*shape, values))
                .collect()
        };
        cx.record();
        let leaves = made(&tensors).into_iter().map(|x| cx.leaf(x));
        let leaves: Vec<Tensor> = leaves.collect();
        let loss = self.loss(&cx, &leaves, &parameters);
        let gradients = cx.backward(&loss);
        for (which, leaf) in leaves.iter().enumerate() {
            let ours = gradients.of(leaf).expect("the loss depends on it").values();
            for (at, ours) in ours.iter().enumerate() {
                let stepped = slope(&tensors[which], at, |values| {
                    let mut tensors = tensors.clone();
                    tensors[which] = values.to_vec();
                    self.loss(&cx, &made(&tensors), &parameters).values()[0]
                });
                self.assert_near(&format!("tensor {which} [{at}]"), *ours, stepped);
            }
        }
        for which in 0..parameters.len() {
            let ours = gradients.of_parameter(ParameterId(which));
            let ours = ours.expect("the loss depends on it").values().to_vec();
            for (at, ours) in ours.iter().enumerate() {
                let stepped = slope(&parameters[which], at, |values| {
                    let mut parameters = parameters.clone();
                    parameters[which] = values.to_vec();
                    self.loss(&cx, &made(&tensors), &parameters).values()[0]
                });
                self.assert_near(&format!("parameter {which} [{at}]"), *ours, stepped);
            }
        }
    }

    fn assert_near(&self, what: &str, ours: f32, stepped: f32) {
        let near = (ours - stepped).abs() < 2e-3;
        assert!(near, "{}: {what} is {ours}, not {stepped}", self.name);
    }
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

fn weight(cx: &Context, values: &[f32], outputs: usize, inputs: usize, id: usize) -> Weight {
    Weight::of_f32(values, outputs, inputs, cx.pool()).trainable(ParameterId(id))
}

#[test]
fn products_pass_gradients_to_inputs_weights_biases_and_residuals() {
    Case {
        name: "linear",
        tensors: &[[3, 5]],
        parameters: &[20, 4],
        run: &|cx, x, w| {
            let bias = Parameter::new(w[1].clone(), [4]).trainable(ParameterId(1));
            linear(cx, &x[0], &weight(cx, &w[0], 4, 5, 0).with_bias(bias))
        },
    }
    .check();
    Case {
        name: "linear_onto",
        tensors: &[[3, 4], [3, 5]],
        parameters: &[20],
        run: &|cx, x, w| linear_onto(cx, x[0].clone(), &x[1], &weight(cx, &w[0], 4, 5, 0)),
    }
    .check();
}

#[test]
fn norms_turns_gates_and_sums_pass_gradients() {
    Case {
        name: "rms_norm of heads",
        tensors: &[[2, 6]],
        parameters: &[3],
        run: &|cx, x, w| {
            let scales = Parameter::new(w[0].clone(), [3]).trainable(ParameterId(0));
            rms_norm(cx, &x[0], &scales, 1e-3)
        },
    }
    .check();
    for pairs in [RopePairs::Halves, RopePairs::Interleaved] {
        Case {
            name: "rope",
            tensors: &[[3, 12]],
            parameters: &[],
            run: &|cx, x, _| {
                let angles = numbers(6, 9);
                let of = |turn: fn(f32) -> f32| -> Vec<f32> {
                    angles.iter().copied().map(turn).collect()
                };
                let angles = Angles {
                    cos: cx.tensor([3, 2], &of(f32::cos)),
                    sin: cx.tensor([3, 2], &of(f32::sin)),
                    pairs,
                };
                rope(cx, x[0].clone(), 6, &angles)
            },
        }
        .check();
    }
    Case {
        name: "swiglu, add and scale",
        tensors: &[[3, 4], [3, 4], [3, 4]],
        parameters: &[],
        run: &|cx, x, _| {
            let sum = add(cx, swiglu(cx, &x[0], &x[1]), &x[2]);
            // One tensor that two operations read.
            add(cx, scale(cx, sum.clone(), 1.7), &sum)
        },
    }
    .check();
}

#[test]
fn rows_pass_gradients_to_where_they_came_from() {
    Case {
        name: "gather_rows and add_rows",
        tensors: &[[3, 4], [3, 4]],
        parameters: &[],
        run: &|cx, x, _| {
            let rows = gather_rows(cx, &x[0], &[2, 0, 2]);
            add_rows(cx, x[1].clone(), &rows, &[1, 1, 0], &[0.5, -2.0, 1.0])
        },
    }
    .check();
    Case {
        name: "gather_rows, seen as wider rows",
        tensors: &[[3, 4]],
        parameters: &[],
        run: &|cx, x, _| gather_rows(cx, &x[0], &[2, 0, 0, 1]).reshape([2, 8]),
    }
    .check();
    Case {
        name: "embedding",
        tensors: &[],
        parameters: &[12],
        run: &|cx, _, w| embedding(cx, &weight(cx, &w[0], 3, 4, 0), &[1, 1, 2, 0]),
    }
    .check();
}

#[test]
fn shares_of_experts_pass_gradients_to_the_router() {
    // Of four experts each token has two; the third is nobody's.
    let chosen = [0, 1, 3, 0, 1, 3];
    for over in [Over::Chosen, Over::All] {
        for factors in [None, Some(&[0.5, 2.0, 3.0, -1.0][..])] {
            Case {
                name: "shares_of",
                tensors: &[[3, 4]],
                parameters: &[],
                run: &|cx, x, _| shares_of(cx, &x[0], &chosen, over, factors),
            }
            .check();
            Case {
                name: "shares_of and add_weighted_rows",
                tensors: &[[3, 4], [2, 4], [3, 4]],
                parameters: &[],
                run: &|cx, x, _| {
                    let shares = shares_of(cx, &x[0], &chosen, over, factors);
                    add_weighted_rows(cx, x[2].clone(), &x[1], &[1, 0], (&shares, &[3, 0]))
                },
            }
            .check();
        }
    }
}

#[test]
fn sums_of_the_past_pass_gradients_to_every_token() {
    // The first is longer than what is remembered at a time on the way back.
    let sequences = [(&[0_u32][..], 66), (&[1], 3)].map(|(table, tokens)| Sequence {
        table,
        past: 0,
        tokens,
    });
    Case {
        name: "delta_rule",
        tensors: &[[69, 2], [69, 2], [69, 4], [69, 2], [69, 2]],
        parameters: &[],
        run: &|cx, x, _| {
            let rates = [[-1.0, 0.5], [0.2, -0.3]].map(|pair| Parameter::new(pair, [2]));
            let [queries, keys] = [0, 1].map(|at| scale(cx, x[at].clone(), 0.5));
            let rule = DeltaRule {
                queries: &queries,
                keys: &keys,
                values: &x[2],
                gates: &delta_gates(cx, [&x[3], &x[4]], rates.each_ref()),
                key_heads: 1,
                value_heads: 2,
            };
            delta_rule(cx, &rule, &mut States::new(2, 8), &sequences)
        },
    }
    .check();
    Case {
        name: "causal_conv_silu",
        tensors: &[[7, 3]],
        parameters: &[],
        run: &|cx, x, _| {
            let taps = Parameter::new(numbers(12, 9), [4, 3]);
            let sequences = [(&[0_u32][..], 5), (&[1], 2)].map(|(table, tokens)| Sequence {
                table,
                past: 0,
                tokens,
            });
            causal_conv_silu(cx, &x[0], &taps, &mut States::new(2, 9), &sequences)
        },
    }
    .check();
}

#[test]
fn attention_passes_gradients_to_queries_keys_and_values() {
    const DIM: usize = 16;
    let sinks = [0.3, -0.4];
    for (window, soft_cap, sinks) in [
        (None, None, None),
        (Some(2), Some(1.5), None),
        (None, None, Some(&sinks[..])),
    ] {
        Case {
            name: "attention",
            tensors: &[[6, 2 * DIM], [6, DIM], [6, DIM]],
            parameters: &[],
            run: &|cx, x, _| {
                let mut pages = KvPages::new(2, 1, DIM, CacheType::F32);
                let layer = Attention {
                    heads: 2,
                    scale: 0.3,
                    window,
                    soft_cap,
                    sinks,
                    ahead: 0,
                };
                let sequences = [(&[1], 4), (&[0], 2)].map(|(table, tokens)| Sequence {
                    table,
                    past: 0,
                    tokens,
                });
                attention(cx, [&x[0], &x[1], &x[2]], &mut pages, &sequences, &layer)
            },
        }
        .check();
    }
}

/// The loss of a small network, whole or in pieces of the rows of its last layer.
fn loss_in_pieces(cx: &Context, weights: [&Weight; 2], x: &Tensor, rows: Option<usize>) -> Tensor {
    let targets: Vec<u32> = (0..x.rows()).map(|row| (row * 5 % 7) as u32).collect();
    let shares: Vec<f32> = (0..x.rows()).map(|row| (row % 4) as f32 * 0.1).collect();
    let mut losses = vec![0.0; x.rows()];
    let h = linear(cx, x, weights[0]);
    match rows {
        None => {
            let logits = linear(cx, &h, weights[1]);
            weighted_cross_entropy(cx, logits, &targets, &shares, &mut losses)
        }
        Some(rows) => sum_in_pieces(cx, &h, rows, |cx, h, range| {
            let logits = linear(cx, h, weights[1]);
            let (targets, shares) = (&targets[range.clone()], &shares[range.clone()]);
            weighted_cross_entropy(cx, logits, targets, shares, &mut losses[range])
        }),
    }
}

#[test]
fn a_loss_in_pieces_is_the_whole_loss() {
    let cx = Context::new(Arc::new(Pool::of_all_cores()));
    let first = weight(&cx, &numbers(6 * 5, 1), 6, 5, 0);
    let second = weight(&cx, &numbers(7 * 6, 2), 7, 6, 1);
    let weights = [&first, &second];
    let x = cx.tensor([23, 5], &numbers(23 * 5, 3));
    let run = |rows: Option<usize>| {
        cx.record();
        let leaf = cx.leaf(x.clone());
        let loss = loss_in_pieces(&cx, weights, &leaf, rows);
        let gradients = cx.backward(&loss);
        let parameters = [0, 1].map(|id| gradients.of_parameter(ParameterId(id)).unwrap());
        let mut all = vec![loss.values()[0]];
        all.extend(gradients.of(&leaf).unwrap().values());
        all.extend(parameters.iter().flat_map(|x| x.values()));
        all
    };
    let whole = run(None);
    for rows in [1, 10, 23, 100] {
        for (ours, whole) in run(Some(rows)).iter().zip(&whole) {
            assert!(
                (ours - whole).abs() < 1e-5 * (1.0 + whole.abs()),
                "{rows}: {ours} for {whole}"
            );
        }
    }
    let plain = loss_in_pieces(&cx, weights, &x, Some(10));
    assert!(
        (plain.values()[0] - whole[0]).abs() < 1e-5,
        "without a tape"
    );
}

#[test]
fn parts_of_a_batch_add_up() {
    let cx = Context::new(Arc::new(Pool::of_all_cores()));
    let first = weight(&cx, &numbers(6 * 5, 1), 6, 5, 0);
    let second = weight(&cx, &numbers(7 * 6, 2), 7, 6, 1);
    let parts = [3, 4].map(|seed| cx.tensor([8, 5], &numbers(8 * 5, seed)));
    let run = |part: &Tensor, before: Gradients| {
        cx.record_onto(before);
        cx.backward(&loss_in_pieces(&cx, [&first, &second], part, Some(3)))
    };
    let of = |gradients: &Gradients| -> Vec<f32> {
        gradients
            .of_parameter(ParameterId(0))
            .unwrap()
            .values()
            .to_vec()
    };
    let alone = parts
        .each_ref()
        .map(|part| of(&run(part, Gradients::default())));
    let both = of(&run(&parts[1], run(&parts[0], Gradients::default())));
    for (both, (a, b)) in both.iter().zip(alone[0].iter().zip(&alone[1])) {
        assert!((both - (a + b)).abs() < 1e-5, "{both} for {a} + {b}");
    }
}

#[test]
fn a_steady_loop_takes_no_new_memory() {
    let cx = Context::new(Arc::new(Pool::of_all_cores()));
    let weights = weight(&cx, &numbers(64 * 64, 1), 64, 64, 0);
    let scales = Parameter::new(numbers(64, 2), [64]);
    let step = || {
        let x = cx.tensor([5, 64], &numbers(5 * 64, 3));
        let h = rms_norm(&cx, &x, &scales, 1e-6);
        linear_onto(
            &cx,
            x,
            &swiglu(&cx, &h, &linear(&cx, &h, &weights)),
            &weights,
        );
    };
    step();
    let before = cx.buffers_made();
    (0..10).for_each(|_| step());
    assert_eq!(cx.buffers_made(), before);

    let second = weight(&cx, &numbers(7 * 64, 2), 7, 64, 1);
    let x = cx.tensor([40, 64], &numbers(40 * 64, 3));
    let mut gradients = Gradients::default();
    let mut learn = || {
        cx.record_onto(std::mem::take(&mut gradients));
        gradients = cx.backward(&loss_in_pieces(&cx, [&weights, &second], &x, Some(16)));
    };
    learn();
    let before = cx.buffers_made();
    (0..10).for_each(|_| learn());
    assert_eq!(cx.buffers_made(), before, "gradients go round, too");
}

#[test]
fn what_is_said_of_a_sequence_scales_shifts_and_weighs_its_rows() {
    Case {
        name: "modulate",
        tensors: &[[5, 3], [2, 9]],
        parameters: &[],
        run: &|cx, x, _| {
            let lengths = [4, 1];
            let moved = modulate(cx, &x[0], &x[1], 1, &lengths);
            gated_onto(cx, &x[0], &moved, (&x[1], 0), &lengths)
        },
    }
    .check();
}

#[test]
fn rows_that_are_merged_and_split_again_pass_gradients() {
    Case {
        name: "reshape",
        tensors: &[[4, 3], [2, 6]],
        parameters: &[12],
        run: &|cx, x, w| {
            let merged = add(cx, x[0].clone().reshape([2, 6]), &x[1]);
            let merged = linear(cx, &merged, &weight(cx, &w[0], 2, 6, 0));
            let split = merged.reshape([4, 1]);
            let line = Weight::of_f32(&[0.3, -0.7, 0.5], 1, 3, cx.pool());
            add(cx, linear(cx, &x[0], &line), &split).reshape([2, 2])
        },
    }
    .check();
}

#[test]
fn squares_pull_towards_their_targets() {
    Case {
        name: "weighted squares",
        tensors: &[[3, 4]],
        parameters: &[],
        run: &|cx, x, _| {
            let loss = weighted_squares(cx, &x[0], &numbers(12, 9), &[0.1, 0.0, 0.3]);
            // Two classes, so that the case's own loss depends on it.
            let pair = add_rows(cx, cx.zeros([2, 1]), &loss, &[1], &[0.1]);
            let line = Weight::of_f32(&[1.0, -1.0], 2, 1, cx.pool());
            linear(cx, &pair, &line)
        },
    }
    .check();
}

#[test]
fn tokens_that_see_both_ways_pass_gradients_both_ways() {
    Case {
        name: "attention both ways",
        tensors: &[[6, 32], [6, 16], [6, 16]],
        parameters: &[],
        run: &|cx, x, _| {
            let mut pages = KvPages::new(2, 1, 16, CacheType::F32);
            let sequences = [(&[0_u32][..], 4), (&[1], 2)].map(|(table, tokens)| Sequence {
                table,
                past: 0,
                tokens,
            });
            let layer = Attention {
                heads: 2,
                scale: 0.5,
                window: None,
                ahead: usize::MAX,
                soft_cap: None,
                sinks: None,
            };
            attention(cx, [&x[0], &x[1], &x[2]], &mut pages, &sequences, &layer)
        },
    }
    .check();
}
