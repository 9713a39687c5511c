//! What a GGUF file says about the model: keys and values.

use std::path::PathBuf;

use crate::Error;

/// One value.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each holds what it is called")]
pub enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    U64(u64),
    I64(i64),
    F32(f32),
    F64(f64),
    Bool(bool),
    Text(String),
    Array(Array),
}

/// Values of one type.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each holds what it is called")]
pub enum Array {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Bool(Vec<bool>),
    Text(Vec<String>),
    Array(Vec<Array>),
}

impl Value {
    /// A whole number that is not negative, of any width.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::U8(number) => Some((*number).into()),
            Self::U16(number) => Some((*number).into()),
            Self::U32(number) => Some((*number).into()),
            Self::U64(number) => Some(*number),
            _ => u64::try_from(self.as_i64()?).ok(),
        }
    }

    /// A whole number of any width that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::I8(number) => Some((*number).into()),
            Self::I16(number) => Some((*number).into()),
            Self::I32(number) => Some((*number).into()),
            Self::I64(number) => Some(*number),
            Self::U8(number) => Some((*number).into()),
            Self::U16(number) => Some((*number).into()),
            Self::U32(number) => Some((*number).into()),
            Self::U64(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A number, rounded to f64 where it is a whole one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::F32(number) => Some((*number).into()),
            Self::F64(number) => Some(*number),
            Self::U64(number) => Some(*number as f64),
            _ => self.as_i64().map(|number| number as f64),
        }
    }

    /// Whether it is true.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// A text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Texts.
    pub fn as_texts(&self) -> Option<&[String]> {
        match self {
            Self::Array(Array::Text(texts)) => Some(texts),
            _ => None,
        }
    }

    /// Whole numbers, none negative.
    pub fn as_u64s(&self) -> Option<Vec<u64>> {
        let Self::Array(array) = self else {
            return None;
        };
        match array {
            Array::U8(numbers) => Some(numbers.iter().map(|number| (*number).into()).collect()),
            Array::U16(numbers) => Some(numbers.iter().map(|number| (*number).into()).collect()),
            Array::U32(numbers) => Some(numbers.iter().map(|number| (*number).into()).collect()),
            Array::U64(numbers) => Some(numbers.clone()),
            Array::I8(numbers) => numbers
                .iter()
                .map(|number| (*number).try_into().ok())
                .collect(),
            Array::I16(numbers) => numbers
                .iter()
                .map(|number| (*number).try_into().ok())
                .collect(),
            Array::I32(numbers) => numbers
                .iter()
                .map(|number| (*number).try_into().ok())
                .collect(),
            Array::I64(numbers) => numbers
                .iter()
                .map(|number| (*number).try_into().ok())
                .collect(),
            _ => None,
        }
    }

    /// Numbers of f32.
    pub fn as_f32s(&self) -> Option<&[f32]> {
        match self {
            Self::Array(Array::F32(numbers)) => Some(numbers),
            _ => None,
        }
    }

    /// Truths.
    pub fn as_bools(&self) -> Option<&[bool]> {
        match self {
            Self::Array(Array::Bool(truths)) => Some(truths),
            _ => None,
        }
    }

    /// What kind of value it is, in words.
    fn kind(&self) -> &'static str {
        match self {
            Self::F32(_) | Self::F64(_) => "a number",
            Self::Bool(_) => "a truth",
            Self::Text(_) => "a text",
            Self::Array(_) => "an array",
            _ => "a whole number",
        }
    }
}

/// Keys and values, in the order of the file.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// The file, for errors.
    path: PathBuf,
    entries: Vec<(String, Value)>,
}

impl Metadata {
    /// Keys and values that are, or would be, those of the file at `path`.
    pub fn new(path: impl Into<PathBuf>, entries: Vec<(String, Value)>) -> Self {
        let path = path.into();
        Self { path, entries }
    }

    /// The keys and their values, in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }

    /// The value of `key`, where it stands in the file.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let found = self.entries.iter().find(|(own, _)| own == key);
        found.map(|(_, value)| value)
    }

    /// The whole number that `key` must have.
    ///
    /// # Errors
    /// When it is not there or no whole number from zero up.
    pub fn u64(&self, key: &str) -> Result<u64, Error> {
        self.require(key, "a whole number from zero up", Value::as_u64)
    }

    /// The number that `key` must have.
    ///
    /// # Errors
    /// When it is not there or no number.
    pub fn f64(&self, key: &str) -> Result<f64, Error> {
        self.require(key, "a number", Value::as_f64)
    }

    /// The text that `key` must have.
    ///
    /// # Errors
    /// When it is not there or no text.
    pub fn text(&self, key: &str) -> Result<&str, Error> {
        self.require(key, "a text", Value::as_text)
    }

    /// The texts that `key` must have.
    ///
    /// # Errors
    /// When they are not there or no texts.
    pub fn texts(&self, key: &str) -> Result<&[String], Error> {
        self.require(key, "an array of texts", Value::as_texts)
    }

    fn require<'a, T>(
        &'a self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, Error> {
        let value = self.get(key).ok_or_else(|| Error::Missing {
            path: self.path.clone(),
            what: "key",
            name: key.to_owned(),
        })?;
        read(value).ok_or_else(|| Error::Damaged {
            path: self.path.clone(),
            reason: format!("key `{key}` is {}, not {expected}", value.kind()),
        })
    }
}
