//! PDF: refused, or words within the bounds that were set.

#![cfg_attr(feature = "libfuzzer", no_main)]

use documents::{Limits, pdf};
use fuzz::Target;

const TARGET: Target = Target {
    name: "pdf",
    parse,
    seeds,
    bytes_max: |length| 64 * length + (16 << 20),
};

/// Little, so that many files are tried.
const FEW: Limits = Limits {
    steps: 4_000_000,
    decoded_bytes: 1 << 20,
    part_bytes: 1 << 19,
    pages: 20,
    letters: 20_000,
};

fn parse(bytes: &[u8]) -> String {
    match pdf(bytes, &FEW) {
        Ok(read) => {
            assert!(read.pages_with_words <= read.pages, "{read:?}");
            assert_eq!(read.words, read.text.split_whitespace().count());
            assert!(read.text.len() < 8 * FEW.letters, "{}", read.text.len());
            format!("{} pages, {} words", read.pages, read.words)
        }
        Err(error) => error.to_string(),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let table = "1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfchar <0003> <0020> endbfchar \
        2 beginbfrange <0041> <0043> <0061> <0050> <0051> [<00660069> <D83DDE00>] endbfrange";
    let content = "q 1 0 0 1 5 5 cm BT /F1 12 Tf 14 TL 72 720 Td [(Some) -300 (w\\157rds)] TJ T* <48656C6C6F> Tj (a) ' 1 2 (b) \" \
        /F2 9 Tf <00410042> Tj ET Q BI /W 1 /H 1 ID x EI /X Do";
    let stream = |number: u32, about: &str, data: &str| {
        let length = data.len();
        format!("{number} 0 obj << {about} /Length {length} >> stream\n{data}\nendstream endobj\n")
    };
    let objects = "21 0 22 3 [1 << /W [1 [500 600] 7 9 500] /DW 700 >> (\\(\\)) <4A4B>]";
    let whole = format!(
        "%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Kids [3 0 R] >> endobj\n\
         3 0 obj << /Type /Page /Contents [4 0 R 9 0 R] /Resources << /Font << /F1 5 0 R /F2 6 0 R >> /XObject << /X 8 0 R >> >> >> endobj\n\
         5 0 obj << /Type /Font /Subtype /Type1 /FirstChar 32 /Widths [250 300] /Encoding << /Differences [65 /adieresis /uni20AC] >> >> endobj\n\
         6 0 obj << /Subtype /Type0 /Encoding /Identity-H /ToUnicode 7 0 R /DescendantFonts [22 0 R] >> endobj\n{}{}{}{}{}trailer << /Root 1 0 R >>",
        stream(4, "", content),
        stream(7, "", table),
        stream(
            8,
            "/Subtype /Form /Matrix [1 0 0 1 0 -40]",
            "BT /F1 9 Tf (form) Tj ET"
        ),
        stream(
            9,
            "/Filter [/ASCIIHexDecode /ASCII85Decode]",
            "38376355524424215D33>"
        ),
        stream(20, "/Type /ObjStm /N 2 /First 11", objects),
    );
    vec![
        whole.into_bytes(),
        b"%PDF-1.4\n1 0 obj [[[[ << /A (".to_vec(),
    ]
}

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.parse)(bytes);
});

#[cfg(not(feature = "libfuzzer"))]
fn main() -> std::process::ExitCode {
    fuzz::run(&TARGET)
}
