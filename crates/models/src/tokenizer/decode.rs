//! From ids to text, at once or as they come.

use std::ops::Deref;

use super::{Tokenizer, vocabulary::Kind};

/// What tokens become when they are read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoding {
    /// Their bytes, one after another; what is no UTF-8 becomes `U+FFFD`.
    Bytes,
    /// Characters and, between them, runs of single bytes that are text only as a whole.
    Characters {
        /// Whether one space at the very beginning is dropped.
        strips_first_space: bool,
    },
    /// As the `tokenizers` crate does it for this file.
    Others,
}

/// Turns ids into text as they come, and never emits half a character.
///
/// What [`Stream::push`] and [`Stream::finish`] return, one after another, is what
/// [`Tokenizer::decode`] makes of all the ids, as long as they are valid text.
pub struct Stream<T> {
    tokenizer: T,
    skip_special: bool,
    /// Bytes of a character that is not complete yet.
    pending: Vec<u8>,
    is_first: bool,
    /// For decoders that look at their neighbours: ids whose text may still change, and how much
    /// of it is out.
    window: Vec<u32>,
    emitted: usize,
}

/// Ids of context that a decoder with neighbours is shown again.
const WINDOW_MAX: usize = 64;

impl<T: Deref<Target = Tokenizer>> Stream<T> {
    /// A stream of `tokenizer`, borrowed or shared; `skip_special` leaves out special tokens.
    pub fn new(tokenizer: T, skip_special: bool) -> Self {
        Self {
            tokenizer,
            skip_special,
            pending: Vec::new(),
            is_first: true,
            window: Vec::new(),
            emitted: 0,
        }
    }

    /// The text that `id` completes; often empty for part of a character.
    pub fn push(&mut self, id: u32) -> String {
        if self.skip_special && self.tokenizer.is_special(id) {
            return String::new();
        }
        match self.tokenizer.decoding {
            Decoding::Bytes => {
                self.pending
                    .extend_from_slice(self.tokenizer.token_bytes(id));
                self.complete()
            }
            Decoding::Characters { strips_first_space } => {
                self.push_character(id, strips_first_space)
            }
            Decoding::Others => self.push_to_window(id),
        }
    }

    /// The text of what is left, with `U+FFFD` for a character that never became complete.
    pub fn finish(mut self) -> String {
        if self.tokenizer.decoding == Decoding::Others {
            let text = self.tokenizer.decode(&self.window, self.skip_special);
            return text.get(self.emitted..).unwrap_or_default().to_owned();
        }
        self.broken()
    }

    fn push_character(&mut self, id: u32, strips_first_space: bool) -> String {
        let mut text;
        if self.tokenizer.vocabulary.kind(id) == Kind::Byte {
            self.pending
                .extend_from_slice(self.tokenizer.token_bytes(id));
            text = self.complete();
        } else {
            text = self.broken();
            text.push_str(&String::from_utf8_lossy(self.tokenizer.token_bytes(id)));
        }
        if self.is_first && !text.is_empty() {
            self.is_first = false;
            if strips_first_space && text.starts_with(' ') {
                text.remove(0);
            }
        }
        text
    }

    /// What of the pending bytes is text by now.
    fn complete(&mut self) -> String {
        let mut text = String::new();
        let mut done = 0;
        for chunk in self.pending.utf8_chunks() {
            text.push_str(chunk.valid());
            done += chunk.valid().len();
            let broken = chunk.invalid();
            let is_last = done + broken.len() == self.pending.len();
            if broken.is_empty() || (is_last && may_continue(broken)) {
                break;
            }
            let count = match self.tokenizer.decoding {
                Decoding::Bytes => 1,
                _ => broken.len(),
            };
            text.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, count));
            done += broken.len();
        }
        self.pending.drain(..done);
        text
    }

    /// What stands for pending bytes that nothing will complete.
    fn broken(&mut self) -> String {
        let count = match self.tokenizer.decoding {
            Decoding::Bytes => usize::from(!self.pending.is_empty()),
            _ => self.pending.len(),
        };
        self.pending.clear();
        "\u{fffd}".repeat(count)
    }

    fn push_to_window(&mut self, id: u32) -> String {
        self.window.push(id);
        let text = self.tokenizer.decode(&self.window, self.skip_special);
        if text.ends_with(char::REPLACEMENT_CHARACTER) {
            return String::new();
        }
        let new = text.get(self.emitted..).unwrap_or_default().to_owned();
        self.emitted = text.len();
        if self.window.len() > WINDOW_MAX {
            self.window.drain(..WINDOW_MAX / 2);
            self.emitted = self.tokenizer.decode(&self.window, self.skip_special).len();
        }
        new
    }
}

/// Whether `bytes`, which are no character, are the beginning of one.
fn may_continue(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

impl Tokenizer {
    /// The text of `ids`; the special ones among them leave nothing where `skip_special`.
    pub fn decode(&self, ids: &[u32], skip_special: bool) -> String {
        let kept = || {
            ids.iter()
                .filter(|id| !(skip_special && self.is_special(**id)))
        };
        match self.decoding {
            Decoding::Bytes => {
                let bytes: Vec<u8> = kept()
                    .flat_map(|id| self.token_bytes(*id))
                    .copied()
                    .collect();
                match String::from_utf8(bytes) {
                    Ok(text) => text,
                    Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
                }
            }
            Decoding::Characters { strips_first_space } => {
                let mut text = String::new();
                let mut run = Vec::new();
                for id in kept() {
                    let bytes = self.token_bytes(*id);
                    if self.vocabulary.kind(*id) == Kind::Byte {
                        run.extend_from_slice(bytes);
                    } else {
                        flush(&mut run, &mut text);
                        text.push_str(&String::from_utf8_lossy(bytes));
                    }
                }
                flush(&mut run, &mut text);
                if strips_first_space && text.starts_with(' ') {
                    text.remove(0);
                }
                text
            }
            Decoding::Others => self.decode_as_others(ids, skip_special),
        }
    }
}

/// Appends a run of single bytes: their text, or a `U+FFFD` for each if they are none.
fn flush(run: &mut Vec<u8>, text: &mut String) {
    match std::str::from_utf8(run) {
        Ok(valid) => text.push_str(valid),
        Err(_) => text.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, run.len())),
    }
    run.clear();
}
