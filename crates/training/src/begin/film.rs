//! A network that makes films, its numbers by chance.

use std::path::Path;

use models::FilmShape;
use serde_json::json;

use super::write;
use crate::error::{Error, Result};

/// The file of words beside the weights, a word a line; what stands in line 0 is the word of no caption.
pub const WORDS: &str = "words.txt";

/// A network that makes films of one size.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilmRecipe {
    /// Pictures, rows and columns.
    pub film_size: [usize; 3],
    /// The same of a patch.
    pub patch_size: [usize; 3],
    /// Pictures of a second.
    pub frames_per_second: usize,
    /// Numbers in a token's row.
    pub hidden_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Layers that read the caption.
    pub num_text_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// Numbers between the matrices of the feed-forward part.
    pub intermediate_size: usize,
    /// Words of a caption at most.
    pub max_caption_length: usize,
}

impl FilmRecipe {
    /// Its sizes, with a vocabulary of so many words.
    pub fn shape(&self, words: usize) -> FilmShape {
        FilmShape {
            film: self.film_size,
            patch: self.patch_size,
            frames_per_second: self.frames_per_second,
            hidden: self.hidden_size,
            layers: self.num_hidden_layers,
            reading_layers: self.num_text_layers,
            heads: self.num_attention_heads,
            inner: self.intermediate_size,
            words,
            caption: self.max_caption_length,
        }
    }

    fn config(&self, words: usize) -> serde_json::Value {
        json!({
            "model_type": "freehold_film",
            "film_size": self.film_size,
            "patch_size": self.patch_size,
            "frames_per_second": self.frames_per_second,
            "hidden_size": self.hidden_size,
            "num_hidden_layers": self.num_hidden_layers,
            "num_text_layers": self.num_text_layers,
            "num_attention_heads": self.num_attention_heads,
            "intermediate_size": self.intermediate_size,
            "max_caption_length": self.max_caption_length,
            "vocab_size": words,
        })
    }

    /// Names, shapes and how widely their numbers are spread: nothing for scales of norms, which are one; what modulates begins at
    /// zero, so that each layer leaves what goes in as it is.
    fn tensors(&self, words: usize) -> Vec<(String, Vec<usize>, Option<f64>)> {
        let shape = self.shape(words);
        let (hidden, inner) = (shape.hidden, shape.inner);
        let of = |inputs: usize| Some((1.0 / inputs as f64).sqrt());
        let mut tensors: Vec<(String, Vec<usize>, Option<f64>)> = Vec::new();
        let mut add = |name: String, axes: &[usize], spread: Option<f64>| {
            tensors.push((name, axes.to_vec(), spread));
        };
        let matrix = |name: &str| format!("{name}.weight");
        add(matrix("text.embed_tokens"), &[words, hidden], Some(0.5));
        let places = [shape.patches(), hidden];
        add(matrix("places.embed_tokens"), &places, Some(0.2));
        let text = (0..shape.reading_layers).map(|number| (format!("text.layers.{number}"), false));
        let all = text.chain((0..shape.layers).map(|number| (format!("layers.{number}"), true)));
        for (layer, is_modulated) in all.collect::<Vec<_>>() {
            for norm in ["norm1", "norm2"] {
                add(format!("{layer}.{norm}.weight"), &[hidden], None);
            }
            for norm in ["q_norm", "k_norm"] {
                let width = hidden / shape.heads.max(1);
                add(format!("{layer}.{norm}.weight"), &[width], None);
            }
            for square in ["q_proj", "k_proj", "v_proj", "o_proj"] {
                add(
                    format!("{layer}.{square}.weight"),
                    &[hidden, hidden],
                    of(hidden),
                );
            }
            for wide in ["gate_proj", "up_proj"] {
                add(
                    format!("{layer}.{wide}.weight"),
                    &[inner, hidden],
                    of(hidden),
                );
            }
            add(
                format!("{layer}.down_proj.weight"),
                &[hidden, inner],
                of(inner),
            );
            if is_modulated {
                add(
                    format!("{layer}.modulation.weight"),
                    &[6 * hidden, hidden],
                    Some(0.0),
                );
                add(format!("{layer}.modulation.bias"), &[6 * hidden], Some(0.0));
            }
        }
        let both = [
            ("patch_in", hidden, shape.inputs(), of(shape.inputs())),
            ("time.0", hidden, 128, of(128)),
            ("time.1", hidden, hidden, of(hidden)),
            ("caption", hidden, hidden, of(hidden)),
            ("last_modulation", 2 * hidden, hidden, Some(0.0)),
            ("patch_out", shape.patch_numbers(), hidden, Some(0.0)),
        ];
        for (name, outputs, inputs, spread) in both {
            add(matrix(name), &[outputs, inputs], spread);
            add(format!("{name}.bias"), &[outputs], Some(0.0));
        }
        add(matrix("norm"), &[hidden], None);
        tensors
    }
}

/// Writes a network of that shape for these words to a folder that exists: `config.json`, `model.safetensors` and [`WORDS`]. The same
/// seed gives the same numbers.
///
/// # Errors
/// When the shape contradicts itself or the folder cannot be written.
pub fn begin_film(folder: &Path, recipe: &FilmRecipe, words: &[String], seed: u64) -> Result<()> {
    recipe.shape(words.len()).check()?;
    let tensors = recipe.tensors(words.len());
    write(folder, tensors, &recipe.config(words.len()), seed)?;
    let path = folder.join(WORDS);
    std::fs::write(&path, words.join("\n") + "\n").map_err(Error::file(path))
}
