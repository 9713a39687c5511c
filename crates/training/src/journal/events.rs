//! TensorBoard's event files: records of TFRecord that hold `Event` messages of protocol buffers.
//!
//! Source: tensorboard/compat/proto/event.proto and summary.proto; TensorFlow's record format.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A file of events.
pub(super) struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// Begins a file. What earlier files say of later steps is not to be shown.
    pub fn create(path: &Path, step: u64, now_seconds: f64) -> Result<Self> {
        let file = File::create(path).map_err(Error::file(path))?;
        let mut events = Self {
            path: path.to_owned(),
            file,
        };
        let mut version = wall_time(now_seconds);
        bytes(&mut version, 3, b"brain.Event:2");
        events.record(&version)?;
        if step > 0 {
            let mut start = wall_time(now_seconds);
            number(&mut start, 2, step + 1);
            // session_log { status: START }: steps from here on replace those of before.
            bytes(&mut start, 7, &[0x08, 0x01]);
            events.record(&start)?;
        }
        Ok(events)
    }

    /// Writes named numbers of one step.
    pub fn scalars(
        &mut self,
        scalars: &[(String, f64)],
        step: u64,
        now_seconds: f64,
    ) -> Result<()> {
        let mut summary = Vec::new();
        for (name, value) in scalars {
            let mut entry = Vec::new();
            bytes(&mut entry, 1, name.as_bytes());
            // simple_value, field 2: a float of four bytes.
            entry.push(2 << 3 | 5);
            entry.extend((*value as f32).to_le_bytes());
            bytes(&mut summary, 1, &entry);
        }
        let mut event = wall_time(now_seconds);
        number(&mut event, 2, step);
        bytes(&mut event, 5, &summary);
        self.record(&event)
    }

    /// Length, its check sum, the message, its check sum.
    fn record(&mut self, message: &[u8]) -> Result<()> {
        let length = (message.len() as u64).to_le_bytes();
        let mut record = length.to_vec();
        record.extend(masked(&length).to_le_bytes());
        record.extend(message);
        record.extend(masked(message).to_le_bytes());
        self.file
            .write_all(&record)
            .map_err(Error::file(&self.path))
    }
}

/// An event that so far says when it was: field 1, a double.
fn wall_time(now_seconds: f64) -> Vec<u8> {
    let mut event = vec![1 << 3 | 1];
    event.extend(now_seconds.to_le_bytes());
    event
}

/// A whole number in sevens of bits.
fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(field << 3);
    varint(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend(value);
}

/// CRC-32C, turned as records have it.
fn masked(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg())
        })
    });
    (!sum).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_sums_are_those_of_the_standard() {
        // RFC 3720, B.4: 32 bytes of zeros have 0x8a9136aa.
        let plain = masked(&[0; 32]).wrapping_sub(0xa282_ead8).rotate_left(15);
        assert_eq!(plain, 0x8a91_36aa);
    }

    #[test]
    fn whole_numbers_are_written_in_sevens() {
        let mut out = Vec::new();
        varint(&mut out, 300);
        assert_eq!(out, [0xac, 0x02]);
    }
}
