//! A line that tells how far something long has come, redrawn in place.

use std::io::Write as _;
use std::time::{Duration, Instant};

use super::{Console, paint};
use library::quantity;

const REDRAW: Duration = Duration::from_millis(80);
const CELLS: usize = 24;

/// The line; silent where nobody watches, gone when it is dropped.
pub struct Progress {
    is_watched: bool,
    /// How a count is said.
    say: fn(u64) -> String,
    what: String,
    total: u64,
    done: u64,
    /// Of these, what had gone by earlier.
    before: u64,
    began: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// Bytes of `total` that go by while `what` happens.
    pub fn of_bytes(console: &Console, what: impl Into<String>, total: u64) -> Self {
        Self::new(console, what.into(), total, quantity::bytes)
    }

    /// Tokens of `total` that go by while `what` happens.
    pub fn of_tokens(console: &Console, what: impl Into<String>, total: u64) -> Self {
        let say = |tokens| format!("{tokens} tokens");
        Self::new(console, what.into(), total, say)
    }

    /// Pictures of `total` that go by while `what` happens.
    pub fn of_pictures(console: &Console, what: impl Into<String>, total: u64) -> Self {
        let say = |pictures| format!("{pictures} pictures");
        Self::new(console, what.into(), total, say)
    }

    /// The same for steps.
    pub fn of_steps(console: &Console, what: impl Into<String>, total: u64) -> Self {
        let say = |steps| format!("{steps} steps");
        Self::new(console, what.into(), total, say)
    }

    fn new(console: &Console, what: String, total: u64, say: fn(u64) -> String) -> Self {
        Self {
            is_watched: console.has_watcher(),
            say,
            what,
            total,
            done: 0,
            before: 0,
            began: Instant::now(),
            drawn: None,
        }
    }

    /// Says that `bytes` more have gone by.
    pub fn add(&mut self, bytes: u64) {
        self.done += bytes;
        if self.is_watched && self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW) {
            self.draw();
        }
    }

    /// Says that `bytes` in all have gone by; fewer than before where something begins anew.
    pub fn set(&mut self, bytes: u64) {
        // What was there at the beginning is no speed.
        if self.done == 0 {
            self.before = bytes;
        }
        self.done = bytes;
        self.add(0);
    }

    fn draw(&mut self) {
        let share = match self.total {
            0 => 0.0,
            total => (self.done as f64 / total as f64).min(1.0),
        };
        let filled = (share * CELLS as f64) as usize;
        let bar = format!("{}{}", "━".repeat(filled), "─".repeat(CELLS - filled));
        let seconds = self.began.elapsed().as_secs_f64();
        let speed = match seconds > 0.5 {
            true => self.speed(seconds),
            false => String::new(),
        };
        let line = format!(
            "{} {:3.0} % · {}{speed} · {}",
            paint::styled(paint::TYPED, bar),
            share * 100.0,
            (self.say)(self.total),
            self.what,
        );
        redraw(&line);
        self.drawn = Some(Instant::now());
    }
}

impl Progress {
    /// How fast it goes, and how long it will take where that is worth knowing.
    fn speed(&self, seconds: f64) -> String {
        let speed = self.done.saturating_sub(self.before) as f64 / seconds;
        let left = self.total.saturating_sub(self.done) as f64 / speed.max(1e-9);
        let left = match left {
            left if !(5.0..86_400.0).contains(&left) => String::new(),
            left => format!(" · {} left", duration(left as u64)),
        };
        format!(" · {}/s{left}", (self.say)(speed as u64))
    }
}

/// `40 s`, `12 min`, `3 h 5 min`.
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6000 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            redraw("");
        }
    }
}

/// A line that is there until it is dropped.
pub struct Passing {
    is_watched: bool,
}

impl Passing {
    pub(super) fn new(console: &Console, text: &str) -> Self {
        let is_watched = console.has_watcher();
        if is_watched {
            redraw(&paint::styled(paint::FAINT, text));
        }
        Self { is_watched }
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        if self.is_watched {
            redraw("");
        }
    }
}

/// Puts `line` in place of the one in which the cursor stands. Erasing is no colour: who wants none still
/// sees one line at a time.
pub(super) fn redraw(line: &str) {
    let _ = std::io::stderr().write_all(b"\r\x1b[K");
    let mut out = anstream::stderr();
    let _ = write!(out, "{line}").and_then(|()| out.flush());
}
