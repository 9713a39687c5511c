//! The six real vocabularies of `shared/data/tokenizers`, which lies beside the repository.

use std::path::PathBuf;

use models::{Special, Tokenizer};

const NAMES: [&str; 6] = [
    "gemma-4",
    "gpt-2",
    "llama-bpe",
    "llama-spm",
    "phi-3",
    "qwen2",
];

/// The file called `name`, or a message that it is not there.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let beside = ["..", "../..", "../../.."].map(|up| root.join(up).join("shared/data/tokenizers"));
    let found = beside
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: `shared/data/tokenizers/{name}` is not beside the repository");
    }
    found
}

#[test]
fn every_string_of_every_vocabulary_has_the_published_ids() {
    for name in NAMES {
        let Some(path) = shared(&format!("ggml-vocab-{name}.gguf")) else {
            return;
        };
        let tokenizer = Tokenizer::open(&path).unwrap();
        let read = |end: &str| std::fs::read_to_string(format!("{}{end}", path.display())).unwrap();
        let inputs = read(".inp");
        let inputs: Vec<&str> = inputs.split("\n__ggml_vocab_test__\n").collect();
        let outputs = read(".out");
        let outputs: Vec<&str> = outputs.lines().collect();
        assert!(outputs.len() > 40 && inputs.len() >= outputs.len());
        for (input, output) in inputs.iter().zip(outputs) {
            let expected: Vec<u32> = output
                .split_whitespace()
                .map(|id| id.parse().unwrap())
                .collect();
            let ids = tokenizer.encode(input, Special::AsText);
            assert_eq!(ids, expected, "{name}: {input:?}");
            assert_eq!(tokenizer.decode(&ids, false), *input, "{name}");
            let mut stream = tokenizer.stream(false);
            let mut text: String = ids.iter().map(|id| stream.push(*id)).collect();
            text.push_str(&stream.finish());
            assert_eq!(text, *input, "{name}");
        }
    }
}
