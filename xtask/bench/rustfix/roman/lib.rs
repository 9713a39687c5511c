//! Roman numerals: writing, strict reading, arithmetic and English words.

const NUMERALS: [(u32, &str); 13] = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
];

/// Why a text is not a numeral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RomanError {
    Empty,
    BadLetter(char),
    NotCanonical,
    OutOfRange(u32),
}

/// Writes a number between 1 and 3999.
pub fn to_roman(number: u32) -> Result<String, RomanError> {
    if number == 0 || number >= 4000 {
        return Err(RomanError::OutOfRange(number));
    }
    let mut left = number;
    let mut out = String::new();
    for (value, numeral) in NUMERALS {
        while left >= value {
            out.push_str(numeral);
            left -= value;
        }
    }
    Ok(out)
}

fn letter_value(letter: char) -> Option<u32> {
    let value = match letter.to_ascii_uppercase() {
        'I' => 1,
        'V' => 5,
        'X' => 10,
        'L' => 50,
        'C' => 100,
        'D' => 500,
        'M' => 1000,
        _ => return None,
    };
    Some(value)
}

/// Reads a numeral in either case; only the canonical form is accepted.
pub fn from_roman(text: &str) -> Result<u32, RomanError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(RomanError::Empty);
    }
    let mut values = Vec::new();
    for letter in text.chars() {
        values.push(letter_value(letter).ok_or(RomanError::BadLetter(letter))?);
    }
    let mut total = 0;
    for (index, &value) in values.iter().enumerate() {
        let next = values.get(index + 1).copied().unwrap_or(0);
        if value < next {
            total -= value as i32;
        } else {
            total += value as i32;
        }
    }
    let total = u32::try_from(total).map_err(|_| RomanError::NotCanonical)?;
    if to_roman(total)? != text.to_ascii_uppercase() {
        return Err(RomanError::NotCanonical);
    }
    Ok(total)
}

/// Adds two numerals.
pub fn add(a: &str, b: &str) -> Result<String, RomanError> {
    to_roman(from_roman(a)? + from_roman(b)?)
}

/// Subtracts `b` from `a`.
pub fn subtract(a: &str, b: &str) -> Result<String, RomanError> {
    let (a, b) = (from_roman(a)?, from_roman(b)?);
    to_roman(a.saturating_sub(b))
}

/// Sorts numerals by value; unreadable ones come last, in the order given.
pub fn sort<'a>(numerals: &[&'a str]) -> Vec<&'a str> {
    let mut out = numerals.to_vec();
    out.sort_by_key(|numeral| from_roman(numeral).unwrap_or(u32::MAX));
    out
}

const ONES: [&str; 20] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
];

const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// Spells a number below a million in English.
pub fn spell(number: u32) -> String {
    if number < 20 {
        return ONES[number as usize].to_string();
    }
    if number < 100 {
        let tens = TENS[(number / 10) as usize];
        let ones = number % 10;
        if ones == 0 {
            return tens.to_string();
        }
        return format!("{}-{}", tens, ONES[ones as usize]);
    }
    let (unit, name) = if number < 1000 { (100, "hundred") } else { (1000, "thousand") };
    let head = format!("{} {}", spell(number / unit), name);
    let rest = number % unit;
    if rest == 0 {
        return head;
    }
    let joint = if rest < 100 { " and " } else { " " };
    format!("{}{}{}", head, joint, spell(rest))
}

/// The ordinal suffix of a number: st, nd, rd or th.
pub fn suffix(number: u32) -> &'static str {
    if (11..=13).contains(&(number % 100)) {
        return "th";
    }
    match number % 10 {
        1 => "st",
        2 => "nd",
        3 => "rd",
        _ => "th",
    }
}
