//! The objects that a PDF is made of, and the reader of their signs.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::limits::Budget;

/// Lists within lists at most.
const DEPTH_MAX: usize = 48;

/// Objects within one, which takes many times the memory of its text.
const WITHIN_MAX: usize = 1 << 20;

/// Names and what they stand for.
pub(crate) type Dict = BTreeMap<Box<str>, Object>;

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Object {
    #[default]
    Null,
    Bool(bool),
    Number(f64),
    Name(Box<str>),
    Bytes(Box<[u8]>),
    List(Vec<Object>),
    Dict(Dict),
    /// The object of that number.
    Reference(u32),
    /// A word that is none of these: what is done, in pages.
    Word(Box<str>),
}

impl Object {
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) if number.is_finite() => Some(*number),
            _ => None,
        }
    }

    /// A whole number from zero.
    pub fn count(&self) -> Option<usize> {
        let number = self.number()?;
        (number >= 0.0 && number < f64::from(u32::MAX)).then_some(number as usize)
    }

    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    pub fn list(&self) -> &[Object] {
        match self {
            Self::List(list) => list,
            _ => &[],
        }
    }

    pub fn dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// About how many steps it takes to copy it.
    pub fn weight(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::List(list) => list.iter().map(|one| one.weight() + 1).sum(),
            Self::Dict(dict) => dict.values().map(|one| one.weight() + 4).sum(),
            _ => 1,
        }
    }

    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if **found == *word)
    }
}

/// Reads objects out of bytes, one after another.
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    pub at: usize,
    budget: &'a Budget,
    /// Objects within the one that is being read.
    within: usize,
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

impl<'a> Lexer<'a> {
    pub fn new(bytes: &'a [u8], at: usize, budget: &'a Budget) -> Self {
        Self {
            bytes,
            at,
            budget,
            within: 0,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let rest = &self.bytes[self.at..];
                let end = rest.iter().position(|byte| matches!(byte, 10 | 13));
                self.at += end.unwrap_or(rest.len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The next object; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Object>> {
        self.within = 0;
        self.object(0)
    }

    fn object(&mut self, depth: usize) -> Result<Option<Object>> {
        let from = self.at;
        let found = self.read(depth);
        // What is in lists was counted by itself, and is counted again: depth is bounded.
        self.budget.step(self.at - from + 1)?;
        found
    }

    fn read(&mut self, depth: usize) -> Result<Option<Object>> {
        self.skip_space();
        let Some(byte) = self.peek() else {
            return Ok(None);
        };
        let two = self.bytes.get(self.at + 1).copied();
        Ok(Some(match byte {
            b'/' => {
                self.at += 1;
                Object::Name(self.name())
            }
            b'(' => Object::Bytes(self.literal()),
            b'<' if two == Some(b'<') => {
                self.at += 2;
                self.dict(depth)?
            }
            b'<' => Object::Bytes(self.hex()),
            b'[' => {
                self.at += 1;
                self.list(depth)?
            }
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.numeric(),
            byte if is_delimiter(byte) => {
                self.at += if byte == b'>' && two == Some(b'>') {
                    2
                } else {
                    1
                };
                Object::Word(if byte == b'>' {
                    ">".into()
                } else {
                    char::from(byte).to_string().into()
                })
            }
            _ => self.word(),
        }))
    }

    fn regular(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| !is_regular(*byte));
        let word = &rest[..length.unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn word(&mut self) -> Object {
        match self.regular() {
            b"true" => Object::Bool(true),
            b"false" => Object::Bool(false),
            b"null" => Object::Null,
            word => Object::Word(String::from_utf8_lossy(&word[..word.len().min(128)]).into()),
        }
    }

    fn name(&mut self) -> Box<str> {
        let raw = self.regular();
        if !raw.contains(&b'#') {
            return String::from_utf8_lossy(raw).into();
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut at = 0;
        while at < raw.len() {
            let pair = (raw[at] == b'#').then(|| raw.get(at + 1..at + 3)).flatten();
            match pair.and_then(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)) {
                Some(byte) => {
                    name.push(byte);
                    at += 3;
                }
                None => {
                    name.push(raw[at]);
                    at += 1;
                }
            }
        }
        String::from_utf8_lossy(&name).into()
    }

    /// A number, or a reference where two more signs follow.
    fn numeric(&mut self) -> Object {
        let word = self.regular();
        let Some(number) = number(word) else {
            return Object::Word(String::from_utf8_lossy(&word[..word.len().min(128)]).into());
        };
        let is_whole = word.iter().all(u8::is_ascii_digit) && word.len() <= 10;
        if is_whole && let Some(end) = self.reference() {
            self.at = end;
            return Object::Reference(number as u32);
        }
        Object::Number(number)
    }

    /// Where a reference ends of which the first number was read.
    fn reference(&self) -> Option<usize> {
        let mut at = self.at;
        let rest = |at: usize| self.bytes.get(at).copied();
        let skip = |at: &mut usize| {
            let from = *at;
            while rest(*at).is_some_and(is_space) && *at - from < 8 {
                *at += 1;
            }
            *at > from
        };
        if !skip(&mut at) {
            return None;
        }
        let from = at;
        while rest(at).is_some_and(|byte| byte.is_ascii_digit()) && at - from < 6 {
            at += 1;
        }
        if at == from || !skip(&mut at) || rest(at) != Some(b'R') {
            return None;
        }
        let ends = rest(at + 1).is_none_or(|byte| !is_regular(byte));
        ends.then_some(at + 1)
    }

    fn literal(&mut self) -> Box<[u8]> {
        self.at += 1;
        let mut text = Vec::new();
        let mut open = 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    text.extend(self.escaped());
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
        text.into()
    }

    fn escaped(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(next @ b'0'..=b'7') = self.peek() else {
                        break;
                    };
                    value = value * 8 + u32::from(next - b'0');
                    self.at += 1;
                }
                value as u8
            }
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                return None;
            }
            b'\n' => return None,
            other => other,
        })
    }

    fn hex(&mut self) -> Box<[u8]> {
        let rest = &self.bytes[self.at + 1..];
        let end = rest
            .iter()
            .position(|byte| *byte == b'>')
            .unwrap_or(rest.len());
        self.at = (self.at + end + 2).min(self.bytes.len());
        let digits: Vec<u8> = rest[..end].iter().filter_map(|byte| digit(*byte)).collect();
        let pairs = digits.chunks(2);
        pairs
            .map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0))
            .collect()
    }

    /// A list; a word that cannot be in one ends it, so that what is torn ends soon.
    fn list(&mut self, depth: usize) -> Result<Object> {
        let mut list = Vec::new();
        while let Some(object) = self.within(depth)? {
            list.push(object);
        }
        Ok(Object::List(list))
    }

    fn dict(&mut self, depth: usize) -> Result<Object> {
        let mut dict = Dict::new();
        while let Some(Object::Name(name)) = self.within(depth)? {
            let Some(value) = self.within(depth)? else {
                break;
            };
            dict.insert(name, value);
        }
        Ok(Object::Dict(dict))
    }

    /// What stands in a list or dictionary; `None` at its end.
    fn within(&mut self, depth: usize) -> Result<Option<Object>> {
        if depth >= DEPTH_MAX {
            return Ok(None);
        }
        self.within += 1;
        if self.within > WITHIN_MAX {
            return Err(Error::TooMuch {
                of: "values in one list",
                limit: WITHIN_MAX as u64,
            });
        }
        let before = self.at;
        let object = self.object(depth + 1)?;
        if let Some(Object::Word(word)) = &object {
            match &**word {
                "]" | ">" => {}
                // What is torn goes on with what ended it.
                "obj" | "endobj" | "stream" | "endstream" | "trailer" => self.at = before,
                _ => return Ok(Some(Object::Null)),
            }
            return Ok(None);
        }
        Ok(object)
    }
}

pub(crate) fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// Numbers as programs write them, with more signs than there should be.
fn number(word: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(word).ok()?;
    let unsigned = text.trim_start_matches(['+', '-']);
    let unsigned = unsigned
        .split_once('-')
        .map_or(unsigned, |(before, _)| before);
    let is_number = unsigned
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !is_number || unsigned.len() > 64 {
        return None;
    }
    let value: f64 = match unsigned {
        "" | "." => 0.0,
        unsigned => unsigned.parse().ok()?,
    };
    Some(if text.starts_with('-') { -value } else { value })
}
