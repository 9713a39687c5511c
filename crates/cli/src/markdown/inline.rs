//! Emphasis, code and links inside a paragraph.

use anstyle::Style;

use super::{CODE, page::Page};
use crate::console::paint;

/// The longest text or address of a link that is waited for, in bytes.
const LINK_MAX: usize = 400;

/// What is open where the paragraph stands.
#[derive(Debug, Default)]
pub struct Inline {
    is_strong: bool,
    is_slanted: bool,
    is_struck: bool,
    is_heading: bool,
    /// How many backticks opened code.
    code: Option<usize>,
    /// Marks of one kind that came last, whose meaning the next character tells.
    run: Option<(char, usize)>,
    before_run: Option<char>,
    /// The character before.
    last: Option<char>,
    is_escaped: bool,
    /// What may become a link.
    link: String,
    /// Spaces at the end of a line; two break it.
    spaces: usize,
}

impl Inline {
    /// All that follows in this block is a heading.
    pub fn heading(&mut self, page: &mut Page) {
        self.end_block(page);
        self.is_heading = true;
    }

    /// Takes in a character of the block.
    pub fn push(&mut self, c: char, page: &mut Page) {
        self.spaces = if c == ' ' { self.spaces + 1 } else { 0 };
        if !self.link.is_empty() {
            self.push_link(c, page);
        } else if self.is_escaped {
            self.is_escaped = false;
            if !c.is_ascii_punctuation() {
                self.put('\\', page);
            }
            self.put(c, page);
        } else if self.run.is_some_and(|(mark, _)| mark == c) {
            self.run = self.run.map(|(mark, count)| (mark, count + 1));
        } else {
            self.settle(Some(c), page);
            self.begin(c, page);
        }
    }

    /// A character that no run of marks precedes.
    fn begin(&mut self, c: char, page: &mut Page) {
        let is_code = self.code.is_some();
        match c {
            '`' => self.start_run(c),
            '*' | '_' | '~' if !is_code => self.start_run(c),
            '\\' if !is_code => self.is_escaped = true,
            '[' if !is_code => self.link.push(c),
            _ => self.put(c, page),
        }
    }

    fn start_run(&mut self, c: char) {
        self.run = Some((c, 1));
        self.before_run = self.last;
    }

    /// Decides what a run of marks means, now that it is known what follows.
    fn settle(&mut self, next: Option<char>, page: &mut Page) {
        let Some((mark, count)) = self.run.take() else {
            return;
        };
        if mark == '`' {
            match self.code {
                Some(open) if open == count => self.code = None,
                Some(_) => (0..count).for_each(|_| self.put(mark, page)),
                None => self.code = Some(count),
            }
            self.last = Some(mark);
            return;
        }
        let is_space = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_inside = mark == '_' && is_word(self.before_run) && is_word(next);
        let can_open = !is_space(next) && !is_inside;
        let can_close = !is_space(self.before_run) && !is_inside;
        let mut left = count;
        if mark == '~' {
            if count == 2 && (self.is_struck && can_close || !self.is_struck && can_open) {
                self.is_struck = !self.is_struck;
                left = 0;
            }
        } else {
            let toggles = |is_on: bool| (is_on && can_close) || (!is_on && can_open);
            if left >= 2 && toggles(self.is_strong) {
                self.is_strong = !self.is_strong;
                left -= 2;
            }
            if left == 1 && toggles(self.is_slanted) {
                self.is_slanted = !self.is_slanted;
                left -= 1;
            }
        }
        (0..left).for_each(|_| self.put(mark, page));
        self.last = Some(mark);
    }

    /// A character of a link, or of what turns out to be none.
    fn push_link(&mut self, c: char, page: &mut Page) {
        self.link.push(c);
        let text_end = self.link.find(']');
        let is_over = match text_end {
            None => self.link.len() > LINK_MAX,
            Some(end) => {
                let rest = &self.link[end + 1..];
                !(rest.is_empty() || rest.starts_with('('))
                    || rest.ends_with(')')
                    || self.link.len() > 2 * LINK_MAX
            }
        };
        if is_over {
            self.end_link(page);
        }
    }

    /// Draws what was held as a link, if it is one.
    fn end_link(&mut self, page: &mut Page) {
        let held = std::mem::take(&mut self.link);
        let parts = held
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(')'))
            .and_then(|rest| rest.split_once("]("));
        let Some((text, address)) = parts.filter(|(text, _)| !text.contains('[')) else {
            // The first character is none of a link; what follows may begin one.
            let mut chars = held.chars();
            if let Some(first) = chars.next() {
                self.put(first, page);
            }
            chars.for_each(|c| self.push(c, page));
            return;
        };
        let underlined = self.style().underline();
        text.chars().for_each(|c| page.push(c, underlined));
        if address != text {
            page.push(' ', Style::new());
            let address = format!("({address})");
            address.chars().for_each(|c| page.push(c, paint::FAINT));
        }
        self.last = Some(')');
    }

    fn put(&mut self, c: char, page: &mut Page) {
        match self.code {
            Some(_) => page.push_code(c),
            None => page.push(c, self.style()),
        }
        self.last = Some(c);
    }

    fn style(&self) -> Style {
        let mut style = match self.code {
            Some(_) => CODE,
            None => Style::new(),
        };
        if self.is_strong || self.is_heading {
            style = style.bold();
        }
        if self.is_slanted {
            style = style.italic();
        }
        if self.is_struck {
            style = style.strikethrough();
        }
        if self.is_heading {
            style = style.underline();
        }
        style
    }

    /// The line has ended. Whether the block ends with it: after a heading, two spaces or a backslash.
    pub fn ends_with_line(&mut self, page: &mut Page) -> bool {
        let breaks = self.is_heading || self.spaces >= 2 || self.is_escaped;
        self.is_escaped = false;
        if breaks {
            self.end_block(page);
        }
        breaks
    }

    /// The block has ended, and whatever was open with it.
    pub fn end_block(&mut self, page: &mut Page) {
        if !self.link.is_empty() {
            self.end_link(page);
            // What was held again is no link either.
            while !self.link.is_empty() {
                self.end_link(page);
            }
        }
        self.settle(None, page);
        *self = Self::default();
    }
}
