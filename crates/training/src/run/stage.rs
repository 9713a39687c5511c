//! One stage: steps, measures and states, from wherever it was left.

mod loose;
mod needs;
mod pace;
mod states;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use models::{Adapters, LearnOptions};
use tensor::Context;
use tensor::files::Dtype;

use self::needs::{check, check_numbers, flops_per_token, peak_flops};
use self::pace::Pace;
pub(crate) use self::states::was_trained_otherwise;
use self::states::{newest, state_path, states};
use super::lessons::{Lessons, Stepped};
use super::prepare::{Prepared, grown};
use super::sample::answer;
use super::usual::Usual;
use super::{Event, Run, Tell};
use crate::beside::copy_settings;
use crate::deck::Position;
use crate::error::{Error, Result};
use crate::journal::{Journal, Line};
use crate::ranks::Team;
use crate::recipe::{Numbers, Purpose, Stage};
use crate::state::State;
use crate::trainer::{Options, Trainer};
use crate::vocabulary::Encoder;

/// Steps whose numbers are beyond bounds, one after the other, before the last state is gone back to.
const BAD_STEPS_MAX: u32 = 3;

/// How often that happens before a stage gives up.
const RETURNS_MAX: u32 = 3;

/// Tokens of a sample.
const SAMPLE_TOKENS_MAX: usize = 96;

/// A stage on its way.
pub(super) struct Course<'a> {
    run: &'a Run,
    team: Team,
    stage: &'a Stage,
    folder: PathBuf,
    /// The checkpoint that it began with.
    before: PathBuf,
    trainer: Trainer,
    lessons: Lessons,
    /// None where there is no text.
    encoder: Option<Rc<Encoder>>,
    /// Set once it is known from which step on it is written.
    journal: Option<Journal>,
    steps: u64,
    /// Read by this stage, by earlier runs of it too.
    tokens: u64,
    usual: Usual,
    saving: Option<JoinHandle<Result<()>>>,
    /// Why the last state was not written, until one is.
    unsaved: Option<Error>,
    flops_per_token: f64,
    peak_flops: f64,
}

/// What a state says of where the data stood.
#[derive(serde::Serialize, serde::Deserialize)]
struct Place {
    position: Position,
    tokens: u64,
    #[serde(default)]
    usual: Usual,
    /// Of the recipe's words for this stage; with others it would be another course.
    stage: String,
    /// Of the recipe; states of older programs do not say it.
    #[serde(default)]
    seed: Option<u64>,
}

impl<'a> Course<'a> {
    /// Opens what the stage needs.
    pub fn begin(
        run: &'a Run,
        stage: &'a Stage,
        prepared: &Prepared,
        before: &Path,
        tell: Tell<'_>,
    ) -> Result<Self> {
        let folder = run.out.join(&stage.name);
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let lessons = Lessons::open(run, stage, prepared)?;
        if !run.team.is_alone() && !lessons.are_shared_out() {
            return Err(Error::Ranks {
                reason: format!("stage `{}` is for one process", stage.name),
                hint: "leave `--mpi` or `--on` out for it: `--stage` runs one stage alone",
            });
        }
        let grown = match stage.grow {
            Some(times) => grown(run, before, (stage, times), folder.join("begin"))?,
            None => before.to_owned(),
        };
        let before = grown.as_path();
        let steps = lessons.steps(stage);
        let options = options(stage, steps, run.recipe.seed);
        check_numbers(run, stage, before)?;
        let mut trainer = Trainer::open(before, options, Arc::clone(&run.options.pool))?;
        trainer = trainer.among(&run.team, stage.loose);
        let encoder = match trainer.trainee().film() {
            Some(_) => None,
            None => Some(Rc::new(Encoder::open(before)?)),
        };
        check(run, stage, &trainer, encoder.as_deref())?;
        if let Some(adapters) = stage
            .adapters
            .as_ref()
            .filter(|_| trainer.trainee().count() == 0)
        {
            return Err(Error::Shape {
                reason: format!(
                    "stage `{}`: no matrix ends as `targets` say, {:?}",
                    stage.name, adapters.targets
                ),
                hint: "`targets` are ends of names of matrices: `q_proj` and `v_proj` are usual",
            });
        }
        let flops_per_token = flops_per_token(stage, &trainer);
        let mut course = Self {
            run,
            team: run.team.clone(),
            stage,
            journal: None,
            folder,
            before: before.to_owned(),
            trainer,
            lessons,
            encoder,
            steps,
            tokens: 0,
            usual: Usual::default(),
            saving: None,
            unsaved: None,
            flops_per_token,
            peak_flops: peak_flops(&run.options.pool, stage.numbers),
        };
        course
            .lessons
            .begin(&mut course.trainer, [before, &course.folder], tell)?;
        Ok(course)
    }

    /// Takes all steps that are left, from the newest state that is whole, then writes the model.
    pub fn run(mut self, tell: Tell<'_>) -> Result<()> {
        self.go_back()?;
        let mut peak = [self.peak_flops];
        self.team.sum(&mut peak)?;
        self.peak_flops = peak[0];
        if self.team.is_first() {
            let journal = Journal::open(&self.folder, self.trainer.steps(), now());
            self.journal = Some(journal?);
        }
        tell(Event::Stage(
            &self.stage.name,
            self.trainer.steps(),
            self.steps,
        ));
        let outcome = match self.stage.loose {
            Some(loose) => self.loose_steps(loose, tell),
            None => self.steps(tell),
        };
        // A state that is being written is whole, whatever ended it. Whoever stops it keeps what was learnt, even if a
        // state before could not be written.
        let written = self.wait();
        if matches!(outcome, Err(Error::Stopped { .. })) {
            self.unsaved = written.err().or(self.unsaved.take());
            self.save(tell)?;
            self.wait()?;
            return outcome;
        }
        outcome?;
        written?;
        let written = self.write();
        self.team.agree(written)
    }

    fn steps(&mut self, tell: Tell<'_>) -> Result<()> {
        let mut pace = Pace::from(self.trainer.steps(), self.tokens);
        let mut saved = Instant::now();
        let (mut bad, mut returns) = (0, 0);
        while self.trainer.steps() < self.steps {
            if self.lessons.is_between() && self.look_up(saved)? {
                self.save(tell)?;
                saved = Instant::now();
            }
            let stepped = self.lessons.step(&mut self.trainer, self.usual.most());
            let Stepped { measured, measures } = match stepped {
                Ok(stepped) => stepped,
                Err(error) if returns < RETURNS_MAX => {
                    let (step, text) = why_left_out(error)?;
                    bad += 1;
                    self.note(step, text, tell)?;
                    if bad >= BAD_STEPS_MAX {
                        (bad, returns) = (0, returns + 1);
                        self.return_past(tell)?;
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            bad = 0;
            self.usual.saw(measured.loss);
            self.tokens += measured.tokens as u64;
            let step = self.trainer.steps();
            pace.count(self.tokens);
            let line = pace.line(self, step, &measured, measures);
            self.tell(Line::Step(line), tell)?;
            if step.is_multiple_of(self.stage.validate_every) || step == self.steps {
                self.measure(tell)?;
                pace.pause(self.tokens);
            }
        }
        self.save(tell)
    }

    /// Between two steps: an error when any rank is to stop, so that all do after the same step; whether the first
    /// finds that it is time to save.
    fn look_up(&mut self, saved: Instant) -> Result<bool> {
        if self.saving.as_ref().is_some_and(JoinHandle::is_finished) {
            self.unsaved = self.wait().err();
        }
        let pause = Duration::from_secs_f64(60.0 * self.stage.save_minutes);
        let is_due = saved.elapsed() > pause || self.unsaved.is_some();
        let is_due = self.team.is_first() && is_due;
        let mut both = [self.run.is_stopped(), is_due].map(|is| f64::from(u8::from(is)));
        self.team.sum(&mut both)?;
        match both[0] > 0.0 {
            true => Err(Error::Stopped {
                step: self.trainer.steps(),
            }),
            false => Ok(both[1] > 0.0),
        }
    }

    fn tell(&mut self, line: Line, tell: Tell<'_>) -> Result<()> {
        tell(Event::Line(&line));
        let journal = self.journal.as_mut();
        journal.map_or(Ok(()), |journal| journal.write(&line, now()))
    }

    fn note(&mut self, step: u64, text: String, tell: Tell<'_>) -> Result<()> {
        self.tell(Line::Note { step, text }, tell)
    }

    /// The loss on what is held out, and what the model says when it is asked.
    fn measure(&mut self, tell: Tell<'_>) -> Result<()> {
        let step = self.trainer.steps();
        for score in self.lessons.measure(&mut self.trainer)? {
            let line = Line::Measured {
                step,
                data: score.data,
                loss: score.loss,
                measures: score.measures,
            };
            self.tell(line, tell)?;
        }
        let is_asked = self.team.is_first();
        let Some(encoder) = self.encoder.clone().filter(|_| is_asked) else {
            return Ok(());
        };
        for question in &self.stage.samples {
            let tokenizer = encoder.tokenizer();
            let asked = match self.stage.purpose {
                Purpose::Pretrain => tokenizer.encode(question, models::Special::AsText),
                _ => encoder.question(question)?,
            };
            let ends: Vec<u32> = tokenizer.special_tokens().map(|(id, _)| id).collect();
            let cx = Context::new(Arc::clone(&self.run.options.pool));
            let said = answer(&cx, self.trainer.model(), &asked, &ends, SAMPLE_TOKENS_MAX);
            let line = Line::Sample {
                step,
                question: question.clone(),
                answer: tokenizer.decode(&said, true),
            };
            self.tell(line, tell)?;
        }
        Ok(())
    }

    /// Writes the state beside the next steps; where the last one could not be written, before them, and an error is
    /// the end.
    fn save(&mut self, tell: Tell<'_>) -> Result<()> {
        let unsaved = self.wait().err().or(self.unsaved.take());
        let place = Place {
            position: self.lessons.position(),
            tokens: self.tokens,
            usual: self.usual,
            stage: self.stage.words(),
            seed: Some(self.run.recipe.seed),
        };
        let mut state = self
            .trainer
            .state(serde_json::to_value(place).expect("a place is plain"));
        self.save_own_part(&state)?;
        self.trainer.gather(&mut state)?;
        let step = state.step;
        if !self.team.is_first() {
            return Ok(());
        }
        let path = state_path(&self.folder, step);
        let folder = self.folder.clone();
        self.saving = Some(std::thread::spawn(move || {
            state.save(&path)?;
            // The one before stays, should this one be damaged on the disk.
            for (_, old) in states(&folder)?.iter().rev().skip(2) {
                std::fs::remove_file(old).map_err(Error::file(old))?;
            }
            loose::remove_parts(&folder)
        }));
        if let Some(unsaved) = unsaved {
            self.wait()?;
            let text = format!("the state before this one could not be written: {unsaved}");
            self.note(step, text, tell)?;
        }
        tell(Event::Saved(step));
        Ok(())
    }

    fn wait(&mut self) -> Result<()> {
        match self.saving.take() {
            Some(saving) => saving.join().expect("writing a state does not panic"),
            None => Ok(()),
        }
    }

    /// To the newest state that is whole; to the beginning when there is none.
    fn go_back(&mut self) -> Result<()> {
        let found = match self.team.is_first() {
            true => newest(&self.folder),
            false => Ok(None),
        };
        let found = self.team.agree(found)?;
        let step = found.as_ref().map_or(0, |(state, _)| state.step + 1);
        // All go back to what the first one found.
        let Some(step) = self.team.first_says(step)?.checked_sub(1) else {
            return Ok(());
        };
        let found = match found {
            Some(found) => Ok(found),
            None => {
                let path = state_path(&self.folder, step);
                State::load(&path).map(|state| (state, path))
            }
        };
        let gone = found.and_then(|(state, path)| self.go_to(state, &path));
        self.team.agree(gone)
    }

    fn go_to(&mut self, mut state: State, path: &Path) -> Result<()> {
        let refused = |reason: String| Error::State {
            path: path.to_owned(),
            reason,
            hint: "give the recipe another `name`, or delete the folder of the stage to begin it anew",
        };
        let place: Place = serde_json::from_value(state.position.clone())
            .map_err(|error| refused(format!("its position is damaged: {error}")))?;
        if place.stage != self.stage.words() {
            return Err(refused(
                "the recipe says something else of this stage now".to_owned(),
            ));
        }
        let seed = self.run.recipe.seed;
        if let Some(before) = place.seed.filter(|before| *before != seed) {
            return Err(refused(format!(
                "it was begun with the seed {before}, and the recipe says {seed} now"
            )));
        }
        self.load_own_part(&mut state)?;
        self.trainer.restore(state).map_err(refused)?;
        self.lessons.go_to(place.position);
        (self.tokens, self.usual) = (place.tokens, place.usual);
        Ok(())
    }

    /// To the last state, but past the data that led astray.
    fn return_past(&mut self, tell: Tell<'_>) -> Result<()> {
        self.wait()?;
        let (position, step) = (self.lessons.position(), self.trainer.steps());
        // The newest state is written by the first rank, which has waited for it.
        let count = states(&self.folder)?.len() as u64;
        if self.team.first_says(count)? == 0 {
            return self.note(step, "there is no state to go back to".to_owned(), tell);
        }
        self.go_back()?;
        self.lessons.go_to(position);
        let text = format!(
            "back to step {}, past the data that led astray",
            self.trainer.steps()
        );
        self.note(self.trainer.steps(), text, tell)
    }

    /// Writes the model, whole or not at all.
    fn write(&self) -> Result<()> {
        let mut state = self.trainer.state(serde_json::Value::Null);
        self.trainer.gather(&mut state)?;
        if !self.team.is_first() {
            return Ok(());
        }
        let (part, model) = (self.folder.join("model.part"), self.folder.join("model"));
        if part.exists() {
            std::fs::remove_dir_all(&part).map_err(Error::file(&part))?;
        }
        std::fs::create_dir_all(&part).map_err(Error::file(&part))?;
        let metadata = [("format".to_owned(), "pt".to_owned())].into();
        self.trainer.trainee().write(
            &part.join("model.safetensors"),
            Dtype::F32,
            Some(state.kept()),
            &metadata,
        )?;
        copy_settings(&self.before, &part)?;
        std::fs::rename(&part, &model).map_err(Error::file(model))
    }
}

/// The step that was not taken, and why; what no batch is to blame for is an error as before.
fn why_left_out(error: Error) -> Result<(u64, String)> {
    match error {
        Error::NotFinite {
            step,
            loss,
            gradient_norm,
        } => {
            let text =
                format!("the loss is {loss}, the gradient {gradient_norm}: this batch is left out");
            Ok((step, text))
        }
        Error::Spike { step, loss, usual } => {
            let text = format!(
                "the loss is {loss:.3} where at most {usual:.3} was to be expected: this batch is left out"
            );
            Ok((step, text))
        }
        other => Err(other),
    }
}

fn options(stage: &Stage, steps: u64, seed: u64) -> Options {
    Options {
        learn: LearnOptions {
            is_bf16: stage.numbers == Numbers::Bf16,
            adapters: stage.adapters.as_ref().map(|adapters| Adapters {
                rank: adapters.rank,
                alpha: adapters.alpha,
                targets: adapters.targets.clone(),
                seed,
            }),
        },
        optimiser: stage.optimiser(),
        schedule: stage.schedule(steps),
        clip: Some(stage.clip),
        tokens_at_once: stage.tokens_at_once,
        average: stage.average,
        checkpoint_activations: stage.checkpoint_activations,
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}
