//! What a training writes down while it goes: lines of JSON, and the event files that TensorBoard reads.

mod events;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, write_whole};
use events::EventFile;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    /// A step was taken.
    Step(StepLine),
    /// The model was measured with data that it does not learn from.
    Measured {
        /// Steps taken.
        step: u64,
        /// What it was measured with.
        data: String,
        /// The mean of `-log p`, or what the stage learns by in its place.
        loss: f64,
        /// What the purpose measures beside it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        measures: BTreeMap<String, f64>,
    },
    /// The model was asked something.
    Sample {
        /// Steps taken.
        step: u64,
        /// What it was asked.
        question: String,
        /// What it said.
        answer: String,
    },
    /// Something happened that a person should know.
    Note {
        /// Steps taken.
        step: u64,
        /// What.
        text: String,
    },
}

/// What a step saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepLine {
    /// Steps taken, this one included.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// The mean of `-log p` over what was to be foretold, or what the stage learns by in its place.
    pub loss: f64,
    /// The length of the gradient.
    pub gradient_norm: f64,
    /// The learning rate.
    pub learning_rate: f64,
    /// Tokens read so far.
    pub tokens: u64,
    /// Tokens read in a second, over the last seconds.
    pub tokens_per_second: f64,
    /// The share of the machine's measured peak that went into products of the model.
    pub utilisation: f64,
    /// Seconds since this run of the stage began.
    pub seconds: f64,
    /// Seconds until the stage ends, if it goes on like this.
    pub seconds_left: f64,
    /// What the purpose measures beside the loss, such as `accuracy` or `reward`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, f64>,
}

/// The two files of a stage.
pub struct Journal {
    path: PathBuf,
    lines: File,
    events: EventFile,
}

impl Journal {
    /// Goes on writing in `folder`. Lines of steps after `step` are taken out: they will be taken again.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &Path, step: u64, now_seconds: f64) -> Result<Self> {
        let path = folder.join("log.jsonl");
        let before = read(&path)?;
        let kept: Vec<&Line> = before.iter().filter(|line| line.step() <= step).collect();
        if kept.len() < before.len() {
            let lines: Vec<String> = kept
                .iter()
                .map(|line| serde_json::to_string(line).expect("a line is plain") + "\n")
                .collect();
            write_whole(&path, lines.concat().as_bytes())?;
        }
        let lines = OpenOptions::new().create(true).append(true).open(&path);
        let name = format!(
            "events.out.tfevents.{:010}.freehold.{step}",
            now_seconds as u64
        );
        Ok(Self {
            lines: lines.map_err(Error::file(&path))?,
            events: EventFile::create(&folder.join(name), step, now_seconds)?,
            path,
        })
    }

    /// Writes a line; `now_seconds` is the time since 1970.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn write(&mut self, line: &Line, now_seconds: f64) -> Result<()> {
        let text = serde_json::to_string(line).expect("a line is plain") + "\n";
        self.lines
            .write_all(text.as_bytes())
            .map_err(Error::file(&self.path))?;
        let step = line.step();
        match line {
            Line::Step(line) => {
                let usual = [
                    ("train/loss", line.loss),
                    ("train/gradient_norm", line.gradient_norm),
                    ("train/learning_rate", line.learning_rate),
                    ("speed/tokens_per_second", line.tokens_per_second),
                    ("speed/utilisation", line.utilisation),
                ];
                let mut scalars: Vec<(String, f64)> =
                    usual.map(|(name, value)| (name.to_owned(), value)).into();
                let measures = line.measures.iter();
                scalars.extend(measures.map(|(name, value)| (format!("train/{name}"), *value)));
                self.events.scalars(&scalars, step, now_seconds)
            }
            Line::Measured {
                data,
                loss,
                measures,
                ..
            } => {
                let mut scalars = vec![(format!("valid/{data}"), *loss)];
                let measures = measures.iter();
                scalars
                    .extend(measures.map(|(name, value)| (format!("valid/{data}/{name}"), *value)));
                self.events.scalars(&scalars, step, now_seconds)
            }
            Line::Sample { .. } | Line::Note { .. } => Ok(()),
        }
    }
}

impl Line {
    /// Steps taken when it was written.
    pub fn step(&self) -> u64 {
        match self {
            Self::Step(line) => line.step,
            Self::Measured { step, .. } | Self::Sample { step, .. } | Self::Note { step, .. } => {
                *step
            }
        }
    }
}

/// All lines of a journal; what a crash left half is passed over.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<Line>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::file(path)(error)),
    }
}
