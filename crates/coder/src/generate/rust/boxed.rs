//! Runs cases in boxes on the file under test and on its mutants.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use serde_json::Value as Json;

use super::call::How;
use super::driver::TEST;
use super::library::Receiver;
use super::plan::{Plan, Plans};
use super::values;
use crate::generate::explore::{Bench, Observation, Order};
use crate::generate::mutant::Mutant;
use crate::generate::value::{Case, Value};
use programs::Error;
use programs::rust::lab::{Built, Lab};

/// Longest run of the driver on one batch.
const RUN_TIME: Duration = Duration::from_secs(150);
/// How long one case may take on the unchanged file, in microseconds.
const CASE_MICROS: u32 = 4_000;

/// The built file, and what is needed to run cases on it.
pub(super) struct Boxes<'a> {
    lab: &'a Lab,
    plans: &'a Plans,
    built: &'a Built,
    /// For each mutant the marks that it needs; none where it may run unseen.
    reaches: Vec<Option<Vec<usize>>>,
    /// Whether what one run leaves behind may change the next.
    isolate: bool,
}

impl<'a> Boxes<'a> {
    /// The file that tests are written for.
    pub fn source(&self) -> &programs::Source {
        self.lab.source()
    }

    pub fn new(lab: &'a Lab, plans: &'a Plans, built: &'a Built, mutants: &[Mutant]) -> Self {
        let reaches = mutants
            .iter()
            .map(|mutant| reach(mutant, &built.probes))
            .collect();
        let text = &lab.source().text;
        let isolate = ["static ", "thread_local!", "lazy_static!"]
            .iter()
            .any(|word| text.contains(word) && !text.contains("'static "))
            || text.contains("static mut")
            || text.contains("OnceLock")
            || text.contains("thread_local!");
        Self {
            lab,
            plans,
            built,
            reaches,
            isolate,
        }
    }

    /// Mutants that compile.
    pub fn loaded(&self) -> Vec<u32> {
        let all = self.built.mutants.iter().enumerate();
        all.filter(|(_, pairs)| pairs.is_some())
            .map(|(index, _)| index as u32)
            .collect()
    }

    /// Whether a part of the driver does not compile.
    pub fn is_dropped(&self, part: u32) -> bool {
        self.built.dropped.contains(&part)
    }

    /// What each case gives, in order; null for one that can no longer be run.
    pub fn show(&self, cases: &[Case], plan: &Plan) -> Result<Vec<Json>, Error> {
        let cases: Vec<&Case> = cases.iter().collect();
        let text = self.request(&cases, plan, &[], &[], false);
        let said = self.lab.run(0, TEST, &text, RUN_TIME)?;
        let mut shown = vec![Json::Null; cases.len()];
        for (case, words) in originals(&said) {
            if case < shown.len() && words[0] == "1" {
                shown[case] = serde_json::from_str(words[3]).unwrap_or_default();
            }
        }
        Ok(shown)
    }

    /// Which of `mutants` the cases tell from the original, nothing taken for granted.
    pub fn killed(
        &self,
        cases: &[Case],
        plan: &Plan,
        mutants: &[u32],
        endless: &[u32],
    ) -> Result<BTreeSet<u32>, Error> {
        let cases: Vec<&Case> = cases.iter().collect();
        let text = self.request(&cases, plan, mutants, endless, true);
        let said = self.lab.run(0, TEST, &text, RUN_TIME)?;
        let words = said
            .lines()
            .filter_map(|line| line.strip_prefix("k\t")?.split('\t').nth(1));
        Ok(words.filter_map(|word| word.parse().ok()).collect())
    }

    fn request(
        &self,
        cases: &[&Case],
        plan: &Plan,
        mutants: &[u32],
        endless: &[u32],
        precise: bool,
    ) -> String {
        let mut text = format!(
            "limits {CASE_MICROS} {} {}
",
            u8::from(self.isolate),
            u8::from(precise)
        );
        let _ = writeln!(text, "cover {}", pairs(&self.built.cover));
        for id in mutants {
            let Some(variants) = &self.built.mutants[*id as usize] else {
                continue;
            };
            let reaches = match &self.reaches[*id as usize] {
                Some(probes) => probes
                    .iter()
                    .map(usize::to_string)
                    .collect::<Vec<_>>()
                    .join(","),
                None => "*".to_owned(),
            };
            let _ = writeln!(
                text,
                "mutant {id} {} {} {reaches}",
                u8::from(endless.contains(id)),
                pairs(variants)
            );
        }
        let index = self
            .plans
            .list
            .iter()
            .position(|known| std::ptr::eq(known, plan));
        for case in cases {
            let _ = write!(text, "case {}", index.unwrap_or_default());
            encode(&fit(case, plan, self.plans), plan, self.plans, &mut text);
            text.push('\n');
        }
        text
    }
}

/// The marks that show that a mutant's code ran.
fn reach(mutant: &Mutant, probes: &[Vec<u32>]) -> Option<Vec<usize>> {
    let found: Vec<usize> = probes
        .iter()
        .enumerate()
        .filter(|(_, lines)| lines.contains(&mutant.lines.0))
        .map(|(index, _)| index)
        .collect();
    (!found.is_empty()).then_some(found)
}

fn pairs(all: &[(usize, u32)]) -> String {
    let texts: Vec<String> = all
        .iter()
        .map(|(slot, variant)| format!("{slot}={variant}"))
        .collect();
    texts.join(",")
}

/// A case whose values fit the types, without what can no longer be called.
pub(super) fn fit(case: &Case, plan: &Plan, plans: &Plans) -> Case {
    let mut fitted = case.clone();
    fitted.objects.clear();
    let mut is_gone = false;
    fitted.steps.retain(|step| {
        let kept = !is_gone;
        let call = &plan.calls[step.callable];
        is_gone |= call.receiver == Some(Receiver::Own) && !call.is_builder;
        kept
    });
    for step in &mut fitted.steps {
        for (at, (_, ty)) in plan.calls[step.callable].params.iter().enumerate() {
            let given = step.args.get(at).cloned().unwrap_or(Value::Omitted);
            let fit = values::fit(&given, ty, &plans.makers);
            match step.args.get_mut(at) {
                Some(slot) => *slot = fit,
                None => step.args.push(fit),
            }
        }
    }
    fitted
}

fn encode(case: &Case, plan: &Plan, plans: &Plans, out: &mut String) {
    for step in &case.steps {
        let call = &plan.calls[step.callable];
        if plan.target.is_class && call.how != How::Make {
            let _ = write!(out, " {}", step.callable);
        }
        for (arg, (_, ty)) in step.args.iter().zip(&call.params) {
            values::encode(arg, ty, &plans.makers, out);
        }
    }
}

/// The lines on unchanged code: the case, then whether it is usable, its time, marks and result.
fn originals(said: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    said.lines().filter_map(|line| {
        let mut parts = line.splitn(6, '\t');
        if parts.next() != Some("o") {
            return None;
        }
        let case = parts.next()?.parse().ok()?;
        let rest: Vec<&str> = parts.collect();
        (rest.len() == 4).then_some((case, rest))
    })
}

impl Bench for Boxes<'_> {
    fn workers(&self) -> usize {
        self.lab.workers()
    }

    fn observe(
        &self,
        worker: usize,
        cases: &[&Case],
        order: &Order<'_>,
    ) -> Result<Vec<Observation>, Error> {
        let plan = self
            .plans
            .list
            .iter()
            .find(|plan| {
                plan.target.name == order.target.name && plan.target.span == order.target.span
            })
            .expect("targets come from plans");
        let text = self.request(cases, plan, order.mutants, order.endless, false);
        let said = self.lab.run(worker, TEST, &text, RUN_TIME)?;
        let mut seen = vec![Observation::default(); cases.len()];
        for (case, words) in originals(&said) {
            if case < seen.len() {
                seen[case] = self.observation(&words);
            }
        }
        for line in said.lines() {
            let mut parts = line.split('\t');
            if parts.next() != Some("k") {
                continue;
            }
            let mut number = || {
                parts
                    .next()
                    .and_then(|word| word.parse::<u32>().ok())
                    .unwrap_or(0)
            };
            let (case, mutant, state) = (number() as usize, number(), number());
            if let Some(seen) = seen.get_mut(case).filter(|seen| seen.usable) {
                seen.killed.push(mutant);
                if state >= 3 {
                    seen.endless.push(mutant);
                }
            }
        }
        Ok(seen)
    }
}

impl Boxes<'_> {
    fn observation(&self, words: &[&str]) -> Observation {
        let mut hasher = DefaultHasher::new();
        words[3].hash(&mut hasher);
        let result: Json = serde_json::from_str(words[3]).unwrap_or_default();
        let panic = result["steps"]
            .as_array()
            .and_then(|steps| steps.last()?["panic"].as_str());
        let hits = words[2]
            .split(',')
            .filter_map(|word| word.parse::<usize>().ok());
        Observation {
            usable: words[0] == "1" && panic.is_none_or(is_worth_keeping),
            outside: None,
            raised: panic.map(|message| ("panic".to_owned(), is_meant(message))),
            arcs: hits
                .filter_map(|probe| {
                    let line = self.built.probes.get(probe)?.first()?;
                    Some((probe as i64, i64::from(*line)))
                })
                .collect(),
            killed: Vec::new(),
            endless: Vec::new(),
            behaviour: hasher.finish(),
            length: words[3].len() / 3,
        }
    }
}

/// Whether a panic says what is wrong in a way that a test can expect.
fn is_worth_keeping(message: &str) -> bool {
    !message.trim().is_empty() && !message.starts_with("assertion `left") && message.len() < 200
}

/// Whether somebody wrote the panic, rather than forgot a case.
fn is_meant(message: &str) -> bool {
    ![
        "attempt to ",
        "index out of bounds",
        "called `Option::unwrap()`",
        "called `Result::unwrap()`",
        "range start",
        "range end",
        "slice index",
        "byte index",
        "begin <= end",
        "capacity overflow",
        "already borrowed",
        "already mutably borrowed",
        "internal error",
    ]
    .iter()
    .any(|start| message.starts_with(start))
}
