//! Reads the tokenizer that a GGUF file carries in its metadata.

mod others;
mod splits;

use std::sync::OnceLock;

use tensor::files::{Metadata, Value};

use super::{
    Encoding, Tokenizer,
    added::{Added, AddedToken},
    bpe::{Alphabet, Bpe},
    decode::Decoding,
    frame::{Ends, Frame},
    merges::{Merge, Merges, PairTable},
    pipeline::{Pipeline, Prefix, Split, words_begin_with_space},
    slots::{Slots, Style},
    vocabulary::Vocabulary,
};
use crate::{Error, Result};
use splits::Pre;

const HINT: &str = "convert the checkpoint anew, or use the folder that it was made from";

/// What `tokenizer.ggml.*` says.
struct Ggml<'a> {
    metadata: &'a Metadata,
    tokens: &'a [String],
    types: Vec<u64>,
}

/// The types of tokens, by their numbers in the file.
const NORMAL: u64 = 1;
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const USER_DEFINED: u64 = 4;
const BYTE: u64 = 6;

impl Tokenizer {
    /// Reads the tokenizer in the metadata of a GGUF file.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let tokens = metadata
            .get("tokenizer.ggml.tokens")
            .and_then(Value::as_texts);
        let Some(tokens) = tokens.filter(|tokens| !tokens.is_empty()) else {
            let reason = "the file has no `tokenizer.ggml.tokens`".to_owned();
            return Err(Error::tokenizer(reason, HINT));
        };
        let ggml = Ggml {
            metadata,
            tokens,
            types: types(metadata, tokens.len())?,
        };
        let mut tokenizer = match ggml.text("model").unwrap_or_default() {
            "gpt2" => ggml.bytes()?,
            "gemma4" => ggml.lines_of_characters()?,
            "llama" => ggml.characters()?,
            "bert" => ggml.word_pieces()?,
            "t5" => ggml.unigram()?,
            other => {
                let reason = format!("`tokenizer.ggml.model` is `{other}`");
                return Err(Error::tokenizer(
                    reason,
                    "bert, gemma4, gpt2, llama and t5 are known",
                ));
            }
        };
        tokenizer.ends = ggml.ends(&tokenizer);
        Ok(tokenizer)
    }
}

fn types(metadata: &Metadata, tokens: usize) -> Result<Vec<u64>> {
    let Some(value) = metadata.get("tokenizer.ggml.token_type") else {
        return Ok(vec![NORMAL; tokens]);
    };
    match value.as_u64s() {
        Some(types) if types.len() == tokens => Ok(types),
        _ => {
            let reason = format!("`tokenizer.ggml.token_type` is no list of {tokens} numbers");
            Err(Error::tokenizer(reason, HINT))
        }
    }
}

impl Ggml<'_> {
    /// Byte-level merging, as GPT-2 began it.
    fn bytes(&self) -> Result<Tokenizer> {
        let pre = Pre::called(self.text("pre").unwrap_or("default"))?;
        let vocabulary = self.vocabulary(Style::Bytes)?;
        let bpe = Bpe {
            alphabet: Alphabet::of_bytes(&vocabulary),
            merges: Merges::Pairs(self.pairs(Style::Bytes, &vocabulary)?),
            whole_words: pre.whole_words,
        };
        let frame = self.frame(pre.adds_bos)?;
        let prefix = match self.flag("add_space_prefix") {
            Some(true) => Prefix::IfMissing,
            _ => Prefix::Never,
        };
        self.merging(vocabulary, bpe, pre.splits, prefix, frame)
    }

    /// Merging of characters within lines, as Gemma 4 does it.
    fn lines_of_characters(&self) -> Result<Tokenizer> {
        let vocabulary = self.vocabulary(Style::Characters)?;
        let bpe = Bpe {
            alphabet: self.character_alphabet(&vocabulary)?,
            merges: Merges::Pairs(self.pairs(Style::Characters, &vocabulary)?),
            whole_words: false,
        };
        let prefix = match self.flag("add_space_prefix") {
            Some(true) => Prefix::Always,
            _ => Prefix::Never,
        };
        let frame = self.frame(true)?;
        self.merging(vocabulary, bpe, vec![Split::Lines], prefix, frame)
    }

    /// Merging of characters by the scores of what they make, as SentencePiece does it.
    fn characters(&self) -> Result<Tokenizer> {
        let vocabulary = self.vocabulary(Style::Characters)?;
        let scores = self.scores()?;
        let mut falling = scores.to_vec();
        falling.sort_unstable_by(|a, b| b.total_cmp(a));
        falling.dedup();
        let rank = |score: &f32| falling.partition_point(|other| other.total_cmp(score).is_gt());
        let bpe = Bpe {
            alphabet: self.character_alphabet(&vocabulary)?,
            merges: Merges::Tokens(scores.iter().map(|score| rank(score) as u32).collect()),
            whole_words: false,
        };
        let prefix = match self.flag("add_space_prefix") {
            Some(false) => Prefix::Never,
            _ => Prefix::Always,
        };
        let frame = self.frame(true)?;
        self.merging(vocabulary, bpe, Vec::new(), prefix, frame)
    }

    fn merging(
        &self,
        vocabulary: Vocabulary,
        bpe: Bpe,
        splits: Vec<Split>,
        prefix: Prefix,
        frame: Frame,
    ) -> Result<Tokenizer> {
        let decoding = match bpe.alphabet {
            Alphabet::Bytes(_) => Decoding::Bytes,
            Alphabet::Characters { .. } => Decoding::Characters {
                strips_first_space: prefix != Prefix::Never,
            },
        };
        let normal = match bpe.alphabet {
            Alphabet::Bytes(_) => Vec::new(),
            Alphabet::Characters { .. } => vec![super::pipeline::Normal::Spaces],
        };
        let pipeline = Pipeline {
            added: Added::new(self.added())?,
            normal,
            added_to_normal: Added::new(Vec::new())?,
            prefix,
            splits,
            words_begin_with_space: words_begin_with_space(&bpe, &vocabulary),
            bpe,
        };
        Ok(Tokenizer {
            vocabulary,
            encoding: Encoding::Merging(Box::new(pipeline)),
            decoding,
            frame,
            ends: Ends::default(),
            shield: OnceLock::new(),
        })
    }

    fn vocabulary(&self, style: Style) -> Result<Vocabulary> {
        let mut slots = Slots::new(style);
        for ((id, name), kind) in (0..).zip(self.tokens).zip(&self.types) {
            match *kind {
                NORMAL | BYTE => slots.add(id, name)?,
                kind => slots.add_found(id, name, matches!(kind, UNKNOWN | CONTROL))?,
            }
        }
        slots.build()
    }

    fn added(&self) -> Vec<AddedToken> {
        let strips = self.text_of("general.architecture") == Some("phi3")
            && self.text("model") == Some("llama");
        let found = (0..).zip(self.tokens).zip(&self.types);
        let found = found.filter(|((_, name), kind)| {
            matches!(**kind, UNKNOWN | CONTROL | USER_DEFINED) && !name.is_empty()
        });
        found
            .map(|((id, name), kind)| AddedToken {
                id,
                content: name.clone(),
                // Phi-3 was trained with the white space after its tokens taken away.
                strips_right: strips && !matches!(name.as_str(), "<unk>" | "<s>" | "<|endoftext|>"),
                special: *kind != USER_DEFINED,
                ..AddedToken::default()
            })
            .collect()
    }

    fn character_alphabet(&self, vocabulary: &Vocabulary) -> Result<Alphabet> {
        Ok(Alphabet::Characters {
            bytes: Some(vocabulary.single_bytes()),
            unknown: self.id("unknown_token_id")?,
            fuse_unknown: true,
        })
    }

    fn pairs(&self, style: Style, vocabulary: &Vocabulary) -> Result<PairTable> {
        let merges = self.value("merges").and_then(Value::as_texts);
        let Some(merges) = merges else {
            let reason = "the file has no `tokenizer.ggml.merges`".to_owned();
            return Err(Error::tokenizer(reason, HINT));
        };
        let mut pairs = PairTable::with_capacity(merges.len());
        for (rank, merge) in (0..).zip(merges) {
            // A token may begin with a space, but then the parting space is a later one.
            let split = merge.char_indices().skip(1).find(|(_, c)| *c == ' ');
            let ids = split.and_then(|(at, _)| {
                let left = style.bytes_of(&merge[..at]);
                let right = style.bytes_of(&merge[at + 1..]);
                let both = [left.as_slice(), &right].concat();
                let id = |token: &[u8]| vocabulary.id(token).filter(|_| !token.is_empty());
                Some((id(&left)?, id(&right)?, id(&both)?))
            });
            let Some((left, right, id)) = ids else {
                let reason = format!("merge {rank}, `{merge}`, joins or makes what is no token");
                return Err(Error::tokenizer(reason, HINT));
            };
            pairs.insert(left, right, Merge { rank, id });
        }
        Ok(pairs)
    }

    fn scores(&self) -> Result<&[f32]> {
        let scores = self.value("scores").and_then(Value::as_f32s);
        scores
            .filter(|scores| scores.len() == self.tokens.len())
            .ok_or_else(|| {
                let tokens = self.tokens.len();
                let reason = format!("`tokenizer.ggml.scores` is no list of {tokens} numbers");
                Error::tokenizer(reason, HINT)
            })
    }

    fn frame(&self, adds_bos: bool) -> Result<Frame> {
        let mut frame = Frame::default();
        if self.flag("add_bos_token").unwrap_or(adds_bos) {
            frame.before.extend(self.id("bos_token_id")?);
        }
        if self.flag("add_eos_token").unwrap_or(false) {
            frame.after.extend(self.id("eos_token_id")?);
        }
        Ok(frame)
    }

    fn ends(&self, tokenizer: &Tokenizer) -> Ends {
        let id = |name| self.id(name).ok().flatten();
        let mut ends = Ends {
            bos: id("bos_token_id"),
            eos: ["eos_token_id", "eot_token_id", "eom_token_id"]
                .into_iter()
                .filter_map(id)
                .collect(),
        };
        ends.add_known(tokenizer);
        ends
    }

    /// The id under `tokenizer.ggml.NAME`, which a token must have.
    fn id(&self, name: &str) -> Result<Option<u32>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let id = value.as_u64().filter(|id| *id < self.tokens.len() as u64);
        id.map(|id| Some(id as u32)).ok_or_else(|| {
            let reason = format!("`tokenizer.ggml.{name}` is no id of a token");
            Error::tokenizer(reason, HINT)
        })
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_text()
    }

    fn text_of(&self, key: &str) -> Option<&str> {
        self.metadata.get(key)?.as_text()
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.metadata.get(&format!("tokenizer.ggml.{name}"))
    }
}
