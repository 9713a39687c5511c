//! Values of types: made to fit, handed to the driver, and written as Rust.

use super::makers::{Makers, Making};
use super::ty::Ty;
use crate::generate::shape::Shape;
use crate::generate::value::Value;

/// How deep values of the crate's own types are made to fit before the simplest is taken.
const DEPTH_MAX: usize = 10;

/// The shape of a type whose makers are all known.
pub(super) fn shape_of_known(ty: &Ty, makers: &Makers) -> Shape {
    let of = |ty: &Ty| shape_of_known(ty, makers);
    match ty {
        Ty::Bool => Shape::Bool,
        Ty::Char => Shape::Char,
        Ty::Str | Ty::String => Shape::Str,
        Ty::Int(_) => Shape::Int,
        Ty::Float(_) => Shape::Float,
        Ty::Vec(item) | Ty::Slice(item) | Ty::Array(item, _) | Ty::Deque(item) | Ty::Iter(item) => {
            Shape::list(of(item))
        }
        Ty::Set(_, item) => Shape::Set(Box::new(of(item))),
        Ty::Map(_, key, value) => Shape::dict(of(key), of(value)),
        Ty::Tuple(items) => Shape::Tuple(items.iter().map(of).collect()),
        Ty::Option(item) => Shape::Choice(vec![of(item), Shape::None]),
        Ty::Ref(_, inner) | Ty::Wrap(_, inner) => of(inner),
        Ty::Closure(..) => Shape::Words(closures(ty)),
        Ty::Own(..) | Ty::Result(..) => Shape::Choice(
            makers
                .of(ty)
                .iter()
                .map(|index| Shape::Class(makers.list[*index].name.clone()))
                .collect(),
        ),
        Ty::Unit | Ty::Other(_) => Shape::Tuple(Vec::new()),
    }
}

/// What closures call their parameters.
const NAMES: [&str; 4] = ["x", "y", "z", "w"];

/// Closures to pass where one is taken, as a person would write them.
pub(super) fn closures(ty: &Ty) -> Vec<String> {
    let Ty::Closure(params, result) = ty else {
        return Vec::new();
    };
    if params.len() > NAMES.len() {
        return Vec::new();
    }
    let ignored = vec!["_"; params.len()].join(", ");
    let mut made = telling(params, result);
    let constant = |body: &str| format!("|{ignored}| {body}");
    match &**result {
        Ty::Unit => made.push(constant("{}")),
        Ty::Bool => made.extend([constant("true"), constant("false")]),
        Ty::Int(_) if made.is_empty() => made.extend([constant("0"), constant("3")]),
        Ty::Float(_) if made.is_empty() => made.push(constant("1.5")),
        Ty::String if made.is_empty() => made.push(constant("String::new()")),
        Ty::Option(_) => made.push(constant("None")),
        Ty::Vec(_) => made.push(constant("Vec::new()")),
        _ => {}
    }
    made
}

/// Closures that depend on what they are given.
fn telling(params: &[Ty], result: &Ty) -> Vec<String> {
    let bound = NAMES[..params.len()].join(", ");
    let used = |body: &str| format!("|{bound}| {body}");
    let first = params.first();
    let value = |index: usize| {
        let stars = "*".repeat(references(&params[index]));
        format!("{stars}{}", NAMES[index])
    };
    let all_same = params
        .windows(2)
        .all(|pair| pair[0].peeled() == pair[1].peeled());
    let number = first
        .map(Ty::peeled)
        .filter(|ty| matches!(ty, Ty::Int(_) | Ty::Float(_)));
    match (result, number) {
        (Ty::Bool, Some(Ty::Int(_))) if params.len() == 1 => vec![
            used(&format!("{} % 2 == 1", value(0))),
            used(&format!("{} > 2", value(0))),
        ],
        (Ty::Bool, Some(_)) if params.len() == 2 && all_same => vec![
            used(&format!("{} < {}", value(0), value(1))),
            used(&format!("{} == {}", value(0), value(1))),
        ],
        (Ty::Bool, Some(_)) if params.len() == 1 => vec![used(&format!("{} > 0.5", value(0)))],
        (result, Some(kind)) if result == kind && params.len() == 1 => {
            let (one, two) = if matches!(kind, Ty::Float(_)) {
                ("1.0", "2.0")
            } else {
                ("1", "2")
            };
            vec![
                used(&format!("{} + {one}", value(0))),
                used(&format!("{} * {two}", value(0))),
                used(&value(0)),
            ]
        }
        (result, Some(kind)) if result == kind && params.len() == 2 && all_same => vec![
            used(&format!("{} + {}", value(0), value(1))),
            used(&value(0)),
            used(&value(1)),
        ],
        (Ty::Bool, None) if params.len() == 1 => match first.map(Ty::peeled) {
            Some(Ty::Str | Ty::String | Ty::Vec(_) | Ty::Slice(_)) => {
                vec![used("x.is_empty()"), used("x.len() > 2")]
            }
            Some(Ty::Char) => vec![used("x.is_alphabetic()"), used("x.is_ascii_digit()")],
            _ => Vec::new(),
        },
        (Ty::Other(name), Some(Ty::Int(_))) if name.ends_with("Ordering") && params.len() == 2 => {
            let by = |a: usize, b: usize| {
                let other = if references(&params[b]) == 0 { "&" } else { "" };
                used(&format!("{}.cmp({other}{})", NAMES[a], NAMES[b]))
            };
            vec![by(0, 1), by(1, 0)]
        }
        (Ty::Int(_), None) if params.len() == 1 => match first.map(Ty::peeled) {
            Some(Ty::Str | Ty::String | Ty::Vec(_) | Ty::Slice(_))
                if *result == Ty::Int("usize") =>
            {
                vec![used("x.len()")]
            }
            _ => Vec::new(),
        },
        (Ty::String, None) if params.len() == 1 => match first.map(Ty::peeled) {
            Some(Ty::Str | Ty::String) => vec![used("x.to_uppercase()"), used("x.to_string()")],
            _ => Vec::new(),
        },
        (Ty::String, Some(_)) if params.len() == 1 => vec![used("x.to_string()")],
        _ => Vec::new(),
    }
}

fn references(ty: &Ty) -> usize {
    match ty {
        Ty::Ref(_, inner) => 1 + references(inner),
        _ => 0,
    }
}

/// `value` made to be one of `ty`.
pub(super) fn fit(value: &Value, ty: &Ty, makers: &Makers) -> Value {
    fit_at(value, ty, makers, 0)
}

fn fit_at(value: &Value, ty: &Ty, makers: &Makers, depth: usize) -> Value {
    let inside = |value: &Value, ty: &Ty| fit_at(value, ty, makers, depth);
    let items = |value: &Value| match value {
        Value::List(items) | Value::Set(items) | Value::Tuple(items) => items.clone(),
        _ => Vec::new(),
    };
    match ty {
        Ty::Unit | Ty::Other(_) => Value::Tuple(Vec::new()),
        Ty::Bool | Ty::Int(_) | Ty::Float(_) | Ty::Char | Ty::Str | Ty::String => {
            fit_plain(value, ty)
        }
        Ty::Vec(item) | Ty::Slice(item) | Ty::Deque(item) | Ty::Iter(item) => {
            Value::List(items(value).iter().map(|one| inside(one, item)).collect())
        }
        Ty::Array(item, count) => {
            let mut all: Vec<Value> = items(value).iter().map(|one| inside(one, item)).collect();
            all.resize_with(*count, || inside(&Value::Omitted, item));
            Value::List(all)
        }
        Ty::Set(_, item) => {
            let mut set = Value::Set(items(value).iter().map(|one| inside(one, item)).collect());
            set.tidy();
            set
        }
        Ty::Map(_, key, item) => {
            let pairs = match value {
                Value::Dict(pairs) => pairs.as_slice(),
                _ => &[],
            };
            let fitted = pairs.iter().map(|(k, v)| (inside(k, key), inside(v, item)));
            let mut map = Value::Dict(fitted.collect());
            map.tidy();
            map
        }
        Ty::Tuple(types) => {
            let all = items(value);
            let parts = types
                .iter()
                .enumerate()
                .map(|(index, ty)| inside(all.get(index).unwrap_or(&Value::Omitted), ty));
            Value::Tuple(parts.collect())
        }
        Ty::Option(item) => match value {
            Value::None | Value::Omitted => Value::None,
            value => inside(value, item),
        },
        Ty::Ref(_, inner) | Ty::Wrap(_, inner) => inside(value, inner),
        Ty::Closure(..) => {
            let known = closures(ty);
            match value {
                Value::Raw(text) if known.contains(text) => value.clone(),
                _ => known
                    .first()
                    .map_or(Value::None, |text| Value::Raw(text.clone())),
            }
        }
        Ty::Own(..) | Ty::Result(..) => fit_own(value, ty, makers, depth),
    }
}

/// A value without parts.
fn fit_plain(value: &Value, ty: &Ty) -> Value {
    match ty {
        Ty::Bool => {
            Value::Bool(matches!(value, Value::Bool(true)) || matches!(value, Value::Int(1)))
        }
        Ty::Int(name) => {
            let (low, high) = Ty::range(name);
            Value::Int(match value {
                Value::Int(n) if *n < low && low == 0 => n.saturating_neg().clamp(low, high),
                Value::Int(n) => (*n).clamp(low, high),
                Value::Float(x) => (*x as i64).clamp(low, high),
                _ => 0,
            })
        }
        Ty::Float(name) => Value::Float(match value {
            Value::Float(x) if *name == "f32" => f64::from(*x as f32),
            Value::Float(x) => *x,
            Value::Int(n) => *n as f64,
            _ => 0.0,
        }),
        Ty::Char => Value::Str(match value {
            Value::Str(text) => text.chars().next().unwrap_or('a').to_string(),
            _ => "a".into(),
        }),
        _ => Value::Str(match value {
            Value::Str(text) => text.clone(),
            _ => String::new(),
        }),
    }
}

fn fit_own(value: &Value, ty: &Ty, makers: &Makers, depth: usize) -> Value {
    let known = makers.of(ty);
    let named = match value {
        Value::New(name, args) if depth < DEPTH_MAX => known
            .iter()
            .find(|index| makers.list[**index].name == *name)
            .map(|index| (*index, args.as_slice())),
        _ => None,
    };
    let (index, args) = named.unwrap_or((known.first().copied().unwrap_or(0), &[]));
    let Some(maker) = makers.list.get(index) else {
        return Value::None;
    };
    let is_empty =
        |value: Option<&Value>| !matches!(value, Some(Value::List(items)) if !items.is_empty());
    if maker.style == Making::Filled && is_empty(args.get(maker.params.len() - 1)) {
        let plain = maker.name.split(" then ").next().unwrap_or_default();
        let args = args.iter().take(maker.params.len() - 1).cloned().collect();
        return fit_own(&Value::New(plain.to_owned(), args), ty, makers, depth);
    }
    let fitted = maker.params.iter().enumerate().map(|(at, (_, ty))| {
        fit_at(
            args.get(at).unwrap_or(&Value::Omitted),
            ty,
            makers,
            depth + 1,
        )
    });
    Value::New(maker.name.clone(), fitted.collect())
}

/// Adds the words that the driver reads a value from.
pub(super) fn encode(value: &Value, ty: &Ty, makers: &Makers, out: &mut String) {
    use std::fmt::Write as _;
    let mut word = |text: &dyn std::fmt::Display| {
        write!(out, " {text}").expect("writing to a string does not fail");
    };
    match (ty, value) {
        (Ty::Ref(_, inner) | Ty::Wrap(_, inner), value) => encode(value, inner, makers, out),
        (Ty::Bool, Value::Bool(b)) => word(&u8::from(*b)),
        (Ty::Int(_), Value::Int(n)) => word(n),
        (Ty::Float(_), Value::Float(x)) => word(&x.to_bits()),
        (Ty::Char, Value::Str(text)) => word(&text.chars().next().map_or(0, u32::from)),
        (Ty::Str | Ty::String, Value::Str(text)) => {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            word(&format!("x{hex}"));
        }
        (
            Ty::Vec(item)
            | Ty::Slice(item)
            | Ty::Array(item, _)
            | Ty::Deque(item)
            | Ty::Iter(item)
            | Ty::Set(_, item),
            Value::List(items) | Value::Set(items),
        ) => {
            word(&items.len());
            items.iter().for_each(|one| encode(one, item, makers, out));
        }
        (Ty::Map(_, key, item), Value::Dict(pairs)) => {
            word(&pairs.len());
            for (k, v) in pairs {
                encode(k, key, makers, out);
                encode(v, item, makers, out);
            }
        }
        (Ty::Tuple(types), Value::Tuple(items)) => {
            types
                .iter()
                .zip(items)
                .for_each(|(ty, one)| encode(one, ty, makers, out));
        }
        (Ty::Option(_), Value::None) => word(&0),
        (Ty::Option(item), value) => {
            word(&1);
            encode(value, item, makers, out);
        }
        (Ty::Closure(..), Value::Raw(text)) => {
            let index = closures(ty).iter().position(|known| known == text);
            word(&index.unwrap_or(0));
        }
        (Ty::Own(..) | Ty::Result(..), Value::New(name, args)) => {
            let index = makers.index(name).unwrap_or(0);
            let shown = match ty {
                Ty::Result(..) => usize::from(name.starts_with("Err")),
                _ => index,
            };
            word(&shown);
            for ((_, ty), arg) in makers.list[index].params.iter().zip(args) {
                encode(arg, ty, makers, out);
            }
        }
        _ => {}
    }
}

/// The expression that gives a value of `ty`.
pub(super) fn literal(value: &Value, ty: &Ty, makers: &Makers) -> String {
    let all = |items: &[Value], ty: &Ty| {
        let texts: Vec<String> = items.iter().map(|one| literal(one, ty, makers)).collect();
        texts.join(", ")
    };
    match (ty, value) {
        (Ty::Unit, _) => "()".into(),
        (Ty::Int(_), Value::Int(n)) => n.to_string(),
        (Ty::Bool, Value::Bool(b)) => b.to_string(),
        (Ty::Float(name), Value::Float(x)) => float(*x, name),
        (Ty::Char, Value::Str(text)) => format!("{:?}", text.chars().next().unwrap_or('a')),
        (Ty::Ref(false, inner), Value::Str(text)) if **inner == Ty::Str => format!("{text:?}"),
        (Ty::Str, Value::Str(text)) => format!("{text:?}"),
        (Ty::String, Value::Str(text)) if text.is_empty() => "String::new()".into(),
        (Ty::String, Value::Str(text)) => format!("{text:?}.to_string()"),
        (Ty::Ref(is_mutable, inner), value) => {
            let sign = if *is_mutable { "&mut " } else { "&" };
            match (&**inner, value) {
                (Ty::Slice(item) | Ty::Array(item, _), Value::List(items)) => {
                    format!("{sign}[{}]", all(items, item))
                }
                _ => format!("{sign}{}", literal(value, inner, makers)),
            }
        }
        (Ty::Vec(_), Value::List(items)) if items.is_empty() => "Vec::new()".into(),
        (Ty::Vec(item), Value::List(items)) => format!("vec![{}]", all(items, item)),
        (Ty::Slice(item) | Ty::Array(item, _), Value::List(items)) => {
            format!("[{}]", all(items, item))
        }
        (Ty::Iter(item), Value::List(items)) => {
            let array = format!("[{}]", all(items, item));
            if items.is_empty() {
                format!("Vec::<{}>::new().into_iter()", item.text())
            } else {
                format!("{array}.into_iter()")
            }
        }
        (Ty::Deque(_) | Ty::Set(..) | Ty::Map(..), value) => collected(value, ty, makers),
        (Ty::Tuple(types), Value::Tuple(items)) => {
            let texts: Vec<String> = types
                .iter()
                .zip(items)
                .map(|(ty, one)| literal(one, ty, makers))
                .collect();
            match texts.as_slice() {
                [one] => format!("({one},)"),
                _ => format!("({})", texts.join(", ")),
            }
        }
        (Ty::Option(_), Value::None) => "None".into(),
        (Ty::Option(item), value) => format!("Some({})", literal(value, item, makers)),
        (Ty::Wrap("Box", inner), value) if matches!(**inner, Ty::Closure(..)) => {
            format!("Box::new({})", literal(value, inner, makers))
        }
        (Ty::Wrap(name, inner), value) => format!("{name}::new({})", literal(value, inner, makers)),
        (Ty::Closure(..), Value::Raw(text)) => text.clone(),
        (Ty::Own(..) | Ty::Result(..), Value::New(name, args)) => made(name, args, makers),
        // A variable that holds the value.
        (Ty::Own(..), Value::Raw(name)) => name.clone(),
        _ => "()".into(),
    }
}

/// The statements that fill a variable called `variable`, if the value is made that way.
pub(super) fn filling(value: &Value, variable: &str, makers: &Makers) -> Option<Vec<String>> {
    let Value::New(name, args) = value else {
        return None;
    };
    let maker = &makers.list[makers.index(name)?];
    let (method, must_use) = maker.filler.as_ref()?;
    let (Value::List(calls), rest) = args.split_last()? else {
        return None;
    };
    let Some((_, Ty::Vec(item))) = maker.params.last() else {
        return None;
    };
    let Ty::Tuple(types) = &**item else {
        return None;
    };
    let texts: Vec<String> = maker
        .params
        .iter()
        .zip(rest)
        .map(|((_, ty), arg)| literal(arg, ty, makers))
        .collect();
    let path = name.split(" then ").next().unwrap_or(name);
    let mut lines = vec![format!(
        "let mut {variable} = {path}({});",
        texts.join(", ")
    )];
    for call in calls {
        let Value::Tuple(args) = call else { continue };
        let texts: Vec<String> = types
            .iter()
            .zip(args)
            .map(|(ty, arg)| literal(arg, ty, makers))
            .collect();
        let taken = if *must_use { "let _ = " } else { "" };
        lines.push(format!("{taken}{variable}.{method}({});", texts.join(", ")));
    }
    Some(lines)
}

/// The expression that gives a collection of the library.
fn collected(value: &Value, ty: &Ty, makers: &Makers) -> String {
    let all = |items: &[Value], ty: &Ty| {
        let texts: Vec<String> = items.iter().map(|one| literal(one, ty, makers)).collect();
        texts.join(", ")
    };
    match (ty, value) {
        (Ty::Deque(_), Value::List(items)) if items.is_empty() => "VecDeque::new()".into(),
        (Ty::Deque(item), Value::List(items)) => format!("VecDeque::from([{}])", all(items, item)),
        (Ty::Set(hash, item), Value::Set(items)) => {
            let name = if *hash { "HashSet" } else { "BTreeSet" };
            collection(name, &all(items, item))
        }
        (Ty::Map(hash, key, item), Value::Dict(pairs)) => {
            let texts: Vec<String> = pairs
                .iter()
                .map(|(k, v)| {
                    format!(
                        "({}, {})",
                        literal(k, key, makers),
                        literal(v, item, makers)
                    )
                })
                .collect();
            let name = if *hash { "HashMap" } else { "BTreeMap" };
            collection(name, &texts.join(", "))
        }
        _ => "()".into(),
    }
}

fn collection(name: &str, items: &str) -> String {
    if items.is_empty() {
        format!("{name}::new()")
    } else {
        format!("{name}::from([{items}])")
    }
}

/// A value of one of the crate's own types.
fn made(name: &str, args: &[Value], makers: &Makers) -> String {
    let Some(maker) = makers.index(name).map(|index| &makers.list[index]) else {
        return "()".into();
    };
    let texts: Vec<String> = maker
        .params
        .iter()
        .zip(args)
        .map(|((_, ty), arg)| literal(arg, ty, makers))
        .collect();
    let name = without_arguments(name.split(" of ").next().unwrap_or(name));
    match maker.style {
        Making::Filled => {
            let value = Value::New(maker.name.clone(), args.to_vec());
            let lines = filling(&value, "made", makers).unwrap_or_default();
            format!("{{ {} made }}", lines.join(" "))
        }
        Making::Unit => name,
        Making::Tuple | Making::Call => format!("{name}({})", texts.join(", ")),
        Making::Unwrap => format!("{name}({}).unwrap()", texts.join(", ")),
        Making::Named => {
            let fields: Vec<String> = maker
                .params
                .iter()
                .zip(&texts)
                .map(|((field, _), text)| format!("{field}: {text}"))
                .collect();
            if fields.is_empty() {
                format!("{name} {{}}")
            } else {
                format!("{name} {{ {} }}", fields.join(", "))
            }
        }
    }
}

/// A path without the type arguments, which the compiler finds.
pub(super) fn without_arguments(path: &str) -> String {
    let mut out = String::new();
    let mut depth = 0usize;
    for c in path.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out.replace("::::", "::")
}

pub(super) fn float(x: f64, name: &str) -> String {
    if x.is_nan() {
        format!("{name}::NAN")
    } else if x.is_infinite() {
        format!("{name}::{}INFINITY", if x < 0.0 { "NEG_" } else { "" })
    } else if name == "f32" {
        format!("{:?}", x as f32)
    } else {
        format!("{x:?}")
    }
}
