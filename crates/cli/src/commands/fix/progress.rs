//! One line that tells how the search is going, redrawn in place.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use coder::fix::{Event, Step};

use crate::console::paint::{self, styled};

const REDRAW: Duration = Duration::from_millis(60);
const BAR_CELLS: usize = 20;

/// The progress line; silent where nobody watches.
pub struct Line {
    is_watched: bool,
    drawn: Option<Instant>,
}

impl Line {
    /// A line that is drawn only if a person watches.
    pub fn new(is_watched: bool) -> Self {
        let mut line = Self {
            is_watched,
            drawn: None,
        };
        line.draw("running the tests");
        line
    }

    /// Shows what has happened.
    pub fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Preparing { .. } if self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) => {
            }
            Event::Preparing {
                seen,
                elapsed,
                budget,
            } => {
                let time = format!("{} of {} s", elapsed.as_secs(), budget.as_secs());
                let words = match seen.step {
                    Step::Building => "building the project and its tests".to_owned(),
                    Step::Testing => {
                        format!("{} of {} tests ran", seen.ran.min(seen.tests), seen.tests)
                    }
                    Step::Tracing => "noting which lines the tests run".to_owned(),
                };
                self.draw(&format!("{words} {}", styled(paint::FAINT, time)));
            }
            Event::Baseline { total, failing, .. } => {
                self.draw(&format!("{} of {total} tests fail", failing.len()));
            }
            Event::Searching { .. } if self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) => {
            }
            Event::Searching {
                tried,
                per_second,
                plausible,
                best,
                spent,
            } => {
                let filled = ((spent * BAR_CELLS as f64) as usize).min(BAR_CELLS);
                let bar = format!("{}{}", "━".repeat(filled), "─".repeat(BAR_CELLS - filled));
                let state = match plausible {
                    0 => format!("best repairs {} of {} tests", best.0, best.1),
                    1 => "1 candidate passes all tests".to_owned(),
                    count => format!("{count} candidates pass all tests"),
                };
                self.draw(&format!(
                    "{} {tried} candidates · {per_second:.0}/s · {state}",
                    styled(paint::TYPED, bar)
                ));
            }
            Event::Suspected { .. } => {}
            Event::Confirming => self.draw("comparing what was found"),
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.is_watched {
            let _ = write!(anstream::stderr(), "\r\x1b[K");
        }
    }

    fn draw(&mut self, text: &str) {
        if self.is_watched {
            let mut out = anstream::stderr();
            let _ = write!(out, "\r\x1b[K{text}").and_then(|()| out.flush());
            self.drawn = Some(Instant::now());
        }
    }
}
