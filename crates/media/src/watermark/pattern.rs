//! Which waves the mark is made of, and how a message moves them.

use super::spectrum::{Complex, Spectrum, WAVE_MAX};

/// Pixels of a side of the tile.
pub(super) const TILE: usize = 256;

/// The lowest wave: turns a tile. Pictures are full of lower ones, and encoders drop higher ones than the highest.
const WAVE_MIN: usize = 5;

/// How many groups of waves carry a symbol each.
pub(super) const SYMBOLS: usize = 5;

/// At how many places across, and down, a group may lie.
pub(super) const PLACES: usize = 32;

/// Bits of a symbol: one of `PLACES` times `PLACES`.
const SYMBOL_BITS: usize = 10;

/// Bits by which a message differs from chance.
const CHECK_BITS: usize = SYMBOLS * SYMBOL_BITS - 32;

/// One of so many waves says where the tile begins.
const SYNC_EVERY: usize = 4;

/// A wave of the pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wave {
    /// Turns across a tile.
    pub(super) across: usize,
    /// Turns down a tile.
    pub(super) down: i32,
    /// Where in its turn it begins.
    pub(super) start: Complex,
    /// Which symbol it carries; none when it says where the tile begins.
    pub(super) symbol: Option<usize>,
}

/// The waves of a key.
pub(super) struct Pattern {
    /// All of them.
    pub(super) waves: Vec<Wave>,
    key: u64,
}

impl Pattern {
    /// All waves from the lowest to the highest, with beginnings and tasks by the chance of `key`.
    pub(super) fn of(key: u64) -> Self {
        let mut chance = Chance(key);
        let highest = WAVE_MAX as i32;
        let mut waves = Vec::new();
        for down in -highest..=highest {
            for across in 0..=WAVE_MAX {
                let square = across.pow(2) + down.unsigned_abs().pow(2) as usize;
                let is_in_band = (WAVE_MIN.pow(2)..=WAVE_MAX.pow(2)).contains(&square);
                // With none across, those that go up are the conjugates of those that go down.
                if is_in_band && (across > 0 || down > 0) {
                    waves.push(Wave {
                        across,
                        down,
                        start: Complex::turned(chance.unit()),
                        symbol: None,
                    });
                }
            }
        }
        for at in (1..waves.len()).rev() {
            waves.swap(at, (chance.number() % (at as u64 + 1)) as usize);
        }
        let sync = waves.len() / SYNC_EVERY;
        for (at, wave) in waves[sync..].iter_mut().enumerate() {
            wave.symbol = Some(at % SYMBOLS);
        }
        Self { waves, key }
    }

    /// The tile of a message: rows from above, root mean square 1.
    pub(super) fn tile(&self, message: u32) -> Vec<f32> {
        let symbols = self.symbols(message);
        let mut spectrum = Spectrum::empty();
        for wave in &self.waves {
            let start = match wave.symbol {
                None => wave.start,
                Some(symbol) => {
                    let (x, y) = (symbols[symbol] % PLACES, symbols[symbol] / PLACES);
                    let steps = wave.across as i32 * x as i32 + wave.down * y as i32;
                    let turns = steps.rem_euclid(PLACES as i32) as f32 / PLACES as f32;
                    wave.start.times(Complex::turned(-turns))
                }
            };
            spectrum.set(wave.across, wave.down, start);
        }
        let height = (self.waves.len() as f32 / 2.0).sqrt();
        let mut tile = spectrum.surface(TILE);
        for value in &mut tile {
            *value /= height;
        }
        tile
    }

    /// Which place each group takes for a message.
    pub(super) fn symbols(&self, message: u32) -> [usize; SYMBOLS] {
        let word = u64::from(message) << CHECK_BITS | self.check(message);
        std::array::from_fn(|symbol| (word >> (symbol * SYMBOL_BITS)) as usize % (PLACES * PLACES))
    }

    /// The message of places; none when the check says that they are of none.
    pub(super) fn message(&self, symbols: [usize; SYMBOLS]) -> Option<u32> {
        let word = symbols
            .iter()
            .rev()
            .fold(0, |word, &place| word << SYMBOL_BITS | place as u64);
        let message = (word >> CHECK_BITS) as u32;
        (word % (1 << CHECK_BITS) == self.check(message)).then_some(message)
    }

    fn check(&self, message: u32) -> u64 {
        Chance(self.key ^ u64::from(message)).number() >> (u64::BITS as usize - CHECK_BITS)
    }
}

/// A stream of chance. Source: Steele, Lea & Flood 2014, SplitMix64.
struct Chance(u64);

impl Chance {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from zero up to one.
    fn unit(&mut self) -> f32 {
        (self.number() >> 40) as f32 / (1_u32 << 24) as f32
    }
}
