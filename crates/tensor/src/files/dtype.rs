//! The types of numbers that files hold: single ones, and blocks that share scales.

/// How the numbers of a tensor lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each is called what its format's documentation calls it"
)]
pub enum Dtype {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F8E4M3,
    F8E5M2,
    F8E8M0,
    F16,
    Bf16,
    F32,
    F64,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
    Iq4Nl,
    Iq4Xs,
    Tq1_0,
    Tq2_0,
    Mxfp4,
    Nvfp4,
}

/// What one type is called and how it lies.
struct Facts {
    name: &'static str,
    block_len: usize,
    block_bytes: usize,
    /// Its number in GGUF.
    gguf: Option<u32>,
    is_in_safetensors: bool,
}

/// All types that can be read.
const ALL: &[Dtype] = &[
    Dtype::Bool,
    Dtype::U8,
    Dtype::U16,
    Dtype::U32,
    Dtype::U64,
    Dtype::I8,
    Dtype::I16,
    Dtype::I32,
    Dtype::I64,
    Dtype::F8E4M3,
    Dtype::F8E5M2,
    Dtype::F8E8M0,
    Dtype::F16,
    Dtype::Bf16,
    Dtype::F32,
    Dtype::F64,
    Dtype::Q4_0,
    Dtype::Q4_1,
    Dtype::Q5_0,
    Dtype::Q5_1,
    Dtype::Q8_0,
    Dtype::Q2K,
    Dtype::Q3K,
    Dtype::Q4K,
    Dtype::Q5K,
    Dtype::Q6K,
    Dtype::Iq4Nl,
    Dtype::Iq4Xs,
    Dtype::Tq1_0,
    Dtype::Tq2_0,
    Dtype::Mxfp4,
    Dtype::Nvfp4,
];

impl Dtype {
    /// Its name, as `safetensors` or GGUF spells it.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// How many numbers share a block; 1 where each stands alone.
    pub fn block_len(self) -> usize {
        self.facts().block_len
    }

    /// The bytes of one block.
    pub fn block_bytes(self) -> usize {
        self.facts().block_bytes
    }

    /// Whether numbers share scales in blocks.
    pub fn is_quantised(self) -> bool {
        self.block_len() > 1
    }

    /// The bytes of a tensor of `shape`, outermost dimension first; nothing where they would not fit
    /// into memory or a row is not whole blocks.
    pub fn bytes_of(self, shape: &[usize]) -> Option<usize> {
        let facts = self.facts();
        let inner = shape.last().copied().unwrap_or(1);
        if !inner.is_multiple_of(facts.block_len) {
            return None;
        }
        let numbers = shape
            .iter()
            .try_fold(1_usize, |product, length| product.checked_mul(*length))?;
        // As large as a slice may be, so that offsets fit wherever they are used.
        (numbers / facts.block_len)
            .checked_mul(facts.block_bytes)
            .filter(|bytes| isize::try_from(*bytes).is_ok())
    }

    /// The type that `safetensors` calls `name`.
    pub fn of_safetensors(name: &str) -> Option<Self> {
        let is_it = |dtype: &&Self| dtype.facts().is_in_safetensors && dtype.name() == name;
        ALL.iter().find(is_it).copied()
    }

    /// Whether `safetensors` has a name for it.
    pub fn is_in_safetensors(self) -> bool {
        self.facts().is_in_safetensors
    }

    /// The type that has the number `number` in GGUF.
    pub fn of_gguf(number: u32) -> Option<Self> {
        ALL.iter()
            .find(|dtype| dtype.gguf() == Some(number))
            .copied()
    }

    /// Its number in GGUF, where it has one.
    pub fn gguf(self) -> Option<u32> {
        self.facts().gguf
    }

    fn facts(self) -> Facts {
        let single = |name, block_bytes, gguf| Facts {
            name,
            block_len: 1,
            block_bytes,
            gguf,
            is_in_safetensors: true,
        };
        let block = |name, block_len, block_bytes, gguf| Facts {
            name,
            block_len,
            block_bytes,
            gguf: Some(gguf),
            is_in_safetensors: false,
        };
        match self {
            Self::Bool => single("BOOL", 1, None),
            Self::U8 => single("U8", 1, None),
            Self::U16 => single("U16", 2, None),
            Self::U32 => single("U32", 4, None),
            Self::U64 => single("U64", 8, None),
            Self::I8 => single("I8", 1, Some(24)),
            Self::I16 => single("I16", 2, Some(25)),
            Self::I32 => single("I32", 4, Some(26)),
            Self::I64 => single("I64", 8, Some(27)),
            Self::F8E4M3 => single("F8_E4M3", 1, None),
            Self::F8E5M2 => single("F8_E5M2", 1, None),
            Self::F8E8M0 => single("F8_E8M0", 1, None),
            Self::F16 => single("F16", 2, Some(1)),
            Self::Bf16 => single("BF16", 2, Some(30)),
            Self::F32 => single("F32", 4, Some(0)),
            Self::F64 => single("F64", 8, Some(28)),
            Self::Q4_0 => block("Q4_0", 32, 18, 2),
            Self::Q4_1 => block("Q4_1", 32, 20, 3),
            Self::Q5_0 => block("Q5_0", 32, 22, 6),
            Self::Q5_1 => block("Q5_1", 32, 24, 7),
            Self::Q8_0 => block("Q8_0", 32, 34, 8),
            Self::Q2K => block("Q2_K", 256, 84, 10),
            Self::Q3K => block("Q3_K", 256, 110, 11),
            Self::Q4K => block("Q4_K", 256, 144, 12),
            Self::Q5K => block("Q5_K", 256, 176, 13),
            Self::Q6K => block("Q6_K", 256, 210, 14),
            Self::Iq4Nl => block("IQ4_NL", 32, 18, 20),
            Self::Iq4Xs => block("IQ4_XS", 256, 136, 23),
            Self::Tq1_0 => block("TQ1_0", 256, 54, 34),
            Self::Tq2_0 => block("TQ2_0", 256, 66, 35),
            Self::Mxfp4 => block("MXFP4", 32, 17, 39),
            Self::Nvfp4 => block("NVFP4", 64, 36, 40),
        }
    }
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_names() {
        for dtype in ALL {
            if let Some(number) = dtype.gguf() {
                assert_eq!(Dtype::of_gguf(number), Some(*dtype));
            }
            let found = Dtype::of_safetensors(dtype.name());
            assert_eq!(found, dtype.is_in_safetensors().then_some(*dtype));
        }
    }

    #[test]
    fn sizes_that_do_not_fit_into_memory_have_no_bytes() {
        assert_eq!(Dtype::F32.bytes_of(&[]), Some(4));
        assert_eq!(Dtype::F32.bytes_of(&[3, 5]), Some(60));
        assert_eq!(Dtype::Q4K.bytes_of(&[2, 512]), Some(576));
        assert_eq!(Dtype::Q4K.bytes_of(&[2, 300]), None);
        assert_eq!(Dtype::F32.bytes_of(&[usize::MAX, 2]), None);
        assert_eq!(Dtype::F32.bytes_of(&[usize::MAX / 4]), None);
        assert_eq!(Dtype::F32.bytes_of(&[0, 5]), Some(0));
    }
}
