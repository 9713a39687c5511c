//! Whatever a network says, what a schema constrains is valid, by the judgement of another crate.

use std::collections::BTreeSet;

use engine::constrain::{Constraint, Grammars};
use engine::sampling::{Sampler, Sampling, Scratch};
use engine::{Vocabulary, Word};
use serde_json::{Map, Value, json};

/// Numbers by turns; the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

const NAMES: [&str; 10] = [
    "id", "name", "a b", "größe", "x\"y", "tags", "n/a", "ok", "日本", "_",
];
const PATTERNS: [&str; 8] = [
    "^[a-z]{2,5}$",
    "^\\d{3}-\\d{4}$",
    "^(red|green|blue)$",
    "^[^\"\\\\]*$",
    "^x?ab+c",
    "^\\w+@\\w+\\.(com|org)$",
    "^$|^x",
    "^[A-Z][a-z]*( [A-Z][a-z]*){0,2}$",
];
const FORMATS: [&str; 9] = [
    "date",
    "time",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
];

fn schema(dice: &mut Dice) -> Value {
    let mut root = match dice.below(4) {
        0 => array(dice, 3),
        _ => object(dice, 3),
    };
    let list = json!({"type": "object",
        "properties": {"value": any(dice, 1), "next": {"$ref": "#/$defs/list"}},
        "required": ["value"], "additionalProperties": false});
    let tree = json!({"anyOf": [{"type": "null"},
        {"type": "array", "items": {"$ref": "#/$defs/tree"}, "minItems": 1, "maxItems": 2}]});
    root["$defs"] = json!({"list": list, "tree": tree, "leaf": any(dice, 0)});
    root
}

fn any(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 7 } else { 12 }) {
        0 => string(dice),
        1 => number(dice, "integer"),
        2 => number(dice, "number"),
        3 => json!({"type": dice.one_of(&["boolean", "null"])}),
        4 => {
            let values = [
                json!(1),
                json!("two"),
                json!(null),
                json!({"three": [3]}),
                json!("\u{1F980}\n"),
            ];
            json!({"enum": values[..1 + dice.below(5)]})
        }
        5 => json!({"const": *dice.one_of(&NAMES)}),
        6 => json!({"type": ["string", "null", "integer"], "maxLength": 5, "minimum": -3}),
        7 => array(dice, depth - 1),
        8 | 9 => object(dice, depth - 1),
        10 => {
            let parts: Vec<Value> = (0..2 + dice.below(2))
                .map(|_| any(dice, depth - 1))
                .collect();
            json!({"anyOf": parts})
        }
        _ => json!({"$ref": dice.one_of(&["#/$defs/list", "#/$defs/tree", "#/$defs/leaf"])}),
    }
}

fn string(dice: &mut Dice) -> Value {
    let mut schema = json!({"type": "string"});
    match dice.below(4) {
        0 => {
            let least = dice.below(6);
            schema["minLength"] = least.into();
            schema["maxLength"] = (least + dice.below(8)).into();
        }
        1 => schema["pattern"] = (*dice.one_of(&PATTERNS)).into(),
        2 => schema["format"] = (*dice.one_of(&FORMATS)).into(),
        _ => {}
    }
    schema
}

fn number(dice: &mut Dice, kind: &str) -> Value {
    let mut schema = json!({"type": kind});
    let least = dice.below(2000) as i64 - 1000;
    let most = least + 1 + dice.below(500) as i64;
    let is_whole = kind == "integer";
    let figure = |x: i64| {
        if is_whole {
            json!(x)
        } else {
            json!(x as f64 / 8.0)
        }
    };
    if dice.chance(50) {
        let word = dice.one_of(&["minimum", "exclusiveMinimum"]);
        schema[word] = figure(least);
    }
    if dice.chance(50) {
        let word = dice.one_of(&["maximum", "exclusiveMaximum"]);
        schema[word] = figure(most + 1);
    }
    if is_whole && dice.chance(20) {
        schema = json!({"type": "integer", "multipleOf": 1 + dice.below(12)});
    }
    schema
}

fn array(dice: &mut Dice, depth: usize) -> Value {
    let least = dice.below(3);
    let mut schema = json!({"type": "array", "items": any(dice, depth),
        "minItems": least, "maxItems": least + dice.below(4)});
    if dice.chance(25) {
        let prefix: Vec<Value> = (0..1 + dice.below(2))
            .map(|_| any(dice, depth.saturating_sub(1)))
            .collect();
        schema["prefixItems"] = prefix.into();
        schema["minItems"] = 2.into();
        schema["maxItems"] = 4.into();
        if dice.chance(50) {
            schema["items"] = false.into();
            schema["minItems"] = 1.into();
        }
    }
    schema
}

fn object(dice: &mut Dice, depth: usize) -> Value {
    let mut properties = Map::new();
    for _ in 0..dice.below(5) {
        let name = *dice.one_of(&NAMES);
        properties.insert(name.to_owned(), any(dice, depth.saturating_sub(1)));
    }
    let required: BTreeSet<String> = properties
        .keys()
        .filter(|_| dice.chance(60))
        .cloned()
        .collect();
    let mut schema = json!({"type": "object", "properties": properties, "required": required});
    match dice.below(4) {
        0 => schema["additionalProperties"] = any(dice, 0),
        1 => {}
        _ => schema["additionalProperties"] = false.into(),
    }
    if dice.chance(10) {
        schema = json!({"type": "object", "patternProperties": {"^k_[a-z]+$": any(dice, 0)}, "additionalProperties": false});
    }
    schema
}

fn vocabulary() -> Vocabulary {
    let mut words = vec![Word::Control("<|end|>".into())];
    words.extend((0..=255_u8).map(|byte| Word::Text(vec![byte])));
    let longer = [
        "\":", "{\"", "\",\"", "},", "}}", "]}", "[[", "null", "true", "fal", "12", "00", "é",
        "日本", "\\u00", "\\n", "ab", "name", "id\"", " \"", ": ", "\n  ", "-0", "e+", ".5", "T1",
        "20", "Z\"",
    ];
    words.extend(longer.map(|word| Word::Text(word.as_bytes().to_vec())));
    Vocabulary::new(words, vec![0])
}

/// What a network of random logits answers, brought to an end when it has gone on for long.
fn answer(grammars: &Grammars, schema: &Value, seed: u64) -> Result<String, String> {
    let vocabulary = vocabulary();
    let mut guide = grammars
        .guide(&Constraint::JsonSchema(schema.to_string()))
        .map_err(|error| error.to_string())?;
    let mut dice = Dice(seed);
    let mut scratch = Scratch::default();
    let mut sampler = Sampler::new(Sampling::default(), seed, 0, 0);
    let (mut tokens, mut text) = (Vec::new(), Vec::new());
    while !guide.is_complete() {
        assert!(
            tokens.len() < 4000,
            "{schema} has no end: {}",
            String::from_utf8_lossy(&text)
        );
        let mut logits: Vec<f32> = (0..vocabulary.len() as u32)
            .map(|token| {
                let first = vocabulary.text(token).first().copied().unwrap_or(b'}');
                let after_digit = text.last().is_some_and(u8::is_ascii_digit);
                let ends = match first {
                    // `1e999` is JSON, but no reader of doubles takes it.
                    b'e' | b'E' if after_digit => return -60.0,
                    b'}' | b']' | b'"' => 40.0,
                    b'@' | b'.' | b':' | b'-' => 30.0,
                    b',' | b'A'..=b'Z' => 25.0,
                    b'0'..=b'9' => 20.0,
                    b' ' | b'\n' | b'\t' | b'\r' | b'[' | b'{' => -40.0,
                    _ => 0.0,
                };
                let noise = dice.below(1000) as f32 / 125.0;
                if tokens.len() > 150 {
                    noise + ends
                } else {
                    noise
                }
            })
            .collect();
        guide.mask(&mut logits).map_err(|error| error.to_string())?;
        let token = sampler
            .sample(&mut logits, &tokens, &mut scratch)
            .ok_or("nothing may follow")?;
        guide.accept(token).map_err(|error| error.to_string())?;
        text.extend_from_slice(vocabulary.text(token));
        tokens.push(token);
    }
    String::from_utf8(text).map_err(|error| error.to_string())
}

#[test]
fn a_thousand_random_schemas_are_always_met() {
    let grammars = Grammars::new(&vocabulary()).unwrap();
    let mut refused = Vec::new();
    for seed in 0..1000 {
        let schema = schema(&mut Dice(seed));
        let judge = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        match answer(&grammars, &schema, seed) {
            Ok(text) => {
                let value: Value = serde_json::from_str(&text)
                    .unwrap_or_else(|error| panic!("{error}: `{text}` of {schema}"));
                if let Err(error) = judge.validate(&value) {
                    panic!("seed {seed}: {error}: `{text}` of {schema}");
                }
            }
            Err(reason) if reason.contains("cannot be used") => refused.push(reason),
            Err(reason) => panic!("seed {seed}: {reason}: {schema}"),
        }
    }
    // A schema may be refused before the request starts, but that must be the exception.
    assert!(
        refused.len() <= 50,
        "{} refused: {refused:#?}",
        refused.len()
    );
}
