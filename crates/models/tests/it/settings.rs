//! Settings that are wrong are refused or harmless; nothing panics, whatever they say.

use std::fs;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use models::{Batch, Encoder, LoadOptions, Model, Text};
use serde_json::{Value, json};
use tensor::{CacheType, Context, Pool, Sequence};

/// One or two of each.
const FAMILIES: [&str; 14] = [
    "bert-reranker",
    "gemma3-nested-softcap",
    "gemma4",
    "gemma4-moe-nested",
    "gpt-oss-float-top4",
    "llama-rope-yarn",
    "modernbert-reranker",
    "nomic-bert",
    "olmo3",
    "phi3-longrope-long",
    "qwen2-window",
    "qwen3-moe",
    "qwen3.5-moe-nested",
    "smollm3",
];

fn models() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models")
}

/// Loads the folder, and if that works asks for the logits of two tokens, or for a vector.
fn run(folder: &Path, pool: &Arc<Pool>, is_encoder: bool) -> Result<(), models::Error> {
    let cx = Context::new(Arc::clone(pool));
    if is_encoder {
        let encoder = Encoder::load(folder, LoadOptions::default(), pool)?;
        let text = Text {
            tokens: &[1],
            segments: None,
        };
        if encoder.context_length() > 0 {
            encoder.embed(&cx, &[text]);
            encoder.score(&cx, &[text]);
        }
        return Ok(());
    }
    let model = Model::load(folder, LoadOptions::default(), pool)?;
    let sequence = Sequence {
        table: &[0],
        past: 0,
        tokens: 2,
    };
    let batch = Batch {
        tokens: &[0, 0],
        sequences: &[sequence],
        wanted: &[1],
    };
    let mut cache = model.cache(1, CacheType::F32);
    model.forward(&cx, &batch, &mut cache);
    Ok(())
}

/// The settings with one value changed, in every way that there is.
fn changed(config: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (key, value) in config.as_object().into_iter().flatten() {
        let others = match value {
            Value::Object(_) => {
                for (inner, other) in changed(value) {
                    let mut config = config.clone();
                    config[key] = other;
                    all.push((format!("{key}.{inner}"), config));
                }
                continue;
            }
            // Ids of special tokens are the tokenizer's business.
            Value::Number(_) if key.ends_with("_token_id") => continue,
            Value::Number(_) => vec![json!(0), json!(3), json!(1u64 << 30), Value::Null],
            Value::Array(_) => vec![json!([]), json!([0])],
            _ => vec![json!(true), json!("x")],
        };
        for other in others {
            let mut config = config.clone();
            config[key] = other.clone();
            all.push((format!("{key} = {other}"), config));
        }
    }
    all
}

#[test]
fn wrong_settings_never_panic() {
    let pool = Arc::new(Pool::new(NonZeroUsize::MIN));
    let scratch = tempfile::tempdir().unwrap();
    let mut flaws = Vec::new();
    // A panic is noted here instead of being printed with its backtrace.
    let panic = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&panic);
    set_hook(Box::new(move |info| {
        *noted.lock().unwrap() = Some(info.to_string())
    }));
    for name in FAMILIES {
        let folder = models().join(name);
        let is_encoder = name.contains("bert") || name.ends_with("embedding");
        let copy = scratch.path().join(name);
        fs::create_dir(&copy).unwrap();
        for file in fs::read_dir(&folder).unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_file() {
                fs::copy(file.path(), copy.join(file.file_name())).unwrap();
            }
        }
        let text = fs::read_to_string(folder.join("config.json")).unwrap();
        for (change, config) in changed(&serde_json::from_str(&text).unwrap()) {
            fs::write(copy.join("config.json"), config.to_string()).unwrap();
            let outcome = catch_unwind(AssertUnwindSafe(|| run(&copy, &pool, is_encoder)));
            if outcome.is_err() {
                let why = panic.lock().unwrap().take().unwrap_or_default();
                flaws.push(format!("{name}: {change}: {why}"));
            }
        }
    }
    drop(take_hook());
    assert!(
        flaws.is_empty(),
        "{} panics:\n{}",
        flaws.len(),
        flaws.join("\n")
    );
}
