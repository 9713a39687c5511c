//! PDFs that are written by hand.

use std::io::Write as _;

/// A file that grows.
pub struct Pdf {
    pub bytes: Vec<u8>,
}

impl Pdf {
    pub fn new() -> Self {
        Self {
            bytes: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
        }
    }

    /// An object without a stream.
    pub fn object(mut self, number: u32, text: &str) -> Self {
        write!(self.bytes, "{number} 0 obj\n{text}\nendobj\n").unwrap();
        self
    }

    /// An object with a stream; `about` stands in its dictionary.
    pub fn stream(mut self, number: u32, about: &str, data: &[u8]) -> Self {
        write!(
            self.bytes,
            "{number} 0 obj\n<< {about} /Length {} >>\nstream\n",
            data.len()
        )
        .unwrap();
        self.bytes.extend_from_slice(data);
        self.bytes.extend_from_slice(b"\nendstream\nendobj\n");
        self
    }

    pub fn end(mut self) -> Vec<u8> {
        self.bytes
            .extend_from_slice(b"trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n");
        self.bytes
    }
}

/// A page in Helvetica that shows what `content` says.
pub fn page(content: &[u8]) -> Vec<u8> {
    one("", content).end()
}

/// The same, with `about` in the dictionary of its content.
pub fn one(about: &str, content: &[u8]) -> Pdf {
    Pdf::new()
        .object(1, "<< /Type /Catalog /Pages 2 0 R >>")
        .object(
            2,
            "<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F1 5 0 R >> >> >>",
        )
        .object(3, "<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>")
        .object(
            5,
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        )
        .stream(4, about, content)
}

/// Bytes, packed.
pub fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
