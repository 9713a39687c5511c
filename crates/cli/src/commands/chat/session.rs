//! A conversation at a terminal.

use std::path::Path;

use engine::Reason;
use models::chat::{Message, Role};

use super::editor::{Editor, Typed};
use super::slash::{HELP, Slash};
use super::voice::{Manner, Voice, stats, verdict};
use super::{How, load, now, saved};
use crate::args::chat::Chat;
use crate::console::{Console, ReaderGone, paint};
use crate::environment;
use crate::failure::{self, Exit, Failure};
use dialogue::Speaker;
use library::{Library, Located};

/// What was said, and with whom.
pub struct Session<'a> {
    args: &'a Chat,
    library: Library,
    located: Located,
    speaker: Speaker,
    how: How,
    messages: Vec<Message>,
    tells_stats: bool,
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
        }
    }

    /// Talks until the person leaves.
    pub fn run(mut self, console: &mut Console) -> anyhow::Result<Exit> {
        let mut editor = Editor::new(&environment::read().data)?;
        self.greet(console);
        loop {
            let typed = match editor.read()? {
                Typed::Said(typed) => typed,
                Typed::Nothing => continue,
                Typed::Leaves => return Ok(Exit::Done),
            };
            if typed.trim().is_empty() {
                continue;
            }
            let done = match Slash::of(&typed) {
                Some(Slash::Quit) => return Ok(Exit::Done),
                Some(slash) => self.obey(&slash, console),
                None => self.answer(&typed, console),
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

    fn greet(&self, console: &mut Console) {
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

    /// Lets the model answer.
    fn answer(&mut self, typed: &str, console: &mut Console) -> anyhow::Result<()> {
        let said = typed.trim();
        let said = match said.strip_prefix("//") {
            Some(rest) => format!("/{rest}"),
            None => said.to_owned(),
        };
        self.messages.push(Message::new(Role::User, said));
        let mut voice = Voice::new(Manner::of(console, self.how.schema.is_some()));
        console.print("\n")?;
        let request = self.how.request(&self.messages);
        let outcome = match voice.speak(&self.speaker, &request, console) {
            Ok(outcome) => outcome,
            Err(error) => {
                // It was not read, so it was not said.
                self.messages.pop();
                return Err(error);
            }
        };
        if self.tells_stats {
            console.talk(stats(&outcome));
        }
        console.print("\n")?;
        let was_stopped = outcome.finished.reason == Reason::Cancelled;
        let said_anything = outcome.message.content.is_some();
        match said_anything {
            true => self.messages.push(outcome.message.clone()),
            // A question without an answer would be put twice.
            false => drop(self.messages.pop()),
        }
        if was_stopped {
            let what = if said_anything {
                "stopped"
            } else {
                "stopped before anything was said"
            };
            console.talk(paint::styled(paint::FAINT, what));
            return Ok(());
        }
        verdict(&outcome, console).map(drop)
    }

    fn obey(&mut self, slash: &Slash<'_>, console: &mut Console) -> anyhow::Result<()> {
        match slash {
            Slash::Help => console.talk(HELP.trim_end()),
            Slash::Model(None) => {
                let path = self.located.path.display();
                console.talk(format_args!("{} ({path})", self.located.name));
            }
            Slash::Model(Some(name)) => self.change_model(name, console)?,
            Slash::System(text) => self.tell(*text, console),
            Slash::Clear => {
                self.messages.retain(|said| said.role == Role::System);
                console.talk("the conversation begins anew");
            }
            Slash::Save(None) => {
                let what = "nothing was saved: `/save` needs a name";
                return Err(Failure::refused("usage", what)
                    .hint("`/save talk.md`")
                    .into());
            }
            Slash::Save(Some(path)) => self.save(Path::new(path), console)?,
            Slash::Tokens => self.tell_tokens(console)?,
            Slash::Stats => {
                self.tells_stats = !self.tells_stats;
                let state = if self.tells_stats {
                    "told"
                } else {
                    "no longer told"
                };
                console.talk(format_args!("figures are {state} after each answer"));
            }
            Slash::Unknown(name) => {
                let what = format!("there is no command `{name}`");
                return Err(Failure::refused("usage", what)
                    .hint("`/help` lists them; `//` at the beginning says `/` to the model")
                    .into());
            }
            Slash::Quit => {}
        }
        Ok(())
    }

    /// Goes on with another model, if it can be loaded.
    fn change_model(&mut self, name: &str, console: &mut Console) -> anyhow::Result<()> {
        let located = self.library.locate(name)?;
        self.speaker = load(&located, self.args, console)?;
        self.how.sampling = super::sampling(self.args, &self.speaker)?;
        self.located = located;
        self.greet(console);
        Ok(())
    }

    /// Sets what stands before everything.
    fn tell(&mut self, text: Option<&str>, console: &mut Console) {
        let told = self
            .messages
            .iter()
            .position(|said| said.role == Role::System);
        match (text, told) {
            (None, Some(at)) => {
                let content = self.messages[at].content.as_ref();
                let content = content.map(models::chat::Content::text);
                console.talk(content.unwrap_or_default());
            }
            (None, None) => console.talk("the model was told nothing"),
            (Some(text), told) => {
                if let Some(at) = told {
                    self.messages.remove(at);
                }
                if text != "-" {
                    self.messages.insert(0, Message::new(Role::System, text));
                }
            }
        }
    }

    fn save(&self, path: &Path, console: &mut Console) -> anyhow::Result<()> {
        let saved = saved::save(path, &self.located.name, &self.messages);
        saved.map_err(|error| {
            let what = format!("`{}` was not saved: {error}", path.display());
            Failure::fault("file_failed", what).hint("a file that exists is not replaced")
        })?;
        console.talk(format_args!("saved to {}", path.display()));
        Ok(())
    }

    fn tell_tokens(&self, console: &mut Console) -> anyhow::Result<()> {
        let context = self.speaker.context();
        let used = match self.messages.is_empty() {
            true => 0,
            false => self.speaker.count(&self.messages, Some(now()))?,
        };
        let share = 100.0 * used as f64 / context.max(1) as f64;
        console.talk(format_args!(
            "{used} of {context} tokens are used, {share:.0} %"
        ));
        Ok(())
    }
}
