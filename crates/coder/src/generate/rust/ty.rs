//! Types as signatures spell them, read into a form that values can be made for.

use std::collections::HashMap;
use std::fmt::Write as _;

/// A type of which values can be made, or `Other`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    Unit,
    Bool,
    Char,
    Str,
    String,
    /// An integer, by its name.
    Int(&'static str),
    Float(&'static str),
    Vec(Box<Ty>),
    Slice(Box<Ty>),
    Array(Box<Ty>, usize),
    Deque(Box<Ty>),
    /// A set: whether it hashes, and its members.
    Set(bool, Box<Ty>),
    /// A map: whether it hashes, its keys and its values.
    Map(bool, Box<Ty>, Box<Ty>),
    Tuple(Vec<Ty>),
    Option(Box<Ty>),
    Result(Box<Ty>, Box<Ty>),
    /// A pointer or cell that is made by `new`: `Box`, `Rc`, `Arc`, `Cell`, `RefCell`.
    Wrap(&'static str, Box<Ty>),
    /// A reference: whether it is mutable, and what it refers to.
    Ref(bool, Box<Ty>),
    /// A type of the crate with its arguments.
    Own(String, Vec<Ty>),
    Closure(Vec<Ty>, Box<Ty>),
    /// Something that yields items.
    Iter(Box<Ty>),
    /// One that no value can be made of, as it is spelled.
    Other(String),
}

/// What names stand for where a type is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Type parameters, `Self` and associated types, with what they are taken to be.
    pub known: HashMap<String, Ty>,
    /// Type aliases of the crate: parameters and meaning.
    pub aliases: HashMap<String, (Vec<String>, String)>,
    /// Names of the crate's own structures and enumerations.
    pub own: Vec<String>,
}

pub(super) const INTEGERS: [&str; 12] = [
    "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
];

/// Reads the type that `text` spells.
pub(super) fn parse(text: &str, names: &Names) -> Ty {
    parse_at(text, names, 0)
}

fn parse_at(text: &str, names: &Names, depth: usize) -> Ty {
    let text = text.trim();
    if depth > 12 {
        return Ty::Other(text.to_owned());
    }
    let inner = |text: &str| Box::new(parse_at(text, names, depth + 1));
    if let Some(rest) = text.strip_prefix('&') {
        let rest = skip_lifetime(rest.trim_start());
        return match rest.strip_prefix("mut ") {
            Some(rest) => Ty::Ref(true, inner(rest)),
            None => Ty::Ref(false, inner(rest)),
        };
    }
    if let Some(list) = enclosed(text, '(', ')') {
        let parts = split(list);
        return match parts.as_slice() {
            [] => Ty::Unit,
            [one] if !list.trim_end().ends_with(',') => parse_at(one, names, depth + 1),
            _ => Ty::Tuple(
                parts
                    .iter()
                    .map(|part| parse_at(part, names, depth + 1))
                    .collect(),
            ),
        };
    }
    if let Some(body) = enclosed(text, '[', ']') {
        return match body.rsplit_once(';') {
            Some((item, count)) => match length(count.trim(), names) {
                Some(count) => Ty::Array(inner(item), count),
                None => Ty::Other(text.to_owned()),
            },
            None => Ty::Slice(inner(body)),
        };
    }
    if let Some(bounds) = text.strip_prefix("impl ") {
        return bounded(bounds, names, depth);
    }
    if let Some(bounds) = text.strip_prefix("dyn ") {
        return match bounded(bounds, names, depth) {
            closure @ Ty::Closure(..) => closure,
            iterator @ Ty::Iter(_) => iterator,
            _ => Ty::Other(text.to_owned()),
        };
    }
    if let Some(rest) = text.strip_prefix("fn(") {
        return closure(&format!("Fn({rest}"), names, depth)
            .unwrap_or_else(|| Ty::Other(text.to_owned()));
    }
    path(text, names, depth)
}

fn path(text: &str, names: &Names, depth: usize) -> Ty {
    if let Some(known) = names.known.get(text) {
        return known.clone();
    }
    let (whole, arguments) = match text.find('<') {
        Some(at) if text.ends_with('>') => (&text[..at], split(&text[at + 1..text.len() - 1])),
        _ => (text, Vec::new()),
    };
    let arguments: Vec<&str> = arguments
        .into_iter()
        .filter(|argument| !argument.starts_with('\''))
        .collect();
    let head = whole.rsplit("::").next().unwrap_or(whole).trim();
    let at = |index: usize| arguments.get(index).copied().unwrap_or("_");
    let one = |index: usize| Box::new(parse_at(at(index), names, depth + 1));
    if let Some((parameters, meaning)) = names.aliases.get(head) {
        let mut inner = names.clone();
        inner.aliases.remove(head);
        for (index, parameter) in parameters.iter().enumerate() {
            inner.known.insert(parameter.clone(), *one(index));
        }
        return parse_at(meaning, &inner, depth + 1);
    }
    if names.own.iter().any(|own| own == head) {
        let arguments = arguments
            .iter()
            .map(|text| parse_at(text, names, depth + 1));
        return Ty::Own(head.to_owned(), arguments.collect());
    }
    if let Some(name) = INTEGERS.iter().find(|name| **name == head) {
        return Ty::Int(name);
    }
    match (head, arguments.len()) {
        ("f32", 0) => Ty::Float("f32"),
        ("f64", 0) => Ty::Float("f64"),
        ("bool", 0) => Ty::Bool,
        ("char", 0) => Ty::Char,
        ("str", 0) => Ty::Str,
        ("String", 0) => Ty::String,
        ("Vec", 1) => Ty::Vec(one(0)),
        ("VecDeque", 1) => Ty::Deque(one(0)),
        ("HashSet", 1) => Ty::Set(true, one(0)),
        ("BTreeSet", 1) => Ty::Set(false, one(0)),
        ("HashMap", 2) => Ty::Map(true, one(0), one(1)),
        ("BTreeMap", 2) => Ty::Map(false, one(0), one(1)),
        ("Option", 1) => Ty::Option(one(0)),
        ("Result", 2) => Ty::Result(one(0), one(1)),
        ("Box", 1) => match *one(0) {
            closure @ Ty::Closure(..) => Ty::Wrap("Box", Box::new(closure)),
            inner @ Ty::Iter(_) => inner,
            inner => Ty::Wrap("Box", Box::new(inner)),
        },
        ("Rc", 1) => Ty::Wrap("Rc", one(0)),
        ("Arc", 1) => Ty::Wrap("Arc", one(0)),
        ("Cell", 1) => Ty::Wrap("Cell", one(0)),
        ("RefCell", 1) => Ty::Wrap("RefCell", one(0)),
        _ => Ty::Other(text.to_owned()),
    }
}

/// What a type parameter or `impl` with these bounds is taken to be.
pub(super) fn bounded(bounds: &str, names: &Names, depth: usize) -> Ty {
    let bounds = bounds.trim();
    if let Some(closure) = closure(bounds, names, depth) {
        return closure;
    }
    let item = |bound: &str| {
        let at = bound.find("Item")?;
        let rest = bound[at + 4..].trim_start().strip_prefix('=')?;
        let end = rest.rfind('>')?;
        Some(Box::new(parse_at(&rest[..end], names, depth + 1)))
    };
    for bound in split_on(bounds, '+') {
        let bound = bound.trim();
        let head = bound.split('<').next().unwrap_or(bound);
        let head = head.rsplit("::").next().unwrap_or(head);
        let argument = bound
            .find('<')
            .and_then(|at| bound[at + 1..].strip_suffix('>'));
        match (head, argument) {
            ("IntoIterator", _) => {
                if let Some(item) = item(bound) {
                    return Ty::Vec(item);
                }
            }
            ("Iterator" | "DoubleEndedIterator" | "ExactSizeIterator", _) => {
                if let Some(item) = item(bound) {
                    return Ty::Iter(item);
                }
            }
            ("AsRef" | "Borrow" | "Into", Some("str" | "String"))
            | ("Into", Some("Cow<'static, str>"))
            | ("ToString", None) => return Ty::Ref(false, Box::new(Ty::Str)),
            ("AsRef" | "Borrow", Some(argument)) => {
                return Ty::Ref(false, Box::new(parse_at(argument, names, depth + 1)));
            }
            ("Into", Some(argument)) => return parse_at(argument, names, depth + 1),
            ("Float", None) => return Ty::Float("f64"),
            _ => {
                if let Some(known) = names.known.get(&format!("impl {head}")) {
                    return known.clone();
                }
            }
        }
    }
    let is_plain = |bound: &str| {
        let head = bound.split('<').next().unwrap_or(bound).trim();
        let head = head.rsplit("::").next().unwrap_or(head);
        PLAIN_BOUNDS.contains(&head) || head.starts_with('\'') || head.starts_with('?')
    };
    if split_on(bounds, '+')
        .iter()
        .all(|bound| bound.trim().is_empty() || is_plain(bound.trim()))
    {
        Ty::Int("i32")
    } else {
        Ty::Other(format!("impl {bounds}"))
    }
}

/// Traits that `i32` has.
const PLAIN_BOUNDS: [&str; 30] = [
    "Clone",
    "Copy",
    "Debug",
    "Display",
    "Default",
    "PartialEq",
    "Eq",
    "PartialOrd",
    "Ord",
    "Hash",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Rem",
    "Neg",
    "AddAssign",
    "SubAssign",
    "MulAssign",
    "Sum",
    "Product",
    "Send",
    "Sync",
    "Sized",
    "FromStr",
    "From",
    "Unpin",
    "Not",
    "BitAnd",
    "BitXor",
];

/// `Fn(A, B) -> R` in any of its three forms.
fn closure(bounds: &str, names: &Names, depth: usize) -> Option<Ty> {
    let at = ["FnMut(", "FnOnce(", "Fn("]
        .iter()
        .find_map(|head| bounds.find(head).map(|at| at + head.len()))?;
    let rest = &bounds[at..];
    let close = closing(rest, '(', ')')?;
    let parameters = split(&rest[..close])
        .into_iter()
        .map(|part| parse_at(part, names, depth + 1))
        .collect();
    let result = rest[close + 1..]
        .trim_start()
        .strip_prefix("->")
        .map(|result| {
            let result = split_on(result, '+').into_iter().next().unwrap_or_default();
            parse_at(result, names, depth + 1)
        });
    Some(Ty::Closure(
        parameters,
        Box::new(result.unwrap_or(Ty::Unit)),
    ))
}

fn length(text: &str, names: &Names) -> Option<usize> {
    match names.known.get(text) {
        Some(Ty::Other(count)) => count.parse().ok(),
        _ => text.parse().ok(),
    }
    .filter(|count| *count <= 64)
}

fn skip_lifetime(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) => rest
            .trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
            .trim_start(),
        None => text,
    }
}

/// What stands between brackets that hold the whole text.
fn enclosed(text: &str, open: char, close: char) -> Option<&str> {
    let body = text.strip_prefix(open)?;
    (closing(body, open, close)? == body.len() - 1).then(|| &body[..body.len() - 1])
}

/// Where the bracket closes that was opened before `text`.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
    }
    None
}

/// Parts between commas that stand outside of brackets.
pub(super) fn split(text: &str) -> Vec<&str> {
    split_on(text, ',')
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

pub(super) fn split_on(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0i32;
    let mut start = 0;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '<' | '{' => depth += 1,
            '>' if before == '-' => {}
            ')' | ']' | '>' | '}' => depth -= 1,
            _ if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        before = c;
    }
    parts.push(&text[start..]);
    parts
}

impl Ty {
    /// The type as Rust spells it; what is between references is spelled as owned.
    pub fn text(&self) -> String {
        let list = |items: &[Ty]| {
            let texts: Vec<String> = items.iter().map(Ty::text).collect();
            texts.join(", ")
        };
        match self {
            Self::Unit => "()".into(),
            Self::Bool => "bool".into(),
            Self::Char => "char".into(),
            Self::Str => "str".into(),
            Self::String => "String".into(),
            Self::Int(name) | Self::Float(name) => (*name).into(),
            Self::Vec(item) => format!("Vec<{}>", item.text()),
            Self::Slice(item) => format!("[{}]", item.text()),
            Self::Array(item, count) => format!("[{}; {count}]", item.text()),
            Self::Deque(item) => format!("VecDeque<{}>", item.text()),
            Self::Set(hash, item) => {
                format!(
                    "{}Set<{}>",
                    if *hash { "Hash" } else { "BTree" },
                    item.text()
                )
            }
            Self::Map(hash, key, value) => format!(
                "{}Map<{}, {}>",
                if *hash { "Hash" } else { "BTree" },
                key.text(),
                value.text()
            ),
            Self::Tuple(items) if items.len() == 1 => format!("({},)", items[0].text()),
            Self::Tuple(items) => format!("({})", list(items)),
            Self::Option(item) => format!("Option<{}>", item.text()),
            Self::Result(ok, err) => format!("Result<{}, {}>", ok.text(), err.text()),
            Self::Wrap(name, item) => format!("{name}<{}>", item.text()),
            Self::Ref(false, item) => format!("&{}", item.text()),
            Self::Ref(true, item) => format!("&mut {}", item.text()),
            Self::Own(name, arguments) if arguments.is_empty() => name.clone(),
            Self::Own(name, arguments) => format!("{name}<{}>", list(arguments)),
            Self::Closure(parameters, result) => {
                let mut text = format!("dyn Fn({})", list(parameters));
                if **result != Self::Unit {
                    write!(text, " -> {}", result.text())
                        .expect("writing to a string does not fail");
                }
                text
            }
            Self::Iter(item) => format!("std::vec::IntoIter<{}>", item.text()),
            Self::Other(text) => text.clone(),
        }
    }

    /// Calls `see` for this type and every one in it.
    pub fn each(&self, see: &mut dyn FnMut(&Ty)) {
        see(self);
        match self {
            Self::Vec(t)
            | Self::Slice(t)
            | Self::Array(t, _)
            | Self::Deque(t)
            | Self::Set(_, t)
            | Self::Option(t)
            | Self::Wrap(_, t)
            | Self::Ref(_, t)
            | Self::Iter(t) => t.each(see),
            Self::Map(_, a, b) | Self::Result(a, b) => {
                a.each(see);
                b.each(see);
            }
            Self::Tuple(items) | Self::Own(_, items) => items.iter().for_each(|t| t.each(see)),
            Self::Closure(parameters, result) => {
                parameters.iter().for_each(|t| t.each(see));
                result.each(see);
            }
            _ => {}
        }
    }

    /// The type without the references around it.
    pub fn peeled(&self) -> &Ty {
        match self {
            Self::Ref(_, inner) => inner.peeled(),
            other => other,
        }
    }

    /// The least and the greatest number that both the type and the search can hold.
    pub fn range(name: &str) -> (i64, i64) {
        match name {
            "i8" => (i8::MIN.into(), i8::MAX.into()),
            "i16" => (i16::MIN.into(), i16::MAX.into()),
            "i32" => (i32::MIN.into(), i32::MAX.into()),
            "u8" => (0, u8::MAX.into()),
            "u16" => (0, u16::MAX.into()),
            "u32" => (0, u32::MAX.into()),
            "u64" | "u128" | "usize" => (0, i64::MAX),
            _ => (i64::MIN, i64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_with_what_their_names_stand_for() {
        let mut names = Names {
            own: vec!["Point".into()],
            ..Names::default()
        };
        names
            .aliases
            .insert("Cents".into(), (Vec::new(), "i64".into()));
        names
            .aliases
            .insert("Res".into(), (vec!["T".into()], "Result<T, String>".into()));
        names.known.insert("T".into(), Ty::Int("i32"));
        for (text, spelled) in [
            ("&'a mut Vec<Cents>", "&mut Vec<i64>"),
            ("Res<Point>", "Result<Point, String>"),
            ("[T; 3]", "[i32; 3]"),
            (
                "std::collections::HashMap<String, (T, bool)>",
                "HashMap<String, (i32, bool)>",
            ),
            ("impl Fn(&T, u8) -> bool + 'a", "dyn Fn(&i32, u8) -> bool"),
            ("impl Into<String>", "&str"),
            ("Option<&'static [u8]>", "Option<&[u8]>"),
            (
                "impl Iterator<Item = Vec<u8>>",
                "std::vec::IntoIter<Vec<u8>>",
            ),
        ] {
            assert_eq!(parse(text, &names).text(), spelled);
        }
        assert_eq!(parse("Foo<u8>", &names), Ty::Other("Foo<u8>".into()));
    }
}
