//! Text to token ids and back.

mod added;
mod bpe;
mod classes;
mod decode;
mod folder;
mod frame;
mod gguf;
mod json;
mod merges;
mod others;
mod pipeline;
mod shield;
mod slots;
mod split;
mod vocabulary;

use std::borrow::Cow;
use std::sync::OnceLock;

use decode::Decoding;
pub use decode::Stream;
pub(crate) use folder::json as json_file;
use frame::{Ends, Frame};
use others::Others;
use pipeline::Pipeline;
use shield::Shield;
use vocabulary::{Kind, Vocabulary};

/// What the names of special tokens mean when they stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// They are the tokens: for prompts that a chat template has rendered. Those in words that were
    /// [shielded](Tokenizer::shielded) are not.
    Parse,
    /// They are words like any other: for text that somebody else wrote.
    AsText,
}

/// Text to ids and back, as the vocabulary of one checkpoint defines it.
///
/// ```no_run
/// use models::{Special, Tokenizer};
///
/// let tokenizer = Tokenizer::open("checkpoint".as_ref())?;
/// let ids = tokenizer.encode("No half words.", Special::AsText);
/// assert_eq!(tokenizer.decode(&ids, true), "No half words.");
/// # Ok::<(), models::Error>(())
/// ```
pub struct Tokenizer {
    vocabulary: Vocabulary,
    encoding: Encoding,
    decoding: Decoding,
    frame: Frame,
    ends: Ends,
    shield: OnceLock<Shield>,
}

enum Encoding {
    Merging(Box<Pipeline>),
    Others(Box<Others>),
}

impl Tokenizer {
    /// The ids of `text`, with nothing added before or after it.
    pub fn encode(&self, text: &str, special: Special) -> Vec<u32> {
        match &self.encoding {
            Encoding::Merging(pipeline) => pipeline.encode(text, special, &self.vocabulary),
            Encoding::Others(others) => others.encode(text, special),
        }
    }

    /// The ids of `text` with those around it that the checkpoint was trained with: a beginning
    /// of text, for many. A rendered chat template brings its own; [`Self::encode`] that.
    pub fn encode_framed(&self, text: &str, special: Special) -> Vec<u32> {
        let mut ids = self.frame.before.clone();
        ids.extend(self.encode(text, special));
        ids.extend(&self.frame.after);
        ids
    }

    /// `text`, which somebody else wrote, as a chat template may take it: the names of special tokens in it
    /// stay words when the prompt is encoded with [`Special::Parse`]. Where there are none, it is the same.
    pub fn shielded<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let shield = || Shield::new(self.special_tokens().map(|(_, name)| name));
        self.shield.get_or_init(shield).raise(text)
    }

    /// Turns ids into text as they come.
    pub fn stream(&self, skip_special: bool) -> Stream<&Self> {
        Stream::new(self, skip_special)
    }

    /// The bytes that `id` stands for in text, which may be part of a character; none if there is
    /// no such token. A special token's are its name.
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.vocabulary.token(id)
    }

    /// The id of the token with exactly these bytes, special ones included.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        let listed = self.vocabulary.id(token.as_bytes());
        listed.or_else(|| {
            self.special_tokens()
                .find(|(_, name)| *name == token)
                .map(|(id, _)| id)
        })
    }

    /// How many ids there are; the largest is one less. Weights may have rows for more.
    pub fn vocab_size(&self) -> usize {
        self.vocabulary.len()
    }

    /// Whether `id` structures text rather than being part of it.
    pub fn is_special(&self, id: u32) -> bool {
        self.vocabulary.kind(id) == Kind::Special
    }

    /// The special tokens and their names, by id.
    pub fn special_tokens(&self) -> impl Iterator<Item = (u32, &str)> {
        let ids = 0..self.vocabulary.len() as u32;
        let special = ids.filter(|id| self.is_special(*id));
        special.filter_map(|id| Some((id, std::str::from_utf8(self.token_bytes(id)).ok()?)))
    }

    /// The id that begins a text.
    pub fn bos(&self) -> Option<u32> {
        self.ends.bos
    }

    /// The ids after which nothing more should be generated, the principal one first: the end of
    /// the text, and for chat the end of the turn.
    pub fn eos(&self) -> &[u32] {
        &self.ends.eos
    }

    fn decode_as_others(&self, ids: &[u32], skip_special: bool) -> String {
        match &self.encoding {
            Encoding::Others(others) => others.decode(ids, skip_special),
            Encoding::Merging(_) => unreachable!("only others decode as others"),
        }
    }
}
