//! WordPiece and Unigram vocabularies in GGUF files, which the `tokenizers` crate runs.

use std::collections::HashMap;

use serde_json::json;
use tensor::files::{Array, Value};
use tokenizers::{
    AddedToken, NormalizerWrapper, PreTokenizerWrapper, Tokenizer as Crate,
    decoders::DecoderWrapper,
    models::{unigram::Unigram, wordpiece::WordPiece},
    normalizers::{BertNormalizer, Precompiled, Replace, Sequence, replace::ReplacePattern},
    pre_tokenizers::{
        bert::BertPreTokenizer,
        metaspace::{Metaspace, PrependScheme},
    },
};

use super::{
    super::{
        Tokenizer,
        frame::Frame,
        others::{Others, unusable},
    },
    CONTROL, Ggml, HINT, UNKNOWN, USER_DEFINED,
};
use crate::{Error, Result};

impl Ggml<'_> {
    /// BERT's pieces of words: lower case, without accents.
    pub(super) fn word_pieces(&self) -> Result<Tokenizer> {
        // In the file `▁` begins the pieces that begin words; BERT marks the others with `##`.
        let begins_words = self.tokens.iter().any(|token| token.starts_with('▁'));
        let names: Vec<String> = (self.tokens.iter().zip(&self.types))
            .map(|(token, kind)| match token.strip_prefix('▁') {
                Some(word) => word.to_owned(),
                None if begins_words && *kind == super::NORMAL && !token.starts_with('[') => {
                    format!("##{token}")
                }
                None => token.clone(),
            })
            .collect();
        let unknown = self.id("unknown_token_id")?;
        let unknown = unknown.map_or("[UNK]", |id| &names[id as usize]).to_owned();
        let vocabulary: HashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
        let model: WordPiece = serde_json::from_value(json!({
            "type": "WordPiece",
            "vocab": vocabulary,
            "unk_token": unknown,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
        }))
        .map_err(|error| Error::tokenizer(error.to_string(), HINT))?;
        let mut tokenizer = Crate::new(model);
        let normalizer = BertNormalizer::new(true, true, Some(true), true);
        tokenizer
            .with_normalizer(Some(normalizer))
            .map_err(unusable)?;
        tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
        tokenizer.with_decoder(Some(DecoderWrapper::WordPiece(Default::default())));
        self.finish(tokenizer, &names, self.sentence()?)
    }

    /// T5's likeliest pieces.
    pub(super) fn unigram(&self) -> Result<Tokenizer> {
        let scores = self.scores()?.iter().map(|score| f64::from(*score));
        let vocabulary = self.tokens.iter().cloned().zip(scores).collect();
        let unknown = self.id("unknown_token_id")?.map(|id| id as usize);
        let has_bytes = self.types.contains(&super::BYTE);
        let model = Unigram::from(vocabulary, unknown, has_bytes).map_err(unusable)?;
        let mut tokenizer = Crate::new(model);
        let mut normal: Vec<NormalizerWrapper> = Vec::new();
        if let Some(map) = self.character_map() {
            let map = Precompiled::from(&map).map_err(|_| {
                let reason = "`tokenizer.ggml.precompiled_charsmap` is broken".to_owned();
                Error::tokenizer(reason, HINT)
            })?;
            normal.push(NormalizerWrapper::Precompiled(map));
        }
        if self.flag("remove_extra_whitespaces").unwrap_or(false) {
            normal.push(NormalizerWrapper::StripNormalizer(
                tokenizers::normalizers::Strip::new(true, true),
            ));
            let runs = ReplacePattern::Regex(" {2,}".to_owned());
            normal.push(NormalizerWrapper::Replace(
                Replace::new(runs, " ").map_err(unusable)?,
            ));
        }
        let scheme = match self.flag("add_space_prefix") {
            Some(false) => PrependScheme::Never,
            _ => PrependScheme::Always,
        };
        let spaces = Metaspace::new('▁', scheme, true);
        tokenizer
            .with_normalizer(Some(Sequence::new(normal)))
            .map_err(unusable)?;
        tokenizer.with_pre_tokenizer(Some(PreTokenizerWrapper::Metaspace(spaces.clone())));
        tokenizer.with_decoder(Some(DecoderWrapper::Metaspace(spaces)));
        let mut frame = self.frame(false)?;
        if self.flag("add_eos_token").is_none() {
            frame.after.extend(self.id("eos_token_id")?);
        }
        self.finish(tokenizer, self.tokens, frame)
    }

    /// `[CLS]` before and `[SEP]` after, as BERT was trained.
    fn sentence(&self) -> Result<Frame> {
        let first = match self.id("cls_token_id")? {
            Some(id) => Some(id),
            None => self.id("bos_token_id")?,
        };
        let last = match self.id("seperator_token_id")? {
            Some(id) => Some(id),
            None => self.id("eos_token_id")?,
        };
        Ok(Frame {
            before: first.into_iter().collect(),
            after: last.into_iter().collect(),
        })
    }

    fn finish(&self, mut tokenizer: Crate, names: &[String], frame: Frame) -> Result<Tokenizer> {
        let found = names.iter().zip(&self.types).filter_map(|(name, kind)| {
            let special = match *kind {
                UNKNOWN | CONTROL => true,
                USER_DEFINED => false,
                _ => return None,
            };
            Some(AddedToken::from(name.clone(), special).normalized(false))
        });
        tokenizer
            .add_tokens(found.collect::<Vec<_>>())
            .map_err(unusable)?;
        Tokenizer::of_others(Others::new(tokenizer)?, frame)
    }

    fn character_map(&self) -> Option<Vec<u8>> {
        match self.value("precompiled_charsmap")? {
            Value::Array(Array::U8(bytes)) => Some(bytes.clone()),
            Value::Array(Array::I8(bytes)) => {
                Some(bytes.iter().map(|byte| byte.cast_unsigned()).collect())
            }
            _ => None,
        }
        .filter(|bytes| !bytes.is_empty())
    }
}
