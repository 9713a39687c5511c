//! Captions as numbers of words.

use std::collections::BTreeMap;

/// The words that a network knows, by their numbers. Word 0 stands for no caption, and is no word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    numbers: BTreeMap<String, u32>,
}

impl Words {
    /// Words in the order of their numbers, the one of no caption first.
    pub fn new(words: &[String]) -> Self {
        let numbers = words.iter().enumerate().skip(1);
        Self {
            numbers: numbers
                .map(|(number, word)| (word.clone(), number as u32))
                .collect(),
        }
    }

    /// The numbers of the words of a caption, and the words that it does not know, each once.
    pub fn read<'a>(&self, caption: &'a str) -> (Vec<u32>, Vec<&'a str>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for word in split(caption) {
            match self.numbers.get(&word.to_lowercase()) {
                Some(number) => known.push(*number),
                None if !unknown.contains(&word) => unknown.push(word),
                None => {}
            }
        }
        (known, unknown)
    }
}

/// The words of a caption, and the signs that end its parts.
pub(super) fn split(caption: &str) -> impl Iterator<Item = &str> {
    let mut rest = caption;
    std::iter::from_fn(move || {
        rest = rest
            .trim_start_matches(|sign: char| !sign.is_alphanumeric() && sign != '.' && sign != ',');
        let sign = rest.chars().next()?;
        let end = match sign.is_alphanumeric() {
            true => rest
                .find(|sign: char| !sign.is_alphanumeric())
                .unwrap_or(rest.len()),
            false => sign.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_numbers_and_others_are_named() {
        let list = ["", ".", "a", "ball", "left", "red", "up"].map(str::to_owned);
        let words = Words::new(&list);
        let (known, unknown) = words.read("A red dragon, up-left. A dragon… Ball");
        assert_eq!(known, [2, 5, 6, 4, 1, 2, 3]);
        assert_eq!(unknown, ["dragon", ","]);
        assert_eq!(words.read("").0, [0_u32; 0]);
    }
}
