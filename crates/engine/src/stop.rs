//! Cuts the text of tokens at stop strings, which may lie across tokens, and never inside a
//! character.

/// Turns the bytes of tokens into text that may be shown, until a stop string is complete.
///
/// Held back are only bytes that may yet become a stop string, and a character's bytes until its last.
/// Bytes that are no UTF-8 become U+FFFD, as `String::from_utf8_lossy` makes them.
#[derive(Clone, Debug, Default)]
pub struct StopStrings {
    strings: Vec<Vec<u8>>,
    held: Vec<u8>,
}

/// What a token's bytes released.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Text that no stop string can take back.
    pub text: String,
    /// The stop string that is now complete, by its place in the list; it is not in the text.
    pub stopped_by: Option<usize>,
}

impl StopStrings {
    /// Stops before the first of `strings` to appear. Empty strings never do.
    pub fn new(strings: &[String]) -> Self {
        Self {
            strings: strings.iter().map(|s| s.clone().into_bytes()).collect(),
            held: Vec::new(),
        }
    }

    /// Takes a token's bytes in.
    pub fn push(&mut self, bytes: &[u8]) -> Piece {
        self.held.extend_from_slice(bytes);
        if let Some((start, which)) = self.first_match() {
            let text = String::from_utf8_lossy(&self.held[..start]).into_owned();
            self.held.clear();
            return Piece {
                text,
                stopped_by: Some(which),
            };
        }
        let free = self.held.len() - self.beginning_of_a_stop();
        let text = take_characters(&mut self.held, free);
        Piece {
            text,
            stopped_by: None,
        }
    }

    /// What was held back, at the end of the text.
    pub fn finish(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.held).into_owned();
        self.held.clear();
        text
    }

    /// The stop string that is complete at the earliest place, the longest there.
    fn first_match(&self) -> Option<(usize, usize)> {
        let found = self.strings.iter().enumerate();
        found
            .filter(|(_, string)| !string.is_empty() && string.len() <= self.held.len())
            .filter_map(|(which, string)| {
                let start = self.held.windows(string.len()).position(|w| w == string)?;
                Some((start, std::cmp::Reverse(string.len()), which))
            })
            .min()
            .map(|(start, _, which)| (start, which))
    }

    /// Length of the longest end of what is held that a stop string begins with.
    fn beginning_of_a_stop(&self) -> usize {
        let strings = self.strings.iter();
        strings
            .filter_map(|string| {
                let longest = string.len().saturating_sub(1).min(self.held.len());
                (1..=longest)
                    .rev()
                    .find(|length| self.held.ends_with(&string[..*length]))
            })
            .max()
            .unwrap_or(0)
    }
}

/// Takes whole characters from the first `free` of `bytes`; those of an unfinished one stay.
fn take_characters(bytes: &mut Vec<u8>, free: usize) -> String {
    let mut text = String::new();
    let mut taken = 0;
    for chunk in bytes[..free].utf8_chunks() {
        text.push_str(chunk.valid());
        taken += chunk.valid().len();
        let broken = chunk.invalid();
        let is_last = taken + broken.len() == free;
        if broken.is_empty() || (is_last && may_become_a_character(broken)) {
            break;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        taken += broken.len();
    }
    bytes.drain(..taken);
    text
}

/// Whether more bytes could make `start` a character.
fn may_become_a_character(start: &[u8]) -> bool {
    std::str::from_utf8(start).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stops(strings: &[&str]) -> StopStrings {
        let strings: Vec<String> = strings.iter().map(|s| (*s).to_owned()).collect();
        StopStrings::new(&strings)
    }

    /// All the text of pieces of `size` bytes, and what stopped it.
    fn run(stops: &mut StopStrings, bytes: &[u8], size: usize) -> (String, Option<usize>) {
        let mut text = String::new();
        for piece in bytes.chunks(size) {
            let piece = stops.push(piece);
            text.push_str(&piece.text);
            if piece.stopped_by.is_some() {
                return (text, piece.stopped_by);
            }
        }
        text.push_str(&stops.finish());
        (text, None)
    }

    #[test]
    fn a_stop_string_across_tokens_is_found_and_left_out() {
        for size in 1..12 {
            let text = "one two\n\nUser: three";
            let found = run(&mut stops(&["\nUser:", "zzz"]), text.as_bytes(), size);
            assert_eq!(found, ("one two\n".to_owned(), Some(0)), "{size}");
        }
    }

    #[test]
    fn only_what_may_become_a_stop_string_is_held_back() {
        let mut stops = stops(&["</end>"]);
        assert_eq!(stops.push(b"a < b </e").text, "a < b ");
        assert_eq!(stops.push(b"m").text, "</em");
        assert_eq!(stops.push(b"</end").text, "");
        assert_eq!(stops.finish(), "</end");
    }

    #[test]
    fn the_earliest_stop_wins_and_of_two_at_one_place_the_longer() {
        let found = run(&mut stops(&["d", "bc", "b"]), b"abcd", 4);
        assert_eq!(found, ("a".to_owned(), Some(1)));
        assert_eq!(run(&mut stops(&[""]), b"abc", 2), ("abc".to_owned(), None));
    }

    #[test]
    fn characters_come_whole_whatever_the_pieces() {
        let text = "héllo 日本 🦀 e\u{301}";
        for size in 1..6 {
            let mut stops = stops(&["🦀🦀"]);
            for piece in text.as_bytes().chunks(size) {
                assert!(!stops.push(piece).text.contains('\u{FFFD}'));
            }
            assert_eq!(
                run(&mut self::stops(&["🦀🦀"]), text.as_bytes(), size).0,
                text
            );
        }
    }

    #[test]
    fn any_bytes_in_any_pieces_give_the_lossy_text_cut_at_the_stop() {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(11);
            (state >> 33) as usize
        };
        let alphabet = [b'a', b'b', 0xC3, 0xA9, 0xF0, 0x9F, 0xA6, 0x80, 0xFF];
        for _ in 0..3000 {
            let bytes: Vec<u8> = (0..next() % 30).map(|_| alphabet[next() % 9]).collect();
            let stop = ["ab", "aab", "bb", "é", "zz"][next() % 5];
            let whole = bytes.windows(stop.len()).position(|w| w == stop.as_bytes());
            let expected = String::from_utf8_lossy(&bytes[..whole.unwrap_or(bytes.len())]);
            let (text, stopped) = run(&mut stops(&[stop]), &bytes, 1 + next() % 5);
            assert_eq!(text, expected, "{bytes:?} {stop}");
            assert_eq!(stopped, whole.map(|_| 0));
        }
    }
}
