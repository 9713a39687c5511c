//! What a stage needs of memory and computation, and whether it can begin.

use std::path::Path;
use std::time::{Duration, Instant};

use kernels::{multiply, multiply_bf16};
use tensor::Pool;
use tensor::files::Checkpoint;

use crate::error::{Error, Result};
use crate::recipe::{Numbers, Stage};
use crate::run::Run;
use crate::trainer::Trainer;
use crate::vocabulary::Encoder;

/// What would go wrong later is refused now.
pub(super) fn check(
    run: &Run,
    stage: &Stage,
    trainer: &Trainer,
    encoder: Option<&Encoder>,
) -> Result<()> {
    if let Some(encoder) = encoder {
        check_text(stage, trainer, encoder)?;
    }
    check_fits(run, stage, needed_bytes(stage, trainer))
}

/// A checkpoint whose numbers alone are too many is refused before they are read. What lies between layers is known
/// once it is open: see [`check`].
pub(super) fn check_numbers(run: &Run, stage: &Stage, before: &Path) -> Result<()> {
    let checkpoint = Checkpoint::open(before)?;
    let mut numbers = 0;
    for name in checkpoint.names().filter(|name| is_read(name)) {
        numbers += checkpoint.view(name)?.shape.iter().product::<usize>() as u64;
    }
    let bytes = match (&stage.adapters, stage.numbers) {
        (None, _) => 4 * arrays(stage),
        // They stay as they are multiplied.
        (Some(_), Numbers::F32) => 4,
        (Some(_), Numbers::Bf16) => 2,
    };
    check_fits(run, stage, numbers * bytes)
}

/// Pictures are not learnt from: of networks that see them, what sees is not read.
fn is_read(name: &str) -> bool {
    !name.contains("vision_tower") && !name.contains("multi_modal_projector")
}

fn check_fits(run: &Run, stage: &Stage, needed: u64) -> Result<()> {
    match run.options.memory_bytes {
        Some(there) if needed > there => Err(Error::Memory {
            stage: stage.name.clone(),
            needed_mib: needed >> 20,
            there_mib: there >> 20,
        }),
        _ => Ok(()),
    }
}

/// Floats for each number that learns: it and what it is multiplied as, its gradient, and what the optimiser remembers
/// twice while it is written.
fn arrays(stage: &Stage) -> u64 {
    8 + u64::from(stage.average.is_some()) * 2
}

fn check_text(stage: &Stage, trainer: &Trainer, encoder: &Encoder) -> Result<()> {
    let config = trainer.model().config();
    let refuse = |reason: String, hint| Err(Error::Shape { reason, hint });
    let tokens = encoder.tokenizer().vocab_size();
    if tokens > config.vocab {
        let reason = format!(
            "the vocabulary has `{tokens}` tokens, the network rows for `{}`",
            config.vocab
        );
        return refuse(
            reason,
            "is `tokenizer.json` the one that came with these weights?",
        );
    }
    if stage.context > config.context_length {
        let reason = format!(
            "stage `{}` reads `{}` tokens, the network is made for `{}`",
            stage.name, stage.context, config.context_length
        );
        return refuse(
            reason,
            "a smaller `context`, or a larger `max_position_embeddings`",
        );
    }
    Ok(())
}

/// Products that a token takes, there and back.
pub(super) fn flops_per_token(stage: &Stage, trainer: &Trainer) -> f64 {
    let (parameters, layers, hidden, seen) = match trainer.trainee().film() {
        Some(film) => {
            let shape = film.shape();
            (
                film.multiplications() as u64,
                shape.layers,
                shape.hidden,
                2 * shape.tokens(),
            )
        }
        None => {
            let config = trainer.model().config();
            let seen = stage.context;
            (config.parameters, config.layers, config.hidden, seen)
        }
    };
    6.0 * parameters as f64 + (12 * layers * hidden * seen / 2) as f64
}

/// Bytes that a stage will need, about: weights as they are kept and as they are multiplied, gradients, what the
/// optimiser remembers twice while it is written, and what lies between layers.
fn needed_bytes(stage: &Stage, trainer: &Trainer) -> u64 {
    let mut learnt = 0;
    trainer
        .trainee()
        .each(&mut |_, learner| learnt += learner.values().len() as u64);
    let (layers, hidden, weight_bytes, length) = match trainer.trainee().film() {
        Some(film) => {
            let shape = film.shape();
            // A patch and what it is made of is wider than a token's row.
            let (mut layers, length) = (shape.layers + 8, shape.tokens() + shape.caption);
            if let Some(fine) = shape.fine {
                let wider = fine.patches() * fine.hidden / shape.hidden + 1;
                layers += fine.layers.iter().sum::<usize>() * wider;
            }
            (layers, shape.hidden, 4 * learnt, length)
        }
        None => {
            let config = trainer.model().config();
            (
                config.layers,
                config.hidden,
                config.weight_bytes,
                stage.context,
            )
        }
    };
    let at_once = stage.tokens_at_once.max(length) as u64;
    let per_layer = match stage.checkpoint_activations {
        false => 24 * layers,
        // What each begins with, and one layer as a whole.
        true => layers + 24,
    };
    let per_token = (per_layer * hidden) as u64;
    4 * learnt * arrays(stage) + weight_bytes + 4 * at_once * per_token + (64 << 20)
}

/// Products that this machine makes in a second at most, measured now: of pairs of bfloat16 where they are
/// multiplied, else of floats.
pub(super) fn peak_flops(pool: &Pool, numbers: Numbers) -> f64 {
    const ROUNDS: usize = 1 << 16;
    let (start, mut flops) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_millis(100) {
        let pairs = match numbers {
            Numbers::Bf16 => multiply_bf16(ROUNDS, pool),
            Numbers::F32 => None,
        };
        flops += pairs.unwrap_or_else(|| multiply(ROUNDS, pool));
    }
    flops as f64 / start.elapsed().as_secs_f64()
}
