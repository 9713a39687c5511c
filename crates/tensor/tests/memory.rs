//! What is allocated for a hostile file is bounded by its length. A binary of its own, because it counts
//! what the whole process allocates.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tensor::files::{Gguf, Safetensors};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes allocated beside those that grow with the file.
const CONSTANT: usize = 16 << 10;

/// The bytes that `read` allocates, for each byte of `input`.
fn factor(input: &[u8], read: impl Fn(Vec<u8>)) -> f64 {
    let own = input.to_vec();
    let region = Region::new(ALLOCATOR);
    read(own);
    let allocated = region.change().bytes_allocated;
    allocated.saturating_sub(CONSTANT) as f64 / input.len() as f64
}

fn safetensors(header: &str) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file
}

/// A GGUF file with counts of tensors and keys, and `rest`.
fn gguf(tensors: u64, keys: u64, rest: &[u8]) -> Vec<u8> {
    let counts = [tensors.to_le_bytes(), keys.to_le_bytes()].concat();
    [b"GGUF\x03\0\0\0", &*counts, rest].concat()
}

/// A key `k` that holds an array of `count` values of the type `kind`, each as `value`.
fn array(kind: u32, count: u64, value: &[u8]) -> Vec<u8> {
    let mut bytes = 1_u64.to_le_bytes().to_vec();
    bytes.extend(b"k");
    bytes.extend(9_u32.to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    for _ in 0..count {
        bytes.extend(value);
    }
    bytes
}

#[test]
fn the_worst_headers_allocate_a_few_times_their_length() {
    // The bounds that the two `header::read` state. One test, as each sees what the other allocates.
    let worst = worst_of_safetensors();
    assert!(
        (2.0..32.0).contains(&worst),
        "{worst} bytes for each of a safetensors header"
    );
    let worst = worst_of_gguf();
    assert!(
        (2.0..16.0).contains(&worst),
        "{worst} bytes for each of a GGUF header"
    );
}

fn worst_of_safetensors() -> f64 {
    let many = |one: fn(usize) -> String| {
        let parts: Vec<String> = (0..5_000).map(one).collect();
        parts.join(",")
    };
    let headers = [
        format!(
            "{{{}}}",
            many(|at| format!(
                r#""{at}":{{"dtype":"U8","shape":[],"data_offsets":[{at},{}]}}"#,
                at + 1
            ))
        ),
        format!(
            "{{{}}}",
            many(|_| r#""":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#.to_owned())
        ),
        format!(
            "{{{}}}",
            many(|at| format!(
                r#""{at}":{{"dtype":"U8","shape":[{}1],"data_offsets":[0,0]}}"#,
                "0,".repeat(31)
            ))
        ),
        format!(
            r#"{{"__metadata__":{{{}}}}}"#,
            many(|at| format!(r#""{at}":"""#))
        ),
        format!(
            r#"{{"__metadata__":{{"a":"{}"}}}}"#,
            r"\u00e9".repeat(20_000)
        ),
        format!(r#"{{"{}"#, "a".repeat(100_000)),
    ];
    let mut worst: f64 = 0.0;
    for header in &headers {
        worst = worst.max(factor(&safetensors(header), |bytes| {
            drop(Safetensors::of_bytes(bytes))
        }));
    }
    worst
}

fn worst_of_gguf() -> f64 {
    let empty_text = 0_u64.to_le_bytes();
    let empty_array = [0_u32.to_le_bytes().as_slice(), &empty_text].concat();
    let keys: Vec<u8> = (0..5_000_u32)
        .flat_map(|at| {
            [
                4_u64.to_le_bytes().as_slice(),
                format!("{at:04}").as_bytes(),
                &[0, 0, 0, 0, 1],
            ]
            .concat()
        })
        .collect();
    let tensors: Vec<u8> = (0..5_000_u32)
        .flat_map(|at| {
            let name = [
                4_u64.to_le_bytes().as_slice(),
                format!("{at:04}").as_bytes(),
            ]
            .concat();
            [
                name,
                vec![0; 4],
                vec![24, 0, 0, 0],
                u64::from(at * 32).to_le_bytes().to_vec(),
            ]
            .concat()
        })
        .collect();
    let mut absurd = array(8, 0, &[]);
    let count = absurd.len() - 8;
    absurd[count..].copy_from_slice(&(u64::MAX >> 4).to_le_bytes());
    let files = [
        gguf(0, 1, &array(8, 20_000, &empty_text)),
        gguf(0, 1, &array(9, 20_000, &empty_array)),
        gguf(0, 1, &array(12, 20_000, &empty_text)),
        gguf(0, 5_000, &keys),
        gguf(5_000, 0, &tensors),
        gguf(1 << 20, 0, &[0; 30_000]),
        gguf(0, 1, &absurd),
    ];
    let mut worst: f64 = 0.0;
    for file in &files {
        worst = worst.max(factor(file, |bytes| drop(Gguf::of_bytes(bytes))));
    }
    worst
}
