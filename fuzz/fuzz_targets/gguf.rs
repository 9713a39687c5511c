//! GGUF: refused, or metadata and tensors that are what the header says.

#![cfg_attr(feature = "libfuzzer", no_main)]

use fuzz::{Target, outcome_of};
use tensor::files::Gguf;

const TARGET: Target = Target {
    name: "gguf",
    parse,
    seeds,
    bytes_max: |length| 16 * length + (64 << 10),
};

fn parse(bytes: &[u8]) -> String {
    match Gguf::of_bytes(bytes.to_vec()) {
        Ok(file) => {
            for (key, value) in file.metadata().iter() {
                let found = file.metadata().get(key).expect("a key of the file");
                assert!(std::ptr::eq(found, value), "a key that stands once");
            }
            outcome_of(
                bytes.len(),
                file.names()
                    .map(|name| file.view(name).expect("a name of the file")),
            )
        }
        Err(error) => error.to_string(),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let every = include_bytes!("../../fixtures/files/every.gguf");
    let empty = [b"GGUF".as_slice(), &3_u32.to_le_bytes(), &[0; 16]].concat();
    let mut small = [b"GGUF".as_slice(), &3_u32.to_le_bytes()].concat();
    small.extend(2_u64.to_le_bytes());
    small.extend(2_u64.to_le_bytes());
    for (key, kind) in [("general.alignment", 4_u32), ("list", 9)] {
        small.extend((key.len() as u64).to_le_bytes());
        small.extend(key.bytes());
        small.extend(kind.to_le_bytes());
        if kind == 4 {
            small.extend(8_u32.to_le_bytes());
        } else {
            small.extend(8_u32.to_le_bytes());
            small.extend(2_u64.to_le_bytes());
            small.extend([1_u64.to_le_bytes().as_slice(), b"a", &[0; 8]].concat());
        }
    }
    for (name, kind, offset) in [("a", 0_u32, 0_u64), ("b", 8, 8)] {
        small.extend(1_u64.to_le_bytes());
        small.extend(name.bytes());
        small.extend(1_u32.to_le_bytes());
        small.extend((if kind == 0 { 2_u64 } else { 32 }).to_le_bytes());
        small.extend(kind.to_le_bytes());
        small.extend(offset.to_le_bytes());
    }
    small.resize(small.len().next_multiple_of(8) + 42, 1);
    vec![every.to_vec(), empty, small]
}

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.parse)(bytes);
});

#[cfg(not(feature = "libfuzzer"))]
fn main() -> std::process::ExitCode {
    fuzz::run(&TARGET)
}
