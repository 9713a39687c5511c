//! The Esc key while an answer comes.

use std::io;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use crate::console::Console;

const ESCAPE: u8 = 0x1b;
const BACKSPACE: u8 = 0x7f;

/// Bytes that are kept of what is typed while an answer comes.
const TYPED_MAX: usize = 4096;

/// A terminal that hands over keys as they are typed and shows none, until this is dropped.
pub struct Keys {
    before: Termios,
    /// What was typed meanwhile, for the next line.
    typed: Vec<u8>,
}

impl Keys {
    /// Watches the keyboard, if there is one.
    pub fn watch(console: &Console) -> Option<Self> {
        if !console.has_reader() {
            return None;
        }
        let before = tcgetattr(io::stdin()).ok()?;
        let mut modes = before.clone();
        // Ctrl-C stays a signal.
        modes
            .local_modes
            .remove(LocalModes::ICANON | LocalModes::ECHO);
        modes.special_codes[SpecialCodeIndex::VMIN] = 0;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Now, &modes).ok()?;
        Some(Self {
            before,
            typed: Vec::new(),
        })
    }

    /// Whether Esc was typed; letters are kept, other keys are dropped. An arrow begins like Esc, but goes
    /// on.
    pub fn has_escape(&mut self) -> bool {
        let stdin = io::stdin();
        let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
        let mut bytes = [0; 64];
        let mut escaped = false;
        while let Ok(1..) = poll(
            &mut watched,
            Some(&Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            }),
        ) {
            match rustix::io::read(&stdin, &mut bytes) {
                Ok(read @ 1..) if bytes[0] == ESCAPE => escaped |= read == 1,
                Ok(read @ 1..) => {
                    self.keep(&bytes[..read]);
                    escaped |= bytes[read - 1] == ESCAPE;
                }
                _ => break,
            }
        }
        escaped
    }
}

impl Keys {
    /// Keeps letters, and forgets the one before at a backspace.
    fn keep(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match *byte {
                BACKSPACE | b'\x08' => {
                    while self.typed.pop().is_some_and(|last| last & 0xc0 == 0x80) {}
                }
                byte @ b' '.. if self.typed.len() < TYPED_MAX => self.typed.push(byte),
                _ => {}
            }
        }
    }

    /// What was typed so far.
    pub fn typed(&self) -> String {
        String::from_utf8_lossy(&self.typed).into_owned()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
