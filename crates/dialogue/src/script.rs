//! A model that says what was written down for it: for trials, demonstrations and measurements.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use engine::stop::StopStrings;
use engine::{Finished, Reason, Timings, Usage};
use models::chat::{Event as Said, Message, Role};
use serde::Deserialize;

use crate::answering::{Moment, Outcome, Saying, Word, take_in};
use crate::request::Request;

/// What such a model says, and how fast.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// The first that fits is said.
    pub lines: Vec<Line>,
    /// Milliseconds from one word of an answer to its next; at 0 an answer is there at once.
    pub pace_ms: u64,
}

/// What is said to whom.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Line {
    /// A text that must be in the last message; any, when none.
    pub when: Option<String>,
    /// Whether the last message must come from a tool; from anybody, when none.
    pub after_tool: Option<bool>,
    /// What is thought.
    pub reasoning: String,
    /// What is said; `{last}` stands for the last message.
    pub text: String,
    /// Which tools are called, with which arguments as JSON.
    pub calls: Vec<(String, String)>,
}

/// What is said when no line fits.
const ECHO: &str = "You said: {last}";

/// What is due within so short a time is released together.
const TICK: Duration = Duration::from_millis(1);

/// Tokens of prompt and answer together.
pub(crate) const CONTEXT: usize = 131_072;

/// Numbers in the vector that a script makes of a text.
pub(crate) const WIDTH: usize = 64;

/// Answers whose next word is due, soonest first: all wait equally long from word to word.
type Readings = VecDeque<(Instant, Weak<Shared>)>;

/// A script that is being performed.
pub(crate) struct Stage {
    script: Script,
    /// What is being said, where there is a pace.
    readings: Arc<Mutex<Readings>>,
    /// Ends the thread that keeps the pace.
    is_over: Arc<AtomicBool>,
}

impl Stage {
    pub(crate) fn new(script: Script) -> Self {
        let stage = Self {
            script,
            readings: Arc::default(),
            is_over: Arc::default(),
        };
        if stage.script.pace_ms > 0 {
            let pace = Duration::from_millis(stage.script.pace_ms);
            let (readings, is_over) = (Arc::clone(&stage.readings), Arc::clone(&stage.is_over));
            thread::spawn(move || keep_pace(pace, &readings, &is_over));
        }
        stage
    }

    /// Words of a conversation.
    pub(crate) fn count(messages: &[Message]) -> usize {
        let words = |said: &Message| pieces(&text_of(said)).count();
        messages.iter().map(words).sum()
    }

    /// How many answers are being made.
    pub(crate) fn running(&self) -> usize {
        let readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        readings
            .iter()
            .filter(|(_, held)| held.strong_count() > 0)
            .count()
    }

    pub(crate) fn answer(&self, request: &Request<'_>) -> Reading {
        let last = request.messages.last().map(text_of).unwrap_or_default();
        let is_tool = (request.messages.last()).is_some_and(|said| said.role == Role::Tool);
        let fits = |line: &&Line| {
            let named = line.when.as_ref().is_none_or(|when| last.contains(when));
            named && line.after_tool.is_none_or(|tool| tool == is_tool)
        };
        let echo = Line {
            text: ECHO.to_owned(),
            ..Line::default()
        };
        let line = self.script.lines.iter().find(fits).unwrap_or(&echo);
        let calls_before = request.messages.iter().map(|said| said.tool_calls.len());
        let calls_before: usize = calls_before.sum();
        let mut moments = VecDeque::new();
        for choice in 0..request.choices.max(1) {
            let mut performance = Performance::new(request, choice, calls_before);
            performance.perform(line, &last);
            moments.extend(performance.moments);
        }
        self.begin(moments)
    }

    /// What goes on with a text: the text again.
    pub(crate) fn complete(&self, text: &str, request: &Request<'_>) -> Reading {
        self.say(text, pieces(text).count(), request)
    }

    /// Says a text to whom asked so many words.
    pub(crate) fn say(&self, text: &str, prompt: usize, request: &Request<'_>) -> Reading {
        let mut moments = VecDeque::new();
        for choice in 0..request.choices.max(1) {
            let mut performance = Performance::new(request, choice, 0);
            performance.usage.prompt = prompt;
            performance.perform(
                &Line {
                    text: text.to_owned(),
                    ..Line::default()
                },
                "",
            );
            moments.extend(performance.moments);
        }
        self.begin(moments)
    }

    fn begin(&self, moments: VecDeque<Moment>) -> Reading {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                released: match self.script.pace_ms {
                    0 => moments.len(),
                    _ => 0,
                },
                moments,
                waker: None,
            }),
            arrived: Condvar::new(),
            is_cancelled: AtomicBool::new(false),
        });
        if self.script.pace_ms > 0 {
            let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
            let due = Instant::now() + Duration::from_millis(self.script.pace_ms);
            readings.push_back((due, Arc::downgrade(&shared)));
        }
        Reading { shared }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Releases a word of each answer when it is due.
fn keep_pace(pace: Duration, readings: &Mutex<Readings>, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        let next = release_due(
            pace,
            &mut readings.lock().unwrap_or_else(PoisonError::into_inner),
        );
        // Whatever begins meanwhile is due no sooner than a pace from now.
        let next = next.unwrap_or_else(|| Instant::now() + pace);
        thread::sleep(next.saturating_duration_since(Instant::now()).max(TICK));
    }
}

/// When the next word is due.
fn release_due(pace: Duration, readings: &mut Readings) -> Option<Instant> {
    let now = Instant::now();
    while readings.front().is_some_and(|(due, _)| *due <= now) {
        let (due, held) = readings.pop_front()?;
        if held.upgrade().is_some_and(|shared| shared.release()) {
            readings.push_back((due + pace, held));
        }
    }
    readings.front().map(|(due, _)| *due)
}

/// Writes down what will be said.
struct Performance<'a> {
    request: &'a Request<'a>,
    choice: u32,
    calls: usize,
    stop: StopStrings,
    message: Message,
    usage: Usage,
    moments: VecDeque<Moment>,
    ended: Option<Reason>,
}

impl<'a> Performance<'a> {
    fn new(request: &'a Request<'a>, choice: u32, calls: usize) -> Self {
        Self {
            request,
            choice,
            calls,
            stop: StopStrings::new(request.stop),
            message: Message::empty(Role::Assistant),
            usage: Usage {
                prompt: Stage::count(request.messages),
                ..Usage::default()
            },
            moments: VecDeque::new(),
            ended: None,
        }
    }

    fn perform(&mut self, line: &Line, last: &str) {
        for thought in pieces(&line.reasoning) {
            self.usage.reasoning += 1;
            self.say(vec![Said::Reasoning(thought.to_owned())], thought);
        }
        for word in pieces(&line.text.replace("{last}", last)) {
            self.word(word);
        }
        let rest = self.stop.finish();
        if self.ended.is_none() && !rest.is_empty() {
            self.usage.generated -= 1;
            self.say(vec![Said::Text(rest.clone())], &rest);
        }
        let may_call = !self.request.tools.is_empty();
        for (name, arguments) in line.calls.iter().filter(|_| may_call) {
            self.calls += 1;
            let begin = Said::CallBegin {
                id: format!("call_{}", self.calls),
                name: name.clone(),
            };
            let arguments = Said::CallArguments(arguments.clone());
            self.say(vec![begin, arguments, Said::CallEnd], name);
        }
        let finished = Finished {
            choice: self.choice,
            text: String::new(),
            reason: self.ended.take().unwrap_or(Reason::End),
            usage: self.usage,
            timings: Timings::default(),
        };
        let saying = Saying {
            choice: self.choice,
            ..Saying::default()
        };
        let message = self.message.clone();
        let outcome = Outcome { finished, message };
        self.moments
            .push_back(Moment::Over(saying, Box::new(outcome)));
    }

    fn word(&mut self, word: &str) {
        if self.ended.is_some() {
            return;
        }
        let piece = self.stop.push(word.as_bytes());
        let events = match piece.text.is_empty() {
            true => Vec::new(),
            false => vec![Said::Text(piece.text)],
        };
        self.say(events, word);
        if let Some(which) = piece.stopped_by {
            self.ended = Some(Reason::StopText(which));
        }
    }

    /// A token that says this.
    fn say(&mut self, events: Vec<Said>, token: &str) {
        let is_full = self.request.max_tokens == Some(self.usage.generated);
        if self.ended.is_some() || is_full {
            self.ended.get_or_insert(Reason::Length);
            return;
        }
        self.usage.generated += 1;
        events
            .iter()
            .for_each(|said| take_in(&mut self.message, said));
        let is_reasoning = matches!(events.first(), Some(Said::Reasoning(_)));
        let word = self.request.logprobs.map(|top| Word {
            bytes: token.as_bytes().to_vec(),
            logprob: 0.0,
            top: match top {
                0 => Vec::new(),
                _ => vec![(token.as_bytes().to_vec(), 0.0)],
            },
            is_reasoning,
        });
        self.moments.push_back(Moment::Said(Saying {
            choice: self.choice,
            events,
            word,
        }));
    }
}

/// The words of a text, each with the space behind it.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(char::is_whitespace)
}

fn text_of(said: &Message) -> String {
    said.content
        .as_ref()
        .map(models::chat::Content::text)
        .unwrap_or_default()
}

/// A vector of unit length that depends on the text alone. It says nothing of what the text means.
pub(crate) fn vector(text: &str) -> Vec<f32> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut numbers: Vec<f32> = (0..WIDTH)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    let length = numbers.iter().map(|x| x * x).sum::<f32>().sqrt();
    numbers.iter_mut().for_each(|x| *x /= length);
    numbers
}

/// What comes of a script for one request.
#[derive(Debug)]
pub(crate) struct Reading {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
    is_cancelled: AtomicBool,
}

#[derive(Debug)]
struct State {
    moments: VecDeque<Moment>,
    /// How many of them may be read.
    released: usize,
    waker: Option<Waker>,
}

/// Ends a reading from anywhere.
#[derive(Debug, Clone)]
pub(crate) struct Stopper {
    shared: Weak<Shared>,
}

impl Stopper {
    pub(crate) fn cancel(&self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.is_cancelled.store(true, Ordering::Relaxed);
            shared.wake(|state| {
                state.cut();
                state.released = state.moments.len();
            });
        }
    }
}

impl State {
    /// Leaves the ends alone.
    fn cut(&mut self) {
        self.moments.retain_mut(|moment| match moment {
            Moment::Over(_, outcome) => {
                outcome.finished.reason = Reason::Cancelled;
                true
            }
            Moment::Said(_) | Moment::Silence => false,
        });
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, change: impl FnOnce(&mut State)) {
        let waker = {
            let mut state = self.state();
            change(&mut state);
            state.waker.take()
        };
        self.arrived.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Lets one more moment be read; whether more remain.
    fn release(&self) -> bool {
        let mut more = false;
        self.wake(|state| {
            state.released = (state.released + 1).min(state.moments.len());
            more = state.released < state.moments.len();
        });
        more
    }
}

impl State {
    fn take(&mut self) -> Option<Moment> {
        self.released = self.released.checked_sub(1)?;
        self.moments.pop_front()
    }
}

impl Reading {
    pub(crate) fn stopper(&self) -> Stopper {
        Stopper {
            shared: Arc::downgrade(&self.shared),
        }
    }

    pub(crate) fn next(&mut self, patience: Duration) -> Moment {
        let mut state = self.shared.state();
        if state.released == 0 {
            let arrived = self.shared.arrived.wait_timeout(state, patience);
            state = arrived.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.take().unwrap_or(Moment::Silence)
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Moment>> {
        let mut state = self.shared.state();
        if let Some(moment) = state.take() {
            return Poll::Ready(Some(moment));
        }
        if state.moments.is_empty() {
            return Poll::Ready(None);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
