//! Vocabularies that do not merge pairs (Unigram, WordPiece), and pipelines out of the ordinary:
//! the `tokenizers` crate does them as its files say.

use tokenizers::{
    AddedVocabulary, Model as _, OffsetReferential, OffsetType, PreTokenizer as _, Tokenizer,
};

use crate::{Error, Result, Special};

/// A tokenizer of the crate, and its added tokens once more for text without special ones.
pub(super) struct Others {
    tokenizer: Tokenizer,
    without_special: AddedVocabulary,
}

impl Others {
    /// Takes `tokenizer` if it can encode anything at all.
    pub fn new(mut tokenizer: Tokenizer) -> Result<Self> {
        tokenizer.set_encode_special_tokens(false);
        let mut without_special = tokenizer.get_added_vocabulary().clone();
        without_special.set_encode_special_tokens(true);
        let others = Self {
            tokenizer,
            without_special,
        };
        // Whatever lacks a token for the unknown says so with a character that nobody uses.
        others.try_encode("a \u{10fffd}", Special::Parse)?;
        Ok(others)
    }

    /// The ids of `text`.
    pub fn encode(&self, text: &str, special: Special) -> Vec<u32> {
        // `new` saw that even unknown characters have an id, and nothing else can fail.
        self.try_encode(text, special).unwrap_or_default()
    }

    fn try_encode(&self, text: &str, special: Special) -> Result<Vec<u32>> {
        let added = match special {
            Special::Parse => self.tokenizer.get_added_vocabulary(),
            Special::AsText => &self.without_special,
        };
        let mut parts = added.extract_and_normalize(self.tokenizer.get_normalizer(), text);
        if let Some(splitter) = self.tokenizer.get_pre_tokenizer() {
            splitter.pre_tokenize(&mut parts).map_err(unusable)?;
        }
        let model = self.tokenizer.get_model();
        parts
            .tokenize(|part| model.tokenize(part.get()))
            .map_err(unusable)?;
        let parts = parts.get_splits(OffsetReferential::Normalized, OffsetType::None);
        let tokens = parts
            .iter()
            .flat_map(|(_, _, tokens)| tokens.iter().flatten());
        Ok(tokens.map(|token| token.id).collect())
    }

    /// The text of `ids`; ids without a token have none.
    pub fn decode(&self, ids: &[u32], skip_special: bool) -> String {
        self.tokenizer.decode(ids, skip_special).unwrap_or_default()
    }

    /// Every token with its id, added ones included, by id.
    pub fn tokens(&self) -> Vec<(u32, String)> {
        let vocabulary = self.tokenizer.get_vocab(true);
        let mut tokens: Vec<(u32, String)> =
            vocabulary.into_iter().map(|(t, id)| (id, t)).collect();
        tokens.sort_unstable();
        tokens.dedup_by_key(|(id, _)| *id);
        tokens
    }

    /// Whether `id` is found in the text itself.
    pub fn is_added(&self, id: u32) -> bool {
        self.tokenizer.get_added_tokens_decoder().contains_key(&id)
    }

    /// Whether `id` is an added token that is special.
    pub fn is_special(&self, id: u32) -> bool {
        let added = self.tokenizer.get_added_tokens_decoder();
        added.get(&id).is_some_and(|token| token.special)
    }
}

pub(super) fn unusable(error: tokenizers::Error) -> Error {
    Error::tokenizer(
        error.to_string(),
        "take `tokenizer.json` from the same place as the weights",
    )
}
