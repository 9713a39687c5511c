//! From text to ids: added tokens are cut out, the rest is normalised, split and merged.

use std::borrow::Cow;

use tokenizers::{
    NormalizedString, Normalizer as _, NormalizerWrapper, OffsetReferential, OffsetType,
    PreTokenizedString, PreTokenizer as _, PreTokenizerWrapper,
};
use unicode_normalization_alignments::UnicodeNormalization as _;

use super::{
    added::{Added, Part},
    bpe::{Alphabet, Bpe, Scratch},
    shield,
    split::Rules,
    vocabulary::{Vocabulary, hash},
};
use crate::Special;

/// The pipeline of a vocabulary that merges pairs.
pub(super) struct Pipeline {
    /// Tokens that are found in the text as it comes.
    pub added: Added,
    pub normal: Vec<Normal>,
    /// Tokens that are found in normalised text.
    pub added_to_normal: Added,
    pub prefix: Prefix,
    pub splits: Vec<Split>,
    /// Whether no token has a space behind something else, so that spaces begin words.
    pub words_begin_with_space: bool,
    pub bpe: Bpe,
}

/// A step of normalisation.
pub(super) enum Normal {
    Nfc,
    /// `▁` and the space are one: vocabularies of characters keep them so.
    Spaces,
    /// A step that the file names and that is the `tokenizers` crate's.
    Other(Box<NormalizerWrapper>),
}

/// When a space is put before a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Never,
    Always,
    /// Unless white space begins it.
    IfMissing,
    /// As `IfMissing`, but only where the whole text begins.
    First,
}

/// A step of splitting.
pub(super) enum Split {
    Rules(Rules),
    /// Runs of line breaks are words of their own, and tokens if there is one of their length.
    Lines,
    /// A step that the file names and that is the `tokenizers` crate's.
    Other(Box<PreTokenizerWrapper>),
}

/// A word of up to 15 bytes and where its ids stand in the output.
#[derive(Clone, Copy)]
struct Seen {
    /// The word, and its length in the last byte; a length of 0 is no word.
    word: [u8; 16],
    first: u32,
    count: u32,
}

/// Words remembered within one text.
const SEEN_MAX: usize = 1 << 12;

struct State<'a> {
    pipeline: &'a Pipeline,
    vocabulary: &'a Vocabulary,
    scratch: Scratch,
    seen: Vec<Seen>,
    ids: Vec<u32>,
}

impl Pipeline {
    /// The ids of `text`.
    pub fn encode(&self, text: &str, special: Special, vocabulary: &Vocabulary) -> Vec<u32> {
        let none = Seen {
            word: [0; 16],
            first: 0,
            count: 0,
        };
        let seen = match text.len() {
            0..256 => 0,
            length => (length / 8).next_power_of_two().min(SEEN_MAX),
        };
        let mut state = State {
            pipeline: self,
            vocabulary,
            scratch: Scratch::default(),
            seen: vec![none; seen],
            ids: Vec::with_capacity(text.len() / 4 + 1),
        };
        let mut is_first = true;
        self.added.cut(text, special, |part| {
            match part {
                Part::Token(id) => state.ids.push(id),
                Part::Text(text) => {
                    let is_raised = shield::is_raised(text);
                    let (text, special) = match is_raised {
                        true => (Cow::Owned(shield::lower(text)), Special::AsText),
                        false => (Cow::Borrowed(text), special),
                    };
                    let text = &*text;
                    let normal = normalise(&self.normal, self.prefix, text, is_first);
                    self.added_to_normal
                        .cut(&normal, special, |part| match part {
                            Part::Token(id) => state.ids.push(id),
                            Part::Text(text) => state.split(&self.splits, text),
                        });
                }
            }
            is_first = false;
        });
        state.ids
    }
}

impl State<'_> {
    fn split(&mut self, steps: &[Split], text: &str) {
        let Some((step, later)) = steps.split_first() else {
            return self.words(text);
        };
        match step {
            Split::Rules(rules) => {
                let mut rest = text;
                while !rest.is_empty() {
                    let (word, after) = rest.split_at(rules.end_of_word(rest));
                    self.split(later, word);
                    rest = after;
                }
            }
            Split::Lines => self.lines(later, text),
            Split::Other(splitter) => {
                let mut parts = PreTokenizedString::from(text);
                if splitter.pre_tokenize(&mut parts).is_err() {
                    return self.split(later, text);
                }
                for (word, ..) in parts.get_splits(OffsetReferential::Normalized, OffsetType::None)
                {
                    self.split(later, word);
                }
            }
        }
    }

    fn lines(&mut self, later: &[Split], text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let breaks = rest.len() - rest.trim_start_matches('\n').len();
            if let Some(id) = self.vocabulary.id(&rest.as_bytes()[..breaks]) {
                self.ids.push(id);
            } else if breaks > 0 {
                self.split(later, &rest[..breaks]);
            }
            rest = &rest[breaks..];
            let line = rest.find('\n').unwrap_or(rest.len());
            if line > 0 {
                self.split(later, &rest[..line]);
            }
            rest = &rest[line..];
        }
    }

    fn words(&mut self, text: &str) {
        if !self.pipeline.words_begin_with_space {
            return self.word(text.as_bytes());
        }
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
            let letters = rest[spaces..].iter().position(|byte| *byte == b' ');
            let (word, after) = rest.split_at(letters.map_or(rest.len(), |at| spaces + at));
            self.word(word);
            rest = after;
        }
    }

    fn word(&mut self, word: &[u8]) {
        let bpe = &self.pipeline.bpe;
        let slot = match self.seen.len() {
            slots if slots > 0 && word.len() < 16 => hash(word) as usize & (slots - 1),
            _ => return bpe.encode(word, self.vocabulary, &mut self.scratch, &mut self.ids),
        };
        let mut key = [0; 16];
        key[..word.len()].copy_from_slice(word);
        key[15] = word.len() as u8;
        let seen = &mut self.seen[slot];
        if seen.word == key {
            let first = seen.first as usize;
            self.ids
                .extend_from_within(first..first + seen.count as usize);
            return;
        }
        let first = self.ids.len();
        bpe.encode(word, self.vocabulary, &mut self.scratch, &mut self.ids);
        *seen = Seen {
            word: key,
            first: first as u32,
            count: (self.ids.len() - first) as u32,
        };
    }
}

/// Whether a space never follows another character within a token that text can become.
pub(super) fn words_begin_with_space(bpe: &Bpe, vocabulary: &Vocabulary) -> bool {
    matches!(bpe.alphabet, Alphabet::Characters { .. })
        && (0..vocabulary.len() as u32).all(|id| {
            let token = vocabulary.token(id);
            let inside = token.iter().skip_while(|byte| **byte == b' ');
            vocabulary.id(token) != Some(id) || !inside.clone().any(|byte| *byte == b' ')
        })
}

/// `text` after all `steps`, with the space that `prefix` asks for.
pub(super) fn normalise<'a>(
    steps: &[Normal],
    prefix: Prefix,
    text: &'a str,
    is_first: bool,
) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    for step in steps {
        match step {
            Normal::Nfc if text.is_ascii() => {}
            Normal::Nfc => text = Cow::Owned(text.nfc().map(|(c, _)| c).collect()),
            Normal::Spaces if !text.contains('▁') => {}
            Normal::Spaces => text = Cow::Owned(text.replace('▁', " ")),
            Normal::Other(normalizer) => {
                let mut normal = NormalizedString::from(&*text);
                // A step that fails leaves the text as it is.
                if normalizer.normalize(&mut normal).is_ok() {
                    text = Cow::Owned(normal.get().to_owned());
                }
            }
        }
    }
    let wanted = match prefix {
        Prefix::Never => false,
        Prefix::Always => true,
        Prefix::IfMissing => !text.starts_with(char::is_whitespace),
        Prefix::First => is_first && !text.starts_with(char::is_whitespace),
    };
    if wanted {
        text.to_mut().insert(0, ' ');
    }
    text
}
