//! The angles of rotary position embeddings, with the ways to stretch them over longer texts.

use tensor::{Context, RopePairs, ops::Angles};

use crate::error::Error;
use crate::settings::Settings;

/// Frequencies by which the pairs of a head turn with the position.
#[derive(Clone, Debug)]
pub(crate) struct Rotary {
    /// Radians a token, for each pair.
    frequencies: Vec<f32>,
    /// What cosines and sines are multiplied with.
    magnitude: f32,
    pairs: RopePairs,
}

/// The length for which positions are stretched: where the answer depended on how far a text has come,
/// what is remembered of its beginning would not fit its end, and cutting a prompt would change it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served(pub usize);

impl Rotary {
    /// Reads the settings of the whole model. `head_dim` is the width of a head.
    pub fn new(settings: &Settings, head_dim: usize, served: Served) -> Result<Self, Error> {
        let mut rope = settings
            .inner("rope_parameters")?
            .or(settings.inner("rope_scaling")?)
            .unwrap_or_default();
        rope.fill_from(settings, &["rope_theta", "partial_rotary_factor"]);
        let beyond = "original_max_position_embeddings";
        rope.fill_from(settings, &[beyond]);
        Self::of(&rope, settings, head_dim, served)
    }

    /// Reads one set of parameters, as of one kind of layers.
    pub fn of(
        rope: &Settings,
        settings: &Settings,
        head_dim: usize,
        served: Served,
    ) -> Result<Self, Error> {
        let base = rope.number_if("rope_theta")?.unwrap_or(10_000.0);
        let share = rope.number_if("partial_rotary_factor")?.unwrap_or(1.0);
        let kind = rope.word_if("rope_type")?.or(rope.word_if("type")?);
        let kind = kind.unwrap_or("default");
        let turned = if kind == "proportional" {
            head_dim
        } else {
            (head_dim as f64 * share) as usize
        };
        let half = turned / 2;
        if base <= 0.0 || !(0.0..=1.0).contains(&share) || half == 0 {
            let flaw = format!("rotary embedding of base `{base}` over `{share}` of a head");
            return Err(Error::Config(flaw));
        }
        let mut rotary = Self {
            frequencies: plain(base, half),
            magnitude: 1.0,
            pairs: RopePairs::Halves,
        };
        let context = settings.count_if("max_position_embeddings")?;
        match kind {
            "default" => {}
            "linear" => rotary.divide(rope.number("factor")?),
            "proportional" => {
                let kept = (share * head_dim as f64 / 2.0) as usize;
                rotary.frequencies[kept..].fill(0.0);
                rotary.divide(rope.number_if("factor")?.unwrap_or(1.0));
            }
            "dynamic" => {
                // "NTK-aware" interpolation, bloc97 2023.
                let (factor, dim) = (rope.number("factor")?, turned as f64);
                let context = context.unwrap_or(2048);
                let longer = served.0.max(context) as f64 / context as f64;
                let growth = factor * longer - (factor - 1.0);
                rotary.frequencies = plain(base * growth.powf(dim / (dim - 2.0)), half);
            }
            "llama3" => rotary.stretch_like_llama3(rope)?,
            "yarn" => rotary.stretch_by_yarn(rope, base, context)?,
            "longrope" | "su" => rotary.stretch_long(rope, base, context, served)?,
            other => {
                let flaw = format!("rotary embedding of the unknown kind `{other}`");
                return Err(Error::Config(flaw));
            }
        }
        Ok(rotary)
    }

    /// By how much each pair turns slower than plain ones of `rope` would.
    pub fn factors(&self, rope: &Settings) -> Result<Vec<f32>, Error> {
        let base = rope.number_if("rope_theta")?.unwrap_or(10_000.0);
        let plain = plain(base, self.frequencies.len());
        let pairs = plain.iter().zip(&self.frequencies);
        Ok(pairs.map(|(plain, turned)| plain / turned).collect())
    }

    /// What cosines and sines are multiplied with.
    pub fn magnitude(&self) -> f32 {
        self.magnitude
    }

    /// The same with neighbours as pairs.
    pub fn interleaved(mut self) -> Self {
        self.pairs = RopePairs::Interleaved;
        self
    }

    /// Cosines and sines for tokens at `positions`.
    pub fn angles(&self, cx: &Context, positions: impl Iterator<Item = usize>) -> Angles {
        let half = self.frequencies.len();
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for position in positions {
            for frequency in &self.frequencies {
                // The product is rounded to f32 as in the reference; the functions are exact.
                let angle = f64::from(position as f32 * frequency);
                cos.push(angle.cos() as f32 * self.magnitude);
                sin.push(angle.sin() as f32 * self.magnitude);
            }
        }
        let shape = [cos.len() / half, half];
        Angles {
            cos: cx.tensor(shape, &cos),
            sin: cx.tensor(shape, &sin),
            pairs: self.pairs,
        }
    }

    fn divide(&mut self, factor: f64) {
        self.frequencies
            .iter_mut()
            .for_each(|frequency| *frequency /= factor as f32);
    }

    /// Slow pairs turn slower, fast ones as they were, those between by a share of both.
    /// Source: Llama 3.1.
    fn stretch_like_llama3(&mut self, rope: &Settings) -> Result<(), Error> {
        let factor = rope.number("factor")?;
        let low = rope.number("low_freq_factor")?;
        let high = rope.number("high_freq_factor")?;
        let context = rope.number("original_max_position_embeddings")?;
        for frequency in &mut self.frequencies {
            let turns = context * f64::from(*frequency) / std::f64::consts::TAU;
            let share = ((turns - low) / (high - low)).clamp(0.0, 1.0);
            *frequency *= ((1.0 - share) / factor + share) as f32;
        }
        Ok(())
    }

    /// Source: Peng et al. 2023.
    fn stretch_by_yarn(
        &mut self,
        rope: &Settings,
        base: f64,
        context: Option<usize>,
    ) -> Result<(), Error> {
        let original = rope.number("original_max_position_embeddings")?;
        let factor = match (rope.number_if("factor")?, context) {
            (Some(factor), _) => factor,
            (None, Some(context)) => context as f64 / original,
            (None, None) => return Err(Error::Config("setting `factor` is missing".into())),
        };
        let half = self.frequencies.len();
        let dim = (2 * half) as f64;
        let pair_of = |turns: f64| {
            dim * (original / (turns * std::f64::consts::TAU)).ln() / (2.0 * base.ln())
        };
        let mut low = pair_of(rope.number_if("beta_fast")?.unwrap_or(32.0));
        let mut high = pair_of(rope.number_if("beta_slow")?.unwrap_or(1.0));
        if rope.flag_if("truncate")?.unwrap_or(true) {
            (low, high) = (low.floor(), high.ceil());
        }
        let low = low.max(0.0);
        let mut high = high.min(dim - 1.0);
        if low == high {
            high += 0.001;
        }
        for (pair, frequency) in self.frequencies.iter_mut().enumerate() {
            let slow = ((pair as f64 - low) / (high - low)).clamp(0.0, 1.0);
            *frequency *= (slow / factor + (1.0 - slow)) as f32;
        }
        let growth = |weight: f64| match factor {
            factor if factor <= 1.0 => 1.0,
            factor => 0.1 * weight * factor.ln() + 1.0,
        };
        let weights = (rope.number_if("mscale")?, rope.number_if("mscale_all_dim")?);
        self.magnitude = match (rope.number_if("attention_factor")?, weights) {
            (Some(factor), _) => factor,
            (None, (Some(one), Some(all))) if one != 0.0 && all != 0.0 => growth(one) / growth(all),
            _ => growth(1.0),
        } as f32;
        Ok(())
    }

    /// Each pair has its own factor, another one in long texts. Source: Ding et al. 2024.
    fn stretch_long(
        &mut self,
        rope: &Settings,
        base: f64,
        context: Option<usize>,
        served: Served,
    ) -> Result<(), Error> {
        let original = rope.number("original_max_position_embeddings")?;
        let factor = match (rope.number_if("factor")?, context) {
            (Some(factor), _) => factor,
            (None, Some(context)) => context as f64 / original,
            (None, None) => return Err(Error::Config("setting `factor` is missing".into())),
        };
        let half = self.frequencies.len();
        let plain = plain(base, half);
        let with = |key: &str| -> Result<Vec<f32>, Error> {
            let factors = rope.numbers_if(key)?.unwrap_or_default();
            if factors.len() != half {
                let flaw = format!(
                    "setting `{key}` has {} factors for {half} pairs",
                    factors.len()
                );
                return Err(Error::Config(flaw));
            }
            let pairs = plain.iter().zip(factors);
            Ok(pairs.map(|(plain, factor)| plain / factor as f32).collect())
        };
        let (short, long) = (with("short_factor")?, with("long_factor")?);
        let is_long = served.0 > original as usize;
        self.frequencies = if is_long { long } else { short };
        self.magnitude = match rope.number_if("attention_factor")? {
            Some(factor) => factor as f32,
            None if factor <= 1.0 => 1.0,
            None => (1.0 + factor.ln() / original.ln()).sqrt() as f32,
        };
        Ok(())
    }
}

/// `base^(-2i / (2 · half))`. Source: Su et al. 2021, eq. 15.
fn plain(base: f64, half: usize) -> Vec<f32> {
    (0..half)
        .map(|pair| base.powf(-(pair as f64) / half as f64) as f32)
        .collect()
}
