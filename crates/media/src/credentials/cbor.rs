//! CBOR: how claims, assertions and signatures are written. Source: RFC 8949.

use ciborium::Value;

use super::error::{Checked, invalid};

/// Bytes of one value that are read at most.
const BYTES_MAX: usize = 1 << 20;

/// Values inside each other that are read at most.
const DEPTH_MAX: usize = 32;

/// The tag of a date in text.
const DATE: u64 = 0;

/// The one value that bytes are.
pub(super) fn read(bytes: &[u8]) -> Checked<Value> {
    if bytes.len() > BYTES_MAX {
        return invalid(format!(
            "a value of `{}` bytes, and `{BYTES_MAX}` are read",
            bytes.len()
        ));
    }
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH_MAX);
    match value {
        Ok(value) if rest.is_empty() => Ok(value),
        _ => invalid("a value is no CBOR"),
    }
}

/// The bytes of a value.
pub(super) fn write(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("memory takes all bytes");
    bytes
}

/// A map of the fields that there are, ordered as RFC 8949 4.2.1 orders them.
pub(super) fn map<'a>(fields: impl IntoIterator<Item = (&'a str, Option<Value>)>) -> Value {
    let fields = fields.into_iter();
    let mut fields: Vec<(&str, Value)> = fields
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    fields.sort_by_key(|(name, _)| (name.len(), *name));
    let fields = fields.into_iter();
    Value::Map(fields.map(|(name, value)| (name.into(), value)).collect())
}

/// A point in time, in text.
pub(super) fn date(text: String) -> Value {
    Value::Tag(DATE, Box::new(Value::Text(text)))
}

/// What may be asked of a value.
pub(super) trait Fields {
    /// The field of a map; nothing when there is none, or two.
    fn field(&self, name: &str) -> Option<&Value>;

    /// The text of a field.
    fn text(&self, name: &str) -> Option<&str>;

    /// The bytes of a field.
    fn bytes(&self, name: &str) -> Option<&[u8]>;

    /// The number of a field.
    fn number(&self, name: &str) -> Option<u64>;

    /// The values of a field; none when it is no list.
    fn list(&self, name: &str) -> &[Value];

    /// The date of a field, as text.
    fn date(&self, name: &str) -> Option<&str>;
}

impl Fields for Value {
    fn field(&self, name: &str) -> Option<&Value> {
        let fields = self.as_map()?.iter();
        let mut found = fields.filter(|(key, _)| key.as_text() == Some(name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_text()
    }

    fn bytes(&self, name: &str) -> Option<&[u8]> {
        Some(self.field(name)?.as_bytes()?)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.field(name)?.as_integer()?.try_into().ok()
    }

    fn list(&self, name: &str) -> &[Value] {
        let list = self.field(name).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    fn date(&self, name: &str) -> Option<&str> {
        match self.field(name)? {
            Value::Tag(DATE, text) => text.as_text(),
            other => other.as_text(),
        }
    }
}
