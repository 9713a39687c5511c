//! Inputs rounded to bfloat16, in memory that is kept.

use std::cell::RefCell;
use std::slice::{from_mut, from_ref};

use half::bf16;

use crate::aligned::Aligned;
use crate::element::{round_each, round_pairs};
use crate::levels::at_each_level;
use crate::pool::Pool;

thread_local! {
    /// The inputs of a product; kept from call to call, so that a steady loop allocates nothing.
    static ROUNDED: RefCell<Aligned> = RefCell::new(Aligned::zeroed(0));
}

/// The form in which a unit reads inputs.
pub(super) struct Form {
    /// Numbers of a row, those that only fill it up included.
    pub padded: usize,
    /// Rows that are rounded together.
    pub rows: usize,
    /// Rounds so many rows, or fewer, of so many inputs each.
    pub spread: fn(&[f32], usize, &mut [bf16]),
}

/// Rounds the rows of `x`, of `inputs` numbers each, and hands them to `then`.
pub(super) fn with_rounded(
    x: &[f32],
    inputs: usize,
    form: &Form,
    pool: &Pool,
    then: impl FnOnce(&[bf16]),
) {
    let length = x.len().checked_div(inputs).unwrap_or(0) * form.padded;
    with_room(length, |numbers| {
        let block = form.rows * inputs;
        if length <= form.rows * form.padded {
            (form.spread)(x, inputs, numbers);
        } else {
            pool.each_chunk(numbers, form.rows * form.padded, &|number, numbers| {
                let x = &x[number * block..];
                (form.spread)(&x[..x.len().min(block)], inputs, numbers);
            });
        }
        then(numbers);
    });
}

/// Pairs of rows that are rounded together.
const PAIRS: usize = 16;

/// Rounds the rows of `x`, of `columns` numbers each, in pairs of rows, and hands them to `then`:
/// `[pairs, columns, 2]`. The last of an odd number has a neighbour of zeros.
pub(super) fn with_pairs_of_rows(
    x: &[f32],
    columns: usize,
    pool: &Pool,
    then: impl FnOnce(&[bf16]),
) {
    let pairs = (x.len() / columns).div_ceil(2);
    with_room(pairs * 2 * columns, |numbers| {
        pool.each_chunk(numbers, PAIRS * 2 * columns, &|number, numbers| {
            let x = &x[number * PAIRS * 2 * columns..];
            spread_pairs(&x[..x.len().min(numbers.len())], columns, numbers);
        });
        then(numbers);
    });
}

at_each_level! {
    /// Rounds pairs of rows.
    fn spread_pairs(x: &[f32], columns: usize, to: &mut [bf16]) = spread_each_pair
}

#[inline(always)]
fn spread_each_pair(x: &[f32], columns: usize, to: &mut [bf16]) {
    for (x, to) in x.chunks(2 * columns).zip(to.chunks_exact_mut(2 * columns)) {
        let (first, second) = x.split_at(columns);
        if second.is_empty() {
            for ([to, beyond], first) in to.as_chunks_mut().0.iter_mut().zip(first) {
                round_each(from_ref(first), from_mut(to));
                *beyond = bf16::ZERO;
            }
        } else {
            round_pairs(first, second, to);
        }
    }
}

/// Room for so many numbers, which hold anything.
fn with_room(length: usize, then: impl FnOnce(&mut [bf16])) {
    ROUNDED.with_borrow_mut(|rounded| {
        if rounded.bytes() < length * size_of::<bf16>() {
            *rounded = Aligned::zeroed(length * size_of::<bf16>());
        }
        then(&mut rounded.of_mut::<bf16>()[..length]);
    });
}
