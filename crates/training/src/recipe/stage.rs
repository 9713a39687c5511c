//! One part of a training.

use serde::Deserialize;

use super::{Format, Source};
use crate::begin::FineRecipe;
use crate::optimiser::{Kind, OptimiserOptions};
use crate::preference::Preference;
use crate::ranks::Loose;
use crate::reinforcement::Reinforcement;
use crate::schedule::Schedule;

/// What a model is trained for, and how.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What it is called, and its folder.
    pub name: String,
    /// What counts.
    pub purpose: Purpose,
    /// Names of data; all that is not held out when none.
    #[serde(default)]
    pub data: Vec<String>,
    /// Names of data to measure with.
    #[serde(default)]
    pub validate: Vec<String>,
    /// How often everything is read. Either this or `steps`.
    pub epochs: Option<f64>,
    /// Steps.
    pub steps: Option<u64>,
    /// Tokens of a step, about: whole texts are taken, and whole pairs. Where answers are drawn, their number
    /// says it.
    #[serde(default = "batch_tokens")]
    pub batch_tokens: usize,
    /// Tokens that a text has at most; longer ones are cut.
    pub context: usize,
    /// Tokens that are computed at once.
    #[serde(default = "tokens_at_once")]
    pub tokens_at_once: usize,
    /// Whether layers are computed again on the way back, rather than kept.
    #[serde(default)]
    pub checkpoint_activations: bool,
    /// How much it counts to foretell what the model is told, where answers count one.
    #[serde(default)]
    pub prompt_weight: f32,
    /// What numbers are multiplied as.
    #[serde(default)]
    pub numbers: Numbers,
    /// The rule by which weights move.
    #[serde(default)]
    pub optimiser: Kind,
    /// The learning rate at its highest.
    pub learning_rate: f64,
    /// See AdamW.
    #[serde(default = "beta1")]
    pub beta1: f64,
    /// See AdamW.
    #[serde(default = "beta2")]
    pub beta2: f64,
    /// See Muon.
    #[serde(default = "momentum")]
    pub momentum: f64,
    /// The share of a matrix that is taken away, times the learning rate.
    #[serde(default = "weight_decay")]
    pub weight_decay: f64,
    /// The share of the steps over which the learning rate grows.
    #[serde(default = "warmup")]
    pub warmup: f64,
    /// The share of the steps at the end over which it falls.
    #[serde(default = "decay")]
    pub decay: f64,
    /// The share of the learning rate at which it ends.
    #[serde(default)]
    pub floor: f64,
    /// Gradients longer than this are shortened to it.
    #[serde(default = "clip")]
    pub clip: f64,
    /// How slowly the running mean of the weights forgets, which is kept in the end.
    pub average: Option<f32>,
    /// Small matrices learn beside frozen ones.
    pub adapters: Option<AdapterRecipe>,
    /// How many times as many pictures, rows and columns films have from here on, and patches with them.
    pub grow: Option<[usize; 3]>,
    /// Layers that see each pixel of before as a patch, once films are larger.
    pub fine: Option<FineRecipe>,
    /// How preferences are learnt; as is usual when none.
    pub prefer: Option<Preference>,
    /// How rewards are learnt by; as is usual when none.
    pub reinforce: Option<Reinforcement>,
    /// Ranks meet now and then; at each step when none.
    pub loose: Option<Loose>,
    /// Minutes of work that a crash loses at most.
    #[serde(default = "save_minutes")]
    pub save_minutes: f64,
    /// Steps from measuring to measuring.
    #[serde(default = "validate_every")]
    pub validate_every: u64,
    /// What the model is asked whenever it is measured.
    #[serde(default)]
    pub samples: Vec<String>,
}

/// What of a text counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Every token.
    Pretrain,
    /// What the model is to say: answers in conversations, and whole texts.
    Finetune,
    /// Which of two answers is preferred.
    Prefer,
    /// Rewards for answers that the model gives.
    Reinforce,
    /// Films that captions are of.
    Film,
}

impl Purpose {
    /// Whether it learns from such data.
    pub(crate) fn reads(self, format: Format) -> bool {
        match self {
            Self::Pretrain | Self::Finetune => {
                matches!(format, Format::Text | Format::Jsonl | Format::Chat)
            }
            Self::Prefer => format == Format::Pairs,
            Self::Reinforce => format == Format::Tasks,
            Self::Film => format == Format::Films,
        }
    }
}

/// What numbers are multiplied as; sums and weights are f32 always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Numbers {
    /// As they are.
    #[default]
    F32,
    /// Rounded to bfloat16, which a tile unit multiplies many times as fast.
    Bf16,
}

/// Low-rank adapters.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterRecipe {
    /// Columns of the first matrix.
    pub rank: usize,
    /// What is added is multiplied with `alpha / rank`.
    pub alpha: f32,
    /// Endings of names.
    #[serde(default = "targets")]
    pub targets: Vec<String>,
}

fn targets() -> Vec<String> {
    [
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    ]
    .map(str::to_owned)
    .into()
}

fn batch_tokens() -> usize {
    16_384
}

fn tokens_at_once() -> usize {
    2048
}

fn beta1() -> f64 {
    0.9
}

fn beta2() -> f64 {
    0.95
}

fn momentum() -> f64 {
    0.95
}

fn weight_decay() -> f64 {
    0.1
}

fn warmup() -> f64 {
    0.02
}

fn decay() -> f64 {
    0.2
}

fn clip() -> f64 {
    1.0
}

fn save_minutes() -> f64 {
    5.0
}

fn validate_every() -> u64 {
    200
}

impl Stage {
    /// What is wrong, and what would help.
    pub(super) fn check(&self) -> Result<(), (String, &'static str)> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let positive = |value: f64| value.is_finite() && value > 0.0;
        match (self.epochs, self.steps) {
            (Some(epochs), None) if positive(epochs) => {}
            (None, Some(steps)) if steps > 0 => {}
            _ => {
                let reason = "it ends never, or twice".to_owned();
                return Err((reason, "set `epochs` or `steps`, more than zero"));
            }
        }
        if self.batch_tokens == 0 || self.context < 2 || self.tokens_at_once == 0 {
            let reason = "`batch_tokens`, `context` and `tokens_at_once` are sizes".to_owned();
            return Err((
                reason,
                "`batch_tokens = 16384` and `context = 512` are usual",
            ));
        }
        let shares = [
            self.warmup,
            self.decay,
            self.floor,
            self.beta1,
            self.beta2,
            self.momentum,
        ];
        if !shares.into_iter().all(share) || self.warmup + self.decay > 1.0 {
            let reason =
                "`warmup`, `decay`, `floor`, `beta1`, `beta2` and `momentum` are shares of one"
                    .to_owned();
            return Err((reason, "`warmup = 0.02` and `decay = 0.2` are usual"));
        }
        self.check_rule()?;
        if self.validate_every == 0 {
            let reason = "`validate_every = 0`".to_owned();
            return Err((
                reason,
                "steps from measuring to measuring: `validate_every = 200` is usual",
            ));
        }
        if let Some(loose) = &self.loose {
            check_loose(loose, self.average.is_some())?;
        }
        if self
            .adapters
            .as_ref()
            .is_some_and(|adapters| adapters.rank == 0 || adapters.targets.is_empty())
        {
            return Err((
                "adapters without a rank or a place".to_owned(),
                "`rank = 16` is usual",
            ));
        }
        self.check_preference()?;
        self.check_film()?;
        self.check_reinforcement()
    }

    /// That weights are moved by numbers that move them.
    fn check_rule(&self) -> Result<(), (String, &'static str)> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if !positive(self.learning_rate) || !positive(self.clip) || !positive(self.save_minutes) {
            let reason = "`learning_rate`, `clip` and `save_minutes` are more than zero".to_owned();
            return Err((reason, "`learning_rate = 1e-3` and `clip = 1.0` are usual"));
        }
        let is_average = self
            .average
            .is_none_or(|average| (0.0..1.0).contains(&average));
        if !is_average
            || !(0.0..=1.0).contains(&self.prompt_weight)
            || !self.weight_decay.is_finite()
            || self.weight_decay < 0.0
        {
            let reason =
                "`average`, `prompt_weight` and `weight_decay` are shares of one".to_owned();
            return Err((
                reason,
                "`average = 0.999` and `weight_decay = 0.1` are usual",
            ));
        }
        Ok(())
    }

    /// That nothing is asked for that films do not have, or that only they have.
    fn check_film(&self) -> Result<(), (String, &'static str)> {
        if let Some(times) = &self.grow {
            let reason = format!("`grow = {times:?}` of a film");
            if self.purpose != Purpose::Film || !times.iter().all(|times| (1..=16).contains(times))
            {
                return Err((reason, "`grow = [2, 2, 2]` is for stages with films"));
            }
        }
        if self.fine.is_some() && self.grow.is_none() {
            let reason = "`[stage.fine]` in a stage whose films are not larger".to_owned();
            return Err((
                reason,
                "it goes with `grow`; a network that begins with fine layers has `[model.fine]`",
            ));
        }
        if self.purpose != Purpose::Film {
            return Ok(());
        }
        if self.steps.is_none() {
            let reason = "there is no end of films that are drawn".to_owned();
            return Err((reason, "set `steps` in place of `epochs`"));
        }
        if self.checkpoint_activations || !self.samples.is_empty() {
            let reason = "`checkpoint_activations` and `samples` are for texts".to_owned();
            return Err((reason, "fewer `tokens_at_once` take less memory"));
        }
        Ok(())
    }

    fn check_preference(&self) -> Result<(), (String, &'static str)> {
        let Some(prefer) = &self.prefer else {
            return Ok(());
        };
        if self.purpose != Purpose::Prefer {
            let reason = "`[stage.prefer]` stands in a stage of another purpose".to_owned();
            return Err((reason, "it belongs to `purpose = \"prefer\"`"));
        }
        let is_fine = prefer.beta.is_finite()
            && prefer.beta > 0.0
            && (0.0..0.5).contains(&prefer.label_smoothing);
        if !is_fine {
            let reason = "`beta` is more than zero, `label_smoothing` less than a half".to_owned();
            return Err((reason, "`beta = 0.1` and `label_smoothing = 0.0` are usual"));
        }
        Ok(())
    }

    fn check_reinforcement(&self) -> Result<(), (String, &'static str)> {
        let rules = match (&self.reinforce, self.purpose) {
            (Some(_), purpose) if purpose != Purpose::Reinforce => {
                let reason = "`[stage.reinforce]` stands in a stage of another purpose".to_owned();
                return Err((reason, "it belongs to `purpose = \"reinforce\"`"));
            }
            (None, purpose) if purpose != Purpose::Reinforce => return Ok(()),
            (rules, _) => rules.clone().unwrap_or_default(),
        };
        if rules.prompts == 0 || rules.group < 2 || rules.updates == 0 || rules.tokens_max == 0 {
            let reason =
                "`prompts`, `group`, `updates` and `tokens_max` are numbers of things, and \
                          a group is two answers at least"
                    .to_owned();
            return Err((reason, "`prompts = 8` and `group = 8` are usual"));
        }
        if rules.tokens_max >= self.context {
            let reason = format!(
                "answers of `{}` tokens leave no room for what is asked in a `context` of `{}`",
                rules.tokens_max, self.context
            );
            return Err((reason, "a smaller `tokens_max`, or a larger `context`"));
        }
        let shares = [rules.clip_low, rules.format];
        let is_fine = shares.iter().all(|share| (0.0..1.0).contains(share))
            && [rules.clip_high, rules.kl]
                .iter()
                .all(|x| x.is_finite() && *x >= 0.0)
            && rules.temperature.is_finite()
            && rules.temperature > 0.0;
        if !is_fine {
            let reason = "`temperature` is more than zero, `clip_low` and `format` are shares of \
                          one, `clip_high` and `kl` are not below zero"
                .to_owned();
            return Err((reason, "`temperature = 1.0` and `clip_low = 0.2` are usual"));
        }
        Ok(())
    }

    /// What is wrong with reading `source`, to learn or to measure.
    pub(super) fn check_source(&self, source: &Source) -> Result<(), (String, &'static str)> {
        if self.purpose.reads(source.format) {
            return Ok(());
        }
        let reason = format!("it cannot read `{}`", source.name);
        let hint = match self.purpose {
            Purpose::Prefer => "preferences are learnt from `format = \"pairs\"` alone",
            Purpose::Reinforce => "rewards are learnt by from `format = \"tasks\"` alone",
            Purpose::Film => "films are learnt from `format = \"films\"` alone",
            _ => {
                "pairs are for `purpose = \"prefer\"`, tasks for `purpose = \"reinforce\"`, films for `purpose = \"film\"`"
            }
        };
        Err((reason, hint))
    }

    /// Its words, by which a state is known to be of it. Of what later versions added, nothing is said where it
    /// is not used: states of before go on.
    pub(crate) fn words(&self) -> String {
        let words = format!("{self:?}");
        [
            ", checkpoint_activations: false",
            ", fine: None",
            ", grow: None",
            ", loose: None",
            ", prefer: None",
            ", reinforce: None",
        ]
        .iter()
        .fold(words, |words, unused| words.replacen(unused, "", 1))
    }

    /// The learning rate over so many steps.
    pub fn schedule(&self, steps: u64) -> Schedule {
        let share = |share: f64| (steps as f64 * share).round() as u64;
        Schedule {
            steps,
            warmup: share(self.warmup),
            decay: share(self.decay),
            floor: self.floor,
        }
    }

    /// The rule.
    pub fn optimiser(&self) -> OptimiserOptions {
        OptimiserOptions {
            kind: self.optimiser,
            learning_rate: self.learning_rate,
            beta1: self.beta1,
            beta2: self.beta2,
            weight_decay: self.weight_decay,
            momentum: self.momentum,
            ..OptimiserOptions::default()
        }
    }
}

fn check_loose(loose: &Loose, is_averaged: bool) -> Result<(), (String, &'static str)> {
    let is_rate = loose.outer_learning_rate.is_finite() && loose.outer_learning_rate > 0.0;
    if loose.every == 0 || !is_rate || !(0.0..1.0).contains(&loose.outer_momentum) {
        return Err((
            "ranks that never meet, or go nowhere then".to_owned(),
            "`every = 50`, `outer_learning_rate = 0.7` and `outer_momentum = 0.9` are usual",
        ));
    }
    if is_averaged {
        return Err((
            "`average` and `loose` do not go together".to_owned(),
            "ranks that meet now and then take the mean there: leave `average` out",
        ));
    }
    Ok(())
}
