use super::*;
use crate::testing::Numbers;

/// The blocks and the numbers of a file that `reference/blocks.py` made.
macro_rules! fixture {
    ($name:literal, $block:ty) => {{
        let bytes = include_bytes!(concat!("../../../../fixtures/blocks/", $name));
        let numbers = size_of::<$block>() + 4 * <$block as crate::matmul_blocks::Block>::NUMBERS;
        let (blocks, numbers) = bytes.split_at(bytes.len() / numbers * size_of::<$block>());
        let blocks: Vec<$block> = bytemuck::pod_collect_to_vec(blocks);
        let numbers: Vec<f32> = bytemuck::pod_collect_to_vec(numbers);
        (blocks, numbers)
    }};
}

#[test]
fn blocks_are_read_as_gguf_reads_them_to_the_bit() {
    macro_rules! check {
        ($($name:literal: $block:ty),*) => {$(
            let (blocks, numbers) = fixture!($name, $block);
            let read: Vec<f32> = blocks.iter().flat_map(|block| block.dequantise()).collect();
            assert_eq!(bytemuck::cast_slice::<f32, u32>(&read), bytemuck::cast_slice(&numbers));
        )*};
    }
    check!("q4_0.read": BlockQ4_0, "q4_k.read": BlockQ4K, "q6_k.read": BlockQ6K);
    check!("q8_0.read": BlockQ8_0, "mxfp4.read": BlockMxfp4);
}

#[test]
fn blocks_are_made_as_gguf_makes_them() {
    let (blocks, numbers) = fixture!("q4_0.made", BlockQ4_0);
    let made: Vec<_> = numbers
        .as_chunks()
        .0
        .iter()
        .map(BlockQ4_0::quantise)
        .collect();
    assert_eq!(made, blocks);
    let (blocks, numbers) = fixture!("mxfp4.made", BlockMxfp4);
    let made: Vec<_> = numbers
        .as_chunks()
        .0
        .iter()
        .map(BlockMxfp4::quantise)
        .collect();
    assert_eq!(made, blocks);
}

/// The root mean square error of numbers that a format gives back, relative to theirs.
fn error(values: &[f32], kept: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x) * f64::from(x);
    let off: f64 = values.iter().zip(kept).map(|(a, b)| square(a - b)).sum();
    let size: f64 = values.iter().map(|x| square(*x)).sum();
    (off / size).sqrt()
}

/// Numbers near to normally distributed, as weights are.
fn normal(count: usize) -> Vec<f32> {
    let mut numbers = Numbers::new(3);
    (0..count)
        .map(|_| numbers.many(12).sum::<f32>() * 0.02)
        .collect()
}

#[test]
fn weights_come_back_with_the_error_of_their_format() {
    let values = normal(64 * SUPER_BLOCK);
    let small = values.as_chunks::<BLOCK>().0;
    let large = values.as_chunks::<SUPER_BLOCK>().0;
    let kept = |of: &dyn Fn() -> Vec<f32>| error(&values, &of());
    let q8_0 = kept(&|| {
        let blocks = small.iter().map(BlockQ8_0::quantise);
        blocks.flat_map(|block| block.dequantise()).collect()
    });
    let q4_0 = kept(&|| {
        let blocks = small.iter().map(BlockQ4_0::quantise);
        blocks.flat_map(|block| block.dequantise()).collect()
    });
    let q4_k = kept(&|| {
        let blocks = large.iter().map(BlockQ4K::quantise);
        blocks.flat_map(|block| block.dequantise()).collect()
    });
    let q6_k = kept(&|| {
        let blocks = large.iter().map(BlockQ6K::quantise);
        blocks.flat_map(|block| block.dequantise()).collect()
    });
    let mxfp4 = kept(&|| {
        let blocks = small.iter().map(BlockMxfp4::quantise);
        blocks.flat_map(|block| block.dequantise()).collect()
    });
    println!("{q8_0} {q4_0} {q4_k} {q6_k} {mxfp4}");
    assert!(q8_0 < 0.0055 && q6_k < 0.020, "{q8_0} {q6_k}");
    assert!(
        q4_k < 0.075 && q4_0 < 0.095 && mxfp4 < 0.12,
        "{q4_k} {q4_0} {mxfp4}"
    );
}

#[test]
fn numbers_on_the_grid_are_kept_as_they_are() {
    let values: [f32; BLOCK] = std::array::from_fn(|at| (at % 16) as f32 * 0.25 - 2.0);
    assert_eq!(BlockQ4_0::quantise(&values).dequantise(), values);
    let values: [f32; BLOCK] = std::array::from_fn(|at| f32::from(MXFP4_VALUES[at % 16]) * 0.125);
    assert_eq!(BlockMxfp4::quantise(&values).dequantise(), values);
    let values: [f32; SUPER_BLOCK] = std::array::from_fn(|at| (at % 16) as f32 * 63.0 - 63.0);
    assert_eq!(BlockQ4K::quantise(&values).dequantise(), values);
    let values: [f32; SUPER_BLOCK] =
        std::array::from_fn(|at| ((at * 37) % 64) as f32 * 4.0 - 128.0);
    let kept = BlockQ6K::quantise(&values).dequantise();
    assert!(error(&values, &kept) < 0.02);
}

#[test]
fn nothing_and_one_number_are_kept_and_what_is_no_number_does_no_harm() {
    let large = [[0.0; SUPER_BLOCK], [-3.0; SUPER_BLOCK], [2.0; SUPER_BLOCK]];
    for values in large {
        for kept in [
            BlockQ4K::quantise(&values).dequantise(),
            BlockQ6K::quantise(&values).dequantise(),
        ] {
            for kept in kept {
                assert!(
                    (kept - values[0]).abs() <= 0.002 * values[0].abs(),
                    "{kept}"
                );
            }
        }
        let small = *values.first_chunk::<BLOCK>().unwrap();
        for kept in BlockQ4_0::quantise(&small).dequantise() {
            assert_eq!(kept, values[0]);
        }
    }
    for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-44, 3e38] {
        let mut values = [1.0; SUPER_BLOCK];
        values[5] = broken;
        let small = values.first_chunk::<BLOCK>().unwrap();
        BlockQ4_0::quantise(small);
        BlockMxfp4::quantise(small);
        BlockQ8_0::quantise(small);
        BlockQ4K::quantise(&values);
        BlockQ6K::quantise(&values);
    }
}

#[test]
fn neighbours_are_put_where_a_file_has_them() {
    let numbers: [u8; BLOCK / 2] =
        std::array::from_fn(|at| ((at * 2 % 16) | (((at * 2 + 1) % 16) << 4)) as u8);
    let block = BlockMxfp4::from_neighbours(128, &numbers);
    let exact: [f32; BLOCK] = std::array::from_fn(|at| f32::from(MXFP4_VALUES[at % 16]));
    assert_eq!(block.dequantise(), exact);
}
