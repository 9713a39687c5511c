//! What is said of a checkpoint before it is loaded is what it then takes.

use std::path::PathBuf;

use models::{LoadOptions, Model, Outline};
use tensor::files::{Checkpoint, Dtype};
use tensor::{CacheType, Pool, WeightType};

fn check(name: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/models")
        .join(name);
    let checkpoint = Checkpoint::open(&folder).expect("a checkpoint");
    let outline = Outline::of_checkpoint(&checkpoint).expect("an outline");
    let pool = Pool::of_all_cores();
    for weights in [WeightType::Stored, WeightType::As(Dtype::Q8_0)] {
        let options = LoadOptions {
            weights,
            ..LoadOptions::default()
        };
        let model = Model::of_checkpoint(&checkpoint, options, &pool).expect("a model");
        let config = model.config();
        assert_eq!(
            (
                outline.architecture.as_str(),
                outline.vocab,
                outline.context_length,
                outline.layers,
                outline.hidden,
            ),
            (
                config.architecture.as_str(),
                config.vocab,
                config.context_length,
                config.layers,
                config.hidden,
            ),
            "{name}"
        );
        for kind in [CacheType::F32, CacheType::Bf16, CacheType::Q8] {
            let taken = 2 * model.page_bytes(kind) + model.sequence_bytes();
            assert_eq!(
                outline.cache_bytes(65, kind),
                taken as u64,
                "{name}: {kind:?}"
            );
        }
        // Norms and biases count too; padding of small matrices is not foreseen.
        let (said, taken) = (outline.weight_bytes(weights), config.weight_bytes);
        assert!(
            said as f64 >= taken as f64 * 0.8 && said as f64 <= taken as f64 * 1.25,
            "{name} as {weights:?}: {said} bytes said, {taken} taken"
        );
        assert!(outline.parameters >= config.parameters, "{name}");
    }
    assert_eq!(outline.stored_bytes(), checkpoint.bytes());
}

#[test]
fn sizes_that_are_foretold_are_those_that_are_taken() {
    for name in [
        "llama",
        "llama-tied-mqa",
        "llama-mha-bias-sharded",
        "qwen3",
        "gemma3-nested-softcap",
        "gemma4",
        "gemma4-moe-nested",
        "gpt-oss",
        "olmo3",
        "phi3-window",
        "qwen3-moe",
        "qwen3.5",
        "qwen3.5-moe-nested",
    ] {
        check(name);
    }
}

#[test]
fn an_unknown_architecture_still_has_a_size() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models/llama");
    std::fs::copy(
        fixture.join("model.safetensors"),
        folder.path().join("model.safetensors"),
    )
    .unwrap();
    let config = r#"{"model_type": "abacus", "num_hidden_layers": 2}"#;
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let outline = Outline::of_checkpoint(&checkpoint).unwrap();
    assert_eq!((outline.is_known, outline.layers), (false, 2));
    assert_eq!(outline.stored_bytes(), checkpoint.bytes());
}
