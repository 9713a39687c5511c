//! The thinking before an answer, held within its bounds.

use crate::request::Reasoning;

/// Where a sequence stands in its thinking.
#[derive(Clone)]
pub(super) struct Thinking {
    bounds: Reasoning,
    stage: Stage,
    tokens: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The first token tells whether there will be any.
    Before,
    Open,
    Over,
}

impl Thinking {
    pub(super) fn new(bounds: Reasoning) -> Self {
        Self {
            stage: if bounds.is_open {
                Stage::Open
            } else {
                Stage::Before
            },
            bounds,
            tokens: 0,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    pub(super) fn is_before(&self) -> bool {
        self.stage == Stage::Before
    }

    /// Tokens of thinking so far.
    pub(super) fn tokens(&self) -> usize {
        self.tokens
    }

    /// The token that opens the thinking.
    pub(super) fn opener(&self) -> Option<u32> {
        self.bounds.begin.first().copied()
    }

    /// The token that would close the thinking now although it may not be over yet.
    pub(super) fn forbidden(&self, generated: &[u32]) -> Option<u32> {
        let (last, before) = self.bounds.end.split_last()?;
        let is_early = self.is_open() && self.tokens < self.bounds.min_tokens;
        (is_early && generated.ends_with(before)).then_some(*last)
    }

    /// Whether the answer may not end yet.
    pub(super) fn is_too_short(&self) -> bool {
        self.is_open() && self.tokens < self.bounds.min_tokens
    }

    /// Takes notice of the last of `generated`.
    pub(super) fn follow(&mut self, generated: &[u32]) {
        match self.stage {
            Stage::Before => {
                let begin = &self.bounds.begin;
                if generated.ends_with(begin) && !begin.is_empty() {
                    self.stage = Stage::Open;
                } else if !begin.starts_with(generated) {
                    self.stage = Stage::Over;
                }
            }
            Stage::Open => {
                self.tokens += 1;
                if !self.bounds.end.is_empty() && generated.ends_with(&self.bounds.end) {
                    self.stage = Stage::Over;
                }
            }
            Stage::Over => {}
        }
    }

    /// The tokens that must come now: what is left of a beginning, or the end when the budget is
    /// spent or somebody asked for it.
    pub(super) fn forced(&self, generated: &[u32], concludes: bool) -> Vec<u32> {
        let begin = &self.bounds.begin;
        if self.is_before() && !generated.is_empty() && begin.starts_with(generated) {
            return begin[generated.len()..].to_vec();
        }
        let is_spent = self
            .bounds
            .max_tokens
            .is_some_and(|most| self.tokens >= most);
        if self.is_open() && (is_spent || concludes) {
            return [&self.bounds.conclusion[..], &self.bounds.end[..]].concat();
        }
        Vec::new()
    }
}
