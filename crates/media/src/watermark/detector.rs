//! Looks for the mark.

use super::Unfit;
use super::pattern::{PLACES, Pattern, SYMBOLS, TILE, Wave};
use super::residual::add_residual;
use super::spectrum::{Complex, Spectrum};
use crate::Picture;

/// Sizes of a picture, against the one in which it was marked, at which the mark is looked for.
const SCALES: [f32; 7] = [1.0, 0.5, 0.75, 2.0 / 3.0, 1.5, 4.0 / 3.0, 2.0];

/// At each scale, so many of the likeliest beginnings of the tile are tried.
const BEGINNINGS: usize = 4;

/// The probability that a mark is found where none is stays below this.
const CHANCE_MAX: f64 = 1e-6;

/// A mark that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The message.
    pub message: u32,
    /// Minus the decimal logarithm of a bound on the probability that it is found where none is: 9 is one of 10⁹.
    pub confidence: f64,
    pub z: f64,
}

/// Looks for the mark of one key in the pictures of a film, or in one picture.
pub struct Detector {
    pattern: Pattern,
    width: usize,
    height: usize,
    sums: Vec<i32>,
    scales: Vec<f32>,
}

impl Detector {
    /// Looks for the mark of `key`.
    pub fn new(key: u64) -> Self {
        Self {
            pattern: Pattern::of(key),
            width: 0,
            height: 0,
            sums: Vec::new(),
            scales: SCALES.to_vec(),
        }
    }

    pub fn set_scales(&mut self, scales: &[f32]) { self.scales = scales.to_vec(); }
    pub fn set_key(&mut self, key: u64) { self.pattern = Pattern::of(key); }

    /// Looks at the next picture.
    pub fn see(&mut self, picture: &Picture) -> Result<(), Unfit> {
        if self.sums.is_empty() {
            (self.width, self.height) = (picture.width, picture.height);
            self.sums = vec![0; picture.width * picture.height];
        }
        if (self.width, self.height) != (picture.width, picture.height) {
            return Err(Unfit::OtherSize);
        }
        add_residual(picture, &mut self.sums);
        Ok(())
    }

    pub fn values(&self) -> Vec<f32> { self.sums.iter().map(|&s| s as f32).collect() }

    /// Diagnostic
    pub fn coherence(&self, message: u32, scale: f32, offset: (f32, f32)) -> Vec<(f32, usize)> {
        let symbols = self.pattern.symbols(message);
        let spectrum = Spectrum::of(&self.values(), self.width, TILE as f32 * scale);
        let mut out = vec![(0.0, 0); 30];
        for wave in &self.pattern.waves {
            let place = wave.symbol.map_or(0, |s| symbols[s]);
            let turns = wave.across as f32 * ((place % PLACES) as f32 * 8.0 + offset.0) + wave.down as f32 * ((place / PLACES) as f32 * 8.0 + offset.1);
            let got = spectrum.get(wave.across, wave.down).direction().times(wave.turn.conjugate()).times(Complex::turned(turns / 256.0));
            let r = ((wave.across.pow(2) + wave.down.pow(2) as usize) as f32).sqrt() as usize;
            out[r].0 += got.real; out[r].1 += 1;
        }
        for o in &mut out { o.0 /= o.1.max(1) as f32; }
        out
    }

    /// The mark, if there is one in what was seen.
    pub fn found(&self) -> Option<Found> {
        let best = self.best(true)?;
        (best.confidence >= -CHANCE_MAX.log10()).then_some(best)
    }

    pub fn best(&self, checked: bool) -> Option<Found> {
        let values = self.values();
        let found = self.scales.iter().flat_map(|scale| {
            let spectrum = Spectrum::of(&values, self.width, TILE as f32 * scale);
            self.look(&spectrum, checked)
        });
        found.max_by(|one, other| one.confidence.total_cmp(&other.confidence))
    }

    pub fn sync(&self, scale: f32) -> (usize, f32) {
        let spectrum = Spectrum::of(&self.values(), self.width, TILE as f32 * scale);
        let turned = |wave: &Wave| spectrum.get(wave.across, wave.down).direction().times(wave.turn.conjugate());
        let surface = self.surface(None, TILE, turned);
        let n = self.pattern.waves.iter().filter(|w| w.symbol.is_none()).count();
        let (at, v) = surface.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        (at, v / (n as f32 / 2.0).sqrt())
    }

    /// What the waves of a picture say.
    fn look(&self, spectrum: &Spectrum, checked: bool) -> Option<Found> {
        let turned = |wave: &Wave| {
            let got = spectrum.get(wave.across, wave.down).direction();
            got.times(wave.turn.conjugate())
        };
        let mut sync = self.surface(None, TILE, turned);
        let found = (0..BEGINNINGS).filter_map(|_| {
            let (at, likelihood) = highest(&sync)?;
            clear_around(&mut sync, at);
            let (x, y) = (at % TILE, at / TILE);
            self.message_at(likelihood, |wave| {
                let turns = wave.across as i32 * x as i32 + wave.down * y as i32;
                let shift = turns.rem_euclid(TILE as i32) as f32 / TILE as f32;
                turned(wave).times(Complex::turned(shift))
            }, checked)
        });
        found.max_by(|one, other| one.confidence.total_cmp(&other.confidence))
    }

    /// The likeliest message when the tile begins at a place.
    fn message_at(&self, sync: f32, turned: impl Fn(&Wave) -> Complex, checked: bool) -> Option<Found> {
        let best: [[(usize, f32); 2]; SYMBOLS] = std::array::from_fn(|symbol| {
            let mut surface = self.surface(Some(symbol), PLACES, &turned);
            std::array::from_fn(|_| {
                let highest = highest(&surface).unwrap_or((0, 0.0));
                surface[highest.0] = f32::NEG_INFINITY;
                highest
            })
        });
        let choices = (0..if checked {1_usize << SYMBOLS} else {1}).filter_map(|choice| {
            let chosen: [(usize, f32); SYMBOLS] =
                std::array::from_fn(|symbol| best[symbol][choice >> symbol & 1]);
            let message = if checked { self.pattern.message(chosen.map(|(place, _)| place))? } else {0};
            Some((message, chosen.iter().map(|(_, sum)| sum).sum::<f32>()))
        });
        let (message, sum) = choices.max_by(|one, other| one.1.total_cmp(&other.1))?;
        Some(self.judged(message, sync + sum))
    }

    fn judged(&self, message: u32, sum: f32) -> Found {
        let square = f64::from(sum.max(0.0)).powi(2) / (self.pattern.waves.len() as f64 / 2.0);
        let tried = (TILE * TILE * self.scales.len()) as f64 * 2.0_f64.powi(32);
        Found {
            message,
            confidence: square / 2.0 / std::f64::consts::LN_10 - tried.log10(),
            z: square.sqrt(),
        }
    }

    fn surface(&self, symbol: Option<usize>, side: usize, turned: impl Fn(&Wave) -> Complex) -> Vec<f32> {
        let mut spectrum = Spectrum::empty();
        for wave in self.pattern.waves.iter().filter(|wave| wave.symbol == symbol) {
            spectrum.set(wave.across, wave.down, turned(wave));
        }
        spectrum.surface(side)
    }
}

fn highest(surface: &[f32]) -> Option<(usize, f32)> {
    let all = surface.iter().copied().enumerate();
    all.max_by(|one, other| one.1.total_cmp(&other.1))
}

/// Leaves out the places next to one.
fn clear_around(surface: &mut [f32], at: usize) {
    let (x, y) = (at % TILE, at / TILE);
    for down in TILE - 4..=TILE + 4 {
        for right in TILE - 4..=TILE + 4 {
            surface[(y + down) % TILE * TILE + (x + right) % TILE] = f32::NEG_INFINITY;
        }
    }
}
