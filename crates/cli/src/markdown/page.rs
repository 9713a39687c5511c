//! Lines of words, wrapped at the width of the terminal.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{CODE, table::Table};
use crate::console::paint;

/// Narrower terminals are left to wrap by themselves.
const WIDTH_LEAST: usize = 20;

/// Longer lines are hard to read.
const WIDTH_MOST: usize = 100;

/// What will be drawn next.
#[derive(Debug, Default)]
pub struct Page {
    out: String,
    width: usize,
    /// Columns of the current line that are taken.
    column: usize,
    /// What further lines of the block begin with, and how wide that is.
    margin: (String, usize),
    /// The word that is being written, with its styles, and how wide it is.
    word: (String, usize),
    /// Whether a space stands before the word.
    has_space: bool,
    /// The style of the current character.
    style: Style,
    /// A table that may go on with the next line.
    table: Option<Table>,
}

impl Page {
    pub fn new(width: usize) -> Self {
        Self {
            width: width.clamp(WIDTH_LEAST, WIDTH_MOST),
            ..Self::default()
        }
    }

    /// What can be drawn now.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn is_inside_line(&self) -> bool {
        self.column > self.margin.1 || self.word.1 > 0
    }

    /// A character of a word, or the space between two.
    pub fn push(&mut self, c: char, style: Style) {
        if c == ' ' || c == '\t' {
            self.end_word();
            self.has_space = self.column > self.margin.1;
            return;
        }
        if style != self.style {
            self.change(style);
        }
        self.word.0.push(c);
        self.word.1 += c.width().unwrap_or(0);
        // A word longer than a line is broken.
        if self.margin.1 + self.word.1 >= self.width {
            self.end_word();
        }
    }

    /// A character of code, in which every space counts.
    pub fn push_code(&mut self, c: char) {
        match c {
            ' ' if self.word.1 > 0 || self.has_space => {
                self.end_word();
                self.has_space = true;
            }
            c => self.push(c, CODE),
        }
    }

    fn change(&mut self, style: Style) {
        if self.style != Style::new() {
            self.word.0 += "\x1b[0m";
        }
        self.word.0 += &style.render().to_string();
        self.style = style;
    }

    fn end_word(&mut self) {
        let (word, width) = std::mem::take(&mut self.word);
        if width == 0 {
            self.out += &word;
            return;
        }
        let space = usize::from(self.has_space);
        if self.column + space + width > self.width && self.column > self.margin.1 {
            self.out.push('\n');
            self.out += &self.margin.0;
            self.column = self.margin.1;
        } else if self.has_space {
            self.out.push(' ');
            self.column += 1;
        }
        self.has_space = false;
        self.out += &word;
        self.column += width;
    }

    /// Ends the line if something stands in it, and the block.
    pub fn end_line(&mut self) {
        if self.style != Style::new() {
            self.change(Style::new());
        }
        self.end_word();
        if self.column > 0 {
            self.out.push('\n');
        }
        self.column = 0;
        self.has_space = false;
        self.margin = (String::new(), 0);
    }

    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    pub fn paragraph(&mut self, indent: usize) {
        // What belongs to an item is indented as it is.
        self.begin("", " ".repeat(indent.min(self.width / 2)));
    }

    pub fn item(&mut self, indent: usize, mark: String) {
        let before = " ".repeat(indent.min(self.width / 2));
        let margin = format!("{before}{} ", " ".repeat(mark.width()));
        let mark = paint::styled(paint::TYPED, mark);
        self.out += &format!("{before}{mark} ");
        self.column = margin.width();
        self.margin = (margin.clone(), margin.width());
    }

    pub fn quote(&mut self) {
        let bar = paint::styled(paint::FAINT, "│ ");
        self.out += &bar;
        self.column = 2;
        self.margin = (bar, 2);
    }

    fn begin(&mut self, mark: &str, margin: String) {
        self.out += &margin;
        self.out += mark;
        self.column = margin.width();
        let width = margin.width();
        self.margin = (margin, width);
    }

    pub fn rule(&mut self) {
        let line = "─".repeat(self.width.min(40));
        self.out += &format!("{}\n", paint::styled(paint::FAINT, line));
    }

    /// The language of a block of code.
    pub fn label(&mut self, name: &str) {
        if !name.is_empty() {
            self.out += &format!("  {}\n", paint::styled(paint::FAINT, name));
        }
    }

    /// A line of code as it is.
    pub fn verbatim(&mut self, line: &str) {
        self.out += &format!("  {}\n", paint::styled(CODE, line));
    }

    /// A line that is laid out already.
    pub fn line(&mut self, line: &str) {
        self.out += line;
        self.out.push('\n');
    }

    /// Keeps a table until it is known whether it goes on.
    pub fn hold(&mut self, table: Table) {
        self.table = Some(table);
    }

    /// The table that was kept.
    pub fn held(&mut self) -> Option<Table> {
        self.table.take()
    }
}
