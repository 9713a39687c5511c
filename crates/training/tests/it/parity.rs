//! A run is the run of PyTorch, from the same weights and in the same order.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use tensor::Pool;
use tensor::files::Safetensors;
use training::{Example, Kind, LearnOptions, OptimiserOptions, Options, Schedule, Trainer};

const BATCH: usize = 4;

/// A run of the reference.
pub struct Golden {
    pub folder: PathBuf,
    file: Safetensors,
}

impl Golden {
    pub fn open(name: &str) -> Self {
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/training");
        let folder = fixtures.join(name);
        let file = Safetensors::open(folder.join("golden.safetensors")).expect("a fixture");
        Self { folder, file }
    }

    pub fn numbers(&self, key: &str) -> Vec<f32> {
        self.file.view(key).expect("a golden array").to_f32()
    }

    /// That all weights end within a share of themselves of those of the reference.
    pub fn compare_weights(&self, trainer: &mut Trainer, share: f64) {
        let mut number = 0;
        trainer.trainee().each(&mut |_, learner| {
            let exact = self.numbers(&format!("final.{}", learner.name()));
            let pairs = learner.values().iter().zip(&exact);
            let apart: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
            let size: f64 = exact.iter().map(|x| f64::from(*x).powi(2)).sum();
            let error = (apart / size).sqrt();
            assert!(error < share, "`{}` ends {error} away", learner.name());
            number += 1;
        });
        assert!(number >= 20, "all weights were compared");
    }

    /// Answers in their order, as many to each prompt; what is told weighs nothing.
    pub fn answers(&self) -> Vec<Example> {
        let (lengths, prompts) = (self.numbers("lengths"), self.numbers("prompts"));
        let tokens = self.numbers("tokens");
        let (width, each) = (tokens.len() / lengths.len(), lengths.len() / prompts.len());
        let rows = tokens.chunks(width).zip(&lengths).enumerate();
        let examples = rows.map(|(at, (row, length))| {
            let prompt = prompts[at / each] as usize;
            let tokens: Vec<u32> = row[..*length as usize].iter().map(|x| *x as u32).collect();
            let weights = (0..tokens.len()).map(|at| f32::from(u8::from(at >= prompt)));
            Example {
                weights: weights.collect(),
                tokens,
            }
        });
        examples.collect()
    }

    /// The batches in their order.
    pub fn batches(&self) -> Vec<Vec<Example>> {
        let width = self.file.view("tokens").expect("tokens").shape[1];
        let tokens = self.numbers("tokens");
        let rows: Vec<Example> = tokens
            .chunks(width)
            .map(|row| Example::whole(row.iter().map(|token| *token as u32).collect()))
            .collect();
        rows.chunks(BATCH).map(<[Example]>::to_vec).collect()
    }
}

/// As the short runs of the reference are trained: 30 steps alike.
pub fn thirty_steps(learning_rate: f64) -> Options {
    let mut options = Options {
        schedule: Schedule {
            steps: 30,
            warmup: 0,
            decay: 0,
            floor: 0.0,
        },
        // What belongs together stays together, also where that takes several parts.
        tokens_at_once: 50,
        ..options(Kind::AdamW)
    };
    options.optimiser.learning_rate = learning_rate;
    options
}

/// As the reference is trained.
pub fn options(kind: Kind) -> Options {
    Options {
        learn: LearnOptions::default(),
        optimiser: OptimiserOptions {
            kind,
            learning_rate: 3e-3,
            beta1: 0.9,
            beta2: 0.95,
            eps: 1e-8,
            weight_decay: 0.1,
            momentum: 0.95,
        },
        schedule: Schedule {
            steps: 200,
            warmup: 20,
            decay: 40,
            floor: 0.0,
        },
        clip: Some(1.0),
        // Two parts a batch: their gradients add up.
        tokens_at_once: 100,
        average: None,
        checkpoint_activations: false,
    }
}

fn follow(name: &str, kind: Kind, bound: f64) {
    let golden = Golden::open(name);
    // One thread: so small a network computes less than threads talk, and the results are the same.
    let pool = Arc::new(Pool::new(NonZeroUsize::MIN));
    let mut trainer = Trainer::open(&golden.folder, options(kind), pool).expect("a fixture");
    let (losses, norms) = (golden.numbers("losses"), golden.numbers("norms"));
    let mut worst = 0.0_f64;
    for (step, batch) in golden.batches().iter().enumerate() {
        let measured = trainer.step(batch).expect("numbers stay in bounds");
        let exact = f64::from(losses[step]);
        let error = (measured.loss - exact).abs() / exact;
        assert!(
            error <= bound,
            "step {step}: the loss is {}, not {exact}",
            measured.loss
        );
        let exact = f64::from(norms[step]);
        let error_norm = (measured.gradient_norm - exact).abs() / exact;
        assert!(
            error_norm <= 0.02,
            "step {step}: {} for {exact}",
            measured.gradient_norm
        );
        worst = worst.max(error);
    }
    println!("{name}: losses differ by {worst:.1e} at most");
    let first = f64::from(losses[0]);
    assert!(
        f64::from(losses[199]) < 0.6 * first,
        "the reference learnt something"
    );
    golden.compare_weights(&mut trainer, 1e-3);
}

#[test]
fn two_hundred_steps_of_adamw_follow_pytorch() {
    follow("llama-adamw", Kind::AdamW, 1e-3);
}

#[test]
fn two_hundred_steps_of_muon_follow_pytorch() {
    follow("qwen3-muon", Kind::Muon, 1e-3);
}

#[test]
fn two_hundred_steps_with_experts_follow_pytorch() {
    follow("qwen3-moe-adamw", Kind::AdamW, 1e-3);
}
