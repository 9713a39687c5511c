//! Rows whose columns stand below each other.

use unicode_width::UnicodeWidthStr as _;

use super::page::Page;
use crate::console::paint;

/// Rows that came so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Vec<String>>,
    has_head: bool,
}

impl Table {
    /// Takes in a line such as `| a | b |`.
    pub fn push(&mut self, line: &str) {
        let line = line.trim();
        let line = line.strip_prefix('|').unwrap_or(line);
        let line = line.strip_suffix('|').unwrap_or(line);
        let cells: Vec<String> = cells(line);
        let is_rule = cells
            .iter()
            .all(|cell| cell.contains('-') && cell.chars().all(|c| "-: ".contains(c)));
        match is_rule && self.rows.len() == 1 {
            true => self.has_head = true,
            false => self.rows.push(cells),
        }
    }

    /// Draws all rows.
    pub fn draw(self, page: &mut Page) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        let total: usize = widths.iter().sum::<usize>() + 3 * columns.saturating_sub(1);
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, width)| {
                let pad = match total <= page.width() {
                    true => " ".repeat(width - cell.width()),
                    // What is too wide is left to the terminal to wrap.
                    false => String::new(),
                };
                match number == 0 && self.has_head {
                    true => format!("{}{pad}", paint::styled(paint::STRONG, cell)),
                    false => format!("{cell}{pad}"),
                }
            });
            let bar = paint::styled(paint::FAINT, " │ ");
            page.line(cells.collect::<Vec<_>>().join(&bar).trim_end());
            if number == 0 && self.has_head {
                let rule = "─".repeat(total.min(page.width()));
                page.line(&paint::styled(paint::FAINT, rule));
            }
        }
    }
}

/// The cells of a row, without the signs that would style them.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let kept = match c {
            '\\' if next == Some('|') => chars.next(),
            '*' if next == Some('*') => {
                chars.next();
                None
            }
            '`' => None,
            '|' => {
                cells.push(String::new());
                None
            }
            other => Some(other),
        };
        if let Some(cell) = cells.last_mut() {
            cell.extend(kept);
        }
    }
    let cells = cells.into_iter();
    cells.map(|cell| cell.trim().to_owned()).collect()
}
