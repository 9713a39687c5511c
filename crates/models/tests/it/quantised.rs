//! Networks with weights in blocks compute what the same numbers in f32 do, but for the eight bits of
//! what is multiplied with them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use models::{Batch, LoadOptions, Model};
use tensor::files::{Checkpoint, Dtype, View, quantise, write_safetensors};
use tensor::{CacheType, Context, Pool, Sequence, WeightType};

/// Wide enough for super-blocks of 256 numbers.
const HIDDEN: usize = 256;
const INNER: usize = 256;
const VOCAB: usize = 96;
const LAYERS: usize = 2;

/// Root mean square of the error over that of the logits: blocks of 32 numbers in eight bits are off by
/// half a percent, which a dozen products in a row add up.
const BLOCKS: f64 = 0.03;

/// Floats lose nothing but the order of sums.
const FLOATS: f64 = 1e-5;

fn config() -> String {
    format!(
        r#"{{"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": {VOCAB},
        "hidden_size": {HIDDEN}, "intermediate_size": {INNER}, "num_hidden_layers": {LAYERS},
        "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 32, "hidden_act": "silu",
        "max_position_embeddings": 256, "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
        "tie_word_embeddings": true, "attention_bias": false}}"#
    )
}

/// Names and shapes of all matrices and norms.
fn shapes() -> Vec<(String, Vec<usize>)> {
    let mut shapes = vec![
        ("model.embed_tokens.weight".to_owned(), vec![VOCAB, HIDDEN]),
        ("model.norm.weight".to_owned(), vec![HIDDEN]),
    ];
    for layer in 0..LAYERS {
        let parts: [(&str, &[usize]); 11] = [
            ("input_layernorm", &[HIDDEN]),
            ("post_attention_layernorm", &[HIDDEN]),
            ("self_attn.q_norm", &[32]),
            ("self_attn.k_norm", &[32]),
            ("self_attn.q_proj", &[256, HIDDEN]),
            ("self_attn.k_proj", &[64, HIDDEN]),
            ("self_attn.v_proj", &[64, HIDDEN]),
            ("self_attn.o_proj", &[HIDDEN, 256]),
            ("mlp.gate_proj", &[INNER, HIDDEN]),
            ("mlp.up_proj", &[INNER, HIDDEN]),
            ("mlp.down_proj", &[HIDDEN, INNER]),
        ];
        shapes.extend(parts.into_iter().map(|(part, shape)| {
            let name = format!("model.layers.{layer}.{part}.weight");
            (name, shape.to_vec())
        }));
    }
    shapes
}

/// Numbers that look like trained ones: a bell, scaled by the width; norms around one.
fn numbers(shape: &[usize], seed: &mut u64) -> Vec<f32> {
    let mut uniform = || {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let bell = (0..shape.iter().product()).map(|_| (0..6).map(|_| uniform()).sum::<f32>());
    match shape {
        [_, inputs] => {
            let scale = 1.4 / (*inputs as f32).sqrt();
            bell.map(|number| number * scale).collect()
        }
        _ => bell.map(|number| 1.0 + 0.2 * number).collect(),
    }
}

/// A checkpoint of numbers as `change` makes them of ours.
fn write(folder: &Path, change: &dyn Fn(View<'_>) -> Vec<f32>) {
    let mut seed = 11;
    let tensors: Vec<(String, Vec<usize>, Vec<f32>)> = shapes()
        .into_iter()
        .map(|(name, shape)| {
            let values = numbers(&shape, &mut seed);
            let bytes = bytemuck::cast_slice(&values);
            let view = View::new(Dtype::F32, shape.clone(), bytes).expect("all its bytes");
            let changed = if shape.len() == 2 {
                change(view)
            } else {
                values
            };
            (name, shape, changed)
        })
        .collect();
    let views: Vec<(&str, View<'_>)> = tensors
        .iter()
        .map(|(name, shape, values)| {
            let bytes = bytemuck::cast_slice(values);
            let view = View::new(Dtype::F32, shape.clone(), bytes);
            (name.as_str(), view.expect("all its bytes"))
        })
        .collect();
    write_safetensors(folder.join("model.safetensors"), &views, &BTreeMap::new())
        .expect("a file to be written");
    std::fs::write(folder.join("config.json"), config()).expect("a file to be written");
}

/// The logits after each of some tokens, read in two pieces.
fn logits(folder: &Path, weights: WeightType, pool: &Arc<Pool>) -> Vec<f32> {
    let options = LoadOptions {
        weights,
        ..LoadOptions::default()
    };
    let model = Model::load(folder, options, pool).expect("a checkpoint");
    let cx = Context::new(Arc::clone(pool));
    let mut cache = model.cache(2, CacheType::F32);
    let tokens: Vec<u32> = (0..20).map(|at| at * 37 % VOCAB as u32).collect();
    let mut logits = Vec::new();
    for (past, tokens) in [(0, &tokens[..17]), (17, &tokens[17..])] {
        let wanted: Vec<u32> = (0..tokens.len() as u32).collect();
        let batch = Batch {
            tokens,
            sequences: &[Sequence {
                table: &[1],
                past,
                tokens: tokens.len(),
            }],
            wanted: &wanted,
        };
        logits.extend_from_slice(model.forward(&cx, &batch, &mut cache).values());
    }
    logits
}

fn relative_error(ours: &[f32], exact: &[f32]) -> f64 {
    assert_eq!(ours.len(), exact.len());
    let square = |x: f32| f64::from(x) * f64::from(x);
    let error: f64 = ours.iter().zip(exact).map(|(a, b)| square(a - b)).sum();
    let size: f64 = exact.iter().map(|x| square(*x)).sum();
    (error / size).sqrt()
}

fn agrees(dtype: Dtype, bound: f64) {
    let pool = Arc::new(Pool::of_all_cores());
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &|view| view.to_f32());
    let ours = logits(folder.path(), WeightType::As(dtype), &pool);
    write(folder.path(), &|view| {
        let bytes = quantise(&view, dtype, &pool).expect("a type that is made");
        let made = View::new(dtype, view.shape, &bytes);
        made.expect("all its bytes").to_f32()
    });
    let exact = logits(folder.path(), WeightType::As(Dtype::F32), &pool);
    let error = relative_error(&ours, &exact);
    assert!(error <= bound, "{dtype:?}: off by {error:.5}");
}

#[test]
fn weights_in_q8_0_compute_as_their_numbers_in_f32() {
    agrees(Dtype::Q8_0, BLOCKS);
}

#[test]
fn weights_in_q4_0_compute_as_their_numbers_in_f32() {
    agrees(Dtype::Q4_0, BLOCKS);
}

#[test]
fn weights_in_q4_k_compute_as_their_numbers_in_f32() {
    agrees(Dtype::Q4K, BLOCKS);
}

#[test]
fn weights_in_q6_k_compute_as_their_numbers_in_f32() {
    agrees(Dtype::Q6K, BLOCKS);
}

#[test]
fn weights_in_mxfp4_compute_as_their_numbers_in_f32() {
    agrees(Dtype::Mxfp4, BLOCKS);
}

#[test]
fn weights_in_half_floats_compute_as_their_numbers_in_f32() {
    let rounds = crate::parity::rounds_inputs_of_bfloat16();
    agrees(Dtype::Bf16, if rounds { BLOCKS } else { FLOATS });
    agrees(Dtype::F16, FLOATS);
}

#[test]
fn experts_stored_in_mxfp4_compute_as_their_numbers_in_f32() {
    let pool = Arc::new(Pool::of_all_cores());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models/gpt-oss");
    let stored = Checkpoint::open(&folder).unwrap();
    assert!(
        stored
            .names()
            .any(|name| name.ends_with("down_proj_blocks"))
    );
    let ours = logits(&folder, WeightType::Stored, &pool);
    let exact = logits(&folder, WeightType::As(Dtype::F32), &pool);
    let error = relative_error(&ours, &exact);
    assert!(error > 0.0, "experts are held in blocks");
    assert!(error <= BLOCKS, "off by {error:.5}");
}
