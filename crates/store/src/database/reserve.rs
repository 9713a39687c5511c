//! Room on the disk for what must be written on a full one: lines of the log, and what deletes.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// So often it is looked whether there is room again.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// A file of zeros, which is given up when the disk is full, and made again when it is not.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    bytes: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Held,
    /// It was given up. Somebody looked at this time whether there is room all the same, and found this.
    Given(Option<Instant>, bool),
}

impl Reserve {
    /// Takes the reserve, as far as there is room.
    pub fn take(data: &Path, bytes: u64) -> Self {
        let reserve = Self {
            path: data.join("reserve"),
            bytes,
            state: Mutex::new(State::Given(None, false)),
        };
        reserve.retake();
        reserve
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it up: the disk is full.
    pub fn give(&self) {
        if self.bytes == 0 {
            return;
        }
        let mut state = self.state();
        if matches!(*state, State::Held) {
            tracing::warn!("the disk is full; what was in reserve is for the log and for deleting");
            // Without it nothing is gained, and nothing lost.
            let _ = fs::remove_file(&self.path);
        }
        *state = State::Given(Some(Instant::now()), false);
    }

    /// Whether there is room; whoever hears `None` is to look, and to [note](Self::note) it.
    pub fn has_room(&self) -> Option<bool> {
        match &mut *self.state() {
            State::Held => Some(true),
            State::Given(Some(looked), has_room) if looked.elapsed() < LOOKED_EVERY => {
                Some(*has_room)
            }
            State::Given(looked, _) => {
                *looked = Some(Instant::now());
                None
            }
        }
    }

    /// There is room without it, or there is not.
    pub fn note(&self, has_room: bool) {
        if let State::Given(_, known) = &mut *self.state() {
            *known = has_room;
        }
    }

    /// Takes it again, if there is room.
    pub fn retake(&self) -> bool {
        let taken = self.write();
        if taken.is_err() {
            let _ = fs::remove_file(&self.path);
            return false;
        }
        *self.state() = State::Held;
        true
    }

    fn write(&self) -> std::io::Result<()> {
        if self.bytes == 0 {
            return Ok(());
        }
        if fs::metadata(&self.path).is_ok_and(|about| about.len() == self.bytes) {
            return Ok(());
        }
        let mut file = File::create(&self.path)?;
        let flags = rustix::fs::FallocateFlags::empty();
        if rustix::fs::fallocate(&file, flags, 0, self.bytes).is_ok() {
            return Ok(());
        }
        // Some file systems cannot set room aside, or have none.
        let zeros = vec![0; 1 << 16];
        let mut left = self.bytes;
        while left > 0 {
            let part = left.min(zeros.len() as u64);
            file.write_all(&zeros[..part as usize])?;
            left -= part;
        }
        file.sync_all()
    }
}

/// That nothing is written that must not be, unless there is room.
pub(super) fn or_full(has_room: bool) -> Result<()> {
    let reason = "what is left is for the log and for deleting";
    match has_room {
        true => Ok(()),
        false => Err(Error::Full {
            reason: reason.to_owned(),
        }),
    }
}
