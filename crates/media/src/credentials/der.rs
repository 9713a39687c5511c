//! DER: how certificates are written. Source: ITU-T X.690.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const BYTES: u8 = 0x04;
pub(super) const IDENTIFIER: u8 = 0x06;
pub(super) const TEXT: u8 = 0x0c;
pub(super) const TIME: u8 = 0x17;
pub(super) const LONG_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// A field of a structure, by its number.
pub(super) const fn field(number: u8) -> u8 {
    0xa0 | number
}

/// A value of a kind.
pub(super) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    match length {
        0..0x80 => bytes.push(length as u8),
        0x80..0x100 => bytes.extend([0x81, length as u8]),
        _ => {
            let length = u16::try_from(length).expect("certificates are short");
            bytes.push(0x82);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Values one after the other, as one.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, &parts.concat())
}

/// A point in time: two digits for years before 2050. Source: RFC 5280 4.1.2.5.
pub(super) fn time(at: Timestamp) -> Vec<u8> {
    let year = at.to_zoned(TimeZone::UTC).year();
    match (1950..2050).contains(&year) {
        true => value(TIME, at.strftime("%y%m%d%H%M%SZ").to_string().as_bytes()),
        false => value(
            LONG_TIME,
            at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes(),
        ),
    }
}

/// Values that are read one after the other. Lengths go up to 64 KiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a>(pub &'a [u8]);

impl<'a> Values<'a> {
    /// The next value: its tag, its content, and all of it.
    pub(super) fn take(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
        let (head, length) = match *self.0 {
            [_, length @ 0..=0x7f, ..] => (2, usize::from(length)),
            [_, 0x81, length @ 0x80..=0xff, ..] => (3, usize::from(length)),
            [_, 0x82, high @ 1..=0xff, low, ..] => {
                (4, usize::from(u16::from_be_bytes([high, low])))
            }
            _ => return None,
        };
        let whole = self.0.get(..head + length)?;
        self.0 = &self.0[head + length..];
        Some((whole[0], &whole[head..], whole))
    }

    /// The content of the next value, which has to be of a kind.
    pub(super) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, content, _) = self.take()?;
        (found == tag).then_some(content)
    }

    /// The content of the next value when it is of a kind; nothing is taken otherwise.
    pub(super) fn maybe(&mut self, tag: u8) -> Option<&'a [u8]> {
        match self.0.first() {
            Some(found) if *found == tag => self.expect(tag),
            _ => None,
        }
    }

    /// The next value, a point in time in seconds since 1970.
    pub(super) fn time(&mut self) -> Option<i64> {
        let (tag, content, _) = self.take()?;
        let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (year, rest) = match (tag, text.len()) {
            (TIME, 12) => {
                let year: i16 = text[..2].parse().ok()?;
                (
                    if year < 50 { 2000 + year } else { 1900 + year },
                    &text[2..],
                )
            }
            (LONG_TIME, 14) => (text[..4].parse().ok()?, &text[4..]),
            _ => return None,
        };
        let part = |at: usize| rest[at..at + 2].parse::<i8>().ok();
        let (month, day) = (part(0)?, part(2)?);
        let date = DateTime::new(year, month, day, part(4)?, part(6)?, part(8)?, 0).ok()?;
        let at = date.to_zoned(TimeZone::UTC).ok()?;
        Some(at.timestamp().as_second())
    }
}
