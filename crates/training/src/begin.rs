//! The checkpoint that a training begins with: a network of a given shape, its numbers by chance.

mod film;
mod grow;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use tensor::files::{Dtype, View, write_safetensors};

use crate::chance::Chance;
use crate::error::{Error, Result};

pub use film::{FilmRecipe, FineRecipe, WORDS, begin_film};
pub(crate) use grow::{grow_film, refine_film};

/// A network of Llama's kind.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Numbers in a token's row.
    pub hidden_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads of queries.
    pub num_attention_heads: usize,
    /// Heads of keys and values; as many as of queries when none.
    #[serde(default)]
    pub num_key_value_heads: Option<usize>,
    /// Numbers between the matrices of the feed-forward part.
    pub intermediate_size: usize,
    /// Tokens that it is made for.
    pub max_position_embeddings: usize,
    /// The base of the turning angles.
    #[serde(default = "rope_theta")]
    pub rope_theta: f64,
    /// Whether the embedding serves as head.
    #[serde(default = "yes")]
    pub tie_word_embeddings: bool,
    /// What is added inside the root of norms.
    #[serde(default = "rms_norm_eps")]
    pub rms_norm_eps: f64,
}

fn rope_theta() -> f64 {
    10_000.0
}

fn yes() -> bool {
    true
}

fn rms_norm_eps() -> f64 {
    1e-5
}

impl Shape {
    fn check(&self, vocab: usize) -> Result<()> {
        let refuse = |reason: String, hint| Err(Error::Shape { reason, hint });
        let kv_heads = self.kv_heads();
        let counts = [
            self.hidden_size,
            self.num_hidden_layers,
            self.num_attention_heads,
            kv_heads,
            self.intermediate_size,
            self.max_position_embeddings,
            vocab,
        ];
        if counts.contains(&0) {
            return refuse(
                "one of its sizes is `0`".to_owned(),
                "every size is one or more",
            );
        }
        let (hidden, heads) = (self.hidden_size, self.num_attention_heads);
        if !hidden.is_multiple_of(heads) || !(hidden / heads).is_multiple_of(16) {
            let reason = format!("`hidden_size = {hidden}` in `{heads}` heads");
            return refuse(reason, "a head has 16, 32, 48, … numbers: `64` is usual");
        }
        if !heads.is_multiple_of(kv_heads) {
            let reason = format!("`{heads}` heads share `{kv_heads}` of keys and values");
            return refuse(reason, "the first is a multiple of the second");
        }
        Ok(())
    }

    fn kv_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    /// Numbers that are learnt, with a vocabulary of so many tokens.
    pub fn parameters(&self, vocab: usize) -> usize {
        let tensors = self.tensors(vocab);
        tensors
            .iter()
            .map(|(_, shape, _)| shape.iter().product::<usize>())
            .sum()
    }

    /// The settings as `config.json` has them.
    pub fn config(&self, vocab: usize) -> serde_json::Value {
        json!({
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "attention_bias": false,
            "attention_dropout": 0.0,
            "bos_token_id": null,
            "eos_token_id": null,
            "head_dim": self.hidden_size / self.num_attention_heads,
            "hidden_act": "silu",
            "hidden_size": self.hidden_size,
            "initializer_range": 0.02,
            "intermediate_size": self.intermediate_size,
            "max_position_embeddings": self.max_position_embeddings,
            "mlp_bias": false,
            "num_attention_heads": self.num_attention_heads,
            "num_hidden_layers": self.num_hidden_layers,
            "num_key_value_heads": self.kv_heads(),
            "rms_norm_eps": self.rms_norm_eps,
            "rope_theta": self.rope_theta,
            "tie_word_embeddings": self.tie_word_embeddings,
            "torch_dtype": "float32",
            "use_cache": true,
            "vocab_size": vocab,
        })
    }

    /// Names, shapes and how widely their numbers are spread; nothing for scales of norms, which are one.
    fn tensors(&self, vocab: usize) -> Vec<(String, Vec<usize>, Option<f64>)> {
        let (hidden, inner) = (self.hidden_size, self.intermediate_size);
        let keys = hidden / self.num_attention_heads * self.kv_heads();
        // Source: Nguyen & Salazar 2019 for the spread, Radford et al. 2019 for the share of what is
        // added to the stream.
        let spread = (2.0 / (5.0 * hidden as f64)).sqrt();
        let onto = spread / (2.0 * self.num_hidden_layers as f64).sqrt();
        let mut tensors = vec![(
            "model.embed_tokens.weight".to_owned(),
            vec![vocab, hidden],
            Some(spread),
        )];
        for layer in 0..self.num_hidden_layers {
            let mut add = |name: &str, shape: &[usize], spread: Option<f64>| {
                let name = format!("model.layers.{layer}.{name}.weight");
                tensors.push((name, shape.to_vec(), spread));
            };
            add("input_layernorm", &[hidden], None);
            add("self_attn.q_proj", &[hidden, hidden], Some(spread));
            add("self_attn.k_proj", &[keys, hidden], Some(spread));
            add("self_attn.v_proj", &[keys, hidden], Some(spread));
            add("self_attn.o_proj", &[hidden, hidden], Some(onto));
            add("post_attention_layernorm", &[hidden], None);
            add("mlp.gate_proj", &[inner, hidden], Some(spread));
            add("mlp.up_proj", &[inner, hidden], Some(spread));
            add("mlp.down_proj", &[hidden, inner], Some(onto));
        }
        tensors.push(("model.norm.weight".to_owned(), vec![hidden], None));
        if !self.tie_word_embeddings {
            tensors.push((
                "lm_head.weight".to_owned(),
                vec![vocab, hidden],
                Some(spread),
            ));
        }
        tensors
    }
}

/// Writes a network of that shape, for a vocabulary of so many tokens, to a folder that exists: `config.json`
/// and `model.safetensors`. The same seed gives the same numbers.
///
/// # Errors
/// When the shape contradicts itself or the folder cannot be written.
pub fn begin(folder: &Path, shape: &Shape, vocab: usize, seed: u64) -> Result<()> {
    shape.check(vocab)?;
    write(folder, shape.tensors(vocab), &shape.config(vocab), seed)
}

/// Writes tensors of these names and shapes, whose numbers are spread as widely by chance (ones where nothing is said), and what
/// `config.json` says.
fn write(
    folder: &Path,
    tensors: Vec<(String, Vec<usize>, Option<f64>)>,
    config: &serde_json::Value,
    seed: u64,
) -> Result<()> {
    let tensors = tensors.into_iter().zip(0..);
    let made: Vec<_> = tensors
        .map(|((name, shape, spread), number)| {
            let values = by_chance(&shape, spread, (seed, number));
            (name, shape, values)
        })
        .collect();
    write_all(folder, &made, config)
}

/// Numbers of a tensor of that shape, spread as widely by the chance of a seed and the tensor's number; ones where nothing is said.
fn by_chance(shape: &[usize], spread: Option<f64>, (seed, number): (u64, u64)) -> Vec<f32> {
    let mut chance = Chance::new(seed, number);
    let count = shape.iter().product();
    match spread {
        None => vec![1.0; count],
        Some(spread) => (0..count)
            .map(|_| (chance.normal() * spread) as f32)
            .collect(),
    }
}

/// Writes tensors, by name and shape, and then what `config.json` says: a folder that has it is whole.
fn write_all(
    folder: &Path,
    tensors: &[(String, Vec<usize>, Vec<f32>)],
    config: &serde_json::Value,
) -> Result<()> {
    let views = tensors.iter().map(|(name, shape, values)| {
        let view = View {
            dtype: Dtype::F32,
            shape: shape.clone(),
            bytes: bytemuck::cast_slice(values),
        };
        (name.as_str(), view)
    });
    let views: Vec<(&str, View<'_>)> = views.collect();
    let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    write_safetensors(folder.join("model.safetensors"), &views, &metadata)?;
    let config = serde_json::to_string_pretty(config).expect("settings are plain");
    let path = folder.join("config.json");
    std::fs::write(&path, config + "\n").map_err(Error::file(path))
}
