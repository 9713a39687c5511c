use roman::*;

#[test]
fn writes() {
    for (number, text) in [(1, "I"), (4, "IV"), (9, "IX"), (14, "XIV"), (49, "XLIX"), (1994, "MCMXCIV"), (3999, "MMMCMXCIX"), (600, "DC")] {
        assert_eq!(to_roman(number).as_deref(), Ok(text));
    }
    assert_eq!(to_roman(0), Err(RomanError::OutOfRange(0)));
    assert_eq!(to_roman(4000), Err(RomanError::OutOfRange(4000)));
}

#[test]
fn reads() {
    assert_eq!(from_roman("XIV"), Ok(14));
    assert_eq!(from_roman(" mcmxciv "), Ok(1994));
    assert_eq!(from_roman("DCLXVI"), Ok(666));
    assert_eq!(from_roman("III"), Ok(3));
}

#[test]
fn refuses_nonsense() {
    assert_eq!(from_roman("  "), Err(RomanError::Empty));
    assert_eq!(from_roman("XIZ"), Err(RomanError::BadLetter('Z')));
    assert_eq!(from_roman("IIII"), Err(RomanError::NotCanonical));
    assert_eq!(from_roman("IC"), Err(RomanError::NotCanonical));
    assert_eq!(from_roman("VX"), Err(RomanError::NotCanonical));
}

#[test]
fn calculates() {
    assert_eq!(add("XIV", "VI").as_deref(), Ok("XX"));
    assert_eq!(subtract("XX", "VI").as_deref(), Ok("XIV"));
    assert_eq!(subtract("V", "VI"), Err(RomanError::OutOfRange(0)));
    assert_eq!(add("MMM", "M"), Err(RomanError::OutOfRange(4000)));
}

#[test]
fn sorts() {
    assert_eq!(sort(&["X", "IX", "?", "C", "II"]), vec!["II", "IX", "X", "C", "?"]);
}

#[test]
fn spells() {
    assert_eq!(spell(0), "zero");
    assert_eq!(spell(19), "nineteen");
    assert_eq!(spell(40), "forty");
    assert_eq!(spell(42), "forty-two");
    assert_eq!(spell(100), "one hundred");
    assert_eq!(spell(342), "three hundred and forty-two");
    assert_eq!(spell(1_000), "one thousand");
    assert_eq!(spell(15_250), "fifteen thousand two hundred and fifty");
    assert_eq!(spell(2_007), "two thousand and seven");
}

#[test]
fn suffixes() {
    let all: Vec<&str> = [1, 2, 3, 4, 11, 12, 13, 21, 111].iter().map(|&n| suffix(n)).collect();
    assert_eq!(all, vec!["st", "nd", "rd", "th", "th", "th", "th", "st", "th"]);
}
