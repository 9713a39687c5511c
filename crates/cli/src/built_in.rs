//! The models that Freehold is born with: one that calls tools, and one that makes films. Their files are in the binary, and are written out
//! when they are first needed.

mod parts;

use std::path::{Path, PathBuf};

use assistant::{Task, Told, answer};
use dialogue::{BuiltIn, Call, Speaker};
use jiff::Zoned;
use library::Located;

use crate::console::paint;
use crate::failure::Failure;
use parts::Parts;

/// What it is called where models are named.
pub const NAME: &str = "built-in";

/// What it is, for people.
pub const LABEL: &str = "built-in tool model";

/// What adds a larger one.
pub const LARGER: &str = "freehold model add hub:Qwen/Qwen3-0.6B";

macro_rules! parts {
    ($model:literal: $($name:literal),+) => {
        Parts(&[$((
            $name,
            include_bytes!(concat!("../../../models/", $model, "/", $name)).as_slice(),
        )),+])
    };
}

/// The model that calls tools.
const TOOLS: Parts = parts!("built-in": "chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json");

/// The network that makes films.
const FILMS: Parts = parts!("video": "config.json", "model.safetensors", "words.txt");

/// The folder of the model that calls tools, below the owner's data.
///
/// # Errors
/// When it cannot be written.
pub fn folder() -> Result<PathBuf, Failure> {
    TOOLS.folder()
}

/// The folder of the network that makes films.
///
/// # Errors
/// As [`folder`].
pub fn films_folder() -> Result<PathBuf, Failure> {
    FILMS.folder()
}

/// It, where a model is located.
///
/// # Errors
/// As [`folder`].
pub fn located() -> Result<Located, Failure> {
    Ok(Located {
        name: NAME.to_owned(),
        path: folder()?,
        entry: None,
    })
}

/// It, to be talked to.
///
/// # Errors
/// As [`folder`], and when it does not fit into memory.
pub fn speaker(path: &Path, answers: usize) -> anyhow::Result<Speaker> {
    let model = BuiltIn::load(path, answers)?;
    let tell = |calls: &[Call]| told(calls).join("\n\n");
    Ok(Speaker::of_tools(model, Box::new(tell)))
}

/// What a person is told of each call, in the words of a terminal.
pub fn told(calls: &[Call]) -> Vec<String> {
    let now = Zoned::now();
    calls
        .iter()
        .map(|call| words(&answer(call, &now)))
        .collect()
}

/// What a person is told, in the words of a terminal.
pub fn words(told: &Told) -> String {
    let typed = |text: String| paint::styled(paint::TYPED, text);
    match told {
        Told::Text(text) => text.clone(),
        Told::Task(Task::Fix { path, test_command }) => {
            let path = path.as_deref().unwrap_or(".");
            let test = test_command
                .as_ref()
                .map(|command| format!(" --test {}", quoted(command)));
            let command = format!("freehold fix {}{}", quoted(path), test.unwrap_or_default());
            format!("This repairs it, in a sandbox: {}", typed(command))
        }
        Told::Task(Task::MakeVideo {
            prompt,
            seconds,
            size,
        }) => {
            let seconds = seconds.map(|seconds| format!(" --seconds {seconds}"));
            let size = size.map(|[width, height]| format!(" --size {width}x{height}"));
            let [seconds, size] = [seconds, size].map(Option::unwrap_or_default);
            let command = format!("freehold video create {}{seconds}{size}", quoted(prompt));
            format!("This makes the film: {}", typed(command))
        }
        Told::Task(Task::AddModel { name }) => {
            let name = name.as_deref().map_or("hub:OWNER/NAME".to_owned(), quoted);
            format!(
                "This adds a model: {}",
                typed(format!("freehold model add {name}"))
            )
        }
        Told::NotYet(tool, understood) => {
            format!("Understood, but there is no `{tool}` yet: {understood}")
        }
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@".contains(c);
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
