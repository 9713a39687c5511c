//! Unicode's general categories as a byte of flags a character, looked up in one step.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

/// What a character is, as flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Classes(u8);

impl Classes {
    /// `\p{L}`
    pub const LETTER: Self = Self(1);
    /// `\p{N}`
    pub const NUMBER: Self = Self(2);
    /// `\p{M}`
    pub const MARK: Self = Self(4);
    /// `\s`
    pub const SPACE: Self = Self(8);
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
    pub const UPPER: Self = Self(16);
    /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
    pub const LOWER: Self = Self(32);
    /// `\w`
    pub const WORD: Self = Self(64);
    /// `[\r\n]`
    pub const NEWLINE: Self = Self(128);

    /// The flags of `character`.
    #[inline]
    pub fn of(character: char) -> Self {
        Self(TABLE[character as usize])
    }

    /// The flags of either.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two share a flag.
    #[inline]
    pub fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }
}

static TABLE: LazyLock<Box<[u8]>> = LazyLock::new(|| {
    let mut table = vec![0; char::MAX as usize + 1].into_boxed_slice();
    for (pattern, flag) in [
        (r"\p{L}", Classes::LETTER),
        (r"\p{N}", Classes::NUMBER),
        (r"\p{M}", Classes::MARK),
        (r"\s", Classes::SPACE),
        (r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", Classes::UPPER),
        (r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", Classes::LOWER),
        (r"\w", Classes::WORD),
        (r"[\r\n]", Classes::NEWLINE),
    ] {
        let hir = regex_syntax::parse(pattern).expect("the pattern is one of the above");
        let HirKind::Class(Class::Unicode(class)) = hir.kind() else {
            unreachable!("a class of characters parses to one");
        };
        for range in class.ranges() {
            for byte in &mut table[range.start() as usize..=range.end() as usize] {
                *byte |= flag.0;
            }
        }
    }
    table
});
