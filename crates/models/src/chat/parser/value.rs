//! Finds where a JSON value ends while it comes.

/// A JSON value as far as it has come.
#[derive(Default)]
pub(super) struct Value {
    pub raw: String,
    depth: usize,
    in_text: bool,
    after_backslash: bool,
}

/// What a character was to a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Part,
    /// Its last.
    Last,
    /// No part of it: the value had ended before.
    Behind,
    Broken,
}

impl Value {
    pub fn push(&mut self, character: char) -> Reading {
        let is_scalar = self.depth == 0 && !self.in_text && !self.raw.is_empty();
        if is_scalar && (matches!(character, ',' | '}' | ']') || character.is_ascii_whitespace()) {
            return Reading::Behind;
        }
        self.raw.push(character);
        if self.in_text {
            match character {
                _ if self.after_backslash => self.after_backslash = false,
                '\\' => self.after_backslash = true,
                '"' => self.in_text = false,
                _ => {}
            }
        } else {
            match character {
                '"' => self.in_text = true,
                '{' | '[' => self.depth += 1,
                '}' | ']' if self.depth == 0 => return Reading::Broken,
                '}' | ']' => self.depth -= 1,
                _ => {}
            }
        }
        let closes = matches!(character, '"' | '}' | ']');
        match closes && self.depth == 0 && !self.in_text {
            true => Reading::Last,
            false => Reading::Part,
        }
    }

    /// The value as the text of a JSON object, if it is one or is a text that holds one.
    pub fn arguments(&self) -> Option<String> {
        let text = match self.raw.starts_with('"') {
            true => serde_json::from_str(&self.raw).ok()?,
            false => self.raw.clone(),
        };
        let is_object = text.trim_start().starts_with('{');
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        (is_object && is_json).then_some(text)
    }
}
