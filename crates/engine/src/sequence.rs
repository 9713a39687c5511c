//! One answer in the making: its tokens, and all that decides the next.

mod thinking;

use std::sync::Arc;
use std::time::Instant;

use crate::cache::Table;
use crate::constrain::Guide;
use crate::error::Error;
use crate::events::Sender;
use crate::request::{Event, Finished, Reason, Request, Timings, Token, Usage};
use crate::sampling::{Logprobs, Sampler, Scratch, logprobs};
use crate::stop::StopStrings;
use crate::vocabulary::{Vocabulary, Word};
use thinking::Thinking;

/// What the choices of one request share.
pub(crate) struct Job {
    pub(crate) request: Request,
    pub(crate) sender: Sender,
    pub(crate) vocabulary: Vocabulary,
    /// Counts up; who came first goes first among equals.
    pub(crate) arrival: u64,
    pub(crate) submitted: Instant,
    /// The most tokens of a sequence.
    pub(crate) length_max: usize,
}

/// One answer in the making.
pub(crate) struct Sequence {
    pub(crate) job: Arc<Job>,
    pub(crate) choice: u32,
    /// Prompt and answer.
    pub(crate) tokens: Vec<u32>,
    pub(crate) table: Table,
    /// Choices that begin where this one's prompt ends.
    pub(crate) siblings: u32,
    /// Steps waited, which makes up for a lower priority.
    pub(crate) waited: u64,
    /// Tokens to propose at the next speculation.
    pub(crate) draft_length: usize,
    /// Whether anything was computed for it yet.
    pub(crate) has_computed: bool,
    /// It was in a batch that broke, and is tried alone next.
    pub(crate) is_suspect: bool,
    /// Its pages were needed by others.
    pub(crate) is_set_aside: bool,
    pub(crate) usage: Usage,
    pub(crate) finished: Option<Reason>,
    sampler: Sampler,
    guide: Option<Guide>,
    stop: StopStrings,
    aside: StopStrings,
    thinking: Option<Thinking>,
    started: Option<Instant>,
    first_token: Option<Instant>,
}

impl Sequence {
    /// The first choice of a request; the others begin where its prompt ends.
    pub(crate) fn new(job: Job, guide: Option<Guide>) -> Self {
        let request = &job.request;
        Self {
            choice: 0,
            tokens: request.prompt.clone(),
            table: Table::default(),
            siblings: request.choices.saturating_sub(1),
            waited: 0,
            draft_length: 4,
            usage: Usage {
                prompt: request.prompt.len(),
                ..Usage::default()
            },
            has_computed: false,
            is_suspect: false,
            is_set_aside: false,
            finished: None,
            sampler: sampler(request, 0),
            guide,
            stop: StopStrings::new(&request.stop),
            aside: StopStrings::default(),
            thinking: request.reasoning.clone().map(Thinking::new),
            started: None,
            first_token: None,
            job: Arc::new(job),
        }
    }

    /// Whose it is.
    pub(crate) fn tenant(&self) -> u64 {
        self.job.request.tenant
    }

    /// Another choice over the same prompt, computed so far as `table` holds it.
    pub(crate) fn sibling(&self, choice: u32, table: Table) -> Self {
        let request = &self.job.request;
        Self {
            job: Arc::clone(&self.job),
            choice,
            tokens: self.tokens.clone(),
            table,
            siblings: 0,
            waited: self.waited,
            draft_length: self.draft_length,
            usage: self.usage,
            has_computed: self.has_computed,
            is_suspect: false,
            is_set_aside: false,
            finished: None,
            sampler: sampler(request, choice),
            guide: self.guide.clone(),
            stop: StopStrings::new(&request.stop),
            aside: StopStrings::default(),
            thinking: request.reasoning.clone().map(Thinking::new),
            started: self.started,
            first_token: None,
        }
    }

    /// Tokens whose keys and values are still to be computed.
    pub(crate) fn pending(&self) -> usize {
        self.tokens.len() - self.table.length()
    }

    /// Tokens of the answer.
    pub(crate) fn generated(&self) -> &[u32] {
        &self.tokens[self.job.request.prompt.len()..]
    }

    /// Whether tokens may be proposed: the rest of a bounded answer decides.
    pub(crate) fn tokens_left(&self) -> usize {
        let generated = self.generated().len();
        let most = self.job.request.max_tokens.unwrap_or(usize::MAX);
        let by_context = self.job.length_max.saturating_sub(self.tokens.len());
        most.saturating_sub(generated).min(by_context)
    }

    /// A copy of what chooses tokens, to guess ahead with.
    pub(crate) fn guesser(&self) -> Sampler {
        self.sampler.clone()
    }

    /// Notes that computation begins, or goes on.
    pub(crate) fn start(&mut self) {
        self.is_set_aside = false;
        self.started.get_or_insert_with(Instant::now);
        self.note_cached();
    }

    /// Notes how much of the prompt was known, as long as nothing was computed.
    pub(crate) fn note_cached(&mut self) {
        if !self.has_computed {
            self.usage.cached = self.table.length();
        }
    }

    /// Chooses the token after all there are, and takes in whatever must follow it. The answer may
    /// have ended then.
    pub(crate) fn choose(&mut self, row: &mut [f32], scratch: &mut Scratch) {
        let raw = self.job.request.logprobs.map(|_| row.to_vec());
        if let Err(error) = self.restrict(row) {
            self.finished = Some(Reason::Failed(error));
            return;
        }
        let Some(token) = self.sampler.sample(row, &self.tokens, scratch) else {
            let reason = "no token has a finite logit".to_owned();
            self.finished = Some(Reason::Failed(Error::Broken { reason }));
            return;
        };
        let top = self.job.request.logprobs.unwrap_or(0);
        let found = raw.map(|raw| logprobs(&raw, token, top, scratch));
        self.push(token, found);
        self.push_forced();
    }

    /// Takes out of a row of logits what may not follow.
    fn restrict(&mut self, row: &mut [f32]) -> Result<(), Error> {
        let words = self.job.vocabulary.len();
        if words < row.len() {
            row[words..].fill(f32::NEG_INFINITY);
        }
        let generated = &self.tokens[self.job.request.prompt.len()..];
        let opener = self
            .thinking
            .as_ref()
            .filter(|thinking| thinking.is_before());
        let opener = opener.and_then(Thinking::opener);
        let is_thinking = self.thinking.as_ref().is_some_and(Thinking::is_open);
        if let Some(guide) = &mut self.guide
            && !is_thinking
        {
            // Instead of the answer the thinking may begin.
            let kept = opener.and_then(|token| row.get(token as usize).copied());
            guide.mask(row)?;
            if let (Some(token), Some(logit)) = (opener, kept) {
                row[token as usize] = logit;
            }
        }
        if let Some(thinking) = &self.thinking {
            let mut forbid = |token: u32| {
                if let Some(logit) = row.get_mut(token as usize) {
                    *logit = f32::NEG_INFINITY;
                }
            };
            thinking
                .forbidden(generated)
                .into_iter()
                .for_each(&mut forbid);
            // Who must give an answer of a form gives one after the thinking.
            let owes_answer = self.guide.is_some() && thinking.is_open();
            if thinking.is_too_short() || owes_answer {
                self.job.vocabulary.end().iter().copied().for_each(forbid);
            }
        }
        Ok(())
    }

    /// Tokens that follow without a choice.
    fn push_forced(&mut self) {
        while self.finished.is_none() {
            let generated = &self.tokens[self.job.request.prompt.len()..];
            let concludes = self.job.sender.concludes();
            let mut forced = match &self.thinking {
                Some(thinking) => thinking.forced(generated, concludes),
                None => Vec::new(),
            };
            let is_free = self
                .thinking
                .as_ref()
                .is_none_or(|thinking| !thinking.is_open() && !thinking.is_before());
            if forced.is_empty()
                && is_free
                && self.job.request.logprobs.is_none()
                && let Some(guide) = &mut self.guide
            {
                forced = guide.forced();
            }
            if forced.is_empty() {
                break;
            }
            for token in forced {
                if self.finished.is_none() {
                    self.push(token, None);
                }
            }
        }
    }

    /// Takes one token in and tells the reader.
    fn push(&mut self, token: u32, logprobs: Option<Logprobs>) {
        self.first_token.get_or_insert_with(Instant::now);
        self.tokens.push(token);
        self.usage.generated += 1;
        let was_thinking = self.follow_thinking();
        let is_ours = !was_thinking
            && self
                .thinking
                .as_ref()
                .is_none_or(|thinking| !thinking.is_before());
        let request = &self.job.request;
        let is_end = self.job.vocabulary.end().contains(&token) && !request.ignores_end;
        let is_stop = request.stop_tokens.contains(&token);
        let mut text = String::new();
        if is_end {
            self.finished = Some(Reason::End);
        } else if is_stop {
            self.finished = Some(Reason::StopToken(token));
        } else {
            text = self.release(token, was_thinking);
            if let Some(guide) = &mut self.guide
                && is_ours
                && self.finished.is_none()
            {
                match guide.accept(token) {
                    Err(error) => self.finished = Some(Reason::Failed(error)),
                    Ok(()) if guide.is_complete() => self.finished = Some(Reason::Complete),
                    Ok(()) => {}
                }
            }
        }
        if self.finished.is_none() && self.tokens_left() == 0 {
            self.finished = Some(Reason::Length);
        }
        self.job.sender.send(Event::Token(Token {
            choice: self.choice,
            token,
            text,
            logprobs,
            is_reasoning: was_thinking,
        }));
    }

    /// Whether the last token belongs to the thinking.
    fn follow_thinking(&mut self) -> bool {
        let Some(thinking) = &mut self.thinking else {
            return false;
        };
        let was_before = thinking.is_before();
        let was_open = thinking.is_open();
        thinking.follow(&self.tokens[self.job.request.prompt.len()..]);
        self.usage.reasoning = thinking.tokens();
        was_open || (was_before && (thinking.is_open() || thinking.is_before()))
    }

    /// The text that `token` makes certain.
    fn release(&mut self, token: u32, is_thinking: bool) -> String {
        let vocabulary = &self.job.vocabulary;
        let mut bytes = vocabulary.text(token);
        if self.usage.generated == 1 && vocabulary.strips_first_space() {
            bytes = bytes.strip_prefix(b" ").unwrap_or(bytes);
        }
        if is_thinking {
            return self.aside.push(bytes).text;
        }
        // No stop text reaches across a sign.
        if let Some(Word::Control(_)) = vocabulary.word(token) {
            return self.aside.finish() + &self.stop.finish();
        }
        let piece = self.stop.push(bytes);
        if let Some(which) = piece.stopped_by {
            self.finished = Some(Reason::StopText(which));
        }
        self.aside.finish() + &piece.text
    }

    /// Tells the reader that it is over.
    pub(crate) fn report(&mut self, reason: Reason) {
        let now = Instant::now();
        let started = self.started.unwrap_or(now);
        let first = self.first_token.unwrap_or(now);
        let text = match reason {
            Reason::StopText(_) => String::new(),
            _ => self.aside.finish() + &self.stop.finish(),
        };
        let timings = Timings {
            queued: started - self.job.submitted,
            prefill: first.saturating_duration_since(started),
            decode: now.saturating_duration_since(first),
        };
        tracing::debug!(
            request = self.job.arrival,
            choice = self.choice,
            reason = reason.name(),
            prompt = self.usage.prompt,
            cached = self.usage.cached,
            generated = self.usage.generated,
            queued_ms = timings.queued.as_millis() as u64,
            prefill_ms = timings.prefill.as_millis() as u64,
            decode_ms = timings.decode.as_millis() as u64,
            "an answer ended"
        );
        self.job.sender.send(Event::Finished(Finished {
            choice: self.choice,
            text,
            reason,
            usage: self.usage,
            timings,
        }));
    }
}

fn sampler(request: &Request, choice: u32) -> Sampler {
    let sampling = request.sampling.clone();
    Sampler::new(sampling, request.seed, choice, request.prompt.len())
}
