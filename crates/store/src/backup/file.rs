//! The file of a backup: written once, read only after its sum was found right.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::blobs::sync_folder;
use crate::database::Value;
use crate::{Error, Result};

const MAGIC: &[u8; 16] = b"freehold backup\n";

/// The version of the records; that of the tables follows it.
const FORMAT: u64 = 1;

/// Longer than any record is.
const RECORD_BYTES_MAX: u32 = 1 << 30;

const SUM_BYTES: u64 = 32;

/// A part of a backup.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// What rows follow: the table, and its columns as `name:kind`.
    Table(String),
    /// A row of the table before.
    Row(Vec<Value>),
    /// What parts follow: the name of a blob.
    Blob(String),
    /// A part of the blob before.
    Part(Vec<u8>),
}

pub(super) struct Writer {
    file: BufWriter<File>,
    path: PathBuf,
    part: PathBuf,
    sum: Sha256,
    bytes: u64,
}

impl Writer {
    pub fn create(path: PathBuf, schema: u64) -> Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let mut options = File::options();
        let opened = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part);
        let file = opened.map_err(|error| Error::file("write", &part, &error))?;
        let mut writer = Self {
            file: BufWriter::with_capacity(1 << 18, file),
            path,
            part,
            sum: Sha256::new(),
            bytes: 0,
        };
        writer.add(MAGIC)?;
        writer.add(&FORMAT.to_le_bytes())?;
        writer.add(&schema.to_le_bytes())?;
        Ok(writer)
    }

    pub fn write(&mut self, record: &Record) -> Result<()> {
        let (kind, content) = match record {
            Record::Table(text) => (b'T', text.as_bytes().to_vec()),
            Record::Row(values) => (b'R', encode(values)),
            Record::Blob(text) => (b'B', text.as_bytes().to_vec()),
            Record::Part(bytes) => (b'P', bytes.clone()),
        };
        let length = u32::try_from(content.len())
            .ok()
            .filter(|length| *length <= RECORD_BYTES_MAX);
        let length = length.ok_or_else(|| Error::refusal("a row has more than a gibibyte"))?;
        self.add(&[kind])?;
        self.add(&length.to_le_bytes())?;
        self.add(&content)
    }

    /// Writes the sum, and gives the file its name once all of it is on disk.
    pub fn finish(mut self) -> Result<u64> {
        let sum = self.sum.finalize_reset();
        self.add(&sum)?;
        let failed = |error| Error::file("write", &self.path, &error);
        self.file.flush().map_err(failed)?;
        self.file.get_ref().sync_all().map_err(failed)?;
        // A file that came there meanwhile is not overwritten.
        fs::hard_link(&self.part, &self.path).map_err(failed)?;
        sync_folder(
            self.path
                .parent()
                .filter(|folder| *folder != Path::new(""))
                .unwrap_or(Path::new(".")),
        )?;
        Ok(self.bytes)
    }

    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.sum.update(bytes);
        self.bytes += bytes.len() as u64;
        let written = self.file.write_all(bytes);
        written.map_err(|error| Error::file("write", &self.path, &error))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Whole it has another name, and half it is of no use.
        let _ = fs::remove_file(&self.part);
    }
}

/// A backup whose sum is right.
pub(super) struct Reader {
    file: io::Take<BufReader<File>>,
    path: PathBuf,
    /// The version of the tables.
    pub schema: u64,
}

impl Reader {
    /// Opens a backup, and reads all of it once to see whether it is whole.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error| Error::file("read", path, &error);
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let head = MAGIC.len() as u64 + 16;
        let wrong = |reason: &str| Error::Damaged {
            what: format!("the backup `{}`", path.display()),
            reason: reason.to_owned(),
        };
        if length < head + SUM_BYTES {
            return Err(wrong("it is cut short"));
        }
        let mut sum = Sha256::new();
        io::copy(&mut (&file).take(length - SUM_BYTES), &mut sum).map_err(failed)?;
        let mut written = [0; 32];
        file.read_exact(&mut written).map_err(failed)?;
        if sum.finalize()[..] != written {
            return Err(wrong("its sum is not right: it was cut or changed"));
        }
        let file = File::open(path).map_err(failed)?;
        let mut file = BufReader::with_capacity(1 << 18, file).take(length - SUM_BYTES);
        let mut magic = [0; 16];
        file.read_exact(&mut magic).map_err(failed)?;
        if magic != *MAGIC {
            return Err(wrong("it is no backup"));
        }
        let mut number = || -> Result<u64> {
            let mut bytes = [0; 8];
            file.read_exact(&mut bytes).map_err(failed)?;
            Ok(u64::from_le_bytes(bytes))
        };
        let (format, schema) = (number()?, number()?);
        if format != FORMAT {
            return Err(Error::Newer {
                found: format,
                known: FORMAT,
            });
        }
        let path = path.to_owned();
        Ok(Self { file, path, schema })
    }

    pub fn next(&mut self) -> Result<Option<Record>> {
        if self.file.limit() == 0 {
            return Ok(None);
        }
        let mut head = [0; 5];
        self.read(&mut head)?;
        let [kind, length @ ..] = head;
        let length = u32::from_le_bytes(length);
        if length > RECORD_BYTES_MAX || u64::from(length) > self.file.limit() {
            return Err(self.damaged("a record is longer than it"));
        }
        let mut content = vec![0; length as usize];
        self.read(&mut content)?;
        let text =
            |content| String::from_utf8(content).map_err(|error| Error::damaged("a backup", error));
        Ok(Some(match kind {
            b'T' => Record::Table(text(content)?),
            b'R' => {
                Record::Row(decode(&content).ok_or_else(|| self.damaged("a row cannot be read"))?)
            }
            b'B' => Record::Blob(text(content)?),
            b'P' => Record::Part(content),
            _ => return Err(self.damaged("a record of an unknown kind")),
        }))
    }

    pub fn damaged(&self, reason: &str) -> Error {
        Error::damaged(format!("the backup `{}`", self.path.display()), reason)
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<()> {
        let read = self.file.read_exact(bytes);
        read.map_err(|error| Error::damaged(format!("the backup `{}`", self.path.display()), error))
    }
}

/// Values one after the other: nothing, a number, or the length of a text or bytes and those.
fn encode(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        let (kind, bytes) = match value {
            Value::Int(Some(number)) => {
                out.push(b'i');
                out.extend(number.to_le_bytes());
                continue;
            }
            Value::Text(Some(text)) => (b't', text.as_bytes()),
            Value::Blob(Some(bytes)) => (b'b', bytes.as_slice()),
            Value::Int(None) | Value::Text(None) | Value::Blob(None) => {
                out.push(b'n');
                continue;
            }
        };
        out.push(kind);
        out.extend((bytes.len() as u64).to_le_bytes());
        out.extend_from_slice(bytes);
    }
    out
}

fn decode(mut bytes: &[u8]) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    while let Some((kind, rest)) = bytes.split_first() {
        bytes = rest;
        if *kind == b'n' {
            values.push(Value::Text(None));
            continue;
        }
        let (number, rest) = bytes.split_first_chunk::<8>()?;
        bytes = rest;
        if *kind == b'i' {
            values.push(Value::Int(Some(i64::from_le_bytes(*number))));
            continue;
        }
        let length = usize::try_from(u64::from_le_bytes(*number)).ok()?;
        let (content, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        values.push(match kind {
            b't' => Value::Text(Some(String::from_utf8(content.to_vec()).ok()?)),
            b'b' => Value::Blob(Some(content.to_vec())),
            _ => return None,
        });
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_half_a_row_is_none() {
        let values = crate::database::values![-5_i64, "words", vec![0_u8, 255], i64::MIN];
        let bytes = encode(&values);
        assert_eq!(decode(&bytes), Some(values));
        for length in [1, 5, 10, bytes.len() - 1] {
            assert_eq!(decode(&bytes[..length]), None, "{length}");
        }
        assert_eq!(
            decode(&encode(&[Value::Int(None)])),
            Some(vec![Value::Text(None)])
        );
    }
}
