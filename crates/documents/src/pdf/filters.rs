//! What streams are packed with.

use std::io::Read as _;

use flate2::read::{DeflateDecoder, ZlibDecoder};

use super::object::{Dict, Object, digit, is_space};
use crate::error::Result;
use crate::limits::Budget;

/// Layers of packing at most.
const LAYERS_MAX: usize = 8;

/// What a stream holds; `None` where that is a picture, or packed in a way that is not known.
pub(crate) fn decoded(raw: &[u8], dict: &Dict, budget: &Budget) -> Result<Option<Vec<u8>>> {
    let of = |long: &str, short: &str| dict.get(long).or_else(|| dict.get(short));
    let filters = many(of("Filter", "F"));
    let parameters = many(of("DecodeParms", "DP"));
    budget.step(raw.len())?;
    let mut bytes = raw.to_vec();
    for (at, filter) in filters.iter().take(LAYERS_MAX).enumerate() {
        let parameters = parameters.get(at).and_then(|object| object.dict());
        let unpacked = match filter.name() {
            Some("FlateDecode" | "Fl") => predicted(flate(&bytes, budget), parameters),
            Some("LZWDecode" | "LZW") => {
                let early = parameters.and_then(|dict| dict.get("EarlyChange"));
                let is_early = early.and_then(Object::count) != Some(0);
                predicted(lzw(&bytes, is_early, budget), parameters)
            }
            Some("ASCIIHexDecode" | "AHx") => ascii_hex(&bytes),
            Some("ASCII85Decode" | "A85") => ascii_85(&bytes),
            Some("RunLengthDecode" | "RL") => run_length(&bytes, budget),
            _ => return Ok(None),
        };
        // A layer that fills all that is left is taken for one that would have gone on.
        budget.decode(unpacked.len().saturating_add(1))?;
        budget.step(unpacked.len())?;
        bytes = unpacked;
    }
    Ok(Some(bytes))
}

/// One object, or several.
fn many(object: Option<&Object>) -> Vec<&Object> {
    match object {
        None | Some(Object::Null) => Vec::new(),
        Some(Object::List(list)) => list.iter().collect(),
        Some(one) => vec![one],
    }
}

/// As much as can be had: what is torn at its end is worth having.
fn flate(packed: &[u8], budget: &Budget) -> Vec<u8> {
    let most = budget.decodable() as u64;
    let mut bytes = Vec::new();
    let _ = ZlibDecoder::new(packed).take(most).read_to_end(&mut bytes);
    if bytes.is_empty() && packed.len() > 2 {
        // Some leave out the head, or have a wrong one.
        let _ = DeflateDecoder::new(&packed[2..])
            .take(most)
            .read_to_end(&mut bytes);
    }
    bytes
}

fn lzw(packed: &[u8], is_early: bool, budget: &Budget) -> Vec<u8> {
    let most = budget.decodable();
    let mut bytes: Vec<u8> = Vec::new();
    // Each code stands for a stretch of what came before.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let mut before: Option<(usize, usize)> = None;
    let (mut width, mut held, mut bits) = (9, 0_u32, 0);
    for byte in packed {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        if bits < width {
            continue;
        }
        bits -= width;
        let code = (held >> bits & ((1 << width) - 1)) as usize;
        held &= (1 << bits) - 1;
        if code == 256 {
            table.clear();
            before = None;
            width = 9;
            continue;
        }
        if code == 257 {
            break;
        }
        let from = bytes.len();
        match (code, before) {
            (..256, _) => bytes.push(code as u8),
            (_, Some((start, length))) if code - 258 == table.len() => {
                bytes.extend_from_within(start..start + length);
                bytes.push(bytes[from]);
            }
            _ => match table.get(code - 258) {
                Some((start, length)) => bytes.extend_from_within(*start..*start + *length),
                None => break,
            },
        }
        if let Some((start, length)) = before
            && table.len() < 4096 - 258
        {
            // The stretch before and the first byte of this one lie side by side.
            table.push((start, length + 1));
        }
        before = Some((from, bytes.len() - from));
        let next = table.len() + 258 + 1 + usize::from(is_early);
        width = match next {
            0..=512 => 9,
            513..=1024 => 10,
            1025..=2048 => 11,
            _ => 12,
        };
        if bytes.len() >= most {
            bytes.truncate(most);
            break;
        }
    }
    bytes
}

fn ascii_hex(packed: &[u8]) -> Vec<u8> {
    let body = packed
        .split(|byte| *byte == b'>')
        .next()
        .unwrap_or_default();
    let digits: Vec<u8> = body.iter().filter_map(|byte| digit(*byte)).collect();
    let pairs = digits.chunks(2);
    pairs
        .map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0))
        .collect()
}

fn ascii_85(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(packed.len());
    let mut group: Vec<u8> = Vec::with_capacity(5);
    let body = packed.strip_prefix(b"<~").unwrap_or(packed);
    for byte in body.iter().filter(|byte| !is_space(**byte)) {
        match byte {
            b'~' => break,
            b'z' if group.is_empty() => bytes.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => {}
        }
        if group.len() == 5 {
            bytes.extend(of_85(&group));
            group.clear();
        }
    }
    if group.len() > 1 {
        let kept = group.len() - 1;
        group.resize(5, 84);
        bytes.extend(&of_85(&group)[..kept]);
    }
    bytes
}

fn of_85(group: &[u8]) -> [u8; 4] {
    let value = group.iter().fold(0_u32, |value, digit| {
        value.wrapping_mul(85).wrapping_add(u32::from(*digit))
    });
    value.to_be_bytes()
}

fn run_length(packed: &[u8], budget: &Budget) -> Vec<u8> {
    let most = budget.decodable();
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(length) = packed.get(at).map(|byte| usize::from(*byte)) {
        match length {
            ..128 => {
                let end = (at + 2 + length).min(packed.len());
                bytes.extend_from_slice(&packed[(at + 1).min(end)..end]);
                at += 2 + length;
            }
            128 => break,
            _ => {
                let byte = packed.get(at + 1).copied().unwrap_or(0);
                bytes.resize(bytes.len() + 257 - length, byte);
                at += 2;
            }
        }
        if bytes.len() >= most {
            break;
        }
    }
    bytes
}

/// Rows that were written as their differences, put together again.
fn predicted(bytes: Vec<u8>, parameters: Option<&Dict>) -> Vec<u8> {
    let number = |name: &str, usual: usize| {
        let found = parameters
            .and_then(|dict| dict.get(name))
            .and_then(Object::count);
        found.unwrap_or(usual)
    };
    let kind = number("Predictor", 1);
    if kind < 10 {
        return bytes;
    }
    let (colors, bits) = (
        number("Colors", 1).min(32),
        number("BitsPerComponent", 8).min(16),
    );
    let columns = number("Columns", 1).min(1 << 20);
    let pixel = (colors * bits).div_ceil(8).max(1);
    let row = (colors * bits * columns).div_ceil(8).max(1);
    let mut whole: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut before = vec![0; row];
    for line in bytes.chunks(row + 1) {
        let mut this = line[1..].to_vec();
        for at in 0..this.len() {
            let left = if at >= pixel { this[at - pixel] } else { 0 };
            let above = before[at];
            let corner = if at >= pixel { before[at - pixel] } else { 0 };
            let guess = match line[0] {
                1 => left,
                2 => above,
                3 => u8::midpoint(left, above),
                4 => paeth(left, above, corner),
                _ => 0,
            };
            this[at] = this[at].wrapping_add(guess);
        }
        whole.extend_from_slice(&this);
        this.resize(row, 0);
        before = this;
    }
    whole
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i32::from(left), i32::from(above), i32::from(corner));
    let guess = a + b - c;
    let (to_a, to_b, to_c) = ((guess - a).abs(), (guess - b).abs(), (guess - c).abs());
    if to_a <= to_b && to_a <= to_c {
        left
    } else if to_b <= to_c {
        above
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn unpacked(filter: &str, raw: &[u8]) -> Vec<u8> {
        let budget = Budget::new(Limits::default());
        let dict = Dict::from([("Filter".into(), Object::Name(filter.into()))]);
        decoded(raw, &dict, &budget).unwrap().unwrap()
    }

    #[test]
    fn each_packing_gives_back_what_was_packed() {
        assert_eq!(unpacked("ASCIIHexDecode", b"48 65 6C6c6F>"), b"Hello");
        assert_eq!(unpacked("ASCII85Decode", b"87cURDZ~>"), b"Hello");
        assert_eq!(unpacked("RunLengthDecode", b"\x01ab\xfec\x80"), b"abccc");
        // The example of the specification, 7.4.4.2.
        let lzw = [0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01];
        assert_eq!(
            unpacked("LZWDecode", &lzw),
            [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]
        );
    }

    #[test]
    fn rows_of_differences_are_added_up() {
        let parameters = Dict::from([
            ("Predictor".into(), Object::Number(12.0)),
            ("Columns".into(), Object::Number(3.0)),
        ]);
        let rows = vec![2, 1, 2, 3, 2, 1, 1, 1, 1, 5, 1, 1];
        assert_eq!(
            predicted(rows, Some(&parameters)),
            [1, 2, 3, 2, 3, 4, 5, 6, 7]
        );
    }
}
