//! Runs a recorded repair again: the same candidates in the same order, verdicts compared.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use discovery::{Entry, Proposal, Scripted};
use serde_json::Value;

use super::Author;
use super::judge::key;
use programs::{Candidate, Edit, Error, Sources};

/// Records longer than this are refused.
const RECORD_BYTES_MAX: u64 = 1 << 30;

/// A record, ready to be tried again.
pub(super) struct Replay {
    proposals: Vec<Proposal<Candidate>>,
    /// For each candidate whether it solved the problem then.
    solved: HashMap<u64, bool>,
    pub counts: Replayed,
}

/// How a replay compares with its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Candidates tried again.
    pub trials: usize,
    /// Those that were judged as before.
    pub agreeing: usize,
}

impl Replay {
    /// Reads a record of a repair of the same files.
    pub fn open(path: &Path, sources: &Sources) -> Result<Self, Error> {
        let length = std::fs::metadata(path)
            .map_err(|source| Error::io("read", path, source))?
            .len();
        if length > RECORD_BYTES_MAX {
            return Err(unfit(path, "it is longer than 1 GiB"));
        }
        let bytes = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines().map(serde_json::from_str::<Value>);
        let head = lines.next().and_then(Result::ok).unwrap_or_default();
        if head["record"] != "freehold fix" || head["version"] != 1 {
            return Err(unfit(path, "it is not a record of `freehold fix`"));
        }
        let mut replay = Self {
            proposals: Vec::new(),
            solved: HashMap::new(),
            counts: Replayed::default(),
        };
        // A run that was killed leaves half a line at the end.
        for trial in lines
            .map_while(Result::ok)
            .filter(|line| line["effort"] == 0)
        {
            let content = candidate(&trial["edits"], sources)
                .ok_or_else(|| unfit(path, "its edits do not fit these files"))?;
            let name = key(&content, sources);
            replay.solved.insert(name, trial["solved"] == true);
            replay.proposals.push(Proposal {
                content,
                key: name,
                weight: 1.0 / (replay.proposals.len() + 1) as f64,
            });
        }
        Ok(replay)
    }

    /// The proposer of the recorded candidates; call once.
    pub fn author(&mut self) -> Author {
        Box::new(Scripted::new("record", std::mem::take(&mut self.proposals)))
    }

    /// Compares a batch with the record.
    pub fn compare(&mut self, batch: &[Entry<Candidate>]) {
        for entry in batch.iter().filter(|entry| !entry.verdict.inconclusive) {
            if let Some(solved) = self.solved.get(&entry.key) {
                self.counts.trials += 1;
                self.counts.agreeing += usize::from(*solved == entry.verdict.solved);
            }
        }
    }
}

fn candidate(value: &Value, sources: &Sources) -> Option<Candidate> {
    let edits = edits(value, sources)?;
    Some(Candidate {
        operators: vec!["replayed"; edits.len()],
        edits,
        prior: 1.0,
    })
}

/// Edits as a record holds them, where they fit these sources.
pub(super) fn edits(value: &Value, sources: &Sources) -> Option<Vec<Edit>> {
    let edit = |value: &Value| -> Option<Edit> {
        let file = sources.find(&PathBuf::from(value[0].as_str()?))?;
        let text = &sources.get(file).text;
        let span =
            usize::try_from(value[1].as_u64()?).ok()?..usize::try_from(value[2].as_u64()?).ok()?;
        text.get(span.clone())?;
        Some(Edit {
            file,
            span,
            replacement: value[3].as_str()?.to_owned(),
        })
    };
    let edits: Vec<Edit> = value.as_array()?.iter().map(edit).collect::<Option<_>>()?;
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.file, edit.span.start, edit.span.end));
    let overlaps =
        |pair: &[&Edit]| pair[0].file == pair[1].file && pair[0].span.end > pair[1].span.start;
    match edits.is_empty() || sorted.windows(2).any(overlaps) {
        true => None,
        false => Some(edits),
    }
}

fn unfit(path: &Path, reason: &str) -> Error {
    Error::unsuitable(
        "record_unfit",
        format!("`{}` cannot be replayed: {reason}", path.display()),
        "give the record of a repair of this very project, unchanged since",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use programs::Source;

    fn sources() -> Sources {
        let mut sources = Sources::default();
        let grammar = tree_sitter_python::LANGUAGE.into();
        sources.add(Source::parse("m.py", "é = 1\n".to_owned(), &grammar));
        sources
    }

    fn open(text: &str) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.jsonl");
        std::fs::write(&path, text).unwrap();
        Replay::open(&path, &sources())
            .map(|replay| replay.proposals.len())
            .map_err(|error| error.to_string())
    }

    const HEAD: &str = "{\"record\":\"freehold fix\",\"version\":1}\n";

    #[test]
    fn reads_first_trials_and_forgives_a_torn_end() {
        let trial = |at: usize, effort: u32| {
            format!("{{\"effort\":{effort},\"edits\":[[\"m.py\",{at},6,\"2\"]],\"solved\":true}}\n")
        };
        assert_eq!(
            open(&format!("{HEAD}{}{}", trial(5, 0), trial(5, 1))),
            Ok(1)
        );
        assert_eq!(open(&format!("{HEAD}{}{{\"eff", trial(5, 0))), Ok(1));
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let bad = [
            "[\"m.py\",1,2,\"x\"]",
            "[\"m.py\",0,99,\"x\"]",
            "[\"n.py\",0,1,\"x\"]",
            "[\"m.py\",5,4,\"x\"]",
        ];
        for edit in bad {
            let error = open(&format!("{HEAD}{{\"effort\":0,\"edits\":[{edit}]}}\n")).unwrap_err();
            assert!(error.contains("do not fit"), "{edit}: {error}");
        }
        assert!(open("nonsense").unwrap_err().contains("not a record"));
        let twice = "{\"effort\":0,\"edits\":[[\"m.py\",5,6,\"2\"],[\"m.py\",5,6,\"3\"]]}";
        assert!(open(&format!("{HEAD}{twice}\n")).is_err());
    }
}
