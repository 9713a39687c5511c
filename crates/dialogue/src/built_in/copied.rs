//! Arguments are stretches of what was said: the schema of an answer holds them to that, so that no name, title or
//! address is ever made up or misspelt on the way.
//!
//! Where the model reads and writes them, they begin with a space: a word is the same token then as in a sentence.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Arguments that are not copied: sums are written anew.
const WRITTEN: [&str; 1] = ["expression"];

/// What is copied inside of days, wherever a day is said.
const NAMED: &str = "named";

/// What may stand for an event that is not named.
const EVENTS: &str = "it|everything";

/// Pieces of an argument at most; a piece is a word or a sign.
const PIECES_MAX: usize = 80;

/// Pieces of all beginnings together, beyond which arguments are free: a grammar should not cost more than an answer.
const PATTERN_PIECES_MAX: usize = 24_000;

/// Holds the free texts in `schema`, the schema of an answer, to stretches of `said`. Where that is too long, they stay
/// free.
pub(super) fn hold(schema: &mut Value, said: &[&str]) {
    if let Some(pattern) = pattern(said) {
        hold_each(schema, "", &pattern);
    }
}

/// Which arguments of which tool are copied.
pub(super) struct Copied(BTreeMap<String, BTreeSet<String>>);

impl Copied {
    /// By the schema of an answer.
    pub(super) fn of_schema(schema: &Value) -> Self {
        let calls = schema["items"]["anyOf"].as_array().into_iter().flatten();
        let tools = calls.filter_map(|call| {
            let tool = call["properties"]["tool"]["const"].as_str()?.to_owned();
            let arguments = call["properties"]["arguments"]["properties"].as_object()?;
            let copied = arguments.iter().filter(|(name, schema)| {
                let is_list = schema["type"] == "array";
                is_free(name, if is_list { &schema["items"] } else { schema })
            });
            Some((tool, copied.map(|(name, _)| name.clone()).collect()))
        });
        Self(tools.collect())
    }

    /// The arguments of a call of `tool` as the model writes them.
    pub(super) fn written(&self, tool: &str, arguments: &Map<String, Value>) -> Value {
        let copied = self.0.get(tool);
        let written = arguments.iter().map(|(name, value)| {
            let is_copied = copied.is_some_and(|names| names.contains(name));
            (name.clone(), spaced(value, is_copied))
        });
        Value::Object(written.collect())
    }
}

fn spaced(value: &Value, is_copied: bool) -> Value {
    match value {
        Value::String(text) if is_copied => json!(format!(" {text}")),
        Value::Array(list) => list.iter().map(|value| spaced(value, is_copied)).collect(),
        Value::Object(object) => {
            let inner = object
                .iter()
                .map(|(name, value)| (name.clone(), spaced(value, name == NAMED)));
            Value::Object(inner.collect())
        }
        other => other.clone(),
    }
}

/// Takes the space away with which the model begins what it copies.
pub(super) fn trim(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with(' ') => *text = text.trim_start().to_owned(),
        Value::Array(list) => list.iter_mut().for_each(trim),
        Value::Object(object) => object.values_mut().for_each(trim),
        _ => {}
    }
}

/// Whether `schema`, of the argument called `name`, takes any text that was said.
fn is_free(name: &str, schema: &Value) -> bool {
    let is_bound = ["enum", "const", "pattern", "format"]
        .iter()
        .any(|bound| schema.get(*bound).is_some());
    schema["type"] == "string" && !is_bound && !WRITTEN.contains(&name)
}

fn hold_each(schema: &mut Value, name: &str, pattern: &str) {
    if is_free(name, schema) {
        let whole = match name {
            "event" => format!("^ (?:{EVENTS}|{pattern})$"),
            _ => format!("^ (?:{pattern})$"),
        };
        schema["pattern"] = json!(whole);
        return;
    }
    match schema {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                let name = match key.as_str() {
                    "items" | "properties" | "anyOf" | "$defs" => name,
                    other => other,
                };
                hold_each(value, name, pattern);
            }
        }
        Value::Array(list) => {
            for value in list {
                hold_each(value, name, pattern);
            }
        }
        _ => {}
    }
}

/// A regular expression of all stretches that begin and end where words do.
fn pattern(said: &[&str]) -> Option<String> {
    let texts: Vec<Vec<Piece<'_>>> = said.iter().map(|text| pieces(text)).collect();
    let count: usize = texts
        .iter()
        .map(|pieces| pieces.len().min(PIECES_MAX) * pieces.len())
        .sum();
    if count == 0 || count > PATTERN_PIECES_MAX {
        return None;
    }
    let mut stretches = Vec::new();
    for pieces in &texts {
        for begin in 0..pieces.len() {
            let end = pieces.len().min(begin + PIECES_MAX);
            let mut stretch = escaped(pieces[begin].text);
            for piece in &pieces[begin + 1..end] {
                stretch += "(?:";
                stretch += &escaped(piece.before);
                stretch += &escaped(piece.text);
            }
            stretch += &")?".repeat(end - begin - 1);
            stretches.push(stretch);
        }
    }
    Some(stretches.join("|"))
}

/// A word or a sign, and the white space before it.
#[derive(Debug, PartialEq)]
struct Piece<'a> {
    before: &'a str,
    text: &'a str,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut found, mut begin, mut at) = (Vec::new(), 0, 0);
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let joined = rest
            .char_indices()
            .zip(rest.chars().skip(1))
            .find(|((_, one), next)| kind(*one) == Kind::Alone || kind(*one) != kind(*next))
            .map_or(rest.len(), |((before, one), _)| before + one.len_utf8());
        // "kerems birthday" is written for "kerem's".
        let word = &rest[..joined];
        let stem = word
            .strip_suffix('s')
            .filter(|stem| stem.chars().count() > 1);
        let ends = [stem.map(str::len), Some(joined)];
        let mut from = 0;
        for end in ends.into_iter().flatten() {
            found.push(Piece {
                before: if from == 0 { &text[begin..at] } else { "" },
                text: &word[from..end],
            });
            from = end;
        }
        at += joined;
        begin = at;
    }
    found
}

/// What a sign is to its neighbours: signs of one kind belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    /// A sign by itself, as in writing without spaces between words.
    Alone,
}

fn kind(sign: char) -> Kind {
    let is_unspaced =
        matches!(sign, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
    match sign {
        _ if is_unspaced => Kind::Alone,
        // What is put over a letter belongs to it.
        '\u{300}'..='\u{36f}' => Kind::Letter,
        _ if sign.is_alphabetic() => Kind::Letter,
        _ if sign.is_numeric() => Kind::Digit,
        _ => Kind::Alone,
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 4);
    for sign in text.chars() {
        match sign {
            '\n' => escaped += r"\n",
            '\t' => escaped += r"\t",
            _ if sign.is_control() => escaped += &format!(r"\x{{{:x}}}", sign as u32),
            _ => {
                // Others have meanings of their own when they are escaped.
                if r"\.+*?()|[]{}^$".contains(sign) {
                    escaped.push('\\');
                }
                escaped.push(sign);
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(said: &str) -> Vec<&str> {
        pieces(said).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn pieces_are_words_and_signs() {
        assert_eq!(
            texts("kerems 26galon, joe's C++ büro"),
            [
                "kerem", "s", "26", "galon", ",", "joe", "'", "s", "C", "+", "+", "büro"
            ]
        );
        assert_eq!(texts("会議 \t"), ["会", "議"]);
        assert_eq!(texts(""), Vec::<&str>::new());
    }

    #[test]
    fn stretches_begin_and_end_with_words() {
        assert_eq!(
            pattern(&["<|\u{0}>"]).unwrap(),
            r"<(?:\|(?:\x{0}(?:>)?)?)?|\|(?:\x{0}(?:>)?)?|\x{0}(?:>)?|>"
        );
        let pattern = pattern(&["boiler service (at 9)", "no"]).unwrap();
        let whole = regex_lite(&pattern);
        for fits in [
            "boiler",
            "boiler service",
            "service (at 9)",
            "(at 9)",
            "no",
            "9",
        ] {
            assert!(whole.contains(&fits.to_owned()), "{fits}");
        }
        for other in ["bo", "boilerservice", "service no", "", " boiler"] {
            assert!(!whole.contains(&other.to_owned()), "{other}");
        }
    }

    /// Everything that such a pattern matches.
    fn regex_lite(pattern: &str) -> Vec<String> {
        let mut all = Vec::new();
        for stretch in pattern.split('|') {
            let mut text = String::new();
            for piece in stretch.trim_end_matches(")?").split("(?:") {
                text += &piece.replace('\\', "");
                all.push(text.clone());
            }
        }
        all
    }

    #[test]
    fn what_is_copied_begins_with_a_space() {
        let copied = Copied::of_schema(&super::super::answer_schema());
        let said = json!({
            "title": "tea", "when": {"date": {"named": "christmas eve"}}, "people": ["Ann", "Bo"],
            "repeat": {"every": 1, "unit": "year"},
        });
        let mut written = copied.written("calendar.create_event", said.as_object().unwrap());
        assert_eq!(
            written,
            json!({
                "title": " tea", "when": {"date": {"named": " christmas eve"}}, "people": [" Ann", " Bo"],
                "repeat": {"every": 1, "unit": "year"},
            })
        );
        trim(&mut written);
        assert_eq!(written, said);
        let asked = json!({"missing": ["when"], "for_tool": "alarm.set"});
        assert_eq!(
            copied.written("chat.ask", asked.as_object().unwrap()),
            asked
        );
        let sum = json!({"expression": "1+2"});
        assert_eq!(
            copied.written("math.calculate", sum.as_object().unwrap()),
            sum
        );
    }

    #[test]
    fn sums_stay_free_and_long_texts_too() {
        let mut schema = json!({"properties": {
            "title": {"type": "string"}, "expression": {"type": "string"},
            "people": {"type": "array", "items": {"type": "string"}}, "event": {"type": "string"},
            "unit": {"type": "string", "enum": ["day"]},
        }});
        let before = schema.clone();
        hold(&mut schema, &[&"word ".repeat(5000)]);
        assert_eq!(schema, before);
        hold(&mut schema, &["a b"]);
        let properties = &schema["properties"];
        assert_eq!(properties["title"]["pattern"], "^ (?:a(?: b)?|b)$");
        assert_eq!(
            properties["people"]["items"]["pattern"],
            "^ (?:a(?: b)?|b)$"
        );
        assert_eq!(
            properties["event"]["pattern"],
            "^ (?:it|everything|a(?: b)?|b)$"
        );
        assert_eq!(properties["expression"], before["properties"]["expression"]);
        assert_eq!(properties["unit"], before["properties"]["unit"]);
    }
}
