//! Models of real shapes with numbers by chance: speed does not depend on what weights say.

use std::path::Path;

use anyhow::Result;
use tensor::files::{Dtype, GgufWriter, TensorInfo, Value};

/// The shape of a network.
pub struct Shape {
    /// As files and tables name it.
    pub name: &'static str,
    architecture: &'static str,
    layers: usize,
    hidden: usize,
    inner: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    vocab: usize,
    /// Experts, those that a token sees, and the width of each.
    experts: Option<(usize, usize, usize)>,
}

/// The shapes that are measured. Embeddings serve as heads in all.
pub const SHAPES: [Shape; 3] = [
    Shape {
        name: "qwen3-0.6b",
        architecture: "qwen3",
        layers: 28,
        hidden: 1024,
        inner: 3072,
        heads: 16,
        kv_heads: 8,
        head_dim: 128,
        vocab: 151_936,
        experts: None,
    },
    Shape {
        name: "llama-3.2-1b",
        architecture: "llama",
        layers: 16,
        hidden: 2048,
        inner: 8192,
        heads: 32,
        kv_heads: 8,
        head_dim: 64,
        vocab: 128_256,
        experts: None,
    },
    Shape {
        name: "moe-16x4",
        architecture: "qwen3moe",
        layers: 16,
        hidden: 1024,
        inner: 3072,
        heads: 16,
        kv_heads: 4,
        head_dim: 64,
        vocab: 32_000,
        experts: Some((16, 4, 768)),
    },
];

/// The formats that are measured, as llama.cpp names them.
pub const FORMATS: [&str; 4] = ["BF16", "Q8_0", "Q4_0", "Q4_K_M"];

/// Writes a model of that shape and format to `path`.
pub fn write(path: &Path, shape: &Shape, format: &str) -> Result<()> {
    let tensors = shape.tensors(format);
    let metadata = shape.metadata();
    let metadata: Vec<(&str, &Value)> = metadata
        .iter()
        .map(|(key, value)| (&**key, value))
        .collect();
    let mut writer = GgufWriter::create(path, &metadata, &tensors)?;
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for tensor in &tensors {
        let pattern = pattern(tensor.dtype, &mut chance);
        let mut left = tensor
            .dtype
            .bytes_of(&tensor.shape)
            .expect("a size that fits");
        while left > 0 {
            let piece = &pattern[..left.min(pattern.len())];
            writer.write(piece)?;
            left -= piece.len();
        }
    }
    writer.finish()?;
    Ok(())
}

impl Shape {
    fn metadata(&self) -> Vec<(String, Value)> {
        let count = |value: usize| Value::U32(value as u32);
        let text = |value: &str| Value::Text(value.to_owned());
        let mut all = vec![
            ("general.architecture".to_owned(), text(self.architecture)),
            ("general.name".to_owned(), text(self.name)),
            ("tokenizer.ggml.model".to_owned(), text("no_vocab")),
        ];
        let mut own = |key: &str, value| all.push((format!("{}.{key}", self.architecture), value));
        own("vocab_size", count(self.vocab));
        own("context_length", count(40_960));
        own("embedding_length", count(self.hidden));
        own("block_count", count(self.layers));
        own("feed_forward_length", count(self.inner));
        own("attention.head_count", count(self.heads));
        own("attention.head_count_kv", count(self.kv_heads));
        own("attention.key_length", count(self.head_dim));
        own("attention.value_length", count(self.head_dim));
        own("attention.layer_norm_rms_epsilon", Value::F32(1e-6));
        own("rope.freq_base", Value::F32(1e6));
        own("rope.dimension_count", count(self.head_dim));
        if let Some((experts, used, inner)) = self.experts {
            own("expert_count", count(experts));
            own("expert_used_count", count(used));
            own("expert_feed_forward_length", count(inner));
        }
        all
    }

    fn tensors(&self, format: &str) -> Vec<TensorInfo> {
        let mut all = Vec::new();
        let mut add = |name: String, shape: &[usize], dtype| {
            all.push(TensorInfo {
                name,
                dtype,
                shape: shape.to_vec(),
            });
        };
        let (plain, fine) = match format {
            "BF16" => (Dtype::Bf16, Dtype::Bf16),
            "Q8_0" => (Dtype::Q8_0, Dtype::Q8_0),
            "Q4_0" => (Dtype::Q4_0, Dtype::Q4_0),
            _ => (Dtype::Q4K, Dtype::Q6K),
        };
        // llama.cpp holds what serves as head in Q6_K whatever the rest is in.
        let head = if plain == Dtype::Q4_0 {
            Dtype::Q6K
        } else {
            fine
        };
        add("token_embd.weight".into(), &[self.vocab, self.hidden], head);
        add("output_norm.weight".into(), &[self.hidden], Dtype::F32);
        let (queries, keys) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let layers = self.layers;
        for layer in 0..layers {
            // As its mix Q4_K_M has it.
            let needs_more =
                layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
            let mixed = if needs_more { fine } else { plain };
            let mut add = |name: &str, shape: &[usize], dtype| {
                add(format!("blk.{layer}.{name}.weight"), shape, dtype);
            };
            add("attn_norm", &[self.hidden], Dtype::F32);
            add("ffn_norm", &[self.hidden], Dtype::F32);
            add("attn_q", &[queries, self.hidden], plain);
            add("attn_k", &[keys, self.hidden], plain);
            add("attn_v", &[keys, self.hidden], mixed);
            add("attn_output", &[self.hidden, queries], plain);
            if self.architecture != "llama" {
                add("attn_q_norm", &[self.head_dim], Dtype::F32);
                add("attn_k_norm", &[self.head_dim], Dtype::F32);
            }
            if let Some((experts, _, inner)) = self.experts {
                add("ffn_gate_inp", &[experts, self.hidden], Dtype::F32);
                add("ffn_gate_exps", &[experts, inner, self.hidden], plain);
                add("ffn_up_exps", &[experts, inner, self.hidden], plain);
                add("ffn_down_exps", &[experts, self.hidden, inner], mixed);
            } else {
                add("ffn_gate", &[self.inner, self.hidden], plain);
                add("ffn_up", &[self.inner, self.hidden], plain);
                add("ffn_down", &[self.hidden, self.inner], mixed);
            }
        }
        all
    }
}

/// Some blocks of `dtype` with numbers by chance, of about 0.02.
fn pattern(dtype: Dtype, chance: &mut Chance) -> Vec<u8> {
    let block = dtype.block_bytes();
    let count = (1 << 20) / dtype.block_len();
    let mut bytes = vec![0; count * block];
    chance.fill(&mut bytes);
    let half = |value: f32| half_bits(value).to_le_bytes();
    for block in bytes.chunks_exact_mut(block) {
        match dtype {
            Dtype::F32 => {
                let value = 0.9 + f32::from(block[0]) / 1280.0;
                block.copy_from_slice(&value.to_le_bytes());
            }
            Dtype::Bf16 => {
                // The sign and the fraction by chance, the exponent that of 1/128 to 1/32.
                let bits = u16::from_le_bytes([block[0], block[1]]);
                let exponent = 120 + u16::from(block[0] & 1);
                block.copy_from_slice(&(bits & 0x807f | exponent << 7).to_le_bytes());
            }
            Dtype::Q8_0 => block[..2].copy_from_slice(&half(0.0003)),
            Dtype::Q4_0 => block[..2].copy_from_slice(&half(0.004)),
            Dtype::Q4K => {
                block[..2].copy_from_slice(&half(0.0001));
                block[2..4].copy_from_slice(&half(0.0008));
            }
            _ => block[208..].copy_from_slice(&half(0.00002)),
        }
    }
    bytes
}

/// A positive normal number as half float, rounded down.
fn half_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    let exponent = (bits >> 23) as i32 - 127 + 15;
    if exponent <= 0 {
        // Below the smallest normal number: steps of 2⁻²⁴.
        return (value * 16_777_216.0) as u16;
    }
    (exponent as u16) << 10 | (bits >> 13 & 0x3ff) as u16
}

/// Bytes by chance, the same each time.
struct Chance(u64);

impl Chance {
    fn fill(&mut self, bytes: &mut [u8]) {
        for bytes in bytes.chunks_mut(8) {
            // xorshift64*, Vigna 2016.
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let next = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes();
            bytes.copy_from_slice(&next[..bytes.len()]);
        }
    }
}
