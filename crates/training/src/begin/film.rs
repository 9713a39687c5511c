//! A network that makes films, its numbers by chance.

use std::path::Path;

use models::{CHANNELS, FilmShape, FineShape};
use serde_json::json;

use super::write;
use crate::error::{Error, Result};

/// The file of words beside the weights, a word a line; what stands in line 0 is the word of no caption.
pub const WORDS: &str = "words.txt";

/// The name of a tensor, its axes, and how widely its numbers are spread.
type Begun = (String, Vec<usize>, Option<f64>);

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
    /// How patches are seen finely, and merged into tokens; where none, each patch is a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine: Option<FineRecipe>,
}

/// The layers that see patches before they are merged into tokens, and after they are split again.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FineRecipe {
    /// Patches of a token along time, rows and columns.
    pub merge_size: [usize; 3],
    /// Numbers in a patch's row.
    pub hidden_size: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// Numbers between the matrices of the feed-forward part.
    pub intermediate_size: usize,
    /// Layers before tokens, and after them.
    pub num_layers: [usize; 2],
    /// Whether patches see those around them only, which is faster where there are many.
    #[serde(default)]
    pub windows: bool,
    /// Whether tokens see the means of their patches besides, and say what these are, to which patches add what is finer.
    #[serde(default)]
    pub residual: bool,
    /// Whether what is seen of patches goes past all layers as well, and counts as much as is learnt for how noisy it is.
    #[serde(default)]
    pub skip: bool,
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
            fine: self.fine.as_ref().map(|fine| FineShape {
                merged: fine.merge_size,
                hidden: fine.hidden_size,
                heads: fine.num_attention_heads,
                inner: fine.intermediate_size,
                layers: fine.num_layers,
                is_windowed: fine.windows,
                is_residual: fine.residual,
                has_skip: fine.skip,
            }),
        }
    }

    pub(super) fn config(&self, words: usize) -> serde_json::Value {
        let mut config = json!({
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
        });
        if let Some(fine) = &self.fine {
            config["fine"] = json!(fine);
        }
        config
    }

    /// Names, shapes and how widely their numbers are spread: nothing for scales of norms, which are one; what modulates begins at
    /// zero, so that each layer leaves what goes in as it is.
    pub(super) fn tensors(&self, words: usize) -> Vec<Begun> {
        let shape = self.shape(words);
        let hidden = shape.hidden;
        let mut tensors = vec![
            matrix("text.embed_tokens", [words, hidden], Some(0.5)),
            matrix("places.embed_tokens", [shape.tokens(), hidden], Some(0.2)),
        ];
        let sizes = [hidden, shape.heads, shape.inner];
        let text = (0..shape.reading_layers).map(|number| (format!("text.layers.{number}"), false));
        let all = text.chain((0..shape.layers).map(|number| (format!("layers.{number}"), true)));
        for (name, is_modulated) in all {
            tensors.extend(layer(&name, sizes, is_modulated.then_some(hidden)));
        }
        let mut width = hidden;
        let mut both = Vec::new();
        if let Some(fine) = shape.fine {
            width = fine.hidden;
            let sizes = [fine.hidden, fine.heads, fine.inner];
            for number in 0..fine.layers.iter().sum() {
                let name = format!("fine.layers.{number}");
                tensors.extend(layer(&name, sizes, Some(hidden)));
            }
            let together = fine.patches() * width;
            let merged = if fine.is_residual {
                Some(0.0)
            } else {
                of(together)
            };
            both.push(("fine.merge", hidden, together, merged));
            both.push(("fine.split", together, hidden, of(hidden)));
            if fine.is_residual {
                let (inputs, numbers) = (
                    fine.patches() * (2 * CHANNELS + 1),
                    fine.patches() * CHANNELS,
                );
                both.push(("coarse.patch_in", hidden, inputs, of(inputs)));
                both.push(("coarse.last_modulation", 2 * hidden, hidden, Some(0.0)));
                both.push(("coarse.patch_out", numbers, hidden, Some(0.0)));
                tensors.push(("coarse.norm.weight".to_owned(), vec![hidden], None));
            }
            if fine.has_skip {
                both.push(("fine.skip", shape.patch_numbers(), hidden, Some(0.0)));
            }
        }
        both.extend([
            ("patch_in", width, shape.inputs(), of(shape.inputs())),
            ("time.0", hidden, 128, of(128)),
            ("time.1", hidden, hidden, of(hidden)),
            ("caption", hidden, hidden, of(hidden)),
            ("last_modulation", 2 * width, hidden, Some(0.0)),
            ("patch_out", shape.patch_numbers(), width, Some(0.0)),
        ]);
        for (name, outputs, inputs, spread) in both {
            tensors.push(matrix(name, [outputs, inputs], spread));
            tensors.push((format!("{name}.bias"), vec![outputs], Some(0.0)));
        }
        tensors.push(("norm.weight".to_owned(), vec![width], None));
        tensors
    }
}

/// The spread of a matrix's numbers that keeps what goes in as large as it is.
fn of(inputs: usize) -> Option<f64> {
    Some((1.0 / inputs as f64).sqrt())
}

fn matrix(name: &str, axes: [usize; 2], spread: Option<f64>) -> Begun {
    (format!("{name}.weight"), axes.to_vec(), spread)
}

/// A layer of so many numbers in a row, heads, and numbers between; modulated by `said` numbers where there are any.
fn layer(name: &str, [hidden, heads, inner]: [usize; 3], said: Option<usize>) -> Vec<Begun> {
    let norm = |norm: &str, width| (format!("{name}.{norm}.weight"), vec![width], None);
    let matrix =
        |part: &str, axes: [usize; 2]| matrix(&format!("{name}.{part}"), axes, of(axes[1]));
    let width = hidden / heads.max(1);
    let mut all = vec![
        norm("norm1", hidden),
        norm("norm2", hidden),
        norm("q_norm", width),
        norm("k_norm", width),
        matrix("q_proj", [hidden, hidden]),
        matrix("k_proj", [hidden, hidden]),
        matrix("v_proj", [hidden, hidden]),
        matrix("o_proj", [hidden, hidden]),
        matrix("gate_proj", [inner, hidden]),
        matrix("up_proj", [inner, hidden]),
        matrix("down_proj", [hidden, inner]),
    ];
    if let Some(said) = said {
        let modulation = |part, axes| (format!("{name}.modulation.{part}"), axes, Some(0.0));
        all.push(modulation("weight", vec![6 * hidden, said]));
        all.push(modulation("bias", vec![6 * hidden]));
    }
    all
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
