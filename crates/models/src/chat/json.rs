//! JSON that keeps the order of its keys, for prompts are made of it.

use std::fmt::{self, Write as _};

use minijinja::{Value, value::ValueKind};

use crate::{Error, Result};

/// A JSON value with its keys in the order in which they were written.
#[derive(Debug, Clone, PartialEq)]
pub struct Json(Value);

impl Json {
    /// Reads `text`.
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map(Self).map_err(|error| {
            Error::chat(
                format!("`{text}` is no JSON: {error}"),
                "quote names and text with \"",
            )
        })
    }

    /// Whether this schema says that the property called `name` is text and nothing else.
    pub(super) fn is_text(&self, name: &str) -> bool {
        let property = self
            .0
            .get_attr("properties")
            .and_then(|all| all.get_attr(name));
        let kind = property.and_then(|property| property.get_attr("type"));
        kind.is_ok_and(|kind| kind.as_str() == Some("string"))
    }

    /// The value as JSON text.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// The value as templates see it.
    pub(super) fn value(&self) -> Value {
        self.0.clone()
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self(value.into())
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self(value.into())
    }
}

/// How JSON is laid out.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    /// What each level is indented with; `None` puts everything on one line.
    pub indent: Option<String>,
    /// Between items and between keys and values, if not the usual.
    pub separators: Option<(String, String)>,
    pub sort_keys: bool,
    pub ascii: bool,
}

/// Writes `value` as Python's `json.dumps` does; `None` if it holds what JSON cannot say.
pub(super) fn dumps(value: &Value, layout: &Layout) -> Option<String> {
    let mut text = String::new();
    write_value(&mut text, value, layout, 0)?;
    Some(text)
}

/// Deeper nesting is refused, long before the stack ends.
const DEPTH_MAX: usize = 200;

fn write_value(out: &mut String, value: &Value, layout: &Layout, depth: usize) -> Option<()> {
    if depth > DEPTH_MAX {
        return None;
    }
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&number(value)),
        ValueKind::String => write_text(out, value.as_str()?, layout.ascii),
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<Value> = value.try_iter().ok()?.collect();
            write_items(out, "[]", items.len(), layout, depth, |out, at| {
                write_value(out, &items[at], layout, depth + 1)
            })?;
        }
        ValueKind::Map => {
            let mut keys: Vec<Value> = value.try_iter().ok()?.collect();
            if layout.sort_keys {
                keys.sort();
            }
            let (_, colon) = layout.separators();
            write_items(out, "{}", keys.len(), layout, depth, |out, at| {
                match keys[at].as_str() {
                    Some(key) => write_text(out, key, layout.ascii),
                    None => {
                        let mut key = String::new();
                        write_value(&mut key, &keys[at], layout, depth + 1)?;
                        write_text(out, &key, layout.ascii);
                    }
                }
                out.push_str(&colon);
                write_value(out, &value.get_item(&keys[at]).ok()?, layout, depth + 1)
            })?;
        }
        _ => return None,
    }
    Some(())
}

fn write_items(
    out: &mut String,
    brackets: &str,
    count: usize,
    layout: &Layout,
    depth: usize,
    mut write: impl FnMut(&mut String, usize) -> Option<()>,
) -> Option<()> {
    let (open, close) = brackets.split_at(1);
    out.push_str(open);
    let (comma, _) = layout.separators();
    let line = |out: &mut String, depth: usize| {
        if let Some(indent) = layout.indent.as_ref().filter(|_| count > 0) {
            out.push('\n');
            out.extend(std::iter::repeat_n(indent.as_str(), depth));
        }
    };
    for at in 0..count {
        if at > 0 {
            out.push_str(&comma);
        }
        line(out, depth + 1);
        write(out, at)?;
    }
    line(out, depth);
    out.push_str(close);
    Some(())
}

impl Layout {
    fn separators(&self) -> (String, String) {
        let usual = || match self.indent {
            Some(_) => (",".to_owned(), ": ".to_owned()),
            None => (", ".to_owned(), ": ".to_owned()),
        };
        self.separators.clone().unwrap_or_else(usual)
    }
}

fn write_text(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            '\u{7f}'.. if ascii => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// A number as Python writes it.
pub(super) fn number(value: &Value) -> String {
    if value.is_integer() {
        return value.to_string();
    }
    let Ok(number) = f64::try_from(value.clone()) else {
        return value.to_string();
    };
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    // Both write the fewest digits that read back; they differ in when to use an exponent.
    let digits = format!("{number:e}");
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((&digits, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        _ if number.fract() == 0.0 => format!("{number}.0"),
        _ => number.to_string(),
    }
}
