//! What a film takes, before it is begun.

use models::Umt5;
use tensor::WeightType;
use tensor::files::Dtype;

use super::super::error::{Error, Largest};
use super::super::request::Request;
use super::Pipeline;
use crate::pace::Operations;

/// Sizes that are tried for a film that does not fit: so many parts of what was asked for.
const PARTS: usize = 64;

/// What a film takes, about, before it is begun.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Pixels in a row, rows and pictures that come of it.
    pub film: [usize; 3],
    /// Tokens that look at each other in each step.
    pub tokens: usize,
    /// Passes through the transformer.
    pub passes: usize,
    /// Bytes while texts are encoded.
    pub text_bytes: u64,
    /// Bytes while steps are taken.
    pub steps_bytes: u64,
    /// Bytes while pictures are decoded.
    pub pictures_bytes: u64,
    /// Operations of all steps; each multiplication and each addition is one.
    pub steps_operations: f64,
    /// Those of decoding.
    pub pictures_operations: f64,
}

impl Estimate {
    /// Bytes at the most.
    pub fn bytes(&self) -> u64 {
        self.text_bytes
            .max(self.steps_bytes)
            .max(self.pictures_bytes)
    }
}

impl Pipeline {
    /// What a film would take.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn estimate(&self, request: &Request) -> Result<Estimate, Error> {
        self.sampler.steps(request.steps).map_err(Error::Refused)?;
        let [frames, height, width, _] = self.latent_shape(request)?;
        let [_, rows, columns] = self.transformer.patch();
        let encoder = Umt5::open(&self.folder.join("text_encoder"), &self.pool)?;
        if encoder.width() != self.transformer.text_width() {
            let reason = format!(
                "its texts are {} numbers wide, and its transformer takes {}",
                encoder.width(),
                self.transformer.text_width()
            );
            return Err(Error::NotAPipeline {
                path: self.folder.clone(),
                reason,
            });
        }
        let held = if self.options.text == WeightType::As(Dtype::F32) {
            4
        } else {
            2
        };
        let texts = if request.guidance > 1.0 { 2 } else { 1 };
        let spatial = self.vae.spatial();
        let film = [
            width * spatial,
            height * spatial,
            (frames - 1) * self.vae.temporal() + 1,
        ];
        let decoded = match self.options.tiles {
            Some(tiles) => [tiles.side.min(film[1]), tiles.side.min(film[0])],
            None => [film[1], film[0]],
        };
        let weights = self.transformer.weights_bytes();
        let latents = 8 * frames * height * width * self.vae.channels() * size_of::<f32>();
        let kept = if self.options.keeps_transformer {
            weights
        } else {
            0
        };
        let texts_bytes = texts * self.transformer.text_bytes(self.options.text_tokens);
        let pictures = self.vae.weights_bytes() + self.vae.decoding_bytes(decoded);
        let loaded = if self.loaded.is_some() { weights } else { 0 };
        Ok(Estimate {
            film,
            tokens: frames * (height / rows) * (width / columns),
            passes: request.steps * texts,
            text_bytes: (encoder.layer_bytes(held) + loaded) as u64,
            steps_bytes: (weights
                + texts_bytes
                + latents
                + self.transformer.pass_bytes([frames, height, width]))
                as u64,
            pictures_bytes: (pictures + latents + kept) as u64,
            steps_operations: (request.steps * texts) as f64
                * self
                    .transformer
                    .pass_operations([frames, height, width], self.options.text_tokens),
            pictures_operations: self.vae.decoding_operations([frames, height, width]),
        })
    }

    /// Seconds that such a film takes on this machine, about, without what is read from the disk.
    pub fn seconds(&self, estimate: &Estimate) -> f64 {
        let is_of_floats = |held: WeightType| held == WeightType::As(Dtype::F32);
        let parts = [
            (self.options.weights, estimate.steps_operations),
            (self.options.kernels, estimate.pictures_operations),
        ];
        let mut operations = Operations::default();
        for (held, count) in parts {
            match is_of_floats(held) {
                true => operations.of_floats += count,
                false => operations.of_pairs += count,
            }
        }
        operations.seconds(&self.pool)
    }

    /// What a film would take, if there is memory for it.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate), and [`Error::TooLarge`] with the largest that fit.
    pub fn fitting(&self, request: &Request) -> Result<Estimate, Error> {
        let estimate = self.estimate(request)?;
        let most = self.options.memory_bytes_max.unwrap_or(u64::MAX);
        if estimate.bytes() <= most {
            return Ok(estimate);
        }
        let is_too_large = |request: &Request| {
            let estimate = self.estimate(request);
            estimate.is_ok_and(|estimate| estimate.bytes() > most)
        };
        // What is less takes less: the largest part that fits is found by halves.
        let largest = |count: usize, of: &dyn Fn(usize) -> Request| {
            let parts: Vec<usize> = (1..count).collect();
            let end = parts.partition_point(|part| !is_too_large(&of(*part)));
            let part = parts.get(end.checked_sub(1)?)?;
            self.estimate(&of(*part)).ok().map(|estimate| estimate.film)
        };
        let shorter = |part: usize| Request {
            frames: part,
            first: None,
            noise: None,
            ..request.clone()
        };
        let smaller = |part: usize| Request {
            width: request.width * part / PARTS,
            height: request.height * part / PARTS,
            first: None,
            noise: None,
            ..request.clone()
        };
        let found = [largest(request.frames, &shorter), largest(PARTS, &smaller)];
        Err(Error::TooLarge {
            needed: estimate.bytes() >> 20,
            given: most >> 20,
            largest: Largest(found.into_iter().flatten().collect()),
        })
    }
}
