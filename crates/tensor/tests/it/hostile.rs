//! Whatever the bytes of a file are: a reason, or tensors that are what their types and shapes ask for.

use tensor::files::{Array, Dtype, Gguf, GgufWriter, Safetensors, TensorInfo, Value, View};

/// Numbers at which a parser goes wrong.
const EDGES: [u64; 12] = [
    0,
    1,
    33,
    (1 << 16) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 32,
    (1 << 62) + 1,
    (1 << 63) - 1,
    1 << 63,
    u64::MAX - 31,
    u64::MAX,
];

/// How many files were read and how many refused.
#[derive(Debug, Default)]
struct Tally {
    read: usize,
    refused: usize,
}

impl Tally {
    fn count(&mut self, sound: Result<(), String>) {
        match sound {
            Ok(()) => self.read += 1,
            Err(reason) => {
                assert!(!reason.is_empty());
                self.refused += 1;
            }
        }
    }
}

fn safetensors(bytes: Vec<u8>) -> Result<(), String> {
    let file = Safetensors::of_bytes(bytes).map_err(|error| error.to_string())?;
    let found = |name| file.view(name).map_err(|error| error.to_string());
    file.names()
        .try_for_each(|name| found(name).map(|view| check(&view)))
}

fn gguf(bytes: Vec<u8>) -> Result<(), String> {
    let file = Gguf::of_bytes(bytes).map_err(|error| error.to_string())?;
    let found = |name| file.view(name).map_err(|error| error.to_string());
    file.names()
        .try_for_each(|name| found(name).map(|view| check(&view)))
}

fn check(view: &View<'_>) {
    assert_eq!(view.dtype.bytes_of(&view.shape), Some(view.bytes.len()));
    if view.len() <= 1024 {
        assert_eq!(view.to_f32().len(), view.len());
    }
}

/// A small safetensors file: its bytes, and where its numbers begin.
fn small_safetensors() -> (Vec<u8>, usize) {
    let header = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    let start = file.len();
    file.extend([9; 22]);
    (file, start)
}

/// A small GGUF file with values and tensors of several types: its bytes, and where its numbers begin.
fn small_gguf() -> (Vec<u8>, usize) {
    let text = |text: &str| text.to_owned();
    let metadata = [
        ("general.architecture", Value::Text(text("llama"))),
        ("general.alignment", Value::U32(32)),
        ("a", Value::Array(Array::Text(vec![text("x"), text("yz")]))),
        ("b", Value::Array(Array::Array(vec![Array::F32(vec![0.5])]))),
        ("c", Value::Bool(true)),
    ];
    let metadata = metadata.each_ref().map(|(key, value)| (*key, value));
    let tensors = [
        ("t", Dtype::F32, vec![2, 2]),
        ("u", Dtype::Q8_0, vec![1, 32]),
    ];
    let tensors = tensors.map(|(name, dtype, shape)| TensorInfo {
        name: text(name),
        dtype,
        shape,
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("small.gguf");
    let mut writer = GgufWriter::create(&path, &metadata, &tensors).expect("a sound file");
    writer.write(&[1; 16]).expect("room");
    writer.write(&[2; 34]).expect("room");
    writer.finish().expect("room");
    let bytes = std::fs::read(path).expect("the file");
    let start = bytes.len() - 32 - 64;
    (bytes, start)
}

/// Tries every bit of the header flipped, every byte as every other hostile one, and a number at an edge
/// at every place in every width.
fn wrong_everywhere(whole: &[u8], header: usize, read: fn(Vec<u8>) -> Result<(), String>) -> Tally {
    let mut tally = Tally::default();
    for at in 0..header {
        for bit in 0..8 {
            let mut bytes = whole.to_vec();
            bytes[at] ^= 1 << bit;
            tally.count(read(bytes));
        }
        for width in [1, 4, 8] {
            for edge in EDGES {
                let mut bytes = whole.to_vec();
                let end = (at + width).min(bytes.len());
                bytes[at..end].copy_from_slice(&edge.to_le_bytes()[..end - at]);
                tally.count(read(bytes));
            }
        }
    }
    tally
}

#[test]
fn a_wrong_anywhere_in_a_safetensors_header_is_refused_or_harmless() {
    let (whole, start) = small_safetensors();
    let tally = wrong_everywhere(&whole, start, safetensors);
    assert!(tally.refused > 20 * tally.read, "{tally:?}");
    // What is read all the same: another name, another type of the same size, other words of metadata.
    assert!(tally.read > 0, "{tally:?}");
}

#[test]
fn a_wrong_anywhere_in_a_gguf_header_is_refused_or_harmless() {
    let (whole, start) = small_gguf();
    let tally = wrong_everywhere(&whole, start, gguf);
    assert!(
        tally.refused > tally.read / 2 && tally.read > 0,
        "{tally:?}"
    );
}

#[test]
fn wrong_numbers_are_numbers() {
    let (whole, start) = small_gguf();
    for at in start..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        assert_eq!(gguf(bytes), Ok(()));
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let (whole, _) = small_safetensors();
    for length in 0..whole.len() {
        assert!(safetensors(whole[..length].to_vec()).is_err(), "{length}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(safetensors(longer).is_err());
}

#[test]
fn noise_and_spliced_files_are_refused_or_sound() {
    let (first, _) = small_safetensors();
    let (second, start) = small_gguf();
    let mut state = 1_u64;
    let mut next = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % bound
    };
    for _ in 0..3_000 {
        for (whole, header, read) in [
            (
                &first,
                first.len(),
                safetensors as fn(Vec<u8>) -> Result<(), String>,
            ),
            (&second, start, gguf),
        ] {
            let mut bytes = whole.clone();
            for _ in 0..1 + next(6) {
                let at = next(header.min(bytes.len()).max(1));
                if bytes.is_empty() {
                    continue;
                }
                match next(4) {
                    0 => bytes[at] = next(256) as u8,
                    1 => bytes.truncate(at + 1),
                    2 => drop(
                        bytes.drain(at..(at + next(40)).min(whole.len()).min(bytes.len()).max(at)),
                    ),
                    _ => {
                        let from = next(whole.len());
                        let piece = whole[from..(from + next(80)).min(whole.len())].to_vec();
                        drop(bytes.splice(at..at, piece));
                    }
                }
            }
            let _ = read(bytes);
        }
        let noise: Vec<u8> = (0..next(200)).map(|_| next(256) as u8).collect();
        assert!(safetensors(noise.clone()).is_err());
        assert!(gguf([b"GGUF\x03\0\0\0", &*noise].concat()).is_err());
    }
}
