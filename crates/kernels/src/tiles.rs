//! The tile unit of x86-64 (AMX): eight registers of sixteen rows of 64 bytes.
//!
//! The compiler knows nothing of what these registers hold, so whatever uses them is one block of
//! assembly: it configures the unit, computes, stores, and releases it. What it stores is the same for a
//! row whatever the other rows of a tile are.
//!
//! Whether it may be used is for three to say, and the last one has to be asked:
//! The processor says what it has (`CPUID`), the system says what it keeps for a thread that is put aside
//! (`XCR0`), and Linux gives the eight kilobytes of tiles only to a process that has asked for them
//! (`arch_prctl`). What it gives, it gives to all threads of the process and to its children; it refuses
//! where a thread has a stack for signals that is too small for the larger frame. Whoever is refused
//! computes with AVX-512.

use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};

/// Rows of a tile.
pub(crate) const ROWS: usize = 16;

/// What `ldtilecfg` reads, all 64 bytes of it. Whoever passes it by its address, to assembly that may read
/// memory, can be sure that it has been written.
#[repr(C, align(64))]
pub(crate) struct Config {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

const _: () = assert!(size_of::<Config>() == 64);

impl Config {
    /// Eight tiles, each of so many rows and bytes in a row. A tile of no rows is not there.
    pub fn new(tiles: [(usize, usize); 8]) -> Self {
        let mut config = Self {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            row_bytes: [0; 16],
            rows: [0; 16],
        };
        for (number, (rows, row_bytes)) in tiles.into_iter().enumerate() {
            assert!(rows <= ROWS && row_bytes <= 64, "a tile that the unit has");
            if rows > 0 {
                config.rows[number] = rows as u8;
                config.row_bytes[number] = row_bytes as u16;
            }
        }
        config
    }
}

/// `CPUID` leaf 7, `EDX`: products of bfloat16, tiles, products of bytes.
const UNITS: u32 = 1 << 22 | 1 << 24 | 1 << 25;

/// `XCR0`: the configuration and the data of tiles.
const STATES: u64 = 1 << 17 | 1 << 18;

/// Whether tiles are there and granted. The system is asked at each call: once a process is enough.
pub(crate) fn are_granted() -> bool {
    are_there() && are_kept() && is_permitted()
}

/// Whether the processor has the units, and tiles of eight times sixteen rows of 64 bytes.
fn are_there() -> bool {
    if __cpuid(0).eax < 0x1d || __cpuid_count(7, 0).edx & UNITS != UNITS {
        return false;
    }
    let palette = __cpuid_count(0x1d, 1);
    let (row_bytes, tiles) = (palette.ebx & 0xffff, palette.ebx >> 16);
    row_bytes == 64 && tiles == 8 && palette.ecx & 0xffff == 16
}

/// Whether the system keeps tiles for a thread.
fn are_kept() -> bool {
    const OSXSAVE: u32 = 1 << 27;
    // SAFETY: the instruction is there when the system says that it uses it.
    __cpuid(1).ecx & OSXSAVE != 0 && unsafe { _xgetbv(0) } & STATES == STATES
}

/// Asks the system for tiles.
#[cfg(target_os = "linux")]
fn is_permitted() -> bool {
    const ARCH_PRCTL: u64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const TILE_DATA: u64 = 18;
    let refused: i64;
    // SAFETY: a call that changes nothing but what this process may use, and touches none of its memory.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => refused,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") TILE_DATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    refused == 0
}

/// Other systems are not known to give tiles.
#[cfg(not(target_os = "linux"))]
fn is_permitted() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_says_rows_and_bytes_where_the_unit_reads_them() {
        let config = Config::new([
            (16, 64),
            (3, 32),
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 0),
            (1, 4),
        ]);
        // SAFETY: 64 bytes without a gap between them, all written.
        let bytes: [u8; 64] = unsafe { std::mem::transmute(config) };
        let mut exact = [0; 64];
        exact[0] = 1;
        (exact[16], exact[18], exact[30]) = (64, 32, 4);
        (exact[48], exact[49], exact[55]) = (16, 3, 1);
        assert_eq!(bytes, exact);
    }
}
