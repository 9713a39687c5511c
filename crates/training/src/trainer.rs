//! One step after the other.

mod films;
mod together;
mod weighed;

use std::path::Path;
use std::sync::Arc;

use kernels::{approach, sum_of_squares};
use models::{Batch, Cache, LearnOptions, Model, Trainee, Weigh};
use tensor::{CacheType, Context, Gradients, Pool, Sequence};

use crate::error::{Error, Result};
use crate::example::{Example, Joined, parts};
use crate::optimiser::{Moments, Move, Optimiser, OptimiserOptions, PIECE, Turn};
use crate::schedule::Schedule;
use crate::state::State;
use together::Together;

pub use weighed::Foretold;

/// How a model is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What learns.
    pub learn: LearnOptions,
    /// The rule.
    pub optimiser: OptimiserOptions,
    /// The learning rate over time.
    pub schedule: Schedule,
    /// Gradients longer than this are shortened to it; never when none.
    pub clip: Option<f64>,
    /// Tokens that are computed at once; a batch of more is computed in parts, whose gradients add up. Fewer
    /// take less memory.
    pub tokens_at_once: usize,
    /// How slowly the running mean of the weights forgets, which is what is kept in the end; none keeps the
    /// weights themselves.
    pub average: Option<f32>,
    /// Of what lies between layers only what each begins with is kept, and the layer is computed again on the way
    /// back: the same gradients with a fraction of the memory, for a third more work.
    pub checkpoint_activations: bool,
}

/// What a step saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The mean of `-log p` over what was to be foretold, before the step.
    pub loss: f64,
    /// The length of the gradient, before it was shortened.
    pub gradient_norm: f64,
    /// The share of the learning rate.
    pub rate: f64,
    /// Tokens that were read.
    pub tokens: usize,
}

/// A model in training.
pub struct Trainer {
    trainee: Trainee,
    cx: Context,
    pool: Arc<Pool>,
    options: Options,
    optimiser: Optimiser,
    /// By number of the array.
    moments: Vec<Moments>,
    shapes: Vec<(Vec<usize>, bool)>,
    average: Vec<Vec<f32>>,
    step: u64,
    cache: Option<(usize, Cache)>,
    joined: Joined,
    losses: Vec<f32>,
    together: Together,
}

/// What moves arrays.
struct Mover<'a> {
    pool: &'a Pool,
    optimiser: &'a mut Optimiser,
    moments: &'a mut [Moments],
    shapes: &'a [(Vec<usize>, bool)],
    average: &'a mut [Vec<f32>],
    decay: Option<f32>,
    /// The step that is being taken, the first being one.
    step: u64,
    /// Shares of the learning rate and of the gradient.
    rates: [f64; 2],
}

impl Mover<'_> {
    /// Has gradients of arrays that move as a whole become the directions that they move in.
    fn turn<'g>(&mut self, gradients: impl Iterator<Item = (usize, &'g mut [f32])>) {
        let mut means: Vec<_> = self.moments.iter_mut().map(|m| Some(&mut m.mean)).collect();
        let turns = gradients.filter_map(|(number, gradient)| {
            let (shape, is_hidden_matrix) = &self.shapes[number];
            let mean = means[number].take().filter(|_| *is_hidden_matrix)?;
            let shape = [shape[0], shape[1]];
            Some(Turn {
                gradient,
                mean,
                shape,
            })
        });
        let turns = turns.collect();
        self.optimiser.turn(turns, self.rates[1], self.pool);
    }

    /// Moves the array of that number.
    fn array(&mut self, number: usize, values: &mut [f32], gradient: &[f32]) {
        let (shape, is_hidden_matrix) = &self.shapes[number];
        let at = Move {
            values,
            gradient,
            moments: &mut self.moments[number],
            shape,
            is_hidden_matrix: *is_hidden_matrix,
        };
        self.optimiser.step(at, self.step, self.rates, self.pool);
        if let Some(decay) = self.decay {
            // At the start there is little to remember.
            let decay = decay.min((1 + self.step) as f32 / (10 + self.step) as f32);
            let values = &*values;
            let average = &mut self.average[number];
            self.pool.each_chunk(average, PIECE, &|piece, average| {
                let values = &values[piece * PIECE..][..average.len()];
                approach(average, values, 1.0 - decay);
            });
        }
    }
}

impl Trainer {
    /// Begins with the weights of a Hugging Face folder.
    ///
    /// # Errors
    /// When it cannot be loaded or its networks cannot learn.
    pub fn open(folder: &Path, options: Options, pool: Arc<Pool>) -> Result<Self> {
        let trainee = Trainee::open(folder, options.learn.clone(), &pool)?;
        let optimiser = Optimiser::new(options.optimiser, options.learn.is_bf16);
        let (mut moments, mut shapes, mut average) = (Vec::new(), Vec::new(), Vec::new());
        trainee.each(&mut |_, learner| {
            let is_hidden = learner.is_hidden_matrix();
            moments.push(optimiser.moments(learner.values().len(), is_hidden));
            shapes.push((learner.shape().to_vec(), is_hidden));
            if options.average.is_some() {
                average.push(learner.values().to_vec());
            }
        });
        let cx = Context::new(Arc::clone(&pool));
        cx.spare_activations(options.checkpoint_activations);
        Ok(Self {
            trainee,
            cx,
            pool,
            options,
            optimiser,
            moments,
            shapes,
            average,
            step: 0,
            cache: None,
            joined: Joined::default(),
            losses: Vec::new(),
            together: Together::default(),
        })
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The network as it is.
    pub fn model(&self) -> &Model {
        self.trainee.model()
    }

    /// What learns.
    pub fn trainee(&self) -> &Trainee {
        &self.trainee
    }

    /// How many buffers were ever made; it stands still in a steady loop.
    pub fn buffers_made(&self) -> usize {
        self.cx.buffers_made()
    }

    /// Bytes of all buffers that were ever made, which is what lies between layers at most.
    pub fn bytes_made(&self) -> usize {
        self.cx.bytes_made()
    }

    /// Learns from a batch whose loss is at most `usual`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when numbers grew beyond bounds, [`Error::Spike`] when the loss is larger: nothing
    /// is changed then.
    pub fn step_within(&mut self, batch: &[Example], usual: f64) -> Result<Measured> {
        let own = self.together.team.part(batch);
        let counted = if self.together.is_tight() {
            batch
        } else {
            &own[..]
        };
        let weight: f64 = counted.iter().map(Example::weight).sum();
        let mut gradients = Gradients::default();
        let (mut sum, mut tokens) = (0.0, 0);
        for part in parts(&own, self.options.tokens_at_once, 1) {
            sum += self.gradients_of(part, 1.0 / weight.max(f64::MIN_POSITIVE), &mut gradients);
            tokens += self.joined.tokens.len();
        }
        self.take_step(&mut gradients, (sum, tokens), usual)
    }

    /// Moves by what a batch gave, on all ranks together, when its loss is at most `usual`.
    fn take_step(
        &mut self,
        gradients: &mut Gradients,
        (loss, tokens): (f64, usize),
        usual: f64,
    ) -> Result<Measured> {
        let mut seen = [loss, tokens as f64];
        self.together.reduce(gradients, &mut seen)?;
        let measured = Measured {
            loss: seen[0],
            gradient_norm: self.norm(gradients)?,
            rate: self.options.schedule.share(self.step),
            tokens: seen[1] as usize,
        };
        if !measured.loss.is_finite() || !measured.gradient_norm.is_finite() {
            return Err(Error::NotFinite {
                step: self.step,
                loss: measured.loss,
                gradient_norm: measured.gradient_norm,
            });
        }
        if measured.loss > usual {
            return Err(Error::Spike {
                step: self.step,
                loss: measured.loss,
                usual,
            });
        }
        self.move_by(gradients, &measured)?;
        Ok(measured)
    }

    /// Learns from a batch, whatever its loss.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when numbers grew beyond bounds: nothing is changed then.
    pub fn step(&mut self, batch: &[Example]) -> Result<Measured> {
        self.step_within(batch, f64::INFINITY)
    }

    /// Adds the gradients of some examples, whose weights are multiplied by `share`; their loss.
    fn gradients_of(&mut self, part: &[Example], share: f64, gradients: &mut Gradients) -> f64 {
        self.joined.fill(part, share);
        if self.joined.wanted.is_empty() {
            return 0.0;
        }
        self.cx.record_onto(std::mem::take(gradients));
        let loss = self.loss(None, None);
        *gradients = self.cx.backward(&loss);
        self.weighted_loss()
    }

    /// The loss of what is joined, by another model than the one that learns where there is one, with the weights
    /// that `weigh` gives where it does; what each token is foretold with is in
    /// `losses`.
    fn loss(&mut self, by: Option<&Model>, weigh: Option<&mut Weigh<'_>>) -> tensor::Tensor {
        let joined = &self.joined;
        let pages = joined.pages.len();
        if self.cache.as_ref().is_none_or(|(room, _)| *room < pages) {
            let room = pages.next_multiple_of(8);
            self.cache = Some((room, self.trainee.model().cache(room, CacheType::F32)));
        }
        let mut rest = &joined.pages[..];
        let sequences = joined.lengths.iter().zip(&joined.page_counts);
        let sequences: Vec<Sequence<'_>> = sequences
            .map(|(tokens, pages)| {
                let (table, after) = rest.split_at(*pages);
                rest = after;
                Sequence {
                    table,
                    past: 0,
                    tokens: *tokens,
                }
            })
            .collect();
        let batch = Batch {
            tokens: &joined.tokens,
            sequences: &sequences,
            wanted: &joined.wanted,
        };
        let (_, cache) = self.cache.as_mut().expect("it was made just now");
        self.losses.resize(joined.wanted.len(), 0.0);
        let targets = &joined.targets[..];
        let model = by.unwrap_or_else(|| self.trainee.model());
        match weigh {
            None => {
                let told = (targets, &joined.weights[..]);
                model.loss(&self.cx, &batch, cache, told, &mut self.losses)
            }
            Some(weigh) => {
                model.weighed_loss(&self.cx, &batch, cache, (targets, weigh), &mut self.losses)
            }
        }
    }

    fn weighted_loss(&self) -> f64 {
        let pairs = self.losses.iter().zip(&self.joined.weights);
        pairs
            .map(|(loss, weight)| f64::from(*loss) * f64::from(*weight))
            .sum()
    }

    /// The sum of `weight · -log p` over examples that are not learnt from, and the sum of the weights. Of several
    /// ranks each measures a part.
    ///
    /// # Errors
    /// [`Error::Rank`] when another has gone.
    pub fn measure(&mut self, examples: &[Example]) -> Result<(f64, f64)> {
        let (mut sum, mut weight) = (0.0, 0.0);
        let own = self.together.team.part(examples);
        for part in parts(&own, self.options.tokens_at_once, 1) {
            self.joined.fill(part, 1.0);
            if self.joined.wanted.is_empty() {
                continue;
            }
            self.loss(None, None);
            sum += self.weighted_loss();
            weight += part.iter().map(Example::weight).sum::<f64>();
        }
        let mut both = [sum, weight];
        self.together.team.sum(&mut both)?;
        Ok((both[0], both[1]))
    }

    /// The length of all gradients together, in an order that does not depend on the threads.
    fn norm(&self, gradients: &Gradients) -> Result<f64> {
        const PIECE: usize = 1 << 16;
        let mut squares = vec![0.0; self.moments.len()];
        for (number, square) in squares.iter_mut().enumerate() {
            let Some(values) = self.together.gradient(gradients, number) else {
                continue;
            };
            let mut sums = vec![0.0_f64; values.len().div_ceil(PIECE)];
            self.pool.each_chunk(&mut sums, 1, &|piece, sum| {
                let end = values.len().min((piece + 1) * PIECE);
                sum[0] = sum_of_squares(&values[piece * PIECE..end]);
            });
            *square = sums.iter().sum();
        }
        self.together.sum(&mut squares)?;
        Ok(squares.iter().sum::<f64>().sqrt())
    }

    fn move_by(&mut self, gradients: &mut Gradients, measured: &Measured) -> Result<()> {
        let clip = self.options.clip.unwrap_or(f64::INFINITY);
        // As PyTorch's `clip_grad_norm_` has it.
        let scale = (clip / (measured.gradient_norm + 1e-6)).min(1.0);
        self.step += 1;
        let rates = [measured.rate, scale];
        if self.together.is_tight() {
            return self.move_together(rates);
        }
        let (trainee, _, mut mover) = self.mover(rates);
        let arrays = gradients.parameters_mut();
        mover.turn(arrays.map(|(id, values)| (id.0, values)));
        trainee.change(mover.pool, &mut |id, values| {
            if let Some(gradient) = gradients.of_parameter(id) {
                mover.array(id.0, values, gradient.values());
            }
        });
        Ok(())
    }

    /// What is needed to go on exactly here. `position` says where the data stood. Of several ranks each has a part
    /// of it: see [`gather`](Self::gather).
    pub fn state(&self, position: serde_json::Value) -> State {
        let mut state = State {
            step: self.step,
            position,
            names: Vec::new(),
            values: Vec::new(),
            moments: self.moments.clone(),
            average: self.average.clone(),
            outer: self.velocity(),
        };
        self.trainee.each(&mut |_, learner| {
            state.names.push(learner.name().to_owned());
            state.values.push(learner.values().to_vec());
        });
        state
    }

    /// Goes back, or on, to `state`.
    ///
    /// # Errors
    /// When it is of another model.
    pub fn restore(&mut self, state: State) -> std::result::Result<(), String> {
        let mut flaw = None;
        let mut number = 0;
        let is_averaged = self.options.average.is_some();
        self.trainee.each(&mut |_, learner| {
            let (name, values) = (state.names.get(number), state.values.get(number));
            let moments = state.moments.get(number);
            let fits = name.is_some_and(|name| name == learner.name())
                && values.is_some_and(|values| values.len() == learner.values().len())
                && moments.is_some_and(|moments| {
                    let count = learner.values().len();
                    let squares = self.optimiser.squares(count, learner.is_hidden_matrix());
                    moments.mean.len() == count && moments.square.len() == squares
                })
                && [&state.average, &state.outer].iter().all(|arrays| {
                    let beside = arrays.get(number);
                    beside.is_none_or(|beside| beside.len() == learner.values().len())
                });
            if !fits && flaw.is_none() {
                flaw = Some(format!("it has no fitting `{}`", learner.name()));
            }
            number += 1;
        });
        if let Some(flaw) = flaw {
            return Err(flaw);
        }
        if number != state.names.len() || is_averaged != (state.average.len() == number) {
            return Err("it has other arrays than the model".to_owned());
        }
        self.step = state.step;
        self.moments = state.moments;
        self.average = state.average;
        self.let_go();
        self.restore_meeting(&state.values, &state.outer);
        let values = state.values;
        self.trainee.change(&self.pool, &mut |id, held| {
            held.copy_from_slice(&values[id.0]);
        });
        Ok(())
    }
}
