//! JPEG: credentials are in segments APP11, each of which holds a part. Source: C2PA 2.2 section A.3.1,
//! ISO/IEC 19566-5:2023 annex D.

use std::io::{Read, Seek};
use std::ops::Range;

use super::{Checked, Input, Place, is_store, jumbf};
use crate::credentials::error::{invalid, unread};

const APP0: u8 = 0xe0;
const APP11: u8 = 0xeb;
const SCAN: u8 = 0xda;
const END: u8 = 0xd9;

/// "JP": the segment holds a part of a box.
const IDENTIFIER: [u8; 2] = *b"JP";

/// The number of our box; other boxes of the file have others.
const INSTANCE: [u8; 2] = [0x02, 0x11];

/// Bytes of the box in one segment.
const PART: usize = 64_000;

/// What stands in front of a part: marker, length, identifier, instance, number of the part.
const HEAD: u64 = 12;

const SEGMENTS_MAX: usize = 1 << 16;

/// A segment: its marker, and all its bytes.
struct Segment {
    marker: u8,
    range: Range<u64>,
}

/// The front of a part of a box.
struct Part {
    instance: [u8; 2],
    number: u32,
    /// How long the box is, and of what kind.
    head: [u8; 8],
}

pub(super) fn find<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<Option<Place>> {
    let segments = segments(input)?;
    let mut found: Option<Place> = None;
    let mut at = 0;
    while at < segments.len() {
        let Some((part, store)) = begun(input, &segments[at])? else {
            at += 1;
            continue;
        };
        if found.is_some() {
            return invalid("there are credentials twice");
        }
        let (place, parts) = together(input, &segments[at..], &part, store)?;
        found = Some(place);
        at += parts;
    }
    Ok(found)
}

/// The first part of credentials, when that is what a segment holds.
fn begun<R: Read + Seek>(
    input: &mut Input<'_, R>,
    segment: &Segment,
) -> Checked<Option<(Part, Vec<u8>)>> {
    let Some(part) = part(input, segment)? else {
        return Ok(None);
    };
    let content = segment.range.start + HEAD..segment.range.end;
    let store = input.bytes(&content, u64::from(u16::MAX))?;
    Ok((part.number == 1 && is_store(&store)).then_some((part, store)))
}

/// Puts the parts of credentials together; how many there are.
fn together<R: Read + Seek>(
    input: &mut Input<'_, R>,
    segments: &[Segment],
    first: &Part,
    mut store: Vec<u8>,
) -> Checked<(Place, usize)> {
    let [a, b, c, d, ..] = first.head;
    let length = u64::from(u32::from_be_bytes([a, b, c, d]));
    if length > jumbf::BYTES_MAX {
        return unread("credentials that are too long");
    }
    let start = segments[0].range.start;
    let head = start..start + HEAD;
    let mut frame = vec![head];
    let mut end = segments[0].range.end;
    let mut parts = 1;
    while (store.len() as u64) < length {
        let Some(segment) = segments.get(parts) else {
            return invalid("a part of the credentials is missing");
        };
        parts += 1;
        let expected = parts as u32;
        match part(input, segment)? {
            Some(part)
                if segment.range.start == end
                    && (part.number, part.instance) == (expected, first.instance)
                    && part.head == first.head => {}
            _ => return invalid("a part of the credentials is missing"),
        }
        let content = segment.range.start + HEAD + 8..segment.range.end;
        frame.push(segment.range.start..content.start);
        store.extend(input.bytes(&content, u64::from(u16::MAX))?);
        end = segment.range.end;
    }
    let place = Place {
        store,
        span: start..end,
        frame,
    };
    Ok((place, parts))
}

/// The front of the part of a box that a segment holds; nothing when it holds none.
fn part<R: Read + Seek>(input: &mut Input<'_, R>, segment: &Segment) -> Checked<Option<Part>> {
    let start = segment.range.start;
    if segment.marker != APP11 || segment.range.end - start < HEAD + 8 {
        return Ok(None);
    }
    let [_, _, _, _, i, j, a, b, number @ ..]: [u8; 12] = input.array(start)?;
    let part = Part {
        instance: [a, b],
        number: u32::from_be_bytes(number),
        head: input.array(start + HEAD)?,
    };
    Ok(([i, j] == IDENTIFIER).then_some(part))
}

/// The segments in front of the picture itself.
fn segments<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<Vec<Segment>> {
    let mut segments = Vec::new();
    let mut at = 2;
    while segments.len() < SEGMENTS_MAX {
        let [front, marker] = input.array(at)?;
        match (front, marker) {
            (0xff, SCAN | END) => return Ok(segments),
            // A byte that fills up to the next marker.
            (0xff, 0xff) => {
                at += 1;
                continue;
            }
            // The others stand alone, and not in front of a picture.
            (0xff, 0xc0..=0xcf | 0xdb..=0xfe) => {}
            _ => return invalid("a segment does not begin where the one before ends"),
        }
        let [a, b]: [u8; 2] = input.array(at + 2)?;
        let end = at + 2 + u64::from(u16::from_be_bytes([a, b]));
        if end < at + 4 || end > input.length() {
            return invalid("a segment is cut off");
        }
        segments.push(Segment {
            marker,
            range: at..end,
        });
        at = end;
    }
    unread(format!("more than `{SEGMENTS_MAX}` segments"))
}

/// Behind the segments that say that it is a JPEG, which have to be first.
pub(super) fn insertion<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<u64> {
    let segments = segments(input)?;
    let first = segments.iter().take_while(|segment| segment.marker == APP0);
    Ok(first.last().map_or(2, |segment| segment.range.end))
}

pub(super) fn wrapped(store: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, part) in store.chunks(PART).enumerate() {
        let head = if index == 0 { &[] } else { &store[..8] };
        let length = (HEAD as usize - 2 + head.len() + part.len()) as u16;
        bytes.extend_from_slice(&[0xff, APP11]);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&IDENTIFIER);
        bytes.extend_from_slice(&INSTANCE);
        bytes.extend_from_slice(&(index as u32 + 1).to_be_bytes());
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(part);
    }
    bytes
}
