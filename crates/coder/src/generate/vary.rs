//! Small changes to cases: neighbours of an input that was worth something.

use super::invent::Inventor;
use super::rng::Rng;
use super::shape::Shape;
use super::target::{Passing, Target};
use super::value::{Case, Value};

/// A neighbour of `case`; `other` lends it values.
pub(super) fn vary(case: &Case, other: &Case, target: &Target, rng: &mut Rng) -> Case {
    let mut next = case.clone();
    for _ in 0..1 + rng.below(3) {
        change(&mut next, other, target, rng);
    }
    next.tidy();
    next
}

fn change(case: &mut Case, other: &Case, target: &Target, rng: &mut Rng) {
    if target.is_class && rng.chance(30) {
        return change_steps(case, target, rng);
    }
    if !case.objects.is_empty() && rng.chance(50) {
        return rewire(case, target, rng);
    }
    let step = rng.below(case.steps.len());
    let callable = case.steps[step].callable;
    let params = &target.callables[callable].params;
    if params.is_empty() {
        return;
    }
    let at = rng.below(params.len());
    if target.story.recall > 0 && rng.chance(15) {
        return echo(case, step, at, rng);
    }
    match rng.below(10) {
        0 => {
            let (value, objects) = Inventor::new(rng, target).over(case).one(&params[at]);
            case.objects = objects;
            case.steps[step].args[at] = value;
        }
        1 => {
            let mut same = other.steps.iter().rev().filter(|s| s.callable == callable);
            if let Some(lender) = same.next().filter(|lender| !holds_object(&lender.args[at])) {
                case.steps[step].args[at] = lender.args[at].clone();
            }
        }
        2 if params.len() > 1 => {
            // Two arguments drawn together: equal, or next to each other.
            let from = rng.below(params.len());
            if params[from].passing == params[at].passing
                && params[at].shapes == params[from].shapes
            {
                case.steps[step].args[at] = case.steps[step].args[from].clone();
            }
        }
        _ => {
            let mut seen = numbers(case);
            seen.extend(&target.clues.ints);
            let mut value = case.steps[step].args[at].clone();
            if value == Value::Omitted {
                value = Inventor::new(rng, target).over(case).one(&params[at]).0;
                if holds_object(&value) {
                    return;
                }
            } else if params[at].has_default && params[at].passing != Passing::Rest && rng.chance(5)
            {
                value = Value::Omitted;
            }
            let letters: Vec<char> = letters(case, target);
            nudge(&mut value, &params[at].shapes, &seen, &letters, rng);
            case.steps[step].args[at] = value;
        }
    }
}

/// Gives an argument the value of another argument of the same kind, in whichever call.
fn echo(case: &mut Case, step: usize, at: usize, rng: &mut Rng) {
    let kind = std::mem::discriminant(&case.steps[step].args[at]);
    let all = case.steps.iter().flat_map(|step| &step.args);
    let same: Vec<Value> = all
        .filter(|value| std::mem::discriminant(*value) == kind)
        .cloned()
        .collect();
    case.steps[step].args[at] = rng.pick(&same).clone();
}

fn holds_object(value: &Value) -> bool {
    let mut found = false;
    value.each(&mut |inner| found |= matches!(inner, Value::Object(_)));
    found
}

/// Adds, drops, repeats or swaps method calls.
fn change_steps(case: &mut Case, target: &Target, rng: &mut Rng) {
    let count = case.steps.len();
    let calls_max = 2 * target.story.calls_max;
    match rng.below(4) {
        0 if count > 2 => {
            case.steps.remove(1 + rng.below(count - 1));
        }
        1 if count > 1 && count < calls_max => {
            let again = case.steps[1 + rng.below(count - 1)].clone();
            case.steps.insert(1 + rng.below(count), again);
        }
        2 if count > 2 => {
            let (a, b) = (1 + rng.below(count - 1), 1 + rng.below(count - 1));
            case.steps.swap(a, b);
        }
        _ if count < calls_max && target.callables.len() > 1 => {
            let method = 1 + rng.below(target.callables.len() - 1);
            let inventor = Inventor::new(rng, target);
            let inventor = if target.story.recall > 0 {
                inventor.over(case)
            } else {
                inventor
            };
            let fresh = inventor.case(target, &[method]);
            if fresh.objects.is_empty() {
                case.steps
                    .insert(1 + rng.below(count), fresh.steps[0].clone());
            }
        }
        _ => {}
    }
}

/// Lets a field of an object refer to another object, or changes its value.
fn rewire(case: &mut Case, target: &Target, rng: &mut Rng) {
    let id = rng.below(case.objects.len());
    if case.objects[id].fields.is_empty() {
        return;
    }
    let class = case.objects[id].class;
    let field = rng.below(case.objects[id].fields.len());
    let shape = target.standins[class].fields[field].1.clone();
    if rng.chance(60) {
        let inventor = Inventor::new(rng, target).over(case);
        let (value, objects) = inventor.one(&super::target::Param {
            name: String::new(),
            passing: Passing::Positional,
            has_default: false,
            shapes: vec![(shape, 1.0)],
        });
        case.objects = objects;
        case.objects[id].fields[field].1 = value;
    } else {
        let seen = numbers(case);
        let letters = letters(case, target);
        let mut value = case.objects[id].fields[field].1.clone();
        nudge(&mut value, &[(shape, 1.0)], &seen, &letters, rng);
        case.objects[id].fields[field].1 = value;
    }
}

/// Numbers of a case, and lengths of what it holds.
fn numbers(case: &Case) -> Vec<i64> {
    let mut seen = vec![0, 1];
    for value in case.steps.iter().flat_map(|step| &step.args) {
        value.each(&mut |inner| match inner {
            Value::Int(n) if seen.len() < 40 => seen.push(*n),
            Value::List(items) => seen.push(items.len() as i64),
            Value::Str(text) => seen.push(text.chars().count() as i64),
            _ => {}
        });
    }
    seen
}

fn letters(case: &Case, target: &Target) -> Vec<char> {
    let mut letters = vec!['a', 'b', ' '];
    letters.extend(
        target
            .clues
            .strings
            .iter()
            .flat_map(|text| text.chars().take(8))
            .take(40),
    );
    for value in case.steps.iter().flat_map(|step| &step.args) {
        value.each(&mut |inner| {
            if let Value::Str(text) = inner {
                letters.extend(text.chars().take(20));
            }
        });
    }
    letters
}

/// Changes one place within `value`.
fn nudge(
    value: &mut Value,
    shapes: &[(Shape, f64)],
    seen: &[i64],
    letters: &[char],
    rng: &mut Rng,
) {
    let mut count = 0;
    value.each(&mut |_| count += 1);
    let chosen = rng.below(count);
    let mut at = 0;
    let spare = Value::Int(*rng.pick(seen));
    let donors: Vec<Value> = {
        let mut all = Vec::new();
        value.each(&mut |inner| all.push(inner.clone()));
        all
    };
    let items_are_free = shapes
        .iter()
        .any(|(shape, _)| matches!(shape, Shape::List(_) | Shape::Any));
    value.each_mut(&mut |inner| {
        if at == chosen {
            nudge_one(
                inner,
                seen,
                letters,
                if items_are_free { &donors } else { &[] },
                &spare,
                rng,
            );
        }
        at += 1;
    });
}

fn nudge_one(
    value: &mut Value,
    seen: &[i64],
    letters: &[char],
    donors: &[Value],
    spare: &Value,
    rng: &mut Rng,
) {
    match value {
        Value::Int(n) => {
            *n = match rng.below(8) {
                0 | 1 => n.saturating_add(1),
                2 | 3 => n.saturating_sub(1),
                4 => n.saturating_neg(),
                5 => n.saturating_mul(2),
                6 => n.saturating_mul(*rng.pick(seen)),
                _ => *rng.pick(seen),
            }
            .clamp(-1_000_000_000_000, 1_000_000_000_000);
        }
        Value::Float(x) => {
            *x = match rng.below(6) {
                0 => *x + 1.0,
                1 => *x - 1.0,
                2 => -*x,
                3 => *x * 2.0,
                4 => *x / 2.0,
                _ => *rng.pick(seen) as f64,
            };
        }
        Value::Bool(b) => *b = !*b,
        Value::Str(text) => nudge_text(text, letters, rng),
        Value::List(items) => nudge_items(items, donors, spare, rng),
        Value::Dict(items) if !items.is_empty() => {
            let at = rng.below(items.len());
            match rng.below(3) {
                0 => {
                    items.remove(at);
                }
                1 => nudge_one(&mut items[at].1, seen, letters, &[], spare, rng),
                _ => {
                    let mut copy = items[at].clone();
                    nudge_key(&mut copy.0, seen, letters, rng);
                    items.push(copy);
                }
            }
        }
        Value::Set(items) if !items.is_empty() => {
            let at = rng.below(items.len());
            if rng.chance(50) {
                items.remove(at);
            } else {
                let mut copy = items[at].clone();
                nudge_key(&mut copy, seen, letters, rng);
                items.push(copy);
            }
        }
        _ => {}
    }
}

fn nudge_key(key: &mut Value, seen: &[i64], letters: &[char], rng: &mut Rng) {
    match key {
        Value::Tuple(items) if !items.is_empty() => {
            let at = rng.below(items.len());
            nudge_key(&mut items[at], seen, letters, rng);
        }
        other => nudge_one(other, seen, letters, &[], &Value::Int(0), rng),
    }
}

fn nudge_text(text: &mut String, letters: &[char], rng: &mut Rng) {
    let mut chars: Vec<char> = text.chars().collect();
    let letter = *rng.pick(letters);
    if chars.is_empty() {
        chars.push(letter);
    } else {
        let at = rng.below(chars.len());
        match rng.below(8) {
            0 | 1 => chars.insert(at, letter),
            2 => chars.push(letter),
            3 => {
                chars.remove(at);
            }
            4 | 5 => chars[at] = letter,
            6 => {
                let to = rng.below(chars.len());
                chars.swap(at, to);
            }
            _ if chars.len() < 60 => {
                let piece: Vec<char> = chars[at..].iter().take(6).copied().collect();
                chars.extend(piece);
            }
            _ => chars.truncate(at),
        }
    }
    *text = chars.into_iter().collect();
}

fn nudge_items(items: &mut Vec<Value>, donors: &[Value], spare: &Value, rng: &mut Rng) {
    if items.is_empty() {
        items.push(spare.clone());
        return;
    }
    let at = rng.below(items.len());
    let to = rng.below(items.len());
    match rng.below(9) {
        0 => {
            items.remove(at);
        }
        1 => items.insert(to, items[at].clone()),
        2 => items.swap(at, to),
        3 => items.reverse(),
        4 if !donors.is_empty() && items.len() < 24 => {
            let donor = donors[rng.below(donors.len())].clone();
            let alike = items
                .iter()
                .any(|item| std::mem::discriminant(item) == std::mem::discriminant(&donor));
            if alike || rng.chance(10) {
                items.insert(at, donor);
            }
        }
        5 => {
            let mut kept: Vec<Value> = items.clone();
            kept.sort_by_key(|item| if let Value::Int(n) = item { *n } else { 0 });
            *items = kept;
        }
        6 => items.truncate(at + 1),
        7 if items.len() < 16 => {
            let copy = items.clone();
            items.extend(copy);
        }
        _ => {
            let mut copy = items[at].clone();
            if let Value::Int(n) = &mut copy {
                *n = n.saturating_add(rng.between(-2, 2));
            }
            items.insert(to, copy);
        }
    }
    items.truncate(40);
}
