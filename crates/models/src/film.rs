//! A network that makes small films from words: a transformer over patches of space and time that foretells the film from a film
//! in noise (rectified flow, in pixels).
//!
//! One stream holds the words of a caption, which a small encoder read first, and the patches. All see all. What is known of how
//! noisy the film is, and of the caption as a whole, scales, shifts and weighs each layer. Some pictures, or parts of pictures, may be
//! given: their pixels and a mask of them go in beside the noise, so that one set of weights begins, ends, goes on with, fills and
//! loops films.
//!
//! Source: Peebles & Xie 2023 (adaptive layer norm that begins at zero); Li & He 2025 (foretelling the picture itself); Lipman et
//! al. 2023 (flow).
//!
//! Shapes: B films, L words of a caption, N patches of a film, T all tokens, C hidden, P numbers of a patch.

use std::borrow::Cow;
use std::path::Path;

use tensor::files::Checkpoint;
use tensor::ops::{
    Angles, add, add_rows, attention, embedding, gated_onto, gather_rows, linear, linears,
    modulate, rms_norm, rope, sigmoid_gate, swiglu, weighted_squares,
};
use tensor::{
    Attention, CacheType, Context, KvPages, PAGE, Parameter, Pool, RopePairs, Sequence, Tensor,
    Weight,
};

use crate::error::Error;
use crate::loader::Loader;
use crate::model::LoadOptions;
use crate::source::read_source;

/// As `config.json` calls it.
pub(crate) const FILM: &str = "freehold_film";

/// Numbers of a pixel: red, green and blue.
pub const CHANNELS: usize = 3;

/// Numbers of the film by which moments of the way are told: see [`FilmShape::seen`].
const NUMBERS: f32 = (8 * 32 * 32 * CHANNELS) as f32;

/// Waves that say how noisy a film is.
const WAVES: usize = 64;

/// Parts of what modulates a layer: shift, scale and gate of attention, and of what follows.
const PARTS: usize = 6;

const EPS: f32 = 1e-5;

/// Sizes of a network that makes films.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilmShape {
    /// Pictures, rows and columns.
    pub film: [usize; 3],
    /// The same of a patch.
    pub patch: [usize; 3],
    /// Pictures of a second.
    pub frames_per_second: usize,
    /// Numbers in a token's row.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Layers that read the caption.
    pub reading_layers: usize,
    /// Heads.
    pub heads: usize,
    /// Numbers between the matrices of the feed-forward part.
    pub inner: usize,
    /// Words that it knows; word 0 is that of no caption.
    pub words: usize,
    /// Words of a caption at most.
    pub caption: usize,
}

/// Films in noise, and what is said of them.
#[derive(Clone, Copy, Debug)]
pub struct FilmBatch<'a> {
    /// What goes in of each patch, `[B, N, inputs]`: see [`FilmShape::inputs`].
    pub patches: &'a [f32],
    /// The caption of each film.
    pub captions: &'a [&'a [u32]],
    /// How much of each film is there, from zero (noise) to one.
    pub times: &'a [f32],
}

/// The network.
pub struct Film {
    shape: FilmShape,
    words: Weight,
    reading: Vec<ReadingLayer>,
    patch_in: Weight,
    places: Weight,
    time: [Weight; 2],
    caption: Weight,
    layers: Vec<Layer>,
    last_modulation: Weight,
    last_norm: Parameter,
    patch_out: Weight,
    parameters: usize,
}

/// A layer that reads captions.
struct ReadingLayer {
    norms: [Parameter; 2],
    block: Block,
}

/// A layer over words and patches.
struct Layer {
    norms: [Parameter; 2],
    /// From what is said of a film to what modulates it.
    modulation: Weight,
    block: Block,
}

/// Attention and what follows it.
struct Block {
    qkv: [Weight; 3],
    head_norms: [Parameter; 2],
    o: Weight,
    gate: Weight,
    up: Weight,
    down: Weight,
}

/// Where sequences lie, for attention within each.
struct Spans {
    tables: Vec<Vec<u32>>,
    lengths: Vec<usize>,
    pages: usize,
}

impl FilmShape {
    /// Patches of a film.
    pub fn patches(&self) -> usize {
        self.grid().iter().product()
    }

    /// Patches along each axis.
    pub fn grid(&self) -> [usize; 3] {
        std::array::from_fn(|axis| self.film[axis] / self.patch[axis])
    }

    /// Numbers of a patch.
    pub fn patch_numbers(&self) -> usize {
        self.patch.iter().product::<usize>() * CHANNELS
    }

    /// Numbers that go in of a patch: of the film in noise, of what is given, and whether each pixel is.
    pub fn inputs(&self) -> usize {
        self.patch_numbers() * 2 + self.patch.iter().product::<usize>()
    }

    /// How much is seen of a film of which so much is there: as much as of one of 24,576 numbers. Where there are more of them, more tell of the
    /// same thing, and their mean has less noise. Source: Esser et al. 2024, section 5.3.
    pub fn seen(&self, there: f32) -> f32 {
        let signal = self.grain() * there;
        signal / (signal + 1.0 - there)
    }

    /// The other way round: of how much is there so much seen?
    pub fn there(&self, seen: f32) -> f32 {
        seen / (seen + self.grain() * (1.0 - seen))
    }

    /// How much finer films are than that one, along a line.
    fn grain(&self) -> f32 {
        ((self.patches() * self.patch_numbers()) as f32 / NUMBERS).sqrt()
    }

    /// Where a pixel of a patch is: picture, row and column.
    pub fn place(&self, patch: usize, pixel: usize) -> [usize; 3] {
        let split = |at: usize, sizes: [usize; 3]| {
            let row = at / sizes[2];
            [row / sizes[1], row % sizes[1], at % sizes[2]]
        };
        let (outer, inner) = (split(patch, self.grid()), split(pixel, self.patch));
        std::array::from_fn(|axis| outer[axis] * self.patch[axis] + inner[axis])
    }

    /// Pixels `[pictures, rows, columns, 3]` as numbers from -1 to 1, patch by patch: `[N, P]`.
    ///
    /// # Panics
    /// When there are not as many.
    pub fn cut(&self, pixels: &[u8]) -> Vec<f32> {
        let mut out = Vec::with_capacity(pixels.len());
        self.each_pixel(|first| {
            let colours = &pixels[first..first + CHANNELS];
            out.extend(colours.iter().map(|x| f32::from(*x) / 127.5 - 1.0));
        });
        assert_eq!(out.len(), pixels.len(), "pixels of one film");
        out
    }

    /// The other way round.
    ///
    /// # Panics
    /// When there are not as many.
    pub fn join(&self, patches: &[f32]) -> Vec<u8> {
        let mut out = vec![0; patches.len()];
        let mut colours = patches.chunks_exact(CHANNELS);
        self.each_pixel(|first| {
            let colours = colours.next().expect("numbers of one film");
            for (out, x) in out[first..first + CHANNELS].iter_mut().zip(colours) {
                *out = ((x + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8;
            }
        });
        out
    }

    /// Calls `each` with where each pixel begins among the numbers of a film, patch by patch.
    fn each_pixel(&self, mut each: impl FnMut(usize)) {
        for patch in 0..self.patches() {
            for pixel in 0..self.patch_numbers() / CHANNELS {
                let [picture, row, column] = self.place(patch, pixel);
                each(((picture * self.film[1] + row) * self.film[2] + column) * CHANNELS);
            }
        }
    }

    /// What contradicts itself.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |flaw: String| Err(Error::Config(flaw));
        let counts = [
            self.frames_per_second,
            self.hidden,
            self.layers,
            self.heads,
            self.inner,
            self.words,
            self.caption,
        ];
        let sizes = self.film.iter().chain(&self.patch).chain(&counts);
        if sizes.clone().any(|size| *size == 0 || *size > 1 << 20) {
            return refuse("a film's network has a size of none, or beyond all bounds".to_owned());
        }
        let pairs = self.film.iter().zip(&self.patch);
        if pairs
            .clone()
            .any(|(film, patch)| !film.is_multiple_of(*patch))
        {
            return refuse(format!(
                "films of {:?} are not cut into patches of {:?}",
                self.film, self.patch
            ));
        }
        let width = self.hidden / self.heads;
        if !self.hidden.is_multiple_of(self.heads) || !width.is_multiple_of(16) {
            return refuse(format!(
                "`{}` numbers in `{}` heads",
                self.hidden, self.heads
            ));
        }
        Ok(())
    }

    fn read(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let three = |key: &str| {
            let numbers = settings.numbers_if(key)?.unwrap_or_default();
            let numbers: Vec<usize> = numbers.into_iter().map(|x| x as usize).collect();
            <[usize; 3]>::try_from(numbers)
                .map_err(|_| Error::Config(format!("setting `{key}` is not three sizes")))
        };
        let shape = Self {
            film: three("film_size")?,
            patch: three("patch_size")?,
            frames_per_second: settings.count("frames_per_second")?,
            hidden: settings.count("hidden_size")?,
            layers: settings.layers()?,
            reading_layers: settings.count_if("num_text_layers")?.unwrap_or(0),
            heads: settings.count("num_attention_heads")?,
            inner: settings.count("intermediate_size")?,
            words: settings.count("vocab_size")?,
            caption: settings.count("max_caption_length")?,
        };
        shape.check()?;
        Ok(shape)
    }
}

impl Film {
    /// Loads the network of a folder: `config.json` and safetensors.
    ///
    /// # Errors
    /// When a file is missing or damaged, or it is another kind of network.
    pub fn open(folder: &Path, options: LoadOptions, pool: &Pool) -> Result<Self, Error> {
        let checkpoint = Checkpoint::open(folder)?;
        let source = read_source(&checkpoint)?;
        if source.architecture != FILM {
            return Err(Error::UnknownArchitecture(source.architecture));
        }
        let loader = Loader::new(&checkpoint, source.settings, source.names, options, pool);
        Self::of_loader(&loader)
    }

    pub(crate) fn of_loader(loader: &Loader<'_>) -> Result<Self, Error> {
        let shape = FilmShape::read(loader)?;
        let hidden = shape.hidden;
        let reading = (0..shape.reading_layers).map(|number| {
            let name = format!("text.layers.{number}");
            Ok(ReadingLayer {
                norms: norms(loader, &name, hidden)?,
                block: Block::load(loader, &name, &shape)?,
            })
        });
        let layers = (0..shape.layers).map(|number| {
            let name = format!("layers.{number}");
            let modulation = format!("{name}.modulation");
            Ok(Layer {
                norms: norms(loader, &name, hidden)?,
                modulation: loader.linear(&modulation, PARTS * hidden, hidden)?,
                block: Block::load(loader, &name, &shape)?,
            })
        });
        let mut film = Self {
            words: loader.weight("text.embed_tokens.weight", shape.words, hidden)?,
            reading: reading.collect::<Result<_, Error>>()?,
            patch_in: loader.linear("patch_in", hidden, shape.inputs())?,
            places: loader.weight("places.embed_tokens.weight", shape.patches(), hidden)?,
            time: [
                loader.linear("time.0", hidden, 2 * WAVES)?,
                loader.linear("time.1", hidden, hidden)?,
            ],
            caption: loader.linear("caption", hidden, hidden)?,
            layers: layers.collect::<Result<_, Error>>()?,
            last_modulation: loader.linear("last_modulation", 2 * hidden, hidden)?,
            last_norm: loader.parameter("norm.weight", &[hidden])?,
            patch_out: loader.linear("patch_out", shape.patch_numbers(), hidden)?,
            parameters: 0,
            shape,
        };
        film.parameters = film.count();
        Ok(film)
    }

    /// Its sizes.
    pub fn shape(&self) -> &FilmShape {
        &self.shape
    }

    /// Numbers that it has learnt.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// What each patch is without the noise, `[B · N, P]`. With `go_on` saying no between two layers it ends early, with nothing.
    ///
    /// # Panics
    /// When the batch does not hold together, or a word is not known.
    pub fn forward(
        &self,
        cx: &Context,
        batch: &FilmBatch<'_>,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Tensor> {
        let (films, patches) = (batch.times.len(), self.shape.patches());
        let inputs = self.shape.inputs();
        assert!(
            batch.captions.len() == films && batch.patches.len() == films * patches * inputs,
            "{films} films"
        );
        let (text, text_spans) = self.read(cx, batch.captions);
        let said = self.said(cx, batch, &text, &text_spans); // [B, C]
        let lengths = text_spans.lengths.iter().map(|words| words + patches);
        let spans = Spans::new(lengths.collect());
        let mut pages = spans.room(&self.shape);
        let (word_rows, patch_rows) = self.rows(&text_spans.lengths);
        let places: Vec<u32> = (0..films).flat_map(|_| 0..patches as u32).collect();
        let x = cx.tensor([films * patches, inputs], &self.as_seen(batch));
        let x = linear(cx, &x, &self.patch_in);
        let x = add(cx, x, &embedding(cx, &self.places, &places));
        let total: usize = spans.lengths.iter().sum();
        let ones = vec![1.0; total];
        let both = cx.zeros([total, self.shape.hidden]);
        let both = add_rows(cx, both, &text, &word_rows, &ones[..word_rows.len()]);
        let mut x = add_rows(cx, both, &x, &patch_rows, &ones[..patch_rows.len()]); // [T, C]
        let angles = self.angles(cx, &text_spans.lengths);
        for layer in &self.layers {
            if !go_on() {
                return None;
            }
            let by = linear(cx, &said, &layer.modulation); // [B, 6 · C]
            let lengths = &spans.lengths;
            let h = rms_norm(cx, &x, &layer.norms[0], EPS);
            let h = modulate(cx, &h, &by, 0, lengths);
            let a = layer.block.attend(cx, &h, &angles, (&spans, &mut pages));
            x = gated_onto(cx, &x, &a, (&by, 2), lengths);
            let h = rms_norm(cx, &x, &layer.norms[1], EPS);
            let h = modulate(cx, &h, &by, 3, lengths);
            let f = layer.block.feed(cx, &h);
            x = gated_onto(cx, &x, &f, (&by, 5), lengths);
        }
        let x = gather_rows(cx, &x, &patch_rows); // [B · N, C]
        let by = linear(cx, &said, &self.last_modulation);
        let x = rms_norm(cx, &x, &self.last_norm, EPS);
        let x = modulate(cx, &x, &by, 0, &vec![patches; films]);
        Some(linear(cx, &x, &self.patch_out))
    }

    /// The sum over patches of `weight · Σ (film − what it is taken for)²`, a single number.
    /// Shapes: `targets` is `[B · N, P]`, `weights` `[B · N]`.
    pub fn loss(
        &self,
        cx: &Context,
        batch: &FilmBatch<'_>,
        (targets, weights): (&[f32], &[f32]),
    ) -> Tensor {
        let made = self.forward(cx, batch, &|| true);
        let made = made.expect("nobody ends it");
        weighted_squares(cx, &made, targets, weights)
    }

    /// The captions, read: `[words of all, C]`.
    fn read(&self, cx: &Context, captions: &[&[u32]]) -> (Tensor, Spans) {
        let words = captions.concat();
        let spans = Spans::new(captions.iter().map(|caption| caption.len()).collect());
        let mut pages = spans.room(&self.shape);
        let width = self.shape.hidden / self.shape.heads;
        let positions = captions.iter().flat_map(|caption| 0..caption.len());
        let turns = positions.flat_map(|position| {
            (0..width / 2).map(move |pair| {
                position as f32 * 100.0_f32.powf(-(pair as f32) / (width as f32 / 2.0))
            })
        });
        let angles = angles(cx, turns.collect(), width / 2);
        let mut x = embedding(cx, &self.words, &words);
        for layer in &self.reading {
            let h = rms_norm(cx, &x, &layer.norms[0], EPS);
            let a = layer.block.attend(cx, &h, &angles, (&spans, &mut pages));
            x = add(cx, a, &x);
            let h = rms_norm(cx, &x, &layer.norms[1], EPS);
            x = add(cx, layer.block.feed(cx, &h), &x);
        }
        (x, spans)
    }

    /// What goes in, with noise that is as strong as that of films of 24,576 numbers, over as many pixels.
    fn as_seen<'a>(&self, batch: &FilmBatch<'a>) -> Cow<'a, [f32]> {
        let (shape, grain) = (&self.shape, self.shape.grain());
        let mut patches = Cow::Borrowed(batch.patches);
        if grain == 1.0 {
            return patches;
        }
        let films = patches.to_mut();
        let films = films.chunks_exact_mut(shape.patches() * shape.inputs());
        for (film, there) in films.zip(batch.times) {
            let by = grain / (grain * there + 1.0 - there);
            for patch in film.chunks_exact_mut(shape.inputs()) {
                let noisy = patch[..shape.patch_numbers()].iter_mut();
                noisy.for_each(|x| *x *= by);
            }
        }
        patches
    }

    /// What is said of each film: how noisy it is, and the mean of its caption; through an activation, `[B, C]`.
    fn said(&self, cx: &Context, batch: &FilmBatch<'_>, text: &Tensor, spans: &Spans) -> Tensor {
        let films = batch.times.len();
        let seen = batch.times.iter().map(|there| self.shape.seen(*there));
        let waves = seen.flat_map(|time| {
            (0..2 * WAVES).map(move |at| {
                let rate = 1000.0_f32.powf(1.0 - (at / 2) as f32 / WAVES as f32);
                let angle = time * rate;
                match at % 2 {
                    0 => angle.sin(),
                    _ => angle.cos(),
                }
            })
        });
        let waves = cx.tensor([films, 2 * WAVES], &waves.collect::<Vec<f32>>());
        let time = linear(cx, &waves, &self.time[0]);
        let time = linear(cx, &sigmoid_gate(cx, &time, &time), &self.time[1]);
        let owners = spans.lengths.iter().enumerate();
        let (rows, shares): (Vec<u32>, Vec<f32>) = owners
            .flat_map(|(film, words)| (0..*words).map(move |_| (film as u32, 1.0 / *words as f32)))
            .unzip();
        let mean = add_rows(
            cx,
            cx.zeros([films, self.shape.hidden]),
            text,
            &rows,
            &shares,
        );
        let said = add(cx, linear(cx, &mean, &self.caption), &time);
        sigmoid_gate(cx, &said, &said)
    }

    /// Where words and patches stand in the stream: the words of a film before its patches.
    fn rows(&self, words: &[usize]) -> (Vec<u32>, Vec<u32>) {
        let patches = self.shape.patches();
        let (mut word_rows, mut patch_rows, mut next) = (Vec::new(), Vec::new(), 0_u32);
        for words in words {
            word_rows.extend(next..next + *words as u32);
            next += *words as u32;
            patch_rows.extend(next..next + patches as u32);
            next += patches as u32;
        }
        (word_rows, patch_rows)
    }

    /// How heads turn: words not at all, patches by when and where they are, a third of a head each.
    fn angles(&self, cx: &Context, words: &[usize]) -> Angles {
        let half = self.shape.hidden / self.shape.heads / 2;
        let grid = self.shape.grid();
        let third = half / 3;
        let pairs = [half - 2 * third, third, third];
        let mut turns = Vec::new();
        for words in words {
            turns.resize(turns.len() + words * half, 0.0);
            for patch in 0..self.shape.patches() {
                let place = [
                    patch / (grid[1] * grid[2]),
                    patch / grid[2] % grid[1],
                    patch % grid[2],
                ];
                for (place, pairs) in place.into_iter().zip(pairs) {
                    turns.extend((0..pairs).map(|pair| {
                        place as f32 * 10.0_f32.powf(-1.5 * pair as f32 / pairs as f32)
                    }));
                }
            }
        }
        angles(cx, turns, half)
    }

    fn count(&self) -> usize {
        let blocks = self.reading.iter().map(|layer| &layer.block);
        let blocks = blocks.chain(self.layers.iter().map(|layer| &layer.block));
        let blocks = blocks.flat_map(|block| {
            let [q, k, v] = &block.qkv;
            [q, k, v, &block.o, &block.gate, &block.up, &block.down]
        });
        let modulations = self.layers.iter().map(|layer| &layer.modulation);
        let others = [
            &self.words,
            &self.patch_in,
            &self.places,
            &self.time[0],
            &self.time[1],
            &self.caption,
            &self.last_modulation,
            &self.patch_out,
        ];
        let all = blocks.chain(modulations).chain(others);
        all.map(|weight| weight.outputs() * weight.inputs()).sum()
    }
}

impl Block {
    fn load(loader: &Loader<'_>, layer: &str, shape: &FilmShape) -> Result<Self, Error> {
        let (hidden, inner) = (shape.hidden, shape.inner);
        let linear = |name: &str, outputs, inputs| {
            loader.linear(&format!("{layer}.{name}"), outputs, inputs)
        };
        let norm = |name: &str| {
            let name = format!("{layer}.{name}.weight");
            loader.parameter(&name, &[hidden / shape.heads])
        };
        Ok(Self {
            qkv: [
                linear("q_proj", hidden, hidden)?,
                linear("k_proj", hidden, hidden)?,
                linear("v_proj", hidden, hidden)?,
            ],
            head_norms: [norm("q_norm")?, norm("k_norm")?],
            o: linear("o_proj", hidden, hidden)?,
            gate: linear("gate_proj", inner, hidden)?,
            up: linear("up_proj", inner, hidden)?,
            down: linear("down_proj", hidden, inner)?,
        })
    }

    /// What tokens see of each other, `[T, C]`.
    fn attend(
        &self,
        cx: &Context,
        h: &Tensor,
        angles: &Angles,
        (spans, pages): (&Spans, &mut KvPages),
    ) -> Tensor {
        let [q, k, v] = &self.qkv;
        let [q, k, v] = linears(cx, h, [q, k, v]);
        let width = self.head_norms[0].values().len();
        let heads = q.width() / width;
        let [q, k] = [(q, 0), (k, 1)].map(|(x, which)| {
            let x = rms_norm(cx, &x, &self.head_norms[which], EPS);
            rope(cx, x, width, angles)
        });
        let layer = Attention {
            heads,
            scale: 1.0 / (width as f32).sqrt(),
            window: None,
            ahead: usize::MAX,
            soft_cap: None,
            sinks: None,
        };
        let a = attention(cx, [&q, &k, &v], pages, &spans.sequences(), &layer);
        linear(cx, &a, &self.o)
    }

    /// What follows attention, `[T, C]`.
    fn feed(&self, cx: &Context, h: &Tensor) -> Tensor {
        let [gate, up] = linears(cx, h, [&self.gate, &self.up]);
        linear(cx, &swiglu(cx, &gate, &up), &self.down)
    }
}

impl Spans {
    fn new(lengths: Vec<usize>) -> Self {
        let mut next = 0;
        let tables = lengths.iter().map(|length| {
            let from = next;
            next += length.div_ceil(PAGE) as u32;
            (from..next).collect()
        });
        Self {
            tables: tables.collect(),
            lengths,
            pages: next as usize,
        }
    }

    /// Room for the keys and values of a layer: the next one writes over them.
    fn room(&self, shape: &FilmShape) -> KvPages {
        let width = shape.hidden / shape.heads;
        KvPages::new(self.pages, shape.heads, width, CacheType::F32)
    }

    fn sequences(&self) -> Vec<Sequence<'_>> {
        let both = self.tables.iter().zip(&self.lengths);
        let sequences = both.map(|(table, tokens)| Sequence {
            table,
            past: 0,
            tokens: *tokens,
        });
        sequences.collect()
    }
}

fn norms(loader: &Loader<'_>, layer: &str, hidden: usize) -> Result<[Parameter; 2], Error> {
    let norm = |name: &str| loader.parameter(&format!("{layer}.{name}.weight"), &[hidden]);
    Ok([norm("norm1")?, norm("norm2")?])
}

/// Cosines and sines of turns `[tokens, half]`.
fn angles(cx: &Context, turns: Vec<f32>, half: usize) -> Angles {
    let shape = [turns.len() / half.max(1), half];
    let cos: Vec<f32> = turns.iter().map(|turn| turn.cos()).collect();
    let sin: Vec<f32> = turns.iter().map(|turn| turn.sin()).collect();
    Angles {
        cos: cx.tensor(shape, &cos),
        sin: cx.tensor(shape, &sin),
        pairs: RopePairs::Halves,
    }
}
