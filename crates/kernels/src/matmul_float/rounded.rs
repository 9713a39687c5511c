//! Inputs rounded to bfloat16, in memory that is kept.

use std::cell::RefCell;

use half::bf16;

use crate::aligned::Aligned;
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
    ROUNDED.with_borrow_mut(|rounded| {
        if rounded.bytes() < length * size_of::<bf16>() {
            *rounded = Aligned::zeroed(length * size_of::<bf16>());
        }
        let numbers = &mut rounded.of_mut::<bf16>()[..length];
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
