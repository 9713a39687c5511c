//! A stage whose ranks take steps alone and meet now and then.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Course, Pace, states, why_left_out};
use crate::error::{Error, Result};
use crate::journal::Line;
use crate::ranks::Loose;
use crate::run::Tell;
use crate::run::lessons::Measures;
use crate::state::State;
use crate::trainer::Measured;

/// Numbers that are kept of a step until the ranks meet: loss, gradient, share of the rate, tokens, and whether the
/// step was taken.
const SEEN: usize = 5;

impl Course<'_> {
    pub(super) fn loose_steps(&mut self, loose: Loose, tell: Tell<'_>) -> Result<()> {
        let mut pace = Pace::from(self.trainer.steps(), self.tokens);
        let mut saved = Instant::now();
        while self.trainer.steps() < self.steps {
            if self.look_up(saved)? {
                self.save(tell)?;
                saved = Instant::now();
            }
            let before = self.trainer.steps();
            let mut seen = Vec::new();
            for _ in 0..loose.every.min(self.steps - before) {
                self.loose_step(&mut seen, tell)?;
            }
            self.trainer.meet()?;
            self.team.sum(&mut seen)?;
            for (at, seen) in seen.chunks_exact(SEEN).enumerate() {
                let taken = seen[4].max(1.0);
                let measured = Measured {
                    loss: seen[0] / taken,
                    gradient_norm: seen[1] / taken,
                    rate: seen[2] / taken,
                    tokens: seen[3] as usize,
                };
                self.tokens += measured.tokens as u64;
                if seen[4] > 0.0 {
                    self.usual.saw(measured.loss);
                    pace.count(self.tokens);
                    let line = pace.line(self, before + at as u64 + 1, &measured, Measures::new());
                    self.tell(Line::Step(line), tell)?;
                }
            }
            let step = self.trainer.steps();
            if seen.chunks_exact(SEEN).all(|seen| seen[4] == 0.0) {
                return Err(Error::NotFinite {
                    step,
                    loss: f64::NAN,
                    gradient_norm: f64::NAN,
                });
            }
            let validate = self.stage.validate_every;
            if step / validate > before / validate || step == self.steps {
                self.measure(tell)?;
                pace.pause(self.tokens);
            }
        }
        self.save(tell)
    }

    /// A step of this rank alone. One that is left out counts as taken, so that all meet after the same number.
    fn loose_step(&mut self, seen: &mut Vec<f64>, tell: Tell<'_>) -> Result<()> {
        let stepped = self.lessons.step(&mut self.trainer, self.usual.most());
        match stepped.map(|stepped| stepped.measured) {
            Ok(measured) if measured.tokens > 0 => seen.extend([
                measured.loss,
                measured.gradient_norm,
                measured.rate,
                measured.tokens as f64,
                1.0,
            ]),
            Ok(_) => seen.extend([0.0; SEEN]),
            Err(error) => {
                let (step, text) = why_left_out(error)?;
                self.trainer.pass_over();
                seen.extend([0.0; SEEN]);
                self.note(step, text, tell)?;
            }
        }
        Ok(())
    }

    /// What the optimiser of this rank remembers, where ranks take their steps alone: the first one's lies in the state
    /// itself, which is written last.
    pub(super) fn save_own_part(&self, state: &State) -> Result<()> {
        if self.stage.loose.is_none() {
            return Ok(());
        }
        let saved = match self.team.is_first() {
            true => Ok(()),
            false => {
                let part = State {
                    values: vec![Vec::new(); state.values.len()],
                    outer: Vec::new(),
                    ..state.clone()
                };
                part.save(&part_path(&self.folder, state.step, self.team.rank()))
            }
        };
        self.team.agree(saved)
    }

    /// Takes what the optimiser of this rank remembered. A rank that there was not then takes what another did.
    pub(super) fn load_own_part(&self, state: &mut State) -> Result<()> {
        let ranks = (0..=self.team.rank()).rev().take(self.team.rank());
        if self.stage.loose.is_none() {
            return Ok(());
        }
        let mut paths = ranks.map(|rank| part_path(&self.folder, state.step, rank));
        if let Some(path) = paths.find(|path| path.is_file()) {
            state.moments = State::load(&path)?.moments;
        }
        Ok(())
    }
}

fn part_path(folder: &Path, step: u64, rank: usize) -> PathBuf {
    folder.join(format!("state-{step:08}.rank-{rank}.safetensors"))
}

/// Removes what ranks wrote beside states that are no more.
pub(super) fn remove_parts(folder: &Path) -> Result<()> {
    let kept = states(folder)?;
    let oldest = kept.first().map_or(0, |(step, _)| *step);
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let parts = name
            .strip_prefix("state-")
            .and_then(|name| name.split_once(".rank-"));
        let step = parts.and_then(|(step, _)| step.parse::<u64>().ok());
        // Those of a later step may be on their way to one.
        if step.is_some_and(|step| step < oldest) {
            std::fs::remove_file(&path).map_err(Error::file(&path))?;
        }
    }
    Ok(())
}
