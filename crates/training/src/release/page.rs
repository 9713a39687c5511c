//! Pages of Markdown.

use std::fmt::Write as _;

/// What stands where nobody said anything.
pub(super) const UNKNOWN: &str = "Not stated.";

/// A page that grows.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    pub fn heading(&mut self, level: usize, text: &str) {
        let space = if self.0.is_empty() { "" } else { "\n" };
        self.add(&format!("{space}{} {text}\n\n", "#".repeat(level)));
    }

    /// A paragraph of its own.
    pub fn say(&mut self, text: &str) {
        let space = match self.0.is_empty() || self.0.ends_with("\n\n") {
            true => "",
            false => "\n",
        };
        self.add(&format!("{space}{}\n", text.trim_end()));
    }

    /// A paragraph that somebody may have written.
    pub fn say_if(&mut self, text: Option<&str>) {
        self.say(text.unwrap_or(UNKNOWN));
    }

    pub fn listing(&mut self, language: &str, text: &str) {
        self.say(&format!("```{language}\n{}\n```", text.trim_end()));
    }

    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
        let mut text = line(&head) + &line(&vec!["---".to_owned(); head.len()]);
        for row in rows {
            let row: Vec<String> = row.iter().map(|text| cell(text)).collect();
            text += &line(&row);
        }
        self.say(&text);
    }

    /// A table of two columns without a head of its own.
    pub fn facts(&mut self, rows: &[(&str, String)]) {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|(name, value)| vec![(*name).to_owned(), value.clone()])
            .collect();
        self.table(&["", ""], &rows);
    }

    pub fn add(&mut self, text: &str) {
        write!(self.0, "{text}").expect("a text grows");
    }

    pub fn text(self) -> String {
        self.0
    }
}

/// In a cell of a table, on one line.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|")
}

/// A count as people read it: `12,345`.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A length of time as people read it.
pub(super) fn time(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match minutes {
        0 => format!("{seconds:.0} s"),
        1..60 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_times_are_written_as_people_read_them() {
        let counts = [0, 999, 1_000, 12_345, 1_234_567].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "12,345", "1,234,567"]);
        let times = [1.0, 90.0, 3_540.0, 3_600.0, 7_380.0].map(time);
        assert_eq!(times, ["1 s", "2 min", "59 min", "1 h 0 min", "2 h 3 min"]);
    }

    #[test]
    fn what_others_wrote_does_not_break_a_table() {
        let mut page = Page::default();
        page.heading(1, "a");
        page.table(&["x", "y"], &[vec!["a|b".to_owned(), "c\nd".to_owned()]]);
        assert_eq!(
            page.text(),
            "# a\n\n| x | y |\n| --- | --- |\n| a\\|b | c d |\n"
        );
    }
}
