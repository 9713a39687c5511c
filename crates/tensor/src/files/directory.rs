//! Which tensors a file holds, and where.

use std::ops::Range;

use super::flaw::{Flaw, printable};
use super::{Dtype, View};

/// One tensor of a file. Its range has been checked against the file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) range: Range<usize>,
}

impl Entry {
    /// The tensor in the `bytes` of its file.
    pub(super) fn view<'a>(&self, bytes: &'a [u8]) -> View<'a> {
        View {
            dtype: self.dtype,
            shape: self.shape.clone(),
            bytes: &bytes[self.range.clone()],
        }
    }
}

/// The tensors of a file in the order of their bytes, found by name.
#[derive(Debug)]
pub(super) struct Directory {
    entries: Vec<Entry>,
    /// Positions of `entries` in the order of their names.
    by_name: Vec<u32>,
}

impl Directory {
    /// Sorts `entries`; refuses two of one name and two that share bytes.
    pub(super) fn new(mut entries: Vec<Entry>) -> Result<Self, Flaw> {
        entries.sort_by_key(|entry| (entry.range.start, entry.range.end));
        for pair in entries.windows(2) {
            if pair[1].range.start < pair[0].range.end {
                return Err(Flaw::contradiction(format!(
                    "tensors `{}` and `{}` share bytes",
                    printable(&pair[0].name),
                    printable(&pair[1].name)
                )));
            }
        }
        let mut by_name: Vec<u32> = (0..).take(entries.len()).collect();
        by_name.sort_by(|a, b| entries[*a as usize].name.cmp(&entries[*b as usize].name));
        for pair in by_name.windows(2) {
            let name = &entries[pair[0] as usize].name;
            if *name == entries[pair[1] as usize].name {
                return Err(Flaw::contradiction(format!(
                    "two tensors are called `{}`",
                    printable(name)
                )));
            }
        }
        Ok(Self { entries, by_name })
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn find(&self, name: &str) -> Option<&Entry> {
        let at = self
            .by_name
            .binary_search_by(|at| self.entries[*at as usize].name.as_str().cmp(name))
            .ok()?;
        Some(&self.entries[self.by_name[at] as usize])
    }
}
