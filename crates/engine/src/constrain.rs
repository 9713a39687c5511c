//! Keeps an answer within a grammar: which tokens may follow, and which must.

mod gbnf;
mod schema;
mod tags;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};

use crate::error::Error;
use crate::vocabulary::{Encode, Vocabulary, Word};
pub use tags::{Tag, Tags};

/// What an answer must look like.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// A JSON value that meets this schema, given as JSON text.
    JsonSchema(String),
    /// Any JSON object.
    JsonObject,
    /// A text that this regular expression matches as a whole, in the syntax of the `regex` crate.
    Regex(String),
    /// A text of this grammar, in llguidance's dialect of Lark.
    Lark(String),
    /// A text of this grammar, in llama.cpp's notation.
    Gbnf(String),
    /// Free text in which certain beginnings are followed by JSON of a schema.
    Tagged(Tags),
}

/// The most bytes a constraint may have.
const BYTES_MAX: usize = 4 << 20;

impl Constraint {
    fn kind(&self) -> &'static str {
        match self {
            Constraint::JsonSchema(_) | Constraint::JsonObject => "JSON schema",
            Constraint::Regex(_) => "regular expression",
            Constraint::Lark(_) => "Lark grammar",
            Constraint::Gbnf(_) => "GBNF grammar",
            Constraint::Tagged(_) => "set of tags",
        }
    }
}

/// Turns constraints into guides for one vocabulary.
#[derive(Clone)]
pub struct Grammars {
    factory: Arc<ParserFactory>,
    vocabulary: Vocabulary,
}

impl Grammars {
    /// For `vocabulary`; takes a fraction of a second with 150,000 tokens.
    ///
    /// # Errors
    /// [`Error::Request`] when the vocabulary is empty or has no end token.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, Error> {
        let complain = |reason: String| Error::Request { reason };
        let (Some(first), false) = (vocabulary.end().first(), vocabulary.is_empty()) else {
            let reason = "constraints need a vocabulary with an end token";
            return Err(complain(reason.to_owned()));
        };
        let size = vocabulary.len() as u32;
        if let Some(token) = vocabulary.end().iter().find(|token| **token >= size) {
            return Err(complain(format!("end token `{token}` of `{size}` tokens")));
        }
        let words: Vec<Vec<u8>> = (0..size)
            .map(|token| match vocabulary.word(token) {
                Some(Word::Text(bytes)) => bytes.clone(),
                Some(Word::Control(name)) => {
                    [&[TokTrie::SPECIAL_TOKEN_MARKER], name.as_bytes()].concat()
                }
                None => Vec::new(),
            })
            .collect();
        let trie = TokTrie::from(&TokRxInfo::new(size, *first), &words);
        let env: TokEnv = Arc::new(Env {
            trie: trie.with_eos_tokens(vocabulary.end()),
            encode: vocabulary.encode().cloned(),
        });
        let slices = llguidance::earley::SlicedBiasComputer::general_slices();
        let capabilities = InferenceCapabilities {
            ff_tokens: vocabulary.encode().is_some(),
            ..InferenceCapabilities::default()
        };
        let mut factory = ParserFactory::new(&env, capabilities, &slices)
            .map_err(|error| complain(error.to_string()))?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Self {
            factory: Arc::new(factory),
            vocabulary: vocabulary.clone(),
        })
    }

    /// A guide for `constraint`.
    ///
    /// # Errors
    /// [`Error::Constraint`] when it cannot be met, or says something unsupported.
    pub fn guide(&self, constraint: &Constraint) -> Result<Guide, Error> {
        let complain = |reason: String| Error::Constraint {
            kind: constraint.kind(),
            reason,
        };
        let grammar = self.grammar(constraint).map_err(complain)?;
        let mut matcher = Matcher::new(self.factory.create_parser(grammar));
        if let Some(reason) = matcher.get_error() {
            return Err(complain(first_line(&reason)));
        }
        let first = matcher
            .compute_mask_or_eos()
            .map_err(|error| complain(first_line(&error.to_string())))?;
        if first.is_zero() {
            return Err(complain("no text meets it".to_owned()));
        }
        Ok(Guide {
            matcher,
            rows_of_mask: self.vocabulary.len(),
        })
    }

    fn grammar(&self, constraint: &Constraint) -> Result<TopLevelGrammar, String> {
        let too_long = |text: &str| text.len() > BYTES_MAX;
        match constraint {
            Constraint::JsonSchema(text)
            | Constraint::Regex(text)
            | Constraint::Lark(text)
            | Constraint::Gbnf(text)
                if too_long(text) =>
            {
                Err(format!("`{}` bytes, `{BYTES_MAX}` at most", text.len()))
            }
            Constraint::JsonSchema(text) => {
                Ok(TopLevelGrammar::from_json_schema(schema::prepared(text)?))
            }
            Constraint::JsonObject => Ok(TopLevelGrammar::from_json_schema(schema::prepared(
                r#"{"type":"object"}"#,
            )?)),
            Constraint::Regex(text) => Ok(TopLevelGrammar::from_regex(text)),
            Constraint::Lark(text) => Ok(TopLevelGrammar::from_lark(text.clone())),
            Constraint::Gbnf(text) => Ok(TopLevelGrammar::from_lark(gbnf::to_lark(text)?)),
            Constraint::Tagged(tags) => {
                Ok(TopLevelGrammar::from_lark(tags.to_lark(&self.vocabulary)?))
            }
        }
    }
}

/// Follows one answer through its grammar.
pub struct Guide {
    matcher: Matcher,
    rows_of_mask: usize,
}

impl Clone for Guide {
    fn clone(&self) -> Self {
        Self {
            matcher: self.matcher.deep_clone(),
            rows_of_mask: self.rows_of_mask,
        }
    }
}

impl Guide {
    /// Sets the logits of tokens that may not follow to negative infinity.
    ///
    /// # Errors
    /// [`Error::Broken`] when the grammar became too complex to follow.
    pub fn mask(&mut self, logits: &mut [f32]) -> Result<(), Error> {
        let mask = self.matcher.compute_mask_or_eos().map_err(broken)?;
        let words = mask.as_slice();
        for (logits, allowed) in logits.chunks_mut(32).zip(words) {
            if *allowed == 0 {
                logits.fill(f32::NEG_INFINITY);
            } else if *allowed != u32::MAX {
                for (bit, logit) in logits.iter_mut().enumerate() {
                    *logit = if allowed >> bit & 1 == 1 {
                        *logit
                    } else {
                        f32::NEG_INFINITY
                    };
                }
            }
        }
        // Networks pad their vocabulary; what stands beyond the words is no token.
        let known = self.rows_of_mask.min(words.len() * 32).min(logits.len());
        logits[known..].fill(f32::NEG_INFINITY);
        Ok(())
    }

    /// Takes notice of the token that follows.
    ///
    /// # Errors
    /// [`Error::Broken`] when it may not.
    pub fn accept(&mut self, token: u32) -> Result<(), Error> {
        self.matcher.consume_token(token).map_err(broken)
    }

    /// Whether each of `tokens` may follow in turn: how many may.
    pub fn allows(&mut self, tokens: &[u32]) -> usize {
        self.matcher.validate_tokens(tokens).unwrap_or(0)
    }

    /// The tokens that must follow, as the tokenizer would write them; none when it is not known.
    pub fn forced(&mut self) -> Vec<u32> {
        if self.is_complete() {
            return Vec::new();
        }
        self.matcher.compute_ff_tokens()
    }

    /// Whether the text is whole and nothing more may follow.
    pub fn is_complete(&self) -> bool {
        self.matcher.is_stopped()
    }

    /// Whether the text is whole as it stands.
    pub fn may_end(&mut self) -> bool {
        self.is_complete() || self.matcher.is_accepting().unwrap_or(false)
    }
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Broken {
        reason: first_line(&error.to_string()),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// The vocabulary as llguidance sees it.
struct Env {
    trie: TokTrie,
    encode: Option<Encode>,
}

impl TokenizerEnv for Env {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        match &self.encode {
            Some(encode) => self
                .trie
                .tokenize_with_greedy_fallback(bytes, |text| encode(text)),
            None => self.trie.greedy_tokenize(bytes),
        }
    }

    fn tokenize_is_canonical(&self) -> bool {
        self.encode.is_some()
    }
}
