//! Noise without edges.

use media::sound::RATE;

/// Numbers by chance, so many a second, and softly from each to the next.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    seed: u64,
    hertz: f32,
    /// After how many numbers they come again.
    period: Option<u64>,
    /// The number that was last reached, and the two between which it goes on.
    reached: u64,
    between: [f32; 2],
}

impl Noise {
    /// Noise up to about half of `hertz`; with a `loop_seconds`, it comes again after those.
    pub fn new(seed: u64, hertz: f32, loop_seconds: Option<f32>) -> Self {
        let period = loop_seconds.map(|seconds| (hertz * seconds).round().max(2.0) as u64);
        let hertz = match (period, loop_seconds) {
            (Some(period), Some(seconds)) => period as f32 / seconds,
            _ => hertz,
        };
        let mut noise = Self {
            seed,
            hertz,
            period,
            reached: 0,
            between: [0.0; 2],
        };
        noise.between = noise.beside(0);
        noise
    }

    /// The noise at that sample of a shot, from -1 to 1.
    pub fn at(&mut self, sample: u64) -> f32 {
        let at = sample as f64 * f64::from(self.hertz) / f64::from(RATE);
        let reached = at as u64;
        if reached != self.reached {
            self.reached = reached;
            self.between = self.beside(reached);
        }
        let done = (at - reached as f64) as f32;
        let done = done * done * (3.0 - 2.0 * done);
        self.between[0] + (self.between[1] - self.between[0]) * done
    }

    fn beside(&self, number: u64) -> [f32; 2] {
        [number, number + 1]
            .map(|number| chance(self.seed, number % self.period.unwrap_or(u64::MAX)))
    }
}

/// A number from -1 to 1 that belongs to these two. Source: `splitmix64`, Steele et al. 2014.
fn chance(seed: u64, number: u64) -> f32 {
    let mut mixed =
        (seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
}
