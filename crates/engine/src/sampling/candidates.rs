//! What may still be chosen: the whole vocabulary, or the few that truncation has left.

use kernels::{SCORES, block_exponentials, block_maxima};

/// Buffers that every choice of token uses anew; one a thread is enough.
#[derive(Default)]
pub struct Scratch {
    maxima: Vec<f32>,
    sums: Vec<f32>,
    powers: Vec<f32>,
    ranks: Vec<f32>,
    few: Vec<Candidate>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    token: u32,
    logit: f32,
    weight: f32,
    /// Those with the largest stay first.
    key: f32,
}

/// The tokens in play and their logits. Nothing is gathered before a step asks for less than all.
pub(super) struct Candidates<'a> {
    logits: &'a [f32],
    scratch: &'a mut Scratch,
    highest: f32,
    is_few: bool,
}

impl<'a> Candidates<'a> {
    /// All tokens whose logit is a number above negative infinity; `None` when there is none.
    pub(super) fn new(logits: &'a mut [f32], scratch: &'a mut Scratch) -> Option<Self> {
        let blocks = logits.len().div_ceil(SCORES);
        scratch.maxima.resize(blocks, 0.0);
        block_maxima(&mut scratch.maxima, logits);
        let mut highest = highest(&scratch.maxima);
        if highest == f32::INFINITY {
            for logit in logits.iter_mut().filter(|logit| **logit == f32::INFINITY) {
                *logit = f32::MAX;
            }
            block_maxima(&mut scratch.maxima, logits);
            highest = f32::MAX;
        }
        (highest > f32::NEG_INFINITY).then_some(Self {
            logits,
            scratch,
            highest,
            is_few: false,
        })
    }

    /// The token of the largest logit, the first of equals.
    pub(super) fn best(&self) -> u32 {
        let block = position(&self.scratch.maxima, self.highest);
        let start = block * SCORES;
        (start + position(&self.logits[start..], self.highest)) as u32
    }

    /// Keeps the `k` tokens of the largest logits, the first of equals.
    pub(super) fn keep_top(&mut self, k: usize) {
        if self.is_few || k >= self.logits.len() {
            return;
        }
        // Each of the `k` blocks with the largest maxima holds a logit of at least the smallest of
        // these maxima, so nothing below it is among the `k` largest.
        let ranks = &mut self.scratch.ranks;
        ranks.clone_from(&self.scratch.maxima);
        let floor = if k <= ranks.len() {
            *ranks.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a)).1
        } else {
            f32::NEG_INFINITY
        };
        self.gather(floor);
        let few = &mut self.scratch.few;
        if few.len() > k {
            few.select_nth_unstable_by(k - 1, first_by_logit);
            few.truncate(k);
        }
    }

    /// Keeps the tokens with the largest probabilities that together make up `mass` at least.
    /// Source: Holtzman et al. 2020.
    pub(super) fn keep_nucleus(&mut self, mass: f32) {
        if !self.is_few {
            let target = f64::from(mass) * self.weigh_all(1.0);
            // A nucleus rarely reaches far below the best; where it does, more is looked at.
            for depth in [5.0, 12.0, f32::INFINITY] {
                self.gather(self.highest - depth);
                if self.sum_of_few() >= target {
                    break;
                }
            }
            keep_mass(&mut self.scratch.few, target);
        } else {
            self.weigh_few(1.0);
            let target = f64::from(mass) * self.sum_of_few();
            for candidate in &mut self.scratch.few {
                candidate.key = candidate.logit;
            }
            keep_mass(&mut self.scratch.few, target);
        }
    }

    /// Keeps the tokens whose surprise is nearest to the expected one and that together make up
    /// `mass` at least. Source: Meister et al. 2023.
    pub(super) fn keep_typical(&mut self, mass: f32) {
        if !self.is_few {
            self.gather(f32::NEG_INFINITY);
        }
        self.weigh_few(1.0);
        let sum = self.sum_of_few();
        let few = &mut self.scratch.few;
        let highest = self.highest;
        let mean: f64 = few
            .iter()
            .map(|c| f64::from(c.weight) * f64::from(c.logit - highest))
            .sum::<f64>()
            / sum;
        // Surprise and entropy share the logarithm of the sum, which cancels.
        for candidate in few.iter_mut() {
            let surprise = f64::from(candidate.logit - highest);
            candidate.key = -(surprise - mean).abs() as f32;
        }
        keep_mass(few, f64::from(mass) * sum);
        self.highest = few.iter().map(|c| c.logit).fold(f32::MIN, f32::max);
    }

    /// Keeps the tokens at least `share` times as probable as the best.
    /// Source: Nguyen et al. 2024.
    pub(super) fn keep_share(&mut self, share: f32) {
        let floor = self.highest + share.ln();
        if self.is_few {
            self.scratch.few.retain(|c| c.logit >= floor);
        } else {
            self.gather(floor);
        }
    }

    /// Keeps the tokens less surprising than `bits` at this temperature, the best in any case.
    pub(super) fn keep_unsurprising(&mut self, bits: f32, temperature: f32) {
        let sum = self.weigh_all(1.0 / temperature);
        let floor = f64::from(temperature) * (sum.ln() - f64::from(bits) * std::f64::consts::LN_2);
        let floor = (self.highest + floor as f32).min(self.highest);
        self.gather(floor);
    }

    /// Draws by probability at `temperature`: the first token, in order of their numbers, at which
    /// the running sum passes `uniform` of the whole. Also gives its probability among those left.
    pub(super) fn draw(&mut self, temperature: f32, uniform: f64) -> (u32, f64) {
        if self.is_few {
            self.weigh_few(1.0 / temperature);
            let few = &mut self.scratch.few;
            few.sort_unstable_by_key(|c| c.token);
            let sum: f64 = few.iter().map(|c| f64::from(c.weight)).sum();
            let at = passing(few.iter().map(|c| c.weight), uniform * sum).0;
            (few[at].token, f64::from(few[at].weight) / sum)
        } else {
            let sum = self.weigh_all(1.0 / temperature);
            let target = uniform * sum;
            let (block, before) = passing(self.scratch.sums.iter().copied(), target);
            let powers = &self.scratch.powers[block * SCORES..];
            let powers = &powers[..SCORES.min(powers.len())];
            let at = passing(powers.iter().copied(), target - before).0;
            ((block * SCORES + at) as u32, f64::from(powers[at]) / sum)
        }
    }

    /// The logarithm of the sum of all exponentials: what turns logits into log-probabilities.
    pub(super) fn log_sum(&mut self) -> f64 {
        f64::from(self.highest) + self.weigh_all(1.0).ln()
    }

    /// Those kept, the largest logit first.
    pub(super) fn in_order(&mut self) -> impl Iterator<Item = (u32, f32)> {
        if !self.is_few {
            self.gather(f32::NEG_INFINITY);
        }
        let few = &mut self.scratch.few;
        few.sort_unstable_by(first_by_logit);
        few.iter().map(|c| (c.token, c.logit))
    }

    /// Weighs the whole vocabulary; the sum of the weights.
    fn weigh_all(&mut self, scale: f32) -> f64 {
        let Scratch { sums, powers, .. } = &mut *self.scratch;
        sums.resize(self.logits.len().div_ceil(SCORES), 0.0);
        powers.resize(self.logits.len(), 0.0);
        block_exponentials(powers, sums, self.logits, self.highest, scale);
        // A logit that is not a number weighs nothing.
        for (block, sum) in sums.iter_mut().enumerate().filter(|(_, sum)| sum.is_nan()) {
            let powers = &mut powers[block * SCORES..];
            *sum = 0.0;
            for power in powers.iter_mut().take(SCORES) {
                *power = if power.is_nan() { 0.0 } else { *power };
                *sum += *power;
            }
        }
        sums.iter().map(|sum| f64::from(*sum)).sum()
    }

    fn weigh_few(&mut self, scale: f32) {
        for candidate in &mut self.scratch.few {
            candidate.weight = (scale * (candidate.logit - self.highest)).exp();
        }
    }

    fn sum_of_few(&self) -> f64 {
        self.scratch.few.iter().map(|c| f64::from(c.weight)).sum()
    }

    /// Takes the tokens of at least `floor` out of the vocabulary, weighed as it was last.
    fn gather(&mut self, floor: f32) {
        let floor = floor.max(f32::MIN);
        let Scratch {
            maxima,
            powers,
            few,
            ..
        } = &mut *self.scratch;
        few.clear();
        let blocks = self.logits.chunks(SCORES).zip(maxima.iter()).enumerate();
        for (block, (logits, _)) in blocks.filter(|(_, (_, maximum))| **maximum >= floor) {
            for (slot, logit) in logits.iter().enumerate() {
                if *logit >= floor {
                    let token = block * SCORES + slot;
                    few.push(Candidate {
                        token: token as u32,
                        logit: *logit,
                        weight: powers.get(token).copied().unwrap_or(0.0),
                        key: *logit,
                    });
                }
            }
        }
        self.is_few = true;
    }
}

fn highest(maxima: &[f32]) -> f32 {
    maxima.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

fn position(values: &[f32], value: f32) -> usize {
    values
        .iter()
        .position(|x| *x == value)
        .expect("the maximum is one of them")
}

fn first_by_logit(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.logit.total_cmp(&a.logit).then(a.token.cmp(&b.token))
}

/// The place at which the running sum of `weights` passes `target`, and the sum before it. Places
/// without weight are never chosen.
fn passing(weights: impl Iterator<Item = f32>, target: f64) -> (usize, f64) {
    let (mut sum, mut last) = (0.0, (0, 0.0));
    for (at, weight) in weights.enumerate() {
        if weight > 0.0 {
            last = (at, sum);
            sum += f64::from(weight);
            if sum > target {
                break;
            }
        }
    }
    last
}

/// Keeps those of the largest keys until their weights add up to `target`, one at least. A quick
/// select by weight: the vocabulary is never sorted.
fn keep_mass(few: &mut Vec<Candidate>, target: f64) {
    let by_key = |a: &Candidate, b: &Candidate| b.key.total_cmp(&a.key).then(a.token.cmp(&b.token));
    let (mut start, mut end, mut mass) = (0, few.len(), 0.0);
    while end - start > 32 {
        let middle = start + (end - start) / 2;
        few[start..end].select_nth_unstable_by(middle - start, by_key);
        let upper: f64 = few[start..middle].iter().map(|c| f64::from(c.weight)).sum();
        if mass + upper >= target {
            end = middle;
        } else {
            mass += upper;
            start = middle;
        }
    }
    few[start..end].sort_unstable_by(by_key);
    let mut kept = start;
    while kept < end && (mass < target || kept == 0) {
        mass += f64::from(few[kept].weight);
        kept += 1;
    }
    few.truncate(kept.max(1));
}
