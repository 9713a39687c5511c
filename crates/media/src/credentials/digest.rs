//! Sums of bytes, of boxes, and of files without some of their parts.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::ops::Range;

use ring::digest::{Algorithm, Context, SHA256, SHA384, SHA512, digest};

use super::error::{Checked, invalid, printable, unread};
use super::input::Input;

/// The name of the sum that is written here.
pub(super) const SHA256_NAME: &str = "sha256";

/// A SHA-256.
pub(super) type Sum = [u8; 32];

/// The SHA-256 of bytes.
pub(super) fn sum(bytes: &[u8]) -> Sum {
    let digest = digest(&SHA256, bytes);
    digest.as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

/// Bytes as people write them.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The algorithm of a name; C2PA knows three.
pub(super) fn algorithm(name: &str) -> Checked<&'static Algorithm> {
    match name {
        SHA256_NAME => Ok(&SHA256),
        "sha384" => Ok(&SHA384),
        "sha512" => Ok(&SHA512),
        _ => unread(format!("sums by `{}` are not known", printable(name))),
    }
}

/// The SHA-256 of a file without what is `skipped`, with marks as [`of_file`] has them.
pub(super) fn sum_without<R: Read + Seek>(
    input: &mut Input<'_, R>,
    skipped: &[Range<u64>],
    marks: &[u64],
) -> Checked<Sum> {
    let digest = of_file(input, &SHA256, skipped, marks)?;
    Ok(digest.try_into().expect("a SHA-256 has 32 bytes"))
}

/// Sums of bytes that are kept: many may ask for the same.
#[derive(Default)]
pub(super) struct Sums {
    /// By where the bytes lie, and how they are summed.
    known: BTreeMap<(usize, usize, String), Vec<u8>>,
}

impl Sums {
    /// Whether bytes have a sum.
    pub(super) fn has(&mut self, bytes: &[u8], name: &str, sum: &[u8]) -> Checked<bool> {
        let algorithm = algorithm(name)?;
        let key = (bytes.as_ptr().addr(), bytes.len(), name.to_owned());
        let known = self.known.entry(key);
        let known = known.or_insert_with(|| digest(algorithm, bytes).as_ref().to_vec());
        Ok(known == sum)
    }
}

/// The sum of a file without what is `skipped`. Where there is a mark, its place in the file is summed as well, as a
/// number of 64 bits; marks are in order.
pub(super) fn of_file<R: Read + Seek>(
    input: &mut Input<'_, R>,
    algorithm: &'static Algorithm,
    skipped: &[Range<u64>],
    marks: &[u64],
) -> Checked<Vec<u8>> {
    let mut context = Context::new(algorithm);
    let mut marks = marks.iter().copied().peekable();
    let mut at = 0;
    let end = input.length();
    let mut parts = merged(skipped, end)?;
    parts.push(end..end);
    for range in parts {
        while let Some(mark) = marks.next_if(|mark| *mark < range.start) {
            input.each(at..mark, |bytes| context.update(bytes))?;
            context.update(&mark.to_be_bytes());
            at = mark;
        }
        input.each(at..range.start, |bytes| context.update(bytes))?;
        while let Some(mark) = marks.next_if(|mark| *mark < range.end) {
            context.update(&mark.to_be_bytes());
        }
        at = range.end;
    }
    Ok(context.finish().as_ref().to_vec())
}

/// The SHA-256 of parts of a file, one after the other, and of what comes after them.
pub(super) fn sum_of_parts<R: Read + Seek>(
    input: &mut Input<'_, R>,
    parts: &[Range<u64>],
    last: &[u8],
) -> Checked<Sum> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        input.each(part.clone(), |bytes| context.update(bytes))?;
    }
    context.update(last);
    let digest = context.finish();
    Ok(digest.as_ref().try_into().expect("a SHA-256 has 32 bytes"))
}

/// Ranges in order, none of which touches the next, and none of which is empty.
pub(super) fn merged(ranges: &[Range<u64>], end: u64) -> Checked<Vec<Range<u64>>> {
    let mut sorted: Vec<Range<u64>> = ranges
        .iter()
        .filter(|range| !range.is_empty())
        .cloned()
        .collect();
    sorted.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<u64>> = Vec::with_capacity(sorted.len());
    for range in sorted {
        if range.end > end {
            return invalid("what is left out of the sum goes beyond the end of the file");
        }
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    Ok(merged)
}
