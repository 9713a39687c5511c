//! Splits text into the words within which tokens are merged.
//!
//! The byte-level vocabularies of the field differ in a handful of choices around one pattern.
//! [`Rules`] holds the choices, and one scanner in linear time does what a backtracking regular
//! expression would do in the worst case in quadratic time.

use super::classes::Classes;

/// The choices in which the patterns of byte-level vocabularies differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    contractions: Contractions,
    word: Word,
    digits: Digits,
    /// What may follow punctuation in the same word.
    tail: Tail,
    /// Whether `\s*[\r\n]+` stands before the other rules of white space.
    lines: bool,
}

/// How `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` and `'d` are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contractions {
    No,
    /// Words of their own, in lower case only.
    Lower,
    /// Words of their own, in any case.
    Any,
    /// Part of the word before them, in any case.
    Suffix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// ` ?\p{L}+`
    Spaced,
    /// `[^\r\n\p{L}\p{N}]?\p{L}+`
    Letters,
    /// `[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+`
    LettersAndMarks,
    /// As `Letters`, but a word ends where a lower-case letter is followed by an upper-case one.
    Cased,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    /// ` ?\p{N}+`
    Spaced,
    /// `\p{N}`, each before everything else is split.
    Isolated,
    /// `\p{N}{1,n}`
    UpTo(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    No,
    Lines,
    LinesAndSlashes,
}

/// The patterns as they stand in the files, each with its rules.
const KNOWN: &[(&str, Rules)] = &[
    (
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        Rules::GPT2,
    ),
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Rules::LLAMA3,
    ),
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Rules::QWEN2,
    ),
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Rules::QWEN35,
    ),
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Rules::O200K,
    ),
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Rules::TEKKEN,
    ),
];

impl Rules {
    pub const GPT2: Self = Self {
        contractions: Contractions::Lower,
        word: Word::Spaced,
        digits: Digits::Spaced,
        tail: Tail::No,
        lines: false,
    };
    /// GPT-2's after each digit has been set apart, as StarCoder and SmolLM do.
    pub const SMOLLM: Self = Self {
        digits: Digits::Isolated,
        ..Self::GPT2
    };
    pub const LLAMA3: Self = Self {
        contractions: Contractions::Any,
        word: Word::Letters,
        digits: Digits::UpTo(3),
        tail: Tail::Lines,
        lines: true,
    };
    pub const QWEN2: Self = Self {
        digits: Digits::UpTo(1),
        ..Self::LLAMA3
    };
    pub const QWEN35: Self = Self {
        word: Word::LettersAndMarks,
        ..Self::QWEN2
    };
    pub const O200K: Self = Self {
        contractions: Contractions::Suffix,
        word: Word::Cased,
        digits: Digits::UpTo(3),
        tail: Tail::LinesAndSlashes,
        lines: true,
    };
    pub const TEKKEN: Self = Self {
        contractions: Contractions::No,
        digits: Digits::UpTo(1),
        ..Self::O200K
    };

    /// The rules that `pattern` stands for, if it is one of the field's.
    pub fn of_pattern(pattern: &str) -> Option<Self> {
        let known = KNOWN.iter().find(|(known, _)| *known == pattern);
        known.map(|(_, rules)| *rules)
    }

    /// Where the word that begins `text` ends, in bytes; 0 only for an empty text.
    pub fn end_of_word(&self, text: &str) -> usize {
        let Some(first) = text.chars().next() else {
            return 0;
        };
        let class = Classes::of(first);
        if self.digits == Digits::Isolated && class.has(Classes::NUMBER) {
            return first.len_utf8();
        }
        None.or_else(|| self.contraction(text))
            .or_else(|| self.word(text, first, class))
            .or_else(|| self.number(text, first, class))
            .or_else(|| self.punctuation(text, first, class))
            .unwrap_or_else(|| self.space(text))
    }

    fn contraction(&self, text: &str) -> Option<usize> {
        match self.contractions {
            Contractions::Lower => contraction(text, false),
            Contractions::Any => contraction(text, true),
            Contractions::Suffix | Contractions::No => None,
        }
    }

    fn word(&self, text: &str, first: char, class: Classes) -> Option<usize> {
        let may_lead = match self.word {
            Word::Spaced => first == ' ',
            _ => !class.has(Classes::NEWLINE.or(Classes::LETTER).or(Classes::NUMBER)),
        };
        let lead = if may_lead { first.len_utf8() } else { 0 };
        let letters = match self.word {
            Word::Spaced | Word::Letters => Classes::LETTER,
            Word::LettersAndMarks => Classes::LETTER.or(Classes::MARK),
            Word::Cased => return self.cased(text, lead),
        };
        let after = |lead: usize| match run(&text[lead..], letters) {
            0 => None,
            length => Some(lead + length),
        };
        after(lead).or_else(|| after(0).filter(|_| lead > 0))
    }

    /// `lead? UPPER* LOWER+` or else `lead? UPPER+ LOWER*`, each with a contraction behind it.
    fn cased(&self, text: &str, lead: usize) -> Option<usize> {
        let with_lower = |lead: usize| {
            let upper = lead + run(&text[lead..], Classes::UPPER);
            match run(&text[upper..], Classes::LOWER) {
                // The capitals give back to the last of them that counts as lower case too.
                0 => text[lead..upper]
                    .char_indices()
                    .rev()
                    .find(|(_, c)| Classes::of(*c).has(Classes::LOWER))
                    .map(|(at, c)| lead + at + c.len_utf8()),
                lower => Some(upper + lower),
            }
        };
        let capitals = |lead: usize| match run(&text[lead..], Classes::UPPER) {
            0 => None,
            upper => Some(lead + upper),
        };
        let end = with_lower(lead)
            .or_else(|| with_lower(0))
            .or_else(|| capitals(lead))
            .or_else(|| capitals(0))?;
        let suffix = match self.contractions {
            Contractions::Suffix => contraction(&text[end..], true),
            _ => None,
        };
        Some(end + suffix.unwrap_or(0))
    }

    fn number(&self, text: &str, first: char, class: Classes) -> Option<usize> {
        let length = match self.digits {
            Digits::Isolated => 0,
            Digits::Spaced => {
                let lead = usize::from(first == ' ');
                match run(&text[lead..], Classes::NUMBER) {
                    0 => 0,
                    length => lead + length,
                }
            }
            Digits::UpTo(_) if !class.has(Classes::NUMBER) => 0,
            Digits::UpTo(most) => text
                .chars()
                .take(most)
                .take_while(|c| Classes::of(*c).has(Classes::NUMBER))
                .map(char::len_utf8)
                .sum(),
        };
        (length > 0).then_some(length)
    }

    fn punctuation(&self, text: &str, first: char, class: Classes) -> Option<usize> {
        let mut word = Classes::SPACE.or(Classes::LETTER).or(Classes::NUMBER);
        if self.word == Word::LettersAndMarks {
            word = word.or(Classes::MARK);
        }
        if class.has(word) && first != ' ' {
            return None;
        }
        let lead = usize::from(first == ' ');
        let length = run_without(&text[lead..], word);
        if length == 0 {
            return None;
        }
        let end = lead + length;
        let tail = text[end..].bytes().take_while(|byte| match self.tail {
            Tail::No => false,
            Tail::Lines => matches!(byte, b'\r' | b'\n'),
            Tail::LinesAndSlashes => matches!(byte, b'\r' | b'\n' | b'/'),
        });
        Some(end + tail.count())
    }

    /// White space: up to its last line break, or all of it but the character before a word.
    fn space(&self, text: &str) -> usize {
        let length = run(text, Classes::SPACE);
        let space = &text[..length];
        if self.lines
            && let Some(last) = space.rfind(['\r', '\n'])
        {
            return last + 1;
        }
        let mut ends_here = length == text.len();
        if self.digits == Digits::Isolated {
            // A digit has been cut off already, so the space before it ends its text.
            let next = text[length..].chars().next();
            ends_here |= next.is_some_and(|c| Classes::of(c).has(Classes::NUMBER));
        }
        if ends_here {
            return length;
        }
        let before_last = space.char_indices().next_back().map_or(0, |(at, _)| at);
        match before_last {
            0 => text.chars().next().map_or(0, char::len_utf8),
            most => most,
        }
    }
}

/// How many bytes at the beginning of `text` are of one of `classes`.
#[inline]
fn run(text: &str, classes: Classes) -> usize {
    text.char_indices()
        .find(|(_, c)| !Classes::of(*c).has(classes))
        .map_or(text.len(), |(at, _)| at)
}

/// How many bytes at the beginning of `text` are of none of `classes`.
#[inline]
fn run_without(text: &str, classes: Classes) -> usize {
    text.char_indices()
        .find(|(_, c)| Classes::of(*c).has(classes))
        .map_or(text.len(), |(at, _)| at)
}

/// The length of the contraction that begins `text`.
fn contraction(text: &str, any_case: bool) -> Option<usize> {
    let rest = text.strip_prefix('\'')?;
    let mut letters = rest.chars().map(|c| match c {
        'A'..='Z' if any_case => c.to_ascii_lowercase(),
        // The long s is an s to whoever ignores case.
        'ſ' if any_case => 's',
        _ => c,
    });
    match (letters.next()?, letters.next()) {
        ('s' | 't' | 'm' | 'd', _) => rest.chars().next().map(|c| 1 + c.len_utf8()),
        ('r' | 'v', Some('e')) | ('l', Some('l')) => Some(3),
        _ => None,
    }
}
