//! Rows of a repair benchmark, their sums, and how both are shown.

use std::fmt::Write as _;

use anyhow::Result;
use serde::Serialize;

use super::fix::{Answer, Patch, Report};
use crate::bench::table::Table;

/// What a patch is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// It behaves as the reference on every held-out input.
    Same,
    /// It differs from the reference only where the documentation leaves the choice.
    Allowed,
    /// It passes the tests that the search saw and is wrong.
    No,
    /// It was presented as a repair and does not even pass those tests.
    Implausible,
}

/// What a patch is worth, and the fact that shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub right: Right,
    /// Why it is not the same as the reference.
    pub detail: Option<String>,
}

/// One bug and what the search made of it.
#[derive(Debug, Serialize)]
pub struct Row {
    pub name: String,
    /// How many places the bug is made of.
    pub edits: usize,
    /// Of the first patch; none without a patch.
    pub right: Option<Right>,
    /// Of the second patch.
    pub runner_up_right: Option<Right>,
    pub wall_ms: f64,
    pub tried: u64,
    pub survivors: u64,
    pub timeouts: u64,
    pub per_second_per_core: f64,
    pub confidence: Option<f64>,
    pub operators: Vec<String>,
    pub patch: Option<String>,
    pub runner_up: Option<String>,
    /// Why the first patch is wrong, or why there is none.
    pub note: Option<String>,
}

impl Judgement {
    /// A patch that behaves as the reference.
    pub fn same() -> Self {
        Self {
            right: Right::Same,
            detail: None,
        }
    }

    /// A patch that passes the tests and is wrong.
    pub fn wrong(detail: String) -> Self {
        Self {
            right: Right::No,
            detail: Some(detail),
        }
    }

    /// A patch that does not pass the tests.
    pub fn implausible(detail: String) -> Self {
        Self {
            right: Right::Implausible,
            detail: Some(detail),
        }
    }
}

impl Row {
    /// Has `judge` look at the first two patches of `answer`.
    pub fn of(
        name: &str,
        edits: usize,
        answer: Answer,
        mut judge: impl FnMut(&Patch) -> Result<Judgement>,
    ) -> Result<Self> {
        let (report, problem) = match answer.report {
            Ok(report) => (report, None),
            Err(reason) => (Report::default(), Some(reason)),
        };
        let mut patches = report.patches.iter();
        let (first, second) = (patches.next(), patches.next());
        let judged = first.map(&mut judge).transpose()?;
        let runner_up = second.map(&mut judge).transpose()?;
        let note = match &judged {
            Some(judgement) => judgement.detail.clone(),
            None => problem.or(Some(format!("no patch: {}", report.outcome))),
        };
        Ok(Self {
            name: name.into(),
            edits,
            right: judged.map(|judgement| judgement.right),
            runner_up_right: runner_up.map(|judgement| judgement.right),
            wall_ms: answer.wall.as_secs_f64() * 1000.0,
            tried: report.candidates.tried,
            survivors: report.candidates.plausible,
            timeouts: report.candidates.timeouts,
            per_second_per_core: report.candidates.per_second_per_core,
            confidence: first.map(|patch| patch.confidence),
            operators: first
                .map(|patch| patch.operators.clone())
                .unwrap_or_default(),
            patch: first.map(|patch| patch.diff.clone()),
            runner_up: second.map(|patch| patch.diff.clone()),
            note,
        })
    }

    /// Whether there is a patch that passes the tests that the search saw.
    pub fn is_plausible(&self) -> bool {
        self.right.is_some_and(|right| right != Right::Implausible)
    }

    /// Whether the first patch is right.
    pub fn is_right(&self) -> bool {
        matches!(self.right, Some(Right::Same | Right::Allowed))
    }

    /// The cell of the column `right`.
    pub fn verdict(&self) -> &'static str {
        match (self.right, self.runner_up_right) {
            (Some(Right::Same), _) => "yes",
            (Some(Right::Allowed), _) => "yes, by its documentation",
            (Some(Right::No), Some(Right::Same | Right::Allowed)) => "no, the runner-up is",
            (Some(Right::No | Right::Implausible), _) => "no",
            (None, _) => "–",
        }
    }
}

/// The sums under the table.
#[derive(Debug, PartialEq, Serialize)]
pub struct Summary {
    pub bugs: usize,
    pub plausible: usize,
    pub right: usize,
    /// Over the bugs that got a plausible patch, and over all.
    pub median_plausible_ms: f64,
    pub median_all_ms: f64,
    /// Over the bugs for which something was tried.
    pub median_per_second_per_core: f64,
    /// All runs of `freehold fix` one after the other.
    pub whole_s: f64,
}

impl Summary {
    /// Sums the rows up.
    pub fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Self {
        let rows: Vec<&Row> = rows.collect();
        let plausible = rows.iter().filter(|row| row.is_plausible());
        let tried = rows.iter().filter(|row| row.tried > 0);
        Self {
            bugs: rows.len(),
            plausible: plausible.clone().count(),
            right: rows.iter().filter(|row| row.is_right()).count(),
            median_plausible_ms: median(plausible.map(|row| row.wall_ms).collect()),
            median_all_ms: median(rows.iter().map(|row| row.wall_ms).collect()),
            median_per_second_per_core: median(tried.map(|row| row.per_second_per_core).collect()),
            whole_s: rows.iter().map(|row| row.wall_ms).sum::<f64>() / 1000.0,
        }
    }

    /// One paragraph of Markdown.
    pub fn line(&self, label: &str) -> String {
        format!(
            "**{label}**: plausible {}/{}; first patch right {}/{}; median {:.0} ms ({:.0} ms with the bugs \
             that got no patch); median {:.0} candidates/s/core; whole run {:.1} s.\n",
            self.plausible,
            self.bugs,
            self.right,
            self.bugs,
            self.median_plausible_ms,
            self.median_all_ms,
            self.median_per_second_per_core,
            self.whole_s,
        )
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => 0.0,
        length if length % 2 == 1 => numbers[middle],
        _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
    }
}

/// The rows as a Markdown table, and a list of what failed and why.
pub fn markdown(rows: &[Row]) -> String {
    let mut table = Table::new([
        "bug",
        "edits",
        "plausible",
        "right",
        "ms",
        "candidates",
        "cand/s/core",
    ]);
    for row in rows {
        table.row([
            row.name.clone(),
            row.edits.to_string(),
            if row.is_plausible() { "yes" } else { "no" }.to_owned(),
            row.verdict().to_owned(),
            format!("{:.0}", row.wall_ms),
            row.tried.to_string(),
            format!("{:.0}", row.per_second_per_core),
        ]);
    }
    let mut text = table.to_string();
    let unfixed = |row: &&Row| row.note.as_deref() == Some("no patch: not_fixed");
    let none: Vec<&str> = rows
        .iter()
        .filter(unfixed)
        .map(|row| row.name.as_str())
        .collect();
    // Writing to a string cannot fail.
    if !none.is_empty() {
        let _ = write!(text, "\nNo patch: {}.\n", none.join(", "));
    }
    for row in rows.iter().filter(|row| !row.is_right() && !unfixed(row)) {
        let _ = write!(
            text,
            "\n- {}: {}",
            row.name,
            row.note.as_deref().unwrap_or_default()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(report: &str, wall_ms: u64) -> Answer {
        let report = serde_json::from_str(report).map_err(|error| error.to_string());
        Answer {
            wall: Duration::from_millis(wall_ms),
            report,
        }
    }

    fn row(name: &str, right: Option<Right>, wall_ms: u64, rate: f64) -> Row {
        let patches = if right.is_some() {
            r#"{"files": []}"#
        } else {
            ""
        };
        let report = format!(
            r#"{{"outcome": "not_fixed", "patches": [{patches}],
                 "candidates": {{"tried": 10, "per_second_per_core": {rate}}}}}"#
        );
        let judgement = |_: &Patch| {
            Ok(Judgement {
                right: right.unwrap(),
                detail: None,
            })
        };
        Row::of(name, 1, answer(&report, wall_ms), judgement).unwrap()
    }

    #[test]
    fn sums_count_right_patches_and_take_medians() {
        let rows = [
            row("a", Some(Right::Same), 100, 900.0),
            row("b", Some(Right::No), 300, 700.0),
            row("c", Some(Right::Allowed), 200, 500.0),
            row("d", Some(Right::Implausible), 400, 500.0),
            row("e", None, 60_000, 100.0),
        ];
        let expected = Summary {
            bugs: 5,
            plausible: 3,
            right: 2,
            median_plausible_ms: 200.0,
            median_all_ms: 300.0,
            median_per_second_per_core: 500.0,
            whole_s: 61.0,
        };
        assert_eq!(Summary::of(rows.iter()), expected);
    }

    #[test]
    fn the_table_has_a_line_a_bug_and_a_reason_a_failure() {
        let rows = [
            row("a", Some(Right::Same), 100, 900.0),
            row("d", None, 60_000, 100.0),
        ];
        let text = markdown(&rows);
        assert!(
            text.contains("| a   | 1     | yes       | yes   | 100   | 10"),
            "{text}"
        );
        assert!(text.ends_with("\nNo patch: d.\n"), "{text}");
    }

    #[test]
    fn the_first_two_patches_are_judged() {
        let patch = |diff: &str| {
            format!(
                r#"{{"diff": "{diff}", "confidence": 0.5, "operators": ["swap"], "files": []}}"#
            )
        };
        let text = format!(
            r#"{{"outcome": "fixed", "patches": [{}, {}]}}"#,
            patch("bad"),
            patch("good")
        );
        let row = Row::of("a", 1, answer(&text, 1), |patch| {
            let good = patch.diff == "good";
            Ok(if good {
                Judgement::same()
            } else {
                Judgement::wrong("f(1)".into())
            })
        })
        .unwrap();
        assert_eq!(
            (row.right, row.runner_up_right),
            (Some(Right::No), Some(Right::Same))
        );
        assert_eq!(
            (row.note.as_deref(), row.verdict()),
            (Some("f(1)"), "no, the runner-up is")
        );
        assert!(row.is_plausible() && !row.is_right());
    }

    #[test]
    fn an_answer_without_a_report_is_a_row_with_the_reason() {
        let row = Row::of("a", 1, answer("Segmentation fault", 7), |_| unreachable!()).unwrap();
        assert!(!row.is_plausible() && row.note.is_some() && row.wall_ms == 7.0);
    }
}
