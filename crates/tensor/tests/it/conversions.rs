//! The numbers that every type stands for, compared with PyPI's `gguf` and `torch`.

use kernels::{BlockMxfp4, BlockQ4_0, BlockQ4K, BlockQ6K, BlockQ8_0};
use tensor::files::{Checkpoint, Dtype, View};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/files");

/// The same bits, or no number at all on both sides.
fn assert_same(name: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let is_same = found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
        assert!(is_same, "{name} at {at}: {found:?}, expected {expected:?}");
    }
}

#[test]
fn blocks_of_every_format_hold_the_numbers_that_the_reference_reads() {
    let golden = Checkpoint::open(format!("{FIXTURES}/blocks.safetensors")).unwrap();
    let formats: Vec<&str> = golden
        .names()
        .filter_map(|name| name.strip_suffix(".bytes"))
        .collect();
    assert_eq!(formats.len(), 16);
    for format in formats {
        let dtype = (0..64)
            .filter_map(Dtype::of_gguf)
            .find(|dtype| dtype.name() == format)
            .unwrap();
        let bytes = golden.view(&format!("{format}.bytes")).unwrap().bytes;
        let expected = golden.view(&format!("{format}.f32")).unwrap();
        let blocks = View::new(dtype, vec![expected.len()], bytes).unwrap();
        assert_same(format, &blocks.to_f32(), &expected.to_f32());
    }
}

#[test]
fn the_blocks_of_products_hold_the_same_numbers() {
    fn numbers<B: bytemuck::Pod, const N: usize>(
        bytes: &[u8],
        dequantise: impl Fn(&B) -> [f32; N],
    ) -> Vec<f32> {
        let blocks = bytes.chunks_exact(size_of::<B>());
        let block = |bytes| dequantise(&bytemuck::pod_read_unaligned(bytes));
        blocks.flat_map(block).collect()
    }
    let golden = Checkpoint::open(format!("{FIXTURES}/blocks.safetensors")).unwrap();
    let bytes = |name: &str| golden.view(&format!("{name}.bytes")).unwrap().bytes;
    let all = [
        ("Q8_0", numbers(bytes("Q8_0"), BlockQ8_0::dequantise)),
        ("Q4_0", numbers(bytes("Q4_0"), BlockQ4_0::dequantise)),
        ("Q4_K", numbers(bytes("Q4_K"), BlockQ4K::dequantise)),
        ("Q6_K", numbers(bytes("Q6_K"), BlockQ6K::dequantise)),
        ("MXFP4", numbers(bytes("MXFP4"), BlockMxfp4::dequantise)),
    ];
    for (name, found) in all {
        let expected = golden.view(&format!("{name}.f32")).unwrap().to_f32();
        assert_same(name, &found, &expected);
    }
}

#[test]
fn single_numbers_of_every_type_are_what_torch_makes_of_them() {
    let golden = Checkpoint::open(format!("{FIXTURES}/singles.safetensors")).unwrap();
    let names: Vec<&str> = golden
        .names()
        .filter(|name| !name.ends_with(".f32"))
        .collect();
    assert_eq!(names.len(), 16);
    for name in names {
        let found = golden.view(name).unwrap();
        assert_eq!(found.dtype.name(), name);
        let expected = golden.view(&format!("{name}.f32")).unwrap();
        assert_same(name, &found.to_f32(), &expected.to_f32());
    }
}

#[test]
fn parts_of_a_view_hold_their_share_of_its_numbers() {
    let bytes: Vec<u8> = (0..2 * 3 * 34).map(|at| (at % 251) as u8).collect();
    let view = View::new(Dtype::Q8_0, vec![2, 3, 32], &bytes).unwrap();
    let all = view.to_f32();
    assert_eq!(view.at(1).shape, [3, 32]);
    assert_same("second", &view.at(1).to_f32(), &all[96..]);
    assert_same("one row", &view.at(1).at(2).to_f32(), &all[160..]);
    let rows = view.at(0).rows(1..3);
    assert_eq!(rows.shape, [2, 32]);
    assert_same("two rows", &rows.to_f32(), &all[32..96]);
    assert!(View::new(Dtype::Q8_0, vec![2, 3, 31], &bytes).is_none());
}

#[test]
fn half_floats_are_read_from_any_alignment() {
    let bytes: Vec<u8> = (0..2_001).map(|at| (at * 7) as u8).collect();
    for start in 0..2 {
        let bytes = &bytes[start..][..1_998];
        let expected: Vec<f32> = bytes
            .chunks(2)
            .map(|pair| half::f16::from_le_bytes([pair[0], pair[1]]).to_f32())
            .collect();
        let view = View::new(Dtype::F16, vec![999], bytes).unwrap();
        assert_same("f16", &view.to_f32(), &expected);
    }
}
