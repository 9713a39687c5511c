//! Markdown tables, and the percentiles that stand in them.

use std::{fmt, time::Duration};

/// A Markdown table whose columns align in plain text too.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self {
            rows: vec![headings.map(str::to_owned).to_vec()],
        }
    }

    /// Adds a row; it has as many cells as there are headings.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        assert_eq!(N, self.rows[0].len(), "a row has a cell for each heading");
        self.rows
            .push(cells.map(|cell| cell.replace('|', "\\|")).to_vec());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = 0..self.rows[0].len();
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0).max(3)
        };
        let widths: Vec<usize> = columns.map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                write!(out, "| {cell:width$} ")?;
            }
            writeln!(out, "|")?;
            if index == 0 {
                let rules = widths
                    .iter()
                    .map(|width| format!("|{}", "-".repeat(width + 2)));
                writeln!(out, "{}|", rules.collect::<String>())?;
            }
        }
        Ok(())
    }
}

/// The smallest of `sorted` that at least `percent` in a hundred do not exceed (nearest rank).
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    assert!(
        sorted.is_sorted() && !sorted.is_empty(),
        "percentiles need sorted values"
    );
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

/// `duration` in milliseconds, as it stands in a table.
pub fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_bars_are_escaped() {
        let mut table = Table::new(["what", "p50"]);
        table.row(["a|b".to_owned(), "1.0 ms".to_owned()]);
        assert_eq!(
            table.to_string(),
            "| what | p50    |\n|------|--------|\n| a\\|b | 1.0 ms |\n"
        );
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<Duration> = (1..=10).map(Duration::from_millis).collect();
        let at = |percent| percentile(&sorted, percent).as_millis();
        assert_eq!((at(0), at(50), at(51), at(99), at(100)), (1, 5, 6, 10, 10));
    }
}
