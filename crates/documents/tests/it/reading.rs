//! What is read of PDFs.

use documents::{Error, Limits, Text, pdf};

use crate::written::{Pdf, one, packed, page};

fn read(bytes: &[u8]) -> Text {
    pdf(bytes, &Limits::default()).unwrap()
}

#[test]
fn words_lines_and_paragraphs_are_read() {
    let text = read(&page(
        b"BT /F1 12 Tf 72 720 Td (Hello) Tj ( world) Tj 0 -14 Td (It costs \\200 5 \\(five\\).) Tj 0 -40 Td [(Ne) 20 (w) -400 (paragraph)] TJ ET",
    ));
    assert_eq!(
        text.text,
        "Hello world\nIt costs € 5 (five).\n\nNew paragraph"
    );
    assert_eq!((text.pages, text.pages_with_words, text.words), (1, 1, 9));
    assert!(!text.is_cut);
}

#[test]
fn packed_pages_packed_objects_and_fonts_with_tables_are_read() {
    let table = "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
        1 beginbfchar <0003> <0020> endbfchar 2 beginbfrange <0041> <0043> <0061> <0050> <0051> [<00660069> <D83DDE00>] endbfrange endcmap";
    let parts = [
        (1, "<< /Type /Catalog /Pages 2 0 R >>".to_owned()),
        (2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned()),
        (3, "<< /Type /Page /Parent 2 0 R /Contents [4 0 R] /Resources << /Font << /F1 5 0 R >> >> >>".to_owned()),
        (5, "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R /DescendantFonts [7 0 R] >>".to_owned()),
        (7, "<< /Type /Font /Subtype /CIDFontType2 /DW 500 /W [65 [600 600] 67 80 500] >>".to_owned()),
    ];
    let (mut head, mut body) = (String::new(), String::new());
    for (number, text) in &parts {
        head += &format!("{number} {} ", body.len());
        body += &format!("{text} ");
    }
    let pack = packed(format!("{head}{body}").as_bytes());
    let about = format!(
        "/Type /ObjStm /N {} /First {} /Filter /FlateDecode",
        parts.len(),
        head.len()
    );
    let content =
        packed(b"BT /F1 10 Tf 1 0 0 1 50 700 Tm <00410042000300430050> Tj 0 -12 Td <0051> Tj ET");
    let file = Pdf::new()
        .stream(9, &about, &pack)
        .stream(4, "/Filter [/FlateDecode]", &content)
        .stream(6, "/Filter /FlateDecode", &packed(table.as_bytes()))
        .stream(10, "/Type /XRef /Root 1 0 R /W [1 2 1] /Size 11", b"");
    assert_eq!(read(&file.bytes).text, "ab cfi\n😀");
}

#[test]
fn what_changed_later_counts_and_torn_ends_do_not_matter() {
    let mut bytes = page(b"BT /F1 12 Tf (old) Tj ET");
    bytes.extend(Pdf::new().stream(4, "", b"BT /F1 12 Tf (new) Tj ET").bytes);
    assert_eq!(read(&bytes).text, "new");
    // Cut within the stream that was added.
    bytes.truncate(bytes.len() - 20);
    assert_eq!(read(&bytes).text, "new");
}

#[test]
fn forms_differences_and_pictures_among_words_are_understood() {
    let file = one("", b"BT /F1 9 Tf (a) Tj ET BI /W 1 /H 1 ID (\x00EI( EI q 1 0 0 1 0 -50 cm /X Do Q")
        .object(5, "<< /Type /Font /Subtype /Type1 /Encoding << /Differences [65 /adieresis /ffi /uni20AC] >> >>")
        .object(2, "<< /Type /Pages /Kids [3 0 R] /Resources << /Font << /F1 5 0 R >> /XObject << /X 8 0 R >> >> >>")
        .stream(8, "/Type /XObject /Subtype /Form", b"BT /F1 9 Tf (ABC) Tj ET")
        .end();
    assert_eq!(read(&file).text, "a\n\näffi€");
}

#[test]
fn a_page_that_is_a_picture_has_no_words_and_that_is_said() {
    let scanned = one("", b"q 600 0 0 800 0 0 cm /Im Do Q").end();
    let text = read(&scanned);
    assert_eq!(
        (
            text.pages,
            text.pages_with_words,
            text.words,
            text.text.as_str()
        ),
        (1, 0, 0, "")
    );
    // Glyphs without a table are letters that nobody can name.
    let nameless = one("", b"BT /F1 9 Tf <00410042> Tj ET")
        .object(5, "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H >>")
        .end();
    assert_eq!((read(&nameless).words, read(&nameless).unreadable), (0, 2));
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    assert_eq!(
        pdf(b"PK\x03\x04 a text document", &Limits::default()),
        Err(Error::NotPdf)
    );
    let locked =
        String::from_utf8_lossy(&page(b"")).replace("/Root 1 0 R", "/Root 1 0 R /Encrypt 9 0 R");
    assert_eq!(
        pdf(locked.as_bytes(), &Limits::default()),
        Err(Error::Locked)
    );
    let empty = pdf(b"%PDF-1.4\n%%EOF", &Limits::default())
        .unwrap_err()
        .to_string();
    assert_eq!(
        empty,
        "this PDF is damaged: it has no catalogue\nhint: open it in a viewer, and print it into a new PDF"
    );
}
