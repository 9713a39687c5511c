//! What `doctor` has found, as lines for people and as JSON for scripts.

use serde_json::{Value, json};

use crate::console::paint::{self, styled};

/// Where lines break; what is found is shorter, fixes may not be.
const LINE_WIDTH: usize = 100;

/// Everything found, in reading order.
#[derive(Debug)]
pub struct Report {
    /// Sections with their titles.
    pub sections: Vec<Section>,
}

/// Lines that belong together.
#[derive(Debug)]
pub struct Section {
    /// One word, also the key in JSON.
    pub title: &'static str,
    /// In reading order.
    pub lines: Vec<Line>,
}

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub value: String,
    /// What would mend it.
    pub fix: Option<String>,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Neither good nor bad.
    Plain,
    /// There, and enough.
    Good,
    /// Not there, and something does without it.
    Partial,
    /// Not there, and needed.
    Missing,
}

impl Line {
    /// A line with nothing to mend.
    pub fn new(name: impl Into<String>, state: State, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            state,
            value: value.into(),
            fix: None,
        }
    }

    /// Adds what would mend it.
    pub fn fix(self, fix: impl Into<String>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..self
        }
    }
}

impl Report {
    /// Drops the lines of commands that this build does not have.
    pub fn keep_commands(&mut self, known: &clap::Command) {
        let commands = self
            .sections
            .iter_mut()
            .filter(|section| section.title == "commands");
        for section in commands {
            section.lines.retain(|line| {
                let verb = line.name.split([',', ' ']).next().unwrap_or_default();
                known.find_subcommand(verb).is_some()
            });
        }
        self.sections.retain(|section| !section.lines.is_empty());
    }

    /// Whether nothing that was looked at is missing.
    pub fn is_flawless(&self) -> bool {
        let mut lines = self.sections.iter().flat_map(|section| &section.lines);
        lines.all(|line| line.state != State::Missing)
    }

    /// For people: aligned, coloured, each fix below what it mends.
    pub fn text(&self) -> String {
        let lines = self.sections.iter().flat_map(|section| &section.lines);
        let width = lines
            .map(|line| line.name.chars().count())
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        for Section { title, lines } in &self.sections {
            text += &format!("{}\n", styled(paint::STRONG, title));
            for Line {
                name,
                state,
                value,
                fix,
            } in lines
            {
                let mark = state.mark();
                let line = format!("  {mark} {name:width$}  {value}");
                text += &format!("{}\n", line.trim_end());
                let label = styled(paint::FAINT, "fix:");
                for fix in fix.iter().flat_map(|fix| fix.lines()) {
                    let indent = width + 6;
                    let lines = wrapped(fix, LINE_WIDTH.saturating_sub(indent + 5));
                    text += &format!(
                        "{:indent$}{label} {}\n",
                        "",
                        lines.join(&format!("\n{:1$}", "", indent + 5))
                    );
                }
            }
            text.push('\n');
        }
        text
    }

    /// For scripts: a list of lines under each title.
    pub fn json(&self) -> Value {
        let sections = self.sections.iter().map(|Section { title, lines }| {
            let lines = lines.iter().map(
                |Line {
                     name,
                     state,
                     value,
                     fix,
                 }| {
                    json!({ "name": name, "state": state.word(), "value": value, "fix": fix })
                },
            );
            ((*title).to_owned(), lines.collect())
        });
        Value::Object(sections.collect())
    }
}

/// `text` broken between words into lines of `width` characters at most; a longer word stands alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

impl State {
    fn mark(self) -> String {
        match self {
            Self::Plain => " ".to_owned(),
            Self::Good => styled(paint::GOOD, "✓"),
            Self::Partial => styled(paint::WARN, "!"),
            Self::Missing => styled(paint::BAD, "✗"),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Partial => "partial",
            Self::Missing => "missing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("abcdef g", 3), ["abcdef", "g"]);
        assert_eq!(wrapped("", 3), [""; 0]);
    }
}
