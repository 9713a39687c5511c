//! One text for one value, so that equal records have equal hashes: RFC 8785 without fractions.

use std::fmt::Write as _;

use serde_json::Value;

/// The largest whole number that every reader of JSON keeps exactly.
const WHOLE_MAX: u64 = (1 << 53) - 1;

/// Values may lie this deep.
const DEPTH_MAX: usize = 32;

/// The canonical text of `value`: keys sorted by UTF-16 units, no blanks, the shortest escapes.
/// `None` where it holds a fraction, a number that not every reader keeps, or lies too deep.
pub fn text(value: &Value) -> Option<String> {
    let mut out = String::new();
    write(value, &mut out, 0)?;
    Some(out)
}

/// Reads `text`, if it is the canonical text of its value.
pub fn read(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    (self::text(&value)? == text).then_some(value)
}

fn write(value: &Value, out: &mut String, depth: usize) -> Option<()> {
    if depth > DEPTH_MAX {
        return None;
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => {
            let size = number.as_i64().map(i64::unsigned_abs).or(number.as_u64())?;
            if size > WHOLE_MAX {
                return None;
            }
            write!(out, "{number}").expect("text grows");
        }
        Value::String(string) => quote(string, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out, depth + 1)?;
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, (name, item)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(name, out);
                out.push(':');
                write(item, out, depth + 1)?;
            }
            out.push('}');
        }
    }
    Some(())
}

/// Writes `string` as canonical JSON has it.
pub(super) fn quote(string: &str, out: &mut String) {
    out.push('"');
    for character in string.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' => {
                write!(out, "\\u{:04x}", u32::from(character)).expect("text grows");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::chance::Dice;

    #[test]
    fn the_examples_of_rfc_8785_come_out_as_printed_there() {
        let value = json!({
            "literals": [null, true, false],
            "string": "\u{20ac}$\u{f}\nA'B\"\\\\\"/",
        });
        let text = text(&value).unwrap();
        let expected = "{\"literals\":[null,true,false],\
            \"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(text, expected);
        // Section 3.2.3: by UTF-16 units, where an emoji comes before U+FB33.
        let names = [
            "\r",
            "1",
            "\u{80}",
            "\u{f6}",
            "\u{20ac}",
            "\u{1f600}",
            "\u{fb33}",
        ];
        let object: serde_json::Map<String, Value> = names
            .iter()
            .rev()
            .map(|name| ((*name).to_owned(), Value::Null))
            .collect();
        let text = self::text(&Value::Object(object)).unwrap();
        let places: Vec<usize> = names[1..].iter().map(|n| text.find(n).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
        assert!(text.starts_with("{\"\\r\":null"), "{text}");
    }

    #[test]
    fn fractions_and_numbers_that_readers_round_have_no_text() {
        assert_eq!(text(&json!(0.5)), None);
        assert_eq!(text(&json!(1u64 << 53)), None);
        assert_eq!(text(&json!(i64::MIN)), None);
        assert_eq!(
            text(&json!(-9007199254740991i64)).unwrap(),
            "-9007199254740991"
        );
    }

    #[test]
    fn what_lies_too_deep_has_no_text() {
        let deep = |levels: usize| (0..levels).fold(json!(0), |inner, _| json!([inner]));
        assert!(text(&deep(32)).is_some());
        assert_eq!(text(&deep(33)), None);
        assert_eq!(read(&"[".repeat(100_000)), None);
    }

    #[test]
    fn any_value_is_read_back_from_its_text_and_no_other_text_of_it_is_taken() {
        let mut dice = Dice::new(11);
        for _ in 0..3_000 {
            let value = any_value(&mut dice, 0);
            let text = text(&value).unwrap();
            assert_eq!(read(&text), Some(value.clone()), "{text}");
            let loose = serde_json::to_string_pretty(&value).unwrap();
            assert!(loose == text || read(&loose).is_none(), "{loose}");
            // One byte changed is another value, or not canonical, or no JSON at all.
            let mut bytes = text.clone().into_bytes();
            let place = dice.below(bytes.len());
            bytes[place] ^= 1 << dice.below(7);
            if let Ok(changed) = String::from_utf8(bytes)
                && let Some(other) = read(&changed)
            {
                assert_ne!(other, value, "{text} and {changed}");
            }
        }
    }

    #[test]
    fn a_name_given_twice_is_not_canonical() {
        assert_eq!(read(r#"{"a":1,"a":1}"#), None);
        assert_eq!(read(r#"{"a":1,"a":2}"#), None);
    }

    fn any_value(dice: &mut Dice, depth: usize) -> Value {
        match dice.below(if depth > 3 { 4 } else { 6 }) {
            0 => Value::Null,
            1 => json!(dice.below(2) == 0),
            2 => json!(dice.below(1 << 40) as i64 - (1 << 39)),
            3 => json!(any_string(dice)),
            4 => (0..dice.below(4))
                .map(|_| any_value(dice, depth + 1))
                .collect(),
            _ => Value::Object(
                (0..dice.below(4))
                    .map(|_| (any_string(dice), any_value(dice, depth + 1)))
                    .collect(),
            ),
        }
    }

    fn any_string(dice: &mut Dice) -> String {
        let edges = [
            '"',
            '\\',
            '\0',
            '\u{1f}',
            '\u{7f}',
            '/',
            '\u{2028}',
            '\u{1f600}',
            '\u{fb33}',
        ];
        (0..dice.below(6))
            .map(|_| match dice.below(3) {
                0 => edges[dice.below(edges.len())],
                1 => char::from_u32(dice.below(0xd800) as u32).unwrap(),
                _ => char::from(b'a' + dice.below(26) as u8),
            })
            .collect()
    }
}
