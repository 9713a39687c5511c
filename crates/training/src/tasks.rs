//! Tasks on disk: lines of JSON, the first of which says of which vocabulary they are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result, write_whole};
use crate::reward::Check;
use crate::vocabulary::Encoded;

/// Something to do, of which a machine can tell whether it was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Task {
    /// The tokens of what is asked.
    pub prompt: Vec<u32>,
    /// The right answer.
    pub answer: Value,
    /// How an answer is compared with it.
    pub check: Check,
}

#[derive(Serialize, Deserialize)]
struct Header {
    vocabulary: String,
}

/// Writes tasks to `NAME.tasks.jsonl`.
pub(crate) struct TaskWriter {
    path: PathBuf,
    lines: String,
    tokens: u64,
    is_empty: bool,
}

impl TaskWriter {
    /// Tasks of the source `name` in `folder`; `vocabulary` is the sum of the vocabulary's file.
    pub fn new(folder: &Path, name: &str, vocabulary: &str) -> Self {
        let header = Header {
            vocabulary: vocabulary.to_owned(),
        };
        Self {
            path: folder.join(format!("{name}.tasks.jsonl")),
            lines: serde_json::to_string(&header).expect("a header is plain") + "\n",
            tokens: 0,
            is_empty: true,
        }
    }

    /// Adds a task.
    pub fn add(&mut self, prompt: &[Encoded], answer: Value, check: Check) {
        let tokens = prompt.iter().flat_map(|part| part.tokens.iter().copied());
        let task = Task {
            prompt: tokens.collect(),
            answer,
            check,
        };
        self.tokens += task.prompt.len() as u64;
        self.lines += &serde_json::to_string(&task).expect("a task is plain");
        self.lines.push('\n');
        self.is_empty = false;
    }

    /// Writes them, if there are any: the file, and how many tokens it holds.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<(Option<PathBuf>, u64)> {
        if self.is_empty {
            return Ok((None, 0));
        }
        write_whole(&self.path, self.lines.as_bytes())?;
        Ok((Some(self.path), self.tokens))
    }
}

/// The tasks of a file.
///
/// # Errors
/// When it is damaged, or made with another vocabulary, or a token of it is `tokens_below` or above.
pub(crate) fn read(path: &Path, vocabulary: &str, tokens_below: u32) -> Result<Vec<Task>> {
    let damaged = |reason: &str| Error::Data {
        path: path.to_owned(),
        reason: reason.to_owned(),
        hint: "delete the folder of the run's `data`, and it is made anew",
    };
    let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
    let mut lines = text.lines();
    let header = lines.next().map(serde_json::from_str::<Header>);
    let Some(Ok(header)) = header else {
        return Err(damaged("it holds no tasks"));
    };
    if header.vocabulary != vocabulary {
        return Err(damaged("its tokens are of another vocabulary"));
    }
    let task = |line| {
        let task: Task =
            serde_json::from_str(line).map_err(|_| damaged("a task of it is damaged"))?;
        match task.prompt.iter().all(|token| *token < tokens_below) {
            true => Ok(task),
            false => Err(damaged("it holds a token that the network has no row for")),
        }
    };
    lines.map(task).collect()
}
