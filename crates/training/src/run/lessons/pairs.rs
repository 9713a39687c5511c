//! Two answers each, of which one is preferred.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tensor::files::{Dtype, Safetensors, View, write_safetensors};

use super::{
    MEASURE_TOKENS_MAX, Measures, Score, Stepped, nothing_to_learn, reading, shards, shards_of,
};
use crate::deck::Position;
use crate::error::{Error, Result};
use crate::example::Example;
use crate::preference::{Preference, Preferred};
use crate::recipe::Stage;
use crate::run::prepare::Prepared;
use crate::run::{Event, Run, Tell};
use crate::shards::Loader;
use crate::trainer::Trainer;

/// Pairs that are looked at between two looks at whether it shall stop.
const PAIRS_AT_ONCE: usize = 64;

/// The version of the file of references.
const VERSION: &str = "1";

/// Pairs to learn from, and some to measure with.
pub(in crate::run) struct Pairs {
    learnt: Side,
    held_out: Vec<(String, Side)>,
    preference: Preference,
    batch_tokens: usize,
    /// What the references are of.
    words: String,
    stop: Arc<AtomicBool>,
}

/// Pairs, and what the model that the stage began with thinks of each.
struct Side {
    loader: Loader,
    /// Pairs of the loader that are read.
    count: usize,
    reference: Vec<[f64; 2]>,
}

impl Pairs {
    pub fn open(run: &Run, stage: &Stage, prepared: &Prepared) -> Result<Self> {
        let reading = reading(run, stage, prepared, 0.0);
        let side = |shards: &[_]| -> Result<Side> {
            let loader = Loader::open(shards, reading.clone())?;
            Ok(Side {
                count: loader.count(),
                loader,
                reference: Vec::new(),
            })
        };
        let learnt = side(&shards(run, stage, prepared))?;
        match (learnt.count, learnt.loader.left_out()) {
            (0, 0) => return Err(nothing_to_learn(run, stage)),
            (0, left_out) => {
                return Err(Error::Data {
                    path: run.out.join("data"),
                    reason: format!(
                        "all `{left_out}` pairs of stage `{}` are longer than its context",
                        stage.name
                    ),
                    hint: "a larger `context`: pairs are not cut",
                });
            }
            _ => {}
        }
        let mut held_out = Vec::new();
        for name in &stage.validate {
            let mut side = side(&shards_of(prepared, name, 1))?;
            side.count = side.loader.first(MEASURE_TOKENS_MAX)?.len() / 2;
            held_out.push((name.clone(), side));
        }
        Ok(Self {
            learnt,
            held_out,
            preference: stage.prefer.clone().unwrap_or_default(),
            batch_tokens: stage.batch_tokens,
            words: format!("{VERSION} {} {}", prepared.vocabulary, stage.words()),
            stop: Arc::clone(&run.options.stop),
        })
    }

    /// Reads what the model thought before it learnt, or asks it.
    pub fn begin(&mut self, trainer: &mut Trainer, folder: &Path, tell: Tell<'_>) -> Result<()> {
        let left_out = self.learnt.loader.left_out();
        if left_out > 0 {
            tell(Event::Preparing(&format!(
                "pairs ({left_out} are longer than `context`, and left out)"
            )));
        }
        let path = folder.join("reference.safetensors");
        if self.read(&path) {
            return Ok(());
        }
        tell(Event::Preparing("what the model thinks of the pairs"));
        for side in self.sides() {
            side.reference.clear();
        }
        let stop = Arc::clone(&self.stop);
        for side in self.sides() {
            while side.reference.len() < side.count {
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::Stopped { step: 0 });
                }
                let end = side.count.min(side.reference.len() + PAIRS_AT_ONCE);
                let pairs = side.pairs(side.reference.len()..end)?;
                let sums = Preference::reference(trainer, &pairs);
                side.reference.extend(sums);
            }
        }
        self.write(&path)
    }

    fn sides(&mut self) -> impl Iterator<Item = &mut Side> {
        let held_out = self.held_out.iter_mut().map(|(_, side)| side);
        [&mut self.learnt].into_iter().chain(held_out)
    }

    /// Whether the file at `path` is there and of these pairs.
    fn read(&mut self, path: &Path) -> bool {
        let Ok(file) = Safetensors::open(path) else {
            return false;
        };
        if file.metadata().get("pairs") != Some(&self.words) {
            return false;
        }
        for (number, side) in self.sides().enumerate() {
            let Ok(view) = file.view(&format!("reference.{number}")) else {
                return false;
            };
            // The numbers as they are, bit by bit.
            let sums = view.bytes.as_chunks::<8>().0.iter();
            let sums: Vec<f64> = sums.map(|bytes| f64::from_le_bytes(*bytes)).collect();
            if sums.len() != 2 * side.count {
                return false;
            }
            side.reference = sums.as_chunks::<2>().0.to_vec();
        }
        true
    }

    fn write(&mut self, path: &Path) -> Result<()> {
        let metadata = BTreeMap::from([("pairs".to_owned(), self.words.clone())]);
        let arrays = self.sides().enumerate().map(|(number, side)| {
            let sums = side.reference.as_flattened().iter();
            let bytes: Vec<u8> = sums.flat_map(|sum| sum.to_le_bytes()).collect();
            (format!("reference.{number}"), side.count, bytes)
        });
        let arrays: Vec<_> = arrays.collect();
        let views = arrays.iter().map(|(name, count, bytes)| {
            let view = View {
                dtype: Dtype::I64,
                shape: vec![*count, 2],
                bytes,
            };
            (name.as_str(), view)
        });
        let views: Vec<(&str, View<'_>)> = views.collect();
        write_safetensors(path, &views, &metadata)?;
        Ok(())
    }

    /// Tokens that one pass reads.
    pub fn tokens(&self) -> u64 {
        self.learnt.loader.tokens()
    }

    pub fn position(&self) -> Position {
        self.learnt.loader.position()
    }

    pub fn go_to(&mut self, position: Position) {
        self.learnt.loader.go_to(position);
    }

    pub fn step(&mut self, trainer: &mut Trainer, usual: f64) -> Result<Stepped> {
        let (mut pairs, mut reference, mut tokens) = (Vec::new(), Vec::new(), 0);
        while tokens < self.batch_tokens {
            let number = self.learnt.loader.draw();
            let pair = self.learnt.pairs(number..number + 1)?;
            let examples = pair.as_flattened().iter();
            tokens += examples.map(Example::inputs).sum::<usize>();
            pairs.extend(pair);
            reference.push(self.learnt.reference[number]);
        }
        let (measured, preferred) = self.preference.step(trainer, &pairs, &reference, usual)?;
        Ok(Stepped {
            measured,
            measures: measures(&preferred),
        })
    }

    pub fn measure(&self, trainer: &mut Trainer) -> Result<Vec<Score>> {
        let mut scores = Vec::new();
        for (data, side) in &self.held_out {
            let pairs = side.pairs(0..side.count)?;
            let preferred = self.preference.measure(trainer, &pairs, &side.reference);
            scores.push(Score {
                data: data.clone(),
                loss: preferred.loss,
                measures: measures(&preferred),
            });
        }
        Ok(scores)
    }
}

impl Side {
    fn pairs(&self, numbers: std::ops::Range<usize>) -> Result<Vec<[Example; 2]>> {
        let pairs = numbers.map(|number| {
            let pair = self.loader.get(number)?;
            Ok(pair.try_into().expect("a pair is two texts"))
        });
        pairs.collect()
    }
}

fn measures(preferred: &Preferred) -> Measures {
    [
        ("accuracy", preferred.accuracy),
        ("margin", preferred.margin()),
        ("chosen", preferred.chosen),
        ("rejected", preferred.rejected),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
