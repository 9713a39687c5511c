//! A network that makes larger films, out of one that makes smaller ones.

use std::path::Path;

use kernels::Pool;
use models::{CHANNELS, Film, FilmShape, LoadOptions};
use serde_json::json;
use tensor::files::Checkpoint;

use super::{FilmRecipe, FineRecipe, WORDS, by_chance, write_all};
use crate::error::{Error, Result};

/// What a network of small films has between tokens and pixels, and how the same is called where patches add what is finer.
const COARSE: [&str; 4] = ["patch_in", "last_modulation", "norm", "patch_out"];

/// Writes a network to a folder that exists, whose films have `times` as many pictures, rows and columns as those of the network in
/// `before`, and whose patches have grown with them. It makes the same films, only larger: what goes in of a patch is the mean of the pixels that
/// were one, what comes out is repeated.
///
/// # Errors
/// When the files cannot be read or written, or `before` is no network that makes films.
pub(crate) fn grow_film(
    before: &Path,
    times: [usize; 3],
    folder: &Path,
    pool: &Pool,
) -> Result<()> {
    // Whole, and of sizes that fit together: nothing below looks at that again.
    let network = Film::open(before, LoadOptions::default(), pool)?;
    let FilmShape {
        film,
        patch,
        frames_per_second: rate,
        ..
    } = *network.shape();
    let path = before.join("config.json");
    let config = std::fs::read(&path).map_err(Error::file(&path))?;
    let mut config: serde_json::Value = serde_json::from_slice(&config).unwrap_or_default();
    let larger =
        |sizes: [usize; 3]| -> [usize; 3] { std::array::from_fn(|axis| sizes[axis] * times[axis]) };
    config["film_size"] = json!(larger(film));
    config["patch_size"] = json!(larger(patch));
    config["frames_per_second"] = json!(rate * times[0]);
    let old = Pixels::new(patch, times);
    let checkpoint = Checkpoint::open(before).map_err(models::Error::from)?;
    let mut tensors = Vec::new();
    for name in checkpoint.names() {
        let view = checkpoint.view(name).map_err(models::Error::from)?;
        let values = view.to_f32();
        let grown = match name {
            "patch_in.weight" => old.inputs(&values),
            "patch_out.weight" | "fine.skip.weight" => old.outputs(&values, view.shape[1]),
            "patch_out.bias" | "fine.skip.bias" => old.outputs(&values, 1),
            _ => values,
        };
        let mut shape = view.shape.clone();
        match name {
            "patch_in.weight" => shape[1] = grown.len() / shape[0],
            "patch_out.weight" | "fine.skip.weight" => shape[0] = grown.len() / shape[1],
            "patch_out.bias" | "fine.skip.bias" => shape[0] = grown.len(),
            _ => {}
        }
        tensors.push((name.to_owned(), shape, grown));
    }
    let [words, to] = [before, folder].map(|folder| folder.join(WORDS));
    std::fs::copy(&words, to).map_err(Error::file(words))?;
    write_all(folder, &tensors, &config)
}

/// Writes a network to a folder that exists, whose films have `times` as many pictures, rows and columns as those of the network in
/// `before`, each of whose pixels becomes a patch. It makes the same films, only larger, until `fine` layers have learnt what they add to that.
///
/// # Errors
/// When the files cannot be read or written, or `before` is no network that makes films whose tokens are patches of as many pixels as `fine` merges.
pub(crate) fn refine_film(
    before: &Path,
    (times, fine): ([usize; 3], &FineRecipe),
    folder: &Path,
    (seed, pool): (u64, &Pool),
) -> Result<()> {
    let network = Film::open(before, LoadOptions::default(), pool)?;
    let was = *network.shape();
    if was.fine.is_some() || was.patch != fine.merge_size || !fine.residual {
        return Err(Error::Shape {
            reason: format!(
                "`[stage.fine]` with `merge_size = {:?}` and `residual = {}` after patches of {:?}",
                fine.merge_size, fine.residual, was.patch
            ),
            hint: "each pixel of before becomes a patch: `merge_size` is the `patch_size` of `[model]`, which has no `[model.fine]`, and `residual = true`",
        });
    }
    let recipe = FilmRecipe {
        film_size: std::array::from_fn(|axis| was.film[axis] * times[axis]),
        patch_size: times,
        frames_per_second: was.frames_per_second * times[0],
        hidden_size: was.hidden,
        num_hidden_layers: was.layers,
        num_text_layers: was.reading_layers,
        num_attention_heads: was.heads,
        intermediate_size: was.inner,
        max_caption_length: was.caption,
        fine: Some(fine.clone()),
    };
    recipe.shape(was.words).check()?;
    let checkpoint = Checkpoint::open(before).map_err(models::Error::from)?;
    let mut tensors = Vec::new();
    for ((name, shape, spread), number) in recipe.tensors(was.words).into_iter().zip(0..) {
        let part = name.split('.').next().unwrap_or_default();
        let old = match name.strip_prefix("coarse.") {
            Some(old) => Some(old),
            None if COARSE.contains(&part) => None,
            None => Some(name.as_str()),
        };
        let values = match old.filter(|old| checkpoint.contains(old)) {
            Some(old) => checkpoint.view(old).map_err(models::Error::from)?.to_f32(),
            None => by_chance(&shape, spread, (seed, number)),
        };
        tensors.push((name, shape, values));
    }
    let [words, to] = [before, folder].map(|folder| folder.join(WORDS));
    std::fs::copy(&words, to).map_err(Error::file(words))?;
    write_all(folder, &tensors, &recipe.config(was.words))
}

/// Pixels of a larger patch, and which of the smaller one each is a part of.
struct Pixels {
    was: Vec<usize>,
    /// Pixels of the smaller patch.
    count: usize,
}

impl Pixels {
    fn new(patch: [usize; 3], times: [usize; 3]) -> Self {
        let [pictures, rows, columns] = std::array::from_fn(|axis| patch[axis] * times[axis]);
        let mut was = Vec::with_capacity(pictures * rows * columns);
        for picture in 0..pictures {
            for row in 0..rows {
                for column in 0..columns {
                    let at = [picture / times[0], row / times[1], column / times[2]];
                    was.push((at[0] * patch[1] + at[1]) * patch[2] + at[2]);
                }
            }
        }
        Self {
            was,
            count: patch.iter().product(),
        }
    }

    /// Of rows of what goes in (numbers of the film in noise, numbers that are given, whether each pixel is), each the mean of its parts.
    fn inputs(&self, rows: &[f32]) -> Vec<f32> {
        let (film, share) = (
            self.count * CHANNELS,
            self.count as f32 / self.was.len() as f32,
        );
        let rows = rows.chunks_exact(2 * film + self.count);
        let mut out = Vec::new();
        for row in rows {
            for part in row[..2 * film].chunks_exact(film) {
                for was in &self.was {
                    let colours = &part[was * CHANNELS..][..CHANNELS];
                    out.extend(colours.iter().map(|x| x * share));
                }
            }
            out.extend(self.was.iter().map(|was| row[2 * film + was] * share));
        }
        out
    }

    /// Rows of `width` numbers of what comes out, of each pixel the colours, repeated.
    fn outputs(&self, values: &[f32], width: usize) -> Vec<f32> {
        let pixel = CHANNELS * width;
        let all = self.was.iter().map(|was| &values[was * pixel..][..pixel]);
        all.flatten().copied().collect()
    }
}
