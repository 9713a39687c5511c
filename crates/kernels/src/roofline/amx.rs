//! Four tiles of sums.

use crate::tiles::{Config, ROWS};

/// Multiplies and adds tiles of bfloat16 in registers.
///
/// # Safety
/// The process may use the tile unit.
pub(super) unsafe fn multiply(rounds: usize) {
    let config = Config::new([(ROWS, 64); 8]);
    // SAFETY: the unit is configured before it is used, and released; no memory is written.
    unsafe {
        std::arch::asm!(
            "ldtilecfg [{config}]",
            "test {rounds}, {rounds}",
            "jz 3f",
            "2:",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm5, tmm6",
            "tdpbf16ps tmm2, tmm4, tmm7",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "dec {rounds}",
            "jnz 2b",
            "3:",
            "tilerelease",
            config = in(reg) &raw const config,
            rounds = inout(reg) rounds => _,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack)
        );
    }
}

/// Multiplications and additions of a round.
pub(super) const OPERATIONS: usize = 4 * 2 * ROWS * 16 * 32;
