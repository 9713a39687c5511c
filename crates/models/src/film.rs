//! A network that makes small films from words: a transformer over patches of space and time that foretells the film from a film
//! in noise (rectified flow, in pixels).
//!
//! One stream holds the words of a caption, which a small encoder read first, and the patches. All see all. What is known of how
//! noisy the film is, and of the caption as a whole, scales, shifts and weighs each layer. Some pictures, or parts of pictures, may be
//! given: their pixels and a mask of them go in beside the noise, so that one set of weights begins, ends, goes on with, fills and
//! loops films.
//!
//! A token is a patch, or several that were seen finely before they were merged, and will be again. Where patches add to what tokens say of their means,
//! the network of tokens is one of smaller films.
//!
//! Source: Peebles & Xie 2023 (adaptive layer norm that begins at zero); Li & He 2025 (foretelling the picture itself); Lipman et
//! al. 2023 (flow).
//!
//! Shapes: B films, L words of a caption, N patches of a film, K of a token, T all tokens, C hidden, P numbers of a patch.

mod block;
mod coarse;
mod fine;
mod shape;

use std::borrow::Cow;
use std::path::Path;

use tensor::files::Checkpoint;
use tensor::ops::{
    Angles, add, add_rows, embedding, gather_rows, linear, modulate, rms_norm, sigmoid_gate,
    weighted_squares,
};
use tensor::{Context, Parameter, Pool, Tensor, Weight};

use crate::error::Error;
use crate::loader::Loader;
use crate::model::LoadOptions;
use crate::source::read_source;
use block::{EPS, Layer, ReadingLayer, Spans, angles, turns};
use coarse::Coarse;
use fine::Fine;
use shape::split;

pub use shape::{CHANNELS, FilmShape, FineShape};

/// As `config.json` calls it.
pub(crate) const FILM: &str = "freehold_film";

/// Waves that say how noisy a film is.
const WAVES: usize = 64;

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
    fine: Option<Fine>,
    coarse: Option<Coarse>,
    last_modulation: Weight,
    last_norm: Parameter,
    patch_out: Weight,
    parameters: usize,
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
            ReadingLayer::load(loader, &format!("text.layers.{number}"), shape.widths())
        });
        let layers = (0..shape.layers)
            .map(|number| Layer::load(loader, &format!("layers.{number}"), shape.widths(), hidden));
        let fine = shape
            .fine
            .map(|fine| Fine::load(loader, fine, (hidden, shape.patch_numbers())));
        let coarse = shape.fine.filter(|fine| fine.is_residual);
        let coarse = coarse.map(|fine| Coarse::load(loader, fine, hidden));
        let width = shape.patch_hidden();
        let mut film = Self {
            words: loader.weight("text.embed_tokens.weight", shape.words, hidden)?,
            reading: reading.collect::<Result<_, Error>>()?,
            patch_in: loader.linear("patch_in", width, shape.inputs())?,
            places: loader.weight("places.embed_tokens.weight", shape.tokens(), hidden)?,
            time: [
                loader.linear("time.0", hidden, 2 * WAVES)?,
                loader.linear("time.1", hidden, hidden)?,
            ],
            caption: loader.linear("caption", hidden, hidden)?,
            layers: layers.collect::<Result<_, Error>>()?,
            fine: fine.transpose()?,
            coarse: coarse.transpose()?,
            last_modulation: loader.linear("last_modulation", 2 * width, hidden)?,
            last_norm: loader.parameter("norm.weight", &[width])?,
            patch_out: loader.linear("patch_out", shape.patch_numbers(), width)?,
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
        let seen = self.as_seen(batch);
        let x = cx.tensor([films * patches, inputs], &seen);
        let x = linear(cx, &x, &self.patch_in); // [B · N, C or F]
        let mut coarse = None;
        let x = match &self.fine {
            None => self.through(cx, &x, (&text, &text_spans), &said, go_on)?,
            Some(fine) => {
                let mut at = fine.patches(cx, &self.shape, films);
                let x = fine.before(cx, (x, &said), &mut at);
                let mut tokens = fine.merged(cx, &x);
                if let Some(means) = &self.coarse {
                    tokens = add(cx, tokens, &means.tokens(cx, &self.shape, &seen));
                }
                let tokens = self.through(cx, &tokens, (&text, &text_spans), &said, go_on)?;
                let means = self.coarse.as_ref();
                coarse = means.map(|means| means.film(cx, &self.shape, &tokens, &said));
                fine.after(cx, (x, &tokens), &said, &mut at)
            }
        };
        let by = linear(cx, &said, &self.last_modulation);
        let x = rms_norm(cx, &x, &self.last_norm, EPS);
        let x = modulate(cx, &x, &by, 0, &vec![patches; films]);
        let x = linear(cx, &x, &self.patch_out);
        let x = match coarse {
            Some(coarse) => add(cx, x, &coarse),
            None => x,
        };
        Some(match &self.fine {
            Some(fine) => fine.beside(cx, x, (&seen, &said)),
            None => x,
        })
    }

    /// Tokens `[B · N / K, C]` after all layers, through which they go with the words.
    fn through(
        &self,
        cx: &Context,
        x: &Tensor,
        (text, text_spans): (&Tensor, &Spans),
        said: &Tensor,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Tensor> {
        let (films, tokens) = (text_spans.lengths.len(), self.shape.tokens());
        let lengths = text_spans.lengths.iter().map(|words| words + tokens);
        let spans = Spans::new(lengths.collect());
        let mut pages = spans.room(self.shape.widths());
        let (word_rows, token_rows) = self.rows(&text_spans.lengths);
        let places: Vec<u32> = (0..films).flat_map(|_| 0..tokens as u32).collect();
        let x = add(cx, embedding(cx, &self.places, &places), x);
        let total: usize = spans.lengths.iter().sum();
        let ones = vec![1.0; total];
        let both = cx.zeros([total, self.shape.hidden]);
        let both = add_rows(cx, both, text, &word_rows, &ones[..word_rows.len()]);
        let mut x = add_rows(cx, both, &x, &token_rows, &ones[..token_rows.len()]); // [T, C]
        let angles = self.angles(cx, &text_spans.lengths);
        for layer in &self.layers {
            if !go_on() {
                return None;
            }
            let lengths = &spans.lengths[..];
            x = layer.go(cx, (x, said, lengths), &angles, (&spans, &mut pages));
        }
        Some(gather_rows(cx, &x, &token_rows))
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
        let mut pages = spans.room(self.shape.widths());
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
            x = layer.go(cx, x, &angles, (&spans, &mut pages));
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

    /// Where words and tokens stand in the stream: the words of a film before its tokens.
    fn rows(&self, words: &[usize]) -> (Vec<u32>, Vec<u32>) {
        let tokens = self.shape.tokens();
        let (mut word_rows, mut token_rows, mut next) = (Vec::new(), Vec::new(), 0_u32);
        for words in words {
            word_rows.extend(next..next + *words as u32);
            next += *words as u32;
            token_rows.extend(next..next + tokens as u32);
            next += tokens as u32;
        }
        (word_rows, token_rows)
    }

    /// How heads turn: words not at all, tokens by when and where they are.
    fn angles(&self, cx: &Context, words: &[usize]) -> Angles {
        let half = self.shape.hidden / self.shape.heads / 2;
        let grid = self.shape.token_grid();
        let mut all = Vec::new();
        for words in words {
            all.resize(all.len() + words * half, 0.0);
            for token in 0..self.shape.tokens() {
                all.extend(turns(half, split(token, grid)));
            }
        }
        angles(cx, all, half)
    }

    fn count(&self) -> usize {
        let reading = self.reading.iter().flat_map(ReadingLayer::weights);
        let layers = self.layers.iter();
        let layers = layers.flat_map(|layer| layer.weights().chain([layer.modulation()]));
        let fine = self.fine.iter();
        let fine = fine.flat_map(|fine| {
            let others = fine.of_films().chain(fine.of_tokens());
            fine.of_patches().chain(others)
        });
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
        let coarse = self.coarse.iter();
        let coarse =
            coarse.flat_map(|coarse| coarse.of_tokens().into_iter().chain([coarse.of_films()]));
        numbers_of(
            reading
                .chain(layers)
                .chain(fine)
                .chain(coarse)
                .chain(others),
        )
    }

    /// Multiplications that a token takes on its way through, with those of its patches; what is multiplied once a film is not counted.
    pub fn multiplications(&self) -> usize {
        let patches = self.shape.patches() / self.shape.tokens();
        let outer = [&self.patch_in, &self.patch_out].into_iter();
        let of_patches = outer.chain(self.fine.iter().flat_map(Fine::of_patches));
        let layers = self.layers.iter().flat_map(Layer::weights);
        let fine = self.fine.iter().flat_map(Fine::of_tokens);
        let coarse = self.coarse.iter().flat_map(Coarse::of_tokens);
        let of_tokens = layers.chain(fine).chain(coarse);
        numbers_of(of_patches) * patches + numbers_of(of_tokens)
    }
}

fn numbers_of<'a>(weights: impl Iterator<Item = &'a Weight>) -> usize {
    weights
        .map(|weight| weight.outputs() * weight.inputs())
        .sum()
}
