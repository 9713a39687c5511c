//! Which instructions this machine has, decided once.

use std::sync::OnceLock;

/// A set of instructions for which kernels have a variant, from least to most. Each architecture has its
/// own: a level that a machine can never have is not there to be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// Plain Rust: the definition of each kernel.
    Scalar,
    /// x86-64 with AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// The same with AVX-512: its foundation, bytes and words (BW), double words (DQ), shorter vectors
    /// (VL) and the dot products of whole numbers (VNNI).
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// The same with dot products of pairs of bfloat16 (`AVX512_BF16`) where they pay: on processors of AMD,
    /// which multiply twice as many of them as of floats. Products with weights in bfloat16 round their
    /// inputs to it here, for one row as for many.
    #[cfg(target_arch = "x86_64")]
    Avx512Bf16,
    /// AVX-512 with the tile unit for bfloat16 and bytes (AMX), which the system has to grant. Products
    /// with weights in bfloat16 round their inputs to it here, for one row as for many.
    #[cfg(target_arch = "x86_64")]
    Amx,
    /// AArch64, all of which has NEON with fused multiplications and half floats.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// The same with dot products of bytes (`FEAT_DotProd`, required from Armv8.4 on).
    #[cfg(target_arch = "aarch64")]
    NeonDot,
    /// The same with products of small matrices of bytes (`FEAT_I8MM`, required from Armv8.6 on).
    #[cfg(target_arch = "aarch64")]
    NeonI8mm,
}

impl Isa {
    /// Every level, from least to most.
    pub const ALL: &[Self] = &[
        Self::Scalar,
        #[cfg(target_arch = "x86_64")]
        Self::Avx2,
        #[cfg(target_arch = "x86_64")]
        Self::Avx512,
        #[cfg(target_arch = "x86_64")]
        Self::Avx512Bf16,
        #[cfg(target_arch = "x86_64")]
        Self::Amx,
        #[cfg(target_arch = "aarch64")]
        Self::Neon,
        #[cfg(target_arch = "aarch64")]
        Self::NeonDot,
        #[cfg(target_arch = "aarch64")]
        Self::NeonI8mm,
    ];

    /// The level that kernels use: the best that this machine has, or a lower one that the
    /// environment variable `KERNELS_ISA` names. It is read once; it can lower the choice, never
    /// raise it.
    pub fn current() -> Self {
        static CURRENT: OnceLock<Isa> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one switch that tests and benchmarks need below every caller"
            )]
            let wanted = std::env::var("KERNELS_ISA").ok();
            let wanted = wanted.and_then(|name| Self::named(&name));
            let highest = wanted.or(Self::ALL.last().copied());
            Self::best_up_to(highest.unwrap_or(Self::Scalar))
        })
    }

    /// The best level that this machine has. Where it has a tile unit, the system is asked for it, once a
    /// process.
    pub fn best() -> Self {
        Self::best_up_to(Self::ALL.last().copied().unwrap_or(Self::Scalar))
    }

    /// The best level of this machine that is not above `highest`; nothing above is asked for.
    fn best_up_to(highest: Self) -> Self {
        let mut levels = Self::ALL.iter().copied();
        levels
            .rfind(|isa| *isa <= highest && isa.is_here())
            .unwrap_or(Self::Scalar)
    }

    /// Whether this machine has what the level needs.
    fn is_here(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
                    && std::arch::is_x86_feature_detected!("f16c")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && std::arch::is_x86_feature_detected!("avx512vl")
                    && std::arch::is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Bf16 => {
                Self::Avx512.is_here()
                    && std::arch::is_x86_feature_detected!("avx512bf16")
                    && is_of_amd()
            }
            #[cfg(target_arch = "x86_64")]
            Self::Amx => Self::Avx512.is_here() && crate::tiles::are_granted(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => std::arch::is_aarch64_feature_detected!("dotprod"),
            #[cfg(target_arch = "aarch64")]
            Self::NeonI8mm => std::arch::is_aarch64_feature_detected!("i8mm"),
        }
    }

    /// Whether products with weights in bfloat16 round their inputs to it on this level.
    pub fn rounds_inputs(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Bf16 | Self::Amx => true,
            _ => false,
        }
    }

    /// Whether tiles of pairs of bfloat16 are multiplied on this level, in one instruction per pair.
    pub fn multiplies_pairs(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Bf16 => true,
            _ => false,
        }
    }

    /// The level called `name`, as in `KERNELS_ISA`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|isa| isa.name() == name)
    }

    /// The name of the level, as in `KERNELS_ISA`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Bf16 => "avx512_bf16",
            #[cfg(target_arch = "x86_64")]
            Self::Amx => "amx",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "neon",
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => "neon_dot",
            #[cfg(target_arch = "aarch64")]
            Self::NeonI8mm => "neon_i8mm",
        }
    }

    /// The levels that this machine has, for tests that compare them.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(|isa| *isa <= Self::current() && isa.is_here())
    }
}

/// Whether AMD made the processor. Others take as long for two products of bfloat16 as for four of floats.
#[cfg(target_arch = "x86_64")]
fn is_of_amd() -> bool {
    let leaf = std::arch::x86_64::__cpuid(0);
    [leaf.ebx, leaf.edx, leaf.ecx]
        .map(u32::to_le_bytes)
        .concat()
        == b"AuthenticAMD"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_found_by_their_names_and_ordered() {
        for isa in Isa::ALL {
            assert_eq!(Isa::named(isa.name()), Some(*isa));
        }
        assert_eq!(Isa::named("best"), None);
        assert!(Isa::ALL.is_sorted());
        assert!(Isa::current() <= Isa::best());
    }

    #[test]
    #[cfg(target_arch = "aarch64")]
    fn the_level_that_is_asked_for_is_the_one_that_is_tested() {
        #[expect(clippy::disallowed_methods, reason = "what `current` reads")]
        if let Ok(wanted) = std::env::var("KERNELS_ISA") {
            assert_eq!(Isa::current().name(), wanted);
        }
    }
}
