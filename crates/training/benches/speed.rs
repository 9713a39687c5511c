//! Steps of training a network of Llama's kind: tokens a second and memory.
//!
//!     cargo bench -p training -- small|large [f32|bf16] [steps]
//!
//! `small` has 8.4 million numbers (width 256, 8 layers, vocabulary 8,192), `large` 50 million (width 512, 12
//! layers, vocabulary 16,384). A batch is 8 texts of 512 tokens. One line of JSON on stdout.

use std::sync::Arc;
use std::time::Instant;

use kernels::{multiply, multiply_bf16};
use tensor::Pool;
use training::{
    Chance, Example, Kind, LearnOptions, OptimiserOptions, Options, Schedule, Shape, Trainer, begin,
};

const TEXTS: usize = 8;
const TOKENS: usize = 512;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let word = |at: usize, default: &str| words.get(at).map_or(default.to_owned(), Clone::clone);
    let (size, number) = (word(0, "small"), word(1, "f32"));
    let steps: usize = word(2, "5").parse().expect("a number of steps");
    let (shape, vocab) = shape(&size);
    let folder = tempfile::tempdir().expect("a folder");
    begin(folder.path(), &shape, vocab, 1).expect("a network");
    let options = Options {
        learn: LearnOptions {
            is_bf16: number == "bf16",
            adapters: None,
        },
        optimiser: OptimiserOptions {
            kind: Kind::AdamW,
            ..OptimiserOptions::default()
        },
        schedule: Schedule {
            steps: 1000,
            warmup: 10,
            decay: 0,
            floor: 0.0,
        },
        clip: Some(1.0),
        tokens_at_once: 1024,
        average: None,
        checkpoint_activations: false,
    };
    let pool = Arc::new(Pool::of_all_cores());
    let mut trainer = Trainer::open(folder.path(), options, Arc::clone(&pool)).expect("a network");
    let mut chance = Chance::new(5, 0);
    let mut batch = || -> Vec<Example> {
        let text = |chance: &mut Chance| (0..=TOKENS).map(|_| chance.below(vocab) as u32).collect();
        (0..TEXTS)
            .map(|_| Example::whole(text(&mut chance)))
            .collect()
    };
    trainer.step(&batch()).expect("numbers stay in bounds");
    let mut best = f64::INFINITY;
    let mut loss = 0.0;
    for _ in 0..steps {
        let batch = batch();
        let start = Instant::now();
        loss = trainer.step(&batch).expect("numbers stay in bounds").loss;
        best = best.min(start.elapsed().as_secs_f64());
    }
    let rate = (TEXTS * TOKENS) as f64 / best;
    let flops = flops_per_token(&shape, vocab) * rate;
    let peak = peak_flops(&pool, number == "bf16");
    println!(
        "{{\"size\":\"{size}\",\"numbers\":\"{number}\",\"parameters\":{},\"tokens_per_second\":{rate:.0},\
         \"gflops\":{:.1},\"peak_gflops\":{:.1},\"peak_mib\":{},\"loss\":{loss:.4}}}",
        shape.parameters(vocab),
        flops / 1e9,
        peak / 1e9,
        peak_mib(),
    );
}

/// What all threads multiply in a second at most: the best of some tries, from registers.
fn peak_flops(pool: &Pool, is_bf16: bool) -> f64 {
    let tries = (0..10).map(|_| {
        let start = Instant::now();
        let tiles = is_bf16.then(|| multiply_bf16(1 << 18, pool)).flatten();
        let flops = tiles.unwrap_or_else(|| multiply(1 << 18, pool));
        flops as f64 / start.elapsed().as_secs_f64()
    });
    tries.fold(0.0, f64::max)
}

/// Six for each number that a token meets, and attention's products over half the texts on average.
/// Source: Kaplan et al. 2020, Chowdhery et al. 2022.
fn flops_per_token(shape: &Shape, vocab: usize) -> f64 {
    let met = 6.0 * shape.parameters(vocab) as f64;
    let attention = 12.0 * (shape.num_hidden_layers * shape.hidden_size * TOKENS) as f64 / 2.0;
    met + attention
}

fn shape(size: &str) -> (Shape, usize) {
    let (hidden, layers, heads, inner, vocab) = match size {
        "small" => (256, 8, 4, 688, 8192),
        "large" => (512, 12, 8, 1376, 16384),
        other => panic!("`{other}` is neither `small` nor `large`"),
    };
    let shape = Shape {
        hidden_size: hidden,
        num_hidden_layers: layers,
        num_attention_heads: heads,
        num_key_value_heads: None,
        intermediate_size: inner,
        max_position_embeddings: TOKENS,
        rope_theta: 10_000.0,
        tie_word_embeddings: true,
        rms_norm_eps: 1e-5,
    };
    (shape, vocab)
}

/// The most memory that this process ever held.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
