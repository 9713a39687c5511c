//! MP4: credentials are a box behind the first one, and what is signed is named by boxes. Source: C2PA 2.2 sections
//! 18.6 and A.5, ISO/IEC 14496-12.

use std::collections::BTreeSet;
use std::io::{Read, Seek};
use std::ops::Range;

use ciborium::Value;

use super::{Checked, Input, Place, jumbf};
use crate::credentials::cbor::Fields as _;
use crate::credentials::error::{invalid, unread};

/// What says that a box of anybody's is C2PA's.
pub(in crate::credentials) const USER: [u8; 16] = [
    0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81,
];

/// What stands in front of the credentials: version and flags, what they are for, and where more boxes are.
const HEAD: &[u8; 21] = b"\0\0\0\0manifest\0\0\0\0\0\0\0\0\0";

/// What stands in front of the credentials, with what every box begins with.
pub(in crate::credentials) const HEAD_BYTES: usize = 8 + 16 + HEAD.len();

const BOXES_MAX: usize = 1 << 18;

/// Boxes that a sum leaves out, and parts of each, at most.
const EXCLUSIONS_MAX: usize = 64;

/// Boxes inside each other that an address names at most.
const DEPTH_MAX: usize = 16;

/// A box: its letters, all of its bytes, and how many of them say what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::credentials) struct Node {
    pub letters: [u8; 4],
    pub range: Range<u64>,
    head: u64,
}

/// What a sum leaves out.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::credentials) struct Excluded {
    pub ranges: Vec<Range<u64>>,
    /// Where boxes begin that are not left out as a whole.
    pub marks: Vec<u64>,
}

impl Node {
    /// Whether it is one of those that C2PA leaves out of every sum.
    pub(in crate::credentials) fn is_left_out(&self) -> bool {
        [*b"ftyp", *b"mfra"].contains(&self.letters)
    }
}

/// The box around credentials.
pub(in crate::credentials) fn wrapped(store: &[u8]) -> Vec<u8> {
    jumbf::boxed(b"uuid", &[&USER[..], HEAD, store].concat())
}

pub(super) fn find<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<Option<Place>> {
    let roots = roots(input)?;
    let mut ours = Vec::new();
    for node in &roots {
        let content = node.range.start + node.head;
        let is_long = node.letters == *b"uuid" && node.range.end - content >= 16;
        if is_long && input.array(content)? == USER {
            ours.push(node);
        }
    }
    let mut found = None;
    for node in &ours {
        let content = node.range.start + node.head + 16;
        let start = content + HEAD.len() as u64;
        if start > node.range.end {
            return invalid("the box with the credentials is too short");
        }
        let head: [u8; 21] = input.array(content)?;
        if head != *HEAD {
            return strange(&head, ours.len());
        }
        if found.is_some() {
            return invalid("there are credentials twice");
        }
        let firsts = roots.iter().filter(|node| node.is_left_out());
        let mut frame: Vec<Range<u64>> = firsts.map(|node| node.range.clone()).collect();
        frame.push(node.range.start..start);
        found = Some(Place {
            store: input.bytes(&(start..node.range.end), jumbf::BYTES_MAX)?,
            span: node.range.clone(),
            frame,
        });
    }
    Ok(found)
}

/// The fault of a box that begins otherwise than ours.
fn strange<T>(head: &[u8; 21], boxes: usize) -> Checked<T> {
    let purpose = head[4..].split(|byte| *byte == 0).next();
    match purpose.unwrap_or_default() {
        b"manifest" if boxes > 1 && head[..13] == HEAD[..13] => {
            unread("the film was signed in parts")
        }
        b"merkle" => unread("the film was signed in parts"),
        b"original" | b"update" => unread("they were added to later"),
        _ => invalid("the box with the credentials is damaged"),
    }
}

/// The boxes that a film is.
pub(in crate::credentials) fn roots<R: Read + Seek>(
    input: &mut Input<'_, R>,
) -> Checked<Vec<Node>> {
    let end = input.length();
    nodes(input, 0..end)
}

/// The boxes of a range. What is left at its end and too short for a box is none.
fn nodes<R: Read + Seek>(input: &mut Input<'_, R>, within: Range<u64>) -> Checked<Vec<Node>> {
    let mut nodes = Vec::new();
    let mut at = within.start;
    while within.end - at >= 8 {
        let [a, b, c, d, letters @ ..]: [u8; 8] = input.array(at)?;
        let (length, head) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (within.end - at, 8),
            1 => (u64::from_be_bytes(input.array(at + 8)?), 16),
            length => (u64::from(length), 8),
        };
        let end = at.checked_add(length).filter(|end| *end <= within.end);
        let Some(end) = end.filter(|_| length >= head) else {
            return invalid("a box is longer than what it lies in");
        };
        if nodes.len() == BOXES_MAX {
            return unread(format!("more than `{BOXES_MAX}` boxes beside each other"));
        }
        nodes.push(Node {
            letters,
            range: at..end,
            head,
        });
        at = end;
    }
    Ok(nodes)
}

/// What `exclusions` leave out of the sum of a film.
pub(in crate::credentials) fn excluded<R: Read + Seek>(
    input: &mut Input<'_, R>,
    exclusions: &[Value],
) -> Checked<Excluded> {
    let roots = roots(input)?;
    let mut ranges = Vec::new();
    let mut whole = BTreeSet::new();
    for exclusion in exclusions {
        let lists = [exclusions, exclusion.list("data"), exclusion.list("subset")];
        if lists.iter().any(|list| list.len() > EXCLUSIONS_MAX) {
            return unread(format!(
                "a sum that leaves out more than `{EXCLUSIONS_MAX}` boxes"
            ));
        }
        for node in named(input, &roots, exclusion.text("xpath").unwrap_or_default())? {
            if !matches(input, &node, exclusion)? {
                continue;
            }
            match exclusion.field("subset") {
                None | Some(Value::Null) => {
                    whole.insert(node.range.start);
                    ranges.push(node.range);
                }
                Some(Value::Array(parts)) => {
                    for part in parts {
                        ranges.extend(subset(&node, part)?);
                    }
                }
                Some(_) => return invalid("a part of a box is not named as C2PA names them"),
            }
        }
    }
    let marks = roots.iter().map(|node| node.range.start);
    let marks = marks.filter(|mark| !whole.contains(mark)).collect();
    Ok(Excluded { ranges, marks })
}

/// The boxes of an address: `/moov/trak`, or `/moov/trak[2]` for the second.
fn named<R: Read + Seek>(
    input: &mut Input<'_, R>,
    roots: &[Node],
    address: &str,
) -> Checked<Vec<Node>> {
    let Some(address) = address.strip_prefix('/') else {
        return invalid("a box is not named as C2PA names them");
    };
    let mut found = roots.to_vec();
    for (depth, step) in address.split('/').enumerate() {
        if depth == DEPTH_MAX {
            return unread(format!("boxes more than `{DEPTH_MAX}` deep"));
        }
        if depth > 0 {
            let mut inside = Vec::new();
            for node in &found {
                inside.extend(children(input, node)?);
                if inside.len() > BOXES_MAX {
                    return unread(format!("more than `{BOXES_MAX}` boxes of one name"));
                }
            }
            found = inside;
        }
        let (letters, number) = match step.split_once('[') {
            None => (step, None),
            Some((letters, number)) => (letters, number.strip_suffix(']')),
        };
        found.retain(|node| node.letters == letters.as_bytes());
        if step.contains('[') {
            if depth > 0 {
                return unread("a box that is named by its number in another");
            }
            let number: Option<usize> = number.and_then(|number| number.parse().ok());
            let Some(index) = number.and_then(|number| number.checked_sub(1)) else {
                return invalid("a box is not named as C2PA names them");
            };
            found = found.into_iter().skip(index).take(1).collect();
        }
    }
    Ok(found)
}

/// The boxes inside of a box.
fn children<R: Read + Seek>(input: &mut Input<'_, R>, node: &Node) -> Checked<Vec<Node>> {
    let flags = if node.letters == *b"meta" { 4 } else { 0 };
    let start = node.range.start + node.head + flags;
    nodes(input, start.min(node.range.end)..node.range.end)
}

/// Whether a box is as an exclusion says that it has to be.
fn matches<R: Read + Seek>(
    input: &mut Input<'_, R>,
    node: &Node,
    exclusion: &Value,
) -> Checked<bool> {
    let length = node.range.end - node.range.start;
    if exclusion
        .number("length")
        .is_some_and(|wanted| wanted != length)
    {
        return Ok(false);
    }
    for name in ["version", "flags"] {
        if exclusion.field(name).is_some_and(|value| !value.is_null()) {
            return unread(format!("a box that is named by its {name}"));
        }
    }
    for part in exclusion.list("data") {
        let (Some(offset), Some(wanted)) = (part.number("offset"), part.bytes("value")) else {
            return invalid("a box is not named as C2PA names them");
        };
        let wanted_length = wanted.len() as u64;
        let end = offset.checked_add(wanted_length);
        if end.is_none_or(|end| end > length) {
            return Ok(false);
        }
        let start = node.range.start + offset;
        let found = input.bytes(&(start..start + wanted_length), 1 << 16)?;
        if found != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A part of a box: a length of nothing goes to its end.
fn subset(node: &Node, part: &Value) -> Checked<Option<Range<u64>>> {
    let (Some(offset), Some(length)) = (part.number("offset"), part.number("length")) else {
        return invalid("a part of a box is not named as C2PA names them");
    };
    let Some(start) = node.range.start.checked_add(offset) else {
        return invalid("a part of a box is not named as C2PA names them");
    };
    let end = match length {
        0 => node.range.end,
        length => start.saturating_add(length).min(node.range.end),
    };
    Ok((start < end).then_some(start..end))
}
