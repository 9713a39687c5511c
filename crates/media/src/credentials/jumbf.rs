//! JUMBF: the boxes that credentials are made of. Source: ISO/IEC 19566-5:2023, C2PA 2.2 section 11.1.

use super::error::{Checked, invalid, unread};

/// Bytes of all boxes that are read at most. Small pictures that show ingredients take most of them.
pub(super) const BYTES_MAX: u64 = 64 << 20;

/// Boxes beside each other that are read at most.
const BOXES_MAX: usize = 1024;

/// Bytes of a label that are read at most.
const LABEL_MAX: usize = 1024;

/// What a box holds. The first four letters say what; the others are the same for all that C2PA names.
pub(super) type Kind = [u8; 16];

pub(super) const STORE: Kind = kind(*b"c2pa");
pub(super) const MANIFEST: Kind = kind(*b"c2ma");
pub(super) const MANIFEST_STANDARD: Kind = kind(*b"c2md");
pub(super) const MANIFEST_UPDATE: Kind = kind(*b"c2um");
pub(super) const MANIFEST_COMPRESSED: Kind = kind(*b"c2cm");
pub(super) const ASSERTIONS: Kind = kind(*b"c2as");
pub(super) const CLAIM: Kind = kind(*b"c2cl");
pub(super) const SIGNATURE: Kind = kind(*b"c2cs");
pub(super) const DATA_BOXES: Kind = kind(*b"c2db");
pub(super) const CREDENTIALS: Kind = kind(*b"c2vc");
pub(super) const CBOR: Kind = kind(*b"cbor");

/// A label is there, and the box may be asked for by it.
const IS_LABELLED: u8 = 0x03;

/// There is a box of chance, so that nobody guesses what was summed.
const IS_SALTED: u8 = 0x10;

const fn kind(letters: [u8; 4]) -> Kind {
    let [a, b, c, d] = letters;
    [
        a, b, c, d, 0x00, 0x11, 0x00, 0x10, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71,
    ]
}

/// A box of four letters around bytes.
pub(super) fn boxed(letters: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).expect("credentials are short");
    [&length.to_be_bytes()[..], letters, content].concat()
}

/// A box of boxes, with its kind and label.
pub(super) fn superbox(kind: Kind, label: &str, content: &[u8]) -> Vec<u8> {
    let description = [&kind[..], &[IS_LABELLED], label.as_bytes(), &[0]].concat();
    boxed(b"jumb", &[&boxed(b"jumd", &description), content].concat())
}

/// A box as it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    pub letters: [u8; 4],
    pub content: &'a [u8],
    /// All of it, with what says how long it is.
    pub whole: &'a [u8],
}

/// A box of boxes as it is read.
#[derive(Debug)]
pub(super) struct Super<'a> {
    pub kind: Kind,
    pub label: &'a str,
    /// What sums of it are made of: all but the eight bytes in front.
    pub summed: &'a [u8],
    pub whole: &'a [u8],
    pub children: Vec<Block<'a>>,
}

/// The boxes that bytes are, one after the other.
pub(super) fn blocks(mut bytes: &[u8]) -> Checked<Vec<Block<'_>>> {
    let mut blocks = Vec::new();
    while !bytes.is_empty() {
        let (block, rest) = first(bytes)?;
        if blocks.len() == BOXES_MAX {
            return unread(format!("more than `{BOXES_MAX}` boxes beside each other"));
        }
        blocks.push(block);
        bytes = rest;
    }
    Ok(blocks)
}

/// The first box of bytes, and what is behind it.
pub(super) fn first(bytes: &[u8]) -> Checked<(Block<'_>, &[u8])> {
    let Some((head, _)) = bytes.split_first_chunk::<8>() else {
        return invalid("a box is cut off");
    };
    let [a, b, c, d, letters @ ..] = *head;
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if length < 8 || length > bytes.len() {
        return invalid("a box is longer than what it lies in");
    }
    let (whole, rest) = bytes.split_at(length);
    let block = Block {
        letters,
        content: &whole[8..],
        whole,
    };
    Ok((block, rest))
}

impl<'a> Super<'a> {
    /// What a box of boxes holds.
    pub(super) fn read(block: &Block<'a>) -> Checked<Self> {
        if block.letters != *b"jumb" {
            return invalid("a box is not of the kind that it should be");
        }
        let mut children = blocks(block.content)?;
        if children
            .first()
            .is_none_or(|child| child.letters != *b"jumd")
        {
            return invalid("a box does not say what it holds");
        }
        let (kind, label) = described(children.remove(0).content)?;
        Ok(Self {
            kind,
            label,
            summed: block.content,
            whole: block.whole,
            children,
        })
    }

    /// The bytes of the one CBOR box that is inside, when that is so.
    pub(super) fn cbor(&self) -> Option<&'a [u8]> {
        match &self.children[..] {
            [child] if child.letters == *b"cbor" => Some(child.content),
            _ => None,
        }
    }
}

/// The kind and the label that a description holds.
fn described(content: &[u8]) -> Checked<(Kind, &str)> {
    let Some((kind, [toggles, rest @ ..])) = content.split_first_chunk::<16>() else {
        return invalid("a box does not say what it holds");
    };
    let end = rest.iter().take(LABEL_MAX).position(|byte| *byte == 0);
    let label = end.and_then(|end| std::str::from_utf8(&rest[..end]).ok());
    let is_forbidden = |c: char| c.is_control() || "/;?#".contains(c);
    let (Some(end), Some(label)) = (end, label.filter(|label| !label.contains(is_forbidden)))
    else {
        return invalid("a box has no label");
    };
    let salt = &rest[end + 1..];
    let is_good = match *toggles {
        IS_LABELLED => salt.is_empty(),
        toggles if toggles == IS_LABELLED | IS_SALTED => {
            let salt = blocks(salt)?;
            matches!(&salt[..], [salt] if salt.letters == *b"c2sh")
        }
        _ => false,
    };
    match is_good {
        true => Ok((*kind, label)),
        false => invalid("a box is described as none of C2PA is"),
    }
}
