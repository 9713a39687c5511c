use std::num::NonZeroUsize;

use half::f16;

use super::*;
use crate::blocks::SUPER_BLOCK;
use crate::testing::{Numbers, assert_close};

/// A format whose blocks can be made by chance.
trait Chance: Block {
    fn dequantised(&self) -> Vec<f32>;

    /// Any bits for steps and levels, those included that no quantiser writes; usable scales.
    fn chance(numbers: &mut Numbers) -> Self;
}

fn bytes<const N: usize>(numbers: &mut Numbers) -> [u8; N] {
    // The ends of the range, where sums of sixteen bits are fullest, come often.
    std::array::from_fn(|_| match (numbers.next() * 300.0) as i32 {
        200.. => 255,
        ..-200 => 0,
        other => other as u8,
    })
}

macro_rules! chance {
    ($($block:ident { $($scale:ident),* }),* $(,)?) => {$(
        impl Chance for $block {
            fn dequantised(&self) -> Vec<f32> {
                self.dequantise().to_vec()
            }

            fn chance(numbers: &mut Numbers) -> Self {
                #[allow(unused_mut, reason = "not every format has a scale in f16")]
                let mut block: Self = bytemuck::pod_read_unaligned(&bytes::<{ size_of::<$block>() }>(numbers));
                $(block.$scale = f16::from_f32(numbers.next() * 0.1);)*
                block
            }
        }
    )*};
}

chance! {
    BlockQ8_0 { scale },
    BlockQ4_0 { scale },
    BlockQ4K { scale, minimum },
    BlockQ6K { scale },
}

impl Chance for BlockMxfp4 {
    fn dequantised(&self) -> Vec<f32> {
        self.dequantise().to_vec()
    }

    fn chance(numbers: &mut Numbers) -> Self {
        Self {
            exponent: (numbers.next() * 8.0) as i8 as u8 ^ 0x80,
            numbers: bytes(numbers),
        }
    }
}

fn weights<B: Chance>(outputs: usize, inputs: usize, numbers: &mut Numbers) -> Vec<B> {
    (0..outputs * inputs / B::NUMBERS)
        .map(|_| B::chance(numbers))
        .collect()
}

fn rows(x: &[f32], columns: usize) -> QuantisedRows {
    let mut rows = QuantisedRows::default();
    rows.fill(x, columns, &Pool::new(NonZeroUsize::MIN));
    rows
}

fn agrees<B: Chance>() {
    let pool = Pool::new(NonZeroUsize::new(2).unwrap());
    let few = (1..36).map(|outputs| (1, outputs, 1));
    let more = (1..12).map(|rows| (rows, 18, 2));
    for (count, outputs, columns) in few
        .chain(more)
        .chain([(5, 48, 9), (0, 16, 1), (170, 16, 5)])
    {
        let inputs = columns * B::NUMBERS;
        let mut numbers = Numbers::new(9);
        let blocks: Vec<B> = weights(outputs, inputs, &mut numbers);
        // The largest steps of one sign make the fullest sums.
        let mut x: Vec<f32> = numbers.many(count * inputs).collect();
        x.iter_mut().take(BLOCK).for_each(|x| *x = 1.0);
        x.iter_mut().skip(BLOCK).take(BLOCK).for_each(|x| *x = -1.0);
        let x = rows(&x, inputs);
        let packed = PackedBlocks::pack(&blocks, outputs, inputs, &pool);
        for isa in Isa::available() {
            let mut out = vec![f32::NAN; count * outputs];
            matmul_on(isa, &mut out, &x, &packed, Epilogue::Store, &pool);
            for (at, out) in out.iter().enumerate() {
                let terms = terms(&x, at / outputs, &packed, at % outputs);
                let what = format!("{isa:?} {count}×{outputs}×{inputs} at {at}");
                assert_close(*out, terms.into_iter(), &what);
            }
        }
    }
}

/// The terms of a sum, those of steps and those of minima.
fn terms<B: Block>(
    x: &QuantisedRows,
    row: usize,
    packed: &PackedBlocks<B>,
    output: usize,
) -> Vec<f64> {
    let parts = B::NUMBERS / BLOCK;
    let panels = packed.panel(output / PANEL);
    let x = x.group(row / GROUP * GROUP);
    let mut terms = Vec::new();
    for (number, x) in x.iter().enumerate() {
        let part = B::part(&panels[number / parts], number % parts, output % PANEL);
        let scale = f64::from(x.scales[row % GROUP]);
        for (at, x) in x.steps[row % GROUP].into_iter().enumerate() {
            let factor = part.factors[at / 16] * i32::from(part.steps[at]);
            terms.push(f64::from(x) * scale * f64::from(part.scale) * f64::from(factor));
            terms.push(f64::from(x) * scale * -f64::from(part.minimum));
        }
    }
    terms
}

#[test]
fn every_variant_agrees_with_a_sum_in_f64() {
    agrees::<BlockQ8_0>();
    agrees::<BlockQ4_0>();
    agrees::<BlockQ4K>();
    agrees::<BlockQ6K>();
    agrees::<BlockMxfp4>();
}

#[test]
fn results_depend_neither_on_threads_nor_on_the_other_rows() {
    fn check<B: Chance>() {
        let (count, outputs, inputs) = (37, 40, 2 * B::NUMBERS);
        let mut numbers = Numbers::new(5);
        let blocks: Vec<B> = weights(outputs, inputs, &mut numbers);
        let packed = PackedBlocks::pack(&blocks, outputs, inputs, &Pool::of_all_cores());
        let x: Vec<f32> = numbers.many(count * inputs).collect();
        let product = |x: &[f32], threads: usize| {
            let pool = Pool::new(NonZeroUsize::new(threads).unwrap());
            let mut out = vec![1.0; x.len() / inputs * outputs];
            let x = rows(x, inputs);
            let isa = Isa::current();
            matmul_on(isa, &mut out, &x, &packed, Epilogue::Add, &pool);
            out
        };
        let whole = product(&x, 1);
        assert_eq!(product(&x, 3), whole);
        for row in 0..count {
            // Alone, and with some others: variants for few rows and for many say the same.
            for others in [1, 5] {
                let last = (row + others).min(count);
                let alone = product(&x[row * inputs..last * inputs], 2);
                assert_eq!(alone, whole[row * outputs..last * outputs]);
            }
        }
    }
    check::<BlockQ8_0>();
    check::<BlockQ4_0>();
    check::<BlockQ4K>();
    check::<BlockQ6K>();
    check::<BlockMxfp4>();
}

#[test]
#[cfg(target_arch = "x86_64")]
fn tiles_add_up_as_avx_512_does_to_the_bit() {
    fn check<B: Chance>() {
        let (count, outputs, inputs) = (21, 20, 5 * SUPER_BLOCK);
        let mut numbers = Numbers::new(4);
        let blocks: Vec<B> = weights(outputs, inputs, &mut numbers);
        let pool = Pool::new(NonZeroUsize::MIN);
        let packed = PackedBlocks::pack(&blocks, outputs, inputs, &pool);
        let x = rows(&numbers.many(count * inputs).collect::<Vec<f32>>(), inputs);
        let mut outs = Isa::available()
            .filter(|isa| *isa >= Isa::Avx512)
            .map(|isa| {
                let mut out = vec![0.0; count * outputs];
                matmul_on(isa, &mut out, &x, &packed, Epilogue::Store, &pool);
                out
            });
        if let Some(first) = outs.next() {
            outs.for_each(|out| assert_eq!(out, first));
        }
    }
    check::<BlockQ8_0>();
    check::<BlockQ4_0>();
    check::<BlockQ4K>();
    check::<BlockQ6K>();
    check::<BlockMxfp4>();
}

#[test]
fn a_row_is_looked_up_as_its_blocks_say_to_the_bit() {
    fn check<B: Chance>() {
        let (outputs, inputs) = (35, 3 * B::NUMBERS);
        let blocks: Vec<B> = weights(outputs, inputs, &mut Numbers::new(2));
        let packed = PackedBlocks::pack(&blocks, outputs, inputs, &Pool::of_all_cores());
        for (output, blocks) in blocks.chunks(inputs / B::NUMBERS).enumerate() {
            let mut row = vec![f32::NAN; inputs];
            packed.row(output, &mut row);
            let exact: Vec<f32> = blocks.iter().flat_map(B::dequantised).collect();
            assert_eq!(row, exact);
        }
    }
    check::<BlockQ8_0>();
    check::<BlockQ4_0>();
    check::<BlockQ4K>();
    check::<BlockQ6K>();
    check::<BlockMxfp4>();
}

#[test]
#[should_panic(expected = "40 inputs are not whole blocks of 32")]
fn inputs_that_are_not_whole_blocks_are_refused() {
    PackedQ8_0::pack(&[], 1, 40, &Pool::of_all_cores());
}

#[test]
#[should_panic(expected = "64 inputs are not whole blocks of 256")]
fn inputs_that_are_not_whole_blocks_of_blocks_are_refused() {
    PackedQ4K::pack(&[], 1, 64, &Pool::of_all_cores());
}

#[test]
fn the_fullest_sums_of_six_bits_go_round_and_come_back() {
    let pool = Pool::of_all_cores();
    // The largest step of each sign stands for these.
    for weight in [-32.0, 31.0] {
        let mut values = [weight; SUPER_BLOCK];
        // Something to make the scale 1 whatever the search likes best.
        values[SUPER_BLOCK - 1] = -32.0;
        let blocks = vec![BlockQ6K::quantise(&values); PANEL];
        let packed = PackedBlocks::pack(&blocks, PANEL, SUPER_BLOCK, &pool);
        for pattern in 0..16 {
            let sign = |at: usize| {
                if pattern >> (at % 4) & 1 == 0 {
                    1.0
                } else {
                    -1.0
                }
            };
            let x: Vec<f32> = (0..SUPER_BLOCK).map(sign).collect();
            let x = rows(&x, SUPER_BLOCK);
            let outs: Vec<Vec<f32>> = Isa::available()
                .map(|isa| {
                    let mut out = vec![0.0; PANEL];
                    matmul_on(isa, &mut out, &x, &packed, Epilogue::Store, &pool);
                    out
                })
                .collect();
            for out in &outs {
                for (ours, plain) in out.iter().zip(&outs[0]) {
                    assert!((ours - plain).abs() <= 1e-3 * plain.abs().max(1.0));
                }
            }
        }
    }
}
