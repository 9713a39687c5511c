//! What a conversation does when it is told to.

use std::path::Path;
use std::str::FromStr;

use models::chat::{Message, Role};

use super::session::Session;
use super::slash::{Slash, help};
use super::{How, load, locate, now, sampling, saved};
use crate::console::{Console, paint};
use crate::failure::Failure;

impl Session<'_> {
    /// Obeys.
    pub(super) fn obey(&mut self, slash: &Slash<'_>, console: &mut Console) -> anyhow::Result<()> {
        match slash {
            Slash::Help => console.talk(help()),
            Slash::Model(None) => self.tell_model(console),
            Slash::Model(Some(name)) => self.change_model(name, console)?,
            Slash::System(text) => self.tell(*text, console),
            Slash::Clear => {
                self.messages.retain(|said| said.role == Role::System);
                self.read = None;
                console.talk("the conversation begins anew");
            }
            Slash::Retry => self.retry(console)?,
            Slash::Undo => self.undo(console)?,
            Slash::Read(None) => return Err(lacks("`/read` needs a file", "`/read letter.txt`")),
            Slash::Read(Some(path)) => self.read(Path::new(path), console)?,
            Slash::Think(wish) => self.think(*wish, console)?,
            Slash::Set(wish) => self.set(*wish, console)?,
            Slash::Save(None) => {
                return Err(lacks(
                    "nothing was saved: `/save` needs a name",
                    "`/save talk.md`",
                ));
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
        let located = locate(&self.library, name)?;
        self.speaker = load(&located, self.args, console)?;
        self.how.sampling = sampling(self.args, &self.speaker)?;
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

    fn tell_model(&self, console: &mut Console) {
        let path = self.located.path.display();
        let memory = library::quantity::bytes(self.speaker.bytes());
        let context = self.speaker.context();
        console.talk(format_args!(
            "{} · {memory} of memory, {context} tokens of context · {path}",
            paint::styled(paint::STRONG, &self.located.name)
        ));
    }

    /// Puts the last question once more.
    fn retry(&mut self, console: &mut Console) -> anyhow::Result<()> {
        match self
            .messages
            .iter()
            .rposition(|said| said.role == Role::User)
        {
            Some(at) => self.messages.truncate(at + 1),
            None => return Err(lacks("there is no question yet", "ask one")),
        }
        self.answer(console)
    }

    fn undo(&mut self, console: &mut Console) -> anyhow::Result<()> {
        match self
            .messages
            .iter()
            .rposition(|said| said.role == Role::User)
        {
            Some(at) => self.messages.truncate(at),
            None => {
                return Err(lacks(
                    "there is nothing to take back",
                    "ask something first",
                ));
            }
        }
        let last = self.messages.iter().rfind(|said| said.role == Role::User);
        let last = last.and_then(|said| Some(said.content.as_ref()?.text()));
        match last {
            Some(text) => {
                let start: String = text
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .chars()
                    .take(60)
                    .collect();
                console.talk(format_args!(
                    "taken back; the last question is now: {start}"
                ));
            }
            None => console.talk("taken back; nothing was said yet"),
        }
        Ok(())
    }

    /// Keeps a file's text to be said with the next words.
    fn read(&mut self, path: &Path, console: &mut Console) -> anyhow::Result<()> {
        let text = super::text_of(path)?;
        let lines = library::quantity::plural(text.lines().count(), "line");
        console.talk(format_args!(
            "{lines} of {} will follow what you say next",
            path.display()
        ));
        self.read = Some(text);
        Ok(())
    }

    fn think(&mut self, wish: Option<&str>, console: &mut Console) -> anyhow::Result<()> {
        self.how.thinks = match wish {
            Some("on") => Some(true),
            Some("off") => Some(false),
            Some("auto") => None,
            Some(other) => {
                let what = format!("`{other}` is neither `on`, `off` nor `auto`");
                return Err(lacks(&what, "`/think off`"));
            }
            // Alone, it is the other way round.
            None => Some(self.how.thinks == Some(false)),
        };
        console.talk(match self.how.thinks {
            Some(true) => "it thinks before it answers, if it can",
            Some(false) => "it answers without thinking first, if it can",
            None => "it thinks as it likes",
        });
        Ok(())
    }

    fn set(&mut self, wish: Option<(&str, &str)>, console: &mut Console) -> anyhow::Result<()> {
        if let Some((name, value)) = wish {
            let before = self.how.sampling.clone();
            self.how.set(name, value)?;
            if let Some(complaint) = self.how.sampling.complaint() {
                self.how.sampling = before;
                return Err(lacks(&complaint, "`/set` alone says what they are"));
            }
        }
        console.talk(self.how.told());
        Ok(())
    }
}

impl How {
    fn set(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        let sampling = &mut self.sampling;
        match name {
            "temperature" => sampling.temperature = number(name, value)?,
            "top-p" | "top_p" => sampling.top_p = number(name, value)?,
            "top-k" | "top_k" => sampling.top_k = number(name, value)?,
            "seed" if value == "-" => self.seed = None,
            "seed" => self.seed = Some(number(name, value)?),
            "max-tokens" | "max_tokens" if value == "-" => self.max_tokens = None,
            "max-tokens" | "max_tokens" => {
                self.max_tokens = Some(number::<std::num::NonZeroUsize>(name, value)?.get());
            }
            other => {
                let what = format!("there is no setting `{other}`");
                let known = "temperature, top-p, top-k, seed and max-tokens are known";
                return Err(lacks(&what, known));
            }
        }
        Ok(())
    }

    /// All settings in a line.
    fn told(&self) -> String {
        let sampling = &self.sampling;
        let seed = self
            .seed
            .map_or("another each time".to_owned(), |seed| seed.to_string());
        let most = self
            .max_tokens
            .map_or("as the context allows".to_owned(), |most| most.to_string());
        let (temperature, top_p) = (sampling.temperature, sampling.top_p);
        let top_k = match sampling.top_k {
            0 => "all".to_owned(),
            top_k => top_k.to_string(),
        };
        format!(
            "temperature {temperature} · top-p {top_p} · top-k {top_k} · seed {seed} · max-tokens {most}"
        )
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> anyhow::Result<T> {
    let read = value.parse();
    read.map_err(|_| {
        let what = format!("`{value}` is no {name}");
        lacks(
            &what,
            "`/set temperature 0.7`, `/set seed 1`, `/set seed -` for none",
        )
    })
}

/// That something more must be typed.
fn lacks(what: &str, hint: &str) -> anyhow::Error {
    Failure::refused("usage", what).hint(hint).into()
}
