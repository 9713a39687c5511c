//! The few waves of a picture that the mark is made of, and back.

use std::f32::consts::TAU;

/// The highest wave: turns a tile, across and down.
pub(super) const WAVE_MAX: usize = 26;

const COLUMNS: usize = WAVE_MAX + 1;
const ROWS: usize = 2 * WAVE_MAX + 1;

/// A complex number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Complex {
    pub(super) real: f32,
    pub(super) imaginary: f32,
}

impl Complex {
    /// The number of length one at an angle of so many whole turns.
    pub(super) fn turned(turns: f32) -> Self {
        let (imaginary, real) = (turns * TAU).sin_cos();
        Self { real, imaginary }
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self {
            real: self.real * other.real - self.imaginary * other.imaginary,
            imaginary: self.real * other.imaginary + self.imaginary * other.real,
        }
    }

    pub(super) fn conjugate(self) -> Self {
        Self {
            real: self.real,
            imaginary: -self.imaginary,
        }
    }

    /// The same direction with length one; nothing stays nothing.
    pub(super) fn direction(self) -> Self {
        let length = self.real.hypot(self.imaginary);
        if length > 0.0 {
            Self {
                real: self.real / length,
                imaginary: self.imaginary / length,
            }
        } else {
            Self::default()
        }
    }

    fn add(&mut self, other: Self) {
        self.real += other.real;
        self.imaginary += other.imaginary;
    }
}

/// How strong and where in its turn each wave is: whole turns a tile, `0..=WAVE_MAX` across, `-WAVE_MAX..=WAVE_MAX`
/// down. The waves with fewer than none across are the conjugates of these.
#[derive(Clone, Debug)]
pub(super) struct Spectrum(Vec<Complex>);

impl Spectrum {
    pub(super) fn empty() -> Self {
        Self(vec![Complex::default(); COLUMNS * ROWS])
    }

    pub(super) fn get(&self, across: usize, down: i32) -> Complex {
        self.0[Self::place(across, down)]
    }

    pub(super) fn set(&mut self, across: usize, down: i32, to: Complex) {
        self.0[Self::place(across, down)] = to;
    }

    fn place(across: usize, down: i32) -> usize {
        (down + WAVE_MAX as i32) as usize * COLUMNS + across
    }

    /// The waves in `values`, rows of `width`, when a tile has `period` of them across and down.
    pub(super) fn of(values: &[f32], width: usize, period: f32) -> Self {
        let mut spectrum = Self::empty();
        let turns: Vec<[Complex; COLUMNS]> = (0..width)
            .map(|x| std::array::from_fn(|across| turned(x, -(across as i32), period)))
            .collect();
        for (y, row) in values.chunks_exact(width.max(1)).enumerate() {
            let (mut real, mut imaginary) = ([0.0_f32; COLUMNS], [0.0_f32; COLUMNS]);
            for (&value, turn) in row.iter().zip(&turns) {
                for across in 0..COLUMNS {
                    real[across] += value * turn[across].real;
                    imaginary[across] += value * turn[across].imaginary;
                }
            }
            for (at, line) in spectrum.0.chunks_exact_mut(COLUMNS).enumerate() {
                let turn = turned(y, WAVE_MAX as i32 - at as i32, period);
                for (across, sum) in line.iter_mut().enumerate() {
                    sum.add(turn.times(Complex {
                        real: real[across],
                        imaginary: imaginary[across],
                    }));
                }
            }
        }
        spectrum
    }

    /// The sum of all waves at `side` places across a tile, and as many down: the real part, rows from above.
    pub(super) fn surface(&self, side: usize) -> Vec<f32> {
        let turn: Vec<Complex> = (0..side)
            .map(|step| Complex::turned(step as f32 / side as f32))
            .collect();
        let at = |steps: i32| turn[steps.rem_euclid(side as i32) as usize];
        let mut out = Vec::with_capacity(side * side);
        for y in 0..side as i32 {
            let mut column = [Complex::default(); COLUMNS];
            for (down, line) in (-(WAVE_MAX as i32)..).zip(self.0.chunks_exact(COLUMNS)) {
                let turn = at(y * down);
                for (sum, &wave) in column.iter_mut().zip(line) {
                    sum.add(turn.times(wave));
                }
            }
            out.extend((0..side as i32).map(|x| {
                let part = |(across, sum): (i32, &Complex)| sum.times(at(x * across)).real;
                (0..).zip(&column).map(part).sum::<f32>()
            }));
        }
        out
    }
}

fn turned(step: usize, waves: i32, period: f32) -> Complex {
    // In f64, so that a long row does not lose the angle.
    let turns = step as f64 * f64::from(waves) / f64::from(period);
    Complex::turned((turns - turns.floor()) as f32)
}
