//! How well the waves of a picture agree with those of a key, and which message they say.

use super::pattern::{PLACES, Pattern, SYMBOLS, TILE};
use super::spectrum::{Complex, Spectrum};

/// So many of the likeliest beginnings of the tile are tried.
const BEGINNINGS: usize = 4;

/// How far around a beginning that was tried no other is tried, in pixels of the tile.
const BEGINNING_REACH: usize = 4;

/// So many of the likeliest places of each group are tried.
const CHOICES: usize = 2;

/// What the waves of a picture say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Likely {
    pub(super) message: u32,
    /// Over all waves: the cosine between that of the picture and that of the marked tile, by its weight.
    pub(super) sum: f32,
}

impl Likely {
    /// The likelier one is greater.
    pub(super) fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.sum.total_cmp(&other.sum)
    }
}

/// The waves of a picture, each turned back by as much as that of the key.
pub(super) struct Agreement<'a> {
    pattern: &'a Pattern,
    /// In the order of those of the pattern.
    waves: Vec<Complex>,
}

impl<'a> Agreement<'a> {
    /// Compares a picture with a key. Of a wave's strength no more is kept than a weight, which is greater when it is
    /// stronger than those next to it: what pictures show fills whole regions, and what encoders drop is missing.
    /// The mean square of the weights is 1, or there are no waves.
    pub(super) fn of(spectrum: &Spectrum, pattern: &'a Pattern) -> Self {
        let prominences = pattern
            .waves
            .iter()
            .map(|wave| spectrum.prominence(wave.across, wave.down));
        let prominences: Vec<f32> = prominences.collect();
        let mean = prominences.iter().sum::<f32>() / prominences.len() as f32;
        let waves = pattern
            .waves
            .iter()
            .zip(prominences)
            .map(|(wave, prominence)| {
                let got = spectrum.wave(wave.across, wave.down);
                let weight = (prominence / mean).sqrt();
                match got.direction() {
                    Some(direction) => direction.times(wave.start.conjugate()).scaled(weight),
                    None => got,
                }
            });
        Self {
            pattern,
            waves: waves.collect(),
        }
    }

    /// The likeliest message, wherever the tile begins; none when no check holds.
    pub(super) fn likeliest(&self) -> Option<Likely> {
        let mut sync = self.surface(None, TILE);
        let likely = (0..BEGINNINGS).filter_map(|_| {
            let (at, sum) = highest(&sync)?;
            clear_around(&mut sync, at);
            let likely = self.moved(at % TILE, at / TILE).likeliest_here()?;
            Some(Likely {
                sum: sum + likely.sum,
                ..likely
            })
        });
        likely.max_by(Likely::order)
    }

    /// The same waves seen from another pixel of the tile.
    fn moved(&self, right: usize, down: usize) -> Self {
        let waves = self.pattern.waves.iter().zip(&self.waves);
        let moved = waves.map(|(wave, own)| {
            let steps = wave.across as i32 * right as i32 + wave.down * down as i32;
            let turns = steps.rem_euclid(TILE as i32) as f32 / TILE as f32;
            own.times(Complex::turned(turns))
        });
        Self {
            pattern: self.pattern,
            waves: moved.collect(),
        }
    }

    /// The likeliest message when the tile begins at the first pixel, with the sum over the waves of its symbols.
    fn likeliest_here(&self) -> Option<Likely> {
        let likeliest: [[(usize, f32); CHOICES]; SYMBOLS] = std::array::from_fn(|symbol| {
            let mut surface = self.surface(Some(symbol), PLACES);
            std::array::from_fn(|_| {
                let (place, sum) = highest(&surface).unwrap_or_default();
                surface[place] = f32::NEG_INFINITY;
                (place, sum)
            })
        });
        let likely = (0..CHOICES.pow(SYMBOLS as u32)).filter_map(|choice| {
            let chosen: [(usize, f32); SYMBOLS] = std::array::from_fn(|symbol| {
                likeliest[symbol][choice / CHOICES.pow(symbol as u32) % CHOICES]
            });
            Some(Likely {
                message: self.pattern.message(chosen.map(|(place, _)| place))?,
                sum: chosen.iter().map(|(_, sum)| sum).sum(),
            })
        });
        likely.max_by(Likely::order)
    }

    /// The sum over all waves when the tile begins at the first pixel and no group is moved, in standard deviations of
    /// a picture without a mark.
    #[cfg(test)]
    pub(super) fn z_here(&self) -> f32 {
        let sum: f32 = self.waves.iter().map(|wave| wave.real).sum();
        sum / (self.waves.len() as f32 / 2.0).sqrt()
    }

    /// The sum over the waves of one group, if it lay at each of `side` places across a tile and as many down.
    fn surface(&self, symbol: Option<usize>, side: usize) -> Vec<f32> {
        let mut spectrum = Spectrum::empty();
        for (wave, &own) in self.pattern.waves.iter().zip(&self.waves) {
            if wave.symbol == symbol {
                spectrum.set(wave.across, wave.down, own);
            }
        }
        spectrum.surface(side)
    }
}

fn highest(surface: &[f32]) -> Option<(usize, f32)> {
    let all = surface.iter().copied().enumerate();
    all.max_by(|one, other| one.1.total_cmp(&other.1))
}

/// Takes a beginning and those next to it out of what is looked at.
fn clear_around(surface: &mut [f32], at: usize) {
    let (x, y) = (at % TILE, at / TILE);
    let around = TILE - BEGINNING_REACH..=TILE + BEGINNING_REACH;
    for down in around.clone() {
        for right in around.clone() {
            surface[(y + down) % TILE * TILE + (x + right) % TILE] = f32::NEG_INFINITY;
        }
    }
}
