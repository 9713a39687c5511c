//! A model of random weights that speaks ASCII nonsense: it computes what it says.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use library::{How, Library, Plan};
use serde_json::{Value, json};

/// What it is called.
pub const TINY: &str = "tiny";

/// A folder with it.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models/qwen3");
    for file in ["config.json", "model.safetensors"] {
        fs::copy(fixture.join(file), folder.path().join(file)).unwrap();
    }
    let write = |name: &str, value: Value| fs::write(folder.path().join(name), value.to_string());
    write("tokenizer.json", tokenizer()).unwrap();
    let settings = json!({ "eos_token": "<|im_end|>" });
    write("tokenizer_config.json", settings).unwrap();
    folder
}

/// Adds it to the library below `data`.
pub fn add(data: &Path) {
    let folder = folder();
    let plan = Plan::of(folder.path()).unwrap();
    let stop = AtomicBool::new(false);
    plan.carry_out(
        &Library::below(data),
        TINY,
        How::default(),
        &stop,
        &mut |_| {},
    )
    .unwrap();
}

/// What keeps it from ending by itself.
pub fn endless() -> Value {
    json!({ "97": -100, "98": -100 })
}

/// A token for each printable character of ASCII, those of ChatML, and the signs of thoughts, which are no
/// special tokens.
fn tokenizer() -> Value {
    let letters = ('!'..='~').map(|c| c.to_string());
    let words = letters.chain(["Ġ".to_owned(), "Ċ".to_owned()]);
    let vocab: serde_json::Map<String, Value> =
        words.zip(0..).map(|(word, id)| (word, json!(id))).collect();
    let found = [
        "<|im_start|>",
        "<|im_end|>",
        "<|endoftext|>",
        "<think>",
        "</think>",
    ];
    let added = found.iter().zip(96..).map(|(content, id)| {
        json!({
            "id": id, "content": content, "special": id < 99, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false,
        })
    });
    let bytes = json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
    });
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": added.collect::<Vec<Value>>(),
        "normalizer": null, "pre_tokenizer": bytes, "post_processor": null, "decoder": bytes,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "vocab": vocab, "merges": [],
        },
    })
}
