//! What kind of value a parameter takes, as far as it is known.

use super::value::Value;

/// A set of values to choose from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Nothing is known.
    Any,
    None,
    Bool,
    Int,
    Float,
    Str,
    /// A string of one character.
    Char,
    Bytes,
    List(Box<Shape>),
    Tuple(Vec<Shape>),
    Set(Box<Shape>),
    Dict(Box<Shape>, Box<Shape>),
    /// An object of the stand-in class with this index.
    Object(usize),
    /// An object of a class of the program, built by its constructor.
    Class(String),
    /// One of these expressions.
    Words(Vec<String>),
    /// A function of so many arguments.
    Function(usize),
    /// Any of these.
    Choice(Vec<Shape>),
}

impl Shape {
    pub fn list(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    pub fn dict(key: Self, value: Self) -> Self {
        Self::Dict(Box::new(key), Box::new(value))
    }

    /// One shape of several; repeated ones count once.
    pub fn choice(shapes: impl IntoIterator<Item = Self>) -> Self {
        let mut kept: Vec<Self> = Vec::new();
        for shape in shapes {
            let parts = match shape {
                Self::Choice(parts) => parts,
                other => vec![other],
            };
            for part in parts {
                if !kept.contains(&part) {
                    kept.push(part);
                }
            }
        }
        match kept.len() {
            0 => Self::Any,
            1 => kept.remove(0),
            _ => Self::Choice(kept),
        }
    }

    /// Whether it says more than "a value" at its top.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Any)
    }

    /// How unusual `value` is for this shape: 0 for what one would expect, more for each part
    /// that is of another kind.
    pub fn oddness(&self, value: &Value) -> usize {
        let items = |item: &Self, items: &[Value]| items.iter().map(|v| item.oddness(v)).sum();
        match (self, value) {
            (_, Value::Omitted) => 0,
            (Self::Choice(shapes), _) => shapes
                .iter()
                .map(|shape| shape.oddness(value))
                .min()
                .unwrap_or(0),
            (Self::Any, Value::Int(_) | Value::Str(_) | Value::Object(_)) => 0,
            (Self::Any, Value::Float(_)) => 1,
            (Self::Any, Value::List(v) | Value::Tuple(v) | Value::Set(v)) => items(&Self::Any, v),
            (Self::Any, Value::Dict(pairs)) => pairs
                .iter()
                .map(|(k, v)| Self::Any.oddness(k) + Self::Any.oddness(v))
                .sum(),
            (Self::Any, _) => 2,
            (Self::None, Value::None)
            | (Self::Bool, Value::Bool(_))
            | (Self::Int | Self::Float, Value::Int(_))
            | (Self::Float, Value::Float(_))
            | (Self::Str, Value::Str(_))
            | (Self::Bytes, Value::Bytes(_))
            | (Self::Object(_), Value::Object(_))
            | (Self::Class(_), Value::New(..))
            | (Self::Words(_) | Self::Function(_), Value::Raw(_)) => 0,
            (Self::Char, Value::Str(text)) => text.chars().count().abs_diff(1),
            (Self::List(item), Value::List(v)) | (Self::Set(item), Value::Set(v)) => items(item, v),
            (Self::Tuple(shapes), Value::Tuple(v)) if shapes.len() == v.len() => shapes
                .iter()
                .zip(v)
                .map(|(shape, value)| shape.oddness(value))
                .sum(),
            (Self::Dict(key, item), Value::Dict(pairs)) => pairs
                .iter()
                .map(|(k, v)| key.oddness(k) + item.oddness(v))
                .sum(),
            _ => 3,
        }
    }

    /// Fills what is unknown here with what `other` knows.
    pub fn refine(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, other) => other.clone(),
            (Self::List(a), Self::List(b)) => Self::list(a.refine(b)),
            (Self::Set(a), Self::Set(b) | Self::List(b)) => Self::Set(Box::new(a.refine(b))),
            (Self::Dict(k, v), Self::Dict(k2, v2)) => Self::dict(k.refine(k2), v.refine(v2)),
            (Self::Tuple(a), Self::Tuple(b)) if a.len() == b.len() => {
                Self::Tuple(a.into_iter().zip(b).map(|(x, y)| x.refine(y)).collect())
            }
            (own, _) => own,
        }
    }
}
