//! Text to token ids and back.

use std::{fs, path::Path};

use crate::{Error, Result};

/// What the names of special tokens mean when they stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// They are the tokens: for prompts that a chat template has rendered.
    Parse,
    /// They are words like any other: for text that somebody else wrote.
    AsText,
}

/// Text to ids and back, as the vocabulary of one checkpoint defines it.
pub struct Tokenizer {
    parsing: tokenizers::Tokenizer,
    plain: tokenizers::Tokenizer,
}

impl Tokenizer {
    /// Reads the tokenizer of the Hugging Face folder `folder`.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        let json = fs::read(&path).map_err(|source| Error::Read { path, source })?;
        Self::from_json(&json)
    }

    /// Reads the bytes of a `tokenizer.json`.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let mut parsing = tokenizers::Tokenizer::from_bytes(json).map_err(unusable)?;
        parsing.set_encode_special_tokens(false);
        let mut plain = parsing.clone();
        plain.set_encode_special_tokens(true);
        Ok(Self { parsing, plain })
    }

    /// The ids of `text`, with nothing added before or after.
    pub fn encode(&self, text: &str, special: Special) -> Result<Vec<u32>> {
        let tokenizer = match special {
            Special::Parse => &self.parsing,
            Special::AsText => &self.plain,
        };
        let encoding = tokenizer.encode_fast(text, false).map_err(unusable)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of `ids`; the special ones among them leave nothing where `skip_special`.
    pub fn decode(&self, ids: &[u32], skip_special: bool) -> Result<String> {
        self.parsing.decode(ids, skip_special).map_err(unusable)
    }

    /// How many ids there are, those of added tokens included.
    pub fn vocab_size(&self) -> usize {
        self.parsing.get_vocab_size(true)
    }
}

fn unusable(error: tokenizers::Error) -> Error {
    Error::Tokenizer {
        reason: error.to_string(),
        hint: "take `tokenizer.json` from the same place as the weights",
    }
}
