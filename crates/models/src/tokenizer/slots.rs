//! Collects tokens as files name them, and makes a vocabulary of their bytes.

use std::sync::LazyLock;

use super::vocabulary::{IDS_MAX, Kind, Vocabulary};
use crate::{Error, Result};

/// How files write the bytes of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Each byte as one printable character, as GPT-2 began it.
    Bytes,
    /// Characters; `▁` is a space and `<0x0A>` a byte.
    Characters,
}

/// Tokens by id.
pub(super) struct Slots<'a> {
    style: Style,
    slots: Vec<Option<Slot<'a>>>,
}

#[derive(Clone, Copy)]
struct Slot<'a> {
    name: &'a str,
    kind: Kind,
    /// Whether merges may make it.
    in_model: bool,
}

impl<'a> Slots<'a> {
    pub fn new(style: Style) -> Self {
        Self {
            style,
            slots: Vec::new(),
        }
    }

    /// Adds a token of the model.
    pub fn add(&mut self, id: u32, name: &'a str) -> Result<()> {
        let is_byte = self.style == Style::Characters && single_byte(name).is_some();
        let slot = Slot {
            name,
            kind: if is_byte { Kind::Byte } else { Kind::Text },
            in_model: true,
        };
        if let Some(other) = self.at(id, name)?.replace(slot) {
            let reason = format!("`{}` and `{name}` share the id `{id}`", other.name);
            return Err(Error::tokenizer(reason, "take the file from its author"));
        }
        Ok(())
    }

    /// Adds a token that is found in the text itself, or says so of one of the model.
    pub fn add_found(&mut self, id: u32, name: &'a str, special: bool) -> Result<()> {
        let slot = self.at(id, name)?;
        let same = slot.filter(|slot| slot.name == name);
        *slot = Some(Slot {
            name,
            kind: match same {
                _ if special => Kind::Special,
                Some(same) => same.kind,
                None => Kind::Text,
            },
            in_model: same.is_some_and(|same| same.in_model),
        });
        Ok(())
    }

    fn at(&mut self, id: u32, name: &str) -> Result<&mut Option<Slot<'a>>> {
        let at = id as usize;
        if at >= IDS_MAX {
            return Err(Error::tokenizer(
                format!("token `{name}` has id `{id}`"),
                "ids stay below 4,194,304; take the file from its author",
            ));
        }
        if at >= self.slots.len() {
            self.slots.resize(at + 1, None);
        }
        Ok(&mut self.slots[at])
    }

    /// The vocabulary of all tokens.
    pub fn build(self) -> Result<Vocabulary> {
        let mut vocabulary = Vocabulary::with_capacity(self.slots.len());
        for slot in &self.slots {
            match slot {
                None => vocabulary.push(&[], Kind::Unused)?,
                Some(slot) => vocabulary.push(&self.style.bytes_of(slot.name), slot.kind)?,
            }
        }
        vocabulary.index(|id| {
            self.slots[id as usize].is_some_and(|slot| {
                slot.in_model
                    && match self.style {
                        Style::Bytes => slot.name.chars().all(|c| byte_of(c).is_some()),
                        Style::Characters => slot.kind != Kind::Byte && !slot.name.contains(' '),
                    }
            })
        });
        Ok(vocabulary)
    }
}

impl Style {
    /// The bytes that the token called `name` stands for.
    pub fn bytes_of(self, name: &str) -> Vec<u8> {
        match self {
            // A name with other characters is not encoded: it stands for itself.
            Self::Bytes => {
                let bytes = name.chars().map(byte_of).collect::<Option<Vec<u8>>>();
                bytes.unwrap_or_else(|| name.as_bytes().to_vec())
            }
            Self::Characters => match single_byte(name) {
                Some(byte) => vec![byte],
                None => name.replace('▁', " ").into_bytes(),
            },
        }
    }
}

/// The byte that `name` stands for, if it is of the form `<0x0A>`.
pub(super) fn single_byte(name: &str) -> Option<u8> {
    let digits = name.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() != 2 || digits.starts_with('+') {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

/// The byte that `character` stands for in names of byte-level tokens.
fn byte_of(character: char) -> Option<u8> {
    // Printable Latin-1 stands for itself; the other bytes follow in order from U+0100.
    static OTHERS: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..=255).filter(|byte| !is_itself(*byte)).collect());
    let code = u32::from(character);
    match u8::try_from(code) {
        Ok(byte) => is_itself(byte).then_some(byte),
        Err(_) => OTHERS.get(code as usize - 256).copied(),
    }
}

fn is_itself(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_the_bytes_they_stand_for() {
        assert_eq!(Style::Bytes.bytes_of("ĠhÃ¤"), " hä".as_bytes());
        assert_eq!(Style::Bytes.bytes_of("<｜end｜>"), "<｜end｜>".as_bytes());
        assert_eq!(Style::Characters.bytes_of("▁hä"), " hä".as_bytes());
        assert_eq!(Style::Characters.bytes_of("<0xC3>"), [0xc3]);
        assert_eq!(single_byte("<0x+A>"), None);
    }

    #[test]
    fn two_tokens_cannot_share_an_id() {
        let mut slots = Slots::new(Style::Bytes);
        slots.add(0, "a").unwrap();
        assert!(slots.add(0, "b").is_err());
        assert!(slots.add(u32::MAX, "c").is_err());
    }
}
