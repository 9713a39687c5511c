//! Patches that are seen finely, on both sides of the tokens that they are merged into: what a token says of all its patches is as wide as
//! few of their numbers, so edges are drawn where patches are.
//!
//! They see each other in the whole film, or in windows: those of a token, and in every second layer those of all pictures where four tokens
//! meet, so that no border of a window stays one.
//!
//! Source: Crowson et al. 2024 (hourglass); Liu et al. 2021 (windows that shift).
//!
//! Shapes: B films, N patches of a film, K patches of a token, F hidden, C hidden of tokens, P numbers of a patch.

use tensor::ops::{Angles, add, gated_onto, gather_rows, linear};
use tensor::{Context, KvPages, Tensor, Weight};

use super::block::{Layer, Spans, angles, turns};
use super::shape::{FilmShape, FineShape, split};
use crate::error::Error;
use crate::loader::Loader;

/// The layers of patches, and the matrices between them and tokens.
pub(super) struct Fine {
    shape: FineShape,
    before: Vec<Layer>,
    merge: Weight,
    split: Weight,
    after: Vec<Layer>,
    skip: Option<Weight>,
}

/// What the patches of films are, on their way through a network.
pub(super) struct Patches {
    /// Of each film.
    lengths: Vec<usize>,
    /// Which of them see each other, in one layer after the other.
    views: Vec<View>,
}

/// Which patches see each other in a layer.
struct View {
    /// How patches lie in it, and how they lie out of it again; where none, as they are.
    orders: Option<[Vec<u32>; 2]>,
    spans: Spans,
    pages: KvPages,
    angles: Angles,
}

impl Fine {
    pub fn load(
        loader: &Loader<'_>,
        shape: FineShape,
        (hidden, numbers): (usize, usize),
    ) -> Result<Self, Error> {
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
            skip: match shape.has_skip {
                true => Some(loader.linear("fine.skip", numbers, hidden)?),
                false => None,
            },
            shape,
        })
    }

    /// Where the patches of so many films are.
    pub fn patches(&self, cx: &Context, shape: &FilmShape, films: usize) -> Patches {
        let windows = match self.shape.is_windowed {
            true => vec![token_windows(shape), shifted_windows(shape)],
            false => vec![(None, shape.patches())],
        };
        let half = self.shape.hidden / self.shape.heads / 2;
        let view = |(order, window): (Option<Vec<u32>>, usize)| {
            let patches = shape.patches();
            let at = |slot| order.as_ref().map_or(slot, |order| order[slot] as usize);
            let one = (0..patches).flat_map(|slot| turns(half, shape.patch_place(at(slot))));
            let one: Vec<f32> = one.collect();
            let spans = Spans::new(vec![window; films * patches / window]);
            View {
                orders: order.as_deref().map(|order| both_ways(order, films)),
                pages: spans.room(self.shape.widths()),
                angles: angles(cx, one.repeat(films), half),
                spans,
            }
        };
        Patches {
            lengths: vec![shape.patches(); films],
            views: windows.into_iter().map(view).collect(),
        }
    }

    /// Patches `[B · N, F]`, seen finely.
    pub fn before(&self, cx: &Context, (x, said): (Tensor, &Tensor), at: &mut Patches) -> Tensor {
        at.through(cx, (x, said), self.before.iter().zip(0..))
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
        let own = linear(cx, tokens, &self.split).reshape(apart);
        let layers = self.after.iter().zip(self.before.len()..);
        at.through(cx, (add(cx, own, &x), said), layers)
    }

    /// What patches are, `[B · N, P]`, with what was seen of them besides, as much as is said: where next to nothing is hidden, a row of F numbers does
    /// not have to hold them. Source: Karras et al. 2022 (a skip that goes by the noise).
    pub fn beside(&self, cx: &Context, x: Tensor, (seen, said): (&[f32], &Tensor)) -> Tensor {
        let Some(skip) = &self.skip else { return x };
        let rows = seen.chunks_exact(seen.len() / x.rows());
        let noisy: Vec<f32> = rows.flat_map(|row| &row[..x.width()]).copied().collect();
        let noisy = cx.tensor([x.rows(), x.width()], &noisy);
        let lengths = vec![x.rows() / said.rows(); said.rows()];
        gated_onto(cx, &x, &noisy, (&linear(cx, said, skip), 0), &lengths)
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
        layers.map(Layer::modulation).chain(&self.skip)
    }
}

impl Patches {
    /// Patches `[B · N, F]` after some layers, each with its number.
    fn through<'a>(
        &mut self,
        cx: &Context,
        (mut x, said): (Tensor, &Tensor),
        layers: impl Iterator<Item = (&'a Layer, usize)>,
    ) -> Tensor {
        let count = self.views.len();
        for (layer, number) in layers {
            let view = &mut self.views[number % count];
            if let Some([into, _]) = &view.orders {
                x = gather_rows(cx, &x, into);
            }
            let within = (&view.spans, &mut view.pages);
            x = layer.go(cx, (x, said, &self.lengths), &view.angles, within);
            if let Some([_, out]) = &view.orders {
                x = gather_rows(cx, &x, out);
            }
        }
        x
    }
}

/// The patches of a token, which lie one after the other: in which order all lie, and how many are in a window.
fn token_windows(shape: &FilmShape) -> (Option<Vec<u32>>, usize) {
    (None, shape.patches() / shape.tokens())
}

/// The patches of all pictures around the corners of tokens; what is beyond a rim is on the other side.
fn shifted_windows(shape: &FilmShape) -> (Option<Vec<u32>>, usize) {
    let (grid, [_, rows, columns]) = (shape.grid(), shape.merged());
    let window = [grid[0], rows, columns];
    let windows = [1, grid[1] / rows, grid[2] / columns];
    let mut at = vec![0; shape.patches()];
    for patch in 0..shape.patches() {
        let [picture, row, column] = shape.patch_place(patch);
        at[(picture * grid[1] + row) * grid[2] + column] = patch as u32;
    }
    let size: usize = window.iter().product();
    let order = (0..shape.patches()).map(|slot| {
        let (outer, inner) = (split(slot / size, windows), split(slot % size, window));
        let row = (outer[1] * rows + inner[1] + rows / 2) % grid[1];
        let column = (outer[2] * columns + inner[2] + columns / 2) % grid[2];
        at[(inner[0] * grid[1] + row) * grid[2] + column]
    });
    (Some(order.collect()), size)
}

/// An order of the patches of one film, for so many, and the way back.
fn both_ways(order: &[u32], films: usize) -> [Vec<u32>; 2] {
    let mut back = vec![0; order.len()];
    for (slot, patch) in order.iter().enumerate() {
        back[*patch as usize] = slot as u32;
    }
    let of_all = |one: &[u32]| -> Vec<u32> {
        let films = 0..films as u32;
        let first = films.map(|film| film * one.len() as u32);
        first
            .flat_map(|first| one.iter().map(move |at| first + at))
            .collect()
    };
    [of_all(order), of_all(&back)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::shape::tests::small;

    #[test]
    fn windows_hold_each_patch_once_and_meet_across_the_borders_of_tokens() {
        let small = small();
        let shape = FilmShape {
            film: [4, 16, 8],
            patch: [1, 2, 2],
            fine: small.fine.map(|fine| FineShape {
                merged: [2, 4, 2],
                is_windowed: true,
                ..fine
            }),
            ..small
        };
        shape.check().unwrap();
        assert_eq!(token_windows(&shape), (None, 16));
        let (order, window) = shifted_windows(&shape);
        let order = order.unwrap();
        assert_eq!((window, order.len()), (4 * 4 * 2, shape.patches()));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.iter().zip(0..).all(|(patch, at)| *patch == at));
        // The first window is two rows and one column off, in all pictures.
        let places = order[..window].iter();
        let mut places: Vec<_> = places
            .map(|patch| shape.patch_place(*patch as usize))
            .collect();
        places.sort_unstable();
        assert_eq!((places[0], places[window - 1]), ([0, 2, 1], [3, 5, 2]));
        let [into, out] = both_ways(&order, 2);
        let there: Vec<u32> = out.iter().map(|at| into[*at as usize]).collect();
        assert!(there.iter().zip(0..).all(|(patch, at)| *patch == at));
    }
}
