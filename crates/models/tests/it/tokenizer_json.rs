//! Reading a `tokenizer.json`, and text to ids and back with it.

use models::{Special, Tokenizer};

const SMALL: &str = r#"{
  "added_tokens": [
    {"id": 7, "content": "<|end|>", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": true}
  ],
  "normalizer": null,
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
  "post_processor": null,
  "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
  "model": {"type": "BPE", "vocab": {"h": 0, "i": 1, "hi": 2, "Ġ": 3, "Ġhi": 4, "<": 5, "|": 6},
            "merges": ["h i", "Ġ hi"]}
}"#;

#[test]
fn text_becomes_ids_and_ids_become_text() {
    let tokenizer = Tokenizer::from_json(SMALL.as_bytes()).unwrap();
    let ids = tokenizer.encode("hi hi<|end|>", Special::Parse);
    assert_eq!(ids, [2, 4, 7]);
    assert_eq!(tokenizer.decode(&ids, false), "hi hi<|end|>");
    assert_eq!(tokenizer.decode(&ids, true), "hi hi");
}

#[test]
fn a_file_that_is_no_tokenizer_is_an_error_with_a_hint() {
    let error = Tokenizer::from_json(b"{}").err().unwrap().to_string();
    assert!(error.contains("\nhint: "), "{error}");
}
