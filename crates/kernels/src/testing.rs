//! Numbers for tests, and how close a sum must be.

/// Numbers by chance, the same for the same seed.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number in -1 … 1.
    pub fn next(&mut self) -> f32 {
        // xorshift64*, Vigna 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40;
        bits as f32 / (1 << 23) as f32 - 1.0
    }

    /// The next `count` numbers.
    pub fn many(&mut self, count: usize) -> impl Iterator<Item = f32> {
        (0..count).map(|_| self.next())
    }
}

/// Asserts that a sum of f32 is as near to that of `terms` in f64 as any order of summing brings it:
/// within `n · ε · Σ|term|`.
pub(crate) fn assert_close(sum: f32, terms: impl Iterator<Item = f64>, what: &str) {
    let (mut count, mut exact, mut size) = (0, 0.0, 0.0);
    for term in terms {
        count += 1;
        exact += term;
        size += term.abs();
    }
    let bound = f64::from(count) * f64::from(f32::EPSILON) * size + 1e-30;
    let error = (f64::from(sum) - exact).abs();
    assert!(
        error <= bound,
        "{what}: {sum} for {exact}, off by {error:e} of {bound:e}"
    );
}
