//! What tokens see of their patches, and say of them, by themselves: the mean of each, so that a network of small films goes on in one of larger
//! films, whose patches add what is finer.
//!
//! Source: Denton et al. 2015 (what is finer is added to what is coarse).
//!
//! Shapes: B films, N patches of a film, K patches of a token, C hidden of tokens, P numbers of a patch.

use tensor::ops::{gather_rows, linear, modulate, rms_norm};
use tensor::{Context, Parameter, Tensor, Weight};

use super::block::EPS;
use super::shape::{CHANNELS, FilmShape, FineShape};
use crate::error::Error;
use crate::loader::Loader;

/// The matrices between tokens and the means of their patches.
pub(super) struct Coarse {
    patch_in: Weight,
    modulation: Weight,
    norm: Parameter,
    patch_out: Weight,
}

impl Coarse {
    pub fn load(loader: &Loader<'_>, shape: FineShape, hidden: usize) -> Result<Self, Error> {
        let linear =
            |name: &str, outputs, inputs| loader.linear(&format!("coarse.{name}"), outputs, inputs);
        let pixels = shape.patches();
        Ok(Self {
            patch_in: linear("patch_in", hidden, pixels * (2 * CHANNELS + 1))?,
            modulation: linear("last_modulation", 2 * hidden, hidden)?,
            norm: loader.parameter("coarse.norm.weight", &[hidden])?,
            patch_out: linear("patch_out", pixels * CHANNELS, hidden)?,
        })
    }

    /// Tokens `[B · N / K, C]` of what goes in of patches.
    pub fn tokens(&self, cx: &Context, shape: &FilmShape, patches: &[f32]) -> Tensor {
        let means = shape.means(patches);
        let width = self.patch_in.inputs();
        linear(
            cx,
            &cx.tensor([means.len() / width, width], &means),
            &self.patch_in,
        )
    }

    /// What tokens say of their patches: each pixel as its patch in the mean, `[B · N, P]`.
    pub fn film(&self, cx: &Context, shape: &FilmShape, tokens: &Tensor, said: &Tensor) -> Tensor {
        let by = linear(cx, said, &self.modulation);
        let x = rms_norm(cx, tokens, &self.norm, EPS);
        let x = modulate(cx, &x, &by, 0, &vec![shape.tokens(); said.rows()]);
        let colours = linear(cx, &x, &self.patch_out);
        let patches = said.rows() * shape.patches();
        let pixels = shape.patch_numbers() / CHANNELS;
        let rows: Vec<u32> = (0..patches * pixels)
            .map(|at| (at / pixels) as u32)
            .collect();
        let film = gather_rows(cx, &colours.reshape([patches, CHANNELS]), &rows);
        film.reshape([patches, shape.patch_numbers()])
    }

    /// What each token is multiplied with.
    pub fn of_tokens(&self) -> [&Weight; 2] {
        [&self.patch_in, &self.patch_out]
    }

    /// What each film is multiplied with.
    pub fn of_films(&self) -> &Weight {
        &self.modulation
    }
}
