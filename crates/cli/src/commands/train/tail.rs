//! The journals of a run that somebody else writes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use training::{Line, Recipe};

/// Bytes that are read of a journal at once at most.
const READ_BYTES_MAX: u64 = 8 << 20;

/// The journals of all stages, as far as they were read.
pub struct Tail {
    stages: Vec<Journal>,
}

struct Journal {
    name: String,
    path: PathBuf,
    /// Which file it was: one that was written anew is another.
    inode: u64,
    read: u64,
    /// The last step that was read.
    step: u64,
}

impl Tail {
    /// Before anything was read.
    pub fn new(recipe: &Recipe, out: &Path) -> Self {
        let stages = recipe.stages.iter().map(|stage| Journal {
            name: stage.name.clone(),
            path: out.join(&stage.name).join("log.jsonl"),
            inode: 0,
            read: 0,
            step: 0,
        });
        Self {
            stages: stages.collect(),
        }
    }

    /// Passes over what is there already.
    pub fn pass(&mut self) {
        self.each(&mut |_, _| ());
    }

    /// Calls `each` with every line that came since, and the stage that it is of. What cannot be read now may be read
    /// the next time.
    pub fn each(&mut self, each: &mut dyn FnMut(&str, &Line)) {
        for journal in &mut self.stages {
            while let Some(text) = journal.more() {
                for line in text.lines() {
                    let Ok(line) = serde_json::from_str::<Line>(line) else {
                        continue;
                    };
                    journal.step = line.step();
                    each(&journal.name, &line);
                }
            }
        }
    }
}

impl Journal {
    /// Whole lines that were not read yet.
    fn more(&mut self) -> Option<String> {
        let mut file = File::open(&self.path).ok()?;
        let data = file.metadata().ok()?;
        if data.ino() != self.inode || data.len() < self.read {
            // Steps were taken back: what was kept of them has been told, where anything has.
            let is_told = self.step > 0;
            (self.inode, self.read) = (data.ino(), if is_told { data.len() } else { 0 });
        }
        file.seek(SeekFrom::Start(self.read)).ok()?;
        let mut bytes = Vec::new();
        file.take(READ_BYTES_MAX).read_to_end(&mut bytes).ok()?;
        let end = bytes.iter().rposition(|byte| *byte == b'\n')? + 1;
        self.read += end as u64;
        bytes.truncate(end);
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: u64) -> String {
        format!("{{\"kind\":\"note\",\"step\":{step},\"text\":\"n\"}}\n")
    }

    #[test]
    fn lines_are_told_once_also_when_steps_are_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let journal = Journal {
            name: "read".to_owned(),
            path: path.clone(),
            inode: 0,
            read: 0,
            step: 0,
        };
        let mut tail = Tail {
            stages: vec![journal],
        };
        let told = |tail: &mut Tail| {
            let mut steps = Vec::new();
            tail.each(&mut |_, line| steps.push(line.step()));
            steps
        };
        assert_eq!(told(&mut tail), [0; 0]);
        std::fs::write(&path, line(1) + &line(2) + "{\"kind\":").unwrap();
        assert_eq!(told(&mut tail), [1, 2]);
        std::fs::write(&path, line(1) + &line(2) + &line(3)).unwrap();
        assert_eq!(told(&mut tail), [3]);
        // Written anew, as after a requeue, with two steps fewer.
        let part = folder.path().join("part");
        std::fs::write(&part, line(1)).unwrap();
        std::fs::rename(&part, &path).unwrap();
        assert_eq!(told(&mut tail), [0; 0]);
        std::fs::write(&path, line(1) + &line(2)).unwrap();
        assert_eq!(told(&mut tail), [2]);
    }
}
