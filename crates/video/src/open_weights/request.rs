//! What is asked of a pipeline, and what it gives.

use media::Picture;
use sha2::{Digest as _, Sha256};
use tensor::Tensor;

use crate::chance::Chance;

/// A film to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What is seen.
    pub prompt: String,
    /// What should not be; looked at where `guidance` is more than 1.
    pub negative: String,
    /// Pixels in a row, rounded down to what the weights can make.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pictures, rounded down as well.
    pub frames: usize,
    /// Steps from noise to the film.
    pub steps: usize,
    /// How much more the words count than nothing; 1 for weights that were distilled, which makes a step half as
    /// long.
    pub guidance: f32,
    /// Chance.
    pub seed: u64,
    /// The first picture, where the weights can begin with one.
    pub first: Option<Picture>,
    /// The noise to begin with, `[frames, height, width, channels]` of latents; by chance when none.
    pub noise: Option<Vec<f32>>,
}

impl Request {
    /// A film of `prompt` with what Wan's authors use: 832 × 480, 81 pictures, 50 steps, guidance 5.
    pub fn new(prompt: &str) -> Self {
        Self {
            prompt: prompt.to_owned(),
            negative: String::new(),
            width: 832,
            height: 480,
            frames: 81,
            steps: 50,
            guidance: 5.0,
            seed: 0,
            first: None,
            noise: None,
        }
    }
}

impl Request {
    /// All that it says, in few bytes.
    pub(super) fn facts(&self) -> Vec<u8> {
        let Self {
            prompt,
            negative,
            width,
            height,
            frames,
            steps,
            guidance,
            seed,
            first,
            noise,
        } = self;
        let words = format!(
            "{prompt:?} {negative:?} {width} {height} {frames} {steps} {guidance:?} {seed} {} {}",
            first.is_some(),
            noise.is_some()
        );
        let mut sum = Sha256::new();
        sum.update(words.as_bytes());
        if let Some(first) = first {
            sum.update(format!("{} {}", first.width, first.height));
            sum.update(&first.bytes);
        }
        for number in noise.iter().flatten() {
            sum.update(number.to_le_bytes());
        }
        sum.finalize().to_vec()
    }
}

/// A picture of a film as it comes, before it is rounded.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Three numbers a pixel, from 0 to 1, sRGB.
    pub values: Vec<f32>,
}

impl Frame {
    /// That of a picture `[height, width, 3]` from -1 to 1.
    pub(super) fn of(picture: &Tensor) -> Self {
        let shape = picture.shape();
        let values = picture
            .values()
            .iter()
            .map(|x| (x / 2.0 + 0.5).clamp(0.0, 1.0));
        Self {
            width: shape[1],
            height: shape[0],
            values: values.collect(),
        }
    }

    /// The picture in bytes.
    pub fn picture(&self) -> Picture {
        Picture {
            width: self.width,
            height: self.height,
            bytes: self
                .values
                .iter()
                .map(|x| (x * 255.0).round() as u8)
                .collect(),
        }
    }
}

/// Numbers of a normal distribution.
pub(super) fn noise(chance: &mut Chance, count: usize) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(count + 1);
    while numbers.len() < count {
        // Never nothing, whose logarithm is infinite. Source: Box & Muller 1958.
        let length = (-2.0 * f64::from(1.0 - chance.unit()).ln()).sqrt();
        let angle = std::f64::consts::TAU * f64::from(chance.unit());
        numbers.extend([(length * angle.cos()) as f32, (length * angle.sin()) as f32]);
    }
    numbers.truncate(count);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_normal_and_the_same_for_the_same_seed() {
        let numbers = noise(&mut Chance::new(5, 0), 100_001);
        assert_eq!(numbers[..9], noise(&mut Chance::new(5, 0), 9));
        let moment = |power: i32| {
            numbers
                .iter()
                .map(|x| f64::from(*x).powi(power))
                .sum::<f64>()
                / 100_001.0
        };
        assert!(moment(1).abs() < 0.01 && (moment(2) - 1.0).abs() < 0.02);
        assert!(moment(3).abs() < 0.05 && (moment(4) - 3.0).abs() < 0.1);
    }
}
