//! What each token stands for, as far as the engine must know.

use std::fmt;
use std::sync::Arc;

use models::{Special, Tokenizer};

/// Splits text into tokens as the model's tokenizer does.
pub type Encode = Arc<dyn Fn(&str) -> Vec<u32> + Send + Sync>;

/// The bytes of each token, and which tokens are signs to the machine.
#[derive(Clone)]
pub struct Vocabulary {
    words: Arc<[Word]>,
    end: Arc<[u32]>,
    encode: Option<Encode>,
    strips_first_space: bool,
}

/// What one token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Bytes of text, maybe part of a character.
    Text(Vec<u8>),
    /// A sign of this name, such as `<|im_end|>`, that is no text.
    Control(String),
}

impl Vocabulary {
    /// Of `words` by token; any token of `end` ends a text.
    pub fn new(words: Vec<Word>, end: Vec<u32>) -> Self {
        Self {
            words: words.into(),
            end: end.into(),
            encode: None,
            strips_first_space: false,
        }
    }

    /// That of a model's tokenizer.
    pub fn of(tokenizer: &Arc<Tokenizer>) -> Self {
        let size = tokenizer.vocab_size() as u32;
        let word = |token: u32| {
            let bytes = tokenizer.token_bytes(token).to_vec();
            if tokenizer.is_special(token) {
                Word::Control(String::from_utf8_lossy(&bytes).into_owned())
            } else {
                Word::Text(bytes)
            }
        };
        let end = tokenizer.eos().iter().copied();
        let end = end.filter(|token| *token < size).collect();
        // Some tokenizers write a space before the first word, which is no part of the text.
        let spaced = (0..size).find(|token| match tokenizer.token_bytes(*token) {
            [b' ', letter, ..] => letter.is_ascii_alphabetic() && !tokenizer.is_special(*token),
            _ => false,
        });
        let is_bare = |token| !tokenizer.decode(&[token], true).starts_with(' ');
        let theirs = Arc::clone(tokenizer);
        Self {
            strips_first_space: spaced.is_some_and(is_bare),
            ..Self::new((0..size).map(word).collect(), end)
        }
        .with_encode(Arc::new(move |text| theirs.encode(text, Special::AsText)))
    }

    /// With the model's own splitting of text, which lets constraints force tokens ahead.
    pub fn with_encode(self, encode: Encode) -> Self {
        Self {
            encode: Some(encode),
            ..self
        }
    }

    /// Tokens there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The tokens that end a text.
    pub fn end(&self) -> &[u32] {
        &self.end
    }

    /// The bytes of text that `token` adds; none for signs and tokens that are not there.
    pub fn text(&self, token: u32) -> &[u8] {
        match self.words.get(token as usize) {
            Some(Word::Text(bytes)) => bytes,
            _ => &[],
        }
    }

    /// What `token` stands for.
    pub fn word(&self, token: u32) -> Option<&Word> {
        self.words.get(token as usize)
    }

    /// The token that is exactly `text`, a sign before a text.
    pub fn token(&self, text: &str) -> Option<u32> {
        let mut found = None;
        for (token, word) in (0..).zip(self.words.iter()) {
            match word {
                Word::Control(name) if name == text => return Some(token),
                Word::Text(bytes) if bytes == text.as_bytes() => found = found.or(Some(token)),
                _ => {}
            }
        }
        found
    }

    /// The tokens whose text holds one of `strings`, such as the breakers of DRY.
    pub fn holding(&self, strings: &[&str]) -> Vec<u32> {
        let holds = |bytes: &[u8]| {
            let mut strings = strings.iter().filter(|string| !string.is_empty());
            strings.any(|string| bytes.windows(string.len()).any(|w| w == string.as_bytes()))
        };
        (0..self.words.len() as u32)
            .filter(|token| holds(self.text(*token)))
            .collect()
    }

    /// Whether a space at the very beginning of an answer is no part of it.
    pub(crate) fn strips_first_space(&self) -> bool {
        self.strips_first_space
    }

    pub(crate) fn encode(&self) -> Option<&Encode> {
        self.encode.as_ref()
    }
}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vocabulary of {} tokens", self.words.len())
    }
}
