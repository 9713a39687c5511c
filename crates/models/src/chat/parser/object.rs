//! Reads a JSON object that names a tool and its arguments, as it comes.

use super::{
    Event,
    value::{Reading, Value},
};

/// What came of a character.
pub(super) enum Step {
    More(Vec<Event>),
    /// The object is complete.
    Done(Vec<Event>),
    Broken,
}

/// `{"name": …, "arguments": …}` with its keys in any order.
#[derive(Default)]
pub(super) struct Object {
    place: Place,
    key: String,
    value: Value,
    name: Option<String>,
    id: String,
    arguments: Option<String>,
    has_begun: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    BeforeKey,
    Key,
    BeforeColon,
    BeforeValue,
    Value,
    AfterValue,
}

impl Object {
    pub fn push(&mut self, character: char) -> Step {
        let is_space = character.is_ascii_whitespace();
        match (self.place, character) {
            (Place::Value, _) => return self.read_value(character),
            (Place::Key, '"') => self.place = Place::BeforeColon,
            (Place::Key, '\\') => return Step::Broken,
            (Place::Key, _) => self.key.push(character),
            _ if is_space => {}
            (Place::Start, '{') => self.place = Place::BeforeKey,
            (Place::BeforeKey, '"') => {
                self.key.clear();
                self.place = Place::Key;
            }
            (Place::BeforeColon, ':') => self.place = Place::BeforeValue,
            (Place::BeforeValue, _) => {
                self.value = Value::default();
                self.place = Place::Value;
                return self.read_value(character);
            }
            (Place::AfterValue, ',') => self.place = Place::BeforeKey,
            (Place::AfterValue, '}') => return self.end(),
            _ => return Step::Broken,
        }
        Step::More(Vec::new())
    }

    fn read_value(&mut self, character: char) -> Step {
        let is_first = self.value.raw.is_empty();
        let reading = self.value.push(character);
        let mut events = Vec::new();
        if self.is_arguments() && self.value.raw.starts_with('{') && self.arguments.is_none() {
            if is_first && let Some(name) = &self.name {
                self.has_begun = true;
                let (id, name) = (self.id.clone(), name.clone());
                events.push(Event::CallBegin { id, name });
            }
            if self.has_begun && matches!(reading, Reading::Part | Reading::Last) {
                events.push(Event::CallArguments(character.to_string()));
            }
        }
        match reading {
            Reading::Part => Step::More(events),
            Reading::Broken => Step::Broken,
            Reading::Last if self.take_value() => Step::More(events),
            Reading::Behind if self.take_value() => self.push(character),
            Reading::Last | Reading::Behind => Step::Broken,
        }
    }

    fn is_arguments(&self) -> bool {
        matches!(self.key.as_str(), "arguments" | "parameters")
    }

    /// Keeps the value that is complete; false if it is not what its key needs.
    fn take_value(&mut self) -> bool {
        self.place = Place::AfterValue;
        match self.key.as_str() {
            "name" => {
                let name = serde_json::from_str::<String>(&self.value.raw).ok();
                let is_new = self.name.is_none();
                self.name = name.filter(|name| is_new && !name.is_empty());
                self.name.is_some()
            }
            "id" => {
                self.id = serde_json::from_str(&self.value.raw).unwrap_or_default();
                true
            }
            "arguments" | "parameters" if self.arguments.is_none() => {
                self.arguments = self.value.arguments();
                self.arguments.is_some()
            }
            "arguments" | "parameters" => false,
            _ => serde_json::from_str::<serde::de::IgnoredAny>(&self.value.raw).is_ok(),
        }
    }

    fn end(&mut self) -> Step {
        let (Some(name), Some(arguments)) = (self.name.take(), self.arguments.take()) else {
            return Step::Broken;
        };
        let mut events = Vec::new();
        if !self.has_begun {
            let id = std::mem::take(&mut self.id);
            events.push(Event::CallBegin { id, name });
            events.push(Event::CallArguments(arguments));
        }
        events.push(Event::CallEnd);
        Step::Done(events)
    }
}
