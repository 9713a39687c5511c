//! `freehold ask`: a request in words, turned into calls of tools by the model that is built in.

use std::path::{Path, PathBuf};

use assistant::{Task, Told, answer};
use dialogue::{BuiltIn, Call, Turn};
use jiff::Zoned;
use serde_json::{Value, json};

use crate::args::ask::Ask;
use crate::console::{Console, paint};
use crate::failure::{Exit, Failure};

/// Conversations that are answered at a time.
const AT_ONCE: usize = 8;

/// Answers.
pub fn run(args: &Ask, console: &mut Console) -> anyhow::Result<Exit> {
    if let Some(file) = &args.each {
        return each(&path(args)?, file, console);
    }
    let loading = console.passing("loading the built-in model …");
    let model = BuiltIn::load(&path(args)?, 1)?;
    drop(loading);
    let calls = last_calls(&model, &args.text)?;
    let as_json = Value::Array(calls.iter().map(Call::to_json).collect());
    if args.calls {
        console.print_plain(&format!("{as_json}\n"))?;
        return Ok(Exit::Done);
    }
    let now = Zoned::now();
    let told: Vec<String> = calls
        .iter()
        .map(|call| words(&answer(call, &now)))
        .collect();
    if console.is_json() {
        console.print_json(&json!({ "calls": as_json, "answers": told }))?;
        return Ok(Exit::Done);
    }
    for told in told {
        console.print(&format!("{told}\n"))?;
    }
    Ok(Exit::Done)
}

/// The calls of the last turn.
fn last_calls(model: &BuiltIn, turns: &[String]) -> dialogue::Result<Vec<Call>> {
    let mut past: Vec<Turn> = Vec::new();
    for said in turns {
        let calls = model.calls(&past, said)?;
        past.push(Turn {
            said: said.clone(),
            calls,
        });
    }
    Ok(past.pop().map(|turn| turn.calls).unwrap_or_default())
}

/// The calls of each conversation in a file, in their order; many are answered at a time.
fn each(model: &Path, file: &Path, console: &mut Console) -> anyhow::Result<Exit> {
    #[derive(serde::Deserialize)]
    struct Line {
        turns: Vec<String>,
    }
    let text = std::fs::read_to_string(file).map_err(|error| Failure::unreadable(file, &error))?;
    let mut conversations = Vec::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let line: Line = serde_json::from_str(line).map_err(|error| {
            let what = format!("`{}`, line {}: {error}", file.display(), number + 1);
            Failure::refused("unusable_data", what).hint("a line is `{\"turns\": [\"…\"]}`")
        })?;
        conversations.push(line.turns);
    }
    let model = BuiltIn::load(model, AT_ONCE)?;
    let share = conversations.len().div_ceil(AT_ONCE).max(1);
    let answers: Vec<dialogue::Result<Vec<Call>>> = std::thread::scope(|scope| {
        let shares = conversations.chunks(share).map(|share| {
            let answer = |turns: &Vec<String>| last_calls(&model, turns);
            scope.spawn(move || share.iter().map(answer).collect::<Vec<_>>())
        });
        let threads: Vec<_> = shares.collect();
        let answers = threads
            .into_iter()
            .map(|thread| thread.join().expect("answering does not panic"));
        answers.flatten().collect()
    });
    for answer in answers {
        let calls = match answer {
            Ok(calls) => Value::Array(calls.iter().map(Call::to_json).collect()),
            Err(dialogue::Error::NoCalls | dialogue::Error::TooLong { .. }) => Value::Null,
            Err(error) => return Err(error.into()),
        };
        console.print_plain(&format!("{calls}\n"))?;
    }
    Ok(Exit::Done)
}

/// The model that was named.
fn path(args: &Ask) -> Result<PathBuf, Failure> {
    args.model.clone().ok_or_else(|| {
        Failure::refused("unusable_model", "this build has no built-in model")
            .hint("name one that was made for the tools with `--model`")
    })
}

/// What a person is told.
fn words(told: &Told) -> String {
    let typed = |text: String| paint::styled(paint::TYPED, text);
    match told {
        Told::Text(text) => text.clone(),
        Told::Task(Task::Fix { path, test_command }) => {
            let path = path.as_deref().unwrap_or(".");
            let test = test_command
                .as_ref()
                .map(|command| format!(" --test-command {}", quoted(command)));
            let command = format!("freehold fix {}{}", quoted(path), test.unwrap_or_default());
            format!("This repairs it, in a sandbox: {}", typed(command))
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
