//! PNG and APNG: credentials are a chunk `caBX`, behind the first one. Source: C2PA 2.2 section A.3.2.

use std::io::{Read, Seek};

use super::{Checked, Input, Place, jumbf};
use crate::credentials::error::{invalid, unread};

const KIND: [u8; 4] = *b"caBX";

/// Where the first chunk begins, which is 25 bytes long.
const FIRST: u64 = 8;

const CHUNKS_MAX: usize = 1 << 20;

pub(super) fn find<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<Option<Place>> {
    let mut found = None;
    let mut at = FIRST;
    for _ in 0..CHUNKS_MAX {
        let length = u64::from(input.number(at)?);
        let kind: [u8; 4] = input.array(at + 4)?;
        let end = at + 12 + length;
        if end > input.length() {
            return invalid("a chunk is cut off");
        }
        if kind == KIND {
            if found.is_some() {
                return invalid("there are credentials twice");
            }
            let content = at + 8..end - 4;
            let store = input.bytes(&content, jumbf::BYTES_MAX)?;
            if input.number(end - 4)? != checksum(&store) {
                return invalid("the chunk with the credentials is damaged");
            }
            let head = at..at + 8;
            found = Some(Place {
                store,
                span: at..end,
                frame: vec![head],
            });
        }
        if kind == *b"IEND" {
            return Ok(found);
        }
        at = end;
    }
    unread(format!("more than `{CHUNKS_MAX}` chunks"))
}

pub(super) fn insertion<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<u64> {
    let length = u64::from(input.number(FIRST)?);
    match input.array(FIRST + 4)? {
        [b'I', b'H', b'D', b'R'] if length == 13 => Ok(FIRST + 12 + length),
        _ => invalid("its first chunk is not the one that says how large it is"),
    }
}

pub(super) fn wrapped(store: &[u8]) -> Vec<u8> {
    let length = u32::try_from(store.len()).expect("credentials are short");
    let (length, sum) = (length.to_be_bytes(), checksum(store).to_be_bytes());
    [&length[..], &KIND, store, &sum].concat()
}

/// The CRC of our chunk with that content. Source: PNG, annex D.
fn checksum(content: &[u8]) -> u32 {
    let bytes = KIND.iter().chain(content);
    let sum = bytes.fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| match sum & 1 {
            0 => sum >> 1,
            _ => sum >> 1 ^ 0xedb8_8320,
        })
    });
    !sum
}
