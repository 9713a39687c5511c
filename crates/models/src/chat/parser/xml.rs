//! Reads a call that is written as XML: `<function=NAME>` with a `<parameter=KEY>` each.

use super::{Event, object::Step};
use crate::chat::Json;

/// A call as far as it has come.
#[derive(Default)]
pub(super) struct Xml {
    /// What has come since the last tag.
    part: String,
    place: Place,
    schema: Option<Json>,
    key: String,
    count: usize,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    Between,
    Value,
}

const VALUE_ENDS: &str = "</parameter>";

impl Xml {
    pub fn push(&mut self, character: char, parameters: &[(String, Option<Json>)]) -> Step {
        self.part.push(character);
        match self.place {
            Place::Start => self.start(parameters),
            Place::Between => self.between(),
            Place::Value => self.value(),
        }
    }

    fn start(&mut self, parameters: &[(String, Option<Json>)]) -> Step {
        match tag(&self.part, "<function=") {
            Tag::Whole(name) => {
                let known = parameters.iter().find(|(known, _)| *known == name);
                self.schema = known.and_then(|(_, schema)| schema.clone());
                self.part.clear();
                self.place = Place::Between;
                Step::More(vec![Event::CallBegin {
                    id: String::new(),
                    name,
                }])
            }
            Tag::Partial => Step::More(Vec::new()),
            Tag::None => Step::Broken,
        }
    }

    fn between(&mut self) -> Step {
        const END: &str = "</function>";
        let part = self.part.trim_start();
        if part == END {
            let rest = if self.count == 0 { "{}" } else { "}" };
            let rest = Event::CallArguments(rest.to_owned());
            return Step::Done(vec![rest, Event::CallEnd]);
        }
        match tag(&self.part, "<parameter=") {
            Tag::Whole(key) => {
                self.key = key;
                self.part.clear();
                self.place = Place::Value;
            }
            Tag::None if !END.starts_with(part) => return Step::Broken,
            Tag::Partial | Tag::None => {}
        }
        Step::More(Vec::new())
    }

    fn value(&mut self) -> Step {
        let Some(value) = self.part.strip_suffix(VALUE_ENDS) else {
            return Step::More(Vec::new());
        };
        // One line break on each side belongs to the tags.
        let value = value.strip_prefix('\n').unwrap_or(value);
        let value = value.strip_suffix('\n').unwrap_or(value);
        let is_text = self
            .schema
            .as_ref()
            .is_some_and(|schema| schema.is_text(&self.key));
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok();
        let value = match is_json && !is_text {
            true => value.to_owned(),
            false => super::quoted(value),
        };
        let comma = if self.count == 0 { "{" } else { ", " };
        let more = format!("{comma}{}: {value}", super::quoted(&self.key));
        self.count += 1;
        self.part.clear();
        self.place = Place::Between;
        Step::More(vec![Event::CallArguments(more)])
    }
}

enum Tag {
    Whole(String),
    Partial,
    None,
}

/// `text` as a tag that begins with `opening`, after white space.
fn tag(text: &str, opening: &str) -> Tag {
    let text = text.trim_start();
    let Some(rest) = text.strip_prefix(opening) else {
        return match opening.starts_with(text) {
            true => Tag::Partial,
            false => Tag::None,
        };
    };
    match rest.strip_suffix('>') {
        Some(name) if !name.trim().is_empty() => Tag::Whole(name.trim().to_owned()),
        Some(_) => Tag::None,
        None if rest.contains(['<', '\n']) => Tag::None,
        None => Tag::Partial,
    }
}
