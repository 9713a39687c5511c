//! The Esc key while an answer comes.

use std::io;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use crate::console::Console;

const ESCAPE: u8 = 0x1b;

/// A terminal that hands over keys as they are typed and shows none, until this is dropped.
pub struct Keys {
    before: Termios,
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
        Some(Self { before })
    }

    /// Whether Esc was typed; other keys are dropped. An arrow begins like Esc, but goes on.
    pub fn has_escape(&self) -> bool {
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
                Ok(read @ 1..) => escaped |= bytes[..read] == [ESCAPE],
                _ => break,
            }
        }
        escaped
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
