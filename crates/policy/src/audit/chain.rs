//! Lines that each carry the hash of all before them.

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

use super::canonical::{self, quote};

/// What stands before every line when it is hashed, so that no other record of ours can pass for one.
const DOMAIN: &[u8] = b"freehold audit line v1\n";

/// A SHA-256, shown in hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Reads 64 hexadecimal digits of lower case.
    pub fn of_hex(text: &str) -> Option<Self> {
        Some(Self(bytes_of_hex(text)?))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `N` bytes written as hexadecimal digits of lower case.
pub(super) fn bytes_of_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// What one line says: who asked for what, and what came of it. People are named by their ids alone,
/// which say nothing once the person is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, in unix milliseconds.
    pub at: i64,
    /// The id of who asked.
    pub by: String,
    /// By what they were known: `session`, `key:ID`, `link`, `console`.
    pub via: String,
    /// What was asked for.
    pub action: String,
    /// On what: strings by name.
    pub on: Vec<(String, String)>,
    /// Whether it was permitted, or came to pass.
    pub allowed: bool,
    /// The rules that decided.
    pub because: Vec<String>,
}

impl Record {
    /// Whether somebody merely looked, and was let.
    pub fn is_mere_look(&self) -> bool {
        self.allowed && crate::action::only_looks(&self.action, &self.on)
    }

    /// The canonical text of the record as line `sequence`. It is written as it will stand, field by field in
    /// their order: thousands a second are.
    pub(crate) fn text(&self, sequence: u64) -> String {
        let mut out = String::with_capacity(256);
        out.push_str("{\"action\":");
        quote(&self.action, &mut out);
        write!(out, ",\"allowed\":{},\"at\":{},", self.allowed, self.at).expect("text grows");
        out.push_str("\"because\":[");
        for (index, rule) in self.because.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            quote(rule, &mut out);
        }
        out.push_str("],\"by\":");
        quote(&self.by, &mut out);
        out.push_str(",\"on\":{");
        let mut on: Vec<&(String, String)> = self.on.iter().collect();
        on.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        for (index, (name, value)) in on.into_iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            quote(name, &mut out);
            out.push(':');
            quote(value, &mut out);
        }
        write!(out, "}},\"sequence\":{sequence},\"via\":").expect("text grows");
        quote(&self.via, &mut out);
        out.push('}');
        out
    }
}

/// A record in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Lines are counted from 1, without a gap.
    pub sequence: u64,
    /// The canonical JSON of the record, which holds the sequence too.
    pub text: String,
    /// The hash of this line and all before it.
    pub hash: Hash,
}

impl Line {
    /// The record, read back; `None` where the text is no record in canonical form.
    pub fn record(&self) -> Option<Record> {
        let value = canonical::read(&self.text)?;
        let string = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let on = value.get("on")?.as_object()?;
        let because = value.get("because")?.as_array()?;
        Some(Record {
            at: value.get("at")?.as_i64()?,
            by: string("by")?,
            via: string("via")?,
            action: string("action")?,
            on: on
                .iter()
                .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect::<Option<_>>()?,
            allowed: value.get("allowed")?.as_bool()?,
            because: because
                .iter()
                .map(|id| id.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        })
    }

    /// The number that the text itself gives to the line.
    pub(super) fn own_sequence(&self) -> Option<u64> {
        canonical::read(&self.text)?.get("sequence")?.as_u64()
    }
}

/// Where a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Of the last line; 0 before the first.
    pub sequence: u64,
    /// Of the last line; zeros before the first.
    pub hash: Hash,
}

impl Head {
    /// The end of a chain without lines.
    pub const START: Self = Self {
        sequence: 0,
        hash: Hash([0; 32]),
    };

    /// The hash that the next line has if its text is `text`.
    pub(super) fn hash_of_next(&self, text: &str) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(DOMAIN);
        hasher.update(self.hash.0);
        hasher.update((self.sequence + 1).to_be_bytes());
        hasher.update(text.as_bytes());
        Hash(hasher.finalize().into())
    }

    /// Makes `record` the next line, and the head its place.
    pub fn extend(&mut self, record: &Record) -> Line {
        let sequence = self.sequence + 1;
        let text = record.text(sequence);
        let hash = self.hash_of_next(&text);
        *self = Self { sequence, hash };
        Line {
            sequence,
            text,
            hash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            at: 1_763_735_400_000,
            by: "u-1".to_owned(),
            via: "key:k-1".to_owned(),
            action: "infer".to_owned(),
            on: vec![("kind".to_owned(), "model".to_owned())],
            allowed: true,
            because: vec!["members-use-models".to_owned()],
        }
    }

    #[test]
    fn a_line_is_canonical_json_that_reads_back() {
        let mut head = Head::START;
        let line = head.extend(&record());
        let text = r#"{"action":"infer","allowed":true,"at":1763735400000,"because":["members-use-models"],"by":"u-1","on":{"kind":"model"},"sequence":1,"via":"key:k-1"}"#;
        assert_eq!(line.text, text);
        assert_eq!(line.record(), Some(record()));
        assert_eq!(
            head,
            Head {
                sequence: 1,
                hash: line.hash
            }
        );
    }

    #[test]
    fn whatever_a_record_says_its_text_is_canonical_and_reads_back() {
        let mut dice = crate::chance::Dice::new(17);
        let edges = [
            "",
            "\"",
            "\\",
            "\n",
            "\u{1}",
            "\u{7f}",
            "ä",
            "\u{1f600}",
            "\u{fb33}",
            "}",
            "x",
        ];
        for number in 1..2_000 {
            let mut any = || -> String { (0..3).map(|_| edges[dice.below(edges.len())]).collect() };
            let mut on = vec![
                (any() + "1", any()),
                (any() + "2", any()),
                (any() + "3", any()),
            ];
            on.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            let record = Record {
                at: number - 1_000,
                by: any(),
                via: any(),
                action: any(),
                on,
                allowed: number % 2 == 0,
                because: vec![any(), any()],
            };
            let mut head = Head::START;
            let line = head.extend(&record);
            assert_eq!(
                canonical::text(&canonical::read(&line.text).unwrap()),
                Some(line.text.clone())
            );
            assert_eq!(
                (line.record(), line.own_sequence()),
                (Some(record), Some(1))
            );
        }
    }

    #[test]
    fn the_hash_is_sha256_of_name_hash_before_number_and_text() {
        let mut head = Head::START;
        let first = head.extend(&record());
        let second = head.extend(&record());
        let mut bytes = b"freehold audit line v1\n".to_vec();
        bytes.extend(first.hash.0);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 2]);
        bytes.extend(second.text.as_bytes());
        assert_eq!(second.hash.0, <[u8; 32]>::from(Sha256::digest(&bytes)));
    }

    #[test]
    fn hexadecimal_digits_read_back_in_lower_case_only() {
        let hash = Hash(Sha256::digest(b"x").into());
        assert_eq!(Hash::of_hex(&hash.to_string()), Some(hash));
        assert_eq!(Hash::of_hex(&hash.to_string().to_uppercase()), None);
        assert_eq!(Hash::of_hex("00"), None);
    }
}
