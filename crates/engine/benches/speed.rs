//! `cargo bench -p engine`: what choosing a token costs, as Markdown.

use std::time::Instant;

use engine::sampling::{Dry, Mirostat, Sampler, Sampling, Scratch, logprobs};

/// Tokens of Qwen3's vocabulary.
const VOCABULARY: usize = 151_936;
/// Choices measured for each setting.
const CHOICES: usize = 200;

fn main() {
    sampling();
}

/// Logits as networks give them: a bell with a few tokens far above it.
fn logits(count: usize) -> Vec<f32> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(11);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let bell: Vec<f32> = (0..count)
        .map(|_| (0..6).map(|_| next()).sum::<f32>() * 4.0 - 12.0)
        .collect();
    let head = (0..12).map(|rank| (rank * 7919 % count, 16.0 - rank as f32));
    let mut logits = bell;
    for (token, logit) in head {
        logits[token] = logit;
    }
    logits
}

fn sampling() {
    let logits = logits(VOCABULARY);
    let history: Vec<u32> = (0..4096).map(|at| at * 37 % 1000).collect();
    println!("| sampling, {VOCABULARY} tokens | µs a token |\n|---|---|");
    let mut scratch = Scratch::default();
    let mut copy = logits.clone();
    for (name, options) in settings() {
        let mut sampler = Sampler::new(options, 1, 0, 1000);
        let mut spent = 0.0;
        for turn in 0..CHOICES {
            copy.copy_from_slice(&logits);
            let history = &history[..history.len() - turn % 2];
            let begun = Instant::now();
            let token = sampler.sample(&mut copy, history, &mut scratch);
            spent += begun.elapsed().as_secs_f64();
            assert!(token.is_some());
        }
        println!("| {name} | {:.0} |", spent / CHOICES as f64 * 1e6);
    }
    let begun = Instant::now();
    for _ in 0..CHOICES {
        assert!(logprobs(&logits, 0, 20, &mut scratch).chosen < 0.0);
    }
    let spent = begun.elapsed().as_secs_f64();
    println!("| 20 logprobs | {:.0} |", spent / CHOICES as f64 * 1e6);
}

fn settings() -> [(&'static str, Sampling); 9] {
    let all = Sampling::default();
    let with = |change: fn(&mut Sampling)| {
        let mut options = all.clone();
        change(&mut options);
        options
    };
    [
        ("greedy", Sampling::greedy()),
        ("temperature 0.7", with(|it| it.temperature = 0.7)),
        (
            "top-k 20, top-p 0.8, temperature 0.7",
            with(|it| (it.top_k, it.top_p, it.temperature) = (20, 0.8, 0.7)),
        ),
        (
            "top-k 40, top-p 0.95, min-p 0.05",
            with(|it| (it.top_k, it.top_p, it.min_p) = (40, 0.95, 0.05)),
        ),
        ("top-p 0.95", with(|it| it.top_p = 0.95)),
        ("min-p 0.05", with(|it| it.min_p = 0.05)),
        ("typical 0.9", with(|it| it.typical_p = 0.9)),
        (
            "mirostat",
            with(|it| it.mirostat = Some(Mirostat::default())),
        ),
        (
            "top-k 20, top-p 0.8, penalties, DRY over 4,096 tokens",
            with(|it| {
                (it.top_k, it.top_p) = (20, 0.8);
                (it.repetition_penalty, it.presence_penalty) = (1.1, 0.5);
                it.dry = Some(Dry::default());
            }),
        ),
    ]
}
