//! The line in which a person writes, with what was written before.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Cmd, Config, Context, Editor as Line, Helper, KeyCode, KeyEvent, Modifiers};

use super::slash;
use crate::console::paint;
use crate::failure::Failure;

/// Lines that are remembered.
const HISTORY_MAX: usize = 2_000;

/// What begins and ends a text of many lines.
const QUOTES: &str = "\"\"\"";

/// What a person typed.
pub enum Typed {
    /// Words or a command.
    Said(String),
    /// Ctrl-C on the line.
    Nothing,
    /// Ctrl-D.
    Leaves,
}

/// Reads lines.
pub struct Editor {
    line: Line<Words, FileHistory>,
    history: PathBuf,
}

impl Editor {
    /// An editor that remembers below the folder of all data.
    pub fn new(data: &Path, has_colour: bool, models: Vec<String>) -> anyhow::Result<Self> {
        let fault = |error: ReadlineError| {
            Failure::fault("io_failed", format!("cannot use the terminal: {error}"))
        };
        let config = Config::builder()
            .max_history_size(HISTORY_MAX)
            .map_err(fault)?
            .history_ignore_dups(true)
            .map_err(fault)?
            .build();
        let mut line = Line::with_config(config).map_err(fault)?;
        line.set_helper(Some(Words { has_colour, models }));
        line.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), Cmd::Newline);
        line.bind_sequence(KeyEvent::ctrl('J'), Cmd::Newline);
        let history = data.join("chat-history");
        // There is none the first time.
        let _ = line.load_history(&history);
        Ok(Self { line, history })
    }

    /// Waits for a person, who has typed the beginning already.
    pub fn read(&mut self, typed: &str) -> anyhow::Result<Typed> {
        match self.line.readline_with_initial("› ", (typed, "")) {
            Ok(text) => {
                let text = text.replace("\\\n", "\n");
                self.remember(&text);
                Ok(Typed::Said(unquoted(&text).to_owned()))
            }
            Err(ReadlineError::Interrupted) => Ok(Typed::Nothing),
            Err(ReadlineError::Eof) => Ok(Typed::Leaves),
            Err(error) => {
                let what = format!("cannot read from the terminal: {error}");
                Err(Failure::fault("io_failed", what).into())
            }
        }
    }

    /// Keeps a line for later conversations; a disk that is full does not end this one.
    fn remember(&mut self, text: &str) {
        if text.trim().is_empty() || !self.line.add_history_entry(text).unwrap_or(false) {
            return;
        }
        if let Some(folder) = self.history.parent() {
            let _ = fs::create_dir_all(folder);
        }
        let _ = self.line.append_history(&self.history);
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        let _ = fs::set_permissions(&self.history, permissions);
    }
}

/// The text between quotes that were put around it.
fn unquoted(text: &str) -> &str {
    let inner = text.trim().strip_prefix(QUOTES);
    let inner = inner.map(|inner| inner.strip_suffix(QUOTES).unwrap_or(inner));
    inner.unwrap_or(text)
}

/// What the editor knows about what is typed: commands are completed, a backslash goes on.
struct Words {
    has_colour: bool,
    /// Names of models, to be completed.
    models: Vec<String>,
}

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = &line[..at];
        if let Some(name) = typed.strip_prefix("/model ") {
            let fitting = self.models.iter().filter(|known| known.starts_with(name));
            return Ok((at - name.len(), fitting.cloned().collect()));
        }
        let is_command = typed.starts_with('/') && !typed.contains(char::is_whitespace);
        let fitting = slash::names().filter(|name| is_command && name.starts_with(typed));
        Ok((0, fitting.map(str::to_owned).collect()))
    }
}

impl Validator for Words {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let typed = context.input();
        let quoted = typed.trim_start().strip_prefix(QUOTES);
        let is_open = quoted.is_some_and(|text| !text.contains(QUOTES));
        Ok(match is_open || typed.ends_with('\\') {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match self.has_colour {
            true => Cow::Owned(paint::styled(paint::PROMPT, prompt)),
            false => Cow::Borrowed(prompt),
        }
    }
}

impl Helper for Words {}
