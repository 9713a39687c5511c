use std::num::NonZeroUsize;

use super::*;
use crate::testing::{Numbers, assert_close};

fn weights<T: Element>(count: usize, numbers: &mut Numbers) -> Vec<T> {
    let from: Vec<f32> = numbers.many(count).collect();
    let mut weights = vec![T::zeroed(); count];
    T::take(&from, &mut weights);
    weights
}

fn agrees<T: Element>() {
    let pool = Pool::new(NonZeroUsize::MIN);
    for isa in Isa::available() {
        for (rows, outputs, inputs) in sizes() {
            let mut numbers = Numbers::new(7);
            let weights: Vec<T> = weights(outputs * inputs, &mut numbers);
            let x: Vec<f32> = numbers.many(rows * inputs).collect();
            let packed = PackedFloat::pack(&weights, outputs, inputs, &pool);
            let mut out = vec![f32::NAN; rows * outputs];
            matmul_on(isa, &mut out, &x, &packed, Epilogue::Store, &pool);
            let x = as_taken::<T>(isa, &x);
            for (at, out) in out.iter().enumerate() {
                let (row, output) = (at / outputs, at % outputs);
                let terms = x[row * inputs..][..inputs]
                    .iter()
                    .zip(&weights[output * inputs..][..inputs])
                    .map(|(x, weight)| f64::from(*x) * f64::from(weight.to_f32()));
                let what = format!("{isa:?} {rows}×{outputs}×{inputs} at {at}");
                assert_close(*out, terms, &what);
            }
        }
    }
}

/// The inputs as products on that level take them.
fn as_taken<T: Element>(isa: Isa, x: &[f32]) -> Vec<f32> {
    if isa.rounds_inputs() && T::PAIRED {
        x.iter().map(|x| bf16::from_f32(*x).to_f32()).collect()
    } else {
        x.to_vec()
    }
}

fn sizes() -> impl Iterator<Item = (usize, usize, usize)> {
    let inputs = (1..70).map(|inputs| (2, 17, inputs));
    let outputs = (1..36).map(|outputs| (1, outputs, 33));
    let rows = (1..16).map(|rows| (rows, 20, 64));
    inputs.chain(outputs).chain(rows).chain([
        (40, 48, 300),
        (0, 16, 8),
        (48, 16, 32),
        (64, 16, 33),
        (150, 20, 65),
    ])
}

#[test]
fn every_variant_agrees_with_a_sum_in_f64() {
    agrees::<f32>();
    agrees::<f16>();
    agrees::<bf16>();
}

#[test]
fn a_row_is_looked_up_as_it_was_packed() {
    fn check<T: Element>() {
        let (outputs, inputs) = (35, 33);
        let weights: Vec<T> = weights(outputs * inputs, &mut Numbers::new(2));
        let packed = PackedFloat::pack(&weights, outputs, inputs, &Pool::of_all_cores());
        for (output, weights) in weights.chunks(inputs).enumerate() {
            let mut row = vec![f32::NAN; inputs];
            packed.row(output, &mut row);
            let exact: Vec<f32> = weights.iter().map(|weight| weight.to_f32()).collect();
            assert_eq!(row, exact);
        }
    }
    check::<f32>();
    check::<f16>();
    check::<bf16>();
}

#[test]
fn results_depend_neither_on_threads_nor_on_the_other_rows() {
    // More rows than the tallest tile, and inputs that are no whole tiles of weights.
    let (rows, outputs, inputs) = (77, 50, 130);
    let mut numbers = Numbers::new(3);
    let weights: Vec<bf16> = weights(outputs * inputs, &mut numbers);
    let x: Vec<f32> = numbers.many(rows * inputs).collect();
    let packed = PackedBf16::pack(&weights, outputs, inputs, &Pool::of_all_cores());
    let product = |x: &[f32], threads: usize| {
        let pool = Pool::new(NonZeroUsize::new(threads).unwrap());
        let mut out = vec![0.0; x.len() / inputs * outputs];
        matmul_bf16(&mut out, x, &packed, Epilogue::Store, &pool);
        out
    };
    let whole = product(&x, 1);
    assert_eq!(product(&x, 2), whole);
    assert_eq!(product(&x, 5), whole);
    for row in 0..rows {
        let alone = product(&x[row * inputs..][..inputs], 2);
        assert_eq!(alone, whole[row * outputs..][..outputs]);
    }
}

#[test]
fn epilogues_add_and_bias_and_special_numbers_go_through() {
    fn check<T: Element>(weights: Vec<T>) {
        let pool = Pool::new(NonZeroUsize::MIN);
        let packed = PackedFloat::pack(&weights, 2, 2, &pool);
        for isa in Isa::available() {
            let mut out = [10.0, 20.0];
            matmul_on(isa, &mut out, &[3.0, 4.0], &packed, Epilogue::Add, &pool);
            assert_eq!(out, [21.0, 19.0]);
            let bias = Epilogue::Bias(&[100.0, 200.0]);
            matmul_on(isa, &mut out, &[3.0, 4.0], &packed, bias, &pool);
            assert_eq!(out, [111.0, 199.0]);
            let infinite = [f32::INFINITY, 1.0];
            matmul_on(isa, &mut out, &infinite, &packed, Epilogue::Store, &pool);
            assert_eq!(out, [f32::INFINITY, f32::NEG_INFINITY]);
            let unknown = [f32::NAN, 1.0];
            matmul_on(isa, &mut out, &unknown, &packed, Epilogue::Store, &pool);
            assert!(out.iter().all(|out| out.is_nan()));
        }
    }
    let weights = [1.0, 2.0, -1.0, 0.5];
    check(weights.to_vec());
    check(weights.map(f16::from_f32).into());
    check(weights.map(bf16::from_f32).into());
}
