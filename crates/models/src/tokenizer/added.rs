//! Tokens that are found in the text before anything is split: `<|im_start|>` and its like.

use aho_corasick::{AhoCorasick, MatchKind};

use super::classes::Classes;
use crate::{Error, Result, Special};

/// A token that is found as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AddedToken {
    pub id: u32,
    pub content: String,
    /// Whether it counts only where no letter or digit touches it.
    pub single_word: bool,
    /// Whether it takes the white space before it.
    pub strips_left: bool,
    /// Whether it takes the white space after it.
    pub strips_right: bool,
    /// Whether it structures text, rather than being a frequent part of it.
    pub special: bool,
}

/// A set of added tokens and the automaton that finds them.
pub(super) struct Added {
    tokens: Vec<AddedToken>,
    finder: Option<AhoCorasick>,
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    Token(u32),
}

impl Added {
    /// The set of `tokens`; of those that overlap in a text the leftmost, then longest counts.
    pub fn new(tokens: Vec<AddedToken>) -> Result<Self> {
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(tokens.iter().map(|token| &token.content))
            .map_err(|error| {
                let reason = format!("its {} added tokens: {error}", tokens.len());
                Error::tokenizer(reason, "take the file from its author")
            })?;
        let finder = (!tokens.is_empty()).then_some(finder);
        Ok(Self { tokens, finder })
    }

    /// Cuts `text` at its added tokens and hands over the parts in order, none of them empty.
    pub fn cut<'a>(&self, text: &'a str, special: Special, mut part: impl FnMut(Part<'a>)) {
        let mut done = 0;
        for found in self.finder.iter().flat_map(|finder| finder.find_iter(text)) {
            let token = &self.tokens[found.pattern().as_usize()];
            let (mut start, mut end) = (found.start(), found.end());
            let ignored = special == Special::AsText && token.special;
            // What an earlier token took of the white space is no longer there.
            if ignored || start < done || (token.single_word && is_inside_word(text, start, end)) {
                continue;
            }
            if token.strips_left {
                start = text[done..start].trim_end().len() + done;
            }
            if token.strips_right {
                end = text.len() - text[end..].trim_start().len();
            }
            if done < start {
                part(Part::Text(&text[done..start]));
            }
            part(Part::Token(token.id));
            done = end;
        }
        if done < text.len() {
            part(Part::Text(&text[done..]));
        }
    }
}

fn is_inside_word(text: &str, start: usize, end: usize) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| Classes::of(c).has(Classes::WORD));
    is_word(text[..start].chars().next_back()) || is_word(text[end..].chars().next())
}
