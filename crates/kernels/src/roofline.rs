//! What this machine can do at most, to compare kernels with: multiplications from registers, and
//! bytes from memory. The caller holds the clock.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512_bf16;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;

use crate::aligned::Aligned;
use crate::isa::Isa;
use crate::pool::Pool;

/// Chains of multiplications that run side by side: more than any machine's latency asks for.
const CHAINS: usize = 12;

/// Multiplies and adds floats in registers, `rounds` times on each thread, and returns how many
/// operations that were. Each multiplication and each addition counts as one.
pub fn multiply(rounds: usize, pool: &Pool) -> u64 {
    let lanes = match Isa::current() {
        Isa::Scalar => 4,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => 8,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 | Isa::Avx512Bf16 | Isa::Amx => 16,
        #[cfg(target_arch = "aarch64")]
        Isa::Neon | Isa::NeonDot | Isa::NeonI8mm => 8,
    };
    pool.run(&|_| {
        let sum = match Isa::current() {
            Isa::Scalar => scalar::multiply(rounds),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only chosen where the machine has it.
            Isa::Avx2 => unsafe { avx2::multiply(rounds) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the same.
            Isa::Avx512 | Isa::Avx512Bf16 | Isa::Amx => unsafe { avx512::multiply(rounds) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the level is only chosen where the machine has it.
            Isa::Neon | Isa::NeonDot | Isa::NeonI8mm => unsafe { neon::multiply(rounds) },
        };
        std::hint::black_box(sum);
    });
    (2 * lanes * CHAINS * rounds * pool.threads()) as u64
}

/// Multiplies pairs of bfloat16 in registers and adds them up in floats, `rounds` times on each thread, and
/// returns how many operations that were; none where no unit of the processor does so.
pub fn multiply_bf16(rounds: usize, pool: &Pool) -> Option<u64> {
    match Isa::current() {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Bf16 => {
            pool.run(&|_| {
                // SAFETY: the level is only chosen where the machine has it.
                std::hint::black_box(unsafe { avx512_bf16::multiply(rounds) });
            });
            Some((avx512_bf16::OPERATIONS * rounds * pool.threads()) as u64)
        }
        #[cfg(target_arch = "x86_64")]
        Isa::Amx => {
            // SAFETY: the level is only chosen where the unit may be used.
            pool.run(&|_| unsafe { amx::multiply(rounds) });
            Some((amx::OPERATIONS * rounds * pool.threads()) as u64)
        }
        _ => {
            let _ = (rounds, pool);
            None
        }
    }
}

/// Memory to be read from its start to its end, too large for any cache.
pub struct Reading(Aligned);

impl Reading {
    /// A region of `bytes` bytes that has been written once.
    pub fn new(bytes: usize) -> Self {
        let mut memory = Aligned::zeroed(bytes);
        memory.of_mut::<u64>().fill(1);
        Self(memory)
    }

    /// Reads everything once, shared out among the threads, and returns how many bytes that were.
    pub fn read(&self, pool: &Pool) -> u64 {
        let words = self.0.of::<u64>();
        pool.split(words.len(), 1 << 12, &|range| {
            let words = &words[range];
            let sum = match Isa::current() {
                Isa::Scalar => scalar::read(words),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the level is only chosen where the machine has it.
                Isa::Avx2 => unsafe { avx2::read(words) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the same.
                Isa::Avx512 | Isa::Avx512Bf16 | Isa::Amx => unsafe { avx512::read(words) },
                #[cfg(target_arch = "aarch64")]
                // SAFETY: the level is only chosen where the machine has it.
                Isa::Neon | Isa::NeonDot | Isa::NeonI8mm => unsafe { neon::read(words) },
            };
            std::hint::black_box(sum);
        });
        self.0.bytes() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_has_been_done() {
        let pool = Pool::of_all_cores();
        let least = 2 * 4 * CHAINS * 10 * pool.threads();
        assert!(multiply(10, &pool) >= least as u64);
        let has_unit = Isa::current().rounds_inputs();
        assert_eq!(multiply_bf16(10, &pool).is_some(), has_unit);
        assert_eq!(Reading::new(100_000).read(&pool), 100_032);
        assert_eq!(scalar::read(&[1; 70]), 70);
        #[cfg(target_arch = "x86_64")]
        if Isa::current() >= Isa::Avx2 {
            for length in [0, 3, 64, 70, 129] {
                // SAFETY: the level has been looked at.
                assert_eq!(unsafe { avx2::read(&vec![1; length]) }, length as u64);
            }
        }
        #[cfg(target_arch = "aarch64")]
        for length in [0, 3, 64, 70, 129] {
            // SAFETY: every such machine has NEON.
            assert_eq!(unsafe { neon::read(&vec![1; length]) }, length as u64);
        }

        #[cfg(target_arch = "x86_64")]
        if Isa::current() >= Isa::Avx512 {
            for length in [0, 3, 64, 70, 129] {
                // SAFETY: the level has been looked at.
                assert_eq!(unsafe { avx512::read(&vec![1; length]) }, length as u64);
            }
        }
    }
}
