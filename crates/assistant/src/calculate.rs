//! Sums and units, by fend.

use std::time::{Duration, Instant};

use fend_core::{Context, Interrupt, evaluate_with_interrupt};

/// How long a sum may take; sums that people ask for take microseconds.
const PATIENCE: Duration = Duration::from_millis(300);

/// Characters of an expression at most.
const LENGTH_MAX: usize = 500;

/// Ends what takes too long.
struct Until(Instant);

impl Interrupt for Until {
    fn should_interrupt(&self) -> bool {
        Instant::now() > self.0
    }
}

/// An expression with what it comes to.
pub(crate) fn calculate(expression: &str) -> String {
    match evaluate(expression) {
        Some(result) => format!("{expression} = {result}"),
        None => format!("`{expression}` cannot be computed"),
    }
}

/// A quantity in another unit.
pub(crate) fn convert(amount: f64, from: &str, to: &str) -> String {
    let is_unit = |unit: &&str| {
        let is_plain = |c: char| c.is_alphanumeric() || " /^-°µ$€£%".contains(c);
        !unit.trim().is_empty() && unit.chars().all(is_plain)
    };
    let are_units = [from, to].iter().all(is_unit);
    let rounded = |places: &str| {
        let asked = format!("({amount} {from}) to {to} to {places}");
        are_units.then(|| evaluate(&asked))?
    };
    let number = |result: &str| result.split(' ').next()?.parse::<f64>().ok();
    let result = match rounded("4 dp") {
        // What is small has its figures further behind.
        Some(result) if number(&result).is_some_and(|number| number.abs() < 1.0) => rounded("5 sf"),
        result => result,
    };
    // What is the same unit by another name is answered in the words that were asked for.
    let number = result
        .as_deref()
        .and_then(|result| result.split(' ').next().map(str::to_owned));
    match number {
        Some(number) => format!("{amount} {from} = {} {to}", short(&number)),
        None => format!("`{from}` cannot be converted into `{to}`"),
    }
}

fn evaluate(expression: &str) -> Option<String> {
    if expression.trim().is_empty() || expression.len() > LENGTH_MAX {
        return None;
    }
    let mut context = Context::new();
    let until = Until(Instant::now() + PATIENCE);
    let result = evaluate_with_interrupt(expression, &mut context, &until).ok()?;
    let text = result
        .get_main_result()
        .trim_start_matches("approx. ")
        .to_owned();
    (!text.is_empty()).then_some(text)
}

/// Without zeros at the end of a fraction.
fn short(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}
