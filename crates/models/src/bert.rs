//! BERT, and Nomic's, which turns queries and keys instead of adding a vector for each position, and gates
//! its feed-forward layers.
//!
//! What deviates from a decoder: tokens see both ways; a token's row is the sum of what it is, where it
//! stands and to which segment it belongs, normed; norms follow what they norm, with the residual added
//! before.
//!
//! Source: Devlin et al. 2018; Nussbaum et al. 2024 (Nomic Embed).
//!
//! Shapes: T tokens of all texts, C hidden, H heads, D numbers in a head, F feed-forward.

use tensor::ops::{
    add, attention, embedding, gelu, layer_norm, linear, linear_onto, linears, rope, swiglu,
};
use tensor::{Attention, CacheType, Context, KvPages, Parameter, Tensor, Weight};

use crate::encoder::{EncoderNetwork, Text, head_dim, sequences, tables};
use crate::error::Error;
use crate::loader::Loader;
use crate::rotary::Rotary;

/// The network.
pub(crate) struct Bert {
    words: Weight,
    /// None where heads turn.
    positions: Option<Weight>,
    rotary: Option<Rotary>,
    segments: Option<Weight>,
    norm: Norm,
    layers: Vec<Layer>,
    head: Option<Head>,
    heads: usize,
    head_dim: usize,
    eps: f32,
}

struct Norm {
    scales: Parameter,
    shifts: Parameter,
}

struct Layer {
    qkv: [Weight; 3],
    o: Weight,
    attention_norm: Norm,
    /// None where nothing is gated.
    gate: Option<Weight>,
    up: Weight,
    down: Weight,
    mlp_norm: Norm,
}

/// Scores a text by its first token.
struct Head {
    pooler: Weight,
    classifier: Weight,
}

impl EncoderNetwork for Bert {
    fn states(&self, cx: &Context, texts: &[Text<'_>]) -> Tensor {
        let norm =
            |x: &Tensor, norm: &Norm| layer_norm(cx, x, &norm.scales, Some(&norm.shifts), self.eps);
        let (tables, count) = tables(texts);
        let sequences = sequences(texts, &tables);
        let mut pages = KvPages::new(count, self.heads, self.head_dim, CacheType::F32);
        let all = Attention {
            heads: self.heads,
            scale: 1.0 / (self.head_dim as f32).sqrt(),
            window: None,
            ahead: usize::MAX,
            soft_cap: None,
            sinks: None,
        };
        let positions: Vec<u32> = texts
            .iter()
            .flat_map(|text| 0..text.tokens.len() as u32)
            .collect();
        let places = positions.iter().map(|position| *position as usize);
        let angles = self.rotary.as_ref().map(|rotary| rotary.angles(cx, places));
        let mut x = norm(&self.embedded(cx, texts, &positions), &self.norm); // [T, C]
        for (number, layer) in self.layers.iter().enumerate() {
            let [q, k, v] = &layer.qkv;
            let [mut q, mut k, v] = linears(cx, &x, [q, k, v]); // [T, H·D] thrice
            if let Some(angles) = &angles {
                q = rope(cx, q, self.head_dim, angles);
                k = rope(cx, k, self.head_dim, angles);
            }
            let a = attention(cx, [&q, &k, &v], &mut pages, &sequences, &all); // [T, H·D]
            x = norm(&linear_onto(cx, x, &a, &layer.o), &layer.attention_norm); // [T, C]
            let inner = match &layer.gate {
                Some(gate) => {
                    let [gate, up] = linears(cx, &x, [gate, &layer.up]); // [T, F] twice
                    swiglu(cx, &gate, &up)
                }
                None => gelu(cx, linear(cx, &x, &layer.up)), // [T, F]
            };
            x = norm(&linear_onto(cx, x, &inner, &layer.down), &layer.mlp_norm); // [T, C]
            cx.layer_done(number, &x);
        }
        x
    }

    fn score(&self, cx: &Context, states: &Tensor) -> Option<Tensor> {
        let head = self.head.as_ref()?;
        let pooled = linear(cx, &states.slice(0..1), &head.pooler); // [1, C]
        let pooled: Vec<f32> = pooled.values().iter().map(|x| x.tanh()).collect();
        let pooled = cx.tensor([1, pooled.len()], &pooled);
        Some(linear(cx, &pooled, &head.classifier)) // [1, labels]
    }
}

impl Bert {
    /// What each token is, where it stands and to which segment it belongs: `[T, C]`.
    fn embedded(&self, cx: &Context, texts: &[Text<'_>], positions: &[u32]) -> Tensor {
        let tokens: Vec<u32> = texts.iter().flat_map(|text| text.tokens).copied().collect();
        let mut x = embedding(cx, &self.words, &tokens); // [T, C]
        if let Some(weights) = &self.positions {
            x = add(cx, x, &embedding(cx, weights, positions));
        }
        if let Some(weights) = &self.segments {
            let segments = texts.iter().flat_map(|text| {
                (0..text.tokens.len()).map(|at| text.segments.map_or(0, |segments| segments[at]))
            });
            x = add(
                cx,
                x,
                &embedding(cx, weights, &segments.collect::<Vec<_>>()),
            );
        }
        x
    }

    /// Reads the network from a checkpoint. A head for scores gives `labels` of them.
    pub fn load(loader: &Loader<'_>, architecture: &str, labels: usize) -> Result<Self, Error> {
        if architecture == "nomic_bert" {
            return Self::load_nomic(loader);
        }
        let settings = &loader.settings;
        let hidden = settings.count("hidden_size")?;
        let heads = settings.count("num_attention_heads")?;
        let inner = settings.count("intermediate_size")?;
        let eps = settings.number("layer_norm_eps")? as f32;
        let kind = settings
            .word_if("position_embedding_type")?
            .unwrap_or("absolute");
        let act = settings.word_if("hidden_act")?.unwrap_or("gelu");
        if (kind, act) != ("absolute", "gelu") {
            let flaw = format!("BERT with positions `{kind}` and activation `{act}` is not known");
            return Err(Error::Config(flaw));
        }
        let rows = |name: &str, rows| {
            loader.weight(&format!("model.embeddings.{name}.weight"), rows, hidden)
        };
        let layers = (0..settings.layers()?).map(|number| {
            let name = |part: &str| format!("model.encoder.layer.{number}.{part}");
            let square = |part: &str| loader.linear(&name(part), hidden, hidden);
            Ok(Layer {
                qkv: [
                    square("attention.self.query")?,
                    square("attention.self.key")?,
                    square("attention.self.value")?,
                ],
                o: square("attention.output.dense")?,
                attention_norm: Norm::load(loader, &name("attention.output.LayerNorm"), hidden)?,
                gate: None,
                up: loader.linear(&name("intermediate.dense"), inner, hidden)?,
                down: loader.linear(&name("output.dense"), hidden, inner)?,
                mlp_norm: Norm::load(loader, &name("output.LayerNorm"), hidden)?,
            })
        });
        Ok(Self {
            words: rows("word_embeddings", settings.count("vocab_size")?)?,
            positions: Some(rows(
                "position_embeddings",
                settings.count("max_position_embeddings")?,
            )?),
            rotary: None,
            segments: Some(rows(
                "token_type_embeddings",
                settings.count("type_vocab_size")?,
            )?),
            norm: Norm::load(loader, "model.embeddings.LayerNorm", hidden)?,
            layers: layers.collect::<Result<_, Error>>()?,
            head: match loader.has("classifier.weight") {
                true => Some(Head {
                    pooler: loader.linear("model.pooler.dense", hidden, hidden)?,
                    classifier: loader.linear("classifier", labels, hidden)?,
                }),
                false => None,
            },
            heads,
            head_dim: head_dim(hidden, heads)?,
            eps,
        })
    }

    /// Nomic's settings are called as GPT-2's.
    fn load_nomic(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let (hidden, inner) = (settings.count("n_embd")?, settings.count("n_inner")?);
        let heads = settings.count("n_head")?;
        let act = settings.word_if("activation_function")?.unwrap_or("swiglu");
        if act != "swiglu" || settings.is_on("prenorm")? || settings.is_on("use_rms_norm")? {
            let flaw = format!("Nomic-BERT with activation `{act}` or other norms is not known");
            return Err(Error::Config(flaw));
        }
        let layers = (0..settings.count("n_layer")?).map(|number| {
            let name = |part: &str| format!("model.encoder.layers.{number}.{part}");
            let fused = |part: usize| {
                let rows = part * hidden..(part + 1) * hidden;
                loader.linear_rows(&name("attn.Wqkv"), (rows, 3 * hidden), hidden)
            };
            Ok(Layer {
                qkv: [fused(0)?, fused(1)?, fused(2)?],
                o: loader.linear(&name("attn.out_proj"), hidden, hidden)?,
                attention_norm: Norm::load(loader, &name("norm1"), hidden)?,
                gate: Some(loader.linear(&name("mlp.fc12"), inner, hidden)?),
                up: loader.linear(&name("mlp.fc11"), inner, hidden)?,
                down: loader.linear(&name("mlp.fc2"), hidden, inner)?,
                mlp_norm: Norm::load(loader, &name("norm2"), hidden)?,
            })
        });
        let rows = |name: &str, rows| {
            loader.weight(&format!("model.embeddings.{name}.weight"), rows, hidden)
        };
        let segments = settings.count_if("type_vocab_size")?.unwrap_or(0);
        let mut rope = settings.clone();
        rope.rename("rotary_emb_base", "rope_theta");
        rope.rename("rotary_emb_fraction", "partial_rotary_factor");
        let head_dim = head_dim(hidden, heads)?;
        Ok(Self {
            words: rows("word_embeddings", settings.count("vocab_size")?)?,
            positions: None,
            rotary: Some(loader.rotary_of(&rope, head_dim)?),
            segments: match segments {
                0 => None,
                count => Some(rows("token_type_embeddings", count)?),
            },
            norm: Norm::load(loader, "model.emb_ln", hidden)?,
            layers: layers.collect::<Result<_, Error>>()?,
            head: None,
            heads,
            head_dim,
            eps: settings.number("layer_norm_epsilon")? as f32,
        })
    }
}

impl Norm {
    fn load(loader: &Loader<'_>, name: &str, hidden: usize) -> Result<Self, Error> {
        let part = |part: &str| loader.parameter(&format!("{name}.{part}"), &[hidden]);
        Ok(Self {
            scales: part("weight")?,
            shifts: part("bias")?,
        })
    }
}
