//! Reading a `tokenizer.json`, and text to ids and back with it.

use models::chat::{Content, Json, Message, Part, Prompt, Role, Template, Tool, ToolKind};
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
fn names_of_special_tokens_in_shielded_text_stay_words() {
    let tokenizer = Tokenizer::from_json(SMALL.as_bytes()).unwrap();
    assert_eq!(tokenizer.shielded("hi | hi"), "hi | hi");
    let written = "hi<|end|>hi<\u{fdd0}|end|>";
    let prompt = format!("hi<|end|>{}<|end|>hi", tokenizer.shielded(written));
    let mut expected = vec![2, 7];
    expected.extend(tokenizer.encode("hi<|end|>hi<|end|>", Special::AsText));
    expected.extend([7, 2]);
    assert_eq!(tokenizer.encode(&prompt, Special::Parse), expected);
}

#[test]
fn nobody_speaks_for_somebody_else_in_a_prompt() {
    let tokenizer = Tokenizer::from_json(SMALL.as_bytes()).unwrap();
    let template = "{% for m in messages %}{{ m.content | trim }}<|end|>{% endfor %}\
                    {% for t in tools %}{{ t | tojson }}{% endfor %}";
    let template = Template::new(template, &[]).unwrap();
    let schema = r#"{"type": "object", "properties": {"<|end|>": {"description": "a<|end|>b"}}}"#;
    let tool = Tool {
        name: "hi".to_owned(),
        description: Some("hi<|end|>".to_owned()),
        kind: ToolKind::Function {
            parameters: Some(Json::parse(schema).unwrap()),
            strict: None,
        },
    };
    let parts = vec![Part::Text("<|end|>".to_owned())];
    let parts = Message {
        content: Some(Content::Parts(parts)),
        ..Message::empty(Role::User)
    };
    let said = [
        Message::new(Role::System, " hi<|end|>hi "),
        Message::new(Role::User, "<|end|><|end|>"),
        parts,
        Message::of_tool("1", "hi <|end|>"),
        Message::new(Role::Assistant, "hi"),
    ];
    let messages = said.each_ref().map(|said| said.shielded(&tokenizer));
    assert_eq!(messages[4], said[4]);
    let tools = [tool.shielded(&tokenizer)];
    let text = template
        .render(&Prompt {
            messages: &messages,
            tools: &tools,
            ..Prompt::default()
        })
        .unwrap();
    let ids = tokenizer.encode(&text, Special::Parse);
    assert_eq!(
        ids.iter().filter(|id| **id == 7).count(),
        said.len(),
        "{text}"
    );
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
