//! Type annotations and English descriptions as shapes.

use crate::generate::shape::Shape;
use crate::generate::value::Value;
use programs::Source;

/// The shape that the type `text` names; classes of `source` are built by their constructors.
pub(super) fn read(text: &str, source: &Source) -> Shape {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    let parts = split(text, '|');
    if parts.len() > 1 {
        return Shape::choice(parts.iter().map(|part| read(part, source)));
    }
    let (head, inner) = match text.split_once('[') {
        Some((head, rest)) => (head, split(rest.trim_end_matches(']'), ',')),
        None => (text, Vec::new()),
    };
    let head = head.rsplit('.').next().unwrap_or(head);
    let item = |at: usize| inner.get(at).map_or(Shape::Any, |part| read(part, source));
    match head {
        "int" | "Integral" => Shape::Int,
        "float" | "Real" | "Number" => Shape::Float,
        "bool" => Shape::Bool,
        "str" | "AnyStr" | "Text" => Shape::Str,
        "bytes" => Shape::Bytes,
        "None" => Shape::None,
        "list" | "List" | "Sequence" | "Iterable" | "Iterator" | "Collection"
        | "MutableSequence" => Shape::list(item(0)),
        "set" | "Set" | "frozenset" | "FrozenSet" | "AbstractSet" => Shape::Set(Box::new(item(0))),
        "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" | "OrderedDict" => {
            Shape::dict(item(0), item(1))
        }
        "tuple" | "Tuple" if inner.len() == 2 && inner[1].trim() == "..." => {
            Shape::Choice((0..4).map(|n| Shape::Tuple(vec![item(0); n])).collect())
        }
        "tuple" | "Tuple" => Shape::Tuple((0..inner.len()).map(item).collect()),
        "Optional" => Shape::choice([item(0), Shape::None]),
        "Union" => Shape::choice((0..inner.len()).map(item)),
        "Callable" => {
            let params = inner.first().map_or(1, |params| {
                let params = params.trim().trim_start_matches('[').trim_end_matches(']');
                if params.is_empty() {
                    0
                } else {
                    split(params, ',').len()
                }
            });
            Shape::Function(params)
        }
        "Literal" => Shape::Words(inner.iter().map(|word| word.trim().to_owned()).collect()),
        "Fraction" | "Decimal" if source.text.contains(head) => Shape::Words(
            ["1", "2", "'0.5'", "'-3'", "0"]
                .iter()
                .map(|n| format!("{head}({n})"))
                .collect(),
        ),
        _ if is_class(head, source) => Shape::Class(head.to_owned()),
        _ => Shape::Any,
    }
}

fn is_class(name: &str, source: &Source) -> bool {
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name
        && source.text.lines().any(|line| {
            line.strip_prefix("class ")
                .and_then(|rest| rest.strip_prefix(name))
                .is_some_and(|rest| rest.starts_with([':', '(']))
        })
}

/// Splits at `separator` outside of brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            c if c == separator && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// The shape of values like `value`.
pub(super) fn of_value(value: &Value) -> Shape {
    let join = |items: &[Value]| {
        if items.is_empty() {
            Shape::Any
        } else {
            Shape::choice(items.iter().map(of_value))
        }
    };
    match value {
        Value::None => Shape::None,
        Value::Bool(_) => Shape::Bool,
        Value::Int(_) => Shape::Int,
        Value::Float(_) => Shape::Float,
        Value::Str(_) => Shape::Str,
        Value::Bytes(_) => Shape::Bytes,
        Value::List(items) => Shape::list(join(items)),
        Value::Tuple(items) => Shape::Tuple(items.iter().map(of_value).collect()),
        Value::Set(items) => Shape::Set(Box::new(join(items))),
        Value::Dict(items) => {
            let keys: Vec<Value> = items.iter().map(|(k, _)| k.clone()).collect();
            let values: Vec<Value> = items.iter().map(|(_, v)| v.clone()).collect();
            Shape::dict(join(&keys), join(&values))
        }
        Value::Object(_) | Value::New(..) | Value::Raw(_) | Value::Omitted => Shape::Any,
    }
}

/// The shape that an English description names: its first telling word is the outermost kind.
pub(super) fn of_words(text: &str) -> Shape {
    let text = text.to_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '(' && c != ',')
        .filter(|w| !w.is_empty())
        .collect();
    shape_of(&words, &text)
}

fn shape_of(words: &[&str], text: &str) -> Shape {
    for (at, word) in words.iter().enumerate() {
        let rest = &words[at + 1..];
        let bare = word.trim_matches(['(', ',', ')']);
        match bare {
            "matrix" | "grid" | "2d" => return Shape::list(Shape::list(Shape::Int)),
            "list" | "lists" | "array" | "arrays" | "sequence" | "iterable" | "collection" => {
                return Shape::list(contents(rest, text));
            }
            "nested" => return Shape::list(Shape::choice([Shape::Int, Shape::list(Shape::Any)])),
            "set" | "sets" => return Shape::Set(Box::new(contents(rest, text))),
            "dict" | "dictionary" | "mapping" | "map" => {
                let paired = rest
                    .iter()
                    .any(|w| w.starts_with("pair") || w.starts_with("tuple"));
                let key = if paired || text.contains("{(") {
                    Shape::Tuple(vec![Shape::Any, Shape::Any])
                } else {
                    Shape::Any
                };
                return Shape::dict(key, Shape::Int);
            }
            "pair" | "pairs" => return Shape::Tuple(vec![Shape::Int, Shape::Int]),
            "string" | "strings" | "str" | "text" | "word" | "words" => return Shape::Str,
            "character" | "char" | "characters" => return Shape::Char,
            "int" | "ints" | "integer" | "integers" | "index" | "count" | "digits" | "digit" => {
                return Shape::Int;
            }
            "number" | "numbers" => return Shape::choice([Shape::Int, Shape::Float]),
            "float" | "floats" | "real" | "decimal" => {
                let strings = rest.iter().take(3).any(|w| w.starts_with("string"));
                return if strings {
                    Shape::choice([Shape::Float, Shape::Str])
                } else {
                    Shape::Float
                };
            }
            "bool" | "boolean" | "flag" | "whether" => return Shape::Bool,
            "function" | "callable" | "predicate" => return Shape::Function(1),
            "bytes" => return Shape::Bytes,
            _ => {}
        }
    }
    Shape::Any
}

/// What a container holds: the words after `of`, a tuple in brackets, or nothing known.
fn contents(rest: &[&str], text: &str) -> Shape {
    let Some(of) = rest
        .iter()
        .take(3)
        .position(|word| *word == "of" || *word == "representing")
    else {
        return Shape::Any;
    };
    if rest[of] == "representing" {
        return shape_of(&rest[of + 1..], text);
    }
    let rest = &rest[of + 1..];
    if let Some(first) = rest.first()
        && let Some(open) = first.strip_prefix('(')
    {
        let _ = open;
        let inside = text
            .split_once("of (")
            .and_then(|(_, tail)| tail.split_once(')'))
            .map_or("", |(inside, _)| inside);
        let count = inside.split(',').count().clamp(1, 6);
        return Shape::Tuple(vec![Shape::Int; count]);
    }
    shape_of(rest, text)
}
