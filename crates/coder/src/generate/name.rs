//! Names of tests: statements of what happens.

use super::value::Value;

/// Names longer than this say less.
const NAME_MAX: usize = 72;

/// `subject_happening_for_circumstances`, as far as there is room.
pub(super) fn statement(subject: &str, happening: &str, args: &[&Value]) -> String {
    let whole = |words: &[String]| {
        let circumstances = words.join("_and_");
        if words.is_empty() {
            format!("test_{subject}_{happening}")
        } else {
            format!("test_{subject}_{happening}_for_{circumstances}")
        }
    };
    let words: Vec<String> = args
        .iter()
        .filter(|arg| ***arg != Value::Omitted)
        .map(|arg| brief(arg))
        .collect();
    let mut name = whole(&words);
    for count in (0..words.len()).rev() {
        if name.len() <= NAME_MAX {
            break;
        }
        name = whole(&words[..count]);
    }
    name
}

/// A value in a few words that can stand in a name.
pub(super) fn brief(value: &Value) -> String {
    match value {
        Value::None => "none".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => number(*n),
        Value::Float(x) => float(*x),
        Value::Str(text) => text_brief(text),
        Value::Bytes(bytes) if bytes.is_empty() => "empty_bytes".to_owned(),
        Value::Bytes(_) => "bytes".to_owned(),
        Value::List(items) => list(items),
        Value::Tuple(items) if items.is_empty() => "empty_tuple".to_owned(),
        Value::Tuple(items) => format!("tuple_of_{}", items.len()),
        Value::Set(items) if items.is_empty() => "empty_set".to_owned(),
        Value::Set(items) => format!("set_of_{}", items.len()),
        Value::Dict(items) if items.is_empty() => "empty_dict".to_owned(),
        Value::Dict(items) => format!("dict_of_{}", items.len()),
        Value::Object(_) => "object".to_owned(),
        Value::New(class, _) => super::python::snake_case(class),
        Value::Raw(text) if text.starts_with("lambda") => "function".to_owned(),
        Value::Raw(text) => words(text, 16).unwrap_or_else(|| "value".to_owned()),
        Value::Omitted => "default".to_owned(),
    }
}

pub(super) fn number(n: i64) -> String {
    if n < 0 {
        format!("minus_{}", n.unsigned_abs())
    } else {
        n.to_string()
    }
}

pub(super) fn float(x: f64) -> String {
    let text = format!("{}{:?}", if x < 0.0 { "minus_" } else { "" }, x.abs());
    words(&text.replace('.', "_point_").replace("e-", "e_minus_"), 24)
        .unwrap_or_else(|| "float".to_owned())
}

pub(super) fn text_brief(text: &str) -> String {
    if text.is_empty() {
        return "empty_string".to_owned();
    }
    if text.chars().all(|c| c.is_ascii_alphanumeric()) && text.len() <= 12 {
        return text.to_lowercase();
    }
    match text.chars().count() {
        1 => "one_character".to_owned(),
        count => format!("text_of_{count}_characters"),
    }
}

fn list(items: &[Value]) -> String {
    let all: Vec<f64> = items
        .iter()
        .filter_map(|item| match item {
            Value::Int(n) => Some(*n as f64),
            Value::Float(x) => Some(*x),
            _ => None,
        })
        .collect();
    let by = |pair: fn(f64, f64) -> bool| all.windows(2).all(|w| pair(w[0], w[1]));
    match items.len() {
        0 => "empty_list".to_owned(),
        1 => "single_item_list".to_owned(),
        count if all.len() < count => format!("list_of_{count}"),
        _ if by(|a, b| a == b) => "equal_items".to_owned(),
        _ if by(|a, b| a < b) => "ascending_list".to_owned(),
        _ if by(|a, b| a > b) => "descending_list".to_owned(),
        _ if all.iter().enumerate().any(|(at, x)| all[..at].contains(x)) => {
            "list_with_duplicates".to_owned()
        }
        count => format!("unordered_list_of_{count}"),
    }
}

/// `text` with everything that cannot stand in a name as underscores; none if nothing is left.
pub(super) fn words(text: &str, length_max: usize) -> Option<String> {
    let mut out = String::new();
    for c in text.chars().take(length_max) {
        if c.is_ascii_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    let out = out.trim_matches('_').to_owned();
    (!out.is_empty()).then_some(out)
}
