//! Mutants: small faults put into the code, which good tests notice.

use std::ops::Range;

/// One fault: a span of the source with another text in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mutant {
    pub span: Range<usize>,
    pub text: String,
    /// Lines of the statement that changes, 1-based, both included; 0 and 0 when it runs on
    /// import. A call that reaches none of them cannot tell.
    pub lines: (u32, u32),
}
