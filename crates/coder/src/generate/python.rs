//! Tests for Python: reads the module, searches in boxes, writes a pytest file.

mod annotation;
mod boxed;
mod docs;
mod fold;
mod literal;
mod module;
mod mutants;
mod place;
mod usage;
mod write;

use std::collections::BTreeSet;
use std::path::Path;

use self::boxed::{Boxes, Place};
use super::explore::{Found, Order, Tried, explore};
use super::mutant::Mutant;
use super::notes::Notes;
use super::shape::Shape;
use super::target::Target;
use super::value::{Case, Value};
use super::{Event, Options, Report, TargetReport, Watch, suite};
use programs::{Environment, Error, Source};

pub(super) use literal::snake_case;

/// Times that the finished file is run, each in a new process with other string hashes, another
/// order, and (all but the first) another time.
const VERIFICATIONS: u64 = 3;
/// Rounds of replacing tests that did not pass each time.
const REPAIRS: usize = 3;

/// The kind of a value.
pub(super) fn shape_of(value: &Value) -> Shape {
    annotation::of_value(value)
}

/// Writes tests for the Python file at `path`.
pub(super) fn generate(
    path: &Path,
    options: &Options,
    environment: &Environment,
    watch: &mut Watch<'_>,
) -> Result<Report, Error> {
    let text = super::read_text(path)?;
    let source = Source::parse(path, text, &tree_sitter_python::LANGUAGE.into());
    check_syntax(&source)?;
    let place = place::find(path, options.budget, environment)?;
    let mut targets = module::targets(&source);
    docs::add_examples(&mut targets, &source, &place::neighbours(&place));
    module::settle_names(&mut targets, &source);
    let chosen = choose(&targets, options, path)?;
    let mutants = all_mutants(&source, &targets);
    let standins = write::standins(chosen.iter().map(|at| &targets[*at]));
    let boxes = Boxes::start(&place, &source.text, &standins, &mutants, options.jobs)?;
    let mut notes = Notes::open(options, &source)?;
    let mut searched = Vec::new();
    watch(Event::Read {
        targets: chosen.len(),
        mutants: mutants.len(),
    });
    for (done, &at) in chosen.iter().enumerate() {
        let left = options.budget.saturating_sub(notes.spent());
        let share = left / (chosen.len() - done) as u32;
        let options = Options {
            budget: share,
            ..options.clone()
        };
        let target = targets[at].name.as_str();
        let mut seen = |tried, killed, mutants| {
            watch(Event::Searching {
                target,
                at: done,
                tried,
                killed,
                mutants,
            });
        };
        searched.push(search(
            &targets[at],
            &targets,
            &mutants,
            &boxes,
            (&options, &mut notes),
            &mut seen,
        )?);
    }
    let text = finish(&mut searched, &boxes, &place, options, watch)?;
    Ok(Report {
        text,
        out_of_time: searched.iter().any(|s| s.found.out_of_time),
        targets: searched.iter().map(Searched::report).collect(),
    })
}

fn check_syntax(source: &Source) -> Result<(), Error> {
    let root = source.tree.root_node();
    if !root.has_error() {
        return Ok(());
    }
    let mut node = root;
    loop {
        let mut cursor = node.walk();
        match node
            .children(&mut cursor)
            .find(|child| child.has_error() || child.is_missing())
        {
            Some(child) => node = child,
            None => break,
        }
    }
    let name = source
        .path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Err(Error::unsuitable(
        "broken_syntax",
        format!(
            "`{name}` is not valid Python near line {}",
            node.start_position().row + 1
        ),
        "correct the syntax first",
    ))
}

/// Indexes of the targets to write tests for.
fn choose(targets: &[Target], options: &Options, path: &Path) -> Result<Vec<usize>, Error> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    if let Some(wanted) = &options.function {
        let name = wanted.split('.').next().unwrap_or(wanted);
        let known: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        return targets
            .iter()
            .position(|target| target.name == name)
            .map(|at| vec![at])
            .ok_or_else(|| {
                Error::unsuitable(
                    "no_such_function",
                    format!("`{file}` has no function or class `{wanted}` at its top level"),
                    if known.is_empty() {
                        "it has none at all".to_owned()
                    } else {
                        format!("it has {}", known.join(", "))
                    },
                )
            });
    }
    let public: Vec<usize> = (0..targets.len())
        .filter(|at| !targets[*at].name.starts_with('_') && !targets[*at].name.starts_with("test"))
        .collect();
    if public.is_empty() {
        return Err(Error::unsuitable(
            "no_functions",
            format!("`{file}` has no public function or class at its top level"),
            "`--function NAME` chooses a private one; code that is not in a function cannot be called by a test",
        ));
    }
    Ok(public)
}

/// Faults in every definition and in the module's own statements.
fn all_mutants(source: &Source, targets: &[Target]) -> Vec<Mutant> {
    let root = source.tree.root_node();
    let mut spans: Vec<_> = targets.iter().map(|target| target.span.clone()).collect();
    let mut cursor = root.walk();
    for node in root.named_children(&mut cursor) {
        if node.kind() == "expression_statement"
            && node
                .named_child(0)
                .is_some_and(|n| n.kind() == "assignment")
        {
            spans.push(node.byte_range());
        }
    }
    mutants::mutants(source, &spans)
}

/// One target with the cases that were found and chosen.
struct Searched {
    target: Target,
    found: Found,
    own: Vec<u32>,
    /// Mutants in its own definition.
    faults: BTreeSet<u32>,
    chosen: Vec<Tried>,
    written: Vec<write::Test>,
    skipped: Option<String>,
}

impl Searched {
    fn report(&self) -> TargetReport {
        let killed: BTreeSet<u32> = self
            .chosen
            .iter()
            .flat_map(|tried| tried.seen.killed.iter().copied())
            .collect();
        TargetReport {
            name: self.target.name.clone(),
            tests: self.written.len(),
            mutants: self.faults.union(&killed).count(),
            killed: killed.len(),
            tried: self.found.tried,
            skipped: self.skipped.clone(),
        }
    }
}

/// Finds and chooses cases for one target.
fn search(
    target: &Target,
    all: &[Target],
    mutants: &[Mutant],
    boxes: &Boxes,
    (options, notes): (&Options, &mut Notes),
    watch: &mut dyn FnMut(usize, usize, usize),
) -> Result<Searched, Error> {
    // Faults in other public functions are theirs to notice; private ones are reached through here.
    let others = |at: usize| {
        all.iter().any(|other| {
            other.name != target.name
                && !other.name.starts_with('_')
                && other.span.contains(&mutants[at].span.start)
        })
    };
    let own: Vec<u32> = boxes
        .loaded
        .iter()
        .copied()
        .filter(|id| !others(*id as usize))
        .collect();
    let inside = |id: &u32| target.span.contains(&mutants[*id as usize].span.start);
    let faults = own.iter().copied().filter(inside).collect();
    let found = explore(
        target,
        mutants,
        &own,
        boxes,
        (options, notes),
        &mut |tried, killed| {
            watch(tried, killed, own.len());
        },
    )?;
    let order = Order {
        target,
        mutants: &own,
        endless: &found.endless,
    };
    let chosen = suite::select(&found.pool, &order, boxes)?;
    Ok(Searched {
        target: target.clone(),
        found,
        own,
        faults,
        chosen,
        written: Vec::new(),
        skipped: None,
    })
}

/// Writes the file, runs it several times, and replaces what does not pass each time.
fn finish(
    searched: &mut [Searched],
    boxes: &Boxes,
    place: &Place,
    options: &Options,
    watch: &mut Watch<'_>,
) -> Result<String, Error> {
    let beside = place.path.with_file_name(format!(
        "test_{}.py",
        place.module.rsplit('.').next().unwrap_or_default()
    ));
    let out = options.out.as_ref().map_or(beside, |out| {
        std::path::absolute(out).unwrap_or_else(|_| out.clone())
    });
    for round in 0..=REPAIRS {
        options.check_stop()?;
        let mut taken = BTreeSet::new();
        for one in searched.iter_mut() {
            one.written = write::tests(&one.chosen, &one.target, boxes, &mut taken)?;
        }
        watch(Event::Verifying {
            tests: searched.iter().map(|one| one.written.len()).sum(),
        });
        let text = write::file(
            searched.iter().map(|s| (&s.target, s.written.as_slice())),
            place,
            &out,
            options,
        );
        let failed = verify(&text, place, &out)?;
        if failed.is_empty() {
            return settle(searched, text, place);
        }
        if failed.contains("") {
            return Err(Error::Runner {
                reason: "the finished file cannot be imported".to_owned(),
            });
        }
        for one in searched.iter_mut() {
            let bad: Vec<Case> = one
                .written
                .iter()
                .filter(|test| failed.contains(&test.name))
                .map(|test| test.case.clone())
                .collect();
            if bad.is_empty() {
                continue;
            }
            one.found.pool.retain(|tried| !bad.contains(&tried.case));
            one.chosen = if round + 1 < REPAIRS {
                let order = Order {
                    target: &one.target,
                    mutants: &one.own,
                    endless: &one.found.endless,
                };
                let again = suite::select(&one.found.pool, &order, boxes)?;
                again
                    .into_iter()
                    .filter(|tried| !bad.contains(&tried.case))
                    .collect()
            } else {
                one.chosen
                    .iter()
                    .filter(|tried| !bad.contains(&tried.case))
                    .cloned()
                    .collect()
            };
        }
    }
    Err(Error::Runner {
        reason: "no set of tests passes each time".to_owned(),
    })
}

/// Names of tests that fail in any of several runs.
fn verify(text: &str, place: &Place, out: &Path) -> Result<BTreeSet<String>, Error> {
    let runs: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..VERIFICATIONS)
            .map(|seed| scope.spawn(move || place.verify(text, out, seed)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("verifying does not panic"))
            .collect()
    });
    let mut failed = BTreeSet::new();
    for run in runs {
        failed.extend(run?.into_iter().map(|(name, _)| name));
    }
    Ok(failed)
}

/// Says why some targets have no tests; an error if none has.
fn settle(searched: &mut [Searched], text: String, place: &Place) -> Result<String, Error> {
    for one in searched.iter_mut().filter(|one| one.written.is_empty()) {
        let outside = one.found.outside.iter().max_by_key(|(_, count)| **count);
        one.skipped = Some(match outside {
            Some((what, _)) if one.found.usable == 0 => {
                format!("it uses {what}, which a unit test should not")
            }
            _ if one.found.tried == 0 => "the budget ended before its turn".to_owned(),
            _ if one.found.usable == 0 => {
                "no input was found that it takes, ends in time and gives the same twice".to_owned()
            }
            _ => {
                "no input was found that it accepts, or what it gives cannot be compared".to_owned()
            }
        });
    }
    if searched.iter().any(|one| !one.written.is_empty()) {
        return Ok(text);
    }
    let reasons: Vec<String> = searched
        .iter()
        .map(|one| {
            format!(
                "`{}`: {}",
                one.target.name,
                one.skipped.as_deref().unwrap_or_default()
            )
        })
        .collect();
    let name = place.path.file_name().unwrap_or_default().to_string_lossy();
    Err(Error::unsuitable(
        "nothing_to_test",
        format!(
            "nothing in `{name}` can be tested this way: {}",
            reasons.join("; ")
        ),
        "type annotations or an example in the docstring show what a function takes; \
         pass what it reads as an argument instead",
    ))
}
