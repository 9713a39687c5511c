//! Which steps a `tokenizer.json` names, told apart into ours and the crate's.

use serde_json::Value;

use super::file::File;
use crate::tokenizer::{
    decode::Decoding,
    pipeline::{Normal, Prefix, Split},
    slots::Style,
    split::Rules,
};

/// What surrounds the model.
pub(super) struct Steps {
    pub style: Style,
    pub normal: Vec<Normal>,
    pub prefix: Prefix,
    pub splits: Vec<Split>,
    pub decoding: Decoding,
}

impl Steps {
    /// The steps of `file`, unless they are out of the ordinary.
    pub fn recognise(file: &File) -> Option<Self> {
        let decoder = file.decoder.as_ref()?;
        if kind(decoder) == "ByteLevel" {
            return Self::of_bytes(file);
        }
        let strips_first_space = strips_first_space(decoder)?;
        Self::of_characters(file, Decoding::Characters { strips_first_space })
    }

    fn of_bytes(file: &File) -> Option<Self> {
        let mut normal = Vec::new();
        for step in parts(file.normalizer.as_ref(), "normalizers") {
            normal.push(match kind(step) {
                "NFC" => Normal::Nfc,
                _ => Normal::Other(Box::new(serde_json::from_value(step.clone()).ok()?)),
            });
        }
        let mut steps = Self {
            style: Style::Bytes,
            normal,
            prefix: Prefix::Never,
            splits: Vec::new(),
            decoding: Decoding::Bytes,
        };
        let splitters = parts(file.pre_tokenizer.as_ref(), "pretokenizers");
        let (last, others) = splitters.split_last()?;
        if kind(last) != "ByteLevel" {
            return None;
        }
        for step in others {
            steps.splits.push(split(step)?);
        }
        if last["add_prefix_space"] == Value::Bool(true) {
            // With other splits before it, each of their words would get a space.
            if !others.is_empty() {
                return None;
            }
            steps.prefix = Prefix::IfMissing;
        }
        if last["use_regex"] != Value::Bool(false) {
            steps.splits.push(Split::Rules(Rules::GPT2));
        }
        if let [digits, _] = splitters[..]
            && *digits == serde_json::json!({"type": "Digits", "individual_digits": true})
            && last["use_regex"] != Value::Bool(false)
        {
            steps.splits = vec![Split::Rules(Rules::SMOLLM)];
        }
        Some(steps)
    }

    fn of_characters(file: &File, decoding: Decoding) -> Option<Self> {
        let mut prefix = Prefix::Never;
        let mut replaces = false;
        for step in parts(file.normalizer.as_ref(), "normalizers") {
            match kind(step) {
                "Prepend" if step["prepend"] == "▁" && prefix == Prefix::Never => {
                    prefix = Prefix::Always;
                }
                "Replace" if is_replace_of_spaces(step) => replaces = true,
                _ => return None,
            }
        }
        for step in parts(file.pre_tokenizer.as_ref(), "pretokenizers") {
            match kind(step) {
                // No space is left to be found.
                "Split" if replaces && step["pattern"] == serde_json::json!({"String": " "}) => {}
                "Metaspace"
                    if !replaces && step["split"] == false && step["replacement"] == "▁" =>
                {
                    replaces = true;
                    prefix = match step["prepend_scheme"].as_str()? {
                        "always" => Prefix::IfMissing,
                        "first" => Prefix::First,
                        "never" => Prefix::Never,
                        _ => return None,
                    };
                }
                _ => return None,
            }
        }
        replaces.then(|| Self {
            style: Style::Characters,
            normal: vec![Normal::Spaces],
            prefix,
            splits: Vec::new(),
            decoding,
        })
    }
}

/// A step as one of ours where its pattern is known, else as the crate's.
fn split(step: &Value) -> Option<Split> {
    let covers_all = (step["behavior"] == "Isolated" && step["invert"] == false)
        || (step["behavior"] == "Removed" && step["invert"] == true);
    if kind(step) == "Split"
        && covers_all
        && let Some(rules) = step["pattern"]["Regex"]
            .as_str()
            .and_then(Rules::of_pattern)
    {
        return Some(Split::Rules(rules));
    }
    let splitter = serde_json::from_value(step.clone()).ok()?;
    Some(Split::Other(Box::new(splitter)))
}

/// Whether `decoder` turns `▁` into spaces and bytes into characters, and if so whether it drops a
/// space at the beginning.
fn strips_first_space(decoder: &Value) -> Option<bool> {
    let steps = parts(Some(decoder), "decoders");
    let (first, rest) = steps.split_first()?;
    let is_known = kind(first) == "Replace"
        && first["pattern"] == serde_json::json!({"String": "▁"})
        && first["content"] == " ";
    let kinds: Vec<&str> = rest.iter().map(|step| kind(step)).collect();
    match (is_known, kinds.as_slice()) {
        (true, ["ByteFallback", "Fuse"]) => Some(false),
        (true, ["ByteFallback", "Fuse", "Strip"]) => {
            let strip = rest[2];
            (strip["content"] == " " && strip["start"] == 1 && strip["stop"] == 0).then_some(true)
        }
        _ => None,
    }
}

fn is_replace_of_spaces(step: &Value) -> bool {
    step["pattern"] == serde_json::json!({"String": " "}) && step["content"] == "▁"
}

/// The steps of a sequence, or the one step there is.
fn parts<'a>(step: Option<&'a Value>, name: &str) -> Vec<&'a Value> {
    let Some(step) = step.filter(|step| !step.is_null()) else {
        return Vec::new();
    };
    match (kind(step), step[name].as_array()) {
        ("Sequence", Some(steps)) => steps.iter().collect(),
        _ => vec![step],
    }
}

fn kind(step: &Value) -> &str {
    step["type"].as_str().unwrap_or_default()
}
