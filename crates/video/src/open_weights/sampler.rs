//! From noise to latents: how far a step goes by what the network says of it.
//!
//! Noise `n` and a film `x` are mixed as `(1 - sigma) x + sigma n`; the network says `n - x`.

use serde_json::Value;

/// How steps are taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Sampler {
    /// A predictor and a corrector that remember some steps.
    /// Source: Zhao et al. 2023 (UniPC), with its function `B(h)`.
    UniPc {
        /// How much more of the steps is spent where there is much noise.
        shift: f64,
        /// Steps that are remembered, at most 3.
        order: usize,
        /// Whether `B(h)` is `h` rather than `exp(h) - 1`.
        is_linear: bool,
    },
    /// Straight on.
    /// Source: Liu et al. 2022; Esser et al. 2024.
    Euler {
        /// How much more of the steps is spent where there is much noise.
        shift: f64,
    },
    /// Straight on in equal parts of what is left, as networks of four steps are taught.
    Parts {
        /// How much more of the steps is spent where there is much noise.
        shift: f64,
    },
    /// To the film at once, then new noise, at these moments: as networks of three steps are taught.
    /// Source: Yin et al. 2024 (DMD2).
    Again(Vec<f32>),
}

/// The steps of one film.
pub struct Steps {
    sampler: Sampler,
    /// How much noise there is before each step, and in the end.
    pub sigmas: Vec<f32>,
    /// The moments that the network is told.
    pub moments: Vec<f32>,
    memory: Memory,
}

/// What of the steps before counts in the next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Memory {
    /// What was predicted in the last steps, the latest last.
    pub predictions: Vec<Vec<f32>>,
    /// Where the last step began, corrected.
    pub before: Vec<f32>,
    /// The order of the last step.
    pub order: usize,
}

/// Moments of a schedule.
const MOMENTS: f64 = 1000.0;

impl Sampler {
    /// That of a pipeline's `scheduler_config.json`.
    ///
    /// # Errors
    /// What is not known of it.
    pub fn of_config(config: &Value) -> Result<Self, String> {
        let number = |key: &str| config[key].as_f64();
        match config["_class_name"].as_str().unwrap_or_default() {
            "UniPCMultistepScheduler" => {
                let is_flow = config["prediction_type"] == "flow_prediction"
                    && config["use_flow_sigmas"] == true
                    && config["predict_x0"] != false;
                let order = config["solver_order"].as_u64().unwrap_or(2) as usize;
                let kind = config["solver_type"].as_str().unwrap_or("bh2");
                if !is_flow || !(1..=3).contains(&order) || !["bh1", "bh2"].contains(&kind) {
                    return Err("its scheduler is none of flows of order 1 to 3".to_owned());
                }
                let shift = number("flow_shift").unwrap_or(1.0);
                Ok(Self::UniPc {
                    shift,
                    order,
                    is_linear: kind == "bh1",
                })
            }
            "FlowMatchEulerDiscreteScheduler" => Ok(Self::Euler {
                shift: number("shift").unwrap_or(1.0),
            }),
            other => Err(format!("its scheduler `{other}` is not known")),
        }
    }

    /// So many steps. Those that are taught with their moments take no other number.
    ///
    /// # Errors
    /// When there can be no such steps.
    pub fn steps(&self, count: usize) -> Result<Steps, String> {
        if let Self::Again(moments) = self
            && (moments.is_empty() || moments.len() != count)
        {
            return Err(format!(
                "these weights are taught for {} steps, not {count}",
                moments.len()
            ));
        }
        if !(1..=1000).contains(&count) {
            return Err(format!("{count} steps cannot be taken"));
        }
        let shifted = |shift: f64, sigma: f64| shift * sigma / (1.0 + (shift - 1.0) * sigma);
        let even = |from: f64, to: f64, parts: usize| {
            (0..count).map(move |at| from + (to - from) * at as f64 / parts.max(1) as f64)
        };
        let mut sigmas: Vec<f64> = match *self {
            Self::UniPc { shift, .. } => even(1.0, 1.0 / MOMENTS, count)
                .map(|x| shifted(shift, x))
                .collect(),
            Self::Euler { shift } => {
                // The least is shifted when the schedule is made, and once more with the steps.
                let least = f64::from(shifted(shift, 1.0 / MOMENTS) as f32);
                even(1.0, least, count - 1)
                    .map(|x| shifted(shift, x))
                    .collect()
            }
            Self::Parts { shift } => even(1.0, 0.0, count).map(|x| shifted(shift, x)).collect(),
            Self::Again(ref moments) => moments.iter().map(|x| f64::from(*x) / MOMENTS).collect(),
        };
        let is_unipc = matches!(self, Self::UniPc { .. });
        if is_unipc && (sigmas[0] - 1.0).abs() < 1e-6 {
            // Nothing but noise has no logarithm.
            sigmas[0] -= 1e-6;
        }
        let moments = sigmas.iter().map(|sigma| match is_unipc {
            true => (sigma * MOMENTS).trunc() as f32,
            false => *sigma as f32 * MOMENTS as f32,
        });
        Ok(Steps {
            sampler: self.clone(),
            moments: moments.collect(),
            sigmas: sigmas.into_iter().chain([0.0]).map(|x| x as f32).collect(),
            memory: Memory::default(),
        })
    }
}

impl Steps {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.moments.len()
    }

    /// What has to be known to go on later.
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Goes on with what was known.
    pub(super) fn remember(&mut self, memory: Memory) {
        self.memory = memory;
    }

    /// Takes step `at` of latents `x` by what the network says of them. `noise` is asked for new noise, as much as
    /// there are numbers, where some is needed.
    ///
    /// # Panics
    /// When there is no such step, or steps are not taken in order.
    pub fn take(
        &mut self,
        at: usize,
        x: &mut Vec<f32>,
        said: &[f32],
        noise: &mut dyn FnMut() -> Vec<f32>,
    ) {
        let (now, next) = (self.sigmas[at], self.sigmas[at + 1]);
        match self.sampler {
            Sampler::UniPc {
                order, is_linear, ..
            } => self.predict_and_correct(at, x, said, (order, is_linear)),
            Sampler::Euler { .. } | Sampler::Parts { .. } => {
                let by = next - now;
                x.iter_mut().zip(said).for_each(|(x, said)| *x += by * said);
            }
            Sampler::Again(_) => {
                x.iter_mut()
                    .zip(said)
                    .for_each(|(x, said)| *x -= now * said);
                if next > 0.0 {
                    let noise = noise();
                    x.iter_mut()
                        .zip(noise)
                        .for_each(|(x, noise)| *x = (1.0 - next) * *x + next * noise);
                }
            }
        }
    }

    fn predict_and_correct(
        &mut self,
        at: usize,
        x: &mut Vec<f32>,
        said: &[f32],
        (most, is_linear): (usize, bool),
    ) {
        let sigma = self.sigmas[at];
        let film: Vec<f32> = x
            .iter()
            .zip(said)
            .map(|(x, said)| x - sigma * said)
            .collect();
        if at > 0 {
            let stretch = Stretch::new(&self.sigmas, [at - 1, at], self.memory.order, is_linear);
            let shares = match self.memory.order {
                1 => vec![0.5],
                _ => stretch.solved(self.memory.order),
            };
            self.go(x, &stretch, &shares, Some(&film));
        }
        let kept = self.memory.predictions.len().saturating_sub(most - 1);
        self.memory.predictions.drain(..kept);
        self.memory.predictions.push(film);
        self.memory.order = most
            .min(self.count() - at)
            .min(self.memory.predictions.len());
        self.memory.before.clone_from(x);
        let stretch = Stretch::new(&self.sigmas, [at, at + 1], self.memory.order, is_linear);
        let shares = match self.memory.order {
            1 => vec![],
            2 => vec![0.5],
            order => stretch.solved(order - 1),
        };
        self.go(x, &stretch, &shares, None);
    }

    /// Goes from where the last step began along what was predicted then; by `shares` of how that differs from what
    /// was predicted before, and from what is predicted `after`.
    fn go(&self, x: &mut [f32], stretch: &Stretch, shares: &[f64], after: Option<&[f32]>) {
        let latest = self.memory.predictions.len() - 1;
        let now = &self.memory.predictions[latest];
        let bend = (stretch.alpha * stretch.bend) as f32;
        let (keep, along) = (stretch.keep as f32, (stretch.alpha * stretch.along) as f32);
        for (number, x) in x.iter_mut().enumerate() {
            let mut sum = 0.0_f32;
            for (back, ratio) in stretch.ratios.iter().enumerate() {
                let Some(share) = shares.get(back).filter(|_| back < latest) else {
                    break;
                };
                let before = self.memory.predictions[latest - 1 - back][number];
                sum += *share as f32 * ((before - now[number]) / *ratio as f32);
            }
            if let (Some(after), Some(share)) = (after, shares.last()) {
                sum += *share as f32 * (after[number] - now[number]);
            }
            *x = keep * self.memory.before[number] - along * now[number] - bend * sum;
        }
    }
}

/// From one amount of noise to the next, in logarithms.
struct Stretch {
    /// How much of the film there is in the end.
    alpha: f64,
    keep: f64,
    along: f64,
    bend: f64,
    /// How far back earlier steps are, in lengths of this one.
    ratios: Vec<f64>,
    /// The right sides of the equations for shares.
    sides: Vec<f64>,
}

impl Stretch {
    fn new(sigmas: &[f32], [from, to]: [usize; 2], order: usize, is_linear: bool) -> Self {
        let alpha = |at: usize| f64::from(1.0 - sigmas[at]);
        let lambda = |at: usize| alpha(at).ln() - f64::from(sigmas[at]).ln();
        let h = -(lambda(to) - lambda(from));
        let along = h.exp_m1();
        let bend = if is_linear { h } else { along };
        let ratios = (1..order).map(|back| (lambda(from - back) - lambda(from)) / -h);
        let (mut phi, mut factorial) = (along / h - 1.0, 1.0);
        let mut sides = Vec::with_capacity(order);
        for number in 1..=order {
            sides.push(phi * factorial / bend);
            factorial *= (number + 1) as f64;
            phi = phi / h - 1.0 / factorial;
        }
        Self {
            alpha: alpha(to),
            keep: f64::from(sigmas[to]) / f64::from(sigmas[from]),
            along,
            bend,
            ratios: ratios.collect(),
            sides,
        }
    }

    /// The shares of `count` differences, of which the last is of the whole stretch where there is no earlier one.
    fn solved(&self, count: usize) -> Vec<f64> {
        let points: Vec<f64> = self
            .ratios
            .iter()
            .copied()
            .chain([1.0])
            .take(count)
            .collect();
        let mut rows: Vec<Vec<f64>> = (0..count)
            .map(|power| {
                let row = points.iter().map(|x| x.powi(power as i32));
                row.chain([self.sides[power]]).collect()
            })
            .collect();
        for pivot in 0..count {
            for row in pivot + 1..count {
                let factor = rows[row][pivot] / rows[pivot][pivot];
                let (above, below) = rows.split_at_mut(row);
                let pairs = below[0].iter_mut().zip(&above[pivot]);
                pairs.for_each(|(x, above)| *x -= factor * above);
            }
        }
        let mut shares = vec![0.0; count];
        for row in (0..count).rev() {
            let known: f64 = (row + 1..count).map(|at| rows[row][at] * shares[at]).sum();
            shares[row] = (rows[row][count] - known) / rows[row][row];
        }
        shares
    }
}
