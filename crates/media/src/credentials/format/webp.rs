//! WebP: credentials are the last chunk of the file. Source: C2PA 2.2 section A.3.6.

use std::io::{Read, Seek};
use std::ops::Range;

use super::{Checked, Input, Place, jumbf};
use crate::credentials::error::{invalid, unread};

const KIND: [u8; 4] = *b"C2PA";

/// Where the first chunk begins.
const FIRST: u64 = 12;

/// Where it says how many bytes follow.
const LENGTH: Range<usize> = 4..8;

const CHUNKS_MAX: usize = 1 << 20;

pub(super) fn find<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<Option<Place>> {
    let end = insertion(input)?;
    let mut found = None;
    let mut at = FIRST;
    for _ in 0..CHUNKS_MAX {
        if at == end {
            return Ok(found);
        }
        let kind: [u8; 4] = input.array(at)?;
        let length = u64::from(u32::from_le_bytes(input.array(at + 4)?));
        let content = at + 8..at + 8 + length;
        if content.end + length % 2 > end {
            return invalid("a chunk is cut off");
        }
        if kind == KIND {
            if found.is_some() {
                return invalid("there are credentials twice");
            }
            let head = at..at + 8;
            found = Some(Place {
                store: input.bytes(&content, jumbf::BYTES_MAX)?,
                span: at..content.end,
                frame: vec![head],
            });
        }
        at = content.end + length % 2;
    }
    unread(format!("more than `{CHUNKS_MAX}` chunks"))
}

/// The end of the chunks.
pub(super) fn insertion<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<u64> {
    let length = u64::from(u32::from_le_bytes(input.array(4)?));
    let end = length + 8;
    match length % 2 == 0 && end >= FIRST && end <= input.length() {
        true => Ok(end),
        false => invalid("it says that it is of another length"),
    }
}

pub(super) fn wrapped(store: &[u8]) -> Vec<u8> {
    let length = u32::try_from(store.len()).expect("credentials are short");
    [&KIND[..], &length.to_le_bytes(), store].concat()
}

pub(super) fn inserted(rest: &[u8], at: usize, wrapped: &[u8]) -> Vec<u8> {
    let pad = &[0][..wrapped.len() % 2];
    let mut bytes = [&rest[..at], wrapped, pad, &rest[at..]].concat();
    set_length(&mut bytes, at + wrapped.len() + pad.len());
    bytes
}

/// Takes a chunk away.
pub(super) fn remove(bytes: &mut Vec<u8>, span: &Range<u64>) {
    let (start, end) = (span.start as usize, span.end as usize);
    let end = end + (end - start) % 2;
    let length = u32::from_le_bytes(bytes[LENGTH].try_into().expect("these are four bytes"));
    bytes.drain(start..end);
    set_length(bytes, length as usize + 8 - (end - start));
}

fn set_length(bytes: &mut [u8], end: usize) {
    let length = u32::try_from(end - 8).expect("a picture is shorter than 4 GiB");
    bytes[LENGTH].copy_from_slice(&length.to_le_bytes());
}
