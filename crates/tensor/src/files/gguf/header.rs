//! The header of a GGUF file, checked against the file.

use super::MAGIC;
use super::cursor::Cursor;
use super::metadata::{Array, Value};
use crate::files::Dtype;
use crate::files::directory::{Directory, Entry};
use crate::files::flaw::{Flaw, printable};

/// Limits beyond which a file is refused; real models stay far below.
const KEYS_MAX: usize = 1 << 16;
const KEY_BYTES_MAX: usize = (1 << 16) - 1;
const TENSORS_MAX: usize = 1 << 20;
const NAME_BYTES_MAX: usize = 1 << 10;
const DIMENSIONS_MAX: usize = 8;
const NESTING_MAX: usize = 4;
const ALIGNMENT_MAX: u32 = 1 << 20;

/// Where numbers begin, when the file does not say.
pub(super) const ALIGNMENT: u32 = 32;

/// The fewest bytes that a key with its value takes: a length, a type, and one byte.
const KEY_BYTES_MIN: usize = 8 + 4 + 1;

/// The fewest bytes that a tensor's description takes.
const TENSOR_BYTES_MIN: usize = 8 + 4 + 4 + 8;

/// The types of GGUF that are not read, by number.
const REFUSED: &[(u32, &str)] = &[
    (4, "Q4_2"),
    (5, "Q4_3"),
    (9, "Q8_1"),
    (15, "Q8_K"),
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (29, "IQ1_M"),
    (31, "Q4_0_4_4"),
    (32, "Q4_0_4_8"),
    (33, "Q4_0_8_8"),
    (36, "IQ4_NL_4_4"),
    (37, "IQ4_NL_4_8"),
    (38, "IQ4_NL_8_8"),
    (41, "Q1_0"),
];

/// What the file that `bytes` are says about the model, and its tensors.
///
/// Allocates at most 16 times the header's length.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<(String, Value)>, Directory), Flaw> {
    let mut cursor = Cursor::new(bytes);
    check_version(&mut cursor)?;
    let tensors = cursor.u64()?;
    let keys = cursor.count(KEY_BYTES_MIN, "keys")?;
    if keys > KEYS_MAX {
        return Err(Flaw::contradiction(format!(
            "it has {keys} keys, {KEYS_MAX} at most"
        )));
    }
    if tensors > TENSORS_MAX as u64 {
        return Err(Flaw::contradiction(format!(
            "it would hold {tensors} tensors, {TENSORS_MAX} at most"
        )));
    }
    let mut entries = Vec::with_capacity(keys);
    for _ in 0..keys {
        let key = cursor.text("a key", Some(KEY_BYTES_MAX))?;
        let kind = cursor.u32()?;
        let value = value(&mut cursor, kind).map_err(|flaw| flaw.about("key", key))?;
        entries.push((key.to_owned(), value));
    }
    refuse_doubles(&entries)?;
    let alignment = alignment(&entries)?;
    let directory = directory(&mut cursor, tensors, alignment, bytes.len())?;
    Ok((entries, directory))
}

/// Reads the magic number and the version.
fn check_version(cursor: &mut Cursor<'_>) -> Result<(), Flaw> {
    let magic: [u8; 4] = cursor.array()?;
    if magic != *MAGIC {
        return Err(Flaw::Other {
            reason: "is no GGUF file: it does not begin with `GGUF`".to_owned(),
            hint: "point at a `.safetensors` or `.gguf` file",
        });
    }
    match cursor.u32()? {
        2 | 3 => Ok(()),
        version if version.swap_bytes() <= 0xffff => Err(Flaw::Unsupported {
            reason: "is a big-endian GGUF file".to_owned(),
            hint: "take the little-endian file of the model",
        }),
        version => Err(Flaw::Unsupported {
            reason: format!("is of GGUF version {version}; 2 and 3 are read"),
            hint: "take a newer conversion of the model",
        }),
    }
}

/// One value of the type numbered `kind`.
fn value(cursor: &mut Cursor<'_>, kind: u32) -> Result<Value, Flaw> {
    Ok(match kind {
        0 => Value::U8(u8::from_le_bytes(cursor.array()?)),
        1 => Value::I8(i8::from_le_bytes(cursor.array()?)),
        2 => Value::U16(u16::from_le_bytes(cursor.array()?)),
        3 => Value::I16(i16::from_le_bytes(cursor.array()?)),
        4 => Value::U32(cursor.u32()?),
        5 => Value::I32(i32::from_le_bytes(cursor.array()?)),
        6 => Value::F32(f32::from_le_bytes(cursor.array()?)),
        7 => Value::Bool(truth(cursor.array::<1>()?[0])?),
        8 => Value::Text(cursor.text("a text", None)?.to_owned()),
        9 => Value::Array(array(cursor, NESTING_MAX)?),
        10 => Value::U64(cursor.u64()?),
        11 => Value::I64(i64::from_le_bytes(cursor.array()?)),
        12 => Value::F64(f64::from_le_bytes(cursor.array()?)),
        _ => return Err(no_type(kind)),
    })
}

/// A type, a count, and as many values; arrays may lie in arrays `nesting` deep.
fn array(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Array, Flaw> {
    /// As many numbers of `N` bytes each as the count that comes next says.
    fn numbers<const N: usize, T>(
        cursor: &mut Cursor<'_>,
        read: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, Flaw> {
        let count = cursor.count(N, "numbers")?;
        let bytes = cursor.take(count * N)?;
        Ok(bytes
            .as_chunks::<N>()
            .0
            .iter()
            .map(|one| read(*one))
            .collect())
    }
    Ok(match cursor.u32()? {
        0 => Array::U8(numbers(cursor, u8::from_le_bytes)?),
        1 => Array::I8(numbers(cursor, i8::from_le_bytes)?),
        2 => Array::U16(numbers(cursor, u16::from_le_bytes)?),
        3 => Array::I16(numbers(cursor, i16::from_le_bytes)?),
        4 => Array::U32(numbers(cursor, u32::from_le_bytes)?),
        5 => Array::I32(numbers(cursor, i32::from_le_bytes)?),
        6 => Array::F32(numbers(cursor, f32::from_le_bytes)?),
        7 => {
            let bytes = numbers(cursor, u8::from_le_bytes)?;
            Array::Bool(bytes.into_iter().map(truth).collect::<Result<_, Flaw>>()?)
        }
        8 => {
            let count = cursor.count(8, "texts")?;
            let mut texts = Vec::with_capacity(count);
            for _ in 0..count {
                texts.push(cursor.text("a text", None)?.to_owned());
            }
            Array::Text(texts)
        }
        9 => {
            let inner = nesting.checked_sub(1).ok_or_else(|| {
                Flaw::contradiction(format!("arrays lie more than {NESTING_MAX} deep"))
            })?;
            let count = cursor.count(12, "arrays")?;
            let mut arrays = Vec::with_capacity(count);
            for _ in 0..count {
                arrays.push(array(cursor, inner)?);
            }
            Array::Array(arrays)
        }
        10 => Array::U64(numbers(cursor, u64::from_le_bytes)?),
        11 => Array::I64(numbers(cursor, i64::from_le_bytes)?),
        12 => Array::F64(numbers(cursor, f64::from_le_bytes)?),
        kind => return Err(no_type(kind)),
    })
}

fn truth(byte: u8) -> Result<bool, Flaw> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Flaw::contradiction(format!(
            "{byte} is neither true nor false"
        ))),
    }
}

fn no_type(kind: u32) -> Flaw {
    Flaw::contradiction(format!("{kind} is no type of a value"))
}

fn refuse_doubles(entries: &[(String, Value)]) -> Result<(), Flaw> {
    let mut keys: Vec<&str> = entries.iter().map(|(key, _)| &**key).collect();
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Flaw::contradiction(format!(
            "key `{}` stands there twice",
            printable(pair[0])
        ))),
        None => Ok(()),
    }
}

/// What the places of tensors are multiples of.
fn alignment(entries: &[(String, Value)]) -> Result<usize, Flaw> {
    let stated = entries.iter().find(|(key, _)| key == "general.alignment");
    match stated.map(|(_, value)| value) {
        None => Ok(ALIGNMENT as usize),
        Some(Value::U32(stated)) if stated.is_power_of_two() && *stated <= ALIGNMENT_MAX => {
            Ok(*stated as usize)
        }
        Some(other) => Err(Flaw::contradiction(format!(
            "`general.alignment` is {}, not a power of two",
            printable(&format!("{other:?}"))
        ))),
    }
}

/// The tensors, their places compared with the `length` of the file.
fn directory(
    cursor: &mut Cursor<'_>,
    tensors: u64,
    alignment: usize,
    length: usize,
) -> Result<Directory, Flaw> {
    let needed = tensors * TENSOR_BYTES_MIN as u64;
    if needed > cursor.left() as u64 {
        return Err(Flaw::short_at_least(needed - cursor.left() as u64));
    }
    let mut entries = Vec::new();
    for _ in 0..tensors {
        let name = cursor.text("the name of a tensor", Some(NAME_BYTES_MAX))?;
        entries.push(entry(cursor, name, alignment).map_err(|flaw| flaw.about("tensor", name))?);
    }
    let start = cursor.at().next_multiple_of(alignment);
    let mut end = start;
    for entry in &mut entries {
        let range = &mut entry.range;
        match (range.start.checked_add(start), range.end.checked_add(start)) {
            (Some(from), Some(to)) => *range = from..to,
            _ => {
                return Err(Flaw::contradiction(format!(
                    "tensor `{}` lies beyond all memory",
                    printable(&entry.name)
                )));
            }
        }
        end = end.max(entry.range.end);
    }
    let directory = Directory::new(entries)?;
    if end > length && tensors > 0 {
        return Err(Flaw::short((end - length) as u64));
    }
    Ok(directory)
}

/// One tensor, its range counted from the first of all numbers.
fn entry(cursor: &mut Cursor<'_>, name: &str, alignment: usize) -> Result<Entry, Flaw> {
    let dimensions = cursor.u32()? as usize;
    if dimensions > DIMENSIONS_MAX {
        return Err(Flaw::contradiction(format!(
            "{dimensions} dimensions, {DIMENSIONS_MAX} at most"
        )));
    }
    let mut shape = Vec::with_capacity(dimensions);
    for _ in 0..dimensions {
        let length = cursor.u64()?;
        let fits = usize::try_from(length);
        shape.push(fits.map_err(|_| Flaw::contradiction(format!("a length of {length}")))?);
    }
    shape.reverse();
    let number = cursor.u32()?;
    let offset = cursor.u64()?;
    let Some(dtype) = Dtype::of_gguf(number) else {
        return Err(unread(name, number));
    };
    let Some(bytes) = dtype.bytes_of(&shape) else {
        return Err(Flaw::contradiction(format!(
            "no tensor of type `{dtype}` has the shape {shape:?}"
        )));
    };
    let range = usize::try_from(offset)
        .ok()
        .filter(|offset| offset.is_multiple_of(alignment))
        .and_then(|offset| Some(offset..offset.checked_add(bytes)?));
    let Some(range) = range else {
        return Err(Flaw::contradiction(format!(
            "no tensor lies at byte {offset}, with places that are multiples of {alignment}"
        )));
    };
    Ok(Entry {
        name: name.to_owned(),
        dtype,
        shape,
        range,
    })
}

/// A type that is known and not read, or none at all.
fn unread(name: &str, number: u32) -> Flaw {
    match REFUSED.iter().find(|(refused, _)| *refused == number) {
        Some((_, kind)) => Flaw::Unsupported {
            reason: format!(
                "holds tensor `{}` of type `{kind}`, which is not read",
                printable(name)
            ),
            hint: "take a variant of the model in Q4_K_M, Q8_0 or BF16",
        },
        None => Flaw::contradiction(format!("{number} is no type of a tensor")),
    }
}
