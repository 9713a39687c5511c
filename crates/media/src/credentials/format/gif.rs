//! GIF: credentials are an application's block in front of the first picture. Source: C2PA 2.2 section A.3.7, GIF89a.

use std::io::{Read, Seek};

use super::{Checked, Input, Place, jumbf};
use crate::credentials::error::{invalid, unread};

/// A block of an application, its name, and the version of how it holds credentials.
const HEAD: &[u8; 14] = b"\x21\xff\x0bC2PA_GIF\x01\x00\x00";

const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2c;
const END: u8 = 0x3b;

const BLOCKS_MAX: usize = 1 << 16;

pub(super) fn find<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<Option<Place>> {
    let mut found: Option<Place> = None;
    let mut at = insertion(input)?;
    for _ in 0..BLOCKS_MAX {
        let [kind] = input.array(at)?;
        match kind {
            PICTURE | END => return Ok(found),
            EXTENSION => {}
            _ => return invalid("a block is of a kind that GIF does not have"),
        }
        let is_ours = at + 14 <= input.length() && input.array(at)? == *HEAD;
        let start = if is_ours { at + 14 } else { at + 2 };
        let head = at..start;
        let mut place = Place {
            store: Vec::new(),
            span: at..at,
            frame: vec![head],
        };
        place.span.end = parts(input, start, is_ours.then_some(&mut place))?;
        at = place.span.end;
        if is_ours {
            if found.is_some() {
                return invalid("there are credentials twice");
            }
            found = Some(place);
        }
    }
    unread(format!(
        "more than `{BLOCKS_MAX}` blocks before the first picture"
    ))
}

/// Goes over the parts of a block, and puts them together in `place`; the end of the block.
fn parts<R: Read + Seek>(
    input: &mut Input<'_, R>,
    mut at: u64,
    mut place: Option<&mut Place>,
) -> Checked<u64> {
    loop {
        let [length] = input.array(at)?;
        let part = at + 1..at + 1 + u64::from(length);
        if let Some(place) = &mut place {
            place.frame.push(at..part.start);
            place.store.extend(input.bytes(&part, u64::from(u8::MAX))?);
            if place.store.len() as u64 > jumbf::BYTES_MAX {
                return unread("credentials that are too long");
            }
        }
        if length == 0 {
            return Ok(part.end);
        }
        at = part.end;
    }
}

/// Behind the head and the colours that all pictures share.
pub(super) fn insertion<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<u64> {
    let [flags] = input.array(10)?;
    let colours = match flags & 0x80 {
        0 => 0,
        _ => 3 << ((flags & 7) + 1),
    };
    let at = 13 + colours;
    match at < input.length() {
        true => Ok(at),
        false => invalid("it ends before its first picture"),
    }
}

pub(super) fn wrapped(store: &[u8]) -> Vec<u8> {
    let mut bytes = HEAD.to_vec();
    for part in store.chunks(usize::from(u8::MAX)) {
        bytes.push(part.len() as u8);
        bytes.extend_from_slice(part);
    }
    bytes.push(0);
    bytes
}

/// Blocks of applications came with the version of 1989.
pub(super) fn inserted(rest: &[u8], at: usize, wrapped: &[u8]) -> Vec<u8> {
    let mut bytes = [&rest[..at], wrapped, &rest[at..]].concat();
    bytes[4] = b'9';
    bytes
}
