//! Markdown as it comes, drawn for a terminal.
//!
//! A model writes a few characters at a time, and a reader wants to see them at once. So nothing waits for
//! the end of a paragraph: a line is held until it is known what kind it is, a word until it ends, a table
//! until its last row. What is not understood is shown as it was written. Control characters are dropped,
//! so that no answer can move the cursor or set a title.

mod aside;
mod inline;
mod page;
mod table;

pub use aside::Aside;
use inline::Inline;
use page::Page;
use table::Table;

use crate::console::paint;

/// Draws Markdown in pieces.
pub struct Markdown {
    page: Page,
    inline: Inline,
    block: Block,
    /// The beginning of a line, until its kind is known.
    start: String,
    /// Lines without anything, not drawn before something follows.
    is_after_blank: bool,
    has_drawn: bool,
}

/// Which kind of line the next character belongs to.
#[derive(Debug, PartialEq, Eq)]
enum Block {
    /// Not known yet.
    Start,
    /// Words.
    Text,
    /// Between fences of this mark and length; the fence's own line may go on.
    Code { fence: String, line: String },
    /// The rest of the line that opens a fence.
    Language { fence: String, name: String },
    /// Rows.
    Table { table: Table, line: String },
}

impl Markdown {
    /// For a terminal of `width` columns.
    pub fn new(width: usize) -> Self {
        Self {
            page: Page::new(width),
            inline: Inline::default(),
            block: Block::Start,
            start: String::new(),
            is_after_blank: false,
            has_drawn: false,
        }
    }

    /// Takes in what came, and returns what can be drawn.
    pub fn push(&mut self, text: &str) -> String {
        for c in text.chars() {
            if c == '\n' || c == '\t' || !c.is_control() {
                self.read(c);
            }
        }
        self.page.take()
    }

    /// Draws what was held back; the cursor stands at the beginning of a line afterwards.
    pub fn finish(mut self) -> String {
        match std::mem::replace(&mut self.block, Block::Start) {
            Block::Start if self.start.is_empty() => {}
            Block::Text => self.end_text(),
            Block::Start => {
                let start = std::mem::take(&mut self.start);
                self.classify(&start, true);
                if self.block == Block::Text {
                    self.end_text();
                }
            }
            Block::Code { line, .. } if line.is_empty() => {}
            Block::Code { line, .. } => self.page.verbatim(&line),
            Block::Language { .. } => {}
            Block::Table { mut table, line } => {
                table.push(&line);
                self.page.hold(table);
            }
        }
        self.inline.end_block(&mut self.page);
        if let Some(table) = self.page.held() {
            table.draw(&mut self.page);
        }
        self.page.end_line();
        self.page.take()
    }

    fn read(&mut self, c: char) {
        match &mut self.block {
            Block::Start if c == '\n' => {
                let start = std::mem::take(&mut self.start);
                self.classify(&start, true);
                match self.block {
                    Block::Text => self.end_text(),
                    Block::Language { .. } => self.read(c),
                    _ => {}
                }
            }
            Block::Start => {
                self.start.push(c);
                let start = std::mem::take(&mut self.start);
                self.classify(&start, false);
            }
            Block::Text if c == '\n' => self.end_text(),
            Block::Text => self.inline.push(c, &mut self.page),
            Block::Language { fence, name } if c == '\n' => {
                let (fence, name) = (std::mem::take(fence), std::mem::take(name));
                self.page.label(name.trim());
                let line = String::new();
                self.block = Block::Code { fence, line };
            }
            Block::Language { name, .. } => name.push(c),
            Block::Code { fence, line } if c == '\n' => {
                let is_end = line.trim().starts_with(&**fence)
                    && line.trim().trim_start_matches(['`', '~']).is_empty();
                let line = std::mem::take(line);
                match is_end {
                    true => {
                        self.block = Block::Start;
                        self.is_after_blank = true;
                    }
                    false => self.page.verbatim(&line),
                }
            }
            Block::Code { line, .. } => line.push(c),
            Block::Table { table, line } if c == '\n' => {
                table.push(&std::mem::take(line));
                let table = std::mem::take(table);
                // The next line tells whether the table goes on.
                self.block = Block::Start;
                self.start = String::new();
                self.page.hold(table);
            }
            Block::Table { line, .. } => line.push(c),
        }
    }

    /// Decides what a line is by its beginning. `is_whole` says that nothing follows.
    fn classify(&mut self, start: &str, is_whole: bool) {
        let kind = Kind::of(start, is_whole);
        if kind == Kind::Unknown {
            start.clone_into(&mut self.start);
            return;
        }
        if let Some(table) = self.page.held() {
            if kind == Kind::Row {
                let line = start.to_owned();
                self.block = Block::Table { table, line };
                if is_whole {
                    self.read('\n');
                }
                return;
            }
            self.gap();
            table.draw(&mut self.page);
            self.is_after_blank = true;
        }
        self.open(kind, start, is_whole);
    }

    /// Begins a line of that kind.
    fn open(&mut self, kind: Kind, start: &str, is_whole: bool) {
        match kind {
            Kind::Unknown => {}
            Kind::Blank => {
                self.is_after_blank = true;
                self.inline.end_block(&mut self.page);
                self.page.end_line();
            }
            Kind::Rule => {
                self.gap();
                self.page.rule();
            }
            Kind::Fence(fence) => {
                self.gap();
                let name = start.trim_start()[fence.len()..].to_owned();
                self.block = Block::Language { fence, name };
            }
            Kind::Row => {
                let (table, line) = (Table::default(), start.to_owned());
                self.block = Block::Table { table, line };
                if is_whole {
                    self.read('\n');
                }
            }
            Kind::Heading(rest) => {
                self.is_after_blank = self.has_drawn;
                self.gap();
                self.inline.heading(&mut self.page);
                self.text(rest);
            }
            Kind::Item { indent, mark, rest } => {
                self.gap();
                self.page.item(indent, mark);
                self.text(rest);
            }
            Kind::Quote(rest) => {
                self.gap();
                self.page.quote();
                self.text(rest);
            }
            Kind::Words => {
                let goes_on = self.page.is_inside_line() && !self.is_after_blank;
                if goes_on {
                    // A line break inside a paragraph is a space.
                    self.inline.push(' ', &mut self.page);
                } else {
                    self.gap();
                    self.page.paragraph(start.len() - start.trim_start().len());
                }
                self.text(start.trim_start());
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.block = Block::Text;
        for c in text.chars() {
            self.inline.push(c, &mut self.page);
        }
    }

    /// A line of words has ended; the paragraph may go on.
    fn end_text(&mut self) {
        self.block = Block::Start;
        if self.inline.ends_with_line(&mut self.page) {
            self.page.end_line();
        }
    }

    /// Begins a new line, after an empty one where there was one.
    fn gap(&mut self) {
        self.inline.end_block(&mut self.page);
        self.page.end_line();
        if std::mem::take(&mut self.is_after_blank) && self.has_drawn {
            self.page.blank();
        }
        self.has_drawn = true;
    }
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
enum Kind<'a> {
    /// More of it must be seen.
    Unknown,
    Blank,
    Words,
    Heading(&'a str),
    Item {
        indent: usize,
        mark: String,
        rest: &'a str,
    },
    Quote(&'a str),
    Rule,
    Fence(String),
    Row,
}

impl<'a> Kind<'a> {
    fn of(line: &'a str, is_whole: bool) -> Self {
        let body = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - body.len();
        let Some(first) = body.chars().next() else {
            return if is_whole { Self::Blank } else { Self::Unknown };
        };
        let run = body.len() - body.trim_start_matches(first).len();
        let rest = &body[run..];
        match first {
            '#' if rest.is_empty() && !is_whole => Self::Unknown,
            '#' if run <= 6 && rest.starts_with(' ') => Self::Heading(rest.trim_start()),
            '>' if body.len() == 1 && !is_whole => Self::Unknown,
            '>' => Self::Quote(body[1..].strip_prefix(' ').unwrap_or(&body[1..])),
            '|' => Self::Row,
            '`' | '~' if rest.is_empty() && !is_whole => Self::Unknown,
            '`' | '~' if run >= 3 => Self::Fence(body[..run].to_owned()),
            '-' | '*' | '_' | '+' => Self::of_dashes(body, indent, is_whole),
            '0'..='9' => Self::of_number(body, indent, is_whole),
            _ => Self::Words,
        }
    }

    /// A rule, an item or words.
    fn of_dashes(body: &'a str, indent: usize, is_whole: bool) -> Self {
        let first = &body[..1];
        let marks = body.matches(first).count();
        let is_rule = body.chars().all(|c| first.starts_with(c) || c == ' ') && first != "+";
        if is_rule && !is_whole {
            return Self::Unknown;
        }
        if is_rule && marks >= 3 {
            return Self::Rule;
        }
        let rest = &body[1..];
        let is_item = first != "_" && (rest.starts_with(' ') || (rest.is_empty() && is_whole));
        match (is_item, rest.is_empty() && !is_whole) {
            (true, _) => Self::Item {
                indent,
                mark: "•".to_owned(),
                rest: rest.trim_start(),
            },
            (false, true) => Self::Unknown,
            (false, false) => Self::Words,
        }
    }

    /// An item with a number, or words.
    fn of_number(body: &'a str, indent: usize, is_whole: bool) -> Self {
        let rest = body.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = body.len() - rest.len();
        let mut after = rest.chars();
        match (after.next(), after.next()) {
            _ if digits > 9 => Self::Words,
            (None, _) | (Some('.' | ')'), None) if !is_whole => Self::Unknown,
            (Some('.' | ')'), Some(' ')) => Self::Item {
                indent,
                mark: body[..=digits].to_owned(),
                rest: rest[1..].trim_start(),
            },
            _ => Self::Words,
        }
    }
}

/// The style of code.
const CODE: anstyle::Style = paint::TYPED;

#[cfg(test)]
mod tests;
