use super::{Aside, Markdown};

/// What a terminal of 40 columns shows, styles as marks: `<b>`, `<i>`, `<c>` for code, `<u>`, `<d>` dim.
fn drawn(text: &str) -> String {
    let mut markdown = Markdown::new(40);
    let out = markdown.push(text) + &markdown.finish();
    marked(&out)
}

/// The same, a character at a time.
fn drawn_slowly(text: &str) -> String {
    let mut markdown = Markdown::new(40);
    let mut out = String::new();
    for c in text.chars() {
        out += &markdown.push(&c.to_string());
    }
    marked(&(out + &markdown.finish()))
}

fn marked(out: &str) -> String {
    let codes = [
        ("\x1b[0m", ""),
        ("\x1b[1m", "<b>"),
        ("\x1b[2m", "<d>"),
        ("\x1b[3m", "<i>"),
        ("\x1b[4m", "<u>"),
        ("\x1b[9m", "<s>"),
        ("\x1b[36m", "<c>"),
    ];
    let mut out = out.to_owned();
    for (code, mark) in codes {
        out = out.replace(code, mark);
    }
    assert!(!out.contains('\x1b'), "{out:?}");
    out
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(drawn(text), expected, "{text}");
    assert_eq!(drawn_slowly(text), expected, "slowly: {text}");
}

#[test]
fn emphasis_code_and_links_are_styled() {
    check("a **bold** word", "a <b>bold word\n");
    check(
        "an *italic* and `let x = 1;`",
        "an <i>italic and <c>let x = 1;\n",
    );
    check("~~gone~~ and ***both***.", "<s>gone and <b><i>both.\n");
    check("[a page](https://a.b)", "<u>a page <d>(https://a.b)\n");
    check("[x] and a[0] stay", "[x] and a[0] stay\n");
}

#[test]
fn signs_that_mean_nothing_stay() {
    check("2 * 3 * 4 = 24", "2 * 3 * 4 = 24\n");
    check("snake_case_name", "snake_case_name\n");
    check("\\*no\\*", "*no*\n");
    check("`**`", "<c>**\n");
    check("#hash and 3.14", "#hash and 3.14\n");
}

#[test]
fn words_are_wrapped_and_lines_of_a_paragraph_joined() {
    check(
        "The quick brown fox jumps over\nthe lazy dog and on.",
        "The quick brown fox jumps over the lazy\ndog and on.\n",
    );
    check("one  \ntwo", "one\ntwo\n");
    check("one\n\n\n\ntwo\n", "one\n\ntwo\n");
}

#[test]
fn lists_hang_and_headings_stand_out() {
    check(
        "# Title\ntext\n- first point that is longer than a line is\n  - inner\n2. two",
        "<b><u>Title\ntext\n<c>• first point that is longer than a line\n  is\n  <c>• inner\n<c>2. two\n",
    );
    check(
        "> said\n\n---\n",
        "<d>│ said\n\n<d>────────────────────────────────────────\n",
    );
}

#[test]
fn code_is_left_as_it_is() {
    check(
        "See:\n```rust\nfn  main() {\n    **x**\n}\n```\nend",
        "See:\n  <d>rust\n  <c>fn  main() {\n  <c>    **x**\n  <c>}\n\nend\n",
    );
    check("~~~\nnever closed", "  <c>never closed\n");
}

#[test]
fn tables_are_aligned() {
    check(
        "| a | **long** |\n|---|:--|\n| x\\|y | 1 |\n\nafter",
        "<b>a  <d> │ <b>long\n<d>──────────\nx|y<d> │ 1\n\nafter\n",
    );
}

#[test]
fn nothing_reaches_the_terminal_that_it_would_obey() {
    assert_eq!(
        drawn("a\x1b]0;title\x07b\x1b[2J\u{9b}1m"),
        "a]0;titleb[2J1m\n"
    );
}

#[test]
fn any_text_in_any_pieces_is_drawn_alike_and_ends_with_its_line() {
    let signs = [
        "*", "_", "`", "\n", " ", "a", "- ", "[", "](", ")", "|", "#", "1.", "\\", "~",
    ];
    let mut seed = 7_u64;
    for _ in 0..3000 {
        let mut text = String::new();
        for _ in 0..24 {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            text += signs[(seed >> 33) as usize % signs.len()];
        }
        let out = drawn(&text);
        assert_eq!(out, drawn_slowly(&text), "{text:?}");
        assert!(out.is_empty() || out.ends_with('\n'), "{text:?}: {out:?}");
    }
}

#[test]
fn thoughts_stand_behind_a_bar_in_whatever_pieces_they_come() {
    let text = "\n\nThe reader wants a short answer, and has said so twice.\n\n\n- one\x1b[2J\n";
    let expected = "<d>│ <d>The reader wants a short answer, and\n\
                    <d>│ has said so twice.\n<d>│ \n<d>│ <d>- one[2J\n";
    let mut whole = Aside::new(40);
    let out = whole.push(text) + &whole.finish();
    assert_eq!(marked(&out), expected);
    let mut slow = Aside::new(40);
    let mut out = String::new();
    for c in text.chars() {
        out += &slow.push(&c.to_string());
    }
    assert_eq!(marked(&(out + &slow.finish())), expected);
}
