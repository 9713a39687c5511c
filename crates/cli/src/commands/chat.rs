//! `freehold chat`: a conversation at a terminal, an answer in a pipe.

mod editor;
mod keys;
mod orders;
mod saved;
mod session;
mod slash;
mod voice;

use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use engine::constrain::Constraint;
use engine::sampling::Sampling;
use models::chat::{Message, Moment, Role};
use serde_json::json;

use super::model::{library, not_utf8};
use crate::args::chat::Chat;
use crate::built_in;
use crate::console::Console;
use crate::environment;
use crate::failure::{Exit, Failure};
use dialogue::{Outcome, Settings, Speaker, Thinking};
use library::{Library, Located};
use session::Session;
use voice::{Manner, Voice};

/// The longest text that is read from a pipe, in bytes.
const INPUT_BYTES_MAX: u64 = 16 << 20;

/// The longest schema, in bytes.
const SCHEMA_BYTES_MAX: u64 = 4 << 20;

/// Talks, or answers once.
pub fn run(args: &Chat, console: &mut Console) -> anyhow::Result<Exit> {
    let talks = io::stdin().is_terminal() && console.has_reader();
    let is_once = args.prompt.is_some() || !talks;
    let library = library();
    let located = match &args.model {
        Some(typed) => locate(&library, typed)?,
        None => usual(&library)?,
    };
    if let Some(image) = args.image.first() {
        return Err(no_eyes(&located, image).into());
    }
    let schema = args.json_schema.as_deref().map(read_schema).transpose()?;
    let said = match is_once {
        true => Some(said(args)?),
        false => None,
    };
    let speaker = load(&located, args, console)?;
    if is_once && speaker.is_of_tools() {
        console.talk(format_args!(
            "the {} answers; `{}` adds one to talk with",
            built_in::LABEL,
            built_in::LARGER
        ));
    }
    let how = How {
        sampling: sampling(args, &speaker)?,
        seed: args.seed,
        max_tokens: args.max_tokens.map(|tokens| tokens as usize),
        schema,
        thinks: match (args.think, args.no_think) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        },
    };
    match said {
        Some(said) => once(args, &located, &speaker, &how, said, console),
        None => Session::new(args, library, located, speaker, how).run(console),
    }
}

/// The model that `typed` names.
fn locate(library: &Library, typed: &str) -> anyhow::Result<Located> {
    let is_built_in = typed == built_in::NAME && library.get(typed).is_none();
    Ok(match is_built_in {
        true => built_in::located()?,
        false => library.locate(typed)?,
    })
}

/// The one used last; the one that is built in where none was added.
fn usual(library: &Library) -> anyhow::Result<Located> {
    match library.usual() {
        Err(library::Error::Refused(reason)) if reason.code == "no_model" => {
            Ok(built_in::located()?)
        }
        other => Ok(other?),
    }
}

/// How answers are asked for, throughout a conversation.
struct How {
    sampling: Sampling,
    seed: Option<u64>,
    max_tokens: Option<usize>,
    schema: Option<String>,
    thinks: Option<bool>,
}

impl How {
    /// A request for an answer to `messages`.
    fn request<'a>(&self, messages: &'a [Message]) -> dialogue::Request<'a> {
        dialogue::Request {
            messages,
            sampling: self.sampling.clone(),
            seed: self.seed.unwrap_or_else(environment::any_number),
            max_tokens: self.max_tokens,
            constraint: self.schema.clone().map(Constraint::JsonSchema),
            thinking: Thinking {
                thinks: self.thinks,
                ..Thinking::default()
            },
            now: Some(now()),
            ..dialogue::Request::default()
        }
    }
}

/// Loads a model, and notes that it is the one used last.
fn load(located: &Located, args: &Chat, console: &mut Console) -> anyhow::Result<Speaker> {
    if located.name == built_in::NAME && located.entry.is_none() {
        return built_in::speaker(&located.path, 1);
    }
    let line = console.passing(&format!("loading {}", located.name));
    let speaker = Speaker::load(
        &located.path,
        Settings {
            weights: args.weights.0,
            context: args.context.map(|tokens| tokens as usize),
            ..Settings::default()
        },
    );
    drop(line);
    let speaker = speaker?;
    if let Some(entry) = &located.entry {
        entry.touch();
    }
    Ok(speaker)
}

/// What the publisher recommends, but for what was typed.
fn sampling(args: &Chat, speaker: &Speaker) -> Result<Sampling, Failure> {
    let mut sampling = speaker.sampling();
    sampling.temperature = args.temperature.unwrap_or(sampling.temperature);
    sampling.top_p = args.top_p.unwrap_or(sampling.top_p);
    sampling.top_k = args.top_k.unwrap_or(sampling.top_k);
    match sampling.complaint() {
        None => Ok(sampling),
        Some(reason) => Err(Failure::refused("usage", reason)
            .hint("`freehold chat --help` tells what each of them does")),
    }
}

/// The prompt, and what came through the pipe below it.
fn said(args: &Chat) -> anyhow::Result<String> {
    let mut parts: Vec<String> = args.prompt.iter().cloned().collect();
    // Who sends the answer elsewhere types the question, and Ctrl-D behind it.
    if !io::stdin().is_terminal() || args.prompt.is_none() {
        let text = text_from(io::stdin(), Path::new("standard input"))?;
        let text = text.trim_end();
        parts.extend((!text.is_empty()).then(|| text.to_owned()));
    }
    let said = parts.join("\n\n");
    match said.trim().is_empty() {
        false => Ok(said),
        true => Err(
            Failure::refused("nothing_said", "there is nothing to answer")
                .hint("`freehold chat 'your question'`, or text through a pipe")
                .into(),
        ),
    }
}

/// That a model was given a picture.
fn no_eyes(located: &Located, image: &Path) -> Failure {
    let what = format!(
        "`{}` takes text alone, and `{}` would be a picture",
        located.name,
        image.display()
    );
    Failure::refused("no_pictures", what).hint(
        "no model that sees can be run by this version; of those that also see, the network of text is run",
    )
}

/// The text in the file at `path`.
fn text_of(path: &Path) -> Result<String, Failure> {
    let file = fs::File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::refused(
            "no_such_file",
            format!("there is no file `{}`", path.display()),
        ),
        _ => Failure::unreadable(path, &error),
    })?;
    text_from(file, path)
}

/// What can be read from `input`, which is called `name`.
fn text_from(input: impl io::Read, name: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = input.take(INPUT_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::unreadable(name, &error))?;
    let name = name.display();
    if bytes.len() as u64 > INPUT_BYTES_MAX {
        let what = format!("`{name}` holds more than `{}` MiB", INPUT_BYTES_MAX >> 20);
        return Err(Failure::refused("text_too_long", what)
            .hint("no model reads as much at once; give it a part"));
    }
    String::from_utf8(bytes)
        .map_err(|error| not_utf8(&format!("`{name}`"), error.utf8_error().valid_up_to()))
}

fn read_schema(path: &Path) -> Result<String, Failure> {
    let about = fs::metadata(path);
    if about.is_ok_and(|about| about.len() > SCHEMA_BYTES_MAX) {
        let what = format!("`{}` is larger than any schema", path.display());
        return Err(Failure::refused("unusable_constraint", what));
    }
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::refused(
            "no_such_file",
            format!("there is no file `{}`", path.display()),
        ),
        io::ErrorKind::InvalidData => not_utf8(&format!("`{}`", path.display()), 0),
        _ => Failure::unreadable(path, &error),
    })?;
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => Ok(text),
        Err(error) => {
            let what = format!("`{}` is no JSON: {error}", path.display());
            Err(Failure::refused("unusable_constraint", what)
                .hint("a schema is JSON, such as {\"type\": \"object\"}"))
        }
    }
}

/// Answers once.
fn once(
    args: &Chat,
    located: &Located,
    speaker: &Speaker,
    how: &How,
    said: String,
    console: &mut Console,
) -> anyhow::Result<Exit> {
    let system = args.system.iter();
    let mut messages: Vec<Message> = system
        .map(|text| Message::new(Role::System, text))
        .collect();
    messages.push(Message::new(Role::User, said));
    let manner = Manner::of(console, how.schema.is_some());
    let mut voice = Voice::new(manner);
    let outcome = voice.speak(speaker, &how.request(&messages), console)?;
    if console.is_json() {
        console.print_json(&answer_json(located, &outcome))?;
    } else if args.stats {
        console.talk(voice::stats(&outcome));
    }
    voice::verdict(&outcome, console)
}

fn answer_json(located: &Located, outcome: &Outcome) -> serde_json::Value {
    let message = &outcome.message;
    let finished = &outcome.finished;
    let content = message.content.as_ref().map(models::chat::Content::text);
    json!({
        "model": located.name,
        "content": content,
        "reasoning": message.reasoning,
        "finish_reason": outcome.reason(),
        "usage": {
            "prompt_tokens": finished.usage.prompt,
            "completion_tokens": finished.usage.generated,
            "reasoning_tokens": finished.usage.reasoning,
        },
        "timings": {
            "prefill_ms": finished.timings.prefill.as_secs_f64() * 1e3,
            "decode_ms": finished.timings.decode.as_secs_f64() * 1e3,
            "tokens_per_second": outcome.tokens_per_second(),
        },
    })
}

/// The moment, for templates that print a date. Zones are not known; it is that of Greenwich.
fn now() -> Moment {
    Moment::from_local_seconds(environment::seconds_since_1970())
}
