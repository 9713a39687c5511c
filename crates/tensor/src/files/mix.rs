//! Which type each tensor of a model gets when the model is made smaller.
//!
//! Source: `llama_tensor_get_type` of `llama.cpp`, so that files are the mixes that people know.

use std::collections::BTreeSet;

use super::{Dtype, TensorInfo};

/// A named choice of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mix {
    /// All matrices in single floats.
    F32,
    /// All matrices in half floats.
    F16,
    /// All matrices in bfloat16.
    Bf16,
    /// All matrices in `Q8_0`.
    Q8_0,
    /// All matrices in `Q6_K`.
    Q6K,
    /// All matrices in `Q4_0`, the output in `Q6_K`.
    Q4_0,
    /// Matrices in `Q4_K`; the output and half of those that matter most in `Q6_K`.
    Q4KM,
    /// Experts in `MXFP4`, all else in `Q8_0`.
    Mxfp4Moe,
}

/// Tensors that stay as they are, by parts of their names: norms, routers, positions, small filters.
const KEPT: &[&str] = &[
    "_norm.weight",
    "altup",
    "attn_rel_b.weight",
    "ffn_gate_inp",
    "laurel",
    "per_layer_model_proj",
    "position_embd.weight",
    "shortconv.conv.weight",
    "ssm_conv1d",
    "time_mix_",
    "token_types.weight",
];

impl Mix {
    /// All of them, best first.
    pub const ALL: [Self; 8] = [
        Self::F32,
        Self::Bf16,
        Self::F16,
        Self::Q8_0,
        Self::Q6K,
        Self::Q4KM,
        Self::Q4_0,
        Self::Mxfp4Moe,
    ];

    /// What the field calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::Q8_0 => "Q8_0",
            Self::Q6K => "Q6_K",
            Self::Q4_0 => "Q4_0",
            Self::Q4KM => "Q4_K_M",
            Self::Mxfp4Moe => "MXFP4_MOE",
        }
    }

    /// The mix of that name, in capitals or not.
    pub fn of_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|mix| mix.name().eq_ignore_ascii_case(name))
    }

    /// What `general.file_type` says of a model in this mix.
    pub fn file_type(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q8_0 => 7,
            Self::Q4KM => 15,
            Self::Q6K => 18,
            Self::Bf16 => 32,
            Self::Mxfp4Moe => 38,
        }
    }

    /// The type of each of `tensors`, which are all those of a model, under the names that GGUF gives
    /// them. What is not a matrix becomes F32. Where a row is not whole blocks, `Q8_0` is taken, then
    /// F16. llama.cpp's rare `Q5_0` and `Q5_K`, which are not made here, are `Q8_0` and `Q6_K`.
    pub fn dtypes(self, tensors: &[TensorInfo]) -> Vec<Dtype> {
        let model = Model::of(tensors);
        tensors
            .iter()
            .map(|tensor| match is_kept(tensor) {
                true if is_whole_number(tensor.dtype) => tensor.dtype,
                true => Dtype::F32,
                false => fitting(self.wish(tensor, &model), tensor),
            })
            .collect()
    }

    /// The type of a matrix, were its rows whole blocks.
    fn wish(self, tensor: &TensorInfo, model: &Model) -> Dtype {
        let name = tensor.name.as_str();
        let usual = match self {
            Self::F32 => return Dtype::F32,
            Self::F16 => return Dtype::F16,
            Self::Bf16 => return Dtype::Bf16,
            Self::Q8_0 => return Dtype::Q8_0,
            Self::Mxfp4Moe if name.ends_with("_exps.weight") => return Dtype::Mxfp4,
            Self::Mxfp4Moe => return Dtype::Q8_0,
            Self::Q6K => Dtype::Q6K,
            Self::Q4_0 => Dtype::Q4_0,
            Self::Q4KM => Dtype::Q4K,
        };
        let is_output = match model.has_output {
            true => name == "output.weight",
            // A tied model multiplies with its embeddings last.
            false => name == "token_embd.weight",
        };
        let is_small_beside_experts =
            name.ends_with("attn_v.weight") || name.ends_with("attn_k.weight");
        if is_output {
            Dtype::Q6K
        } else if model.experts == 8 && is_small_beside_experts {
            Dtype::Q8_0
        } else if self == Self::Q4KM && model.matters_more(name) {
            Dtype::Q6K
        } else {
            usual
        }
    }
}

/// What the choice needs to know of the whole model.
struct Model {
    has_output: bool,
    layers: usize,
    /// Layers that have values of their own for attention, in order.
    attending: Vec<usize>,
    experts: usize,
}

impl Model {
    fn of(tensors: &[TensorInfo]) -> Self {
        let names = || tensors.iter().map(|tensor| tensor.name.as_str());
        let attending: BTreeSet<usize> = names()
            .filter(|name| name.ends_with(".attn_v.weight"))
            .filter_map(layer)
            .collect();
        let experts = tensors
            .iter()
            .find(|tensor| tensor.name.ends_with("_exps.weight"))
            .and_then(|tensor| tensor.shape.first().copied());
        Self {
            has_output: names().any(|name| name == "output.weight"),
            layers: names().filter_map(layer).max().map_or(0, |last| last + 1),
            attending: attending.into_iter().collect(),
            experts: experts.unwrap_or(1),
        }
    }

    /// Whether the matrix is one of those in which errors cost most: values of attention and the way
    /// down, in the first and the last eighth of the layers and every third between.
    fn matters_more(&self, name: &str) -> bool {
        let is_among =
            |at: usize, all: usize| at < all / 8 || at >= 7 * all / 8 || (at - all / 8) % 3 == 2;
        let Some(layer) = layer(name) else {
            return false;
        };
        if name.ends_with(".attn_v.weight") {
            let at = self.attending.binary_search(&layer);
            return at.is_ok_and(|at| is_among(at, self.attending.len()));
        }
        name.ends_with(".attn_qkv.weight")
            || name.contains(".ffn_down") && is_among(layer, self.layers)
    }
}

/// The number of the layer in `blk.12.attn_v.weight`.
fn layer(name: &str) -> Option<usize> {
    let (number, _) = name.strip_prefix("blk.")?.split_once('.')?;
    number.parse().ok()
}

fn is_kept(tensor: &TensorInfo) -> bool {
    !tensor.name.ends_with("weight")
        || tensor.shape.len() < 2
        || is_whole_number(tensor.dtype)
        || KEPT.iter().any(|part| tensor.name.contains(part))
}

fn is_whole_number(dtype: Dtype) -> bool {
    use Dtype::{Bool, I8, I16, I32, I64, U8, U16, U32, U64};
    matches!(dtype, Bool | I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
}

/// `dtype`, or the next one of whose blocks the rows of `tensor` are whole.
fn fitting(dtype: Dtype, tensor: &TensorInfo) -> Dtype {
    let fits = |dtype: &Dtype| dtype.bytes_of(&tensor.shape).is_some();
    [dtype, Dtype::Q8_0]
        .into_iter()
        .find(fits)
        .unwrap_or(Dtype::F16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(name: &str, shape: &[usize]) -> TensorInfo {
        TensorInfo {
            name: name.to_owned(),
            dtype: Dtype::Bf16,
            shape: shape.to_vec(),
        }
    }

    /// The types that `mix` gives to tensors of these names and shapes.
    fn chosen(mix: Mix, tensors: &[(&str, &[usize])]) -> Vec<Dtype> {
        let tensors: Vec<TensorInfo> = tensors
            .iter()
            .map(|(name, shape)| info(name, shape))
            .collect();
        mix.dtypes(&tensors)
    }

    #[test]
    fn half_of_the_values_and_ways_down_get_more_bits_in_q4_k_m() {
        for part in ["attn_v", "ffn_down"] {
            let tensors: Vec<TensorInfo> = (0..16)
                .map(|layer| info(&format!("blk.{layer}.{part}.weight"), &[256, 256]))
                .collect();
            let dtypes = Mix::Q4KM.dtypes(&tensors);
            let more: Vec<usize> = (0..16).filter(|at| dtypes[*at] == Dtype::Q6K).collect();
            assert_eq!(more, [0, 1, 4, 7, 10, 13, 14, 15], "{part}");
            assert!(
                dtypes
                    .iter()
                    .all(|dtype| [Dtype::Q4K, Dtype::Q6K].contains(dtype))
            );
        }
    }

    #[test]
    fn the_output_gets_more_bits_and_is_the_embedding_where_they_are_one() {
        let (embedding, output, query) =
            ("token_embd.weight", "output.weight", "blk.0.attn_q.weight");
        let shape: &[usize] = &[512, 256];
        let untied = [(embedding, shape), (output, shape), (query, shape)];
        assert_eq!(
            chosen(Mix::Q4KM, &untied),
            [Dtype::Q4K, Dtype::Q6K, Dtype::Q4K]
        );
        assert_eq!(
            chosen(Mix::Q4_0, &untied),
            [Dtype::Q4_0, Dtype::Q6K, Dtype::Q4_0]
        );
        let tied = [(embedding, shape), (query, shape)];
        assert_eq!(chosen(Mix::Q4KM, &tied), [Dtype::Q6K, Dtype::Q4K]);
        assert_eq!(chosen(Mix::Q8_0, &tied), [Dtype::Q8_0; 2]);
    }

    #[test]
    fn norms_routers_and_narrow_rows_are_kept_or_fall_back() {
        let tensors: [(&str, &[usize]); 6] = [
            ("blk.0.attn_norm.weight", &[256]),
            ("blk.0.attn_q.bias", &[256]),
            ("blk.0.ffn_gate_inp.weight", &[8, 256]),
            ("blk.0.attn_q.weight", &[64, 96]),
            ("blk.0.attn_q.weight", &[64, 40]),
            ("blk.0.ffn_up_exps.weight", &[4, 64, 256]),
        ];
        let (kept, fell) = ([Dtype::F32; 3], [Dtype::Q8_0, Dtype::F16]);
        assert_eq!(
            chosen(Mix::Q4KM, &tensors),
            [&kept[..], &fell, &[Dtype::Q4K]].concat()
        );
        let experts = [&kept[..], &fell, &[Dtype::Mxfp4]].concat();
        assert_eq!(chosen(Mix::Mxfp4Moe, &tensors), experts);
    }

    #[test]
    fn attention_is_small_beside_eight_experts() {
        let shape: &[usize] = &[256, 256];
        let tensors = [
            ("blk.0.attn_k.weight", shape),
            ("blk.0.attn_q.weight", shape),
            ("blk.0.ffn_up_exps.weight", &[8, 256, 256]),
        ];
        assert_eq!(
            chosen(Mix::Q4KM, &tensors),
            [Dtype::Q8_0, Dtype::Q4K, Dtype::Q4K]
        );
    }

    #[test]
    fn mixes_are_found_by_name() {
        for mix in Mix::ALL {
            assert_eq!(Mix::of_name(&mix.name().to_lowercase()), Some(mix));
        }
        assert_eq!(Mix::of_name("Q3_K_S"), None);
    }
}
