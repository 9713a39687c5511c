//! Layers: attention and what follows it, alone or modulated by what is said of a film.

use tensor::ops::{
    Angles, add, attention, gated_onto, linear, linears, modulate, rms_norm, rope, swiglu,
};
use tensor::{
    Attention, CacheType, Context, KvPages, PAGE, Parameter, RopePairs, Sequence, Tensor, Weight,
};

use super::shape::Widths;
use crate::error::Error;
use crate::loader::Loader;

/// Parts of what modulates a layer: shift, scale and gate of attention, and of what follows.
const PARTS: usize = 6;

pub(super) const EPS: f32 = 1e-5;

/// A layer that reads captions.
pub(super) struct ReadingLayer {
    norms: [Parameter; 2],
    block: Block,
}

/// A layer that what is said of a film modulates.
pub(super) struct Layer {
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
pub(super) struct Spans {
    tables: Vec<Vec<u32>>,
    pub lengths: Vec<usize>,
    pages: usize,
}

impl ReadingLayer {
    pub fn load(loader: &Loader<'_>, name: &str, widths: Widths) -> Result<Self, Error> {
        Ok(Self {
            norms: norms(loader, name, widths.hidden)?,
            block: Block::load(loader, name, widths)?,
        })
    }

    pub fn go(
        &self,
        cx: &Context,
        x: Tensor,
        angles: &Angles,
        within: (&Spans, &mut KvPages),
    ) -> Tensor {
        let h = rms_norm(cx, &x, &self.norms[0], EPS);
        let a = self.block.attend(cx, &h, angles, within);
        let x = add(cx, a, &x);
        let h = rms_norm(cx, &x, &self.norms[1], EPS);
        add(cx, self.block.feed(cx, &h), &x)
    }

    pub fn weights(&self) -> impl Iterator<Item = &Weight> {
        self.block.weights().into_iter()
    }
}

impl Layer {
    /// The layer of that name, with `said` numbers of what is said of a film.
    pub fn load(
        loader: &Loader<'_>,
        name: &str,
        widths: Widths,
        said: usize,
    ) -> Result<Self, Error> {
        let modulation = format!("{name}.modulation");
        Ok(Self {
            norms: norms(loader, name, widths.hidden)?,
            modulation: loader.linear(&modulation, PARTS * widths.hidden, said)?,
            block: Block::load(loader, name, widths)?,
        })
    }

    /// Shapes: `x` is `[T, C]`, `said` `[B, S]`; `lengths` are the rows of each film.
    pub fn go(
        &self,
        cx: &Context,
        (x, said, lengths): (Tensor, &Tensor, &[usize]),
        angles: &Angles,
        (spans, pages): (&Spans, &mut KvPages),
    ) -> Tensor {
        let by = linear(cx, said, &self.modulation); // [B, 6 · C]
        let h = rms_norm(cx, &x, &self.norms[0], EPS);
        let h = modulate(cx, &h, &by, 0, lengths);
        let a = self.block.attend(cx, &h, angles, (spans, pages));
        let x = gated_onto(cx, &x, &a, (&by, 2), lengths);
        let h = rms_norm(cx, &x, &self.norms[1], EPS);
        let h = modulate(cx, &h, &by, 3, lengths);
        let f = self.block.feed(cx, &h);
        gated_onto(cx, &x, &f, (&by, 5), lengths)
    }

    /// What each row is multiplied with.
    pub fn weights(&self) -> impl Iterator<Item = &Weight> {
        self.block.weights().into_iter()
    }

    pub fn modulation(&self) -> &Weight {
        &self.modulation
    }
}

impl Block {
    fn load(loader: &Loader<'_>, layer: &str, widths: Widths) -> Result<Self, Error> {
        let (hidden, inner) = (widths.hidden, widths.inner);
        let linear = |name: &str, outputs, inputs| {
            loader.linear(&format!("{layer}.{name}"), outputs, inputs)
        };
        let norm = |name: &str| {
            let name = format!("{layer}.{name}.weight");
            loader.parameter(&name, &[hidden / widths.heads])
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

    fn weights(&self) -> [&Weight; 7] {
        let [q, k, v] = &self.qkv;
        [q, k, v, &self.o, &self.gate, &self.up, &self.down]
    }

    /// What follows attention, `[T, C]`.
    fn feed(&self, cx: &Context, h: &Tensor) -> Tensor {
        let [gate, up] = linears(cx, h, [&self.gate, &self.up]);
        linear(cx, &swiglu(cx, &gate, &up), &self.down)
    }
}

impl Spans {
    pub fn new(lengths: Vec<usize>) -> Self {
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
    pub fn room(&self, widths: Widths) -> KvPages {
        let width = widths.hidden / widths.heads;
        KvPages::to_be_filled(self.pages, widths.heads, width, CacheType::F32)
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

/// How heads turn by when and where something is: a third of a head each.
pub(super) fn turns(half: usize, place: [usize; 3]) -> impl Iterator<Item = f32> {
    let third = half / 3;
    let pairs = [half - 2 * third, third, third];
    place.into_iter().zip(pairs).flat_map(|(place, pairs)| {
        (0..pairs).map(move |pair| place as f32 * 10.0_f32.powf(-1.5 * pair as f32 / pairs as f32))
    })
}

/// Cosines and sines of turns `[tokens, half]`.
pub(super) fn angles(cx: &Context, turns: Vec<f32>, half: usize) -> Angles {
    let shape = [turns.len() / half.max(1), half];
    let cos: Vec<f32> = turns.iter().map(|turn| turn.cos()).collect();
    let sin: Vec<f32> = turns.iter().map(|turn| turn.sin()).collect();
    Angles {
        cos: cx.tensor(shape, &cos),
        sin: cx.tensor(shape, &sin),
        pairs: RopePairs::Halves,
    }
}
