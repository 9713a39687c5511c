//! Models are measured: how fast they read and write here, beside what this machine allows.

use library::speed::{Figure, Limits, STEPS, Subject, Task};
use library::{CACHE, Measured, Opened, Rate};
use models::LoadOptions;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Live;
use crate::app::App;
use crate::fault::{Fault, Result};

/// A model that is measured.
pub(crate) const MEASURE: &str = "model.measure";

/// Tokens of the prompt that is read, where the model's context is as long.
const PROMPT: usize = 512;

/// Tokens that an answer is written behind.
const DEPTH: usize = library::speed::SHALLOW;

/// Which one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Measure {
    pub model: String,
}

/// Measures a model, and keeps what came of it. It is taken out of memory before: it would be there twice, and what it
/// says meanwhile would make it look slow.
pub(super) fn measure(app: &App, wanted: &Measure, live: &Live) -> Result<Value> {
    let library = app.catalogue.library();
    let Some(entry) = library.get(&wanted.model) else {
        return Err(app.catalogue.unknown(&wanted.model));
    };
    let entry = entry?;
    app.catalogue.unload(&wanted.model);
    let weights = app.catalogue.weights();
    let room = PROMPT.max(DEPTH) + STEPS + 2;
    let opened = Opened::at(&entry.path())?;
    opened.check_known()?;
    opened.check_memory(weights, (room, CACHE))?;
    drop(opened);
    let options = LoadOptions {
        weights,
        ..LoadOptions::default()
    };
    let pool = library::pool();
    let threads = pool.threads();
    let mut subject = Subject::load(&entry.path(), options, (room, CACHE), pool)?;
    let mut figures = Vec::new();
    for task in [Task::Prefill(PROMPT), Task::Decode(DEPTH)] {
        if live.stops() {
            return Err(Fault::broken("it was stopped"));
        }
        figures.push(subject.measure(task));
    }
    let limits = subject.limits();
    let measured = Measured {
        prefill: rate(&figures[0], &limits),
        decode: rate(&figures[1], &limits),
        bytes_per_second: limits.bytes_per_second,
        flops: limits.flops,
        bytes_per_token: figures[1].bytes,
        threads,
        at: app.timestamp().as_millis(),
    };
    entry.keep_measured(&measured)?;
    Ok(json!({ "model": wanted.model, "measured": measured }))
}

fn rate(figure: &Figure, limits: &Limits) -> Rate {
    Rate {
        tokens_per_second: figure.tokens_per_second,
        limit: limits.tokens_per_second(figure),
    }
}
