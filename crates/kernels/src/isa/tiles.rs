//! Whether the tile unit (AMX) may be used: three have to agree, and the last one has to be asked.
//!
//! The processor says what it has (`CPUID`), the system says what it keeps for a thread that is put aside
//! (`XCR0`), and Linux gives the eight kilobytes of tiles only to a process that has asked for them
//! (`arch_prctl`). What it gives, it gives to all threads of the process and to its children; it refuses
//! where a thread has a stack for signals that is too small for the larger frame. Whoever is refused
//! computes with AVX-512.

use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};

/// `CPUID` leaf 7, `EDX`: products of bfloat16, tiles, products of bytes.
const UNITS: u32 = 1 << 22 | 1 << 24 | 1 << 25;

/// `XCR0`: the configuration and the data of tiles.
const STATES: u64 = 1 << 17 | 1 << 18;

/// Whether tiles are there and granted. The system is asked at each call: once a process is enough.
pub(super) fn are_granted() -> bool {
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
