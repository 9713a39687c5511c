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
    match told {
        Told::Text(text) => text.clone(),
        Told::Task(task) => {
            let what = match task {
                Task::Fix { .. } => "This repairs it, in a sandbox",
                Task::MakeVideo { .. } => "This makes the film",
                Task::AddModel { .. } => "This adds a model",
            };
            let line: Vec<String> = command(task).iter().map(|word| quoted(word)).collect();
            format!("{what}: {}", paint::styled(paint::TYPED, line.join(" ")))
        }
        Told::NotYet(tool, understood) => {
            format!("Understood, but there is no `{tool}` yet: {understood}")
        }
    }
}

/// The command that does it, word by word.
pub fn command(task: &Task) -> Vec<String> {
    let option = |name: &str, value: Option<String>| Some(format!("--{name}={}", value?));
    let (verb, subject, options) = match task {
        Task::Fix { path, test_command } => {
            let test = option("test", test_command.clone());
            ("fix", path.as_deref().unwrap_or("."), vec![test])
        }
        Task::MakeVideo {
            prompt,
            seconds,
            size,
        } => {
            let seconds = option("seconds", seconds.map(|seconds| seconds.to_string()));
            let size = size.map(|[width, height]| format!("{width}x{height}"));
            (
                "video create",
                prompt.as_str(),
                vec![seconds, option("size", size)],
            )
        }
        Task::AddModel { name } => {
            let name = name.as_deref().unwrap_or("hub:OWNER/NAME");
            ("model add", name, Vec::new())
        }
    };
    let mut words: Vec<String> = format!("freehold {verb}")
        .split(' ')
        .map(str::to_owned)
        .collect();
    words.extend(options.into_iter().flatten());
    // What was said is no option, however it begins.
    words.extend(subject.starts_with('-').then(|| "--".to_owned()));
    words.push(subject.to_owned());
    words
}

/// A word as a shell takes it; of an option, its value.
fn quoted(word: &str) -> String {
    if let Some((name, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
        return format!("{name}={}", quoted(value));
    }
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(task: Task) -> String {
        words(&Told::Task(task))
    }

    #[test]
    fn commands_can_be_typed_as_they_are_shown() {
        let film = |prompt: &str| Task::MakeVideo {
            prompt: prompt.to_owned(),
            seconds: Some(2.5),
            size: Some([320, 240]),
        };
        let shown = told(film("it's a red ball"));
        let command = r"freehold video create --seconds=2.5 --size=320x240 'it'\''s a red ball'";
        assert!(shown.contains(command), "{shown}");
        let shown = told(film("--force"));
        assert!(shown.contains("--size=320x240 -- --force"), "{shown}");
        let fix = Task::Fix {
            path: None,
            test_command: Some("python -m pytest".to_owned()),
        };
        let shown = told(fix);
        assert!(
            shown.contains("freehold fix --test='python -m pytest' ."),
            "{shown}"
        );
        let shown = told(Task::AddModel { name: None });
        assert!(
            shown.contains("freehold model add hub:OWNER/NAME"),
            "{shown}"
        );
    }
}
