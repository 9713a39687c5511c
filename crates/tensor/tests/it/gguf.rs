//! Reading GGUF: what is right is found, what is wrong is refused with a reason.

use tensor::files::{Array, Dtype, Gguf, Value};

const EVERY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../fixtures/files/every.gguf"
);

/// A GGUF file written by hand, to be wrong in one place.
#[derive(Default)]
struct Draft {
    bytes: Vec<u8>,
}

impl Draft {
    fn new(tensors: u64, keys: u64) -> Self {
        let mut draft = Self::default();
        draft.bytes.extend(b"GGUF");
        draft.u32(3).u64(tensors).u64(keys);
        draft
    }

    fn u32(&mut self, number: u32) -> &mut Self {
        self.bytes.extend(number.to_le_bytes());
        self
    }

    fn u64(&mut self, number: u64) -> &mut Self {
        self.bytes.extend(number.to_le_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.u64(text.len() as u64).bytes.extend(text.bytes());
        self
    }

    fn tensor(&mut self, name: &str, lengths: &[u64], kind: u32, offset: u64) -> &mut Self {
        self.text(name).u32(lengths.len() as u32);
        for length in lengths {
            self.u64(*length);
        }
        self.u32(kind).u64(offset)
    }

    /// The file, with `numbers` bytes of numbers after the header.
    fn file(&self, numbers: usize) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.resize(bytes.len().next_multiple_of(32) + numbers, 1);
        bytes
    }

    fn refusal(&self, numbers: usize) -> String {
        let read = Gguf::of_bytes(self.file(numbers));
        read.expect_err("a file that is wrong").to_string()
    }
}

#[test]
fn metadata_of_every_type_is_what_the_reference_wrote() {
    let file = Gguf::open(EVERY).unwrap();
    let metadata = file.metadata();
    assert_eq!(metadata.text("general.architecture").unwrap(), "llama");
    let expected = [
        ("u8", Value::U8(200)),
        ("i8", Value::I8(-100)),
        ("u16", Value::U16(60_000)),
        ("i16", Value::I16(-30_000)),
        ("u32", Value::U32(4_000_000_000)),
        ("i32", Value::I32(-2_000_000_000)),
        ("u64", Value::U64(9_223_372_036_854_775_809)),
        ("i64", Value::I64(-4_611_686_018_427_387_904)),
        ("f32", Value::F32(0.5)),
        ("f64", Value::F64(1e300)),
        ("bool", Value::Bool(true)),
        ("text", Value::Text("Grüße, 世界".to_owned())),
        (
            "texts",
            Value::Array(Array::Text(vec![
                String::new(),
                "a".to_owned(),
                "▁the".to_owned(),
            ])),
        ),
        ("numbers", Value::Array(Array::I32(vec![1, -2, 3]))),
        ("scores", Value::Array(Array::F32(vec![0.25, -1.5]))),
        ("truths", Value::Array(Array::Bool(vec![true, false]))),
    ];
    for (name, value) in expected {
        assert_eq!(
            metadata.get(&format!("test.{name}")),
            Some(&value),
            "{name}"
        );
    }
    assert_eq!(metadata.u64("test.u8").unwrap(), 200);
    assert_eq!(metadata.get("test.i8").and_then(Value::as_u64), None);
    let missing = metadata.u64("test.none").unwrap_err().to_string();
    assert!(missing.ends_with("has no key `test.none`"), "{missing}");
    let wrong = metadata.u64("test.text").unwrap_err().to_string();
    assert!(
        wrong.contains("key `test.text` is a text, not a whole number"),
        "{wrong}"
    );
}

#[test]
fn tensors_of_every_type_have_the_outermost_length_first() {
    let file = Gguf::open(EVERY).unwrap();
    assert_eq!(file.names().len(), 24);
    for name in file.names() {
        let view = file.view(name).unwrap();
        assert_eq!(view.dtype.name(), name.strip_suffix(".weight").unwrap());
        let columns = match view.dtype {
            Dtype::Bf16 => 32,
            dtype if dtype.is_quantised() => 512,
            _ => 3,
        };
        assert_eq!(view.shape, [2, columns], "{name}");
        if !view.dtype.is_quantised() {
            let expected: Vec<f32> = (0..2 * columns).map(|number| number as f32).collect();
            assert_eq!(view.to_f32(), expected, "{name}");
        }
    }
}

#[test]
fn tensors_without_a_sound_place_are_refused_with_the_reason() {
    let cases: [(&[u64], u32, u64, &str); 8] = [
        (&[4], 0, 1, "no tensor lies at byte 1"),
        (&[4], 0, u64::MAX - 31, "tensor `a` lies beyond all memory"),
        (
            &[u64::MAX, 2],
            0,
            0,
            "no tensor of type `F32` has the shape",
        ),
        (&[33], 8, 0, "no tensor of type `Q8_0` has the shape [33]"),
        (&[4], 99, 0, "99 is no type of a tensor"),
        (
            &[256],
            16,
            0,
            "of type `IQ2_XXS`, which is not read\nhint: take a variant",
        ),
        (&[1; 9], 0, 0, "9 dimensions, 8 at most"),
        (&[16], 0, 0, "32 bytes are missing at its end"),
    ];
    for (lengths, kind, offset, reason) in cases {
        let mut draft = Draft::new(1, 0);
        let refusal = draft.tensor("a", lengths, kind, offset).refusal(32);
        assert!(refusal.contains(reason), "{refusal} lacks {reason}");
    }
    let mut draft = Draft::new(2, 0);
    draft.tensor("a", &[16], 0, 0).tensor("b", &[16], 0, 32);
    let refusal = draft.refusal(128);
    assert!(
        refusal.contains("tensors `a` and `b` share bytes"),
        "{refusal}"
    );
    let mut draft = Draft::new(2, 0);
    draft.tensor("a", &[1], 0, 0).tensor("a", &[1], 0, 32);
    let refusal = draft.refusal(128);
    assert!(refusal.contains("two tensors are called `a`"), "{refusal}");
}

#[test]
fn absurd_counts_are_refused_before_anything_is_allocated_for_them() {
    let mut key = Draft::new(0, 1);
    key.text("k").u32(9).u32(8).u64(u64::MAX);
    let mut text = Draft::new(0, 1);
    text.text("k").u32(8).u64(1 << 62);
    let mut deep = Draft::new(0, 1);
    deep.text("k").u32(9);
    for _ in 0..100 {
        deep.u32(9).u64(1);
    }
    let mut doubled = Draft::new(0, 2);
    doubled.text("k").u32(4).u32(1).text("k").u32(4).u32(1);
    let mut alignment = Draft::new(0, 1);
    alignment.text("general.alignment").u32(4).u32(0);
    let mut half_true = Draft::new(0, 1);
    half_true.text("k").u32(7).bytes.push(2);
    let cases = [
        (
            Draft::new(u64::MAX, 0),
            "it would hold 18446744073709551615 tensors",
        ),
        (
            Draft::new(0, u64::MAX),
            "it would hold 18446744073709551615 keys",
        ),
        (
            Draft::new(1 << 20, 0),
            "bytes or more are missing at its end",
        ),
        (key, "key `k`: it would hold 18446744073709551615 texts"),
        (text, "it would hold 4611686018427387904 bytes of a text"),
        (deep, "key `k`: arrays lie more than 4 deep"),
        (doubled, "key `k` stands there twice"),
        (
            alignment,
            "`general.alignment` is U32(0), not a power of two",
        ),
        (half_true, "key `k`: 2 is neither true nor false"),
    ];
    for (draft, reason) in cases {
        let refusal = draft.refusal(32);
        assert!(refusal.contains(reason), "{refusal} lacks {reason}");
    }
}

#[test]
fn other_versions_and_other_files_are_named() {
    let mut file = Draft::new(0, 0).file(0);
    file[4] = 1;
    let old = Gguf::of_bytes(file.clone()).unwrap_err().to_string();
    assert!(
        old.contains("is of GGUF version 1; 2 and 3 are read"),
        "{old}"
    );
    file[4..8].copy_from_slice(&3_u32.to_be_bytes());
    let big = Gguf::of_bytes(file.clone()).unwrap_err().to_string();
    assert!(big.contains("is a big-endian GGUF file"), "{big}");
    file[0] = b'X';
    let other = Gguf::of_bytes(file).unwrap_err().to_string();
    assert!(other.contains("is no GGUF file"), "{other}");
}

#[test]
fn a_file_cut_off_anywhere_in_its_header_or_numbers_is_incomplete() {
    let whole = std::fs::read(EVERY).unwrap();
    let padding = 32;
    for length in 0..whole.len() - padding {
        let error = Gguf::of_bytes(whole[..length].to_vec())
            .unwrap_err()
            .to_string();
        assert!(error.contains("missing at its end"), "{length}: {error}");
    }
}
