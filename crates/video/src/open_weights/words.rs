//! Words as the encoder of texts was taught with them.

use models::{Special, Tokenizer};

/// Characters that pages write by name.
const NAMED: [(&str, char); 6] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
];

/// At most so many tokens, of which the last ends the text.
pub(super) fn tokens(tokenizer: &Tokenizer, words: &str, most: usize) -> Vec<u32> {
    let mut ids = tokenizer.encode_framed(&cleaned(words), Special::AsText);
    if ids.len() > most
        && let Some(end) = ids.last().copied()
    {
        ids.truncate(most.saturating_sub(1));
        ids.push(end);
    }
    ids
}

/// Without names of characters, and with single spaces.
fn cleaned(words: &str) -> String {
    let plain = unescaped(&unescaped(words));
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescaped(words: &str) -> String {
    let mut plain = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = rest[1..].find(';').filter(|end| *end <= 8).and_then(|end| {
            let name = &rest[1..=end];
            Some((character(name)?, end + 2))
        });
        let (character, length) = found.unwrap_or(('&', 1));
        plain.push(character);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    plain
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    let named = NAMED.iter().find(|(known, _)| *known == name);
    named.map(|(_, character)| *character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cleaned_as_the_reference_does() {
        for (given, clean) in [
            ("  a  red\n fox ", "a red fox"),
            ("this &amp; that &amp;lt; &#65;&#x42;", "this & that < AB"),
            (
                "&; & &unknown; &#xffffffff; &amp",
                "&; & &unknown; &#xffffffff; &amp",
            ),
        ] {
            assert_eq!(cleaned(given), clean);
        }
    }
}
