//! Tables from the codes of a font to letters. Source: ISO 32000-1, 9.7.5 and 9.10.3.

use std::collections::HashMap;

use super::object::{Lexer, Object};
use crate::error::Result;
use crate::limits::Budget;

/// Entries of a table at most.
const ENTRIES_MAX: usize = 1 << 17;

/// Codes, and the letters that they stand for.
#[derive(Debug, Default)]
pub(crate) struct Cmap {
    single: HashMap<u32, Box<str>>,
    /// From, to, and the letter of the first.
    ranges: Vec<(u32, u32, u32)>,
    /// Bytes of a code, where it says so.
    pub code_bytes: Option<usize>,
}

impl Cmap {
    /// Reads a table; what is torn ends it.
    pub fn read(bytes: &[u8], budget: &Budget) -> Result<Self> {
        let mut cmap = Self::default();
        let mut lexer = Lexer::new(bytes, 0, budget);
        let mut held: Vec<Object> = Vec::new();
        while let Some(object) = lexer.next()? {
            let Object::Word(word) = &object else {
                if held.len() < ENTRIES_MAX {
                    held.push(object);
                }
                continue;
            };
            match &**word {
                "endcodespacerange" => {
                    let lengths = held.iter().filter_map(|char_code| match char_code {
                        Object::Bytes(bytes) => Some(bytes.len()),
                        _ => None,
                    });
                    cmap.code_bytes = lengths.max().filter(|length| (1..=4).contains(length));
                }
                "endbfchar" => cmap.chars(&held),
                "endbfrange" => cmap.spans(&held),
                _ => {}
            }
            held.clear();
        }
        cmap.ranges.sort_unstable();
        Ok(cmap)
    }

    fn chars(&mut self, held: &[Object]) {
        for pair in held.chunks_exact(2) {
            if let (Some(char_code), Some(text)) = (char_code(&pair[0]), letters(&pair[1])) {
                self.put(char_code, text);
            }
        }
    }

    fn put(&mut self, char_code: u32, text: String) {
        if self.single.len() < ENTRIES_MAX {
            self.single.insert(char_code, text.into());
        }
    }

    fn spans(&mut self, held: &[Object]) {
        for three in held.chunks_exact(3) {
            let (Some(from), Some(to)) = (char_code(&three[0]), char_code(&three[1])) else {
                continue;
            };
            if let Object::List(list) = &three[2] {
                for (char_code, object) in (from..=to).zip(list) {
                    if let Some(text) = letters(object) {
                        self.put(char_code, text);
                    }
                }
                continue;
            }
            let Some(text) = letters(&three[2]) else {
                continue;
            };
            let mut each = text.chars();
            match (each.next(), each.next()) {
                (Some(first), None) if self.ranges.len() < ENTRIES_MAX => {
                    self.ranges.push((from, to, u32::from(first)));
                }
                // Several letters: the last one counts up, of which hardly more than one is meant.
                (Some(_), Some(_)) => self.put(from, text),
                _ => {}
            }
        }
    }

    /// The letters of a code.
    pub fn get(&self, char_code: u32, out: &mut String) -> bool {
        if let Some(text) = self.single.get(&char_code) {
            out.push_str(text);
            return true;
        }
        let after = self.ranges.partition_point(|(from, ..)| *from <= char_code);
        // Ranges overlap in torn files only: a few are looked at.
        let before = self.ranges[..after].iter().rev().take(4);
        let found = before.filter(|(_, to, _)| char_code <= *to);
        let mut letters = found
            .filter_map(|(from, _, first)| char::from_u32(first.checked_add(char_code - from)?));
        match letters.next() {
            Some(letter) => {
                out.push(letter);
                true
            }
            None => false,
        }
    }
}

fn char_code(object: &Object) -> Option<u32> {
    match object {
        Object::Bytes(bytes) if bytes.len() <= 4 => Some(
            bytes
                .iter()
                .fold(0, |char_code, byte| char_code << 8 | u32::from(*byte)),
        ),
        _ => None,
    }
}

/// Letters in UTF-16.
fn letters(object: &Object) -> Option<String> {
    let Object::Bytes(bytes) = object else {
        return None;
    };
    if bytes.len() > 512 {
        return None;
    }
    if bytes.len() == 1 {
        return Some(char::from(bytes[0]).to_string());
    }
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    Some(
        char::decode_utf16(units)
            .map(|letter| letter.unwrap_or('\u{fffd}'))
            .collect(),
    )
}
