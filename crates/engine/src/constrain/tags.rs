//! Free text in which a trigger is followed by one of some beginnings, JSON of its schema, and an end.
//! Source: the structural tags of XGrammar (Dong et al. 2024).

use serde_json::Value;

use super::schema;
use crate::vocabulary::{Vocabulary, Word};

/// Parts of an answer that have a form, marked by what they begin with.
#[derive(Clone, Debug, PartialEq)]
pub struct Tags {
    /// What every tag begins with; free text ends where it appears.
    pub trigger: String,
    /// The tags that may follow.
    pub tags: Vec<Tag>,
    /// Whether text may stand before, between and after.
    pub allows_text: bool,
    /// Whether there must be one at least.
    pub is_required: bool,
    /// Whether there may be more than one.
    pub repeats: bool,
}

/// One form.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// What stands before the JSON, the trigger included.
    pub begin: String,
    /// The schema of the JSON, as JSON text.
    pub schema: String,
    /// What stands after the JSON.
    pub end: String,
}

impl Tags {
    /// The grammar, in llguidance's dialect of Lark. Signs of the vocabulary are matched as signs.
    pub(super) fn to_lark(&self, vocabulary: &Vocabulary) -> Result<String, String> {
        if self.tags.is_empty() || self.trigger.is_empty() {
            return Err("there must be a trigger and a tag at least".to_owned());
        }
        let mut rules = String::new();
        let mut names = Vec::new();
        for (number, tag) in self.tags.iter().enumerate() {
            let rest = tag
                .begin
                .strip_prefix(self.trigger.as_str())
                .ok_or_else(|| format!("`{}` does not begin with `{}`", tag.begin, self.trigger))?;
            let schema = embedded(&tag.schema)?;
            let (rest, end) = (spelt(rest, vocabulary), spelt(&tag.end, vocabulary));
            rules += &format!("tag_{number}: {rest} json_{number} {end}\n");
            rules += &format!("json_{number}: %json {schema}\n");
            names.push(format!("tag_{number}"));
        }
        let trigger = spelt(&self.trigger, vocabulary);
        let (head, tail) = match (self.allows_text, trigger.starts_with('<')) {
            (false, _) => (format!("head: {trigger}"), ""),
            (true, true) => (format!("head: TEXT {trigger}"), "TEXT"),
            (true, false) => (format!("head[lazy]: TEXT {trigger}"), "TEXT"),
        };
        let count = match (self.is_required, self.repeats) {
            (true, true) => "+",
            (true, false) => "",
            (false, true) => "*",
            (false, false) => "?",
        };
        let body = names.join(" | ");
        Ok(format!(
            "start: (head body){count} {tail}\n{head}\nbody: {body}\nTEXT: /(?s:.)*/\n{rules}"
        ))
    }
}

fn embedded(text: &str) -> Result<Value, String> {
    let mut schema = schema::prepared(text)?;
    // Only a whole grammar may have options.
    if let Some(object) = schema.as_object_mut() {
        let options = object.shift_remove("x-guidance");
        object.extend(options.map(|options| ("x-guidance".to_owned(), options)));
    }
    Ok(schema)
}

/// `text` as a sequence of strings and signs.
fn spelt(text: &str, vocabulary: &Vocabulary) -> String {
    let signs: Vec<(u32, &str)> = (0..vocabulary.len() as u32)
        .filter_map(|token| match vocabulary.word(token) {
            Some(Word::Control(name)) if !name.is_empty() => Some((token, name.as_str())),
            _ => None,
        })
        .collect();
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let signs = signs.iter().filter(|(_, name)| rest.starts_with(name));
        if let Some((token, name)) = signs.max_by_key(|(_, name)| name.len()) {
            if !plain.is_empty() {
                parts.push(quoted(&std::mem::take(&mut plain)));
            }
            parts.push(format!("<[{token}]>"));
            rest = &rest[name.len()..];
        } else {
            plain.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    if !plain.is_empty() {
        parts.push(quoted(&plain));
    }
    parts.join(" ")
}

/// `text` as a string of the grammar.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
