//! Weights in the formats that others load, with tokenizer and template.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use models::{Export, Tokenizer};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use tensor::files::{Checkpoint, Dtype, Gguf, Mix, Value, View, quantise, write_safetensors};

use super::ReleaseOptions;
use super::facts::{Facts, json_of};
use crate::beside::copy_settings;
use crate::error::{Error, Result, write_whole};
use crate::recipe::ModelRecipe;
use crate::signing::{Manifest, hexadecimal};

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub name: String,
    pub sum: String,
    pub bytes: u64,
}

/// Writes the model, what it was before each stage where that is wished, and its files of GGUF.
pub(super) fn write(
    folder: &Path,
    facts: &mut Facts,
    options: &ReleaseOptions,
    tell: &mut dyn FnMut(&str),
) -> Result<()> {
    tell("the weights");
    checkpoint(&facts.model, folder, options)?;
    if options.has_checkpoints {
        let out = facts.recipe.out();
        let stages = &facts.recipe.stages;
        let begin = !matches!(facts.recipe.model, ModelRecipe::From(_));
        let begin = begin.then(|| ("begin".to_owned(), out.join("begin")));
        let before = &stages[..stages.len() - 1];
        let before = before
            .iter()
            .map(|stage| (stage.name.clone(), out.join(&stage.name).join("model")));
        for (name, from) in begin.into_iter().chain(before) {
            stopped(options)?;
            tell(&format!("the checkpoint `{name}`"));
            let to = folder.join("checkpoints").join(&name);
            std::fs::create_dir_all(&to).map_err(Error::file(&to))?;
            checkpoint(&from, &to, options)?;
        }
    }
    let mixes = match facts.kind.is_text() {
        true => &options.gguf[..],
        false => {
            let note = "no GGUF: its readers know no networks that make films";
            facts.notes.push(note.to_owned());
            &[]
        }
    };
    for mix in mixes {
        stopped(options)?;
        let name = format!("{}-{}.gguf", facts.recipe.name, mix.name());
        tell(&name);
        let path = folder.join("gguf").join(&name);
        gguf(&path, facts, *mix, options)?;
        facts
            .formats
            .insert(format!("gguf/{name}"), formats(&path)?);
    }
    Ok(())
}

fn stopped(options: &ReleaseOptions) -> Result<()> {
    match options.stop.load(Ordering::Relaxed) {
        true => Err(Error::Stopped { step: 0 }),
        false => Ok(()),
    }
}

/// A Hugging Face folder, its weights as `options` wants them.
fn checkpoint(from: &Path, to: &Path, options: &ReleaseOptions) -> Result<()> {
    copy_settings(from, to)?;
    numbers(from, &to.join("model.safetensors"), options)?;
    let path = to.join("config.json");
    let mut config = json_of(&path)?;
    let name = match options.dtype {
        Dtype::Bf16 => "bfloat16",
        Dtype::F16 => "float16",
        _ => "float32",
    };
    config["torch_dtype"] = json!(name);
    write_json(&path, &config)?;
    generation(to, &config)
}

/// The weights, rounded where they are wider than what is wished.
fn numbers(from: &Path, to: &Path, options: &ReleaseOptions) -> Result<()> {
    let checkpoint = Checkpoint::open(from)?;
    let mut tensors = Vec::new();
    for name in checkpoint.names() {
        let view = checkpoint.view(name)?;
        let is_float = matches!(view.dtype, Dtype::F32 | Dtype::F16 | Dtype::Bf16);
        let dtype = if is_float { options.dtype } else { view.dtype };
        let bytes = match dtype == view.dtype {
            true => view.bytes.to_vec(),
            false => {
                quantise(&view, dtype, &options.pool).ok_or_else(|| unwritable(to, name, dtype))?
            }
        };
        tensors.push((name, dtype, view.shape.clone(), bytes));
    }
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let view = View {
            dtype: *dtype,
            shape: shape.clone(),
            bytes,
        };
        (*name, view)
    });
    let views: Vec<(&str, View<'_>)> = views.collect();
    let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    Ok(write_safetensors(to, &views, &metadata)?)
}

fn unwritable(path: &Path, name: &str, dtype: Dtype) -> Error {
    Error::Release {
        path: path.to_owned(),
        reason: format!("tensor `{name}` cannot become `{}`", dtype.name()),
        hint: "`--dtype f32` keeps numbers as they were trained".to_owned(),
    }
}

/// Where an answer ends, for readers that look for it beside the weights.
fn generation(folder: &Path, config: &Json) -> Result<()> {
    let path = folder.join("generation_config.json");
    let settings = folder.join("tokenizer_config.json");
    if path.exists() || !config["eos_token_id"].is_null() || !settings.is_file() {
        return Ok(());
    }
    let tokenizer = Tokenizer::open(folder)?;
    let settings = json_of(&settings)?;
    let id = |key: &str| tokenizer.token_id(settings[key].as_str()?);
    let mut said = json!({ "_from_model_config": false, "do_sample": false });
    for (key, token) in [("eos_token_id", "eos_token"), ("pad_token_id", "pad_token")] {
        if let Some(id) = id(token) {
            said[key] = json!(id);
        }
    }
    write_json(&path, &said)
}

fn write_json(path: &Path, value: &Json) -> Result<()> {
    let text = serde_json::to_string_pretty(value).expect("settings are plain") + "\n";
    write_whole(path, text.as_bytes())
}

fn gguf(path: &Path, facts: &Facts, mix: Mix, options: &ReleaseOptions) -> Result<()> {
    let above = path.parent().expect("it lies in a folder");
    std::fs::create_dir_all(above).map_err(Error::file(above))?;
    // From what was trained, so that numbers are rounded once.
    let checkpoint = Checkpoint::open(&facts.model)?;
    let mut export = Export::of(&checkpoint)?;
    export.set("general.name", Value::Text(facts.title().to_owned()));
    if let Some(licence) = &facts.about().licence {
        export.set("general.license", Value::Text(licence.clone()));
    }
    let mut each = |_: u64| !options.stop.load(Ordering::Relaxed);
    export.write(path, &checkpoint, mix, &options.pool, &mut each)?;
    Ok(())
}

/// The formats in a file of GGUF, that of the most bytes first, with their shares.
fn formats(path: &Path) -> Result<String> {
    let file = Gguf::open(path)?;
    let mut bytes: BTreeMap<&str, usize> = BTreeMap::new();
    for name in file.names() {
        let view = file.view(name)?;
        *bytes.entry(view.dtype.name()).or_default() += view.bytes.len();
    }
    let all: usize = bytes.values().sum();
    let mut bytes: Vec<(&str, usize)> = bytes.into_iter().collect();
    bytes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let shares = bytes
        .iter()
        .map(|(name, bytes)| format!("{name} {:.1} %", 100.0 * *bytes as f64 / all.max(1) as f64));
    Ok(shares.collect::<Vec<_>>().join(", "))
}

/// What lies in `folder` so far.
pub(super) fn parts(folder: &Path) -> Result<Vec<Part>> {
    let files = Manifest::of_folder(folder, &[])?;
    let parts = files.sums().map(|(name, sum)| {
        let path = folder.join(&name);
        let about = path.metadata().map_err(Error::file(path))?;
        Ok(Part {
            name,
            sum,
            bytes: about.len(),
        })
    });
    parts.collect()
}

/// The sum of a file.
pub(super) fn sum_of(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let read = std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut hash));
    read.map_err(Error::file(path))?;
    Ok(hexadecimal(&hash.finalize()))
}
