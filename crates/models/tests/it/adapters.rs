//! Adapters beside weights that stay have the gradients that follow from the reference's.

use std::path::PathBuf;
use std::sync::Arc;

use models::{Adapters, Batch, LearnOptions, Trainee};
use tensor::files::Safetensors;
use tensor::{CacheType, Context, Gradients, Pool, Sequence};

const RANK: usize = 4;
const ALPHA: f32 = 8.0;
const TARGETS: [&str; 9] = [
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "in_proj_qkv",
    "in_proj_z",
    "in_proj_a",
    "in_proj_b",
    "out_proj",
];

/// The golden gradient of a matrix, or of those rows of it that its name ends with, as `…weight[3..7]`.
fn part(numbers: &dyn Fn(&str) -> Vec<f32>, stored: &str, inputs: usize) -> Vec<f32> {
    let stored = stored.replace("language_model.", "");
    let Some((name, rows)) = stored.split_once('[') else {
        return numbers(&stored);
    };
    let (first, end) = rows.trim_end_matches(']').split_once("..").expect("rows");
    let [first, end] = [first, end].map(|row| row.parse::<usize>().expect("a row"));
    numbers(name)[first * inputs..end * inputs].to_vec()
}

/// The largest error of the loss and of a gradient, as shares of themselves.
fn follow(name: &str, bound: f32) {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let golden = fixtures
        .join("training/adapters")
        .join(format!("{name}.safetensors"));
    let golden = Safetensors::open(golden).expect("golden gradients");
    let numbers = |key: &str| golden.view(key).expect("a golden array").to_f32();
    let adapters = Adapters {
        rank: RANK,
        alpha: ALPHA,
        targets: TARGETS.map(str::to_owned).into(),
        seed: 3,
    };
    let options = LearnOptions {
        is_bf16: false,
        adapters: Some(adapters),
    };
    let pool = Arc::new(Pool::of_all_cores());
    let trainee = Trainee::open(&fixtures.join("models").join(name), options, &pool)
        .unwrap_or_else(|error| panic!("{name}: {error}"));

    let tokens: Vec<u32> = numbers("tokens").iter().map(|x| *x as u32).collect();
    let (told, targets) = (&tokens[..tokens.len() - 1], &tokens[1..]);
    let cx = Context::new(pool);
    cx.record();
    let mut cache = trainee.model().cache(8, CacheType::F32);
    let pages: Vec<u32> = (0..8).collect();
    let wanted: Vec<u32> = (0..told.len() as u32).collect();
    let batch = Batch {
        tokens: told,
        sequences: &[Sequence {
            table: &pages,
            past: 0,
            tokens: told.len(),
        }],
        wanted: &wanted,
    };
    let weights = vec![1.0 / told.len() as f32; told.len()];
    let mut losses = vec![0.0; told.len()];
    let loss = trainee
        .model()
        .loss(&cx, &batch, &mut cache, (targets, &weights), &mut losses);
    let (ours, exact) = (loss.values()[0], numbers("loss")[0]);
    assert!(
        (ours - exact).abs() < bound * exact,
        "{name}: a loss of {ours}, not {exact}"
    );
    let compared = compare(&trainee, &cx.backward(&loss), &numbers, bound);
    assert!(compared >= 6, "{name}: {compared} gradients");
}

/// How many gradients of second matrices are near those that follow from golden ones: all.
fn compare(
    trainee: &Trainee,
    gradients: &Gradients,
    numbers: &dyn Fn(&str) -> Vec<f32>,
    bound: f32,
) -> usize {
    let mut first: Vec<f32> = Vec::new();
    let mut compared = 0;
    trainee.each(&mut |id, learner| {
        let Some(stored) = learner.name().strip_suffix(".lora_B") else {
            first = learner.values().to_vec();
            return;
        };
        let inputs = first.len() / RANK;
        let slopes = part(numbers, stored, inputs);
        let exact: Vec<f32> = slopes
            .chunks_exact(inputs)
            .flat_map(|slopes| first.chunks_exact(inputs).map(move |first| (slopes, first)))
            .map(|(slopes, first)| {
                let along: f32 = slopes.iter().zip(first).map(|(a, b)| a * b).sum();
                along * ALPHA / RANK as f32
            })
            .collect();
        let ours = gradients.of_parameter(id).expect("it learns").values();
        let apart: f32 = ours.iter().zip(&exact).map(|(a, b)| (a - b).powi(2)).sum();
        let size: f32 = exact.iter().map(|x| x * x).sum();
        let error = (apart / size).sqrt();
        assert!(error < bound, "the gradient of `{stored}` is {error} away");
        compared += 1;
    });
    compared
}

#[test]
fn gpt_oss_learns_beside_its_experts() {
    follow("gpt-oss-float-top4", 1e-4);
    // Products with MXFP4 round what they multiply to eight bits.
    follow("gpt-oss", 0.1);
}

#[test]
fn gemma_4_learns_beside_keys_that_layers_share() {
    follow("gemma4", 1e-4);
    follow("gemma4-moe-nested", 1e-4);
}

#[test]
fn qwen3_5_learns_beside_what_sums_up_the_past() {
    follow("qwen3.5", 1e-4);
    follow("qwen3.5-moe-nested", 1e-4);
}
