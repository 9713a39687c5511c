//! Films to learn from: drawn, cut into patches, and put into noise.
//!
//! Source: Lipman et al. 2023 for the straight way from noise to film; Esser et al. 2024 for how often each moment of it is seen.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use kernels::Pool;
use models::{CHANNELS, FilmShape};

use crate::chance::Chance;

/// How little may be unseen of a film before its loss counts no more.
const NEAR: f32 = 0.5;

/// The middle and the spread of how much is seen of what is learnt from, before the logistic function, of the first films and of later ones:
/// what is said counts where a thing can hardly be made out in the noise yet, and edges where it can.
const MOMENTS: [(f64, f64); 2] = [(-1.6, 0.9), (-0.4, 1.2)];

/// How often next to nothing is seen of a film, of the first and of later ones: what it shows is known from what is said alone there, and learnt
/// from nothing else. Where nothing is said either, there is nothing to learn.
const BEGINNINGS: [f64; 2] = [0.5, 0.25];

/// How much is seen there at most.
const BEGUN: f64 = 0.03;

/// The first films end, and the later ones begin, at these numbers: words are learnt before edges. Where films will grow, later stages learn these, and
/// all films are first ones.
const WORDS_FIRST: [u64; 2] = [30_000, 100_000];

/// The golden section, by whose multiples the moments of films one after the other lie evenly, so that each batch has seen all.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// How often nothing is said of a film, so that it can be made with more weight on what is said.
/// Source: Ho & Salimans 2022.
const UNSAID: f64 = 0.1;

/// How much is seen of such a film: with less, all that is learnt of it is chance.
const UNSAID_SEEN: [f64; 2] = [0.1, 1.0];

/// A film and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Red, green and blue, `[pictures, rows, columns, 3]`.
    pub pixels: Vec<u8>,
    /// The words of its caption, by their numbers.
    pub words: Vec<u32>,
}

/// Draws the film of a number, as large, long and fast as a network's are: the same number is the same film.
pub type Draw = dyn Fn(u64, &FilmShape) -> Clip + Send + Sync;

/// Where films come from.
#[derive(Clone)]
pub struct FilmSource {
    /// The words that captions have; word 0 stands for no caption.
    pub words: Vec<String>,
    /// Draws them.
    pub draw: Arc<Draw>,
}

impl fmt::Debug for FilmSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilmSource")
            .field("words", &self.words.len())
            .finish_non_exhaustive()
    }
}

/// How films are drawn: of these sizes, with this seed, and whether later stages have larger ones.
pub(crate) type Drawn<'a> = (&'a FilmShape, u64, bool);

/// A film in noise, as a network sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct FilmExample {
    /// `[patches, inputs]`.
    pub patches: Vec<f32>,
    /// The film itself, `[patches, numbers]`.
    pub film: Vec<f32>,
    /// The words of its caption.
    pub words: Vec<u32>,
    /// How much of it is there.
    pub time: f32,
    /// What a square counts.
    pub weight: f32,
}

impl FilmExample {
    /// Becomes the film of that number, with noise and with parts that are given, by chance.
    fn become_film(
        &mut self,
        source: &FilmSource,
        (shape, seed, will_grow): Drawn<'_>,
        number: u64,
    ) {
        let mut chance = Chance::new(seed, number);
        let clip = (source.draw)(number, shape);
        let given = Given::by_chance(shape, &mut chance);
        let is_unsaid = chance.unit() < UNSAID || clip.words.is_empty();
        let first = if will_grow { 0 } else { number };
        let moment = moment((number, first), shape, is_unsaid);
        self.words = match is_unsaid {
            true => vec![0],
            false => clip.words[..clip.words.len().min(shape.caption)].to_vec(),
        };
        self.film = shape.cut(&clip.pixels);
        self.hide(shape, (moment, given), chance);
    }

    /// Puts the film into noise, so that so much of it is there.
    fn hide(&mut self, shape: &FilmShape, (time, given): (f32, Given), chance: Chance) {
        let (numbers, inputs) = (shape.patch_numbers(), shape.inputs());
        self.time = time;
        let unseen = (1.0 - shape.seen(time)).max(NEAR);
        self.weight = 1.0 / (unseen.powi(2) * self.film.len() as f32);
        self.patches.clear();
        self.patches.resize(shape.patches() * inputs, 0.0);
        let mut noise = Noise::new(chance);
        for (patch, out) in self.patches.chunks_exact_mut(inputs).enumerate() {
            let film = &self.film[patch * numbers..(patch + 1) * numbers];
            let (noisy, rest) = out.split_at_mut(numbers);
            let (told, mask) = rest.split_at_mut(numbers);
            for (noisy, x) in noisy.iter_mut().zip(film) {
                *noisy = time * x + (1.0 - time) * noise.next();
            }
            for (pixel, mask) in mask.iter_mut().enumerate() {
                if given.has(shape.place(patch, pixel)) {
                    *mask = 1.0;
                    let here = pixel * CHANNELS..(pixel + 1) * CHANNELS;
                    told[here.clone()].copy_from_slice(&film[here]);
                }
            }
        }
    }
}

/// How much of the film of that number is there, after so many before it. How much is seen of it is next to nothing, or of the logistic
/// distribution, through the logistic function.
fn moment((number, before): (u64, u64), shape: &FilmShape, is_unsaid: bool) -> f32 {
    let [first, later] = WORDS_FIRST;
    let late = before.saturating_sub(first) as f64 / (later - first) as f64;
    let between = |[from, to]: [f64; 2]| from + (to - from) * late.min(1.0);
    let share = (number as f64 * GOLDEN).fract();
    let beginnings = match is_unsaid {
        true => 0.0,
        false => between(BEGINNINGS),
    };
    if share < beginnings {
        return shape.there((BEGUN * share / beginnings) as f32);
    }
    let share = ((share - beginnings) / (1.0 - beginnings)).clamp(1e-4, 1.0 - 1e-4);
    if is_unsaid {
        let [from, to] = UNSAID_SEEN;
        return shape.there((from + (to - from) * share) as f32);
    }
    let [middle, spread] = [
        MOMENTS.map(|(middle, _)| middle),
        MOMENTS.map(|(_, spread)| spread),
    ]
    .map(between);
    let at = middle + spread * (share / (1.0 - share)).ln();
    shape.there((1.0 / (1.0 + (-at).exp())) as f32)
}

/// Has `examples` become films of these numbers, drawn by all threads, in the memory of those that they were.
pub(crate) fn draw_examples(
    examples: &mut Vec<FilmExample>,
    source: &FilmSource,
    drawn: Drawn<'_>,
    numbers: Range<u64>,
    pool: &Pool,
) {
    let count = (numbers.end - numbers.start) as usize;
    examples.resize_with(count, FilmExample::default);
    pool.each_chunk(examples, 1, &|at, made| {
        made[0].become_film(source, drawn, numbers.start + at as u64);
    });
}

/// What of a film is given.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Given {
    Nothing,
    /// Pictures before the first number, and from the second on.
    Ends([usize; 2]),
    /// All but a box: its first row and the one after its last, and the same of columns.
    AllBut([[usize; 2]; 2]),
}

impl Given {
    fn by_chance(shape: &FilmShape, chance: &mut Chance) -> Self {
        let [pictures, rows, columns] = shape.film;
        let last = pictures - 1;
        let side = |chance: &mut Chance, all: usize| {
            let first = chance.below(all.div_ceil(2));
            let length = (all / 4 + chance.below(all.div_ceil(2))).max(1);
            [first, (first + length).min(all)]
        };
        match chance.unit() {
            ..0.70 => Self::Nothing,
            ..0.80 => Self::Ends([1, pictures]),
            ..0.86 => Self::Ends([1, last]),
            ..0.95 => Self::Ends([1 + chance.below((pictures / 2).max(1)), pictures]),
            _ => Self::AllBut([side(chance, rows), side(chance, columns)]),
        }
    }

    fn has(self, [picture, row, column]: [usize; 3]) -> bool {
        match self {
            Self::Nothing => false,
            Self::Ends([first, from]) => picture < first || picture >= from,
            Self::AllBut([rows, columns]) => {
                let is_within = |[first, end]: [usize; 2], at| (first..end).contains(&at);
                !(is_within(rows, row) && is_within(columns, column))
            }
        }
    }
}

/// Numbers of the normal distribution, fast enough for each pixel of many films.
/// Source: Box & Muller 1958, of whose two numbers both are used.
struct Noise {
    chance: Chance,
    other: Option<f32>,
}

impl Noise {
    fn new(chance: Chance) -> Self {
        Self {
            chance,
            other: None,
        }
    }

    fn next(&mut self) -> f32 {
        if let Some(other) = self.other.take() {
            return other;
        }
        let [a, b] = self.chance.two_units();
        let radius = (-2.0 * (1.0 - a).ln()).sqrt();
        let (sin, cos) = (std::f32::consts::TAU * b).sin_cos();
        self.other = Some(radius * sin);
        radius * cos
    }
}
