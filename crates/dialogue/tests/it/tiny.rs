//! A model of random weights that speaks ASCII nonsense, and thinks of nothing.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// A folder with the model.
#[allow(dead_code, reason = "others write it where they like")]
pub fn folder() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    write_into(home.path());
    home
}

/// Writes the model into a folder that is there.
pub fn write_into(folder: &Path) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixture = fixture.ancestors().find_map(|above| {
        let fixture = above.join("fixtures/models/qwen3");
        fixture.is_dir().then_some(fixture)
    });
    let fixture = fixture.unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(fixture.join(file), folder.join(file)).unwrap();
    }
    let write = |name: &str, value: Value| fs::write(folder.join(name), value.to_string());
    write("tokenizer.json", tokenizer()).unwrap();
    let settings = json!({ "eos_token": "<|im_end|>" });
    write("tokenizer_config.json", settings).unwrap();
}

/// A token for each printable character of ASCII, those of ChatML, and the signs of thoughts, which are no
/// special tokens.
pub fn tokenizer() -> Value {
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
