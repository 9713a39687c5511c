//! Random text of many scripts, beside the ids and the text that PyPI's `tokenizers` makes of it.
//!
//! `reference/vocabularies.py` writes the files; the kept ones are a sample of 300 strings each.

use std::{fs, path::Path};

use models::{Special, Tokenizer};
use serde_json::Value;

use crate::vocabularies::shared;

fn compare(tokenizer: &Tokenizer, strings: &Path) {
    let lines = fs::read_to_string(strings).expect("the file is kept");
    let mut wrong = Vec::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).expect("a line is JSON");
        let parses = line["parses"] == true;
        let special = if parses {
            Special::Parse
        } else {
            Special::AsText
        };
        let ids = tokenizer.encode(line["text"].as_str().expect("a text"), special);
        let text = tokenizer.decode(&ids, parses);
        if serde_json::json!(ids) != line["ids"] || line["decoded"] != text.as_str() {
            wrong.push(format!("{line}\n  but {ids:?} {text:?}"));
        }
        let mut stream = tokenizer.stream(parses);
        let mut streamed: String = ids.iter().map(|id| stream.push(*id)).collect();
        streamed.push_str(&stream.finish());
        assert_eq!(streamed, text);
    }
    let (count, total) = (wrong.len(), lines.lines().count());
    wrong.truncate(4);
    assert!(
        count == 0,
        "{}: {count} of {total} differ\n{}",
        strings.display(),
        wrong.join("\n")
    );
}

#[test]
fn ids_of_the_kept_sample_are_those_of_the_package() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tokenizers");
    for name in ["gemma-4", "gpt-2", "llama-bpe", "llama-spm", "phi-3"] {
        let Some(gguf) = shared(&format!("ggml-vocab-{name}.gguf")) else {
            return;
        };
        compare(
            &Tokenizer::open(&gguf).unwrap(),
            &fixtures.join(format!("{name}.jsonl")),
        );
    }
}

#[test]
fn ids_of_a_fresh_run_are_those_of_the_package() {
    let fresh = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/vocabularies");
    let Ok(folders) = fs::read_dir(&fresh) else {
        eprintln!("skipped: `reference/vocabularies.py` has not written `target/vocabularies`");
        return;
    };
    for folder in folders {
        let folder = folder.unwrap().path();
        compare(
            &Tokenizer::open(&folder).unwrap(),
            &folder.join("strings.jsonl"),
        );
    }
}
