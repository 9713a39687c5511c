//! Reads what follows the tag that begins calls, until they are complete or none.

use super::{
    Event, Syntax, notation,
    object::{Object, Step},
    value::{Reading, Value},
    xml::Xml,
};
use crate::chat::Json;

/// What came of a character.
pub(super) enum Progress {
    More(Vec<Event>),
    /// The calls are complete; the text is the first of what follows.
    Done(Vec<Event>, String),
    Broken,
}

/// One call, or several in a list.
pub(super) struct Call {
    syntax: Syntax,
    parameters: Vec<(String, Option<Json>)>,
    /// Without a tag before it, an object that only may be a call.
    is_bare: bool,
    state: State,
    /// Whether a call is open that has begun.
    open: bool,
}

enum State {
    /// Nothing but white space yet.
    Start,
    Object(Object),
    Xml(Xml),
    /// In a list: behind a call, or before the first.
    List {
        object: Option<Object>,
    },
    /// Gemma's call up to its end.
    Notation(String),
    /// A name, and its arguments behind a tag.
    Named(String),
    Arguments(Value),
    /// Behind the last call: white space and the closing tag.
    Ended(String),
}

impl Call {
    pub fn new(syntax: Syntax, is_bare: bool, parameters: Vec<(String, Option<Json>)>) -> Self {
        Self {
            syntax,
            parameters,
            is_bare,
            state: State::Start,
            open: false,
        }
    }

    /// Whether a call has begun and not ended.
    pub fn has_begun(&self) -> bool {
        self.open
    }

    /// Whether all calls are complete.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// What came behind the last call.
    pub fn rest(&self) -> String {
        match &self.state {
            State::Ended(rest) => rest.clone(),
            _ => String::new(),
        }
    }

    pub fn push(&mut self, character: char) -> Progress {
        let progress = self.step(character);
        if let Progress::More(events) | Progress::Done(events, _) = &progress {
            for event in events {
                match event {
                    Event::CallBegin { .. } => self.open = true,
                    Event::CallEnd => self.open = false,
                    _ => {}
                }
            }
        }
        progress
    }

    fn step(&mut self, character: char) -> Progress {
        match &mut self.state {
            State::Start if character.is_whitespace() => Progress::More(Vec::new()),
            State::Start => self.start(character),
            State::Object(object) => {
                let step = object.push(character);
                self.after(step)
            }
            State::Xml(xml) => {
                let step = xml.push(character, &self.parameters);
                self.after(step)
            }
            State::List { .. } => self.list(character),
            State::Notation(text) => {
                text.push(character);
                let Some(text) = text.strip_suffix("<tool_call|>") else {
                    return Progress::More(Vec::new());
                };
                match notation::call(text) {
                    Some((name, arguments)) => {
                        let id = String::new();
                        let begin = Event::CallBegin { id, name };
                        let events = vec![begin, Event::CallArguments(arguments), Event::CallEnd];
                        Progress::Done(events, String::new())
                    }
                    None => Progress::Broken,
                }
            }
            State::Named(_) => self.named(character),
            State::Arguments(value) => match value.push(character) {
                Reading::Part => Progress::More(vec![Event::CallArguments(character.into())]),
                Reading::Last if value.arguments().is_some() => {
                    self.state = State::Ended(String::new());
                    let last = Event::CallArguments(character.into());
                    Progress::More(vec![last, Event::CallEnd])
                }
                _ => Progress::Broken,
            },
            State::Ended(_) => self.ended(character),
        }
    }

    fn start(&mut self, character: char) -> Progress {
        self.state = match (self.syntax, character) {
            (Syntax::Gemma4, _) => State::Notation(String::new()),
            (_, '{') => State::Object(Object::default()),
            (Syntax::Tagged, '<') => State::Xml(Xml::default()),
            (Syntax::Mistral | Syntax::Phi4, '[') => {
                self.state = State::List { object: None };
                return Progress::More(Vec::new());
            }
            (Syntax::Mistral, _) if is_of_name(character) => State::Named(String::new()),
            _ => return Progress::Broken,
        };
        self.step(character)
    }

    fn after(&mut self, step: Step) -> Progress {
        match step {
            Step::More(events) if self.names_unknown(&events) => Progress::Broken,
            Step::More(events) => Progress::More(events),
            Step::Done(events) if self.names_unknown(&events) => Progress::Broken,
            Step::Done(events) => {
                self.state = State::Ended(String::new());
                Progress::More(events)
            }
            Step::Broken => Progress::Broken,
        }
    }

    /// Whether an object without a tag names no tool that there is: then it is an answer in JSON.
    fn names_unknown(&self, events: &[Event]) -> bool {
        self.is_bare
            && events.iter().any(|event| match event {
                Event::CallBegin { name, .. } => {
                    !self.parameters.iter().any(|(known, _)| known == name)
                }
                _ => false,
            })
    }

    fn list(&mut self, character: char) -> Progress {
        let State::List { object } = &mut self.state else {
            return Progress::Broken;
        };
        match (object.as_mut(), character) {
            (Some(inner), _) => match inner.push(character) {
                Step::More(events) => Progress::More(events),
                Step::Done(events) => {
                    *object = None;
                    Progress::More(events)
                }
                Step::Broken => Progress::Broken,
            },
            (None, '{') => {
                let mut inner = Object::default();
                inner.push('{');
                *object = Some(inner);
                Progress::More(Vec::new())
            }
            (None, ',') => Progress::More(Vec::new()),
            (None, ']') => {
                self.state = State::Ended(String::new());
                Progress::More(Vec::new())
            }
            (None, _) if character.is_whitespace() => Progress::More(Vec::new()),
            (None, _) => Progress::Broken,
        }
    }

    /// `NAME[ARGS]{…}` or `NAME[CALL_ID]ID[ARGS]{…}`, or arguments right behind the name.
    fn named(&mut self, character: char) -> Progress {
        let State::Named(head) = &mut self.state else {
            return Progress::Broken;
        };
        if character != '{' {
            head.push(character);
            let fits = head
                .chars()
                .all(|c| is_of_name(c) || matches!(c, '[' | ']'));
            return match fits {
                true => Progress::More(Vec::new()),
                false => Progress::Broken,
            };
        }
        let head = head.strip_suffix("[ARGS]").unwrap_or(head);
        let (name, id) = head.split_once("[CALL_ID]").unwrap_or((head, ""));
        if name.is_empty() || name.contains('[') || id.contains('[') {
            return Progress::Broken;
        }
        let (id, name) = (id.to_owned(), name.to_owned());
        let begin = Event::CallBegin { id, name };
        let mut value = Value::default();
        value.push('{');
        self.state = State::Arguments(value);
        Progress::More(vec![begin, Event::CallArguments("{".to_owned())])
    }

    fn ended(&mut self, character: char) -> Progress {
        let State::Ended(rest) = &mut self.state else {
            return Progress::Broken;
        };
        rest.push(character);
        let part = rest.trim_start();
        let closing = match self.syntax {
            Syntax::Tagged => "</tool_call>",
            Syntax::Phi4 => "<|/tool_call|>",
            _ => "",
        };
        if part == closing && !closing.is_empty() {
            return Progress::Done(Vec::new(), String::new());
        }
        match closing.starts_with(part) {
            true => Progress::More(Vec::new()),
            false => Progress::Done(Vec::new(), rest.clone()),
        }
    }
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.')
}
