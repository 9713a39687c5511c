use wrap::*;

#[test]
fn wraps_at_the_width() {
    assert_eq!(wrap("the quick brown fox", 10), vec!["the quick", "brown fox"]);
    assert_eq!(wrap("aa bb cc", 5), vec!["aa bb", "cc"]);
    assert_eq!(wrap("aa bb cc", 4), vec!["aa", "bb", "cc"]);
    assert_eq!(wrap("", 5), Vec::<String>::new());
}

#[test]
fn cuts_long_words() {
    assert_eq!(wrap("abcdefgh ij", 3), vec!["abc", "def", "gh", "ij"]);
    assert_eq!(wrap("abcdef", 3), vec!["abc", "def"]);
    assert_eq!(wrap("x abcdefg h", 4), vec!["x", "abcd", "efg", "h"]);
    assert_eq!(wrap("ab", 0), vec!["a", "b"]);
}

#[test]
fn counts_characters_not_bytes() {
    assert_eq!(wrap("größe über", 10), vec!["größe über"]);
}

#[test]
fn aligns() {
    assert_eq!(align("ab", 5, Align::Left), "ab   ");
    assert_eq!(align("ab", 5, Align::Right), "   ab");
    assert_eq!(align("ab", 5, Align::Center), " ab  ");
    assert_eq!(align("abcdef", 5, Align::Right), "abcdef");
}

#[test]
fn justifies() {
    assert_eq!(justify("a b c", 9), "a   b   c");
    assert_eq!(justify("a b c", 10), "a    b   c");
    assert_eq!(justify("long words", 4), "long words");
    assert_eq!(justify(" single ", 20), "single");
}

#[test]
fn indents() {
    assert_eq!(indent("a\n\n b\n", "> "), "> a\n\n>  b\n");
    assert_eq!(dedent("    a\n      b\n\n    c"), "a\n  b\n\nc");
    assert_eq!(dedent("a\n  b"), "a\n  b");
}

#[test]
fn shortens() {
    assert_eq!(shorten("abcdef", 6), "abcdef");
    assert_eq!(shorten("abcdefg", 6), "abc...");
}

#[test]
fn fills_paragraphs() {
    assert_eq!(fill("aa bb\ncc\n\n\n\ndd ee", 5), "aa bb\ncc\n\ndd ee");
}
