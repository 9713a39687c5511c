//! PDFs of people who mean ill: they end, soon, and in little memory.

use std::time::{Duration, Instant};

use documents::{Error, Limits, Result, Text, pdf};

use crate::written::{Pdf, one, packed, page};

/// Little enough that even a slow build is done in a moment.
const FEW: Limits = Limits {
    steps: 20_000_000,
    decoded_bytes: 16 << 20,
    part_bytes: 8 << 20,
    pages: 50,
    letters: 10_000,
};

fn read(bytes: &[u8]) -> Result<Text> {
    let began = Instant::now();
    let text = pdf(bytes, &FEW);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    text
}

#[test]
fn a_bomb_is_not_unpacked() {
    let bomb = packed(&vec![b' '; 64 << 20]);
    let twice = packed(&bomb);
    let once = read(&one("/Filter /FlateDecode", &bomb).end());
    assert!(matches!(once, Err(Error::TooMuch { .. })), "{once:?}");
    let layered = read(&one("/Filter [/FlateDecode /FlateDecode]", &twice).end());
    assert!(matches!(layered, Err(Error::TooMuch { .. })), "{layered:?}");
    let run = [129, b' '].repeat(1 << 20);
    let long = read(&one("/Filter /RunLengthDecode", &run).end());
    assert!(matches!(long, Err(Error::TooMuch { .. })), "{long:?}");
    // Many that are small enough by themselves.
    let small = packed(&vec![b' '; 4 << 20]);
    let mut many = Pdf::new()
        .object(1, "<< /Type /Catalog /Pages 2 0 R >>")
        .object(2, "<< /Type /Pages /Kids [3 0 R] >>")
        .object(
            3,
            &format!("<< /Type /Page /Contents [{}] >>", "4 0 R ".repeat(20)),
        );
    many = many.stream(4, "/Filter /FlateDecode", &small);
    let many = read(&many.end());
    assert!(matches!(many, Err(Error::TooMuch { .. })), "{many:?}");
}

#[test]
fn circles_end() {
    let file = |two: &str, three: &str| {
        Pdf::new()
            .object(1, "<< /Type /Catalog /Pages 2 0 R >>")
            .object(2, two)
            .object(3, three)
            .object(7, "8 0 R")
            .object(8, "7 0 R")
            .end()
    };
    let pages = read(&file(
        "<< /Kids [3 0 R 2 0 R] >>",
        "<< /Kids [2 0 R 3 0 R] >>",
    ));
    assert!(matches!(pages, Err(Error::Damaged { .. })), "{pages:?}");
    let references = read(&file(
        "<< /Kids [3 0 R] >>",
        "<< /Type /Page /Contents 7 0 R /Resources 8 0 R >>",
    ));
    assert_eq!(references.unwrap().words, 0);
    // A form that shows itself, twice each time.
    let form = one("", b"/X Do")
        .object(
            2,
            "<< /Kids [3 0 R] /Resources << /XObject << /X 8 0 R >> >> >>",
        )
        .stream(
            8,
            "/Subtype /Form",
            b"/X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do",
        )
        .end();
    let shown = read(&form);
    assert!(matches!(shown, Err(Error::TooMuch { .. })), "{shown:?}");
}

#[test]
fn depth_and_length_without_end_are_bounded() {
    for (begin, count) in [
        ("[", 1 << 20),
        ("<<", 1 << 20),
        ("<</a", 1 << 18),
        ("(", 1 << 20),
    ] {
        let content = begin.repeat(count);
        let _ = read(&page(content.as_bytes()));
        let _ = read(&Pdf::new().object(1, &content).end());
    }
    let numbers = packed(&[b"[".as_slice(), &b"1 ".repeat(2 << 20)].concat());
    let numbers = read(&one("/Filter /FlateDecode", &numbers).end());
    assert!(matches!(numbers, Err(Error::TooMuch { .. })), "{numbers:?}");
    let objects: String = (0..200_000)
        .map(|number| format!("{number} 0 obj <<"))
        .collect();
    let _ = read(&[b"%PDF-1.4\n".as_slice(), objects.as_bytes()].concat());
    let streams = "1 0 obj <<>> stream\n".repeat(50_000);
    let _ = read(&[b"%PDF-1.4\n".as_slice(), streams.as_bytes()].concat());
    let long = format!(
        "BT /F1 1 Tf {} ET",
        "(many letters here) Tj 0 -2 Td ".repeat(20_000)
    );
    let text = read(&page(long.as_bytes())).unwrap();
    assert!(
        text.is_cut && text.text.chars().count() < 12_000,
        "{}",
        text.text.len()
    );
    let kids: String = (10..400).map(|number| format!("{number} 0 R ")).collect();
    let mut many = Pdf::new()
        .object(1, "<< /Type /Catalog /Pages 2 0 R >>")
        .object(2, &format!("<< /Kids [{kids}] >>"));
    for number in 10..400 {
        many = many.object(number, "<< /Type /Page >>");
    }
    let many = read(&many.end()).unwrap();
    assert_eq!((many.pages, many.is_cut), (390, true));
}

#[test]
fn numbers_that_lie_are_not_believed() {
    let huge = "/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 999999999 /Colors 99999 /BitsPerComponent 9999 >>";
    let _ = read(&one(huge, &packed(b"BT /F1 9 Tf (x) Tj ET")).end());
    for length in [
        "-5",
        "99999999999999999999",
        "1e9",
        "7 0 R",
        "null",
        "4 0 R",
    ] {
        let file = String::from_utf8_lossy(&page(b"BT /F1 9 Tf (x) Tj ET"))
            .replace("/Length 21", &format!("/Length {length}"));
        assert_eq!(read(file.as_bytes()).unwrap().text, "x", "{length}");
    }
    let widths =
        "<< /Subtype /Type0 /DescendantFonts [<< /W [0 4294967290 500 1 4294967290 500] >>] >>";
    let _ = read(&one("", b"BT /F1 9 Tf <0001> Tj ET").object(5, widths).end());
    let pack = Pdf::new()
        .stream(
            3,
            "/Type /ObjStm /N 4294967290 /First 4294967290",
            b"1 4294967290 2 0",
        )
        .end();
    let _ = read(&pack);
    let shows =
        b"BT /F1 1e308 Tf 99999999999999999999999 0 0 1 0 0 Tm (a) Tj (b) Tj 0 Tz (c) Tj ET";
    let _ = read(&page(shows));
}

#[test]
fn damaged_bytes_never_break_the_reader() {
    let table = b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <41> <5A> <0061> endbfrange";
    let whole = one("/Filter /FlateDecode", &packed(b"BT /F1 12 Tf 72 720 Td [(Some) -300 (words)] TJ ET"))
        .object(5, "<< /Subtype /Type1 /ToUnicode 6 0 R /Encoding << /Differences [65 /A /B] >> /Widths [500 600] >>")
        .stream(6, "", table)
        .end();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..3000 {
        let mut bytes = whole.clone();
        for _ in 0..6 {
            if bytes.len() < 16 {
                break;
            }
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let at = seed as usize % bytes.len();
            match seed >> 60 {
                0..4 => bytes[at] = (seed >> 32) as u8,
                4..7 => bytes.truncate(at.max(9)),
                7..10 => drop(bytes.drain(at..(at + 7).min(bytes.len()))),
                _ => {
                    let piece = bytes[at..(at + 40).min(bytes.len())].to_vec();
                    let to = (seed >> 16) as usize % bytes.len();
                    bytes.splice(to..to, piece);
                }
            }
        }
        let _ = read(&bytes);
    }
}
