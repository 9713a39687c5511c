//! gpt-oss: messages with headers that say their channel and their recipient.

use super::{Event, Parser, State};

/// The message that is being read.
pub(super) struct Harmony {
    place: Place,
    /// What may become a tag, or the header so far.
    held: String,
    /// The arguments of an open call.
    arguments: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Reasoning,
    Text,
    Call,
}

const MESSAGE: &str = "<|message|>";
const ENDS: [&str; 4] = ["<|end|>", "<|return|>", "<|call|>", "<|start|>"];

/// Longer headers are none.
const HEADER_MAX: usize = 512;

impl Harmony {
    pub fn new() -> Self {
        Self {
            place: Place::Header,
            held: String::new(),
            arguments: None,
        }
    }

    pub fn push(&mut self, character: char, parser: &mut Parser) {
        self.held.push(character);
        if self.place == Place::Header {
            return self.read_header(parser);
        }
        loop {
            if let Some(end) = ENDS.iter().find(|end| **end == self.held) {
                let starts = *end == "<|start|>";
                self.held.clear();
                self.end(parser);
                if starts {
                    self.held.push_str(end);
                }
                return;
            }
            if self.held.is_empty() || ENDS.iter().any(|end| end.starts_with(&self.held)) {
                return;
            }
            let first = self.held.remove(0);
            self.say(first.encode_utf8(&mut [0; 4]), parser);
        }
    }

    /// Says what is left when the answer ends.
    pub fn finish(&mut self, parser: &mut Parser) {
        let held = std::mem::take(&mut self.held);
        match self.place {
            Place::Header if held.trim_start_matches("<|start|>") == "assistant" => {}
            Place::Header => {
                self.place = Place::Text;
                self.say(&held, parser);
            }
            _ => self.say(&held, parser),
        }
        self.end(parser);
    }

    fn read_header(&mut self, parser: &mut Parser) {
        let Some(header) = self.held.strip_suffix(MESSAGE) else {
            let rest = self.held.trim_start_matches("<|start|>").trim_start();
            let rest = rest.trim_start_matches("assistant").trim_start();
            let known = [
                "<|channel|>",
                "to=",
                "<|message|>",
                "<|start|>",
                "assistant",
            ];
            let fits = known
                .iter()
                .any(|known| known.starts_with(rest) || rest.starts_with(known));
            if !fits || self.held.len() > HEADER_MAX {
                // An answer without a header is text.
                self.place = Place::Text;
                let held = std::mem::take(&mut self.held);
                self.say(&held, parser);
            }
            return;
        };
        let header = header.to_owned();
        self.held.clear();
        let words = header.replace("<|", " <|").replace("|>", "|> ");
        let words: Vec<&str> = words.split_whitespace().collect();
        let channel = words.iter().position(|word| *word == "<|channel|>");
        let channel = channel.and_then(|at| words.get(at + 1)).copied();
        let recipient = words.iter().find_map(|word| word.strip_prefix("to="));
        self.place = match (channel, recipient.filter(|name| *name != "assistant")) {
            (_, Some(name)) => {
                let name = name.strip_prefix("functions.").unwrap_or(name).to_owned();
                let id = String::new();
                parser.emit(Event::CallBegin { id, name });
                self.arguments = Some(String::new());
                Place::Call
            }
            (Some("analysis"), None) => Place::Reasoning,
            _ => Place::Text,
        };
    }

    fn say(&mut self, text: &str, parser: &mut Parser) {
        if text.is_empty() {
            return;
        }
        parser.emit(match self.place {
            Place::Reasoning => Event::Reasoning(text.to_owned()),
            Place::Call => {
                if let Some(arguments) = &mut self.arguments {
                    arguments.push_str(text);
                }
                Event::CallArguments(text.to_owned())
            }
            Place::Text | Place::Header => Event::Text(text.to_owned()),
        });
    }

    fn end(&mut self, parser: &mut Parser) {
        if let Some(arguments) = self.arguments.take() {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&arguments).is_ok();
            if is_json {
                parser.emit(Event::CallEnd);
            } else {
                parser.emit(Event::CallBroken);
                parser.emit(Event::Text(arguments));
            }
        }
        self.place = Place::Header;
        debug_assert!(
            matches!(parser.state, State::Text),
            "the parser lends its state"
        );
    }
}
