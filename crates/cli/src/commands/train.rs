//! `freehold train`: from text to a model.

mod ranks;
mod slurm;
mod tail;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use library::{Memory, quantity};
use serde_json::json;
use tensor::Pool;
use training::{
    Account, Clip, Event, FilmSource, Line, Run, RunOptions, StepLine, WORDS, note_training,
};
use video::generate::{Words, lesson, lesson_words};

use super::stop_on_signals;
use crate::args::train::Train;
use crate::console::{Console, duration, paint};
use crate::environment;
use crate::failure::Exit;

/// How often a step is shown where nobody watches.
const QUIET: Duration = Duration::from_secs(30);

/// The same where somebody does.
const WATCHED: Duration = Duration::from_millis(250);

/// Follows the recipe.
pub fn run(args: &Train, console: &mut Console) -> anyhow::Result<Exit> {
    if let Some(job) = args.cancel {
        return slurm::cancel(job, console);
    }
    if args.on.is_some() || args.follow.is_some() {
        return slurm::run(args, console);
    }
    let pool = args.threads.map_or_else(Pool::of_all_cores, Pool::new);
    let options = RunOptions {
        pool: Arc::new(pool),
        stage: args.stage.clone(),
        memory_bytes: Some(Memory::read().available),
        stop: stop_on_signals()?,
        films: Some(films),
    };
    let run = Run::open(&args.recipe, options)?;
    // Whoever looks on in the app finds it; a training does not depend on it.
    let noted = note_training(
        &environment::read().data,
        &args.recipe,
        &run.recipe().name,
        run.out(),
    );
    if let Err(error) = noted {
        console.talk(format_args!("the app will not show this training: {error}"));
    }
    if args.mpi {
        return ranks::run(run, console);
    }
    let mut teller = Teller::new(console);
    let model = run.go(&mut |event| teller.tell(&event));
    teller.clear();
    finish(&model?, run.out(), console)
}

/// Films of the little world, for recipes that learn from them.
fn films() -> FilmSource {
    let list = lesson_words();
    let words = Words::new(&list);
    FilmSource {
        words: list,
        draw: Arc::new(move |number, shape| {
            let (pixels, caption) = lesson(number, shape.film, shape.frames_per_second);
            let (words, _) = words.read(&caption);
            Clip { pixels, words }
        }),
    }
}

/// Says where the model lies.
fn finish(model: &Path, run: &Path, console: &mut Console) -> anyhow::Result<Exit> {
    if console.is_json() {
        console.print_json(&json!({ "model": model, "run": run }))?;
        return Ok(Exit::Done);
    }
    console.print(&format!("{}\n", model.display()))?;
    let (what, next) = match model.join(WORDS).is_file() {
        false => (
            "Talk with it",
            format!("freehold chat -m {}", model.display()),
        ),
        true => (
            "Let it make a film",
            format!(
                "freehold video create 'a red ball' --model {}",
                model.display()
            ),
        ),
    };
    console.talk(format_args!(
        "{what}: {}",
        paint::styled(paint::TYPED, next)
    ));
    Ok(Exit::Done)
}

/// Shows what goes on: a line that is redrawn where somebody watches, a line now and then elsewhere.
struct Teller<'a> {
    console: &'a mut Console,
    is_watched: bool,
    shown: Option<Instant>,
    has_line: bool,
}

impl<'a> Teller<'a> {
    fn new(console: &'a mut Console) -> Self {
        Self {
            is_watched: console.has_watcher(),
            console,
            shown: None,
            has_line: false,
        }
    }

    fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Preparing(what) => self.say(&format!("preparing {what}")),
            Event::Read(account) => self.say(&read(account)),
            Event::Stage(name, 0, steps) => {
                let name = paint::styled(paint::STRONG, name);
                self.say(&format!("{name}: {steps} steps"));
            }
            Event::Stage(name, step, steps) => {
                let name = paint::styled(paint::STRONG, name);
                self.say(&format!("{name}: goes on at step {step} of {steps}"));
            }
            Event::Line(line) => self.line(line),
            Event::Saved(_) => {}
            Event::Done(name, _) => {
                let name = paint::styled(paint::STRONG, name);
                self.say(&format!("{name}: done"));
            }
        }
    }

    fn line(&mut self, line: &Line) {
        match line {
            Line::Step(step) => {
                let pause = if self.is_watched { WATCHED } else { QUIET };
                let is_due = self.shown.is_none_or(|shown| shown.elapsed() >= pause);
                if is_due || step.step == step.steps {
                    self.shown = Some(Instant::now());
                    self.show(&progress(step));
                }
            }
            Line::Measured {
                step,
                data,
                loss,
                measures,
            } => {
                let measures = shown(measures);
                self.say(&format!("step {step}: {data} {loss:.4}{measures}"));
            }
            Line::Sample {
                step,
                question,
                answer,
            } => {
                self.say(&format!("step {step}: {question:?} → {answer:?}"));
            }
            Line::Note { step, text } => self.say(&format!("step {step}: {text}")),
        }
    }

    /// A line that stays.
    fn say(&mut self, text: &str) {
        self.clear();
        self.console.talk(text);
    }

    /// A line that the next one takes the place of.
    fn show(&mut self, text: &str) {
        if !self.is_watched {
            return self.console.talk(text);
        }
        self.console.redraw(text);
        self.has_line = true;
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.has_line) {
            self.console.redraw("");
        }
    }
}

fn read(account: &Account) -> String {
    let dropped: Vec<String> = account
        .dropped
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    let dropped = match dropped.is_empty() {
        true => String::new(),
        false => format!("; left out: {}", dropped.join(", ")),
    };
    format!(
        "{}: {} texts, {} tokens, {} ({}){dropped}",
        account.name,
        account.kept,
        account.tokens,
        quantity::bytes(account.bytes),
        account.licence
    )
}

/// What is measured beside the loss.
fn shown(measures: &BTreeMap<String, f64>) -> String {
    let measures = measures.iter();
    measures
        .map(|(name, value)| format!("  {name} {value:.3}"))
        .collect()
}

fn progress(step: &StepLine) -> String {
    format!(
        "step {}/{}  loss {:.4}{}  {:.0} tokens/s  {:.0} % of the peak  {} left",
        step.step,
        step.steps,
        step.loss,
        shown(&step.measures),
        step.tokens_per_second,
        100.0 * step.utilisation,
        duration(step.seconds_left.max(0.0) as u64)
    )
}
