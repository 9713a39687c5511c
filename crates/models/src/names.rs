//! What tensors are called where they are stored.

/// From the names of Hugging Face's implementation to those of a checkpoint.
#[derive(Clone)]
pub(crate) struct Names {
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// Hugging Face, with what stands in place of `model.`.
    HuggingFace { prefix: String },
    /// GGUF.
    Gguf { architecture: String },
}

impl Names {
    /// Those of a Hugging Face folder that holds tensors of these names.
    pub fn of_folder<'a>(stored: impl Iterator<Item = &'a str>) -> Self {
        let prefix = stored
            .filter_map(|name| {
                EMBEDDINGS
                    .iter()
                    .find_map(|ending| name.strip_suffix(ending))
            })
            .filter(|prefix| prefix.is_empty() || prefix.ends_with('.'))
            .min_by_key(|prefix| prefix.len());
        Self {
            kind: Kind::HuggingFace {
                prefix: prefix.unwrap_or("model.").to_owned(),
            },
        }
    }

    /// Those of a GGUF file of this architecture.
    pub fn of_gguf(architecture: &str) -> Self {
        Self {
            kind: Kind::Gguf {
                architecture: architecture.to_owned(),
            },
        }
    }

    /// The stored name of the tensor that Hugging Face's implementation calls `name`.
    pub fn stored(&self, name: &str) -> String {
        match &self.kind {
            Kind::HuggingFace { prefix } => match name.strip_prefix("model.") {
                Some(rest) => format!("{prefix}{rest}"),
                None => name.to_owned(),
            },
            Kind::Gguf { architecture } => gguf_name(architecture, name),
        }
    }

    /// What Hugging Face's implementation calls the tensor that is stored as `name`; none for tensors of
    /// other parts than the network of text.
    pub fn canonical(&self, stored: &str) -> Option<String> {
        match &self.kind {
            Kind::HuggingFace { .. } if stored.ends_with("lm_head.weight") => {
                Some("lm_head.weight".to_owned())
            }
            Kind::HuggingFace { prefix } => {
                let rest = stored.strip_prefix(prefix.as_str());
                let is_whole = ["model.", ""].contains(&prefix.as_str());
                match rest {
                    Some(rest) => Some(format!("model.{rest}")),
                    None => is_whole.then(|| stored.to_owned()),
                }
            }
            Kind::Gguf { .. } => None,
        }
    }

    /// What GGUF calls the tensor that Hugging Face's implementation calls `name`, if it has a name.
    pub fn translated(&self, name: &str) -> Option<String> {
        let stored = self.stored(name);
        (stored != name).then_some(stored)
    }

    /// Whether they are those of GGUF.
    pub fn are_of_gguf(&self) -> bool {
        matches!(self.kind, Kind::Gguf { .. })
    }

    /// Whether heads are stored so that neighbours turn together.
    pub fn pairs_are_neighbours(&self) -> bool {
        let Kind::Gguf { architecture } = &self.kind else {
            return false;
        };
        ["llama", "smollm3"].contains(&architecture.as_str())
    }
}

/// What every model has one of.
const EMBEDDINGS: [&str; 3] = [
    "embed_tokens.weight",
    "embeddings.word_embeddings.weight",
    "embeddings.tok_embeddings.weight",
];

/// Parts of a layer, in both languages.
const PARTS: [(&str, &str); 23] = [
    ("input_layernorm", "attn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.qkv_proj", "attn_qkv"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("self_attn.sinks", "attn_sinks"),
    ("post_attention_layernorm", "ffn_norm"),
    ("pre_feedforward_layernorm", "ffn_norm"),
    ("post_feedforward_layernorm", "post_ffw_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
    ("mlp.gate", "ffn_gate_inp"),
    ("mlp.router", "ffn_gate_inp"),
    ("mlp.experts.gate_proj", "ffn_gate_exps"),
    ("mlp.experts.up_proj", "ffn_up_exps"),
    ("mlp.experts.down_proj", "ffn_down_exps"),
    ("mlp.shared_expert.gate_proj", "ffn_gate_shexp"),
    ("mlp.shared_expert.up_proj", "ffn_up_shexp"),
    ("mlp.shared_expert.down_proj", "ffn_down_shexp"),
];

/// Parts that some architectures call by another name, or have under one that is another part elsewhere.
const OWN_PARTS: [(&str, &str, &str); 4] = [
    ("gemma3", "post_attention_layernorm", "post_attention_norm"),
    ("gpt-oss", "post_attention_layernorm", "post_attention_norm"),
    ("olmo2", "post_attention_layernorm", "post_attention_norm"),
    ("phi3", "mlp.gate_up_proj", "ffn_up"),
];

fn gguf_name(architecture: &str, name: &str) -> String {
    match name {
        "model.embed_tokens.weight" => "token_embd.weight".into(),
        "model.norm.weight" => "output_norm.weight".into(),
        "lm_head.weight" => "output.weight".into(),
        _ => layer_name(architecture, name).unwrap_or_else(|| name.to_owned()),
    }
}

/// `model.layers.3.self_attn.q_proj.weight` is `blk.3.attn_q.weight`.
fn layer_name(architecture: &str, name: &str) -> Option<String> {
    let (number, part) = name.strip_prefix("model.layers.")?.split_once('.')?;
    let (part, ending) = match part.rsplit_once('.') {
        Some((part, ending @ ("weight" | "bias"))) => (part, ending),
        _ => (part, "weight"),
    };
    let mut own = OWN_PARTS.iter();
    let own = own.find(|(whose, name, _)| *whose == architecture && *name == part);
    let stored = match own {
        Some((_, _, stored)) => stored,
        None => &PARTS.iter().find(|(name, _)| *name == part)?.1,
    };
    Some(format!("blk.{number}.{stored}.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_translated_to_those_of_gguf() {
        let names = Names::of_gguf("qwen3");
        for (name, stored) in [
            ("model.layers.3.self_attn.q_proj.bias", "blk.3.attn_q.bias"),
            (
                "model.layers.10.mlp.down_proj.weight",
                "blk.10.ffn_down.weight",
            ),
            ("model.layers.0.self_attn.sinks", "blk.0.attn_sinks.weight"),
            ("model.embed_tokens.weight", "token_embd.weight"),
            ("lm_head.weight", "output.weight"),
        ] {
            assert_eq!(names.stored(name), stored);
        }
    }

    #[test]
    fn a_norm_may_be_called_otherwise_by_another_architecture() {
        let norm = "model.layers.1.post_attention_layernorm.weight";
        for (architecture, stored) in [
            ("llama", "blk.1.ffn_norm.weight"),
            ("gemma3", "blk.1.post_attention_norm.weight"),
        ] {
            assert_eq!(Names::of_gguf(architecture).stored(norm), stored);
        }
    }

    #[test]
    fn the_prefix_of_a_folder_is_found() {
        for prefix in [
            "model.",
            "",
            "model.language_model.",
            "language_model.model.",
        ] {
            let stored = [
                format!("{prefix}norm.weight"),
                format!("{prefix}embed_tokens.weight"),
            ];
            let names = Names::of_folder(stored.iter().map(String::as_str));
            assert_eq!(names.stored("model.norm.weight"), stored[0]);
            assert_eq!(names.stored("lm_head.weight"), "lm_head.weight");
        }
    }
}
