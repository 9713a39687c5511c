//! Which waves the mark is made of, and how a message moves them.

use super::spectrum::{Complex, Spectrum, WAVE_MAX};

/// Pixels of a side of the tile that is laid out again and again over the picture.
pub(super) const TILE: usize = 256;

/// The lowest wave: turns a tile. Lower ones are in what pictures show.
const WAVE_MIN: usize = 8;

/// Groups of waves that carry a symbol each.
pub(super) const SYMBOLS: usize = 5;

/// Places across, and down, at which a group may lie: ten bits.
pub(super) const PLACES: usize = 32;

/// Bits of a symbol.
const SYMBOL_BITS: usize = 10;

/// Bits by which a message is known from chance.
const CHECK_BITS: usize = SYMBOLS * SYMBOL_BITS - 32;

/// Of twenty waves, so many say where the tile begins; the rest carry symbols.
const SYNC_SHARE: usize = 5;

/// A wave of the pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wave {
    pub(super) across: usize,
    pub(super) down: i32,
    /// Its beginning.
    pub(super) turn: Complex,
    /// Which symbol it carries; none when it says where the tile begins.
    pub(super) symbol: Option<usize>,
}

/// The waves of a key.
pub(super) struct Pattern {
    pub(super) waves: Vec<Wave>,
    key: u64,
}

impl Pattern {
    /// All waves between the lowest and the highest, with beginnings and tasks by the chance of `key`.
    pub(super) fn of(key: u64) -> Self {
        let mut chance = Chance(key);
        let mut waves = Vec::new();
        for down in -(WAVE_MAX as i32)..=WAVE_MAX as i32 {
            for across in 0..=WAVE_MAX {
                let square = across.pow(2) + (down * down) as usize;
                let is_in_band = (WAVE_MIN.pow(2)..=WAVE_MAX.pow(2)).contains(&square);
                if is_in_band && (across > 0 || down > 0) {
                    waves.push(Wave {
                        across,
                        down,
                        turn: Complex::turned(chance.unit()),
                        symbol: None,
                    });
                }
            }
        }
        for at in (1..waves.len()).rev() {
            let other = (chance.next() % (at as u64 + 1)) as usize;
            waves.swap(at, other);
        }
        let sync = waves.len() * SYNC_SHARE / 20;
        for (at, wave) in waves.iter_mut().skip(sync).enumerate() {
            wave.symbol = Some(at % SYMBOLS);
        }
        Self { waves, key }
    }

    /// Which place each group takes for a message.
    pub(super) fn symbols(&self, message: u32) -> [usize; SYMBOLS] {
        let word = u64::from(message) << CHECK_BITS | self.check(message);
        std::array::from_fn(|symbol| {
            (word >> (symbol * SYMBOL_BITS)) as usize % (1 << SYMBOL_BITS)
        })
    }

    /// The message of these places; none when the check says that it is none.
    pub(super) fn message(&self, symbols: [usize; SYMBOLS]) -> Option<u32> {
        let parts = symbols.iter().enumerate();
        let word = parts.fold(0_u64, |word, (symbol, &place)| {
            word | (place as u64) << (symbol * SYMBOL_BITS)
        });
        let message = (word >> CHECK_BITS) as u32;
        (word % (1 << CHECK_BITS) == self.check(message)).then_some(message)
    }

    fn check(&self, message: u32) -> u64 {
        Chance(self.key ^ u64::from(message)).next() >> (64 - CHECK_BITS)
    }

    /// The tile for a message: rows from above, root mean square 1.
    pub(super) fn tile(&self, message: u32) -> Vec<f32> {
        let symbols = self.symbols(message);
        let mut spectrum = Spectrum::empty();
        for wave in &self.waves {
            let shift = wave.symbol.map_or(Complex::turned(0.0), |symbol| {
                let place = symbols[symbol];
                let turns = wave.across * (place % PLACES) + (wave.down.rem_euclid(PLACES as i32) as usize) * (place / PLACES);
                Complex::turned(-((turns % PLACES) as f32) / PLACES as f32)
            });
            spectrum.set(wave.across, wave.down, wave.turn.times(shift));
        }
        let scale = (self.waves.len() as f32 / 2.0).sqrt().recip();
        let mut tile = spectrum.surface(TILE);
        tile.iter_mut().for_each(|value| *value *= scale);
        tile
    }
}

/// A stream of chance. Source: Steele, Lea & Flood 2014, SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from zero up to one.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 24) as f32
    }
}
