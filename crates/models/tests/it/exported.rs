//! Models that were written as GGUF answer as before.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use models::{Batch, Error, Export, LoadOptions, Model, Special, Tokenizer};
use serde_json::{Value as Json, json};
use tensor::files::{Checkpoint, Gguf, Mix};
use tensor::{CacheType, Context, Pool, Sequence};

use crate::parity::Case;

fn folder(name: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models");
    fixtures.join(name)
}

/// Writes the model at `from` to a file, and returns its place.
fn written(from: &Path, mix: Mix) -> Result<(tempfile::TempDir, PathBuf), Error> {
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().join("model.gguf");
    let checkpoint = Checkpoint::open(from)?;
    let export = Export::of(&checkpoint)?;
    let expected = export.bytes(mix);
    let mut bytes = 0;
    export.write(
        &path,
        &checkpoint,
        mix,
        &Pool::of_all_cores(),
        &mut |more| {
            bytes += more;
            true
        },
    )?;
    assert_eq!(bytes, expected);
    Ok((home, path))
}

#[test]
fn every_family_computes_from_gguf_what_it_computed_from_its_folder() {
    for name in [
        "llama",
        "llama-bf16",
        "llama-mha-bias-sharded",
        "llama-tied-mqa",
        "llama-rope-linear",
        "llama-rope-yarn",
        "mistral-window",
        "qwen2",
        "qwen3",
        "qwen3-moe",
        "qwen3-yarn-untied",
        "gemma3",
        "olmo2",
        "phi3-longrope-long",
        "phi3-longrope-short",
        "phi3-window",
    ] {
        let written = written(&folder(name), Mix::F32);
        let (_home, path) = written.unwrap_or_else(|error| panic!("{name}: {error}"));
        let served = (name == "phi3-longrope-short").then_some(128);
        let options = LoadOptions {
            context_length: served,
            ..LoadOptions::default()
        };
        Case::at(name, &path, options).layers_and_logits();
    }
}

/// The logits after a few tokens.
fn logits(path: &Path) -> Vec<f32> {
    let pool = Arc::new(Pool::of_all_cores());
    let model = Model::load(path, LoadOptions::default(), &pool).expect("a model");
    let mut cache = model.cache(1, CacheType::F32);
    let batch = Batch {
        tokens: &[3, 1, 4, 1, 5, 9, 2, 6],
        sequences: &[Sequence {
            table: &[0],
            past: 0,
            tokens: 8,
        }],
        wanted: &[5, 7],
    };
    let logits = model.forward(&Context::new(pool), &batch, &mut cache);
    logits.values().to_vec()
}

/// A copy of the folder `name` with other settings.
fn with_settings(name: &str, change: impl Fn(&mut Json)) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a temporary folder");
    let read = |file: &str| std::fs::read(folder(name).join(file)).expect("a fixture");
    let mut config: Json = serde_json::from_slice(&read("config.json")).expect("JSON");
    change(&mut config);
    let write =
        |file: &str, bytes: &[u8]| std::fs::write(home.path().join(file), bytes).expect("a file");
    write("config.json", config.to_string().as_bytes());
    write("model.safetensors", &read("model.safetensors"));
    home
}

#[test]
fn usual_layers_of_smollm3_and_newer_settings_of_experts_survive() {
    let smollm3 = with_settings("smollm3", |config| {
        config["no_rope_layers"] = Json::Null;
    });
    let experts = with_settings("qwen3-moe", |config| {
        let config = config.as_object_mut().expect("an object");
        let count = config.remove("num_experts").expect("a count");
        config.insert("num_local_experts".to_owned(), count);
    });
    for folder in [smollm3, experts] {
        let (_home, path) = written(folder.path(), Mix::F32).expect("a file");
        let (before, after) = (logits(folder.path()), logits(&path));
        let size = before.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
        for (before, after) in before.iter().zip(after) {
            assert!((before - after).abs() / size < 1e-4, "{before} {after}");
        }
    }
}

#[test]
fn what_gguf_cannot_say_is_refused_rather_than_left_out() {
    for (name, why) in [
        ("llama-rope-dynamic", "`dynamic`"),
        ("olmo3", "other layers have a window"),
        ("smollm3", "know no positions"),
        ("gemma3-nested-softcap", "other layers have a window"),
        ("qwen3-moe-top1-raw", "sum to one"),
        ("qwen3-moe-top4-mixed", "no experts"),
        ("gpt-oss", "`gpt_oss`"),
        ("qwen3.5", "`qwen3_5"),
        ("gemma4", "`gemma4"),
        ("bert-mean", "`bert`"),
    ] {
        match written(&folder(name), Mix::F32) {
            Err(Error::Export { reason }) => assert!(reason.contains(why), "{name}: {reason}"),
            Err(other) => panic!("{name}: {other}"),
            Ok(_) => panic!("{name} was written"),
        }
    }
}

#[test]
fn smaller_formats_are_those_that_were_asked_for_and_gguf_files_can_be_made_smaller() {
    let fixture = folder("../gguf/llama.gguf");
    for (mix, expected) in [(Mix::Q8_0, "Q8_0"), (Mix::F16, "F16"), (Mix::Bf16, "BF16")] {
        let (_home, path) = written(&fixture, mix).expect("a file");
        let (before, after) = (Gguf::open(&fixture), Gguf::open(&path));
        let (before, after) = (before.expect("the fixture"), after.expect("the file"));
        let key = "tokenizer.ggml.tokens";
        assert_eq!(before.metadata().get(key), after.metadata().get(key));
        let view = after.view("blk.0.ffn_up.weight").expect("a matrix");
        assert_eq!(view.dtype.name(), expected);
        let norm = after.view("blk.0.attn_norm.weight").expect("a norm");
        assert_eq!(norm.dtype.name(), "F32");
    }
}

#[test]
fn who_stops_leaves_nothing_behind() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let checkpoint = Checkpoint::open(folder("llama")).expect("a fixture");
    let export = Export::of(&checkpoint).expect("words for it");
    let path = home.path().join("model.gguf");
    let stopped = export.write(
        &path,
        &checkpoint,
        Mix::Q8_0,
        &Pool::of_all_cores(),
        &mut |_| false,
    );
    assert!(matches!(stopped, Err(Error::Stopped)));
    assert_eq!(
        std::fs::read_dir(home.path()).expect("the folder").count(),
        0
    );
}

#[test]
fn who_goes_on_makes_only_what_was_not_made_before() {
    let (_home, whole) = written(&folder("llama"), Mix::Q8_0).expect("a file");
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().join("model.gguf");
    let checkpoint = Checkpoint::open(folder("llama")).expect("a fixture");
    let pool = Pool::of_all_cores();
    let mut made: Vec<Vec<u8>> = Vec::new();
    let stopped = Export::of(&checkpoint).expect("words for it").write_on(
        &path,
        &checkpoint,
        (Mix::Q8_0, &pool),
        &mut || None,
        &mut |piece, _| {
            made.push(piece.to_vec());
            made.len() < 5
        },
    );
    assert!(matches!(stopped, Err(Error::Stopped)));
    // A piece of another length is none of this model.
    made[4].pop();
    let mut before = made.into_iter();
    let (mut taken, mut fresh) = (0, 0);
    let export = Export::of(&checkpoint).expect("words for it");
    let done = export.write_on(
        &path,
        &checkpoint,
        (Mix::Q8_0, &pool),
        &mut || before.next(),
        &mut |_, is_fresh| {
            if is_fresh {
                fresh += 1;
            } else {
                taken += 1;
            }
            true
        },
    );
    done.expect("a file");
    assert_eq!(taken, 4);
    assert!(fresh > 4, "{fresh}");
    assert_eq!(
        std::fs::read(path).expect("the file"),
        std::fs::read(whole).expect("the other")
    );
}

/// A tokenizer of bytes and a few merges, which splits text as Qwen does.
fn tokenizer(pattern: &str) -> Json {
    let bytes: Vec<String> = models_alphabet();
    let merges = [
        ["h", "e"],
        ["l", "l"],
        ["he", "ll"],
        ["\u{120}", "w"],
        ["1", "2"],
    ];
    let merged = merges.iter().map(|[left, right]| format!("{left}{right}"));
    let names = bytes.into_iter().chain(merged);
    let vocab: serde_json::Map<String, Json> =
        names.zip(0..).map(|(name, id)| (name, json!(id))).collect();
    let special = ["<|im_start|>", "<|im_end|>"].iter().zip(vocab.len()..);
    let added = special.map(|(content, id)| {
        json!({
            "id": id, "content": content, "special": true, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false,
        })
    });
    let added: Vec<Json> = added.collect();
    let level = json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false,
    });
    let split = json!({
        "type": "Split", "pattern": { "Regex": pattern }, "behavior": "Isolated", "invert": false,
    });
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": { "type": "NFC" }, "post_processor": null, "decoder": level,
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": [split, level] },
        "model": { "type": "BPE", "vocab": vocab, "merges": merges },
    })
}

/// The letters by which tokenizers of bytes spell them.
fn models_alphabet() -> Vec<String> {
    let plain = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut others = 256..;
    let spelled = (0..256).map(|byte| match plain(byte) {
        true => byte,
        false => others.next().expect("endless"),
    });
    spelled
        .filter_map(char::from_u32)
        .map(String::from)
        .collect()
}

const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A folder with the model qwen3, room for 320 tokens, and this tokenizer.
fn with_tokenizer(tokenizer: &Json) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a temporary folder");
    let read = |name: &str| std::fs::read(folder("qwen3").join(name)).expect("a fixture");
    let mut config: Json = serde_json::from_slice(&read("config.json")).expect("JSON");
    config["vocab_size"] = json!(320);
    config["tie_word_embeddings"] = json!(true);
    let weights = Checkpoint::open(folder("qwen3")).expect("a fixture");
    let mut tensors: Vec<(String, tensor::files::View<'_>)> = Vec::new();
    let hidden = config["hidden_size"].as_u64().expect("a size") as usize;
    let embedding: Vec<u8> = (0..320 * hidden)
        .flat_map(|at| (at as f32).sin().to_le_bytes())
        .collect();
    for name in weights.names() {
        let mut view = weights.view(name).expect("a tensor");
        if name.ends_with("embed_tokens.weight") {
            view = tensor::files::View {
                dtype: tensor::files::Dtype::F32,
                shape: vec![320, hidden],
                bytes: &embedding,
            };
        }
        tensors.push((name.to_owned(), view));
    }
    let tensors: Vec<(&str, tensor::files::View<'_>)> = tensors
        .iter()
        .map(|(name, view)| (name.as_str(), view.clone()))
        .collect();
    let write =
        |name: &str, text: String| std::fs::write(home.path().join(name), text).expect("a file");
    tensor::files::write_safetensors(
        home.path().join("model.safetensors"),
        &tensors,
        &std::collections::BTreeMap::new(),
    )
    .expect("a file");
    write("config.json", config.to_string());
    write("tokenizer.json", tokenizer.to_string());
    write(
        "tokenizer_config.json",
        json!({ "eos_token": "<|im_end|>" }).to_string(),
    );
    write(
        "chat_template.jinja",
        "{{ messages[0]['content'] }}".to_owned(),
    );
    home
}

#[test]
fn the_tokenizer_and_the_template_go_with_it() {
    let from = with_tokenizer(&tokenizer(QWEN2));
    let (_home, path) = written(from.path(), Mix::Bf16).expect("a file");
    let gguf = Gguf::open(&path).expect("the file");
    let metadata = gguf.metadata();
    let text = |key: &str| metadata.text(key).expect("a text").to_owned();
    assert_eq!(text("tokenizer.ggml.model"), "gpt2");
    assert_eq!(text("tokenizer.ggml.pre"), "qwen2");
    assert_eq!(
        text("tokenizer.chat_template"),
        "{{ messages[0]['content'] }}"
    );
    let names = metadata.texts("tokenizer.ggml.tokens").expect("names");
    assert_eq!((names.len(), names[319].as_str()), (320, "[PAD319]"));
    let (before, after) = (Tokenizer::open(from.path()), Tokenizer::open(&path));
    let (before, after) = (before.expect("the folder's"), after.expect("the file's"));
    for said in ["hello wörld 1212", "<|im_start|>user\nhell<|im_end|>"] {
        let ids = before.encode(said, Special::Parse);
        assert_eq!(after.encode(said, Special::Parse), ids, "{said}");
    }
    assert_eq!(before.eos(), after.eos());
}

#[test]
fn a_tokenizer_that_gguf_has_no_words_for_is_refused() {
    let odd = with_tokenizer(&tokenizer(r"[aeiou]+|[^aeiou]+"));
    match written(odd.path(), Mix::Bf16) {
        Err(Error::Export { reason }) => assert!(reason.contains("splits"), "{reason}"),
        other => panic!("{:?}", other.err()),
    }
}
