//! Which files of a repository make a model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{HubName, Remote};
use crate::add::is_companion;
use crate::error::{Error, Result};

/// Files that make a model.
#[derive(Debug)]
pub struct Chosen {
    pub files: Vec<Remote>,
    /// The one to open, where it is not the folder.
    pub entry: Option<PathBuf>,
}

/// The largest file that is taken along beside weights, in bytes.
const COMPANION_BYTES_MAX: u64 = 256 << 20;

/// The files of `name` among `all`: a folder of safetensors, or the GGUF file of the format that was named.
pub fn choose(name: &HubName, all: &[Remote]) -> Result<Chosen> {
    let groups = gguf_groups(all);
    if let Some(quant) = &name.quant {
        return gguf(name, quant, all, &groups);
    }
    let weights: Vec<&Remote> = all
        .iter()
        .filter(|file| is_main_safetensors(file))
        .collect();
    if !weights.is_empty() {
        let beside = all.iter().filter(|file| is_beside(file));
        return Ok(Chosen {
            files: beside.chain(weights).cloned().collect(),
            entry: None,
        });
    }
    let mut quants = groups.keys();
    match (quants.next(), quants.next()) {
        (Some(only), None) => gguf(name, &only.clone(), all, &groups),
        (Some(_), Some(_)) => {
            let what = format!("`{name}` holds several formats of the model");
            Err(Error::refused("choose_a_format", what).hint(formats(name, &groups)))
        }
        (None, _) => {
            let what = format!("`{name}` holds neither safetensors nor GGUF");
            Err(Error::refused("not_a_model", what)
                .hint("weights as Python pickles are not read, as opening them runs what they say"))
        }
    }
}

/// Whether a file holds weights.
pub fn is_weights(file: &Remote) -> bool {
    let end = file.path.extension();
    end.is_some_and(|end| end == "safetensors" || end == "gguf")
}

fn gguf(
    name: &HubName,
    quant: &str,
    all: &[Remote],
    groups: &BTreeMap<String, Vec<&Remote>>,
) -> Result<Chosen> {
    let found = groups
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(quant));
    let by_file = || {
        let mut files = all.iter();
        files.find(|file| file.path.file_name().is_some_and(|file| file == quant))
    };
    let weights = match (found, by_file()) {
        (Some((_, files)), _) => files.clone(),
        (None, Some(file)) => vec![file],
        (None, None) => {
            let what = format!("`{}` holds no GGUF file of format `{quant}`", name.id);
            return Err(Error::refused("choose_a_format", what).hint(formats(name, groups)));
        }
    };
    let is_whole = |number: usize, file: &&Remote| match split_place(&file.path) {
        Some((place, of)) => place == number + 1 && of == weights.len(),
        None => weights.len() == 1,
    };
    if !weights
        .iter()
        .enumerate()
        .all(|(number, file)| is_whole(number, file))
    {
        let names: Vec<String> = weights
            .iter()
            .map(|file| format!("`{}`", file.path.display()))
            .collect();
        let what = format!("`{}` holds several files of format `{quant}`", name.id);
        let hint = format!("name one of {} after the colon", names.join(", "));
        return Err(Error::refused("choose_a_format", what).hint(hint));
    }
    let papers = all.iter().filter(|file| {
        let is_paper = ["license", "licence", "notice", "readme"]
            .iter()
            .any(|start| lower_name(&file.path).starts_with(start));
        is_paper && is_beside(file)
    });
    Ok(Chosen {
        entry: weights.first().map(|file| file.path.clone()),
        files: papers.chain(weights).cloned().collect(),
    })
}

fn formats(name: &HubName, groups: &BTreeMap<String, Vec<&Remote>>) -> String {
    if groups.is_empty() {
        return format!("it holds none; `hub:{}` takes what it holds", name.id);
    }
    let known: Vec<String> = groups
        .iter()
        .map(|(quant, files)| {
            let bytes = files.iter().map(|file| file.bytes).sum();
            format!("{quant} ({})", crate::quantity::bytes(bytes))
        })
        .collect();
    let first = groups.keys().next().map_or("", String::as_str);
    let first = groups
        .keys()
        .find(|quant| quant.as_str() == "Q4_K_M")
        .map_or(first, String::as_str);
    format!(
        "`hub:{}:{first}` names one of {}",
        name.id,
        known.join(", ")
    )
}

/// GGUF files by their format, the parts of one in order.
fn gguf_groups(all: &[Remote]) -> BTreeMap<String, Vec<&Remote>> {
    let mut groups: BTreeMap<String, Vec<&Remote>> = BTreeMap::new();
    for file in all {
        let name = lower_name(&file.path);
        let is_other = ["mmproj", "imatrix"].iter().any(|word| name.contains(word));
        if let Some(stem) = name.strip_suffix(".gguf")
            && !is_other
        {
            groups.entry(quant_of(stem)).or_default().push(file);
        }
    }
    for files in groups.values_mut() {
        files.sort_by(|one, other| one.path.cmp(&other.path));
    }
    groups
}

/// The format in a file's name: `qwen3-0.6b-q4_k_m` is `Q4_K_M`.
fn quant_of(stem: &str) -> String {
    let is_format = |part: &&str| {
        let part = part.strip_prefix('i').unwrap_or(part);
        let digits = part
            .strip_prefix(['q', 't'])
            .map(|rest| rest.trim_start_matches('q'));
        digits.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            || ["bf16", "f16", "f32", "fp16", "fp32"].contains(&part)
            || part.starts_with("mxfp4")
    };
    let mut parts = stem.split(['-', '.']).filter(is_format);
    parts.next_back().unwrap_or(stem).to_ascii_uppercase()
}

/// The place of a part in a split file, and how many there are.
fn split_place(path: &Path) -> Option<(usize, usize)> {
    let name = lower_name(path);
    let (rest, of) = name.strip_suffix(".gguf")?.rsplit_once("-of-")?;
    let (_, place) = rest.rsplit_once('-')?;
    Some((place.parse().ok()?, of.parse().ok()?))
}

/// Weights in the folder itself, and of the model rather than of what was added to it or the same again.
fn is_main_safetensors(file: &Remote) -> bool {
    let name = lower_name(&file.path);
    let is_other = ["adapter", "consolidated", "optimizer", "lora"]
        .iter()
        .any(|start| name.starts_with(start));
    is_at_top(&file.path) && name.ends_with(".safetensors") && !is_other
}

/// Settings, tokenizer, templates, card and licence; settings of modules one level below.
fn is_beside(file: &Remote) -> bool {
    let is_known = match is_at_top(&file.path) {
        true => file.path.to_str().is_some_and(is_companion),
        false => file.path.components().count() == 2 && file.path.ends_with("config.json"),
    };
    is_known && file.bytes <= COMPANION_BYTES_MAX && !is_weights(file)
}

fn is_at_top(path: &Path) -> bool {
    path.components().count() == 1
}

fn lower_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().to_ascii_lowercase()
}
