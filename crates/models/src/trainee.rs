//! A checkpoint whose weights change: the networks that answer are the networks that learn.
//!
//! A network is read from a [`Loader`](crate::loader::Loader), by the names of its weights. Here the loader
//! hands out weights that have a number, by which their gradients are found, and that are packed anew in
//! their own memory when the numbers have changed; the network around them is put together again, which
//! takes microseconds. So no network knows that it learns.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use kernels::Pool;
use tensor::files::{Checkpoint, Dtype, View, write_safetensors};
use tensor::{Parameter, ParameterId, Weight, WeightType};

use crate::error::Error;
use crate::film::{FILM, Film};
use crate::loader::Loader;
use crate::model::{LoadOptions, Model};
use crate::source::{Source, read_source};

/// What of a checkpoint learns, and how it is multiplied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LearnOptions {
    /// Products round weights and what they are multiplied with to bfloat16; the weights themselves are
    /// kept in f32.
    pub is_bf16: bool,
    /// Small matrices beside the large ones learn, and nothing else; everything when none.
    pub adapters: Option<Adapters>,
}

/// Low-rank adapters.
/// Source: Hu et al. 2021.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapters {
    /// Columns of the first matrix and rows of the second.
    pub rank: usize,
    /// What is added is multiplied with `alpha / rank`.
    pub alpha: f32,
    /// Endings of the names of matrices that get them, such as `q_proj`.
    pub targets: Vec<String>,
    /// Where the first numbers come from.
    pub seed: u64,
}

/// A model whose weights change.
pub struct Trainee {
    checkpoint: Checkpoint,
    source: Source,
    options: LearnOptions,
    learning: RefCell<Learning>,
    /// None while weights are written.
    network: Option<Network>,
}

/// What learns.
enum Network {
    /// A network that foretells tokens.
    Text(Model),
    /// A network that makes films.
    Film(Box<Film>),
}

/// The weights that have been asked for so far.
pub(crate) struct Learning {
    options: LearnOptions,
    learners: Vec<Learner>,
    places: BTreeMap<String, usize>,
    frozen: BTreeMap<String, Weight>,
}

/// One array that learns.
pub struct Learner {
    name: String,
    stored: String,
    rows: Range<usize>,
    shape: Vec<usize>,
    values: Vec<f32>,
    /// What is added to a stored number before it is used.
    centre: f32,
    held: Held,
}

/// What the network gets.
enum Held {
    Matrix(Weight),
    Array(Parameter),
}

impl Learner {
    /// As the checkpoint calls it; where several matrices are saved as one, with its rows.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Numbers along each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, the last axis innermost.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Whether it is a matrix that tokens are multiplied with, rather than an embedding, a scale or a bias.
    pub fn is_hidden_matrix(&self) -> bool {
        self.shape.len() == 2
            && !self.stored.ends_with("embed_tokens.weight")
            && !self.stored.ends_with("lm_head.weight")
    }
}

impl Trainee {
    /// The weights of a Hugging Face folder.
    ///
    /// # Errors
    /// As [`Model::load`], and for networks that cannot learn here: without adapters those whose experts are stored in one
    /// array, or that have other numbers than matrices and norms.
    pub fn open(path: &Path, options: LearnOptions, pool: &Pool) -> Result<Self, Error> {
        let checkpoint = Checkpoint::open(path)?;
        let source = read_source(&checkpoint)?;
        const LEARNING: [&str; 12] = [
            FILM,
            "gemma3",
            "gemma3_text",
            "llama",
            "mistral",
            "olmo2",
            "olmo3",
            "phi3",
            "qwen2",
            "qwen3",
            "qwen3_moe",
            "smollm3",
        ];
        // Beside weights that stay as they are, sinks, factors of layers and experts in one array need no gradients.
        const ADAPTING: [&str; 7] = [
            "gemma4",
            "gemma4_text",
            "gpt_oss",
            "qwen3_5",
            "qwen3_5_moe",
            "qwen3_5_moe_text",
            "qwen3_5_text",
        ];
        let architecture = source.architecture.as_str();
        let is_adapting = options.adapters.is_some() && ADAPTING.contains(&architecture);
        let learns = LEARNING.contains(&architecture) || is_adapting;
        if !learns || source.names.are_of_gguf() {
            return Err(Error::Untrainable(source.architecture));
        }
        let learning = Learning {
            options: options.clone(),
            learners: Vec::new(),
            places: BTreeMap::new(),
            frozen: BTreeMap::new(),
        };
        let mut trainee = Self {
            checkpoint,
            source,
            options,
            learning: RefCell::new(learning),
            network: None,
        };
        trainee.put_together(pool)?;
        Ok(trainee)
    }

    /// The network that foretells tokens, with the weights as they are.
    ///
    /// # Panics
    /// When it makes films.
    pub fn model(&self) -> &Model {
        match self.network() {
            Network::Text(model) => model,
            Network::Film(_) => panic!("a network that makes films foretells no tokens"),
        }
    }

    /// The network that makes films, if it is one.
    pub fn film(&self) -> Option<&Film> {
        match self.network() {
            Network::Text(_) => None,
            Network::Film(film) => Some(film),
        }
    }

    fn network(&self) -> &Network {
        let network = self.network.as_ref();
        network.expect("it is away only while weights change")
    }

    /// How many arrays learn. The number of each is its place, as in [`ParameterId`].
    pub fn count(&self) -> usize {
        self.learning.borrow().learners.len()
    }

    /// Calls `look` with each array that learns.
    pub fn each(&self, look: &mut dyn FnMut(ParameterId, &Learner)) {
        for (number, learner) in self.learning.borrow().learners.iter().enumerate() {
            look(ParameterId(number), learner);
        }
    }

    /// Lets `change` write the numbers of each array that learns, then packs them.
    pub fn change(&mut self, pool: &Pool, change: &mut dyn FnMut(ParameterId, &mut [f32])) {
        self.network = None;
        for (number, learner) in self.learning.get_mut().learners.iter_mut().enumerate() {
            change(ParameterId(number), &mut learner.values);
            learner.hold(ParameterId(number), pool);
        }
        self.put_together(pool)
            .expect("it was put together of the same arrays before");
    }

    fn put_together(&mut self, pool: &Pool) -> Result<(), Error> {
        let Source {
            architecture,
            settings,
            names,
        } = &self.source;
        let options = LoadOptions {
            weights: match self.options.is_bf16 {
                true => WeightType::As(Dtype::Bf16),
                false => WeightType::Stored,
            },
            context_length: None,
        };
        let loader = Loader::new(
            &self.checkpoint,
            settings.clone(),
            names.clone(),
            options,
            pool,
        )
        .learning(&self.learning);
        self.network = Some(match architecture.as_str() {
            FILM => Network::Film(Box::new(Film::of_loader(&loader)?)),
            _ => Network::Text(Model::of_loader(architecture.clone(), &loader)?),
        });
        Ok(())
    }

    /// Writes all tensors to one safetensors file at `path`, those that learn with `values` (by number; as
    /// they are when none) and as `dtype`, the others as they were read. Adapters are added to what they stand
    /// beside.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(
        &self,
        path: &Path,
        dtype: Dtype,
        values: Option<&[Vec<f32>]>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let learning = self.learning.borrow();
        let mut tensors = Vec::new();
        for name in self.checkpoint.names() {
            let view = self.checkpoint.view(name)?;
            let numbers = learning.merged(name, &view, values);
            let (dtype, bytes) = match numbers {
                Some(numbers) => (dtype, bytes_of(&numbers, dtype)),
                None => (view.dtype, view.bytes.to_vec()),
            };
            tensors.push((name.to_owned(), dtype, view.shape.clone(), bytes));
        }
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            let view = View {
                dtype: *dtype,
                shape: shape.clone(),
                bytes,
            };
            (name.as_str(), view)
        });
        let views: Vec<(&str, View<'_>)> = views.collect();
        write_safetensors(path, &views, metadata)?;
        Ok(())
    }
}

/// Numbers as a file holds them.
fn bytes_of(numbers: &[f32], dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::Bf16 => numbers
            .iter()
            .flat_map(|x| half::bf16::from_f32(*x).to_le_bytes())
            .collect(),
        _ => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
    }
}

impl Learner {
    /// Hands its numbers on to what the network gets.
    fn hold(&mut self, id: ParameterId, pool: &Pool) {
        match &mut self.held {
            Held::Matrix(weight) => weight.refill(&self.values, pool),
            Held::Array(array) => {
                let values: Vec<f32> = self.values.iter().map(|x| x + self.centre).collect();
                *array = Parameter::new(values, &self.shape[..]).trainable(id);
            }
        }
    }
}

impl Learning {
    /// Whether there are no adapters.
    pub fn is_whole(&self) -> bool {
        self.options.adapters.is_none()
    }

    /// How a matrix is read: whatever learns is kept in f32.
    pub fn read_as(&self, wanted: WeightType) -> WeightType {
        match self.options.adapters {
            None => WeightType::As(Dtype::F32),
            Some(_) => wanted,
        }
    }

    /// Some rows of a matrix; `read` reads them as they are stored.
    pub fn matrix(
        &mut self,
        stored: &str,
        (rows, all): (Range<usize>, usize),
        pool: &Pool,
        read: impl FnOnce() -> Result<Weight, Error>,
    ) -> Result<Weight, Error> {
        let name = part_name(stored, &rows, all);
        let Some(adapters) = self.options.adapters.clone() else {
            if let Some(place) = self.places.get(&name) {
                return Ok(self.weight(*place));
            }
            let weight = read()?;
            let shape = [weight.outputs(), weight.inputs()];
            let mut values = vec![0.0; shape[0] * shape[1]];
            for (row, values) in values.chunks_exact_mut(shape[1].max(1)).enumerate() {
                weight.row(row, values);
            }
            let place = self.add_matrix(&name, stored, rows, (shape, values), pool);
            return Ok(self.weight(place));
        };
        let frozen = match self.frozen.get(&name) {
            Some(frozen) => frozen.clone(),
            None => {
                let frozen = read()?;
                self.frozen.insert(name.clone(), frozen.clone());
                frozen
            }
        };
        let base = stored.strip_suffix(".weight").unwrap_or(stored);
        if !adapters
            .targets
            .iter()
            .any(|target| base.ends_with(target.as_str()))
        {
            return Ok(frozen);
        }
        let (outputs, inputs) = (frozen.outputs(), frozen.inputs());
        let [first, second] = ["lora_A", "lora_B"].map(|kind| format!("{name}.{kind}"));
        let places = match (self.places.get(&first), self.places.get(&second)) {
            (Some(first), Some(second)) => [*first, *second],
            _ => {
                let number = self.learners.len() as u64;
                let numbers = uniform(
                    adapters.seed ^ (number << 32),
                    inputs,
                    adapters.rank * inputs,
                );
                let down = ([adapters.rank, inputs], numbers);
                let up = ([outputs, adapters.rank], vec![0.0; outputs * adapters.rank]);
                let rows = || rows.clone();
                [
                    self.add_matrix(&first, stored, rows(), down, pool),
                    self.add_matrix(&second, stored, rows(), up, pool),
                ]
            }
        };
        let [down, up] = places.map(|place| self.weight(place));
        Ok(frozen.with_adapter(down, up, adapters.alpha / adapters.rank as f32))
    }

    fn add_matrix(
        &mut self,
        name: &str,
        stored: &str,
        rows: Range<usize>,
        (shape, values): ([usize; 2], Vec<f32>),
        pool: &Pool,
    ) -> usize {
        let dtype = match self.options.is_bf16 {
            true => Dtype::Bf16,
            false => Dtype::F32,
        };
        let id = ParameterId(self.learners.len());
        let weight = Weight::rounded(&values, shape, dtype, pool).trainable(id);
        self.add(
            name,
            Learner {
                name: name.to_owned(),
                stored: stored.to_owned(),
                rows,
                shape: shape.to_vec(),
                values,
                centre: 0.0,
                held: Held::Matrix(weight),
            },
        )
    }

    fn add(&mut self, name: &str, learner: Learner) -> usize {
        self.places.insert(name.to_owned(), self.learners.len());
        self.learners.push(learner);
        self.learners.len() - 1
    }

    fn weight(&self, place: usize) -> Weight {
        match &self.learners[place].held {
            Held::Matrix(weight) => weight.clone(),
            Held::Array(_) => unreachable!("matrices and arrays have names of their own"),
        }
    }

    /// Some rows of an array to whose numbers `centre` is added; `read` reads them as they are stored.
    pub fn array(
        &mut self,
        stored: &str,
        (rows, all): (Range<usize>, usize),
        centre: f32,
        read: impl FnOnce() -> Result<Parameter, Error>,
    ) -> Result<Parameter, Error> {
        let name = part_name(stored, &rows, all);
        if let Some(place) = self.places.get(&name) {
            return Ok(match &self.learners[*place].held {
                Held::Array(array) => array.clone(),
                Held::Matrix(_) => unreachable!("matrices and arrays have names of their own"),
            });
        }
        let array = read()?;
        let shape = array.shape().axes().to_vec();
        let centred: Vec<f32> = array.values().iter().map(|x| x + centre).collect();
        let centred = Parameter::new(centred, &shape[..]);
        if self.options.adapters.is_some() {
            return Ok(centred);
        }
        let held = centred.trainable(ParameterId(self.learners.len()));
        self.add(
            &name,
            Learner {
                name: name.clone(),
                stored: stored.to_owned(),
                rows,
                shape,
                values: array.values().to_vec(),
                centre,
                held: Held::Array(held.clone()),
            },
        );
        Ok(held)
    }

    /// The numbers of a stored tensor when any of it has learnt.
    fn merged(
        &self,
        stored: &str,
        view: &View<'_>,
        values: Option<&[Vec<f32>]>,
    ) -> Option<Vec<f32>> {
        let parts: Vec<usize> = (0..self.learners.len())
            .filter(|number| self.learners[*number].stored == stored)
            .collect();
        if parts.is_empty() {
            return None;
        }
        let mut numbers = view.to_f32();
        let width = numbers.len() / view.shape.first().copied().unwrap_or(1).max(1);
        let of = |number: usize| values.map_or(&self.learners[number].values, |all| &all[number]);
        match &self.options.adapters {
            None => {
                for number in parts {
                    let rows = &self.learners[number].rows;
                    numbers[rows.start * width..rows.end * width].copy_from_slice(of(number));
                }
            }
            Some(adapters) => {
                let scale = adapters.alpha / adapters.rank as f32;
                for pair in parts.chunks_exact(2) {
                    let (down, up) = (of(pair[0]), of(pair[1]));
                    let first = self.learners[pair[0]].rows.start;
                    for (row, up) in up.chunks_exact(adapters.rank).enumerate() {
                        let out = &mut numbers[(first + row) * width..][..width];
                        for (up, down) in up.iter().zip(down.chunks_exact(width)) {
                            let pairs = out.iter_mut().zip(down);
                            pairs.for_each(|(out, down)| *out += scale * up * down);
                        }
                    }
                }
            }
        }
        Some(numbers)
    }
}

/// The name of some rows of a stored tensor.
fn part_name(stored: &str, rows: &Range<usize>, all: usize) -> String {
    if *rows == (0..all) {
        return stored.to_owned();
    }
    format!("{stored}[{}..{}]", rows.start, rows.end)
}

/// Numbers between ±1/√inputs, as adapters begin.
/// Source: Steele et al. 2014 (SplitMix64) for the chance.
fn uniform(seed: u64, inputs: usize, count: usize) -> Vec<f32> {
    let bound = 1.0 / (inputs as f32).sqrt();
    let mut state = seed;
    let next = move |_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let unit = (mixed >> 40) as f32 / (1_u32 << 24) as f32;
        (2.0 * unit - 1.0) * bound
    };
    (0..count).map(next).collect()
}
