//! Chooses a token from logits.
//!
//! The order of the steps is that of llama.cpp's default chain (`common/sampling.cpp`): logit bias,
//! penalties, DRY, top-k, typical, top-p, min-p, temperature, choice. Truncation therefore looks at
//! the probabilities before temperature. Two differences, on purpose: a constraint's mask comes
//! before everything, as in vLLM, and penalties hold with mirostat too, which replaces truncation only.
//! Log-probabilities are those of the network, before any of this, as the OpenAI API reports them.
//!
//! A choice depends on the seed, the choice's number and the position alone, never on the batch.

mod candidates;
mod penalties;
mod random;

#[cfg(test)]
mod tests;

use candidates::Candidates;
pub use candidates::Scratch;
use penalties::Counts;

/// How tokens are chosen. The default draws from the network's own distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// What logits are divided by; at zero the best token is taken.
    pub temperature: f32,
    /// Only this many of the best; zero for all.
    pub top_k: usize,
    /// Only the best that together have this probability; one for all.
    pub top_p: f32,
    /// Only those at least this many times as probable as the best; zero for all.
    pub min_p: f32,
    /// Only those nearest to the expected surprise that together have this probability; one for all.
    pub typical_p: f32,
    /// What positive logits of recent tokens are divided by and negative ones multiplied with.
    pub repetition_penalty: f32,
    /// How many tokens are recent, of prompt and generated text together.
    pub penalty_last_n: usize,
    /// What a token loses for being in the generated text.
    pub presence_penalty: f32,
    /// What a token loses for each time it is in the generated text.
    pub frequency_penalty: f32,
    /// Lowers what would continue a repetition.
    pub dry: Option<Dry>,
    /// Keeps the surprise of the text steady, in place of all truncation.
    pub mirostat: Option<Mirostat>,
    /// Added to the logits of single tokens; negative infinity forbids one.
    pub logit_bias: Vec<(u32, f32)>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            typical_p: 1.0,
            repetition_penalty: 1.0,
            penalty_last_n: 64,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            dry: None,
            mirostat: None,
            logit_bias: Vec::new(),
        }
    }
}

impl Sampling {
    /// Always the best token.
    pub fn greedy() -> Self {
        Self {
            temperature: 0.0,
            ..Self::default()
        }
    }

    /// What is out of range, with the value: the first thing found.
    pub fn complaint(&self) -> Option<String> {
        let ranges = [
            ("temperature", self.temperature, 0.0..=100.0),
            ("top_p", self.top_p, 0.0..=1.0),
            ("min_p", self.min_p, 0.0..=1.0),
            ("typical_p", self.typical_p, 0.0..=1.0),
            ("repetition_penalty", self.repetition_penalty, 0.01..=100.0),
            ("presence_penalty", self.presence_penalty, -100.0..=100.0),
            ("frequency_penalty", self.frequency_penalty, -100.0..=100.0),
        ];
        let dry = self.dry.iter().flat_map(|dry| {
            [
                ("dry.multiplier", dry.multiplier, 0.0..=100.0),
                ("dry.base", dry.base, 1.0..=100.0),
            ]
        });
        let mirostat = self.mirostat.iter().flat_map(|mirostat| {
            [
                ("mirostat.tau", mirostat.tau, 0.0..=100.0),
                ("mirostat.eta", mirostat.eta, 0.0..=1.0),
            ]
        });
        let mut figures = ranges.into_iter().chain(dry).chain(mirostat);
        figures
            .find(|(_, value, range)| !range.contains(value))
            .map(|(name, value, range)| {
                let (start, end) = range.into_inner();
                format!("`{name}` is `{value}`; it lies between `{start}` and `{end}`")
            })
            .or_else(|| {
                let (token, bias) = self.logit_bias.iter().find(|(_, bias)| bias.is_nan())?;
                Some(format!("`logit_bias` of token `{token}` is `{bias}`"))
            })
    }
}

/// Options of DRY, "don't repeat yourself".
#[derive(Clone, Debug, PartialEq)]
pub struct Dry {
    /// What a continuation of the shortest repetition loses.
    pub multiplier: f32,
    /// Multiplies the loss for each token that the repetition is longer.
    pub base: f32,
    /// Tokens that may repeat unpunished.
    pub allowed_length: usize,
    /// How many of the last tokens are searched.
    pub last_n: usize,
    /// Tokens that no repetition reaches across, such as those with a line's end.
    pub breakers: Vec<u32>,
}

impl Default for Dry {
    fn default() -> Self {
        Self {
            multiplier: 0.8,
            base: 1.75,
            allowed_length: 2,
            last_n: usize::MAX,
            breakers: Vec::new(),
        }
    }
}

/// Options of mirostat, version 2. Source: Basu et al. 2021.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mirostat {
    /// The surprise aimed at, in bits.
    pub tau: f32,
    /// How fast the bound follows.
    pub eta: f32,
}

impl Default for Mirostat {
    fn default() -> Self {
        Self { tau: 5.0, eta: 0.1 }
    }
}

/// The log-probabilities at one position, before any transformation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logprobs {
    /// Of the token that was chosen.
    pub chosen: f32,
    /// The most probable tokens, best first.
    pub top: Vec<(u32, f32)>,
}

/// Chooses the tokens of one sequence.
#[derive(Clone)]
pub struct Sampler {
    options: Sampling,
    seed: u64,
    choice: u32,
    prompt: usize,
    counts: Counts,
    /// Mirostat's bound, in bits.
    surprise_max: f32,
}

impl Sampler {
    /// For choice number `choice` of a request with `prompt` tokens of prompt.
    pub fn new(options: Sampling, seed: u64, choice: u32, prompt: usize) -> Self {
        let surprise_max = options.mirostat.map_or(0.0, |mirostat| 2.0 * mirostat.tau);
        Self {
            options,
            seed,
            choice,
            prompt,
            counts: Counts::default(),
            surprise_max,
        }
    }

    /// The token that follows `tokens`, prompt and generated text; `None` when no logit is a number
    /// above negative infinity. Changes `logits`.
    pub fn sample(
        &mut self,
        logits: &mut [f32],
        tokens: &[u32],
        scratch: &mut Scratch,
    ) -> Option<u32> {
        self.adjust(logits, tokens);
        let Self {
            options,
            seed,
            choice,
            ..
        } = &*self;
        let mut candidates = Candidates::new(logits, scratch)?;
        if options.temperature <= 0.0 {
            return Some(candidates.best());
        }
        let uniform = random::uniform(*seed, *choice, tokens.len());
        if let Some(mirostat) = options.mirostat {
            candidates.keep_unsurprising(self.surprise_max, options.temperature);
            let (token, probability) = candidates.draw(options.temperature, uniform);
            let surprise = -probability.log2() as f32;
            self.surprise_max -= mirostat.eta * (surprise - mirostat.tau);
            return Some(token);
        }
        if options.top_k > 0 {
            candidates.keep_top(options.top_k);
        }
        if options.typical_p < 1.0 {
            candidates.keep_typical(options.typical_p);
        }
        if options.top_p < 1.0 {
            candidates.keep_nucleus(options.top_p);
        }
        if options.min_p > 0.0 {
            candidates.keep_share(options.min_p);
        }
        Some(candidates.draw(options.temperature, uniform).0)
    }

    fn adjust(&mut self, logits: &mut [f32], tokens: &[u32]) {
        let options = &self.options;
        for (token, bias) in &options.logit_bias {
            if let Some(logit) = logits.get_mut(*token as usize) {
                *logit += bias;
            }
        }
        if options.repetition_penalty != 1.0
            || options.presence_penalty != 0.0
            || options.frequency_penalty != 0.0
        {
            let last_n = options.penalty_last_n;
            self.counts.follow(tokens, self.prompt, last_n);
            self.counts.apply(logits, options);
        }
        if let Some(dry) = &options.dry {
            penalties::dry(logits, tokens, dry);
        }
    }
}

/// The log-probability of `token` and those of the `top` best, from untouched logits.
pub fn logprobs(logits: &[f32], token: u32, top: usize, scratch: &mut Scratch) -> Logprobs {
    let mut copy = logits.to_vec();
    let Some(mut candidates) = Candidates::new(&mut copy, scratch) else {
        return Logprobs::default();
    };
    let log_sum = candidates.log_sum();
    let logprob = |logit: f32| (f64::from(logit) - log_sum) as f32;
    let chosen = logprob(logits[token as usize]);
    if top == 0 {
        return Logprobs {
            chosen,
            top: Vec::new(),
        };
    }
    candidates.keep_top(top);
    Logprobs {
        chosen,
        top: candidates
            .in_order()
            .map(|(token, logit)| (token, logprob(logit)))
            .collect(),
    }
}
