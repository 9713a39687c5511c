//! Numbers of a model that were made before the work on it was stopped.

use std::fs::{File, TryLockError};
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::Error;

/// What such files begin with.
const MAGIC: &[u8; 8] = b"fhpieces";

/// Bytes before the first piece: the magic and what the pieces are of.
const HEAD: u64 = 16;

/// Bytes before each piece: its length and its sum.
const PIECE_HEAD: u64 = 16;

/// How long it is waited until whoever wrote the file before has let go of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file of pieces in the order in which they were made: first it gives those of a run before, then it takes more.
#[derive(Debug)]
pub struct Pieces {
    path: PathBuf,
    file: File,
    /// Where the next piece begins.
    at: u64,
    length: u64,
}

impl Pieces {
    /// Opens the file at `path`. Its pieces are those of a run before only if that said the same `of`.
    ///
    /// # Errors
    /// When it can be neither read nor written.
    pub fn open(path: &Path, of: &str) -> Result<Self, Error> {
        let failed = |error| unwritable(path, &error);
        let mut hasher = DefaultHasher::new();
        hasher.write(of.as_bytes());
        let mut head = MAGIC.to_vec();
        head.extend(hasher.finish().to_le_bytes());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = held(path).map_err(failed)?;
        let mut found = Vec::new();
        (&file).take(HEAD).read_to_end(&mut found).map_err(failed)?;
        if found != head {
            file.set_len(0).map_err(failed)?;
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            file.write_all(&head).map_err(failed)?;
        }
        let length = file.metadata().map_err(failed)?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            at: HEAD,
            length,
        })
    }

    /// The next piece that a run before made; nothing once there is none, or one was torn.
    pub fn next_made(&mut self) -> Option<Vec<u8>> {
        if self.length == self.at {
            return None;
        }
        let piece = self.read();
        match &piece {
            Some(bytes) => self.at += PIECE_HEAD + bytes.len() as u64,
            // What follows it is of no use.
            None => self.length = self.at,
        }
        piece
    }

    fn read(&mut self) -> Option<Vec<u8>> {
        let left = self.length.checked_sub(self.at + PIECE_HEAD)?;
        self.file.seek(SeekFrom::Start(self.at)).ok()?;
        let mut reader = BufReader::with_capacity(1 << 16, &self.file);
        let mut numbers = [0; 16];
        reader.read_exact(&mut numbers).ok()?;
        let [length, sum] = [&numbers[..8], &numbers[8..]]
            .map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")));
        if length > left {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        reader.read_exact(&mut bytes).ok()?;
        (sum_of(&bytes) == sum).then_some(bytes)
    }

    /// Keeps a piece that was made after those before it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, piece: &[u8]) -> Result<(), Error> {
        let path = &self.path;
        let failed = |error| unwritable(path, &error);
        self.file.set_len(self.at).map_err(failed)?;
        self.file.seek(SeekFrom::Start(self.at)).map_err(failed)?;
        let mut writer = BufWriter::new(&self.file);
        writer
            .write_all(&(piece.len() as u64).to_le_bytes())
            .map_err(failed)?;
        writer
            .write_all(&sum_of(piece).to_le_bytes())
            .map_err(failed)?;
        writer.write_all(piece).map_err(failed)?;
        writer.flush().map_err(failed)?;
        self.at += PIECE_HEAD + piece.len() as u64;
        self.length = self.at;
        Ok(())
    }

    /// Takes the file away: all is made.
    pub fn clear(self) {
        // One that stays is of no harm.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("`{}` cannot be written: {error}", path.display());
    Error::failed("file_failed", message)
}

fn sum_of(piece: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(piece);
    hasher.finish()
}

/// The file at `path`, for this run alone. Whoever was told to stop may still write to it for a moment.
fn held(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    let options = options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path)?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &mut Pieces) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| pieces.next_made()).collect()
    }

    #[test]
    fn pieces_are_given_back_in_order_and_torn_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work/model.pieces");
        let mut pieces = Pieces::open(&path, "a model").unwrap();
        assert!(all(&mut pieces).is_empty());
        pieces.add(b"one").unwrap();
        pieces.add(b"").unwrap();
        pieces.add(&[7; 100_000]).unwrap();
        drop(pieces);
        let mut pieces = Pieces::open(&path, "a model").unwrap();
        assert_eq!(
            all(&mut pieces),
            [b"one".to_vec(), Vec::new(), vec![7; 100_000]]
        );
        pieces.add(b"four").unwrap();
        drop(pieces);
        // Torn in the middle of the last one, and changed in the one before.
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(all(&mut Pieces::open(&path, "a model").unwrap()).len(), 3);
        let mut changed = bytes.clone();
        changed[60_000] = 8;
        std::fs::write(&path, changed).unwrap();
        let mut pieces = Pieces::open(&path, "a model").unwrap();
        assert_eq!(all(&mut pieces).len(), 2);
        // What is added follows what holds.
        pieces.add(b"three").unwrap();
        drop(pieces);
        let mut pieces = Pieces::open(&path, "a model").unwrap();
        assert_eq!(all(&mut pieces).last().unwrap(), b"three");
        drop(pieces);
        let mut other = Pieces::open(&path, "another model").unwrap();
        assert!(all(&mut other).is_empty());
        other.clear();
        assert!(!path.exists());
    }
}
