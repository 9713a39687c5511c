//! Patches that are seen finely, on both sides of the tokens that they are merged into: what a token says of all its patches is as wide as
//! few of their numbers, so edges are drawn where patches are.
//!
//! Source: Crowson et al. 2024 (hourglass).
//!
//! Shapes: B films, N patches of a film, K patches of a token, F hidden, C hidden of tokens.

use tensor::ops::{Angles, add, linear};
use tensor::{Context, KvPages, Tensor, Weight};

use super::block::{Layer, Spans, angles, turns};
use super::shape::{FilmShape, FineShape};
use crate::error::Error;
use crate::loader::Loader;

/// The layers of patches, and the matrices between them and tokens.
pub(super) struct Fine {
    shape: FineShape,
    before: Vec<Layer>,
    merge: Weight,
    split: Weight,
    after: Vec<Layer>,
}

/// What the patches of films are, on their way through a network.
pub(super) struct Patches {
    spans: Spans,
    pages: KvPages,
    angles: Angles,
}

impl Fine {
    pub fn load(loader: &Loader<'_>, shape: FineShape, hidden: usize) -> Result<Self, Error> {
        let [before, after] = shape.layers;
        let layers = |numbers: std::ops::Range<usize>| -> Result<Vec<Layer>, Error> {
            let all = numbers.map(|number| {
                let name = format!("fine.layers.{number}");
                Layer::load(loader, &name, shape.widths(), hidden)
            });
            all.collect()
        };
        let together = shape.patches() * shape.hidden;
        Ok(Self {
            before: layers(0..before)?,
            merge: loader.linear("fine.merge", hidden, together)?,
            split: loader.linear("fine.split", together, hidden)?,
            after: layers(before..before + after)?,
            shape,
        })
    }

    /// Where the patches of so many films are.
    pub fn patches(&self, cx: &Context, shape: &FilmShape, films: usize) -> Patches {
        let spans = Spans::new(vec![shape.patches(); films]);
        let half = self.shape.hidden / self.shape.heads / 2;
        let one = (0..shape.patches()).flat_map(|patch| turns(half, shape.patch_place(patch)));
        let one: Vec<f32> = one.collect();
        Patches {
            pages: spans.room(self.shape.widths()),
            angles: angles(cx, one.repeat(films), half),
            spans,
        }
    }

    /// Patches `[B · N, F]`, seen finely.
    pub fn before(
        &self,
        cx: &Context,
        (mut x, said): (Tensor, &Tensor),
        at: &mut Patches,
    ) -> Tensor {
        for layer in &self.before {
            x = layer.go(cx, (x, said), &at.angles, (&at.spans, &mut at.pages));
        }
        x
    }

    /// The tokens of patches, `[B · N / K, C]`.
    pub fn merged(&self, cx: &Context, x: &Tensor) -> Tensor {
        let patches = self.shape.patches();
        let together = [x.rows() / patches, patches * self.shape.hidden];
        linear(cx, &x.clone().reshape(together), &self.merge)
    }

    /// Patches with what their tokens say of them, seen finely again, `[B · N, F]`.
    pub fn after(
        &self,
        cx: &Context,
        (x, tokens): (Tensor, &Tensor),
        said: &Tensor,
        at: &mut Patches,
    ) -> Tensor {
        let apart = [x.rows(), self.shape.hidden];
        let split = linear(cx, tokens, &self.split).reshape(apart);
        let mut x = add(cx, split, &x);
        for layer in &self.after {
            x = layer.go(cx, (x, said), &at.angles, (&at.spans, &mut at.pages));
        }
        x
    }

    /// What each patch is multiplied with.
    pub fn of_patches(&self) -> impl Iterator<Item = &Weight> {
        self.before
            .iter()
            .chain(&self.after)
            .flat_map(Layer::weights)
    }

    /// What each token is multiplied with.
    pub fn of_tokens(&self) -> [&Weight; 2] {
        [&self.merge, &self.split]
    }

    /// What each film is multiplied with.
    pub fn of_films(&self) -> impl Iterator<Item = &Weight> {
        let layers = self.before.iter().chain(&self.after);
        layers.map(Layer::modulation)
    }
}
