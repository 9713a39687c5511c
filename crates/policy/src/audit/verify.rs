//! Finds where a chain was tampered with, and how.

use std::{collections::BTreeMap, fmt};

use super::{
    chain::{Head, Line},
    checkpoint::Checkpoint,
};

/// What was done to a chain. One manipulation can pass for another where nothing tells them apart;
/// that there was one is always found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tampering {
    /// The text or the hash of a line is not what it was.
    Edited,
    /// Lines are missing, and later ones are there.
    Dropped,
    /// Lines stand in another order, or twice.
    Reordered,
    /// The last lines are missing.
    Truncated,
    /// Lines were written anew with hashes that fit each other; a checkpoint knows others.
    Rewritten,
    /// A checkpoint is not signed by the key that should have.
    ForgedCheckpoint,
}

impl Tampering {
    /// The word for it in reports that machines read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Dropped => "dropped",
            Self::Reordered => "reordered",
            Self::Truncated => "truncated",
            Self::Rewritten => "rewritten",
            Self::ForgedCheckpoint => "forged_checkpoint",
        }
    }
}

/// The first place where a chain is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first line that cannot be trusted, counted from 1.
    pub line: u64,
    /// What was done.
    pub tampering: Tampering,
    /// The same as a sentence, without a full stop.
    pub explanation: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.explanation)
    }
}

/// What came of checking a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Lines that were read.
    pub lines: u64,
    /// Checkpoints that were read, the anchor among them.
    pub checkpoints: u64,
    /// Up to this line a checkpoint speaks for the chain; 0 where none does. Of the lines behind it, an
    /// edit in the middle is found, and what was cut off the end is not.
    pub signed_to: u64,
    /// Where it ends.
    pub head: Head,
    /// The first fault, if there is one.
    pub fault: Option<Fault>,
}

/// Reads a chain line by line, in the order in which it lies. It holds checkpoints, not lines, in memory.
#[derive(Debug)]
pub struct Verifier {
    head: Head,
    lines: u64,
    checkpoints: u64,
    /// By the line they speak for; all of them signed by a trusted key.
    pending: BTreeMap<u64, Checkpoint>,
    signed_to: u64,
    /// The first fault of a checkpoint by itself.
    of_checkpoints: Option<Fault>,
    of_lines: Option<Fault>,
    /// A line that was looked for in vain; should it come later, nothing was dropped.
    missing: Option<u64>,
}

impl Verifier {
    /// Will check a chain against its `checkpoints` and the `anchor` that was kept apart. A checkpoint taken
    /// out of the middle hides nothing, since the next one speaks for the same lines. Only what one of the `trusted` public keys signed counts.
    pub fn new(
        checkpoints: &[Checkpoint],
        anchor: Option<&Checkpoint>,
        trusted: &[[u8; 32]],
    ) -> Self {
        let mut verifier = Self {
            head: Head::START,
            lines: 0,
            checkpoints: 0,
            pending: BTreeMap::new(),
            signed_to: 0,
            of_checkpoints: None,
            of_lines: None,
            missing: None,
        };
        for checkpoint in checkpoints {
            verifier.expect(checkpoint, trusted);
        }
        if let Some(anchor) = anchor {
            verifier.expect(anchor, trusted);
        }
        verifier
    }

    fn expect(&mut self, checkpoint: &Checkpoint, trusted: &[[u8; 32]]) {
        self.checkpoints += 1;
        let line = checkpoint.head.sequence;
        let why = if !checkpoint.is_signed() {
            "its signature does not fit"
        } else if !trusted.contains(&checkpoint.key) {
            "its key is not the one that signs for this chain"
        } else if let Some(other) = self.pending.get(&line)
            && other.head != checkpoint.head
        {
            // Both are signed: whoever has the key signed two chains.
            "another checkpoint of the same line says otherwise"
        } else {
            self.pending.insert(line, checkpoint.clone());
            return;
        };
        self.blame_checkpoint(Fault {
            line: line.max(1),
            tampering: Tampering::ForgedCheckpoint,
            explanation: format!("the checkpoint of line {line} is not genuine: {why}"),
        });
    }

    fn blame_checkpoint(&mut self, fault: Fault) {
        let is_earlier = |known: &Fault| fault.line < known.line;
        if self.of_checkpoints.as_ref().is_none_or(is_earlier) {
            self.of_checkpoints = Some(fault);
        }
    }

    /// Takes the next line as it lies.
    pub fn line(&mut self, line: &Line) {
        self.lines += 1;
        if self.of_lines.is_some() {
            self.find_missing(line);
            return;
        }
        if let Some((tampering, explanation)) = self.misfit(line) {
            // What is missing is named; what is there and wrong is named itself.
            let first = match tampering {
                Tampering::Dropped => self.head.sequence + 1,
                _ => line.sequence.clamp(1, self.head.sequence + 1),
            };
            self.of_lines = Some(Fault {
                line: first,
                tampering,
                explanation,
            });
            return;
        }
        self.head = Head {
            sequence: line.sequence,
            hash: line.hash,
        };
        let Some(checkpoint) = self.pending.remove(&line.sequence) else {
            return;
        };
        if checkpoint.head.hash == line.hash {
            self.signed_to = line.sequence;
        } else {
            self.of_lines = Some(Fault {
                line: self.signed_to + 1,
                tampering: Tampering::Rewritten,
                explanation: format!(
                    "lines {} to {} were written anew: the checkpoint of line {} signed other ones",
                    self.signed_to + 1,
                    line.sequence,
                    line.sequence
                ),
            });
        }
    }

    /// Why `line` cannot be the next.
    fn misfit(&mut self, line: &Line) -> Option<(Tampering, String)> {
        let expected = self.head.sequence + 1;
        let found = line.sequence;
        if found > expected {
            self.missing = Some(expected);
            let last = found - 1;
            let what = match last - expected {
                0 => format!("line {expected} is missing"),
                _ => format!("lines {expected} to {last} are missing"),
            };
            return Some((Tampering::Dropped, what));
        }
        if found < expected {
            let what = format!("line {found} stands where line {expected} should");
            return Some((Tampering::Reordered, what));
        }
        match line.own_sequence() {
            None => {
                let what = format!("line {found} is no record in canonical form");
                return Some((Tampering::Edited, what));
            }
            Some(own) if own != found => {
                let what = format!("line {found} holds the text of line {own}");
                return Some((Tampering::Reordered, what));
            }
            Some(_) => {}
        }
        if self.head.hash_of_next(&line.text) != line.hash {
            let what = format!("line {found} was edited: its hash does not fit its text");
            return Some((Tampering::Edited, what));
        }
        None
    }

    /// A line that seemed dropped may only lie elsewhere.
    fn find_missing(&mut self, line: &Line) {
        if self.missing == Some(line.sequence)
            && let Some(fault) = &mut self.of_lines
        {
            fault.tampering = Tampering::Reordered;
            fault.explanation = format!("line {} lies behind later ones", line.sequence);
        }
    }

    /// What came of it, once all lines were given.
    pub fn finish(mut self) -> Report {
        if self.of_lines.is_none()
            && let Some((last, _)) = self.pending.last_key_value()
            && *last > self.head.sequence
        {
            let ends = self.head.sequence;
            self.of_lines = Some(Fault {
                line: ends + 1,
                tampering: Tampering::Truncated,
                explanation: format!(
                    "the log ends at line {ends}, and a checkpoint speaks for {last}"
                ),
            });
        }
        let faults = self.of_lines.into_iter().chain(self.of_checkpoints);
        Report {
            lines: self.lines,
            checkpoints: self.checkpoints,
            signed_to: self.signed_to,
            head: self.head,
            fault: faults.min_by_key(|fault| fault.line),
        }
    }
}

#[cfg(test)]
mod tests;
