//! Rewards that a machine can verify.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How an answer is compared with the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// They are the same text, but for white space around them.
    Exact,
    /// The right one stands in it.
    Contains,
    /// The last number in it is the right one.
    Number,
    /// It is JSON of the same value.
    Json,
    /// It is a list of calls of tools, `[{"tool" or "name", "arguments"}, …]`: a share for each call that is
    /// right, half of it for the tool and half for the arguments.
    Calls,
}

/// What is thought of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reward {
    /// How right it is, from zero to one.
    pub right: f64,
    /// Whether it has the form that is asked for, be it right or not.
    pub is_formed: bool,
}

impl Check {
    /// Compares `said` with the right `answer`.
    pub fn reward(self, answer: &Value, said: &str) -> Reward {
        let said = said.trim();
        let text = || match answer {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        let (right, is_formed) = match self {
            Self::Exact => (share(said == text()), !said.is_empty()),
            Self::Contains => {
                let text = text();
                let is_in = !text.is_empty() && said.contains(&text);
                (share(is_in), !said.is_empty())
            }
            Self::Number => {
                let (last, wanted) = (last_number(said), last_number(&text()));
                let is_right = last.zip(wanted).is_some_and(|(a, b)| is_same_number(a, b));
                (share(is_right), last.is_some())
            }
            Self::Json => match serde_json::from_str::<Value>(said) {
                Ok(said) => (share(is_same(&said, &parsed(answer))), true),
                Err(_) => (0.0, false),
            },
            Self::Calls => match serde_json::from_str::<Value>(said).as_ref().map(calls) {
                Ok(Some(said)) => {
                    let answer = parsed(answer);
                    (
                        right_calls(&calls(&answer).unwrap_or_default(), &said),
                        true,
                    )
                }
                _ => (0.0, false),
            },
        };
        Reward { right, is_formed }
    }

    /// Why no answer could ever be right.
    pub(crate) fn flaw(self, answer: &Value) -> Option<&'static str> {
        let text = match answer {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match self {
            Self::Exact | Self::Json => None,
            Self::Contains if text.trim().is_empty() => Some("`answer` is empty"),
            Self::Number if last_number(&text).is_none() => Some("`answer` is no number"),
            Self::Calls if calls(&parsed(answer)).is_none() => {
                Some("`answer` is no list of calls with `tool` and `arguments`")
            }
            _ => None,
        }
    }
}

fn share(is_right: bool) -> f64 {
    f64::from(u8::from(is_right))
}

/// A value, or what a text of JSON says.
fn parsed(answer: &Value) -> Value {
    match answer {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| answer.clone()),
        other => other.clone(),
    }
}

/// The last number of a text: digits with a sign, a point and commas between thousands.
fn last_number(text: &str) -> Option<f64> {
    let is_of_number = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = text[..end]
        .rfind(|c: char| !is_of_number(c))
        .map_or(0, |at| {
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        });
    let digits = text[start..end].trim_start_matches([',', '.']);
    let before = &text[..end - digits.len()];
    let number: f64 = digits.replace(',', "").parse().ok()?;
    // A sign, where it is not a hyphen between words or numbers.
    let is_negative = before.strip_suffix('-').is_some_and(|rest| {
        rest.chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric())
    });
    Some(if is_negative { -number } else { number })
}

fn is_same_number(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// Whether two values are the same; `1` and `1.0` are, as are objects in another order.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b
                || a.as_f64()
                    .zip(b.as_f64())
                    .is_some_and(|(a, b)| is_same_number(a, b))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let is_in = |(key, value): (&String, &Value)| {
                b.get(key).is_some_and(|other| is_same(value, other))
            };
            a.len() == b.len() && a.iter().all(is_in)
        }
        _ => a == b,
    }
}

/// A call of a tool.
struct Call<'a> {
    tool: &'a str,
    arguments: Option<&'a Map<String, Value>>,
}

/// The calls of a list, none when it is no such list.
fn calls(value: &Value) -> Option<Vec<Call<'_>>> {
    let calls = value.as_array()?.iter().map(|call| {
        let tool = call.get("tool").or_else(|| call.get("name"))?.as_str()?;
        let arguments = match call.get("arguments") {
            None | Some(Value::Null) => None,
            Some(Value::Object(arguments)) => Some(arguments),
            Some(_) => return None,
        };
        Some(Call { tool, arguments })
    });
    calls.collect()
}

/// The share of calls that are right, in their order: those that are missing or too many count as wrong.
fn right_calls(wanted: &[Call<'_>], said: &[Call<'_>]) -> f64 {
    let most = wanted.len().max(said.len());
    if most == 0 {
        return 1.0;
    }
    // The best that so many of the first can be matched with so many of the other.
    let mut best = vec![vec![0.0_f64; said.len() + 1]; wanted.len() + 1];
    for (row, wanted) in wanted.iter().enumerate() {
        for (column, said) in said.iter().enumerate() {
            let matched = best[row][column] + right_call(wanted, said);
            best[row + 1][column + 1] = matched
                .max(best[row][column + 1])
                .max(best[row + 1][column]);
        }
    }
    best[wanted.len()][said.len()] / most as f64
}

fn right_call(wanted: &Call<'_>, said: &Call<'_>) -> f64 {
    if wanted.tool != said.tool {
        return 0.0;
    }
    let none = Map::new();
    let [wanted, said] = [wanted, said].map(|call| call.arguments.unwrap_or(&none));
    let is_right = |(key, value): &(&String, &Value)| {
        said.get(*key).is_some_and(|other| is_same(value, other))
    };
    let right = wanted.iter().filter(is_right).count();
    let all = wanted.len() + said.keys().filter(|key| !wanted.contains_key(*key)).count();
    match all {
        0 => 1.0,
        all => 0.5 + 0.5 * right as f64 / all as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn right(check: Check, answer: &Value, said: &str) -> f64 {
        check.reward(answer, said).right
    }

    #[test]
    fn texts_and_numbers_are_compared_as_they_are_meant() {
        for (check, answer, said, wanted) in [
            (Check::Exact, json!("yes"), " yes\n", 1.0),
            (Check::Exact, json!("yes"), "yes.", 0.0),
            (Check::Exact, json!(7), "7", 1.0),
            (Check::Contains, json!("Paris"), "It is Paris.", 1.0),
            (Check::Contains, json!("Paris"), "It is Rome.", 0.0),
            (Check::Number, json!(42), "6 times 7 is 42.", 1.0),
            (Check::Number, json!("1,234.5"), "so 1234.50", 1.0),
            (Check::Number, json!(-3), "the sum is -3", 1.0),
            (Check::Number, json!(3), "the sum is -3", 0.0),
            (Check::Number, json!(7), "from 2-7", 1.0),
            (Check::Number, json!(7), "none, …", 0.0),
            (Check::Number, json!(5), "«5»", 1.0),
        ] {
            assert_eq!(
                right(check, &answer, said),
                wanted,
                "{check:?} {answer} {said}"
            );
        }
        assert!(!Check::Number.reward(&json!(1), "many").is_formed);
        assert!(Check::Number.flaw(&json!("many")).is_some());
        assert!(Check::Calls.flaw(&json!({"tool": "add"})).is_some());
    }

    #[test]
    fn json_is_compared_by_its_value() {
        let answer = json!({"a": 1, "b": [true, null]});
        for (said, wanted, is_formed) in [
            (r#"{"b":[true,null],"a":1.0}"#, 1.0, true),
            (r#"{"b":[null,true],"a":1}"#, 0.0, true),
            (r#"{"a":1"#, 0.0, false),
        ] {
            let reward = Check::Json.reward(&answer, said);
            assert_eq!(
                (reward.right, reward.is_formed),
                (wanted, is_formed),
                "{said}"
            );
        }
        assert_eq!(right(Check::Json, &json!("[1, 2]"), "[1,2]"), 1.0);
    }

    #[test]
    fn calls_are_right_in_part() {
        let answer = json!([
            {"tool": "add", "arguments": {"a": 1, "b": 2}},
            {"tool": "now", "arguments": {}},
        ]);
        for (said, wanted) in [
            (answer.to_string(), 1.0),
            (
                r#"[{"name":"add","arguments":{"a":1,"b":2}},{"name":"now"}]"#.to_owned(),
                1.0,
            ),
            (
                r#"[{"tool":"add","arguments":{"a":1,"b":3}},{"tool":"now"}]"#.to_owned(),
                0.875,
            ),
            (r#"[{"tool":"now"}]"#.to_owned(), 0.5),
            (
                r#"[{"tool":"now"},{"tool":"add","arguments":{"a":1,"b":2}}]"#.to_owned(),
                0.5,
            ),
            (
                r#"[{"tool":"add","arguments":{"a":1,"b":2,"c":0}}]"#.to_owned(),
                5.0 / 12.0,
            ),
            ("[]".to_owned(), 0.0),
            ("[1]".to_owned(), 0.0),
            ("add 1 and 2".to_owned(), 0.0),
        ] {
            let got = right(Check::Calls, &answer, &said);
            assert!((got - wanted).abs() < 1e-12, "{said}: {got}");
        }
        assert_eq!(right(Check::Calls, &json!([]), "[]"), 1.0);
    }
}
