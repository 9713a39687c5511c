//! The messages between a caller and its box: a length, then fields in order, integers little-endian.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Bytes of the longest message either side accepts.
pub(crate) const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("a message ends too early")]
    Short,
    #[error("a message has bytes left over")]
    Long,
    #[error("a message has an unknown tag")]
    Tag,
}

/// A value that can be written to and read from a message.
pub(crate) trait Wire: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError>;
}

/// The part of a message that is not read yet.
pub(crate) struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn bytes(&mut self, count: usize) -> Result<&[u8], DecodeError> {
        let (head, tail) = self.0.split_at_checked(count).ok_or(DecodeError::Short)?;
        self.0 = tail;
        Ok(head)
    }
}

/// The bytes of one message, without its length.
pub(crate) fn encode<T: Wire>(value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    value.put(&mut out);
    out
}

/// Reads one message back; every byte has to be used.
pub(crate) fn decode<T: Wire>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut input = Input(bytes);
    let value = T::take(&mut input)?;
    if input.0.is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::Long)
    }
}

macro_rules! wire_integer {
    ($($integer:ty),*) => {$(
        impl Wire for $integer {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                let bytes = input.bytes(size_of::<$integer>())?;
                Ok(<$integer>::from_le_bytes(bytes.try_into().expect("as many bytes as were asked for")))
            }
        }
    )*};
}
wire_integer!(u8, u16, u32, u64, i32);

/// Implements [`Wire`] for a struct, field by field in the order named.
macro_rules! wire_struct {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::wire::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $($crate::wire::Wire::put(&self.$field, out);)*
            }
            fn take(input: &mut $crate::wire::Input<'_>) -> Result<Self, $crate::wire::DecodeError> {
                Ok($name { $($field: $crate::wire::Wire::take(input)?),* })
            }
        }
    };
}
pub(crate) use wire_struct;

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match u8::take(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::Tag),
        }
    }
}

impl Wire for Vec<u8> {
    fn put(&self, out: &mut Vec<u8>) {
        let length = u32::try_from(self.len()).expect("messages stay far below 4 GiB");
        length.put(out);
        out.extend_from_slice(self);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let length = u32::take(input)? as usize;
        Ok(input.bytes(length)?.to_vec())
    }
}

impl Wire for OsString {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_bytes().to_vec().put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(OsString::from_vec(Vec::take(input)?))
    }
}

impl Wire for PathBuf {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_os_str().as_bytes().to_vec().put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(PathBuf::from(OsString::take(input)?))
    }
}

impl Wire for String {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_bytes().to_vec().put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        String::from_utf8(Vec::take(input)?).map_err(|_| DecodeError::Tag)
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok((A::take(input)?, B::take(input)?))
    }
}

/// A list of values that are not bytes. Reserves nothing on the word of the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<T: Wire> Wire for List<T> {
    fn put(&self, out: &mut Vec<u8>) {
        let length = u32::try_from(self.0.len()).expect("messages stay far below 4 GiB");
        length.put(out);
        for item in &self.0 {
            item.put(out);
        }
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let length = u32::take(input)?;
        let mut items = Vec::new();
        for _ in 0..length {
            let before = input.0.len();
            items.push(T::take(input)?);
            // An item of no bytes would let four bytes ask for four billion items.
            if input.0.len() == before {
                return Err(DecodeError::Tag);
            }
        }
        Ok(List(items))
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(if bool::take(input)? {
            Some(T::take(input)?)
        } else {
            None
        })
    }
}
