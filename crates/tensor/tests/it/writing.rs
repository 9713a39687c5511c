//! Files that are written hold what was given, and appear whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tensor::Error;
use tensor::files::{
    Checkpoint, Dtype, Gguf, GgufWriter, Safetensors, TensorInfo, Value, View, write_safetensors,
};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/files");

#[test]
fn what_is_written_as_safetensors_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.safetensors");
    let golden = Checkpoint::open(format!("{FIXTURES}/singles.safetensors")).unwrap();
    let tensors: Vec<(&str, View<'_>)> = golden
        .names()
        .map(|name| (name, golden.view(name).unwrap()))
        .collect();
    let about = BTreeMap::from([("format".to_owned(), "\"pt\"\n".to_owned())]);
    for _ in 0..2 {
        // The second time over the first file.
        write_safetensors(&path, &tensors, &about).unwrap();
    }
    let read = Safetensors::open(&path).unwrap();
    assert_eq!(*read.metadata(), about);
    assert_eq!(read.names().len(), tensors.len());
    for (name, view) in &tensors {
        let found = read.view(name).unwrap();
        assert_eq!(found, *view, "{name}");
        let place = found.bytes.as_ptr() as usize;
        assert!(place.is_multiple_of(found.dtype.block_bytes()), "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o400, 0o400);
}

#[test]
fn what_is_written_as_gguf_is_read_back_and_equals_the_reference_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.gguf");
    let source = format!("{FIXTURES}/every.gguf");
    let golden = Gguf::open(&source).unwrap();
    let metadata: Vec<(&str, &Value)> = golden.metadata().iter().collect();
    let tensors: Vec<TensorInfo> = golden
        .names()
        .map(|name| {
            let View { dtype, shape, .. } = golden.view(name).unwrap();
            TensorInfo {
                name: name.to_owned(),
                dtype,
                shape,
            }
        })
        .collect();
    let mut writer = GgufWriter::create(&path, &metadata, &tensors).unwrap();
    for name in golden.names() {
        for piece in golden.view(name).unwrap().bytes.chunks(7) {
            writer.write(piece).unwrap();
        }
    }
    assert!(!path.exists(), "a file without its name until it is whole");
    writer.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), fs::read(source).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn info(name: &str, dtype: Dtype, shape: &[usize]) -> TensorInfo {
    TensorInfo {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
    }
}

#[test]
fn a_file_without_room_or_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.gguf");
    // More than any disk has, and less than a length can be.
    let huge = [info("a", Dtype::F32, &[1 << 55])];
    let refused = GgufWriter::create(&path, &[], &huge).unwrap_err();
    assert!(matches!(refused, Error::NoRoom { .. }), "{refused}");
    let text = refused.to_string();
    assert!(
        text.starts_with("no room for the 144115188075855"),
        "{text}"
    );
    let mut writer = GgufWriter::create(&path, &[], &[info("a", Dtype::F32, &[8])]).unwrap();
    writer.write(&[0; 31]).unwrap();
    drop(writer);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let nowhere = GgufWriter::create(folder.path().join("no/new.gguf"), &[], &[]).unwrap_err();
    assert!(matches!(nowhere, Error::Io { .. }), "{nowhere}");
}

#[test]
fn what_a_format_cannot_hold_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    let long = "x".repeat(64);
    let cases = [
        (
            vec![info("a", Dtype::Bool, &[1])],
            "tensor `a` is of type `BOOL`, which GGUF lacks",
        ),
        (
            vec![info("a", Dtype::Q4K, &[255])],
            "no tensor of type `Q4_K` has the shape [255]",
        ),
        (
            vec![info("a", Dtype::U8, &[1; 5])],
            "tensor `a` has 5 dimensions",
        ),
        (vec![info(&long, Dtype::F32, &[1])], "a name of 64 bytes"),
        (
            vec![info("a", Dtype::F32, &[1]); 2],
            "two tensors are called `a`",
        ),
    ];
    for (tensors, reason) in &cases {
        let refusal = GgufWriter::create(&path, &[], tensors)
            .unwrap_err()
            .to_string();
        assert!(refusal.contains(reason), "{refusal} lacks {reason}");
    }
    let view = |dtype, bytes| View {
        dtype,
        shape: vec![32],
        bytes,
    };
    let cases: [(&[(&str, View<'_>)], &str); 4] = [
        (
            &[("a", view(Dtype::Q8_0, &[0; 34]))],
            "of type `Q8_0`, which only GGUF has",
        ),
        (&[("a", view(Dtype::U8, &[0; 31]))], "has 31 bytes"),
        (
            &[("__metadata__", view(Dtype::U8, &[0; 32]))],
            "can be called `__metadata__`",
        ),
        (
            &[
                ("a", view(Dtype::U8, &[0; 32])),
                ("a", view(Dtype::U8, &[0; 32])),
            ],
            "no other tensor can be called `a`",
        ),
    ];
    for (tensors, reason) in cases {
        let refused = write_safetensors(&path, tensors, &BTreeMap::new());
        let refusal = refused.unwrap_err().to_string();
        assert!(refusal.contains(reason), "{refusal} lacks {reason}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
