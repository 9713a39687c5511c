//! The report of a repair as a person reads it.

use std::fmt::Write as _;

use coder::fix::{FixOutcome, Patch, Report};

use crate::{
    args,
    console::paint::{self, styled},
};

/// Failing tests that are named one by one.
const NAMED_MAX: usize = 6;

/// The whole report.
pub fn report(report: &Report, args: &args::Fix) -> String {
    let mut text = failing(report);
    if let Some(counts) = &report.replayed {
        let _ = writeln!(
            text,
            "replayed: {} of {} verdicts as recorded\n",
            counts.agreeing, counts.trials
        );
    }
    match report.patches.split_first() {
        None => {
            let _ = writeln!(text, "{}", nothing_found(report));
        }
        Some((best, others)) => {
            let _ = writeln!(text, "{}", coloured(&best.diff));
            text += &facts(report, best);
            for (number, other) in others.iter().enumerate() {
                let title = if number == 0 {
                    "runner-up".to_owned()
                } else {
                    format!("number {}", number + 2)
                };
                let title = format!("{title}, confidence {}", percent(other.confidence));
                let _ = write!(
                    text,
                    "\n{}\n{}\n",
                    styled(paint::FAINT, title),
                    coloured(&other.diff)
                );
            }
            text += &next_step(args);
        }
    }
    text
}

/// Why there is no patch, and what may help.
pub fn nothing_found(report: &Report) -> String {
    let flaky = if report.tests.flaky.is_empty() {
        String::new()
    } else {
        format!("\nflaky, so not counted: {}", report.tests.flaky.join(", "))
    };
    if report.outcome == FixOutcome::OnlyHindered {
        let count = report.tests.hindered.len();
        let pass = report.tests.passing_before;
        return format!(
            "{} {count} tests fail for what their box withholds, {pass} pass: there is nothing that a patch could mend{flaky}\n{} name tests that need neither network, devices nor files outside of the project, with `--test`",
            styled(paint::WARN, "not repaired"),
            styled(paint::STRONG, "hint:"),
        );
    }
    if report.outcome == FixOutcome::NoFailingTest {
        return format!(
            "{} {} tests pass: there is nothing to repair{flaky}\n{} write a test that shows the bug, then run `freehold fix` again",
            styled(paint::GOOD, "ok"),
            report.tests.passing_before,
            styled(paint::STRONG, "hint:"),
        );
    }
    let counts = &report.candidates;
    let ending = if counts.exhausted {
        "every candidate was tried"
    } else {
        "the time ran out"
    };
    let near = if counts.plausible > 0 {
        format!(
            " ({} passed in the search but not in a whole run of the tests)",
            counts.plausible
        )
    } else {
        String::new()
    };
    format!(
        "{} no patch found: {ending} after {} candidates in {:.1} s{near}{flaky}\n{} {}",
        styled(paint::WARN, "not repaired"),
        counts.tried,
        report.times.search.as_secs_f64(),
        styled(paint::STRONG, "hint:"),
        if counts.exhausted {
            "the bug may need more than two edits; name the file with `--file`, or add a test that narrows it down"
        } else {
            "give more time with `--budget 5m`, or narrow the search with `--file` and `--test`"
        },
    )
}

fn failing(report: &Report) -> String {
    let tests = &report.tests;
    let mut text = String::new();
    if !tests.hindered.is_empty() {
        let count = styled(paint::WARN, tests.hindered.len());
        let _ = writeln!(
            text,
            "{count} tests fail for what their box withholds, and do not count"
        );
        for test in tests.hindered.iter().take(NAMED_MAX) {
            let words = format!("{}: {}", test.by.words(), test.message);
            let _ = writeln!(text, "  {}  {}", test.name, styled(paint::FAINT, words));
        }
        text.push('\n');
    }
    if tests.failing_before.is_empty() {
        return text;
    }
    let _ = writeln!(
        text,
        "{} of {} tests fail",
        styled(paint::BAD, tests.failing_before.len()),
        tests.total
    );
    for (name, message) in tests.failing_before.iter().take(NAMED_MAX) {
        let _ = writeln!(text, "  {name}  {}", styled(paint::FAINT, message));
    }
    if tests.failing_before.len() > NAMED_MAX {
        let _ = writeln!(
            text,
            "  and {} more",
            tests.failing_before.len() - NAMED_MAX
        );
    }
    text.push('\n');
    text
}

fn facts(report: &Report, best: &Patch) -> String {
    let tests = &report.tests;
    let mut text = format!(
        "{} {} tests failed before, {} pass now · {} candidates tried in {:.2} s · confidence {}\n",
        styled(paint::GOOD, "repaired"),
        tests.failing_before.len(),
        tests.passing_before + tests.failing_before.len(),
        report.candidates.tried,
        report.times.total.as_secs_f64(),
        percent(best.confidence),
    );
    if !tests.flaky.is_empty() {
        let _ = writeln!(text, "flaky, so not counted: {}", tests.flaky.join(", "));
    }
    text
}

fn next_step(args: &args::Fix) -> String {
    let folder = args.dir.display();
    if args.apply {
        format!(
            "\n{} the patch is written; {} takes it back\n",
            styled(paint::GOOD, "applied"),
            styled(paint::TYPED, format!("freehold undo {folder}"))
        )
    } else {
        format!(
            "\nnothing was changed; {} writes the patch\n",
            styled(paint::TYPED, format!("freehold fix {folder} --apply"))
        )
    }
}

fn percent(confidence: f64) -> String {
    format!("{:.0} %", confidence * 100.0)
}

fn coloured(diff: &str) -> String {
    diff.lines()
        .map(|line| {
            let style = match line.as_bytes() {
                [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => paint::STRONG,
                [b'+', ..] => paint::GOOD,
                [b'-', ..] => paint::BAD,
                [b'@', ..] => paint::TYPED,
                _ => return format!("{line}\n"),
            };
            format!("{}\n", styled(style, line))
        })
        .collect()
}
