//! The few waves of a picture that the mark is made of, and back.

use std::f32::consts::TAU;

/// The highest wave: turns a tile.
pub(super) const WAVE_MAX: usize = 20;

const COLUMNS: usize = WAVE_MAX + 1;
const ROWS: usize = 2 * WAVE_MAX + 1;

/// How far around a wave others are compared with it, in turns a tile.
const AROUND: i32 = 2;

/// A complex number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Complex {
    pub(super) real: f32,
    imaginary: f32,
}

impl Complex {
    /// The number of length one at an angle of so many whole turns.
    pub(super) fn turned(turns: f32) -> Self {
        let (imaginary, real) = (turns * TAU).sin_cos();
        Self { real, imaginary }
    }

    /// The number at the same distance on the other side of the real axis.
    pub(super) fn conjugate(self) -> Self {
        Self {
            real: self.real,
            imaginary: -self.imaginary,
        }
    }

    /// The same direction with length one; none when there is no length.
    pub(super) fn direction(self) -> Option<Self> {
        let length = self.length();
        (length > 0.0).then(|| self.scaled(length.recip()))
    }

    fn length(self) -> f32 {
        (self.real * self.real + self.imaginary * self.imaginary).sqrt()
    }

    /// The same direction with so many times the length.
    pub(super) fn scaled(self, by: f32) -> Self {
        Self {
            real: self.real * by,
            imaginary: self.imaginary * by,
        }
    }

    /// The product.
    pub(super) fn times(self, other: Self) -> Self {
        Self {
            real: self.real * other.real - self.imaginary * other.imaginary,
            imaginary: self.real * other.imaginary + self.imaginary * other.real,
        }
    }

    fn add(&mut self, other: Self) {
        self.real += other.real;
        self.imaginary += other.imaginary;
    }
}

/// How strong each wave is and where in its turn it begins. A wave has whole turns a tile: `0..=WAVE_MAX` across and
/// `-WAVE_MAX..=WAVE_MAX` down. Those with fewer than none across are the conjugates of these.
#[derive(Clone, Debug)]
pub(super) struct Spectrum(Vec<Complex>);

impl Spectrum {
    /// No wave at all.
    pub(super) fn empty() -> Self {
        Self(vec![Complex::default(); COLUMNS * ROWS])
    }

    /// The wave with so many turns across and down.
    pub(super) fn wave(&self, across: usize, down: i32) -> Complex {
        self.0[Self::place(across, down)]
    }

    /// Puts a wave there.
    pub(super) fn set(&mut self, across: usize, down: i32, wave: Complex) {
        self.0[Self::place(across, down)] = wave;
    }

    /// How strong a wave is against those around it: their mean is 1.
    pub(super) fn prominence(&self, across: usize, down: i32) -> f32 {
        let end = WAVE_MAX as i32;
        let rows = (down - AROUND).max(-end)..=(down + AROUND).min(end);
        let columns = (across as i32 - AROUND).max(0)..=(across as i32 + AROUND).min(end);
        let count = rows.clone().count() * columns.clone().count();
        let lengths = rows.flat_map(|row| {
            let columns = columns.clone();
            columns.map(move |column| self.wave(column as usize, row).length())
        });
        let sum: f32 = lengths.sum();
        if sum == 0.0 {
            return 0.0;
        }
        self.wave(across, down).length() * count as f32 / sum
    }

    fn place(across: usize, down: i32) -> usize {
        (down + WAVE_MAX as i32) as usize * COLUMNS + across
    }

    /// The waves in `values`, rows of `width`, when a tile has `period` of them across and as many down.
    pub(super) fn of(values: &[f32], width: usize, period: f64) -> Self {
        let turned = |step: usize, waves: i32| {
            // In f64, so that a long row does not lose the angle.
            let turns = step as f64 * f64::from(waves) / period;
            Complex::turned((turns - turns.floor()) as f32)
        };
        let turns: Vec<[Complex; COLUMNS]> = (0..width)
            .map(|x| std::array::from_fn(|across| turned(x, -(across as i32))))
            .collect();
        let mut spectrum = Self::empty();
        for (y, row) in values.chunks_exact(width.max(1)).enumerate() {
            let mut sums = [Complex::default(); COLUMNS];
            for (&value, turns) in row.iter().zip(&turns) {
                for (sum, turn) in sums.iter_mut().zip(turns) {
                    sum.real += value * turn.real;
                    sum.imaginary += value * turn.imaginary;
                }
            }
            for (down, line) in spectrum.lines_mut() {
                let turn = turned(y, -down);
                for (wave, sum) in line.iter_mut().zip(sums) {
                    wave.add(turn.times(sum));
                }
            }
        }
        spectrum
    }

    fn lines_mut(&mut self) -> impl Iterator<Item = (i32, &mut [Complex])> {
        (-(WAVE_MAX as i32)..).zip(self.0.chunks_exact_mut(COLUMNS))
    }

    /// The sum of all waves at `side` places across a tile and as many down: its real part, rows from above.
    pub(super) fn surface(&self, side: usize) -> Vec<f32> {
        let turns: Vec<Complex> = (0..side)
            .map(|step| Complex::turned(step as f32 / side as f32))
            .collect();
        let mut out = vec![0.0; side * side];
        for (y, row) in out.chunks_exact_mut(side).enumerate() {
            let mut sums = [Complex::default(); COLUMNS];
            for (down, line) in (-(WAVE_MAX as i32)..).zip(self.0.chunks_exact(COLUMNS)) {
                let turn = turns[(y as i32 * down).rem_euclid(side as i32) as usize];
                for (sum, &wave) in sums.iter_mut().zip(line) {
                    sum.add(turn.times(wave));
                }
            }
            // As far to the left, one part is the same and the other is its negative.
            for x in 0..=side / 2 {
                let (mut even, mut odd) = (0.0, 0.0);
                for (across, sum) in sums.iter().enumerate() {
                    let turn = turns[x * across % side];
                    even += sum.real * turn.real;
                    odd += sum.imaginary * turn.imaginary;
                }
                row[x] = even - odd;
                row[(side - x) % side] = even + odd;
            }
        }
        out
    }
}
