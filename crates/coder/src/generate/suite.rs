//! The fewest and simplest cases that do what all found cases do together.

use std::collections::{BTreeMap, BTreeSet};

use super::explore::{Bench, Observation, Order, Tried};
use super::rng::Rng;
use super::target::Target;
use super::value::{Case, Value};
use programs::Error;

/// How often each fault is to be noticed: a second test notices the faults that resemble it.
const STRENGTH: usize = 2;
/// Rounds of making the chosen cases simpler.
const ROUNDS: usize = 8;
/// Simpler forms of one case that are tried in a round.
const SIMPLER_MAX: usize = 18;
/// Cases that are compared with each other at most.
const POOL_MAX: usize = 160;

/// Something that a suite should do: kill a mutant, or take a step between two lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Goal {
    Kill(u32),
    Arc(i64, i64),
}

/// Runs all of `pool` against all mutants and keeps what is needed, simplest first.
pub(super) fn select(
    pool: &[Tried],
    order: &Order<'_>,
    bench: &dyn Bench,
) -> Result<Vec<Tried>, Error> {
    let mut cases: Vec<Case> = Vec::new();
    for tried in pool.iter().take(POOL_MAX) {
        if !cases.contains(&tried.case) {
            cases.push(tried.case.clone());
        }
    }
    let pool = observe_all(&cases, order, bench)?;
    let chosen = cover(&pool, order.target);
    simplify(chosen, order, bench)
}

/// Observes `cases` with all workers; unusable ones are dropped.
fn observe_all(cases: &[Case], order: &Order<'_>, bench: &dyn Bench) -> Result<Vec<Tried>, Error> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let workers = bench.workers().clamp(1, cases.len());
    let parts: Vec<Result<Vec<Observation>, Error>> = std::thread::scope(|scope| {
        let threads: Vec<_> = cases
            .chunks(cases.len().div_ceil(workers))
            .enumerate()
            .map(|(worker, part)| {
                scope.spawn(move || {
                    let part: Vec<&Case> = part.iter().collect();
                    bench.observe(worker, &part, order)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("observing does not panic"))
            .collect()
    });
    let mut seen = Vec::with_capacity(cases.len());
    for part in parts {
        seen.extend(part?);
    }
    let all = cases
        .iter()
        .cloned()
        .zip(seen)
        .map(|(case, seen)| Tried { case, seen });
    Ok(all
        .filter(|tried| tried.seen.usable && !tried.seen.is_misfit())
        .collect())
}

fn goals(seen: &Observation) -> BTreeSet<Goal> {
    let kills = seen.killed.iter().map(|id| Goal::Kill(*id));
    kills
        .chain(seen.arcs.iter().map(|(from, to)| Goal::Arc(*from, *to)))
        .collect()
}

/// How much there is to read, and how odd it is.
fn cost(tried: &Tried, target: &Target) -> f64 {
    let raised = match &tried.seen.raised {
        Some((_, false)) => 24.0,
        Some((_, true)) => 2.0,
        None => 0.0,
    };
    8.0 + tried.case.size() as f64
        + tried.seen.length as f64 / 16.0
        + raised
        + 6.0 * target.oddness(&tried.case) as f64
}

/// Greedy cover of all goals, each mutant [`STRENGTH`] times where that many plain cases can; then whatever has
/// become needless is dropped again, dearest first.
fn cover(pool: &[Tried], target: &Target) -> Vec<Tried> {
    let costs: Vec<f64> = pool.iter().map(|tried| cost(tried, target)).collect();
    let reach: Vec<BTreeSet<Goal>> = pool.iter().map(|tried| goals(&tried.seen)).collect();
    // Only plain cases are worth having for a second opinion.
    let mut plain: BTreeMap<Goal, usize> = BTreeMap::new();
    for (tried, goals) in pool.iter().zip(&reach) {
        if target.oddness(&tried.case) == 0 && !matches!(tried.seen.raised, Some((_, false))) {
            for goal in goals {
                *plain.entry(*goal).or_default() += 1;
            }
        }
    }
    let wanted = |goal: &Goal| match goal {
        Goal::Kill(_) => plain.get(goal).copied().unwrap_or(0).clamp(1, STRENGTH),
        Goal::Arc(..) => 1,
    };
    let mut met: BTreeMap<Goal, usize> = BTreeMap::new();
    let mut chosen: Vec<usize> = Vec::new();
    loop {
        let gain = |index: usize| {
            let open = reach[index]
                .iter()
                .map(|goal| (goal, met.get(goal).copied().unwrap_or(0)));
            // What nobody does yet counts fully, a second time counts a little.
            open.map(|(goal, times)| match times {
                0 => 1.0,
                t if t < wanted(goal) => 0.1,
                _ => 0.0,
            })
            .sum::<f64>()
        };
        let says_nothing_new = |index: usize| {
            chosen
                .iter()
                .any(|other| reach[index].is_subset(&reach[*other]))
        };
        let best = (0..pool.len())
            .filter(|index| !chosen.contains(index) && !says_nothing_new(*index))
            .map(|index| (gain(index) / costs[index], index))
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        match best {
            Some((gain, index)) if gain > 0.0 => {
                chosen.push(index);
                for goal in &reach[index] {
                    *met.entry(*goal).or_default() += 1;
                }
            }
            _ => break,
        }
    }
    let mut by_cost = chosen.clone();
    by_cost.sort_by(|a, b| costs[*b].total_cmp(&costs[*a]).then(b.cmp(a)));
    for index in by_cost {
        if reach[index].iter().all(|goal| met[goal] > wanted(goal)) {
            chosen.retain(|kept| *kept != index);
            for goal in &reach[index] {
                *met.get_mut(goal).expect("counted when chosen") -= 1;
            }
        }
    }
    chosen
        .into_iter()
        .map(|index| pool[index].clone())
        .collect()
}

/// Replaces cases by simpler ones that still do all that the suite needs them for.
fn simplify(
    mut chosen: Vec<Tried>,
    order: &Order<'_>,
    bench: &dyn Bench,
) -> Result<Vec<Tried>, Error> {
    let mut rng = Rng::new(1);
    for _ in 0..ROUNDS {
        let mut tries: Vec<(usize, Case)> = Vec::new();
        for (index, tried) in chosen.iter().enumerate() {
            for case in simpler(&tried.case, order.target, &mut rng) {
                tries.push((index, case));
            }
        }
        let mutants: BTreeSet<u32> = chosen
            .iter()
            .flat_map(|tried| tried.seen.killed.iter().copied())
            .collect();
        let mutants: Vec<u32> = mutants.into_iter().collect();
        let cases: Vec<Case> = tries.iter().map(|(_, case)| case.clone()).collect();
        let seen = observe_all(
            &cases,
            &Order {
                mutants: &mutants,
                ..*order
            },
            bench,
        )?;
        let mut changed = false;
        for index in 0..chosen.len() {
            let needed = needed(&chosen, index);
            let best = seen
                .iter()
                .filter(|tried| {
                    tries
                        .iter()
                        .any(|(at, case)| *at == index && *case == tried.case)
                })
                .filter(|tried| !chosen.iter().any(|other| other.case == tried.case))
                .filter(|tried| {
                    cost(tried, order.target) < cost(&chosen[index], order.target)
                        && needed.is_subset(&goals(&tried.seen))
                })
                .min_by(|a, b| cost(a, order.target).total_cmp(&cost(b, order.target)));
            if let Some(best) = best {
                chosen[index] = best.clone();
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    Ok(cover(&chosen, order.target))
}

/// What the suite without `index` would not do, or not often enough.
fn needed(chosen: &[Tried], index: usize) -> BTreeSet<Goal> {
    let mut others: BTreeMap<Goal, usize> = BTreeMap::new();
    for (at, tried) in chosen.iter().enumerate() {
        if at != index {
            for goal in goals(&tried.seen) {
                *others.entry(goal).or_default() += 1;
            }
        }
    }
    let mut own = goals(&chosen[index].seen);
    own.retain(|goal| match goal {
        Goal::Kill(_) => others.get(goal).copied().unwrap_or(0) < STRENGTH,
        Goal::Arc(..) => !others.contains_key(goal),
    });
    own
}

/// Simpler forms of a case: fewer calls, fewer and smaller values.
fn simpler(case: &Case, target: &Target, rng: &mut Rng) -> Vec<Case> {
    let mut all: Vec<Case> = Vec::new();
    for step in 1..case.steps.len() {
        let mut next = case.clone();
        next.steps.remove(step);
        all.push(next);
    }
    for step in 0..case.steps.len() {
        for at in 0..case.steps[step].args.len() {
            let param = &target.callables[case.steps[step].callable].params[at];
            if param.has_default && case.steps[step].args[at] != Value::Omitted {
                let mut next = case.clone();
                next.steps[step].args[at] = Value::Omitted;
                all.push(next);
            }
        }
    }
    let count = case.clone().values_mut().count();
    for at in 0..count {
        for change in 0..12 {
            let mut next = case.clone();
            let value = next.values_mut().nth(at).expect("counted above");
            if shrink(value, change, rng) {
                next.tidy();
                all.push(next);
            }
        }
    }
    all.retain(|next| next.size() < case.size());
    let mut kept: Vec<Case> = Vec::new();
    rng.shuffle(&mut all);
    for next in all {
        if !kept.contains(&next) && kept.len() < SIMPLER_MAX {
            kept.push(next);
        }
    }
    kept
}

/// Makes `value` smaller in one of several ways; false if that way does not apply.
fn shrink(value: &mut Value, way: usize, rng: &mut Rng) -> bool {
    match value {
        Value::Int(_) | Value::Float(_) | Value::Str(_) => return shrink_leaf(value, way, rng),
        Value::List(items) | Value::Set(items) if !items.is_empty() => match way {
            0 => items.clear(),
            1 => items.truncate(items.len() / 2),
            2 => {
                items.drain(..items.len() / 2);
            }
            3..=6 => {
                items.remove(rng.below(items.len()));
            }
            way => {
                let at = rng.below(items.len());
                return shrink(&mut items[at], way - 7, rng);
            }
        },
        Value::Tuple(items) if !items.is_empty() => {
            let at = rng.below(items.len());
            return shrink(&mut items[at], way, rng);
        }
        Value::Dict(items) if !items.is_empty() => match way {
            0 => items.clear(),
            1 => items.truncate(items.len() / 2),
            2 => {
                items.drain(..items.len() / 2);
            }
            3..=4 => {
                items.remove(rng.below(items.len()));
            }
            way => {
                let at = rng.below(items.len());
                return shrink(&mut items[at].1, way - 5, rng);
            }
        },
        Value::Object(_) if way == 0 => *value = Value::None,
        _ => return false,
    }
    true
}

/// The same for numbers and strings.
fn shrink_leaf(value: &mut Value, way: usize, rng: &mut Rng) -> bool {
    match value {
        Value::Int(n) => {
            *n = match way {
                0 => 0,
                1 => 1,
                2 => *n / 2,
                3 => n.signum() * (n.abs() - 1),
                4 => *n / 10,
                5 => 2,
                6 => 3,
                _ => return false,
            };
        }
        Value::Float(x) => {
            *x = match way {
                0 => 0.0,
                1 => 1.0,
                2 => x.trunc(),
                3 => (*x * 10.0).round() / 10.0,
                4 => 0.5,
                _ => return false,
            };
        }
        Value::Str(text) => {
            let chars: Vec<char> = text.chars().collect();
            if chars.is_empty() {
                return false;
            }
            *text = match way {
                0 => String::new(),
                1 => chars[..chars.len() / 2].iter().collect(),
                2 => chars[chars.len() / 2..].iter().collect(),
                3..=6 => {
                    let drop = rng.below(chars.len());
                    chars
                        .iter()
                        .enumerate()
                        .filter(|(at, _)| *at != drop)
                        .map(|(_, c)| c)
                        .collect()
                }
                _ => return false,
            };
        }
        _ => return false,
    }
    true
}
