//! Steps of a network that makes films.

use models::{FilmBatch, FilmShape};
use tensor::Gradients;

use super::{Measured, Trainer};
use crate::error::Result;
use crate::film::FilmExample;

/// Films on their way through the network together.
#[derive(Default)]
struct Together {
    patches: Vec<f32>,
    films: Vec<f32>,
    times: Vec<f32>,
    weights: Vec<f32>,
}

impl Trainer {
    /// The sizes of the network.
    ///
    /// # Panics
    /// When it makes no films.
    pub(crate) fn film_shape(&self) -> FilmShape {
        *self.trainee.film().expect("a network of films").shape()
    }

    /// Learns from films whose loss is at most `usual`.
    ///
    /// # Errors
    /// As [`step_within`](Self::step_within).
    pub(crate) fn step_films(&mut self, batch: &[FilmExample], usual: f64) -> Result<Measured> {
        let own = self.together.team.part(batch).into_owned();
        let counted = match self.together.is_tight() {
            true => batch.len(),
            false => own.len(),
        };
        let share = 1.0 / counted.max(1) as f32;
        let mut gradients = Gradients::default();
        let mut sum = 0.0;
        for part in own.chunks(self.films_at_once()) {
            self.cx.record_onto(std::mem::take(&mut gradients));
            let loss = self.film_loss(part, share);
            sum += f64::from(loss.values()[0]);
            gradients = self.cx.backward(&loss);
        }
        let tokens = self.film_tokens(&own);
        self.take_step(&mut gradients, (sum, tokens), usual)
    }

    /// The sum of the losses of films that are not learnt from, and their number. Of several ranks each measures a part.
    ///
    /// # Errors
    /// [`Error::Rank`](crate::Error::Rank) when another has gone.
    pub(crate) fn measure_films(&mut self, films: &[FilmExample]) -> Result<(f64, f64)> {
        let own = self.together.team.part(films).into_owned();
        let mut both = [0.0, own.len() as f64];
        for part in own.chunks(self.films_at_once()) {
            both[0] += f64::from(self.film_loss(part, 1.0).values()[0]);
        }
        self.together.team.sum(&mut both)?;
        Ok((both[0], both[1]))
    }

    fn film_tokens(&self, films: &[FilmExample]) -> usize {
        let tokens = self.film_shape().tokens();
        films.iter().map(|film| tokens + film.words.len()).sum()
    }

    fn films_at_once(&self) -> usize {
        (self.options.tokens_at_once / self.film_shape().tokens()).max(1)
    }

    fn film_loss(&self, films: &[FilmExample], share: f32) -> tensor::Tensor {
        let network = self.trainee.film().expect("a network of films");
        let patches = network.shape().patches();
        let mut together = Together::default();
        for film in films {
            together.patches.extend_from_slice(&film.patches);
            together.films.extend_from_slice(&film.film);
            together.times.push(film.time);
            let weights = std::iter::repeat_n(film.weight * share, patches);
            together.weights.extend(weights);
        }
        let captions: Vec<&[u32]> = films.iter().map(|film| &film.words[..]).collect();
        let batch = FilmBatch {
            patches: &together.patches,
            captions: &captions,
            times: &together.times,
        };
        network.loss(&self.cx, &batch, (&together.films, &together.weights))
    }
}
