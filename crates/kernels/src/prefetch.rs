//! Asking for memory before it is needed: the processor's own guesses stop at the borders of pages.

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// How many bytes ahead of a stream. From 1 to 4 KiB are about as good.
pub(crate) const AHEAD: usize = 2048;

/// Asks for what comes behind `part` of a stream, as much as it is long.
#[target_feature(enable = "sse")]
#[inline]
pub(crate) fn ahead<P: ?Sized>(part: &P) {
    near(part, AHEAD);
}

/// Asks for what lies `away` bytes from `part`, as much as it is long, at least a line.
#[target_feature(enable = "sse")]
#[inline]
pub(crate) fn near<P: ?Sized>(part: &P, away: usize) {
    let start = std::ptr::from_ref(part).cast::<i8>().wrapping_add(away);
    for line in (0..size_of_val(part)).step_by(64) {
        // A hint may name any address.
        _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line));
    }
}
