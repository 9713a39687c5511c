//! Open weights: a step of the transformer and the decoding of pictures, with random weights of the real sizes.
//!
//!     cargo bench -p video --bench open_weights -- [step|pictures] [f32|bf16|q8_0|q4_0] [PICTURES] [WIDTHxHEIGHT]
//!
//! One line of JSON on stdout: seconds of one thread, GFLOP/s, what that is of what the thread multiplies from registers, and the most memory
//! that was in use. One thread by the time
//! that it was given, so that others on the machine count as little as they can. Folders with weights of those sizes
//! are made in the folder for temporary files, and stay there for the next time (2 GB); `reference/wan_speed.py`
//! computes the same with `diffusers`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use kernels::{multiply, multiply_bf16};
use models::{Instants, WanDecoder, WanTransformer};
use tensor::files::{Dtype, View, write_safetensors};
use tensor::{Context, Pool, WeightType};
use video::Chance;

/// Blocks of the transformer, a fifth of the real ones.
const LAYERS: usize = 6;
const HIDDEN: usize = 1536;
const INNER: usize = 8960;
/// Latent frames, rows and columns: 2,048 tokens.
const LATENTS: [usize; 3] = [8, 32, 32];
/// Tokens of the text, all of them words.
const TEXT: usize = 512;
/// Pictures that are decoded, of so many pixels in a column and in a row, where nothing else is said.
const FILM: [usize; 3] = [33, 240, 416];
/// Operations for which that is, in all.
const FILM_OPERATIONS: f64 = 27.5e12;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let held = match words.get(1).map(String::as_str) {
        Some("bf16") => Dtype::Bf16,
        Some("q8_0") => Dtype::Q8_0,
        Some("q4_0") => Dtype::Q4_0,
        _ => Dtype::F32,
    };
    let place = std::env::temp_dir().join("freehold-open-weights");
    let line = match words.first().map(String::as_str) {
        Some("pictures") => pictures(&place.join("vae"), held, film(&words[2..])),
        _ => step(&place.join("transformer"), held),
    };
    println!("{line}");
}

/// Pictures, rows and columns of pixels that are asked for.
fn film(words: &[String]) -> [usize; 3] {
    let number = |word: &str| word.parse::<usize>().expect("a number");
    let count = words.first().map_or(FILM[0], |word| number(word));
    let [_, rows, columns] = FILM;
    let size = words.get(1).map_or([rows, columns], |word| {
        let (width, height) = word.split_once('x').expect("a width, x, a height");
        [number(height), number(width)]
    });
    assert!(
        count % 4 == 1,
        "latents hold one picture more than a multiple of four"
    );
    [count, size[0], size[1]]
}

fn step(folder: &Path, held: Dtype) -> String {
    let config = serde_json::json!({
        "_class_name": "WanTransformer3DModel", "num_attention_heads": 12, "attention_head_dim": HIDDEN / 12,
        "in_channels": 16, "out_channels": 16, "text_dim": 4096, "freq_dim": 256, "ffn_dim": INNER,
        "num_layers": LAYERS, "patch_size": [1, 2, 2], "cross_attn_norm": true, "eps": 1e-6,
    });
    make(folder, &config, transformer());
    let pool = Arc::new(Pool::new(NonZeroUsize::MIN));
    let model = WanTransformer::load(folder, WeightType::As(held), &[], &pool)
        .expect("weights that were made");
    let cx = Context::new(pool);
    let mut chance = Chance::new(1, 0);
    let mut numbers =
        |count: usize| -> Vec<f32> { (0..count).map(|_| chance.between(-1.7, 1.7)).collect() };
    let states = cx.tensor([TEXT, 4096], &numbers(TEXT * 4096));
    let [frames, height, width] = LATENTS;
    let latents = cx.tensor(
        [frames, height, width, 16],
        &numbers(frames * height * width * 16),
    );
    let text = model.text(&cx, &states, TEXT);
    let instants = Instants {
        first: None,
        rest: 500.0,
    };
    // Of the steps of a film, all but the first find their memory where the one before left it.
    let [_, seconds] = [(); 2].map(|()| {
        let begun = on_processor();
        model
            .velocity(&cx, &latents, instants, &text, &|| true)
            .expect("nobody stops it");
        on_processor() - begun
    });
    let tokens = frames * height * width / 4;
    let products = 2 * tokens * (6 * HIDDEN * HIDDEN + 2 * HIDDEN * INNER);
    let attention = 4 * tokens * (tokens + TEXT) * HIDDEN;
    line("step", held, seconds, LAYERS * (products + attention))
}

fn pictures(folder: &Path, held: Dtype, film: [usize; 3]) -> String {
    let config = serde_json::json!({
        "_class_name": "AutoencoderKLWan", "base_dim": 96, "z_dim": 16, "dim_mult": [1, 2, 4, 4],
        "num_res_blocks": 2, "temperal_downsample": [false, true, true],
        "latents_mean": vec![0.0; 16], "latents_std": vec![1.0; 16],
    });
    make(folder, &config, autoencoder());
    let pool = Arc::new(Pool::new(NonZeroUsize::MIN));
    let vae =
        WanDecoder::load(folder, WeightType::As(held), &pool).expect("weights that were made");
    let cx = Context::new(pool);
    let mut chance = Chance::new(1, 0);
    let (frames, height, width) = (film[0] / 4 + 1, film[1] / 8, film[2] / 8);
    let begun = on_processor();
    let mut decoding = vae.decode([height, width], None);
    let mut count = 0;
    for _ in 0..frames {
        let numbers: Vec<f32> = (0..height * width * 16)
            .map(|_| chance.between(-1.7, 1.7))
            .collect();
        let latent = cx.tensor([height, width, 16], &numbers);
        decoding
            .push(&cx, &latent, &|| true, &mut |_| count += 1)
            .expect("nobody stops it");
    }
    assert_eq!(count, film[0]);
    let share = film.iter().product::<usize>() as f64 / FILM.iter().product::<usize>() as f64;
    let operations = (FILM_OPERATIONS * share) as usize;
    line("pictures", held, on_processor() - begun, operations)
}

fn line(what: &str, held: Dtype, seconds: f64, operations: usize) -> String {
    let gflops = operations as f64 / seconds / 1e9;
    serde_json::json!({
        "what": what,
        "weights": held.name(),
        "seconds": seconds,
        "gflops": gflops,
        "of_peak": gflops / peak_gflops(held),
        "peak_mib": peak_mib(),
    })
    .to_string()
}

/// What one thread multiplies and adds from registers: pairs of bfloat16 where it does so, else floats.
fn peak_gflops(held: Dtype) -> f64 {
    const ROUNDS: usize = 1 << 24;
    let pool = Pool::new(NonZeroUsize::MIN);
    let begun = on_processor();
    let pairs = (held != Dtype::F32).then(|| multiply_bf16(ROUNDS, &pool));
    let operations = pairs.flatten().unwrap_or_else(|| multiply(ROUNDS, &pool));
    operations as f64 / (on_processor() - begun) / 1e9
}

/// Seconds for which this thread was on a processor: of all work, where it is the only thread.
fn on_processor() -> f64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = times
        .split_whitespace()
        .next()
        .and_then(|time| time.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e9
}

/// The most memory that was in use, as the system counts it.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

/// Names and shapes.
type Shapes = Vec<(String, Vec<usize>)>;

fn transformer() -> Shapes {
    let mut shapes = Shapes::new();
    let mut add = |name: &str, shape: &[usize]| shapes.push((name.to_owned(), shape.to_vec()));
    let linear =
        |add: &mut dyn FnMut(&str, &[usize]), name: &str, outputs: usize, inputs: usize| {
            add(&format!("{name}.weight"), &[outputs, inputs]);
            add(&format!("{name}.bias"), &[outputs]);
        };
    for block in 0..LAYERS {
        let name = |part: &str| format!("blocks.{block}.{part}");
        for part in ["attn1", "attn2"] {
            for end in ["to_q", "to_k", "to_v", "to_out.0"] {
                linear(&mut add, &name(&format!("{part}.{end}")), HIDDEN, HIDDEN);
            }
            add(&name(&format!("{part}.norm_q.weight")), &[HIDDEN]);
            add(&name(&format!("{part}.norm_k.weight")), &[HIDDEN]);
        }
        linear(&mut add, &name("ffn.net.0.proj"), INNER, HIDDEN);
        linear(&mut add, &name("ffn.net.2"), HIDDEN, INNER);
        add(&name("norm2.weight"), &[HIDDEN]);
        add(&name("norm2.bias"), &[HIDDEN]);
        add(&name("scale_shift_table"), &[1, 6, HIDDEN]);
    }
    for (name, outputs, inputs) in [
        ("time_embedder.linear_1", HIDDEN, 256),
        ("time_embedder.linear_2", HIDDEN, HIDDEN),
        ("time_proj", 6 * HIDDEN, HIDDEN),
        ("text_embedder.linear_1", HIDDEN, 4096),
        ("text_embedder.linear_2", HIDDEN, HIDDEN),
    ] {
        linear(
            &mut add,
            &format!("condition_embedder.{name}"),
            outputs,
            inputs,
        );
    }
    linear(&mut add, "proj_out", 64, HIDDEN);
    add("patch_embedding.weight", &[HIDDEN, 16, 1, 2, 2]);
    add("patch_embedding.bias", &[HIDDEN]);
    add("scale_shift_table", &[1, 2, HIDDEN]);
    shapes
}

fn autoencoder() -> Shapes {
    let mut shapes = Shapes::new();
    let mut conv = |name: &str, outputs: usize, inputs: usize, taps: &[usize]| {
        shapes.push((
            format!("{name}.weight"),
            [&[outputs, inputs], taps].concat(),
        ));
        shapes.push((format!("{name}.bias"), vec![outputs]));
    };
    conv("post_quant_conv", 16, 16, &[1, 1, 1]);
    conv("decoder.conv_in", 384, 16, &[3, 3, 3]);
    conv("decoder.conv_out", 3, 96, &[3, 3, 3]);
    conv("decoder.mid_block.attentions.0.to_qkv", 1152, 384, &[1, 1]);
    conv("decoder.mid_block.attentions.0.proj", 384, 384, &[1, 1]);
    let mut norms = vec![("decoder.norm_out".to_owned(), 96)];
    let mut residual = |name: String, inputs: usize, outputs: usize| {
        conv(&format!("{name}.conv1"), outputs, inputs, &[3, 3, 3]);
        conv(&format!("{name}.conv2"), outputs, outputs, &[3, 3, 3]);
        if inputs != outputs {
            conv(
                &format!("{name}.conv_shortcut"),
                outputs,
                inputs,
                &[1, 1, 1],
            );
        }
        norms.push((format!("{name}.norm1"), inputs));
        norms.push((format!("{name}.norm2"), outputs));
    };
    (0..2).for_each(|number| residual(format!("decoder.mid_block.resnets.{number}"), 384, 384));
    for (block, inputs, outputs) in [(0, 384, 384), (1, 192, 384), (2, 192, 192), (3, 96, 96)] {
        for number in 0..3 {
            let inputs = if number == 0 { inputs } else { outputs };
            residual(
                format!("decoder.up_blocks.{block}.resnets.{number}"),
                inputs,
                outputs,
            );
        }
    }
    for (block, width) in [(0, 384), (1, 384), (2, 192)] {
        let name = format!("decoder.up_blocks.{block}.upsamplers.0");
        conv(&format!("{name}.resample.1"), width / 2, width, &[3, 3]);
        if block < 2 {
            conv(&format!("{name}.time_conv"), 2 * width, width, &[3, 1, 1]);
        }
    }
    shapes.push((
        "decoder.mid_block.attentions.0.norm.gamma".to_owned(),
        vec![384, 1, 1],
    ));
    shapes.extend(
        norms
            .into_iter()
            .map(|(name, width)| (format!("{name}.gamma"), vec![width, 1, 1, 1])),
    );
    shapes
}

/// Makes a folder of random weights in bfloat16, unless it is there.
fn make(folder: &Path, config: &serde_json::Value, shapes: Shapes) {
    let file = folder.join("diffusion_pytorch_model.safetensors");
    if file.exists() {
        return;
    }
    std::fs::create_dir_all(folder).expect("room for a folder");
    std::fs::write(folder.join("config.json"), config.to_string()).expect("room for a file");
    let mut chance = Chance::new(0, 0);
    let made: Vec<(String, Vec<usize>, Vec<u8>)> = shapes
        .into_iter()
        .map(|(name, shape)| {
            let inputs: usize = shape[1..].iter().product::<usize>().max(1);
            let size = 1.7 / (inputs as f32).sqrt();
            let is_norm = name.contains("norm") && !name.ends_with("bias");
            let numbers = (0..shape.iter().product()).flat_map(|_| {
                let x = if is_norm {
                    1.0
                } else {
                    chance.between(-size, size)
                };
                ((x.to_bits() >> 16) as u16).to_le_bytes()
            });
            let bytes = numbers.collect();
            (name, shape, bytes)
        })
        .collect();
    let views: Vec<(&str, View<'_>)> = made
        .iter()
        .map(|(name, shape, bytes)| {
            (
                name.as_str(),
                View::new(Dtype::Bf16, shape.clone(), bytes).expect("as many bytes"),
            )
        })
        .collect();
    write_safetensors(&file, &views, &BTreeMap::new()).expect("room for weights");
}
