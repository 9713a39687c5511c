//! The search for inputs that tell the code from its mutants.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;

use discovery::{Archive, Evaluator, Proposal, Proposer, SystemClock, Verdict};

use super::Options;
use super::invent::Inventor;
use super::mutant::Mutant;
use super::notes::Notes;
use super::rng::Rng;
use super::shape::Shape;
use super::target::Target;
use super::value::Case;
use super::vary::vary;
use programs::Error;

/// Cases that are judged together; the mutants killed by one batch are not run by the next.
const BATCH: usize = 24;
/// Batches after which a function is given up that nothing could be done with.
const HOPE: usize = 10;
/// Cases remembered for each line, as parents for mutants that live there.
const PARENTS_MAX: usize = 8;

/// Runs cases on the code under test and on its mutants.
pub(super) trait Bench: Sync {
    /// How many threads may call [`observe`](Self::observe) at once.
    fn workers(&self) -> usize;

    /// What each case does on the original, and which mutants it tells from it.
    fn observe(
        &self,
        worker: usize,
        cases: &[&Case],
        order: &Order<'_>,
    ) -> Result<Vec<Observation>, Error>;
}

/// What to run cases on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order<'a> {
    pub target: &'a Target,
    pub mutants: &'a [u32],
    /// Mutants that are known to run for ever, and are given up sooner.
    pub endless: &'a [u32],
}

/// What one case did.
#[derive(Clone, Debug, Default)]
pub(super) struct Observation {
    /// Whether it can become a test at all: it ended in time, stayed inside, and did the same twice.
    pub usable: bool,
    /// What it reached for outside of the process, if it did.
    pub outside: Option<String>,
    /// The exception that ended it, and whether the code raises it on purpose.
    pub raised: Option<(String, bool)>,
    /// Line-to-line steps of the code under test.
    pub arcs: Vec<(i64, i64)>,
    /// Mutants that behaved differently.
    pub killed: Vec<u32>,
    /// Mutants of these that did not end in time.
    pub endless: Vec<u32>,
    /// Digest of what it did.
    pub behaviour: u64,
    /// Characters of what it gave, a measure of how long the assertions are.
    pub length: usize,
}

impl Observation {
    /// Whether the arguments were of the wrong kind altogether.
    pub fn is_misfit(&self) -> bool {
        matches!(&self.raised, Some((kind, false)) if kind == "TypeError" || kind == "AttributeError" || kind == "NameError")
    }
}

/// A case and what it did.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub case: Case,
    pub seen: Observation,
}

/// What the search found.
pub(super) struct Found {
    /// Cases that were worth something when they were tried, in order.
    pub pool: Vec<Tried>,
    /// Mutants that are known to run for ever.
    pub endless: Vec<u32>,
    /// Cases tried.
    pub tried: usize,
    /// What cases reached for outside, with how often.
    pub outside: BTreeMap<String, usize>,
    /// Cases that could become tests, whether worth something or not.
    pub usable: usize,
    /// Whether the time was used up.
    pub out_of_time: bool,
}

struct State {
    /// The target with what is learnt of its parameters.
    target: Target,
    rng: Rng,
    alive: BTreeSet<u32>,
    arcs: BTreeSet<(i64, i64)>,
    behaviours: BTreeMap<u64, usize>,
    pool: Vec<Tried>,
    by_line: BTreeMap<u32, Vec<Case>>,
    fresh: HashMap<u64, Observation>,
    endless: BTreeSet<u32>,
    outside: BTreeMap<String, usize>,
    usable: usize,
    /// Batches since something new was found.
    quiet: usize,
}

/// Searches until every mutant is dead, nothing new turns up, or the time is spent. `watch` is told how many cases
/// were tried and how many mutants are dead.
pub(super) fn explore(
    target: &Target,
    mutants: &[Mutant],
    loaded: &[u32],
    bench: &dyn Bench,
    (options, notes): (&Options, &mut Notes),
    watch: &mut dyn FnMut(usize, usize),
) -> Result<Found, Error> {
    let before = match notes.before(target).found() {
        Ok(found) => return Ok(found),
        Err(before) => before,
    };
    let state = Mutex::new(State::new(target, loaded, options.seed));
    let mut proposers: Vec<Box<dyn Proposer<Case> + '_>> = vec![
        Box::new(Examples {
            left: before
                .cases
                .iter()
                .chain(&target.examples)
                .cloned()
                .collect(),
        }),
        Box::new(Fresh { state: &state }),
        Box::new(Neighbours {
            state: &state,
            mutants,
        }),
    ];
    let judge = Judge {
        bench,
        target,
        state: &state,
    };
    let limits = discovery::Options {
        budget: options.budget,
        effort_max: 0,
        trials_max: options.cases_max,
    };
    let clock = SystemClock::start();
    let mut noted = 0;
    let (archive, stop) =
        discovery::search(&mut proposers, &judge, &limits, &clock, &mut |progress| {
            let mut state = state.lock().expect("no holder panics");
            state.quiet += 1;
            for entry in progress.batch {
                if let Some(seen) = state.fresh.remove(&entry.key) {
                    state.learn(&entry.content, seen);
                }
            }
            let tried = before.tried + progress.archive.tried();
            let fresh = state.pool.iter().skip(noted).map(|tried| &tried.case);
            notes.cases(
                target,
                tried,
                fresh.filter(|case| !before.cases.contains(case)),
            );
            noted = state.pool.len();
            watch(tried, loaded.len() - state.alive.len());
            options.check_stop().is_ok() && !state.is_spent()
        })?;
    options.check_stop()?;
    drop(proposers);
    let state = state.into_inner().expect("no holder panics");
    let found = Found {
        pool: state.pool,
        endless: state.endless.into_iter().collect(),
        tried: before.tried + archive.tried(),
        outside: state.outside,
        usable: state.usable,
        out_of_time: stop == discovery::Stop::Budget,
    };
    notes.ended(target, &found);
    Ok(found)
}

impl State {
    fn new(target: &Target, loaded: &[u32], seed: u64) -> Self {
        Self {
            target: target.clone(),
            rng: Rng::new(seed),
            alive: loaded.iter().copied().collect(),
            arcs: BTreeSet::new(),
            behaviours: BTreeMap::new(),
            pool: Vec::new(),
            by_line: BTreeMap::new(),
            fresh: HashMap::new(),
            endless: BTreeSet::new(),
            outside: BTreeMap::new(),
            usable: 0,
            quiet: 0,
        }
    }

    /// Whether nothing more is to be expected.
    fn is_spent(&self) -> bool {
        let patience = match self.usable {
            0 => HOPE,
            _ => self.target.story.patience,
        };
        (self.alive.is_empty() && self.quiet > 3) || self.quiet >= patience
    }

    /// Takes note of what a case did.
    fn learn(&mut self, case: &Case, seen: Observation) {
        if let Some(what) = &seen.outside {
            *self.outside.entry(what.clone()).or_default() += 1;
        }
        self.endless.extend(&seen.endless);
        self.learn_shapes(case, &seen);
        if !seen.usable {
            return;
        }
        self.usable += 1;
        if seen.is_misfit() {
            return;
        }
        let news = seen
            .killed
            .iter()
            .filter(|id| self.alive.contains(id))
            .count();
        let new_arcs = seen
            .arcs
            .iter()
            .filter(|arc| !self.arcs.contains(arc))
            .count();
        let times = self.behaviours.entry(seen.behaviour).or_default();
        *times += 1;
        let is_rare = *times == 1 && self.pool.len() < 64;
        for line in seen.arcs.iter().map(|(_, to)| *to).filter(|to| *to > 0) {
            let parents = self.by_line.entry(line as u32).or_default();
            if parents.len() < PARENTS_MAX {
                parents.push(case.clone());
            } else if news + new_arcs > 0 || (*times == 1 && self.rng.chance(30)) {
                let at = self.rng.below(PARENTS_MAX);
                parents[at] = case.clone();
            }
        }
        if news + new_arcs > 0 {
            self.quiet = 0;
        }
        for id in &seen.killed {
            self.alive.remove(id);
        }
        self.arcs.extend(&seen.arcs);
        if news + new_arcs > 0 || is_rare {
            self.pool.push(Tried {
                case: case.clone(),
                seen,
            });
        }
    }

    /// Kinds of arguments that work become likelier, others rarer.
    fn learn_shapes(&mut self, case: &Case, seen: &Observation) {
        let misfit = seen.is_misfit() || (!seen.usable && seen.outside.is_none());
        for step in &case.steps {
            for (param, value) in self.target.callables[step.callable]
                .params
                .iter_mut()
                .zip(&step.args)
            {
                let shape = Shape::of(value);
                if !shape.is_known() {
                    continue;
                }
                let kind = std::mem::discriminant(&shape);
                let best = param
                    .shapes
                    .iter()
                    .map(|(_, weight)| *weight)
                    .fold(0.0, f64::max);
                let count = param.shapes.len();
                let known = param.shapes.iter_mut().find(|(known, _)| {
                    std::mem::discriminant(known) == kind
                        || matches!(known, Shape::Choice(parts) if parts.iter().any(|p| std::mem::discriminant(p) == kind))
                });
                match known {
                    Some((_, weight)) if misfit => *weight = (*weight * 0.96).max(0.02),
                    Some((_, weight)) => *weight = (*weight * 1.03).min(20.0),
                    None if !misfit && count < 8 => param.shapes.push((shape, best * 0.3)),
                    None => {}
                }
            }
        }
    }
}

impl Shape {
    /// The kind of `value`, containers with the kind of their items.
    pub(super) fn of(value: &super::value::Value) -> Self {
        super::python::shape_of(value)
    }
}

fn proposal(case: Case, weight: f64) -> Proposal<Case> {
    let mut hasher = DefaultHasher::new();
    format!("{case:?}").hash(&mut hasher);
    Proposal {
        content: case,
        key: hasher.finish(),
        weight,
    }
}

/// Cases that somebody wrote.
struct Examples {
    left: Vec<Case>,
}

impl Proposer<Case> for Examples {
    fn name(&self) -> &str {
        "examples"
    }

    fn propose(&mut self, _archive: &Archive<Case>, _wanted: usize) -> Vec<Proposal<Case>> {
        std::mem::take(&mut self.left)
            .into_iter()
            .map(|case| proposal(case, 8.0))
            .collect()
    }
}

/// Cases made from what is known of the parameters alone.
struct Fresh<'a> {
    state: &'a Mutex<State>,
}

impl Proposer<Case> for Fresh<'_> {
    fn name(&self) -> &str {
        "fresh"
    }

    fn propose(&mut self, _archive: &Archive<Case>, wanted: usize) -> Vec<Proposal<Case>> {
        let state = &mut *self.state.lock().expect("no holder panics");
        (0..wanted)
            .map(|_| {
                let steps = steps(&state.target, &mut state.rng);
                let target = &state.target;
                let case = Inventor::new(&mut state.rng, target).case(target, &steps);
                proposal(case, 1.0)
            })
            .collect()
    }
}

/// Which callables to call: the function, or a constructor and some methods.
fn steps(target: &Target, rng: &mut Rng) -> Vec<usize> {
    if !target.is_class {
        return vec![0];
    }
    let methods = target.callables.len() - 1;
    let count = if methods == 0 {
        0
    } else {
        1 + rng.below(target.story.calls_max)
    };
    std::iter::once(0)
        .chain((0..count).map(|_| 1 + rng.below(methods.max(1))))
        .collect()
}

/// Neighbours of cases that were worth something, mostly of those that reach a living mutant.
struct Neighbours<'a> {
    state: &'a Mutex<State>,
    mutants: &'a [Mutant],
}

impl Neighbours<'_> {
    fn parent<'s>(&self, state: &'s State, rng: &mut Rng) -> Option<&'s Case> {
        let alive: Vec<&Mutant> = state
            .alive
            .iter()
            .map(|id| &self.mutants[*id as usize])
            .collect();
        if !alive.is_empty() && rng.chance(60) {
            let mutant = rng.pick(&alive);
            let lines = mutant.lines.0..=mutant.lines.1;
            let parents: Vec<&Case> = state
                .by_line
                .range(lines)
                .flat_map(|(_, cases)| cases)
                .collect();
            if !parents.is_empty() {
                return Some(parents[rng.below(parents.len())]);
            }
        }
        (!state.pool.is_empty()).then(|| &rng.pick(&state.pool).case)
    }
}

impl Proposer<Case> for Neighbours<'_> {
    fn name(&self) -> &str {
        "neighbours"
    }

    fn propose(&mut self, _archive: &Archive<Case>, wanted: usize) -> Vec<Proposal<Case>> {
        let state = &mut *self.state.lock().expect("no holder panics");
        let mut rng = state.rng.clone();
        let mut proposals = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            let (Some(case), Some(other)) =
                (self.parent(state, &mut rng), self.parent(state, &mut rng))
            else {
                break;
            };
            proposals.push(proposal(vary(case, other, &state.target, &mut rng), 1.5));
        }
        state.rng = rng;
        proposals
    }
}

struct Judge<'a> {
    bench: &'a dyn Bench,
    target: &'a Target,
    state: &'a Mutex<State>,
}

impl Evaluator<Case> for Judge<'_> {
    type Error = Error;

    fn workers(&self) -> usize {
        self.bench.workers()
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn prepare(&self, batch: &[Case]) -> Result<Vec<bool>, Error> {
        Ok(vec![true; batch.len()])
    }

    fn evaluate(
        &self,
        worker: usize,
        _effort: u32,
        candidates: &[&Case],
        report: &mut dyn FnMut(usize, Verdict),
    ) -> Result<(), Error> {
        let (alive, endless): (Vec<u32>, Vec<u32>) = {
            let state = self.state.lock().expect("no holder panics");
            (
                state.alive.iter().copied().collect(),
                state.endless.iter().copied().collect(),
            )
        };
        let order = Order {
            target: self.target,
            mutants: &alive,
            endless: &endless,
        };
        let seen = self.bench.observe(worker, candidates, &order)?;
        for (index, seen) in seen.into_iter().enumerate() {
            let killed = seen.killed.len() as f64;
            report(
                index,
                Verdict {
                    fitness: if seen.usable {
                        killed / (killed + 4.0)
                    } else {
                        0.0
                    },
                    solved: false,
                    inconclusive: false,
                    behaviour: seen.behaviour,
                },
            );
            let key = proposal(candidates[index].clone(), 1.0).key;
            self.state
                .lock()
                .expect("no holder panics")
                .fresh
                .insert(key, seen);
        }
        Ok(())
    }
}
