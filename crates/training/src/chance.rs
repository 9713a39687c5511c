//! Numbers by chance, the same for the same seed on every machine and in every version.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// A stream of chance: each `stream` of one seed is another.
#[derive(Clone, Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of that number.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(stream);
        Self(chance)
    }

    /// A number below `end`, each as likely as the other.
    ///
    /// # Panics
    /// When `end` is zero.
    pub fn below(&mut self, end: usize) -> usize {
        assert!(end > 0, "a number below nothing");
        // Lemire 2019: the high half of a product, without the few values that would tip the scales.
        let end = end as u64;
        let threshold = end.wrapping_neg() % end;
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(end);
            if product as u64 >= threshold {
                return (product >> 64) as usize;
            }
        }
    }

    /// A number from zero up to one.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Two numbers from zero up to one, of 24 bits each.
    pub(crate) fn two_units(&mut self) -> [f32; 2] {
        let both = self.0.next_u64();
        [both >> 40, both & 0xff_ffff].map(|bits| bits as f32 / (1_u32 << 24) as f32)
    }

    /// A number of the normal distribution with mean zero and variance one.
    /// Source: Box & Muller 1958.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Brings `values` into any order.
    /// Source: Durstenfeld 1964.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_for_ever() {
        let mut chance = Chance::new(7, 0);
        let numbers: Vec<usize> = (0..6).map(|_| chance.below(1000)).collect();
        assert_eq!(numbers, EXPECTED);
        let mut order: Vec<u8> = (0..10).collect();
        chance.shuffle(&mut order);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<u8>>());
        assert_ne!(order, sorted);
        assert_ne!(
            Chance::new(7, 1).below(1 << 40),
            Chance::new(7, 0).below(1 << 40)
        );
    }

    /// What `ChaCha8Rng` gave when this was written; it may never change, or recipes would make other models.
    const EXPECTED: [usize; 6] = [157, 167, 704, 726, 601, 359];

    #[test]
    fn normal_numbers_have_their_mean_and_variance() {
        let mut chance = Chance::new(1, 2);
        let numbers: Vec<f64> = (0..20_000).map(|_| chance.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let variance = numbers.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04,
            "{mean} {variance}"
        );
    }
}
