//! Writing GGUF, tensor by tensor, so that a model need not fit into memory.

use std::collections::BTreeSet;
use std::path::Path;

use super::MAGIC;
use super::header::ALIGNMENT;
use super::metadata::{Array, Value};
use crate::Error;
use crate::files::Dtype;
use crate::files::new_file::NewFile;

const VERSION: u32 = 3;

/// Limits of the readers that others use.
const NAME_BYTES_MAX: usize = 63;
const DIMENSIONS_MAX: usize = 4;

/// A tensor that will be written.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorInfo {
    /// Its name, of at most 63 bytes.
    pub name: String,
    /// How its numbers will lie.
    pub dtype: Dtype,
    /// Lengths of its dimensions, outermost first, four at most.
    pub shape: Vec<usize>,
}

/// A GGUF file in the making. It appears under its name with [`finish`](Self::finish), whole and safe
/// on disk; dropped before that, it leaves nothing.
#[derive(Debug)]
pub struct GgufWriter {
    file: NewFile,
    /// The bytes of each tensor.
    sizes: Vec<usize>,
    alignment: usize,
    /// Which tensor comes next, and how many of its bytes are there.
    tensor: usize,
    written: usize,
}

impl GgufWriter {
    /// Begins the file `path` with its metadata and the list of its tensors, whose bytes follow by
    /// [`write`](Self::write) in the same order.
    ///
    /// # Errors
    /// When a name stands twice, the format cannot hold a tensor, or there is no room for the file.
    pub fn create(
        path: impl AsRef<Path>,
        metadata: &[(&str, &Value)],
        tensors: &[TensorInfo],
    ) -> Result<Self, Error> {
        let path = path.as_ref();
        let refuse = |reason| Error::Unwritable {
            path: path.to_owned(),
            reason,
        };
        let alignment = alignment(metadata).map_err(refuse)?;
        let (header, sizes) = header(metadata, tensors, alignment).map_err(refuse)?;
        let numbers: usize = sizes
            .iter()
            .map(|size| size.next_multiple_of(alignment))
            .sum();
        let mut file = NewFile::create(path, (header.len() + numbers) as u64)?;
        file.write(&header)?;
        let mut writer = Self {
            file,
            sizes,
            alignment,
            tensor: 0,
            written: 0,
        };
        writer.pass_full()?;
        Ok(writer)
    }

    /// Appends `bytes` to the tensor whose turn it is. A tensor may come in many pieces; when it is whole,
    /// the next one has its turn.
    ///
    /// # Errors
    /// When the file cannot be written.
    ///
    /// # Panics
    /// When these are more bytes than the tensor lacks.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        let size = self.sizes.get(self.tensor).copied().unwrap_or(0);
        assert!(
            bytes.len() <= size - self.written.min(size),
            "{} bytes for tensor {}, which lacks {}",
            bytes.len(),
            self.tensor,
            size - self.written.min(size)
        );
        self.file.write(bytes)?;
        self.written += bytes.len();
        self.pass_full()
    }

    /// Ends tensors that are whole, with zeros up to the next place.
    fn pass_full(&mut self) -> Result<(), Error> {
        while self.sizes.get(self.tensor) == Some(&self.written) {
            let padding = self.written.next_multiple_of(self.alignment) - self.written;
            self.file.write(&vec![0; padding])?;
            self.tensor += 1;
            self.written = 0;
        }
        Ok(())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the file cannot be written or renamed.
    ///
    /// # Panics
    /// When tensors are missing.
    pub fn finish(self) -> Result<(), Error> {
        assert_eq!(
            self.tensor,
            self.sizes.len(),
            "every tensor has been written"
        );
        self.file.keep()
    }
}

fn alignment(metadata: &[(&str, &Value)]) -> Result<usize, String> {
    match metadata.iter().find(|(key, _)| *key == "general.alignment") {
        None => Ok(ALIGNMENT as usize),
        Some((_, Value::U32(stated))) if stated.is_power_of_two() => Ok(*stated as usize),
        Some((_, other)) => Err(format!(
            "`general.alignment` is {other:?}, not a power of two"
        )),
    }
}

/// The header up to the first tensor's bytes, and the bytes of each tensor.
fn header(
    metadata: &[(&str, &Value)],
    tensors: &[TensorInfo],
    alignment: usize,
) -> Result<(Vec<u8>, Vec<usize>), String> {
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((metadata.len() as u64).to_le_bytes());
    let mut names = BTreeSet::new();
    for (key, value) in metadata {
        if !names.insert(*key) {
            return Err(format!("key `{key}` stands there twice"));
        }
        text(&mut out, key);
        put_value(&mut out, value);
    }
    names.clear();
    let mut sizes = Vec::with_capacity(tensors.len());
    let mut offset = 0_usize;
    for TensorInfo { name, dtype, shape } in tensors {
        if !names.insert(name) {
            return Err(format!("two tensors are called `{name}`"));
        }
        if name.len() > NAME_BYTES_MAX || shape.len() > DIMENSIONS_MAX {
            return Err(format!(
                "tensor `{name}` has {} dimensions and a name of {} bytes; \
                 {DIMENSIONS_MAX} and {NAME_BYTES_MAX} at most",
                shape.len(),
                name.len()
            ));
        }
        let number = dtype.gguf();
        let number = number
            .ok_or_else(|| format!("tensor `{name}` is of type `{dtype}`, which GGUF lacks"))?;
        let size = dtype.bytes_of(shape);
        let size =
            size.ok_or_else(|| format!("no tensor of type `{dtype}` has the shape {shape:?}"))?;
        text(&mut out, name);
        out.extend((shape.len() as u32).to_le_bytes());
        for length in shape.iter().rev() {
            out.extend((*length as u64).to_le_bytes());
        }
        out.extend(number.to_le_bytes());
        out.extend((offset as u64).to_le_bytes());
        offset = size
            .checked_next_multiple_of(alignment)
            .and_then(|size| offset.checked_add(size))
            .ok_or("more bytes than a file can have")?;
        sizes.push(size);
    }
    out.resize(out.len().next_multiple_of(alignment), 0);
    Ok((out, sizes))
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.bytes());
}

/// The number of the type, then the value.
fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U8(number) => put(out, 0, &number.to_le_bytes()),
        Value::I8(number) => put(out, 1, &number.to_le_bytes()),
        Value::U16(number) => put(out, 2, &number.to_le_bytes()),
        Value::I16(number) => put(out, 3, &number.to_le_bytes()),
        Value::U32(number) => put(out, 4, &number.to_le_bytes()),
        Value::I32(number) => put(out, 5, &number.to_le_bytes()),
        Value::F32(number) => put(out, 6, &number.to_le_bytes()),
        Value::Bool(truth) => put(out, 7, &[u8::from(*truth)]),
        Value::Text(own) => {
            put(out, 8, &[]);
            text(out, own);
        }
        Value::Array(array) => {
            put(out, 9, &[]);
            put_array(out, array);
        }
        Value::U64(number) => put(out, 10, &number.to_le_bytes()),
        Value::I64(number) => put(out, 11, &number.to_le_bytes()),
        Value::F64(number) => put(out, 12, &number.to_le_bytes()),
    }
}

fn put(out: &mut Vec<u8>, kind: u32, bytes: &[u8]) {
    out.extend(kind.to_le_bytes());
    out.extend(bytes);
}

/// The number of the type, the count, then the values.
fn put_array(out: &mut Vec<u8>, array: &Array) {
    /// Numbers of `N` bytes each.
    fn numbers<const N: usize, T: Copy>(
        out: &mut Vec<u8>,
        kind: u32,
        numbers: &[T],
        bytes: impl Fn(T) -> [u8; N],
    ) {
        put(out, kind, &(numbers.len() as u64).to_le_bytes());
        for number in numbers {
            out.extend(bytes(*number));
        }
    }
    match array {
        Array::U8(own) => numbers(out, 0, own, u8::to_le_bytes),
        Array::I8(own) => numbers(out, 1, own, i8::to_le_bytes),
        Array::U16(own) => numbers(out, 2, own, u16::to_le_bytes),
        Array::I16(own) => numbers(out, 3, own, i16::to_le_bytes),
        Array::U32(own) => numbers(out, 4, own, u32::to_le_bytes),
        Array::I32(own) => numbers(out, 5, own, i32::to_le_bytes),
        Array::F32(own) => numbers(out, 6, own, f32::to_le_bytes),
        Array::Bool(own) => numbers(out, 7, own, |truth| [u8::from(truth)]),
        Array::Text(own) => {
            put(out, 8, &(own.len() as u64).to_le_bytes());
            own.iter().for_each(|own| text(out, own));
        }
        Array::Array(own) => {
            put(out, 9, &(own.len() as u64).to_le_bytes());
            own.iter().for_each(|own| put_array(out, own));
        }
        Array::U64(own) => numbers(out, 10, own, u64::to_le_bytes),
        Array::I64(own) => numbers(out, 11, own, i64::to_le_bytes),
        Array::F64(own) => numbers(out, 12, own, f64::to_le_bytes),
    }
}
