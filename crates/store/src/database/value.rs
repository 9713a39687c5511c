//! The three kinds of values that both databases hold alike.

use crate::{Error, Result, Timestamp};

/// A value that is bound or read. `None` is SQL's `NULL`, which PostgreSQL wants to know the kind of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

/// `values![id, 3_u64, body]`: the values of `$1`, `$2`, `$3`.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::database::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! from {
    ($($kind:ident($from:ty) = |$value:ident| $to:expr;)*) => {
        $(
            impl From<$from> for Value {
                fn from($value: $from) -> Self {
                    Self::$kind(Some($to))
                }
            }
            impl From<Option<$from>> for Value {
                fn from(value: Option<$from>) -> Self {
                    Self::$kind(value.map(|$value| $to))
                }
            }
        )*
    };
}

from! {
    Int(i64) = |value| value;
    Int(u64) = |value| i64::try_from(value).unwrap_or(i64::MAX);
    Int(u32) = |value| i64::from(value);
    Int(bool) = |value| i64::from(value);
    Int(Timestamp) = |value| value.as_millis();
    Text(String) = |value| value;
    Text(&String) = |value| value.clone();
    Text(&str) = |value| value.to_owned();
    Blob(Vec<u8>) = |value| value;
    Blob(&[u8]) = |value| value.to_vec();
    Blob([u8; 32]) = |value| value.to_vec();
}

/// A row, read from its first column to its last.
#[derive(Debug)]
pub(crate) struct Row {
    values: std::vec::IntoIter<Value>,
}

impl Row {
    pub fn new(values: Vec<Value>) -> Self {
        let values = values.into_iter();
        Self { values }
    }

    /// All that is left of it.
    pub fn into_values(self) -> Vec<Value> {
        self.values.collect()
    }

    pub fn optional_int(&mut self) -> Result<Option<i64>> {
        match self.values.next() {
            Some(Value::Int(value)) => Ok(value),
            Some(Value::Text(None) | Value::Blob(None)) => Ok(None),
            other => Err(mismatch("a number", &other)),
        }
    }

    pub fn optional_text(&mut self) -> Result<Option<String>> {
        match self.values.next() {
            Some(Value::Text(value)) => Ok(value),
            Some(Value::Int(None) | Value::Blob(None)) => Ok(None),
            other => Err(mismatch("a text", &other)),
        }
    }

    pub fn optional_blob(&mut self) -> Result<Option<Vec<u8>>> {
        match self.values.next() {
            Some(Value::Blob(value)) => Ok(value),
            Some(Value::Int(None) | Value::Text(None)) => Ok(None),
            other => Err(mismatch("bytes", &other)),
        }
    }

    pub fn int(&mut self) -> Result<i64> {
        self.optional_int()?.ok_or_else(absent)
    }

    pub fn text(&mut self) -> Result<String> {
        self.optional_text()?.ok_or_else(absent)
    }

    pub fn blob(&mut self) -> Result<Vec<u8>> {
        self.optional_blob()?.ok_or_else(absent)
    }

    pub fn uint(&mut self) -> Result<u64> {
        u64::try_from(self.int()?).map_err(|error| Error::damaged("a row", error))
    }

    pub fn optional_uint(&mut self) -> Result<Option<u64>> {
        let value = self.optional_int()?.map(u64::try_from).transpose();
        value.map_err(|error| Error::damaged("a row", error))
    }

    pub fn bool(&mut self) -> Result<bool> {
        Ok(self.int()? != 0)
    }

    pub fn time(&mut self) -> Result<Timestamp> {
        self.int().map(Timestamp::from_millis)
    }

    pub fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.optional_int()?.map(Timestamp::from_millis))
    }

    pub fn hash(&mut self) -> Result<[u8; 32]> {
        let bytes = self.blob()?;
        let wrong = |_| Error::damaged("a row", "a hash of another length");
        bytes.try_into().map_err(wrong)
    }
}

fn mismatch(expected: &str, found: &Option<Value>) -> Error {
    let found = match found {
        Some(Value::Int(_)) => "a number",
        Some(Value::Text(_)) => "a text",
        Some(Value::Blob(_)) => "bytes",
        None => "nothing",
    };
    Error::damaged("a row", format!("{found} where {expected} should be"))
}

fn absent() -> Error {
    Error::damaged("a row", "nothing where something should be")
}
