//! Where commands write: data on standard output, talk on standard error.

mod progress;

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal as _, Write as _},
};

use serde_json::Value;

use crate::environment;
use crate::failure::Failure;
pub use progress::{Passing, Progress, duration};

/// The terminal or pipe on the other side. Colour codes given to it are dropped where they would
/// not be shown: on pipes, on dumb terminals and under `NO_COLOR`.
pub struct Console {
    json: bool,
}

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Agreed.
    Yes,
    /// Not agreed.
    No,
    /// No person is at the other end.
    NobodyThere,
}

/// The reader of standard output went away, as `head` does; nobody is left to be told.
#[derive(Debug, thiserror::Error)]
#[error("standard output was closed by its reader")]
pub struct ReaderGone;

impl Console {
    /// A console on this process's standard streams.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether the result goes out as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person watches standard error, so that a progress line may be redrawn there.
    pub fn has_watcher(&self) -> bool {
        !self.json && io::stderr().is_terminal() && environment::terminal_can_erase()
    }

    /// Whether a person reads standard output.
    pub fn has_reader(&self) -> bool {
        !self.json && io::stdout().is_terminal()
    }

    /// Whether standard output shows colours.
    pub fn has_colour(&self) -> bool {
        let choice = anstream::AutoStream::choice(&io::stdout());
        choice != anstream::ColorChoice::Never
    }

    /// A line that stands on standard error until it is dropped, if a person watches.
    pub fn passing(&self, text: &str) -> Passing {
        Passing::new(self, text)
    }

    /// Draws a line of standard error anew, without ending it; nothing takes it away.
    pub fn redraw(&self, text: &str) {
        progress::redraw(text);
    }

    /// Asks a person, who must type `y` to agree.
    pub fn ask(&mut self, question: &str) -> Ask {
        if self.json || !io::stderr().is_terminal() || !io::stdin().is_terminal() {
            return Ask::NobodyThere;
        }
        let mut out = anstream::stderr();
        let _ = write!(out, "{question} [y/N] ").and_then(|()| out.flush());
        let mut answer = String::new();
        match io::stdin().read_line(&mut answer) {
            Ok(1..) if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) => Ask::Yes,
            Ok(1..) => Ask::No,
            // The line ends where the person did.
            Ok(0) | Err(_) => {
                self.talk("");
                Ask::No
            }
        }
    }

    /// Asks a person for something that nobody else may read, and does not show it. `None` where nobody is there.
    ///
    /// # Errors
    /// A terminal that cannot be read.
    pub fn ask_secret(&mut self, question: &str) -> io::Result<Option<String>> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let input = io::stdin();
        if self.json || !io::stderr().is_terminal() || !input.is_terminal() {
            return Ok(None);
        }
        let shown = tcgetattr(&input)?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        let mut out = anstream::stderr();
        let _ = write!(out, "{question} ").and_then(|()| out.flush());
        tcsetattr(&input, OptionalActions::Flush, &hidden)?;
        let mut answer = String::new();
        let read = input.read_line(&mut answer);
        tcsetattr(&input, OptionalActions::Flush, &shown)?;
        self.talk("");
        read?;
        Ok(Some(answer.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// Writes `text`, which may carry colour codes, to standard output.
    ///
    /// # Errors
    /// [`ReaderGone`] when the reader has left, else a [`Failure`] that says why writing failed.
    pub fn print(&mut self, text: &str) -> anyhow::Result<()> {
        let mut out = anstream::stdout().lock();
        Self::written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    fn written(written: io::Result<()>) -> anyhow::Result<()> {
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(ReaderGone.into()),
            Err(error) => Err(Failure::fault(
                "output_failed",
                format!("cannot write to standard output: {error}"),
            )
            .into()),
        }
    }

    /// Writes `text` to standard output as it is, escape codes and all.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn print_plain(&mut self, text: &str) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        Self::written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Writes `value` and a line feed to standard output.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn print_json(&mut self, value: &Value) -> anyhow::Result<()> {
        self.print(&format!("{value:#}\n"))
    }

    /// Writes one line of talk to standard error; if that is closed, nobody listens and all is well.
    pub fn talk(&mut self, line: impl Display) {
        let _ = writeln!(anstream::stderr().lock(), "{line}");
    }
}

/// Colours with one meaning each; [`Console`] drops them where they would not be shown.
pub mod paint {
    use anstyle::{AnsiColor, Style};

    /// Headings, and what to type.
    pub const STRONG: Style = Style::new().bold();
    /// What a reader may skip.
    pub const FAINT: Style = Style::new().dimmed();
    /// It works.
    pub const GOOD: Style = AnsiColor::Green.on_default().bold();
    /// It works in part.
    pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
    /// It does not work.
    pub const BAD: Style = AnsiColor::Red.on_default().bold();
    /// Where a person types.
    pub const PROMPT: Style = AnsiColor::Cyan.on_default().bold();
    /// A command that can be typed.
    pub const TYPED: Style = AnsiColor::Cyan.on_default();

    /// `text` in `style`.
    pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
        format!("{style}{text}{style:#}")
    }
}
