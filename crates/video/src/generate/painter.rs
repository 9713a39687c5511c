//! Makes a short film out of noise, as a network foretells it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use models::{CHANNELS, Film, FilmBatch, FilmShape, LoadOptions};
use tensor::{Context, Pool};

use super::words::Words;
use crate::chance::Chance;
use crate::pace::Operations;
use crate::settings::Steps;

/// Steps of a network that was trained here, and its guidance, where nothing is said.
pub const USUAL_STEPS: Steps = Steps {
    count: 20,
    guidance: 1.5,
};

/// The file of words beside the weights, a word a line; the first line stands for no caption.
const WORDS: &str = "words.txt";

/// Bytes of that file at most.
const WORDS_BYTES_MAX: u64 = 1 << 20;

/// How much closer steps lie to the noise than to the film: what is where is settled there.
const TOWARDS_NOISE: f32 = 2.0;

/// The words of no caption.
const NO_CAPTION: &[u32] = &[0];

/// How much is seen of a film when guidance by what is said against nothing begins: with less, a network knows nothing where nothing is said, and
/// was not taught to. Source: Kynkäänniemi et al. 2024.
const GUIDED_FROM: f32 = 0.1;

/// Told of each step, from one, and of what the film looks like by then, `[pictures, rows, columns, 3]`; says whether to go on.
pub type Each<'a> = dyn FnMut(u32, &dyn Fn() -> Vec<u8>) -> bool + 'a;

/// A network that makes films, with the words that it knows.
pub struct Painter {
    film: Film,
    words: Words,
    name: String,
    pool: Arc<Pool>,
}

/// Why a network makes no films.
#[derive(Debug, thiserror::Error)]
pub enum Unloadable {
    /// Its weights or its settings cannot be used.
    #[error(transparent)]
    Model(#[from] models::Error),
    /// Its words cannot be read.
    #[error("the words of the model, `{}`, cannot be read: {reason}\nhint: `words.txt` lies beside the weights that were trained with it", path.display())]
    Words {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Painting<'a> {
    /// What is seen; the network knows nothing but words of its own.
    pub caption: &'a str,
    /// What should not be seen.
    pub negative: &'a str,
    /// Chance.
    pub seed: u64,
    /// Steps from noise to film: more are better, and slower.
    pub steps: u32,
    /// How much more weight is on the caption than the network has learnt; one is none.
    pub guidance: f32,
    /// What is there already.
    pub given: Option<Given>,
}

/// Pixels that are there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// A film, of which some pixels count: `[pictures, rows, columns, 3]`.
    pub pixels: Vec<u8>,
    /// Which: `[pictures, rows, columns]`.
    pub mask: Vec<bool>,
}

impl Painter {
    /// Loads the network of a folder.
    ///
    /// # Errors
    /// [`Unloadable`].
    pub fn open(folder: &Path, pool: Arc<Pool>) -> Result<Self, Unloadable> {
        let film = Film::open(folder, LoadOptions::default(), &pool)?;
        let path = folder.join(WORDS);
        let list = read_words(&path, film.shape().words)
            .map_err(|reason| Unloadable::Words { path, reason })?;
        Ok(Self {
            words: Words::new(&list),
            name: name(folder).map_err(|(path, source)| models::Error::Read { path, source })?,
            film,
            pool,
        })
    }

    /// What films say who made them: with the beginning of the weights' sha256, so that others can tell which.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Pictures of a second.
    pub fn frames_per_second(&self) -> u32 {
        self.film.shape().frames_per_second as u32
    }

    /// Pictures, rows and columns of a film.
    pub fn size(&self) -> [usize; 3] {
        self.film.shape().film
    }

    /// Numbers that it has learnt.
    pub fn parameters(&self) -> usize {
        self.film.parameters()
    }

    /// Seconds that a step takes on this machine, about.
    pub fn seconds_of_step(&self, guidance: f32) -> f64 {
        let shape = self.film.shape();
        let [tokens, caption] = [shape.tokens(), shape.caption].map(|count| count as f64);
        let [layers, hidden] = [shape.layers, shape.hidden].map(|count| count as f64);
        // Words go through the layers alone, each of which has some twelve squares of its width.
        let products = 2.0 * tokens * self.film.multiplications() as f64
            + 24.0 * caption * layers * hidden * hidden;
        let looks = 4.0 * layers * hidden * (tokens + caption) * (tokens + caption);
        let passes = if guidance != 1.0 { 2.0 } else { 1.0 };
        let operations = Operations {
            of_pairs: passes * (products + looks),
            of_floats: 0.0,
        };
        operations.seconds(&self.pool)
    }

    /// The words of a caption that it does not know.
    pub fn unknown<'a>(&self, caption: &'a str) -> Vec<&'a str> {
        self.words.read(caption).1
    }

    /// Makes a film, `[pictures, rows, columns, 3]`; the same painting is the same film. `each` is told of every step: its number from
    /// one, and what the film looks like by then; `go_on` is asked within steps. Nothing when either says no.
    pub fn paint(
        &self,
        painting: &Painting<'_>,
        go_on: &dyn Fn() -> bool,
        each: &mut Each<'_>,
    ) -> Option<Vec<u8>> {
        let shape = self.film.shape();
        let cx = Context::new(Arc::clone(&self.pool));
        let caption = self.caption(painting.caption);
        let against = self.caption(painting.negative);
        let told = painting.given.as_ref().map(|given| Told::new(shape, given));
        let mut noisy = noise(painting.seed, shape.patches() * shape.patch_numbers());
        let steps = painting.steps.max(1);
        let moment = |step: u32| {
            let share = step as f32 / steps as f32;
            shape.there(share / (share + TOWARDS_NOISE * (1.0 - share)))
        };
        let mut film = Vec::new();
        for step in 0..steps {
            let (now, next) = (moment(step), moment(step + 1));
            film = self.foretold(
                &cx,
                (&noisy, now),
                ([&caption, &against], painting.guidance),
                told.as_ref(),
                go_on,
            )?;
            let share = (next - now) / (1.0 - now);
            let pairs = noisy.iter_mut().zip(&film);
            pairs.for_each(|(z, x)| *z += share * (x - *z));
            if !each(step + 1, &|| shape.join(&film)) {
                return None;
            }
        }
        Some(shape.join(&film))
    }

    fn caption(&self, caption: &str) -> Vec<u32> {
        let (mut words, _) = self.words.read(caption);
        words.truncate(self.film.shape().caption);
        match words.is_empty() {
            true => NO_CAPTION.to_vec(),
            false => words,
        }
    }

    /// What the film is taken for.
    fn foretold(
        &self,
        cx: &Context,
        (noisy, now): (&[f32], f32),
        ([caption, against], guidance): ([&[u32]; 2], f32),
        told: Option<&Told>,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Vec<f32>> {
        let shape = self.film.shape();
        let is_begun = shape.seen(now) >= GUIDED_FROM || against != NO_CAPTION;
        let is_guided = guidance != 1.0 && caption != against && is_begun;
        let films = 1 + usize::from(is_guided);
        let patches = inputs(shape, noisy, told).repeat(films);
        let captions = [caption, against];
        let batch = FilmBatch {
            patches: &patches,
            captions: &captions[..films],
            times: &[now; 2][..films],
        };
        let made = self.film.forward(cx, &batch, go_on)?;
        let (with, without) = made.values().split_at(noisy.len());
        let mut film = with.to_vec();
        if is_guided {
            for (x, without) in film.iter_mut().zip(without) {
                *x = without + guidance * (*x - without);
            }
        }
        for x in &mut film {
            *x = x.clamp(-1.0, 1.0);
        }
        if let Some(told) = told {
            told.put_into(&mut film);
        }
        Some(film)
    }
}

/// What is given, patch by patch.
struct Told {
    film: Vec<f32>,
    mask: Vec<bool>,
}

impl Told {
    fn new(shape: &FilmShape, given: &Given) -> Self {
        let film = shape.cut(&given.pixels);
        let [_, rows, columns] = shape.film;
        let pixels = shape.patch_numbers() / CHANNELS;
        let places = (0..shape.patches()).flat_map(|patch| {
            (0..pixels).map(move |pixel| {
                let [picture, row, column] = shape.place(patch, pixel);
                (picture * rows + row) * columns + column
            })
        });
        Self {
            film,
            mask: places.map(|place| given.mask[place]).collect(),
        }
    }

    fn put_into(&self, film: &mut [f32]) {
        let pixels = film.chunks_exact_mut(CHANNELS);
        let pixels = pixels.zip(self.film.chunks_exact(CHANNELS)).zip(&self.mask);
        for ((film, told), is_told) in pixels {
            if *is_told {
                film.copy_from_slice(told);
            }
        }
    }
}

/// What goes into the network of each patch: noise, what is given, and where it is.
fn inputs(shape: &FilmShape, noisy: &[f32], told: Option<&Told>) -> Vec<f32> {
    let numbers = shape.patch_numbers();
    let pixels = numbers / CHANNELS;
    let mut out = vec![0.0; shape.patches() * shape.inputs()];
    for (patch, out) in out.chunks_exact_mut(shape.inputs()).enumerate() {
        let here = patch * numbers..(patch + 1) * numbers;
        out[..numbers].copy_from_slice(&noisy[here.clone()]);
        let Some(told) = told else {
            continue;
        };
        let (film, mask) = out[numbers..].split_at_mut(numbers);
        let is_told = &told.mask[patch * pixels..(patch + 1) * pixels];
        let from = told.film[here].chunks_exact(CHANNELS);
        for (((film, mask), from), is_told) in film
            .chunks_exact_mut(CHANNELS)
            .zip(mask)
            .zip(from)
            .zip(is_told)
        {
            if *is_told {
                film.copy_from_slice(from);
                *mask = 1.0;
            }
        }
    }
    out
}

/// Numbers of the normal distribution.
/// Source: Box & Muller 1958.
fn noise(seed: u64, count: usize) -> Vec<f32> {
    const NOISE: u64 = 2;
    let mut chance = Chance::new(seed, NOISE);
    let mut out = Vec::with_capacity(count + 1);
    while out.len() < count {
        let radius = (-2.0 * (1.0 - chance.unit()).ln()).sqrt();
        let (sin, cos) = (std::f32::consts::TAU * chance.unit()).sin_cos();
        out.extend([radius * cos, radius * sin]);
    }
    out.truncate(count);
    out
}

fn name(folder: &Path) -> Result<String, (PathBuf, io::Error)> {
    let path = folder.join("model.safetensors");
    let mut sum = Sha256::new();
    File::open(&path)
        .and_then(|mut file| io::copy(&mut file, &mut sum))
        .map_err(|error| (path, error))?;
    let sum = sum.finalize();
    let hex: String = sum[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("freehold-film-{hex}"))
}

fn read_words(path: &Path, count: usize) -> Result<Vec<String>, String> {
    let bytes = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if bytes.len() > WORDS_BYTES_MAX {
        return Err("it is longer than 1 MiB".to_owned());
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let list: Vec<String> = text.lines().map(str::to_owned).collect();
    match list.len() == count {
        true => Ok(list),
        false => Err(format!(
            "it has {} words, the network knows {count}",
            list.len()
        )),
    }
}
