//! `freehold ask`: a request in words, turned into calls of tools by the model that is built in.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use assistant::{Task, Told, answer};
use dialogue::{BuiltIn, Call, Turn};
use jiff::Zoned;
use serde_json::{Value, json};

use crate::args::Args;
use crate::args::ask::Ask;
use crate::built_in;
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Conversations that are answered at a time.
const AT_ONCE: usize = 8;

/// Answers.
pub fn run(args: &Ask, console: &mut Console) -> anyhow::Result<Exit> {
    if let Some(file) = &args.each {
        return each(&path(args)?, file, console);
    }
    let start = Instant::now();
    let loading = console.passing("loading the built-in model …");
    let model = BuiltIn::load(&path(args)?, 1)?;
    drop(loading);
    let loaded = start.elapsed().as_secs_f64() * 1000.0;
    let calls = last_calls(&model, &args.text)?;
    let answered = start.elapsed().as_secs_f64() * 1000.0 - loaded;
    if args.stats && !console.is_json() {
        console.talk(format_args!(
            "loaded in {loaded:.0} ms, answered in {answered:.0} ms"
        ));
    }
    let as_json = Value::Array(calls.iter().map(Call::to_json).collect());
    if args.calls {
        console.print_plain(&format!("{as_json}\n"))?;
        return Ok(Exit::Done);
    }
    let now = Zoned::now();
    let told: Vec<Told> = calls.iter().map(|call| answer(call, &now)).collect();
    if console.is_json() {
        let words: Vec<String> = told.iter().map(built_in::words).collect();
        let mut report = json!({ "calls": as_json, "answers": words });
        if args.stats {
            (report["load_ms"], report["answer_ms"]) = (loaded.into(), answered.into());
        }
        console.print_json(&report)?;
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for told in told {
        console.print(&format!("{}\n", built_in::words(&told)))?;
        if let Some(command) = command(&told) {
            let typed = Args::read(&command).map_err(|error| {
                Failure::refused("usage", error.to_string()).hint("say it in other words")
            })?;
            exit = super::run(typed, console)?;
        }
    }
    Ok(exit)
}

/// What is carried out for whoever asked. Repairs change nothing, films get names that are free, and a model's licence is shown before it
/// comes.
fn command(told: &Told) -> Option<Vec<OsString>> {
    let Told::Task(task) = told else {
        return None;
    };
    let is_known = match task {
        Task::Fix { .. } | Task::MakeVideo { .. } => true,
        Task::AddModel { name } => name
            .as_ref()
            .is_some_and(|name| name.starts_with("hub:") || Path::new(name).exists()),
    };
    let words = is_known.then(|| built_in::command(task))?;
    Some(words.into_iter().map(OsString::from).collect())
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

/// The model that was named, else the one that is built in.
fn path(args: &Ask) -> Result<PathBuf, Failure> {
    args.model.clone().map_or_else(built_in::folder, Ok)
}
