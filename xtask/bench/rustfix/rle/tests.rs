use rle::*;

#[test]
fn encodes_runs() {
    assert_eq!(encode("aaab"), "3ab");
    assert_eq!(encode("abc"), "abc");
    assert_eq!(encode(""), "");
    assert_eq!(encode("xxxxxxxxxxxxyy"), "12x2y");
}

#[test]
fn escapes_digits() {
    assert_eq!(encode("a11"), "a2\\1");
    assert_eq!(encode("\\\\"), "2\\\\");
    assert_eq!(decode("a2\\1").as_deref(), Ok("a11"));
    assert_eq!(decode("2\\\\z").as_deref(), Ok("\\\\z"));
}

#[test]
fn decodes() {
    assert_eq!(decode("3ab").as_deref(), Ok("aaab"));
    assert_eq!(decode("12x2yz").as_deref(), Ok("xxxxxxxxxxxxyyz"));
}

#[test]
fn refuses_broken_text() {
    assert_eq!(decode("3"), Err(DecodeError::DanglingCount));
    assert_eq!(decode("a\\"), Err(DecodeError::DanglingCount));
    assert_eq!(decode("0a"), Err(DecodeError::ZeroCount));
    assert_eq!(decode("99999a"), Err(DecodeError::CountTooLarge));
}

#[test]
fn packs_bytes() {
    assert_eq!(pack(&[1, 2, 7, 7, 7, 7, 3]), vec![1, 1, 2, 129, 7, 0, 3]);
    assert_eq!(pack(&[5, 5]), vec![1, 5, 5]);
    assert_eq!(pack(&[5, 5, 5]), vec![128, 5]);
    assert_eq!(pack(&[]), vec![]);
}

#[test]
fn unpacks() {
    let long = vec![9u8; 300];
    assert_eq!(unpack(&pack(&long)), Ok(long));
    let mixed: Vec<u8> = (0..=255).collect();
    assert_eq!(unpack(&pack(&mixed)), Ok(mixed));
    assert_eq!(unpack(&[3, 1]), Err(DecodeError::Truncated));
    assert_eq!(unpack(&[200]), Err(DecodeError::Truncated));
}

#[test]
fn takes_deltas() {
    assert_eq!(delta(&[5, 7, 4]), vec![5, 2, -3]);
    assert_eq!(undelta(&[5, 2, -3]), vec![5, 7, 4]);
}

#[test]
fn finds_the_longest_run() {
    assert_eq!(longest_run(&[1, 2, 2, 3, 3]), Some((1, 2)));
    assert_eq!(longest_run(&[1, 3, 3, 3]), Some((1, 3)));
    assert_eq!(longest_run(&[]), None);
}
