//! What was found so far, kept so that a run that was stopped goes on where it was.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Options;
use super::explore::{Found, Observation, Tried};
use super::keep;
use super::target::Target;
use super::value::Case;
use crate::kept::Kept;
use programs::{Error, Source};

/// What a run keeps, and what one before it found.
pub(super) struct Notes {
    kept: Option<Kept>,
    /// By where a target begins in its file.
    before: HashMap<usize, Before>,
    /// How long was searched before.
    spent: Duration,
    since: Instant,
}

/// What was found for a target before.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    /// Cases that were worth something, in order.
    pub cases: Vec<Case>,
    /// Cases that were tried.
    pub tried: usize,
    /// How its search ended, if it did.
    ended: Option<Ended>,
}

/// How the search for a target ended.
#[derive(Clone, Debug, Default)]
struct Ended {
    endless: Vec<u32>,
    outside: BTreeMap<String, usize>,
    usable: usize,
    out_of_time: bool,
}

impl Ended {
    fn read(line: &Value) -> Option<Self> {
        let endless = line["endless"].as_array()?.iter();
        let endless = endless.map(|id| u32::try_from(id.as_u64()?).ok());
        let outside = line["outside"].as_object()?.iter();
        let outside = outside.map(|(what, count)| Some((what.clone(), count.as_u64()? as usize)));
        Some(Self {
            endless: endless.collect::<Option<_>>()?,
            outside: outside.collect::<Option<_>>()?,
            usable: line["usable"].as_u64()? as usize,
            out_of_time: line["out_of_time"].as_bool()?,
        })
    }
}

impl Before {
    /// What its whole search found, where it came to its end.
    pub fn found(self) -> Result<Found, Self> {
        let Some(ended) = self.ended else {
            return Err(self);
        };
        let seen = Observation::default;
        let cases = self.cases.into_iter();
        Ok(Found {
            pool: cases.map(|case| Tried { case, seen: seen() }).collect(),
            endless: ended.endless,
            tried: self.tried,
            outside: ended.outside,
            usable: ended.usable,
            out_of_time: ended.out_of_time,
        })
    }
}

impl Notes {
    /// Opens the notes on a file, if they are to be kept.
    pub fn open(options: &Options, source: &Source) -> Result<Self, Error> {
        let mut notes = Self {
            kept: None,
            before: HashMap::new(),
            spent: Duration::ZERO,
            since: Instant::now(),
        };
        let Some(path) = &options.notes else {
            return Ok(notes);
        };
        let mut hasher = DefaultHasher::new();
        source.text.hash(&mut hasher);
        let head = json!({
            "record": "freehold tests",
            "version": 1,
            "file": source.path,
            "text": format!("{:016x}", hasher.finish()),
            "function": options.function,
            "seed": options.seed,
        });
        let kept = Kept::open(path, &head, &mut |line| notes.read(line));
        notes.kept = Some(kept.map_err(|source| Error::io("write", path, source))?);
        Ok(notes)
    }

    fn read(&mut self, line: &Value) -> bool {
        let Some(target) = line["target"].as_u64() else {
            return false;
        };
        let before = self.before.entry(target as usize).or_default();
        before.tried = line["tried"].as_u64().unwrap_or_default() as usize;
        if let Some(case) = keep::case(&line["case"]) {
            before.cases.push(case);
        } else if let Some(ended) = Ended::read(&line["ended"]) {
            before.ended = Some(ended);
        } else {
            return false;
        }
        let spent = line["spent_ms"].as_u64().unwrap_or_default();
        self.spent = self.spent.max(Duration::from_millis(spent));
        true
    }

    /// What was found for a target before.
    pub fn before(&self, target: &Target) -> Before {
        let known = self.before.get(&target.span.start);
        known.cloned().unwrap_or_default()
    }

    /// How long was searched, by this run and those before it.
    pub fn spent(&self) -> Duration {
        self.spent + self.since.elapsed()
    }

    /// Keeps cases that are worth something, after `tried`.
    pub fn cases<'c>(
        &mut self,
        target: &Target,
        tried: usize,
        cases: impl Iterator<Item = &'c Case>,
    ) {
        for case in cases {
            self.line(target, tried, "case", &keep::kept(case));
        }
        self.flush();
    }

    /// Keeps how the search for a target ended.
    pub fn ended(&mut self, target: &Target, found: &Found) {
        let ended = json!({
            "endless": found.endless, "outside": found.outside, "usable": found.usable,
            "out_of_time": found.out_of_time,
        });
        self.line(target, found.tried, "ended", &ended);
        self.flush();
    }

    fn line(&mut self, target: &Target, tried: usize, name: &str, value: &Value) {
        let spent = self.spent().as_millis() as u64;
        if let Some(kept) = &mut self.kept {
            let target = target.span.start;
            kept.line(&json!({ "target": target, "tried": tried, "spent_ms": spent, name: value }));
        }
    }

    fn flush(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.flush();
        }
    }
}
