//! The sha256 of files, read piece by piece.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

const PIECE_BYTES: usize = 1 << 20;

/// The sha256 of the file at `path` in hexadecimal; `each` is told of the bytes as they go by, and an
/// error that it returns ends the reading.
pub fn sha256_of(path: &Path, each: &mut dyn FnMut(usize) -> io::Result<()>) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(hexadecimal(&hash.finalize()));
        }
        hash.update(&piece[..read]);
        each(read)?;
    }
}

/// Bytes as people write them.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_the_standard() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let mut bytes = 0;
        let sum = sha256_of(file.path(), &mut |read| {
            bytes += read;
            Ok(())
        });
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((sum.unwrap().as_str(), bytes), (expected, 3));
    }
}
