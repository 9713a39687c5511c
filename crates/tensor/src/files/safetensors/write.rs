//! Writing `.safetensors`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Error;
use crate::files::View;
use crate::files::new_file::NewFile;

/// Writes `tensors`, each with its name, and what the file says about itself. The file appears under its
/// name when it is whole and safe on disk; before that, and when anything fails, what lay there before
/// still does.
///
/// # Errors
/// When two tensors have one name, a type has no name in this format, or the file cannot be written.
pub fn write_safetensors(
    path: impl AsRef<Path>,
    tensors: &[(&str, View<'_>)],
    metadata: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let mut ordered: Vec<&(&str, View<'_>)> = tensors.iter().collect();
    // Wide numbers first, so that each lies at a multiple of its width.
    ordered.sort_by_key(|(name, view)| (std::cmp::Reverse(view.dtype.block_bytes()), *name));
    check(path, &ordered)?;
    let header = header(&ordered, metadata);
    let numbers: usize = ordered.iter().map(|(_, view)| view.bytes.len()).sum();
    let mut file = NewFile::create(path, (8 + header.len() + numbers) as u64)?;
    file.write(&(header.len() as u64).to_le_bytes())?;
    file.write(&header)?;
    for (_, view) in ordered {
        file.write(view.bytes)?;
    }
    file.keep()
}

fn check(path: &Path, tensors: &[&(&str, View<'_>)]) -> Result<(), Error> {
    let refuse = |reason: String| {
        Err(Error::Unwritable {
            path: path.to_owned(),
            reason,
        })
    };
    let mut names = BTreeSet::from(["__metadata__"]);
    for (
        name,
        View {
            dtype,
            shape,
            bytes,
        },
    ) in tensors
    {
        if !names.insert(name) {
            return refuse(format!("no other tensor can be called `{name}`"));
        }
        if !dtype.is_in_safetensors() {
            return refuse(format!(
                "tensor `{name}` is of type `{dtype}`, which only GGUF has"
            ));
        }
        if dtype.bytes_of(shape) != Some(bytes.len()) {
            return refuse(format!(
                "tensor `{name}` of type `{dtype}` and shape {shape:?} has {} bytes",
                bytes.len()
            ));
        }
    }
    Ok(())
}

/// The header, filled with spaces so that the numbers begin at a multiple of eight.
fn header(tensors: &[&(&str, View<'_>)], metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let mut header = Map::new();
    if !metadata.is_empty() {
        header.insert("__metadata__".to_owned(), json!(metadata));
    }
    let mut start = 0;
    for (name, view) in tensors {
        let end = start + view.bytes.len();
        let about = json!({
            "dtype": view.dtype.name(),
            "shape": view.shape,
            "data_offsets": [start, end],
        });
        header.insert((*name).to_owned(), about);
        start = end;
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    header
}
