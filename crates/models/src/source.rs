//! Whose checkpoint it is: architecture, settings and the names of its tensors.

use serde_json::{Map, Value as Json};
use tensor::files::{Checkpoint, Metadata};

use crate::error::Error;
use crate::names::Names;
use crate::settings::Settings;

/// What is known about a checkpoint before its tensors are read.
pub(crate) struct Source {
    /// The family, as Hugging Face's `model_type` names it.
    pub architecture: String,
    /// In Hugging Face's words.
    pub settings: Settings,
    /// In Hugging Face's words, to what is stored.
    pub names: Names,
}

/// Reads `config.json` beside the tensors, or the metadata of a GGUF file.
pub(crate) fn read_source(checkpoint: &Checkpoint) -> Result<Source, Error> {
    if let Some(metadata) = checkpoint.metadata() {
        return of_gguf(checkpoint, metadata);
    }
    let path = checkpoint.folder().join("config.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(Error::Read { path, source }),
    };
    let settings = Settings::from_json(&text)?;
    let architecture = settings.word_if("model_type")?;
    let architecture =
        architecture.ok_or_else(|| Error::Config("setting `model_type` is missing".into()))?;
    Ok(Source {
        architecture: architecture.to_owned(),
        names: Names::of_folder(checkpoint.names()),
        settings,
    })
}

/// Metadata that means the same under another name.
const KEYS: [(&str, &str); 12] = [
    ("context_length", "max_position_embeddings"),
    ("embedding_length", "hidden_size"),
    ("block_count", "num_hidden_layers"),
    ("feed_forward_length", "intermediate_size"),
    ("attention.head_count", "num_attention_heads"),
    ("attention.head_count_kv", "num_key_value_heads"),
    ("attention.key_length", "head_dim"),
    ("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
    ("attention.sliding_window", "sliding_window"),
    ("rope.freq_base", "rope_theta"),
    ("expert_count", "num_experts"),
    ("expert_used_count", "num_experts_per_tok"),
];

fn of_gguf(checkpoint: &Checkpoint, metadata: &Metadata) -> Result<Source, Error> {
    let architecture = metadata.text("general.architecture")?;
    let mut values = Map::new();
    for (theirs, ours) in KEYS {
        if let Some(value) = metadata.get(&format!("{architecture}.{theirs}")) {
            let number = value.as_u64().map(Json::from);
            let number = number.or_else(|| value.as_f64().map(Json::from));
            values.extend(number.map(|number| (ours.to_owned(), number)));
        }
    }
    let embedding = checkpoint.view("token_embd.weight")?;
    values.insert("vocab_size".into(), embedding.shape[0].into());
    Ok(Source {
        architecture: architecture.to_owned(),
        settings: Settings::new(values),
        names: Names::of_gguf(architecture),
    })
}
