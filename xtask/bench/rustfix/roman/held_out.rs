use roman::*;

#[test]
fn every_number_survives_the_round_trip() {
    let mut sum = 0;
    for number in 1..4000 {
        let text = to_roman(number).unwrap();
        assert_eq!(from_roman(&text), Ok(number));
        assert_eq!(from_roman(&text.to_lowercase()), Ok(number));
        assert!(!text.contains("IIII") && !text.contains("VV") && !text.contains("XXXX"));
        sum += text.len();
    }
    assert_eq!(sum, 30_000);
    for bad in ["IM", "VIV", "XXC", "IXI", "LL", "MMMM", "ID"] {
        assert!(from_roman(bad).is_err(), "{bad}");
    }
    assert_eq!(subtract("M", "I").as_deref(), Ok("CMXCIX"));
    assert_eq!(sort(&["?", "V", "!", "I"]), vec!["I", "V", "?", "!"]);
}

#[test]
fn spelling() {
    assert_eq!(spell(20), "twenty");
    assert_eq!(spell(99), "ninety-nine");
    assert_eq!(spell(101), "one hundred and one");
    assert_eq!(spell(110), "one hundred and ten");
    assert_eq!(spell(999), "nine hundred and ninety-nine");
    assert_eq!(spell(1_099), "one thousand and ninety-nine");
    assert_eq!(spell(1_100), "one thousand one hundred");
    assert_eq!(spell(700_013), "seven hundred thousand and thirteen");
    assert_eq!(spell(999_999), "nine hundred and ninety-nine thousand nine hundred and ninety-nine");
    let th = (0..1000).filter(|&n| suffix(n) == "th").count();
    assert_eq!(th, 1000 - 270);
    assert_eq!((suffix(0), suffix(22), suffix(103), suffix(212), suffix(1013)), ("th", "nd", "rd", "th", "th"));
}
