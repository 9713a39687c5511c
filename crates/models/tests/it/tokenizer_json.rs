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

#[test]
fn hostile_files_are_errors_with_a_hint() {
    const MERGE: &str = "\"h i\"";
    let cases = [
        ("\"hi\": 2", "\"hi\": 4294967295", "4294967295"),
        ("\"hi\": 2", "\"hi\": 1", "share the id"),
        (MERGE, "\"h x\"", "merge 0 joins `h` and `x`"),
        (MERGE, "\"hi\"", "two tokens"),
        (MERGE, "\" \"", "merge 0"),
        ("\"model\"", "\"modem\"", "model"),
        ("\"BPE\"", "\"Unigram\"", ""),
        ("\"id\": 7", "\"id\": -7", "-7"),
        ("\"ByteLevel\", \"add", "\"Nonsense\", \"add", ""),
    ];
    for (was, is, reason) in cases {
        let json = SMALL.replacen(was, is, 1);
        assert_ne!(json, SMALL);
        let error = Tokenizer::from_json(json.as_bytes()).err();
        let error = error.unwrap_or_else(|| panic!("{is} is taken")).to_string();
        assert!(
            error.contains(reason) && error.contains("\nhint: "),
            "{error}"
        );
    }
    for end in 0..SMALL.len() {
        assert!(Tokenizer::from_json(&SMALL.as_bytes()[..end]).is_err());
    }
}

#[test]
fn ids_out_of_range_decode_to_nothing() {
    let tokenizer = Tokenizer::from_json(SMALL.as_bytes()).unwrap();
    assert_eq!(tokenizer.decode(&[2, 4_000_000_000, 99], false), "hi");
    assert_eq!(tokenizer.token_bytes(u32::MAX), b"");
    assert_eq!(tokenizer.token_id("<|end|>"), Some(7));
    assert_eq!((tokenizer.vocab_size(), tokenizer.is_special(7)), (8, true));
}

#[test]
fn a_folder_says_what_ends_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("tokenizer.json", SMALL);
    write(
        "tokenizer_config.json",
        r#"{"bos_token": {"content": "<|end|>"}, "eos_token": "i"}"#,
    );
    write("generation_config.json", r#"{"eos_token_id": [7, 1, 400]}"#);
    let tokenizer = Tokenizer::open(folder.path()).unwrap();
    assert_eq!((tokenizer.bos(), tokenizer.eos()), (Some(7), &[1, 7][..]));
    write("generation_config.json", "{");
    let error = Tokenizer::open(folder.path()).err().unwrap().to_string();
    assert!(error.contains("generation_config.json"), "{error}");
}
