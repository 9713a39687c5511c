use std::num::NonZeroUsize;

use super::*;
use crate::testing::{Numbers, assert_close};

/// Weights with every step that a byte can hold, those that no quantiser writes included.
fn weights(outputs: usize, inputs: usize, numbers: &mut Numbers) -> Vec<BlockQ8_0> {
    let mut block = || BlockQ8_0 {
        scale: f16::from_f32(numbers.next() * 0.1),
        steps: std::array::from_fn(|_| (numbers.next() * 128.9) as i8),
    };
    let mut blocks: Vec<BlockQ8_0> = (0..outputs * inputs / BLOCK).map(|_| block()).collect();
    if let Some(first) = blocks.first_mut() {
        first.steps = [-128; BLOCK];
    }
    blocks
}

fn rows(x: &[f32], columns: usize) -> QuantisedRows {
    let mut rows = QuantisedRows::default();
    rows.fill(x, columns, &Pool::new(NonZeroUsize::MIN));
    rows
}

#[test]
fn every_variant_agrees_with_a_sum_in_f64() {
    let pool = Pool::new(NonZeroUsize::new(2).unwrap());
    let sizes = (1..36)
        .map(|outputs| (1, outputs, 64))
        .chain((1..12).map(|rows| (rows, 18, 96)))
        .chain([(5, 48, 1024), (0, 16, 32)]);
    for (count, outputs, inputs) in sizes {
        let mut numbers = Numbers::new(9);
        let blocks = weights(outputs, inputs, &mut numbers);
        let mut x: Vec<f32> = numbers.many(count * inputs).collect();
        if let Some(first) = x.get_mut(..BLOCK) {
            first.fill(1.0);
        }
        let (x, packed) = (
            rows(&x, inputs),
            PackedQ8_0::pack(&blocks, outputs, inputs, &pool),
        );
        for isa in Isa::available() {
            let mut out = vec![f32::NAN; count * outputs];
            matmul_q8_0_on(isa, &mut out, &x, &packed, Epilogue::Store, &pool);
            for (at, out) in out.iter().enumerate() {
                let (row, output) = (at / outputs, at % outputs);
                let group = x.group(row / GROUP * GROUP);
                let row = row % GROUP;
                let weights = &blocks[output * inputs / BLOCK..][..inputs / BLOCK];
                let terms = weights.iter().zip(group).flat_map(|(weights, x)| {
                    let scale = f64::from(x.scales[row]) * weights.scale.to_f64();
                    std::iter::zip(x.steps[row], weights.steps)
                        .map(move |(x, step)| f64::from(x) * f64::from(step) * scale)
                });
                assert_close(
                    *out,
                    terms,
                    &format!("{isa:?} {count}×{outputs}×{inputs} at {at}"),
                );
            }
        }
    }
}

#[test]
fn results_depend_neither_on_threads_nor_on_the_other_rows() {
    let (count, outputs, inputs) = (11, 100, 128);
    let mut numbers = Numbers::new(5);
    let blocks = weights(outputs, inputs, &mut numbers);
    let packed = PackedQ8_0::pack(&blocks, outputs, inputs, &Pool::of_all_cores());
    let x: Vec<f32> = numbers.many(count * inputs).collect();
    let product = |x: &[f32], threads: usize| {
        let pool = Pool::new(NonZeroUsize::new(threads).unwrap());
        let mut out = vec![1.0; x.len() / inputs * outputs];
        matmul_q8_0(&mut out, &rows(x, inputs), &packed, Epilogue::Add, &pool);
        out
    };
    let whole = product(&x, 1);
    assert_eq!(product(&x, 3), whole);
    for row in 0..count {
        let alone = product(&x[row * inputs..][..inputs], 2);
        assert_eq!(alone, whole[row * outputs..][..outputs]);
    }
}

#[test]
fn a_row_is_looked_up_as_it_was_packed() {
    let (outputs, inputs) = (35, 96);
    let blocks = weights(outputs, inputs, &mut Numbers::new(2));
    let packed = PackedQ8_0::pack(&blocks, outputs, inputs, &Pool::of_all_cores());
    for (output, blocks) in blocks.chunks(inputs / BLOCK).enumerate() {
        let mut row = vec![f32::NAN; inputs];
        packed.row(output, &mut row);
        let exact: Vec<f32> = blocks.iter().flat_map(BlockQ8_0::dequantise).collect();
        assert_eq!(row, exact);
    }
}

#[test]
#[should_panic(expected = "40 inputs are not whole blocks")]
fn inputs_that_are_not_whole_blocks_are_refused() {
    PackedQ8_0::pack(&[], 1, 40, &Pool::of_all_cores());
}
