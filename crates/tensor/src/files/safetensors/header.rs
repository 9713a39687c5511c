//! The header of a `.safetensors` file, checked against the file.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::files::Dtype;
use crate::files::directory::{Directory, Entry};
use crate::files::flaw::{Flaw, printable, said};

/// The longest header that is read, in bytes; the format's own limit.
const HEADER_BYTES_MAX: u64 = 100_000_000;

/// Dimensions of a tensor; NumPy's limit, and far beyond any model.
const DIMENSIONS_MAX: usize = 32;

/// The tensors of the file that `bytes` are, and what it says about itself.
///
/// Allocates at most 32 times the header's length.
pub(super) fn read(bytes: &[u8]) -> Result<(BTreeMap<String, String>, Directory), Flaw> {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(Flaw::short_at_least(8 - bytes.len() as u64));
    };
    let length = u64::from_le_bytes(*length);
    if length > HEADER_BYTES_MAX {
        return Err(Flaw::Other {
            reason: format!("is no safetensors file: its header would be {length} bytes long"),
            hint: "point at a `.safetensors` or `.gguf` file",
        });
    }
    let length = usize::try_from(length).expect("a hundred million fits");
    let Some((header, numbers)) = rest.split_at_checked(length) else {
        return Err(Flaw::short_at_least((length - rest.len()) as u64));
    };
    if header.first() != Some(&b'{') {
        return Err(Flaw::Other {
            reason: "is no safetensors file: its header does not begin with `{`".to_owned(),
            hint: "point at a `.safetensors` or `.gguf` file",
        });
    }
    let header: Header = serde_json::from_slice(header).map_err(|error| {
        Flaw::contradiction(format!("its header cannot be read: {}", said(&error)))
    })?;
    let entries = header
        .tensors
        .into_iter()
        .map(|(name, info)| entry(name, info, 8 + length))
        .collect::<Result<Vec<Entry>, Flaw>>()?;
    let directory = Directory::new(entries)?;
    covers(&directory, 8 + length, numbers.len())?;
    Ok((header.metadata, directory))
}

/// One tensor, its size compared with its type and shape. `start` is where the numbers begin.
fn entry(name: String, info: Info, start: usize) -> Result<Entry, Flaw> {
    let Some(dtype) = Dtype::of_safetensors(&info.dtype) else {
        return Err(Flaw::Unsupported {
            reason: format!(
                "holds tensor `{}` of type `{}`, which is not read",
                printable(&name),
                printable(&info.dtype)
            ),
            hint: "take a variant of the model in BF16, F16 or F32",
        });
    };
    let (from, to) = info.data_offsets;
    let range = from
        .checked_add(start)
        .zip(to.checked_add(start))
        .map(|(from, to)| from..to);
    let asked = dtype.bytes_of(&info.shape.0);
    match (range, asked) {
        (Some(range), Some(asked)) if range.end.checked_sub(range.start) == Some(asked) => {
            Ok(Entry {
                name,
                dtype,
                shape: info.shape.0,
                range,
            })
        }
        _ => Err(Flaw::contradiction(format!(
            "tensor `{}` of type `{dtype}` and shape {:?} cannot lie at bytes {from} to {to}",
            printable(&name),
            info.shape.0
        ))),
    }
}

/// Checks that the tensors cover `length` bytes from `start` on, without holes.
fn covers(directory: &Directory, start: usize, length: usize) -> Result<(), Flaw> {
    let mut covered = start;
    for entry in directory.entries() {
        if entry.range.start != covered {
            return Err(Flaw::contradiction(format!(
                "{} bytes before tensor `{}` belong to no tensor",
                entry.range.start - covered,
                printable(&entry.name)
            )));
        }
        covered = entry.range.end;
    }
    let there = start + length;
    if covered > there {
        return Err(Flaw::short((covered - there) as u64));
    }
    if covered < there {
        return Err(Flaw::contradiction(format!(
            "{} bytes at its end belong to no tensor",
            there - covered
        )));
    }
    Ok(())
}

/// The whole header, with names as often as they stand there.
struct Header {
    metadata: BTreeMap<String, String>,
    tensors: Vec<(String, Info)>,
}

/// What the header says of one tensor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Info {
    dtype: String,
    shape: Shape,
    data_offsets: (usize, usize),
}

/// Lengths of dimensions, few enough.
struct Shape(Vec<usize>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut metadata = None;
        let mut tensors = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name != "__metadata__" {
                tensors.push((name, map.next_value()?));
            } else if metadata.replace(map.next_value()?).is_some() {
                return Err(A::Error::custom("`__metadata__` stands there twice"));
            }
        }
        Ok(Header {
            metadata: metadata.unwrap_or_default(),
            tensors,
        })
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lengths of a tensor's dimensions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut lengths: A) -> Result<Shape, A::Error> {
        let mut shape = Vec::new();
        while let Some(length) = lengths.next_element()? {
            if shape.len() == DIMENSIONS_MAX {
                return Err(A::Error::custom(format_args!(
                    "more than {DIMENSIONS_MAX} dimensions"
                )));
            }
            shape.push(length);
        }
        Ok(Shape(shape))
    }
}
