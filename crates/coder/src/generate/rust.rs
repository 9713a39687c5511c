//! Tests for Rust: reads the file, searches in boxes for inputs that tell it from its mutants, and
//! writes `#[test]`s.

mod boxed;
mod call;
mod driver;
mod expect;
mod library;
mod makers;
mod mutants;
mod outside;
mod package;
mod plan;
mod ty;
mod values;
mod verify;
mod write;

use std::collections::BTreeSet;
use std::path::Path;

use self::boxed::Boxes;
use self::driver::{Driver, FIRST_PART};
use self::library::Library;
use self::outside::Outside;
use self::package::Out;
use self::plan::{Plan, Plans};
use super::explore::{Found, Order, Tried, explore};
use super::mutant::Mutant;
use super::notes::Notes;
use super::{Event, Options, Report, TargetReport, Watch, suite};
use programs::rust::lab::Lab;
use programs::{Edit, Environment, Error, FileId, Scratch, Source};

/// Rounds of replacing tests that did not pass each time.
const REPAIRS: usize = 4;

/// Writes tests for the Rust file at `path`.
pub(super) fn generate(
    path: &Path,
    options: &Options,
    environment: &Environment,
    watch: &mut Watch<'_>,
) -> Result<Report, Error> {
    let text = super::read_text(path)?;
    let (root, manifest) = package::find(path)?;
    let relative = path.strip_prefix(&root).unwrap_or(path).to_owned();
    let source = Source::parse(relative, text, &tree_sitter_rust::LANGUAGE.into());
    package::check_syntax(&source)?;
    let scratch = Scratch::new(&environment.scratch)?;
    let lab = Lab::open(
        &root,
        &manifest,
        source,
        environment,
        scratch.path(),
        options.jobs,
    )?;
    let out = package::out(path, options, &lab)?;
    let others = lab.others();
    let library = Library::of(lab.source(), &others);
    let outside = Outside::of(lab.source(), &others);
    let clues = package::clues(lab.source());
    let mut plans = plan::plans(&library, &clues, &|function| outside.reached_by(function));
    package::restrict(&mut plans, &library, options, &out, path)?;
    let mutants = mutants::mutants(lab.source());
    let edits: Vec<Edit> = mutants.iter().map(edit).collect();
    let driver = Driver::new(&plans, &library, &lab.package.edition, out.is_public());
    let built = lab.build(&edits, &|dropped| driver.write(dropped))?;
    let boxes = Boxes::new(&lab, &plans, &built, &mutants);
    watch(Event::Read {
        targets: plans.list.len(),
        mutants: mutants.len(),
    });
    let mut searched = search_all(&plans, &mutants, &boxes, options, watch)?;
    let text = finish(&mut searched, &plans, &boxes, (&lab, &out), options, watch)?;
    for one in &mut searched {
        one.count(&boxes)?;
    }
    let mut targets: Vec<TargetReport> = searched.iter().map(Searched::report).collect();
    targets.extend(plans.skipped.iter().map(|(name, reason)| TargetReport {
        name: name.clone(),
        tests: 0,
        mutants: 0,
        killed: 0,
        tried: 0,
        skipped: Some(reason.clone()),
    }));
    Ok(Report {
        text,
        out_of_time: searched.iter().any(|one| one.found.out_of_time),
        targets,
    })
}

fn edit(mutant: &Mutant) -> Edit {
    Edit {
        file: FileId(0),
        span: mutant.span.clone(),
        replacement: mutant.text.clone(),
    }
}

/// One plan with the cases that were found and chosen.
struct Searched<'a> {
    plan: &'a Plan,
    found: Found,
    own: Vec<u32>,
    /// Mutants in its own definition.
    faults: BTreeSet<u32>,
    chosen: Vec<Tried>,
    written: Vec<write::Test>,
    /// Mutants that the written tests notice.
    killed: BTreeSet<u32>,
    skipped: Option<String>,
}

impl<'a> Searched<'a> {
    fn skipped(plan: &'a Plan, reason: &str) -> Self {
        Self {
            plan,
            found: Found {
                pool: Vec::new(),
                endless: Vec::new(),
                tried: 0,
                outside: Default::default(),
                usable: 0,
                out_of_time: false,
            },
            own: Vec::new(),
            faults: BTreeSet::new(),
            chosen: Vec::new(),
            written: Vec::new(),
            killed: BTreeSet::new(),
            skipped: Some(reason.to_owned()),
        }
    }

    /// Counts what the written tests notice.
    fn count(&mut self, boxes: &Boxes<'_>) -> Result<(), Error> {
        let cases: Vec<_> = self.written.iter().map(|test| test.case.clone()).collect();
        if !cases.is_empty() {
            self.killed = boxes.killed(&cases, self.plan, &self.own, &self.found.endless)?;
        }
        Ok(())
    }

    fn report(&self) -> TargetReport {
        TargetReport {
            name: self.plan.target.name.clone(),
            tests: self.written.len(),
            mutants: self.faults.union(&self.killed).count(),
            killed: self.killed.len(),
            tried: self.found.tried,
            skipped: self.skipped.clone(),
        }
    }
}

/// Searches for each plan in its turn.
fn search_all<'a>(
    plans: &'a Plans,
    mutants: &[Mutant],
    boxes: &Boxes<'_>,
    options: &Options,
    watch: &mut Watch<'_>,
) -> Result<Vec<Searched<'a>>, Error> {
    let mut notes = Notes::open(options, boxes.source())?;
    let mut searched: Vec<Searched<'_>> = Vec::new();
    // What has no target of its own is to be noticed by one of those that reach it.
    let mut noticed: BTreeSet<u32> = BTreeSet::new();
    let is_in = |plan: &Plan, id: u32| plan.holds(mutants[id as usize].span.start);
    for (done, plan) in plans.list.iter().enumerate() {
        if boxes.is_dropped(FIRST_PART + done as u32) {
            let reason = "its parameters or its result cannot be handled";
            searched.push(Searched::skipped(plan, reason));
            continue;
        }
        let left = options.budget.saturating_sub(notes.spent());
        // Choosing and simplifying takes about as long as searching.
        let share = left / (2 * (plans.list.len() - done) as u32 - 1).max(1);
        let is_own = |id: u32| {
            let is_shared = !plans.list.iter().any(|other| is_in(other, id));
            is_in(plan, id) || (is_shared && !noticed.contains(&id))
        };
        let own: Vec<u32> = boxes
            .loaded()
            .into_iter()
            .filter(|id| is_own(*id))
            .collect();
        let faults = own.iter().copied().filter(|id| is_in(plan, *id)).collect();
        let options = Options {
            budget: share,
            ..options.clone()
        };
        let all = own.len();
        let mut seen = |tried, killed| {
            watch(Event::Searching {
                target: &plan.target.name,
                at: done,
                tried,
                killed,
                mutants: all,
            });
        };
        let one = search(
            plan,
            (own, faults),
            mutants,
            boxes,
            (&options, &mut notes),
            &mut seen,
        )?;
        noticed.extend(one.chosen.iter().flat_map(|tried| &tried.seen.killed));
        searched.push(one);
    }
    Ok(searched)
}

/// Finds and chooses cases for one plan.
fn search<'a>(
    plan: &'a Plan,
    (own, faults): (Vec<u32>, BTreeSet<u32>),
    mutants: &[Mutant],
    boxes: &Boxes<'_>,
    work: (&Options, &mut Notes),
    watch: &mut dyn FnMut(usize, usize),
) -> Result<Searched<'a>, Error> {
    let target = &plan.target;
    let found = explore(target, mutants, &own, boxes, work, watch)?;
    let order = Order {
        target,
        mutants: &own,
        endless: &found.endless,
    };
    let chosen = suite::select(&found.pool, &order, boxes)?;
    Ok(Searched {
        plan,
        found,
        own,
        faults,
        chosen,
        written: Vec::new(),
        killed: BTreeSet::new(),
        skipped: None,
    })
}

/// Writes the tests, runs them several times, and replaces what does not pass each time.
fn finish(
    searched: &mut [Searched<'_>],
    plans: &Plans,
    boxes: &Boxes<'_>,
    (lab, out): (&Lab, &Out),
    options: &Options,
    watch: &mut Watch<'_>,
) -> Result<String, Error> {
    for round in 0..=REPAIRS {
        options.check_stop()?;
        let mut taken = out.taken.clone();
        for one in searched.iter_mut() {
            one.written = write::tests(&one.chosen, one.plan, plans, boxes, &mut taken)?;
        }
        if searched.iter().all(|one| one.written.is_empty()) {
            return settle(searched, plans, String::new(), lab);
        }
        watch(Event::Verifying {
            tests: searched.iter().map(|one| one.written.len()).sum(),
        });
        let tests = searched.iter().flat_map(|one| &one.written);
        let text = write::text(tests, &out.place(lab, options));
        let text = lab.format(&text)?;
        let failed = verify::failures(&text, lab, out)?;
        if failed.is_empty() {
            return settle(searched, plans, out.whole(&text, lab), lab);
        }
        for one in searched.iter_mut() {
            let bad: Vec<_> = one
                .written
                .iter()
                .filter(|test| failed.contains(&test.name))
                .map(|test| test.case.clone())
                .collect();
            if bad.is_empty() {
                continue;
            }
            one.found.pool.retain(|tried| !bad.contains(&tried.case));
            if round == 0 {
                let order = Order {
                    target: &one.plan.target,
                    mutants: &one.own,
                    endless: &one.found.endless,
                };
                one.chosen = suite::select(&one.found.pool, &order, boxes)?;
            }
            one.chosen.retain(|tried| !bad.contains(&tried.case));
        }
    }
    Err(Error::Runner {
        reason: "no set of tests passes each time".to_owned(),
    })
}

/// Says why some targets have no tests; an error if none has.
fn settle(
    searched: &mut [Searched<'_>],
    plans: &Plans,
    text: String,
    lab: &Lab,
) -> Result<String, Error> {
    for one in searched.iter_mut() {
        if !one.written.is_empty() || one.skipped.is_some() {
            continue;
        }
        let reason = match (one.found.tried, one.found.usable) {
            (0, _) => "the budget ended before its turn",
            (_, 0) => "no input was found that it takes, ends in time and gives the same twice",
            _ => "what it gives cannot be compared",
        };
        one.skipped = Some(reason.to_owned());
    }
    if searched.iter().any(|one| !one.written.is_empty()) {
        return Ok(text);
    }
    let own = searched.iter().map(|one| {
        let reason = one.skipped.as_deref().unwrap_or_default();
        format!("`{}`: {reason}", one.plan.target.name)
    });
    let others = plans
        .skipped
        .iter()
        .map(|(name, reason)| format!("`{name}`: {reason}"));
    let reasons: Vec<String> = own.chain(others).collect();
    let name = lab
        .source()
        .path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    Err(Error::unsuitable(
        "nothing_to_test",
        format!(
            "nothing in `{name}` can be tested this way: {}",
            reasons.join("; ")
        ),
        "pass what a function reads as an argument, and derive `Debug` and `PartialEq` for what it gives",
    ))
}
