//! How fast a stage goes.

use std::time::Instant;

use super::Course;
use crate::journal::StepLine;
use crate::run::lessons::Measures;
use crate::trainer::Measured;

/// Seconds over which the speed is measured.
const LAP_SECONDS: f64 = 0.5;

/// Time and tokens of a stage on its way.
pub(super) struct Pace {
    start: Instant,
    began_at: u64,
    lap: (Instant, u64),
    /// Tokens in a second.
    rate: f64,
}

impl Pace {
    /// Begins now, after so many steps and tokens.
    pub fn from(step: u64, tokens: u64) -> Self {
        Self {
            start: Instant::now(),
            began_at: step,
            lap: (Instant::now(), tokens),
            rate: 0.0,
        }
    }

    /// So many tokens were read by now.
    pub fn count(&mut self, tokens: u64) {
        let since = self.lap.0.elapsed().as_secs_f64();
        if since > LAP_SECONDS || self.rate == 0.0 {
            self.rate = (tokens - self.lap.1) as f64 / since.max(1e-9);
            self.lap = (Instant::now(), tokens);
        }
    }

    /// The time since the last count was not spent on learning.
    pub fn pause(&mut self, tokens: u64) {
        self.lap = (Instant::now(), tokens);
    }

    /// What the journal says of a step.
    pub fn line(
        &self,
        course: &Course<'_>,
        step: u64,
        measured: &Measured,
        measures: Measures,
    ) -> StepLine {
        let seconds = self.start.elapsed().as_secs_f64();
        let taken = step.saturating_sub(self.began_at).max(1) as f64;
        StepLine {
            step,
            steps: course.steps,
            loss: measured.loss,
            gradient_norm: measured.gradient_norm,
            learning_rate: measured.rate * course.stage.learning_rate,
            tokens: course.tokens,
            tokens_per_second: self.rate,
            utilisation: self.rate * course.flops_per_token / course.peak_flops,
            seconds,
            seconds_left: seconds / taken * (course.steps - step) as f64,
            measures,
        }
    }
}
