//! The log as it lies in a store: read, checked, and written out.

use std::io::{self, BufRead};

use store::Store;

use super::{
    anchor::Anchor,
    chain::{Hash, Line, bytes_of_hex},
    checkpoint::{Checkpoint, hex},
    verify::{Report, Verifier},
    writer,
};
use crate::error::{Error, Result};

/// Lines read at once.
const PAGE: u32 = 1024;

/// A log that can be read without a gate: who checks it writes nothing.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    store: &'a Store,
}

impl<'a> Log<'a> {
    /// The log of `store`.
    pub fn of(store: &'a Store) -> Self {
        Self { store }
    }

    /// At most `limit` lines after the line `after`, in order.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn page(&self, after: u64, limit: u32) -> Result<Vec<Line>> {
        let lines = self.store.audit().page(after, limit).await?;
        let line = |line: store::AuditLine| Line {
            sequence: line.sequence,
            text: line.line,
            hash: Hash(line.hash),
        };
        Ok(lines.into_iter().map(line).collect())
    }

    /// The number of the last line, 0 where there is none.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn end(&self) -> Result<u64> {
        let last = self.store.audit().last().await?;
        Ok(last.map_or(0, |line| line.sequence))
    }

    /// All checkpoints, in order.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn checkpoints(&self) -> Result<Vec<Checkpoint>> {
        let mut checkpoints: Vec<Checkpoint> = Vec::new();
        loop {
            let after = checkpoints.last().map_or(0, |last| last.head.sequence);
            let page = self.store.audit().checkpoints(after, PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            checkpoints.extend(page.iter().map(writer::of_kept));
            if is_last {
                return Ok(checkpoints);
            }
        }
    }

    /// The public key that signs for this log, once one was made.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn key(&self) -> Result<Option<[u8; 32]>> {
        writer::public_key(self.store).await
    }

    /// Reads the whole log and says whether it is what was written. `keys` are trusted beside the store's own,
    /// and the `anchor` is held against it.
    ///
    /// # Errors
    /// Those of the store. What is wrong with the log is no error but the report's fault.
    pub async fn verify(&self, keys: &[[u8; 32]], anchor: Option<&Anchor>) -> Result<Report> {
        let anchor = anchor.map(Anchor::read).transpose()?.flatten();
        let mut keys = keys.to_vec();
        keys.extend(self.key().await?);
        let checkpoints = self.checkpoints().await?;
        let mut verifier = Verifier::new(&checkpoints, anchor.as_ref(), &keys);
        let mut after = 0;
        loop {
            let page = self.page(after, PAGE).await?;
            page.iter().for_each(|line| verifier.line(line));
            match page.last() {
                Some(last) if page.len() == PAGE as usize => after = last.sequence,
                _ => return Ok(verifier.finish()),
            }
        }
    }
}

impl Line {
    /// The line as an export has it: its hash, a blank, its text.
    pub fn exported(&self) -> String {
        format!("{} {}", self.hash, self.text)
    }

    /// Reads what [`exported`](Self::exported) wrote. A text without a number comes out as line 0.
    pub fn of_export(text: &str) -> Option<Self> {
        let (hash, text) = text.split_once(' ')?;
        let mut line = Self {
            sequence: 0,
            text: text.to_owned(),
            hash: Hash::of_hex(hash)?,
        };
        line.sequence = line.own_sequence().unwrap_or(0);
        Some(line)
    }
}

impl Report {
    /// Checks an export, lines and checkpoints as they lie in it. Of the keys that signed, only those in `keys`
    /// count.
    ///
    /// # Errors
    /// A file that cannot be read, or is no export.
    pub fn of_export(mut export: impl BufRead + io::Seek, keys: &[[u8; 32]]) -> Result<Self> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidData => {
                Error::refused("audit_not_an_export", "the file is no text")
            }
            _ => Error::failed("file_failed", error.to_string()),
        };
        let mut checkpoints = Vec::new();
        for text in export.by_ref().lines() {
            let text = text.map_err(failed)?;
            checkpoints.extend(text.strip_prefix("checkpoint ").and_then(Checkpoint::read));
        }
        export.rewind().map_err(failed)?;
        let mut verifier = Verifier::new(&checkpoints, None, keys);
        for (number, text) in (1..).zip(export.lines()) {
            let text = text.map_err(failed)?;
            if text.starts_with("checkpoint ") {
                continue;
            }
            let line = Line::of_export(&text).ok_or_else(|| {
                let what = format!("line {number} of the file is no line of an export");
                Error::refused("audit_not_an_export", what)
                    .hint("`freehold audit export` writes one")
            })?;
            verifier.line(&line);
        }
        Ok(verifier.finish())
    }
}

/// A public key as it is shown.
pub fn key_text(key: &[u8; 32]) -> String {
    hex(key)
}

/// Reads what [`key_text`] wrote.
pub fn parse_key(text: &str) -> Option<[u8; 32]> {
    bytes_of_hex(text)
}
