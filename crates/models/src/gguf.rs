//! What a GGUF file says of its network, in Hugging Face's words.

use serde_json::{Map, Value as Json, json};
use tensor::files::{Checkpoint, Metadata, Value};

use crate::error::Error;
use crate::names::Names;
use crate::settings::Settings;
use crate::source::Source;

/// Metadata that means the same under another name.
pub(crate) const KEYS: [(&str, &str); 14] = [
    ("context_length", "max_position_embeddings"),
    ("embedding_length", "hidden_size"),
    ("block_count", "num_hidden_layers"),
    ("feed_forward_length", "intermediate_size"),
    ("attention.head_count", "num_attention_heads"),
    ("attention.head_count_kv", "num_key_value_heads"),
    ("attention.key_length", "head_dim"),
    ("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
    ("attention.sliding_window", "sliding_window"),
    ("final_logit_softcapping", "final_logit_softcapping"),
    ("rope.freq_base", "rope_theta"),
    ("expert_count", "num_experts"),
    ("expert_used_count", "num_experts_per_tok"),
    ("expert_feed_forward_length", "moe_intermediate_size"),
];

/// The same for how positions are stretched.
const ROPE_KEYS: [(&str, &str); 5] = [
    ("type", "rope_type"),
    ("factor", "factor"),
    (
        "original_context_length",
        "original_max_position_embeddings",
    ),
    ("yarn_beta_fast", "beta_fast"),
    ("yarn_beta_slow", "beta_slow"),
];

/// Reads the metadata, and the factors of positions, which are stored as tensors.
pub(crate) fn of_gguf(checkpoint: &Checkpoint, metadata: &Metadata) -> Result<Source, Error> {
    let architecture = metadata.text("general.architecture")?;
    let get = |key: &str| metadata.get(&format!("{architecture}.{key}"));
    let mut values = Map::new();
    for (theirs, ours) in KEYS {
        values.extend(
            get(theirs)
                .and_then(json_of)
                .map(|value| (ours.to_owned(), value)),
        );
    }
    let embedding = checkpoint.view("token_embd.weight")?;
    values.insert("vocab_size".into(), embedding.shape[0].into());
    let model_type = add_what_is_not_said(architecture, &mut values);
    if let Some(turned) = get("rope.dimension_count").and_then(Value::as_u64) {
        let width = head_dim(&values);
        if width > turned as f64 {
            values.insert("partial_rotary_factor".into(), json!(turned as f64 / width));
        }
    }
    if let Some(rope) = stretching(architecture, checkpoint, &get)? {
        values.insert("rope_scaling".into(), rope);
    }
    Ok(Source {
        architecture: model_type.to_owned(),
        settings: Settings::new(values),
        names: Names::of_gguf(architecture),
    })
}

fn json_of(value: &Value) -> Option<Json> {
    let text = value.as_text().map(Json::from);
    text.or_else(|| value.as_u64().map(Json::from))
        .or_else(|| value.as_f64().map(Json::from))
}

fn head_dim(values: &Map<String, Json>) -> f64 {
    let number = |key: &str| values.get(key).and_then(Json::as_f64);
    let share = || Some(number("hidden_size")? / number("num_attention_heads")?);
    number("head_dim").or_else(share).unwrap_or(0.0)
}

/// Settings that every model of an architecture has alike, and that files therefore leave out. Returns what
/// Hugging Face calls the architecture.
fn add_what_is_not_said<'a>(architecture: &'a str, values: &mut Map<String, Json>) -> &'a str {
    let count = |key: &str| values.get(key).and_then(Json::as_u64);
    let layers = count("num_hidden_layers").unwrap_or(0);
    let (model_type, unsaid) = match architecture {
        "qwen3moe" => ("qwen3_moe", json!({"norm_topk_prob": true})),
        "gemma3" => {
            let mut unsaid = json!({
                "sliding_window_pattern": 6,
                "rope_local_base_freq": 1e4,
                "tie_word_embeddings": true,
            });
            // The largest model alone scales scores by another width than that of its heads.
            let sizes = (layers, count("hidden_size"), count("num_attention_heads"));
            if let (62, Some(hidden), Some(heads)) = sizes {
                unsaid["query_pre_attn_scalar"] = json!(hidden / heads.max(1));
            }
            ("gemma3_text", unsaid)
        }
        "gpt-oss" => {
            let inner = count("moe_intermediate_size").or(count("intermediate_size"));
            let unsaid = json!({"sliding_window_pattern": 2, "intermediate_size": inner});
            ("gpt_oss", unsaid)
        }
        "olmo2" if values.contains_key("sliding_window") => {
            ("olmo3", json!({"sliding_window_pattern": 4}))
        }
        "smollm3" => {
            let turned: Vec<u8> = (1..=layers).map(|layer| (layer % 4 != 0).into()).collect();
            ("smollm3", json!({"no_rope_layers": turned}))
        }
        other => (other, json!({})),
    };
    if let Json::Object(unsaid) = unsaid {
        values.extend(unsaid);
    }
    model_type
}

/// How positions are stretched: by the metadata, or by factors for each pair.
fn stretching<'a>(
    architecture: &str,
    checkpoint: &Checkpoint,
    get: &dyn Fn(&str) -> Option<&'a Value>,
) -> Result<Option<Json>, Error> {
    let mut rope = Map::new();
    for (theirs, ours) in ROPE_KEYS {
        let value = get(&format!("rope.scaling.{theirs}")).and_then(json_of);
        rope.extend(value.map(|value| (ours.to_owned(), value)));
    }
    let factors = |name: &str| -> Result<Option<Vec<f32>>, Error> {
        let name = format!("{name}.weight");
        Ok(match checkpoint.contains(&name) {
            true => Some(checkpoint.view(&name)?.to_f32()),
            false => None,
        })
    };
    let [all, short, long] = ["rope_freqs", "rope_factors_short", "rope_factors_long"].map(factors);
    match (all?, short?, long?) {
        // One list of factors whatever the length.
        (Some(factors), ..) => Ok(Some(json!({
            "rope_type": "longrope",
            "short_factor": factors,
            "long_factor": factors,
            "original_max_position_embeddings": 1,
            "factor": 1.0,
        }))),
        (None, Some(short), Some(long)) => {
            rope.insert("rope_type".into(), json!("longrope"));
            rope.insert("short_factor".into(), json!(short));
            rope.insert("long_factor".into(), json!(long));
            // What was the factor is stored as what follows from it.
            rope.remove("factor");
            let magnitude = get("rope.scaling.attn_factor").and_then(json_of);
            rope.extend(magnitude.map(|value| ("attention_factor".to_owned(), value)));
            Ok(Some(rope.into()))
        }
        _ if rope.get("rope_type").is_none_or(|kind| kind == "none") => Ok(None),
        _ => {
            if architecture == "gpt-oss" {
                rope.insert("truncate".into(), json!(false));
            }
            Ok(Some(rope.into()))
        }
    }
}
