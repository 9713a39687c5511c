//! Tokens on disk, and the order in which they are read.
//!
//! A shard is a safetensors file: `tokens` `[T]` i32, `said` `[T]` u8, `ends` `[texts]` i64. It is mapped, so that
//! what is not read takes no memory, and read by pieces: whole texts, or parts of long ones.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tensor::files::{Dtype, Safetensors, View, write_safetensors};

use crate::deck::{Deck, Position};
use crate::error::{Error, Result};
use crate::example::Example;
use crate::vocabulary::Encoded;

/// Tokens of a shard.
const SHARD_TOKENS: usize = 16 << 20;

/// Writes texts to shards `NAME-00000.safetensors`, ….
pub struct ShardWriter {
    folder: PathBuf,
    name: String,
    vocabulary: String,
    tokens: Vec<i32>,
    said: Vec<u8>,
    ends: Vec<i64>,
    written: Vec<PathBuf>,
    total: u64,
}

impl ShardWriter {
    /// Shards of the source `name` in `folder`; `vocabulary` is the sum of the vocabulary's file.
    pub fn new(folder: &Path, name: &str, vocabulary: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            vocabulary: vocabulary.to_owned(),
            tokens: Vec::new(),
            said: Vec::new(),
            ends: Vec::new(),
            written: Vec::new(),
            total: 0,
        }
    }

    /// Adds texts that lie in one shard, one after the other.
    ///
    /// # Errors
    /// When a shard is full and cannot be written.
    pub fn add(&mut self, texts: &[Encoded]) -> Result<()> {
        for text in texts {
            self.tokens
                .extend(text.tokens.iter().map(|token| *token as i32));
            self.said
                .extend(text.is_said.iter().map(|is_said| u8::from(*is_said)));
            self.ends.push(self.tokens.len() as i64);
            self.total += text.tokens.len() as u64;
        }
        if self.tokens.len() >= SHARD_TOKENS {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what is left: the shards and how many tokens they hold.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<(Vec<PathBuf>, u64)> {
        if !self.ends.is_empty() {
            self.flush()?;
        }
        Ok((self.written, self.total))
    }

    fn flush(&mut self) -> Result<()> {
        let number = self.written.len();
        let path = self
            .folder
            .join(format!("{}-{number:05}.safetensors", self.name));
        let view = |dtype, count, bytes| View {
            dtype,
            shape: vec![count],
            bytes,
        };
        let count = self.tokens.len();
        let tensors = [
            (
                "tokens",
                view(Dtype::I32, count, bytemuck::cast_slice(&self.tokens)),
            ),
            ("said", view(Dtype::U8, count, &self.said[..])),
            (
                "ends",
                view(
                    Dtype::I64,
                    self.ends.len(),
                    bytemuck::cast_slice(&self.ends),
                ),
            ),
        ];
        let metadata = BTreeMap::from([("vocabulary".to_owned(), self.vocabulary.clone())]);
        write_safetensors(&path, &tensors, &metadata)?;
        self.written.push(path);
        self.tokens.clear();
        self.said.clear();
        self.ends.clear();
        Ok(())
    }
}

/// One shard, mapped.
struct Shard {
    path: PathBuf,
    file: Safetensors,
}

/// Where a piece lies.
#[derive(Clone, Copy)]
struct Piece {
    shard: u32,
    start: u32,
    length: u32,
}

/// How texts are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The sum of the file of the vocabulary that they are to be of.
    pub vocabulary: String,
    /// Tokens that the network has rows for; others are damage.
    pub tokens_below: u32,
    /// Texts of more than `context + 1` tokens are cut; pairs with such a text are left out.
    pub context: usize,
    /// How much it counts to foretell what the model is told, where answers count one.
    pub prompt_weight: f32,
    /// Where the order comes from.
    pub seed: u64,
    /// Whether two texts that follow one another are read together.
    pub are_pairs: bool,
}

/// Reads pieces, or pairs of them, in an order by chance, another one in each pass, the same for the same seed.
pub struct Loader {
    shards: Vec<Shard>,
    pieces: Vec<Piece>,
    tokens: u64,
    deck: Deck,
    left_out: usize,
    reading: Reading,
}

impl Loader {
    /// Opens shards, each with how many times it is read in one pass.
    ///
    /// # Errors
    /// When a shard is damaged, or made with another vocabulary.
    pub fn open(paths: &[(PathBuf, usize)], reading: Reading) -> Result<Self> {
        let mut loader = Self {
            shards: Vec::new(),
            pieces: Vec::new(),
            tokens: 0,
            deck: Deck::new(reading.seed),
            left_out: 0,
            reading,
        };
        for (path, repeat) in paths {
            loader.add(path, *repeat)?;
        }
        Ok(loader)
    }

    fn add(&mut self, path: &Path, repeat: usize) -> Result<()> {
        let damaged = |reason: &str| Error::Data {
            path: path.to_owned(),
            reason: reason.to_owned(),
            hint: "delete the folder of the run's `data`, and it is made anew",
        };
        let file = Safetensors::open(path)?;
        if file.metadata().get("vocabulary").map(String::as_str)
            != Some(self.reading.vocabulary.as_str())
        {
            return Err(damaged("its tokens are of another vocabulary"));
        }
        let [tokens, said, ends] = [
            ("tokens", Dtype::I32),
            ("said", Dtype::U8),
            ("ends", Dtype::I64),
        ]
        .map(|(name, dtype)| file.view(name).ok().filter(|view| view.dtype == dtype));
        let (Some(tokens), Some(said), Some(ends)) = (tokens, said, ends) else {
            return Err(damaged("it is no shard of tokens"));
        };
        let count = tokens.shape.iter().product::<usize>();
        if said.bytes.len() != count || u32::try_from(count).is_err() {
            return Err(damaged("its arrays are of different lengths"));
        }
        let mut texts = Vec::new();
        let mut start = 0;
        for end in ends.bytes.as_chunks::<8>().0 {
            let end = usize::try_from(i64::from_le_bytes(*end)).unwrap_or(usize::MAX);
            if end < start || end > count {
                return Err(damaged("its texts end before they begin"));
            }
            texts.push(start..end);
            start = end;
        }
        match self.reading.are_pairs {
            false => texts.into_iter().for_each(|text| self.cut(text, repeat)),
            true if texts.len().is_multiple_of(2) => {
                texts
                    .chunks_exact(2)
                    .for_each(|pair| self.pair(pair, repeat));
            }
            true => return Err(damaged("a text of it has no other beside it")),
        }
        let path = path.to_owned();
        drop((tokens, said, ends));
        self.shards.push(Shard { path, file });
        Ok(())
    }

    /// Adds the parts of a text. Those of a long one share a token: what is last in one is first in the next.
    fn cut(&mut self, text: Range<usize>, repeat: usize) {
        let mut at = text.start;
        while text.end.saturating_sub(at) >= 2 {
            let length = (text.end - at).min(self.reading.context + 1);
            let piece = self.piece(at..at + length);
            self.pieces.extend(vec![piece; repeat]);
            self.tokens += ((length - 1) * repeat) as u64;
            at += length - 1;
        }
    }

    /// Adds two texts, or neither.
    fn pair(&mut self, texts: &[Range<usize>], repeat: usize) {
        let fits = |text: &Range<usize>| (2..=self.reading.context + 1).contains(&text.len());
        if !texts.iter().all(fits) {
            self.left_out += 1;
            return;
        }
        let pieces = [0, 1].map(|at| self.piece(texts[at].clone()));
        self.pieces.extend(pieces.repeat(repeat));
        let inputs: usize = texts.iter().map(|text| text.len() - 1).sum();
        self.tokens += (inputs * repeat) as u64;
    }

    fn piece(&self, range: Range<usize>) -> Piece {
        Piece {
            shard: self.shards.len() as u32,
            start: range.start as u32,
            length: range.len() as u32,
        }
    }

    /// Pairs that were too long.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// How many pieces there are, or pairs of them.
    pub fn count(&self) -> usize {
        self.pieces.len() / self.together()
    }

    fn together(&self) -> usize {
        1 + usize::from(self.reading.are_pairs)
    }

    /// Tokens that one pass reads.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.deck.position()
    }

    /// Goes on from there.
    pub fn go_to(&mut self, position: Position) {
        self.deck.go_to(position);
    }

    /// Whole pieces of about `tokens` tokens together, at least one.
    ///
    /// # Errors
    /// When a shard holds what no vocabulary has.
    pub fn batch(&mut self, tokens: usize) -> Result<Vec<Example>> {
        let mut batch = Vec::new();
        let mut sum = 0;
        while sum < tokens && !self.pieces.is_empty() {
            let number = self.draw();
            let examples = self.get(number)?;
            sum += examples.iter().map(Example::inputs).sum::<usize>();
            batch.extend(examples);
        }
        Ok(batch)
    }

    /// The number of what comes next, below [`count`](Self::count).
    ///
    /// # Panics
    /// When there is nothing.
    pub fn draw(&mut self) -> usize {
        let count = self.count();
        self.deck.draw(count)
    }

    /// The piece of that number, or both of a pair.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    pub fn get(&self, number: usize) -> Result<Vec<Example>> {
        let together = self.together();
        let pieces = &self.pieces[number * together..][..together];
        pieces.iter().map(|piece| self.read(*piece)).collect()
    }

    /// All pieces in the order in which they lie, at most `tokens` tokens of them: for measuring.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    pub fn first(&self, tokens: usize) -> Result<Vec<Example>> {
        let mut sum = 0;
        let units = self.pieces.chunks_exact(self.together());
        let units = units.take_while(|unit| {
            sum += unit
                .iter()
                .map(|piece| piece.length as usize)
                .sum::<usize>();
            sum <= tokens
        });
        units.flatten().map(|piece| self.read(*piece)).collect()
    }

    fn read(&self, piece: Piece) -> Result<Example> {
        let shard = &self.shards[piece.shard as usize];
        let range = piece.start as usize..(piece.start + piece.length) as usize;
        let (tokens, said) = (shard.file.view("tokens")?, shard.file.view("said")?);
        let tokens = tokens.bytes[range.start * 4..range.end * 4]
            .as_chunks::<4>()
            .0;
        let tokens: Option<Vec<u32>> = tokens
            .iter()
            .map(|bytes| {
                let token = u32::try_from(i32::from_le_bytes(*bytes)).ok();
                token.filter(|token| *token < self.reading.tokens_below)
            })
            .collect();
        let tokens = tokens.ok_or_else(|| Error::Data {
            path: shard.path.clone(),
            reason: "it holds a token that the network has no row for".to_owned(),
            hint: "delete the folder of the run's `data`, and it is made anew",
        })?;
        let said = said.bytes[range].iter().map(|said| *said != 0);
        Ok(Encoded::example(tokens, said, self.reading.prompt_weight))
    }
}
