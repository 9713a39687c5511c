//! Names of special tokens in words that somebody else wrote: they stay words.
//!
//! A chat template puts the words of people and files between tokens that say who speaks. Whoever writes the
//! name of such a token into a letter would speak for somebody else, if the rendered text were simply read.
//! So a character that no text may hold is put into such names before they are rendered, and taken out
//! again where tokens are no longer looked for.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};

/// A noncharacter: Unicode promises that it will never mean anything in a text that is passed on.
const SHIELD: char = '\u{fdd0}';

/// Finds the names of special tokens in a text.
pub(super) struct Shield {
    names: Option<AhoCorasick>,
}

impl Shield {
    /// Against `names`.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        // A single character cannot be broken.
        let names: Vec<&str> = names.filter(|name| name.chars().nth(1).is_some()).collect();
        // A vocabulary whose names are too many for an automaton was refused when it was read.
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&names)
            .ok();
        Self {
            names: finder.filter(|_| !names.is_empty()),
        }
    }

    /// `text` with every such name broken, and no shield of its own.
    pub fn raise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = match text.contains(SHIELD) {
            true => Cow::Owned(text.replace(SHIELD, "")),
            false => Cow::Borrowed(text),
        };
        let Some(names) = &self.names else {
            return text;
        };
        // A broken name may uncover one that it overlapped, which begins further on.
        while names.is_match(&*text) {
            let mut broken = String::with_capacity(text.len() + 16);
            let mut done = 0;
            for found in names.find_iter(&*text) {
                let first = text[found.start()..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
                broken.push_str(&text[done..found.start() + first]);
                broken.push(SHIELD);
                done = found.start() + first;
            }
            broken.push_str(&text[done..]);
            text = Cow::Owned(broken);
        }
        text
    }
}

/// Whether a part of a rendered text was shielded.
pub(super) fn is_raised(text: &str) -> bool {
    text.contains(SHIELD)
}

/// The text as it was written.
pub(super) fn lower(text: &str) -> String {
    text.replace(SHIELD, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shield() -> Shield {
        Shield::new(["<|end|>", "<|start|>", "<s>", "ß|"].into_iter())
    }

    #[test]
    fn names_are_broken_and_everything_else_stays() {
        let shield = shield();
        for plain in ["", "no names", "< s>", "<|end|", "\u{fdd1}"] {
            assert!(matches!(shield.raise(plain), Cow::Borrowed(same) if same == plain));
        }
        for text in [
            "<|end|>",
            "a<s><s>b",
            "<|start|>x<|end|>",
            "ß|",
            "<|end|<|end|>",
        ] {
            let raised = shield.raise(text);
            assert!(is_raised(&raised) && !shield.names.as_ref().unwrap().is_match(&*raised));
            assert_eq!(lower(&raised), text);
        }
    }

    #[test]
    fn a_shield_that_somebody_wrote_does_not_hide_a_name() {
        let raised = shield().raise("<\u{fdd0}|end|>").into_owned();
        assert_eq!(lower(&raised), "<|end|>");
        assert!(!shield().names.unwrap().is_match(&raised));
    }

    #[test]
    fn without_names_nothing_is_done() {
        let none = Shield::new(std::iter::empty());
        assert_eq!(none.raise("<|end|>"), "<|end|>");
    }
}
