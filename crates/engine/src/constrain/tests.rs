use super::*;

/// Bytes, some longer words, and signs; token 0 ends a text.
fn vocabulary() -> Vocabulary {
    let mut words = vec![Word::Control("<|end|>".into())];
    words.extend((0..=255_u8).map(|byte| Word::Text(vec![byte])));
    for word in [
        "name", "\":", "{\"", "tru", "é", "日本", "  ", "\",\"", "</call>", "<call>",
    ] {
        words.push(Word::Text(word.as_bytes().to_vec()));
    }
    words.push(Word::Control("<|call|>".into()));
    Vocabulary::new(words, vec![0])
}

fn guide(constraint: &Constraint) -> Result<Guide, String> {
    let grammars = Grammars::new(&vocabulary()).unwrap();
    grammars
        .guide(constraint)
        .map_err(|error| error.to_string())
}

/// Whether the bytes of `text` may follow one by one, and the text may end there.
fn accepts(constraint: &Constraint, text: &str) -> bool {
    let mut guide = guide(constraint).unwrap();
    for byte in text.bytes() {
        let mut logits = vec![0.0; vocabulary().len()];
        guide.mask(&mut logits).unwrap();
        let token = u32::from(byte) + 1;
        if logits[token as usize] != 0.0 {
            return false;
        }
        guide.accept(token).unwrap();
    }
    guide.may_end()
}

#[test]
fn a_regular_expression_matches_whole_texts() {
    let date = Constraint::Regex(r"\d{4}-\d\d".to_owned());
    assert!(accepts(&date, "2024-05"));
    assert!(!accepts(&date, "2024-0"));
    assert!(!accepts(&date, "2024-055"));
}

#[test]
fn a_schema_allows_what_meets_it_and_nothing_else() {
    let schema = Constraint::JsonSchema(
        r#"{"type":"object","properties":{"a":{"type":"integer","minimum":3,"maximum":17}},
            "required":["a"],"additionalProperties":false}"#
            .to_owned(),
    );
    assert!(accepts(&schema, r#"{"a":17}"#));
    assert!(accepts(&schema, "{\n  \"a\": 3\n}"));
    for wrong in [r#"{"a":18}"#, r#"{"b":3}"#, "{}", r#"{"a":3"#, "[]"] {
        assert!(!accepts(&schema, wrong), "{wrong}");
    }
    assert!(accepts(&Constraint::JsonObject, r#"{"x":[1,{"y":null}]}"#));
    assert!(!accepts(&Constraint::JsonObject, "[1]"));
}

#[test]
fn references_may_be_escaped_anchored_and_recursive() {
    for reference in ["#/$defs/a~1b", "#/%24defs/a~1b", "#here"] {
        let schema = format!(
            r##"{{"type":"array","items":{{"$ref":"{reference}"}},
                "$defs":{{"a/b":{{"$anchor":"here","type":"integer"}}}}}}"##
        );
        let schema = Constraint::JsonSchema(schema);
        assert!(accepts(&schema, "[1,22]"), "{reference}");
        assert!(!accepts(&schema, "[\"1\"]"), "{reference}");
    }
    let tree = Constraint::JsonSchema(
        r##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##
            .to_owned(),
    );
    assert!(accepts(&tree, r#"{"next":{"next":{}}}"#));
    assert!(!accepts(&tree, r#"{"next":{"next":1}}"#));
}

#[test]
fn what_cannot_be_met_or_is_unsupported_is_refused_with_a_reason() {
    let cases = [
        ("{", "no JSON"),
        ("false", "no value meets it"),
        ("7", "`7` is no schema"),
        (r#"{"type":"integer","minimum":5,"maximum":3}"#, "minimum"),
        (
            r#"{"type":"string","minLength":5,"maxLength":3}"#,
            "minLength",
        ),
        (r#"{"type":"array","minItems":2,"maxItems":1}"#, "minItems"),
        (r#"{"enum":[]}"#, ""),
        (r##"{"$ref":"#/$defs/none"}"##, "`#/$defs/none`"),
        (
            r#"{"$ref":"https://example.org/s.json"}"#,
            "not in the schema",
        ),
        (
            r#"{"type":"object","unevaluatedProperties":false}"#,
            "unevaluatedProperties",
        ),
        (r#"{"type":"string","format":"made-up"}"#, "made-up"),
        (
            r##"{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}"##,
            "contains itself without end",
        ),
        (
            r##"{"type":"array","items":{"anyOf":[{"$ref":"#"}]},"minItems":1}"##,
            "contains itself without end",
        ),
        (
            r#"{"type":"object","properties":{"a":false},"required":["a"]}"#,
            "",
        ),
    ];
    for (schema, reason) in cases {
        let found = guide(&Constraint::JsonSchema(schema.to_owned())).err();
        let found = found.unwrap_or_else(|| panic!("`{schema}` was accepted"));
        assert!(found.contains(reason), "{schema}: {found}");
    }
    let regex = guide(&Constraint::Regex("(a".to_owned())).err().unwrap();
    assert!(
        regex.starts_with("the regular expression cannot be used"),
        "{regex}"
    );
    assert!(guide(&Constraint::Lark("start: nothing".to_owned())).is_err());
}

#[test]
fn many_references_to_each_other_are_settled_quickly() {
    let names = || 0..60;
    let any: Vec<String> = names()
        .map(|n| format!(r##"{{"$ref":"#/$defs/n{n}"}}"##))
        .collect();
    let any = any.join(",");
    let endless: Vec<String> = names()
        .map(|n| format!(r#""n{n}":{{"type":"array","minItems":1,"items":{{"anyOf":[{any}]}}}}"#))
        .collect();
    let schema = format!(
        r##"{{"$ref":"#/$defs/n0","$defs":{{{}}}}}"##,
        endless.join(",")
    );
    let begun = std::time::Instant::now();
    assert!(
        guide(&Constraint::JsonSchema(schema))
            .err()
            .unwrap()
            .contains("without end")
    );
    assert!(begun.elapsed().as_secs() < 5);
}

#[test]
fn a_lark_grammar_is_followed() {
    let sum = Constraint::Lark("start: N (\"+\" N)*\nN: /[0-9]+/".to_owned());
    assert!(accepts(&sum, "1+23+4"));
    assert!(!accepts(&sum, "1+"));
}

#[test]
fn gbnf_grammars_are_followed_recursion_and_all() {
    let list = r#"
        # items of a list, a line each
        root ::= item+
        item ::= "- " [^\r\n\x0b\u2028]+ "\n"
    "#;
    let list = Constraint::Gbnf(list.to_owned());
    assert!(accepts(&list, "- a b\n- é\n"));
    assert!(!accepts(&list, "- a"));

    let json = r#"
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::=
  "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
# Optional space: by convention, applied in this grammar after literal chars when allowed
ws ::= | " " | "\n" [ \t]{0,20}
"#;
    let json = Constraint::Gbnf(json.to_owned());
    for text in [
        "{}",
        "{\"a\": [1, -2.5e3, {\"b\":\ntrue}]}",
        r#"{"\u00e9":"x\n"}"#,
    ] {
        assert!(accepts(&json, text), "{text}");
    }
    for text in ["[]", "{\"a\"}", "{\"a\":01}", "{\"a\":tru}"] {
        assert!(!accepts(&json, text), "{text}");
    }
    let nested = Constraint::Gbnf("root ::= \"(\" root? \")\" | [0-9]{2,3}".to_owned());
    assert!(accepts(&nested, "((12))"));
    assert!(accepts(&nested, "(())"));
    assert!(!accepts(&nested, "((1))"));
}

#[test]
fn mistakes_in_gbnf_are_named() {
    let deep = format!("root ::= {}", "(".repeat(5000));
    let cases = [
        ("a ::= \"x\"", "no rule `root`"),
        ("root ::= b", "`b`, which is no rule"),
        ("root = \"x\"", "`::=` expected"),
        ("root ::= \"x", "end of a literal"),
        ("root ::= [z-a]", "ends before it begins"),
        ("root ::= \"\\q\"", "unknown escape"),
        ("root ::= \"a\"{3,1}", "no repetition"),
        (deep.as_str(), "nest deeper"),
    ];
    for (grammar, reason) in cases {
        let found = guide(&Constraint::Gbnf(grammar.to_owned())).err().unwrap();
        assert!(found.contains(reason), "{found}");
    }
}

#[test]
fn tags_stand_in_free_text_and_hold_json() {
    let tags = |trigger: &str, allows_text, is_required| {
        let tag = |name: &str| {
            Tag {
            begin: format!("{trigger}{{\"name\": \"{name}\", \"arguments\": "),
            schema: r#"{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"],"additionalProperties":false}"#.to_owned(),
            end: "}</call>".to_owned(),
        }
        };
        Constraint::Tagged(Tags {
            trigger: trigger.to_owned(),
            tags: vec![tag("add"), tag("sub")],
            allows_text,
            is_required,
            repeats: true,
        })
    };
    let free = tags("<call>", true, false);
    assert!(accepts(&free, "Just words < here."));
    let call = r#"<call>{"name": "sub", "arguments": {"x":1}}</call>"#;
    assert!(accepts(&free, call));
    assert!(accepts(
        &free,
        &format!("Let me see.{call} And {call} done")
    ));
    assert!(!accepts(&free, r#"<call>{"name": "mul""#));
    assert!(!accepts(
        &free,
        r#"<call>{"name": "sub", "arguments": {"y":1}}</call>"#
    ));
    assert!(!accepts(&tags("<call>", true, true), "Just words."));
    assert!(!accepts(&tags("<call>", false, true), "Just words."));
    assert!(accepts(&tags("<call>", false, true), call));

    // A sign of the vocabulary is matched as that token, not as its letters.
    let signed = tags("<|call|>", true, true);
    let sign = vocabulary().token("<|call|>").unwrap();
    let mut guide = guide(&signed).unwrap();
    let body = "{\"name\": \"add\", \"arguments\": {\"x\":1}}</call>";
    let bytes = |text: &str| text.bytes().map(|b| u32::from(b) + 1).collect::<Vec<u32>>();
    let tokens = [bytes("Hm."), vec![sign], bytes(body)].concat();
    for token in tokens {
        guide.accept(token).unwrap();
    }
    assert!(guide.may_end());
}

#[test]
fn what_must_follow_is_forced_when_the_tokenizer_is_known() {
    let greedy: Encode = Arc::new(|text: &str| text.bytes().map(|b| u32::from(b) + 1).collect());
    let schema = Constraint::JsonSchema(
        r#"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],
            "additionalProperties":false,"x-guidance":{"whitespace_flexible":false}}"#
            .to_owned(),
    );
    let known = Grammars::new(&vocabulary().with_encode(greedy)).unwrap();
    let forced = known.guide(&schema).unwrap().forced();
    let text: Vec<u8> = forced.iter().map(|token| (token - 1) as u8).collect();
    let text = String::from_utf8(text).unwrap();
    assert!(
        r#"{"name":""#.starts_with(&text) && text.len() >= 6,
        "{text}"
    );
    assert_eq!(guide(&schema).unwrap().forced(), Vec::<u32>::new());
}

#[test]
fn rows_longer_than_the_vocabulary_are_masked_to_their_end() {
    let mut guide = guide(&Constraint::Regex("a".to_owned())).unwrap();
    let mut logits = vec![0.0; vocabulary().len() + 100];
    guide.mask(&mut logits).unwrap();
    let allowed: Vec<usize> = (0..logits.len()).filter(|at| logits[*at] == 0.0).collect();
    assert_eq!(allowed, [usize::from(b'a') + 1]);
    guide.accept(u32::from(b'a') + 1).unwrap();
    assert!(guide.is_complete());
}
