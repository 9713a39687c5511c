//! Reads a `tokenizer.json`: what of it our own pipeline can do, and the rest by the crate.

mod export;
mod file;
mod steps;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{
    Encoding, Tokenizer,
    added::{Added, AddedToken},
    bpe::{Alphabet, Bpe},
    decode::Decoding,
    frame::{Ends, Frame},
    merges::{Merge, Merges, PairTable},
    others::{Others, unusable},
    pipeline::{Pipeline, normalise, words_begin_with_space},
    slots::{Slots, Style},
    vocabulary::Vocabulary,
};
use crate::{Error, Result};
use file::{File, Found, Model};
use steps::Steps;

const HINT: &str = "take `tokenizer.json` from the same place as the weights";

impl Tokenizer {
    /// Reads the bytes of a `tokenizer.json`.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let file: File = serde_json::from_slice(json).map_err(|error| {
            let hint = "is it complete, and a `tokenizer.json`?";
            Error::tokenizer(format!("`tokenizer.json`: {error}"), hint)
        })?;
        match Steps::recognise(&file).filter(|_| file.model.merges_plainly()) {
            Some(steps) => Self::of_merges(&file, steps),
            None => {
                let tokenizer = tokenizers::Tokenizer::from_bytes(json).map_err(unusable)?;
                let frame = Frame::of_json(file.post_processor.as_ref(), |name| {
                    tokenizer.token_to_id(name)
                })?;
                Self::of_others(Others::new(tokenizer)?, frame)
            }
        }
    }

    fn of_merges(file: &File, steps: Steps) -> Result<Self> {
        let model = &file.model;
        let mut slots = Slots::new(steps.style);
        for (name, id) in &model.vocab.0 {
            slots.add(*id, &name.0)?;
        }
        for token in &file.added_tokens {
            slots.add_found(token.id, &token.content, token.special)?;
        }
        let vocabulary = slots.build()?;
        let alphabet = alphabet(model, &steps, &vocabulary)?;
        let bpe = Bpe {
            alphabet,
            merges: Merges::Pairs(pairs(model, steps.style, &vocabulary)?),
            whole_words: model.ignore_merges,
        };
        let frame = Frame::of_json(file.post_processor.as_ref(), |name| token_id(file, name))?;
        let (added, added_to_normal) = added(&file.added_tokens, &steps)?;
        let pipeline = Pipeline {
            added,
            added_to_normal,
            words_begin_with_space: words_begin_with_space(&bpe, &vocabulary),
            normal: steps.normal,
            prefix: steps.prefix,
            splits: steps.splits,
            bpe,
        };
        Ok(Self {
            vocabulary,
            encoding: Encoding::Merging(Box::new(pipeline)),
            decoding: steps.decoding,
            frame,
            ends: Ends::default(),
            shield: OnceLock::new(),
        })
    }

    /// A tokenizer that the crate runs.
    pub(super) fn of_others(others: Others, frame: Frame) -> Result<Self> {
        let tokens = others.tokens();
        let mut slots = Slots::new(Style::Characters);
        for (id, name) in &tokens {
            if others.is_added(*id) {
                slots.add_found(*id, name, others.is_special(*id))?;
            } else {
                slots.add(*id, name.strip_prefix("##").unwrap_or(name))?;
            }
        }
        Ok(Self {
            vocabulary: slots.build()?,
            encoding: Encoding::Others(Box::new(others)),
            decoding: Decoding::Others,
            frame,
            ends: Ends::default(),
            shield: OnceLock::new(),
        })
    }
}

/// The id of the token called `name`.
fn token_id(file: &File, name: &str) -> Option<u32> {
    let added = file.added_tokens.iter().find(|token| token.content == name);
    let in_model = || file.model.vocab.0.iter().find(|(token, _)| token.0 == name);
    added
        .map(|token| token.id)
        .or_else(|| in_model().map(|(_, id)| *id))
}

fn alphabet(model: &Model, steps: &Steps, vocabulary: &Vocabulary) -> Result<Alphabet> {
    if steps.style == Style::Bytes {
        return Ok(Alphabet::of_bytes(vocabulary));
    }
    let unknown = model.unk_token.as_ref().map(|name| {
        let known = model.vocab.0.iter().find(|(token, _)| token.0 == *name);
        known.map(|(_, id)| *id).ok_or_else(|| {
            Error::tokenizer(format!("`{name}`, its unknown token, has no id"), HINT)
        })
    });
    Ok(Alphabet::Characters {
        bytes: model.byte_fallback.then(|| vocabulary.single_bytes()),
        unknown: unknown.transpose()?,
        fuse_unknown: model.fuse_unk,
    })
}

fn pairs(model: &Model, style: Style, vocabulary: &Vocabulary) -> Result<PairTable> {
    let merges = model.merges.as_deref().unwrap_or_default();
    let mut pairs = PairTable::with_capacity(merges.len());
    for (rank, pair) in (0..).zip(merges) {
        let (left, right) = (style.bytes_of(&pair.0.0), style.bytes_of(&pair.1.0));
        let both = [left.as_slice(), &right].concat();
        let id = |token: &[u8]| vocabulary.id(token).filter(|_| !token.is_empty());
        match (id(&left), id(&right), id(&both)) {
            (Some(left), Some(right), Some(id)) => pairs.insert(left, right, Merge { rank, id }),
            _ => {
                let (left, right) = (&pair.0.0, &pair.1.0);
                let reason = format!(
                    "merge {rank} joins `{left}` and `{right}`, but of these or of what they make one is no token"
                );
                return Err(Error::tokenizer(reason, HINT));
            }
        }
    }
    Ok(pairs)
}

/// The tokens to find in the text as it comes, and those to find in normalised text.
fn added(tokens: &[Found], steps: &Steps) -> Result<(Added, Added)> {
    // The last token of an id is the one that counts.
    let by_content: HashMap<&str, usize> = tokens
        .iter()
        .map(|token| &*token.content)
        .zip(0..)
        .collect();
    let tokens = tokens
        .iter()
        .enumerate()
        .filter(|(at, token)| by_content[&*token.content] == *at && !token.content.is_empty());
    let (normalized, raw): (Vec<_>, Vec<_>) = tokens
        .map(|(_, token)| token)
        .partition(|token| token.normalized);
    let normalized = normalized.into_iter().map(|found| {
        let token = found.token();
        AddedToken {
            content: normalise(&steps.normal, steps.prefix, &token.content, true).into_owned(),
            ..token
        }
    });
    Ok((
        Added::new(raw.into_iter().map(Found::token).collect())?,
        Added::new(normalized.collect())?,
    ))
}
