//! A conversation at a terminal.

use engine::Reason;
use models::chat::{Message, Role};

use super::How;
use super::editor::{Editor, Typed};
use super::slash::Slash;
use super::voice::{Manner, Voice, stats, verdict};
use crate::args::chat::Chat;
use crate::built_in;
use crate::console::{Console, ReaderGone, paint};
use crate::environment;
use crate::failure::{self, Exit, Failure};
use dialogue::Speaker;
use library::{Library, Located};

/// What was said, and with whom.
pub struct Session<'a> {
    pub(super) args: &'a Chat,
    pub(super) library: Library,
    pub(super) located: Located,
    pub(super) speaker: Speaker,
    pub(super) how: How,
    pub(super) messages: Vec<Message>,
    pub(super) tells_stats: bool,
    /// A file's text, to be said with the next words.
    pub(super) read: Option<String>,
    /// What was typed while the last answer came.
    typed: String,
}

impl<'a> Session<'a> {
    /// A conversation that begins.
    pub fn new(
        args: &'a Chat,
        library: Library,
        located: Located,
        speaker: Speaker,
        how: How,
    ) -> Self {
        let system = args.system.iter();
        Self {
            args,
            library,
            located,
            speaker,
            how,
            messages: system
                .map(|text| Message::new(Role::System, text))
                .collect(),
            tells_stats: args.stats,
            read: None,
            typed: String::new(),
        }
    }

    /// Talks until the person leaves.
    pub fn run(mut self, console: &mut Console) -> anyhow::Result<Exit> {
        let mut editor = Editor::new(
            &environment::read().data,
            console.has_colour(),
            self.library.names(),
        )?;
        self.greet(console);
        console.talk("");
        loop {
            let typed = match editor.read(&std::mem::take(&mut self.typed))? {
                Typed::Said(typed) => typed,
                Typed::Nothing => {
                    console.talk(paint::styled(paint::FAINT, "Ctrl-D or /quit leaves"));
                    continue;
                }
                Typed::Leaves => return Ok(Exit::Done),
            };
            if typed.trim().is_empty() {
                continue;
            }
            let done = match Slash::of(&typed) {
                Some(Slash::Quit) => return Ok(Exit::Done),
                Some(slash) => self.obey(&slash, console),
                None => self.say(&typed, console),
            };
            // What goes wrong is said, and the conversation goes on.
            if let Err(error) = done {
                if error.is::<ReaderGone>() {
                    return Ok(Exit::Done);
                }
                failure::report(&error, console);
            }
        }
    }

    pub(super) fn greet(&self, console: &mut Console) {
        if self.speaker.is_of_tools() {
            console.talk(format_args!(
                "{} · understands requests: times, sums, units, repairs of code · {} lists commands",
                paint::styled(paint::STRONG, built_in::LABEL),
                paint::styled(paint::TYPED, "/help")
            ));
            console.talk(format_args!(
                "{} adds a model to talk with",
                paint::styled(paint::TYPED, built_in::LARGER)
            ));
            return;
        }
        let name = paint::styled(paint::STRONG, &self.located.name);
        let context = self.speaker.context();
        console.talk(format_args!(
            "{name} · {context} tokens of context · {} lists commands, Esc stops an answer",
            paint::styled(paint::TYPED, "/help")
        ));
        if !self.speaker.has_own_template() {
            let note = paint::styled(paint::WARN, "note:");
            console.talk(format_args!(
                "{note} the model brought no chat template; the usual one of its family is used"
            ));
        }
    }

    /// Says something to the model, and lets it answer.
    fn say(&mut self, typed: &str, console: &mut Console) -> anyhow::Result<()> {
        let said = typed.trim();
        let mut said = match said.strip_prefix("//") {
            Some(rest) => format!("/{rest}"),
            None => said.to_owned(),
        };
        if let Some(text) = &self.read {
            said = format!("{said}\n\n{text}");
        }
        self.messages.push(Message::new(Role::User, said));
        self.answer(console)?;
        // It was read, so it is not said again.
        self.read = None;
        Ok(())
    }

    /// Lets the model answer what was said last.
    pub(super) fn answer(&mut self, console: &mut Console) -> anyhow::Result<()> {
        let mut voice = Voice::new(Manner::of(console, self.how.schema.is_some()));
        console.print("\n")?;
        let request = self.how.request(&self.messages);
        let outcome = match voice.speak(&self.speaker, &request, console) {
            Ok(outcome) => outcome,
            Err(error) => {
                // It was not read, so it was not said.
                self.messages.pop();
                return Err(too_long_here(error));
            }
        };
        self.typed = voice.typed();
        let was_stopped = outcome.finished.reason == Reason::Cancelled;
        let said_anything = outcome.message.content.is_some();
        match said_anything {
            true => self.messages.push(outcome.message.clone()),
            // A question without an answer would be put twice.
            false => drop(self.messages.pop()),
        }
        if was_stopped {
            let what = match said_anything {
                true => "stopped; what was said so far is kept",
                false => "stopped before anything was said",
            };
            console.talk(paint::styled(paint::FAINT, what));
        }
        if self.tells_stats {
            console.talk(stats(&outcome));
        }
        let verdict = match was_stopped {
            true => Ok(()),
            false => verdict(&outcome, console).map(drop),
        };
        console.print("\n")?;
        verdict
    }
}

/// In a conversation, what is too long can be shortened.
fn too_long_here(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(dialogue::Error::TooLong {
            tokens, context, ..
        }) => {
            let what = format!(
                "the conversation has `{tokens}` tokens, and the context holds `{context}`"
            );
            Failure::refused("prompt_too_long", what)
                .hint("`/clear` begins anew, `/undo` takes the last question back")
                .into()
        }
        _ => error,
    }
}
