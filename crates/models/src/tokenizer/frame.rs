//! The ids that surround a text, and those that end a turn.

use serde_json::Value;

use crate::{Error, Result};

/// Ids put before and after a text.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub before: Vec<u32>,
    pub after: Vec<u32>,
}

/// The ids that begin a text and end it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Ends {
    pub bos: Option<u32>,
    /// Each id after which nothing more should be generated, the principal one first.
    pub eos: Vec<u32>,
}

/// The most ids that may surround a text.
const FRAME_MAX: usize = 16;

impl Frame {
    /// The frame that the `post_processor` of a `tokenizer.json` puts around one text.
    pub fn of_json(step: Option<&Value>, id: impl Fn(&str) -> Option<u32> + Copy) -> Result<Self> {
        let mut frame = Self::default();
        let Some(step) = step else {
            return Ok(frame);
        };
        match step["type"].as_str() {
            Some("TemplateProcessing") => frame.read_template(step, id)?,
            Some("BertProcessing" | "RobertaProcessing") => {
                frame.before.push(named(step["cls"][0].as_str(), id)?);
                frame.after.push(named(step["sep"][0].as_str(), id)?);
            }
            Some("Sequence") => {
                for step in step["processors"].as_array().into_iter().flatten() {
                    let inner = Self::of_json_part(step, id)?;
                    frame.before.splice(0..0, inner.before);
                    frame.after.extend(inner.after);
                }
            }
            _ => {}
        }
        if frame.before.len().max(frame.after.len()) > FRAME_MAX {
            let reason = "its `post_processor` adds more than 16 tokens".to_owned();
            return Err(Error::tokenizer(reason, "take the file from its author"));
        }
        Ok(frame)
    }

    /// A step of a sequence, which holds no further sequence.
    fn of_json_part(step: &Value, id: impl Fn(&str) -> Option<u32> + Copy) -> Result<Self> {
        match step["type"].as_str() {
            Some("Sequence") => Ok(Self::default()),
            _ => Self::of_json(Some(step), id),
        }
    }

    fn read_template(&mut self, step: &Value, id: impl Fn(&str) -> Option<u32>) -> Result<()> {
        let mut is_after = false;
        for piece in step["single"].as_array().into_iter().flatten() {
            if piece.get("Sequence").is_some() {
                is_after = true;
                continue;
            }
            let name = piece["SpecialToken"]["id"].as_str();
            let list = if is_after {
                &mut self.after
            } else {
                &mut self.before
            };
            let listed = name.map(|name| &step["special_tokens"][name]["ids"]);
            match listed.and_then(Value::as_array) {
                Some(ids) => {
                    let ids = ids.iter().filter_map(Value::as_u64);
                    list.extend(ids.filter_map(|id| u32::try_from(id).ok()));
                }
                None => list.push(named(name, &id)?),
            }
        }
        Ok(())
    }
}

fn named(name: Option<&str>, id: impl Fn(&str) -> Option<u32>) -> Result<u32> {
    name.and_then(&id).ok_or_else(|| {
        let name = name.unwrap_or_default();
        Error::tokenizer(
            format!("its `post_processor` adds `{name}`, which has no id"),
            "take `tokenizer.json` from the same place as the weights",
        )
    })
}

/// Names by which families end a turn or a text.
const KNOWN_ENDS: &[&str] = &[
    "<|eot_id|>",
    "<|eom_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<end_of_turn>",
    "<turn|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "</s>",
];

impl Ends {
    /// Adds `ids` behind those that are there.
    pub fn extend(&mut self, ids: impl IntoIterator<Item = u32>) {
        for id in ids {
            if !self.eos.contains(&id) {
                self.eos.push(id);
            }
        }
    }

    /// Adds the special tokens whose names say that they end something.
    pub fn add_known(&mut self, tokenizer: &super::Tokenizer) {
        let special: Vec<(u32, &str)> = tokenizer.special_tokens().collect();
        // Where a message ends with `<|end|>` and the turn with `<|return|>`, more may follow.
        let has_return = special.iter().any(|(_, name)| *name == "<|return|>");
        let ends = special
            .iter()
            .filter(|(_, name)| KNOWN_ENDS.contains(name) && !(has_return && *name == "<|end|>"));
        let ids: Vec<u32> = ends.map(|(id, _)| *id).collect();
        let listed = std::mem::take(&mut self.eos);
        self.extend(listed);
        self.extend(ids);
    }
}
