//! Speaks an answer as it comes, and lets it be stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::Reason;
use models::chat::Event as Said;

use super::keys::Keys;
use crate::console::{Console, paint};
use crate::environment;
use crate::failure::{Exit, Failure};
use crate::markdown::{Aside, Markdown};
use dialogue::{Moment, Outcome, Request, Speaker};

/// How often keys and signals are looked at while nothing is said.
const PATIENCE: Duration = Duration::from_millis(30);

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Markdown drawn for a terminal, thoughts dim above it.
    Drawn,
    /// As it comes, but without what a terminal would obey.
    Shown,
    /// As it comes.
    Plain,
    /// Not at all, as it is printed whole later.
    Silent,
}

impl Manner {
    /// The manner for whoever reads standard output.
    pub fn of(console: &Console, is_json: bool) -> Self {
        match (console.is_json(), console.has_reader(), is_json) {
            (true, ..) => Self::Silent,
            (false, false, _) => Self::Plain,
            (false, true, true) => Self::Shown,
            (false, true, false) => Self::Drawn,
        }
    }
}

/// Shows one answer.
pub struct Voice {
    manner: Manner,
    markdown: Option<Markdown>,
    /// What it thinks, as long as it does.
    thoughts: Option<Aside>,
    ends_line: bool,
    has_spoken: bool,
    /// What was typed while it spoke.
    typed: String,
}

impl Voice {
    /// A voice that has said nothing yet.
    pub fn new(manner: Manner) -> Self {
        let markdown = (manner == Manner::Drawn).then(|| Markdown::new(environment::columns()));
        Self {
            manner,
            markdown,
            thoughts: None,
            ends_line: true,
            has_spoken: false,
            typed: String::new(),
        }
    }

    /// Asks, and shows what is answered until it ends or somebody stops it.
    pub fn speak(
        &mut self,
        speaker: &Speaker,
        request: &Request<'_>,
        console: &mut Console,
    ) -> anyhow::Result<Outcome> {
        let stop = stop_on_interrupt()?;
        let mut keys = Keys::watch(console);
        let mut answering = speaker.answer(request)?;
        let stopper = answering.stopper();
        let mut waiting = Some(console.passing("…"));
        loop {
            if stop.load(Ordering::Relaxed) || keys.as_mut().is_some_and(Keys::has_escape) {
                stopper.cancel();
            }
            let (said, outcome) = match answering.next(PATIENCE) {
                Moment::Silence => continue,
                Moment::Said(said) => (said.events, None),
                Moment::Over(said, outcome) => (said.events, Some(outcome)),
            };
            if !said.is_empty() || outcome.is_some() {
                waiting = None;
            }
            for event in &said {
                self.say(event, console)?;
            }
            if let Some(outcome) = outcome {
                drop(waiting);
                self.finish(console)?;
                self.typed = keys.map_or_else(String::new, |keys| keys.typed());
                return Ok(*outcome);
            }
        }
    }

    /// What was typed while it spoke, for the next line.
    pub fn typed(self) -> String {
        self.typed
    }

    fn say(&mut self, said: &Said, console: &mut Console) -> anyhow::Result<()> {
        match (said, self.manner) {
            (_, Manner::Silent) => Ok(()),
            (Said::Reasoning(_), Manner::Plain) => Ok(()),
            (Said::Reasoning(text), _) => {
                let thoughts = self
                    .thoughts
                    .get_or_insert_with(|| Aside::new(environment::columns()));
                console.print(&thoughts.push(text))
            }
            (Said::Text(text), _) => {
                if self.end_thoughts(console)? {
                    console.print("\n")?;
                }
                self.text(text, console)
            }
            (Said::CallBegin { name, .. }, _) => {
                console.talk(format_args!(
                    "(the model calls a tool `{}`, and there is none)",
                    shown(name)
                ));
                Ok(())
            }
            (Said::CallArguments(_) | Said::CallEnd | Said::CallBroken, _) => Ok(()),
        }
    }

    fn text(&mut self, text: &str, console: &mut Console) -> anyhow::Result<()> {
        // White space at the beginning is the template's, not the answer's.
        let text = match self.has_spoken {
            true => text,
            false => text.trim_start(),
        };
        if text.is_empty() {
            return Ok(());
        }
        self.has_spoken = true;
        self.ends_line = text.ends_with('\n');
        match (&mut self.markdown, self.manner) {
            (Some(markdown), _) => console.print(&markdown.push(text)),
            (None, Manner::Shown) => console.print(&shown(text)),
            (None, _) => console.print_plain(text),
        }
    }

    /// Ends what was thought; whether anything was.
    fn end_thoughts(&mut self, console: &mut Console) -> anyhow::Result<bool> {
        match self.thoughts.take() {
            Some(thoughts) => console.print(&thoughts.finish()).map(|()| true),
            None => Ok(false),
        }
    }

    fn finish(&mut self, console: &mut Console) -> anyhow::Result<()> {
        self.end_thoughts(console)?;
        if let Some(markdown) = self.markdown.take() {
            console.print(&markdown.finish())?;
        }
        let is_drawn = self.manner == Manner::Drawn;
        if self.manner != Manner::Silent && !self.ends_line && !is_drawn {
            console.print("\n")?;
        }
        Ok(())
    }
}

/// `text` without what a terminal would obey.
fn shown(text: &str) -> String {
    let kept = |c: &char| *c == '\n' || *c == '\t' || !c.is_control();
    text.chars().filter(kept).collect()
}

/// A flag that Ctrl-C sets while an answer comes. The process goes on.
fn stop_on_interrupt() -> anyhow::Result<Interrupt> {
    let flag = Arc::new(AtomicBool::new(false));
    let id = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&flag));
    let id = id
        .map_err(|error| Failure::fault("internal", format!("cannot watch for Ctrl-C: {error}")))?;
    Ok(Interrupt { flag, id })
}

/// Watches for Ctrl-C until it is dropped.
struct Interrupt {
    flag: Arc<AtomicBool>,
    id: signal_hook::SigId,
}

impl Interrupt {
    fn load(&self, ordering: Ordering) -> bool {
        self.flag.load(ordering)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.id);
    }
}

/// How many tokens an answer had, and how fast they came.
pub fn stats(outcome: &Outcome) -> String {
    let usage = &outcome.finished.usage;
    let seconds = outcome.finished.timings.prefill.as_secs_f64();
    let cached = match usage.cached {
        0 => String::new(),
        cached => format!(" ({cached} remembered)"),
    };
    let thought = match usage.reasoning {
        0 => String::new(),
        thought => format!(" ({thought} of them thoughts)"),
    };
    let line = format!(
        "{} tokens read{cached} in {seconds:.2} s · {} written{thought} at {:.1} a second",
        usage.prompt,
        usage.generated,
        outcome.tokens_per_second()
    );
    paint::styled(paint::FAINT, line)
}

/// Says why an answer ended early, and what that means to the caller.
pub fn verdict(outcome: &Outcome, console: &mut Console) -> anyhow::Result<Exit> {
    match &outcome.finished.reason {
        Reason::Length => {
            let note = paint::styled(paint::WARN, "note:");
            console.talk(format_args!(
                "{note} the answer is cut off: it is as long as `--max-tokens` or the context allows"
            ));
            Ok(Exit::Done)
        }
        Reason::Cancelled => {
            let what = "stopped; what was said so far stands above";
            Err(Failure::fault("stopped", what).into())
        }
        Reason::Failed(error) => Err(error.clone().into()),
        _ => Ok(Exit::Done),
    }
}
