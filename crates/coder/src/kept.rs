//! Files of JSON lines in which a run keeps what it finds out, so that one that was stopped goes on where it was.

use std::fs::{File, TryLockError};
use std::io::{BufWriter, Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long it is waited until whoever wrote the file before has let go of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Files longer than this are not gone on with.
const BYTES_MAX: u64 = 1 << 30;

/// A file that this run alone writes.
pub(crate) struct Kept {
    pub path: PathBuf,
    writer: BufWriter<File>,
    /// The first write that failed, told at the end: a full disk stops no search.
    failure: Option<std::io::Error>,
}

impl Kept {
    /// Opens the file at `path`. Where it begins with `head`, `take` is given each line after it, until it returns
    /// false; what follows from there, and what another run has written, goes.
    pub fn open(path: &Path, head: &Value, take: &mut dyn FnMut(&Value) -> bool) -> Result<Self> {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        let mut file = held(path)?;
        let kept = before(&mut file, head, take)?;
        file.set_len(kept)?;
        file.seek(SeekFrom::Start(kept))?;
        let mut opened = Self {
            path: path.to_owned(),
            writer: BufWriter::new(file),
            failure: None,
        };
        if kept == 0 {
            opened.line(head);
        }
        Ok(opened)
    }

    /// Adds a line.
    pub fn line(&mut self, value: &Value) {
        if self.failure.is_none() {
            self.failure = writeln!(self.writer, "{value}").err();
        }
    }

    /// Hands what was added to the system, so that whoever goes on finds it.
    pub fn flush(&mut self) {
        if let Err(error) = self.writer.flush() {
            self.failure.get_or_insert(error);
        }
    }

    /// That everything was written.
    pub fn finish(&mut self) -> Result<()> {
        self.flush();
        self.failure.take().map_or(Ok(()), Err)
    }
}

/// The file at `path`, for this run alone. Whoever was told to stop may still write to it for a moment.
fn held(path: &Path) -> Result<File> {
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

/// How many bytes hold of what a run before wrote.
fn before(file: &mut File, head: &Value, take: &mut dyn FnMut(&Value) -> bool) -> Result<u64> {
    if file.metadata()?.len() > BYTES_MAX {
        return Ok(0);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    // A run that was killed leaves half a line at the end.
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let mut lines = lines.filter(|line| line.ends_with(b"\n"));
    let read = |line: &[u8]| serde_json::from_slice::<Value>(line).ok();
    let Some(first) = lines
        .next()
        .filter(|line| read(line).as_ref() == Some(head))
    else {
        return Ok(0);
    };
    let mut kept = first.len();
    for line in lines {
        match read(line) {
            Some(value) if take(&value) => kept += line.len(),
            _ => break,
        }
    }
    Ok(kept as u64)
}
