//! Text beside the matter, dim behind a bar: what a model thinks before it speaks.

use super::page::Page;
use crate::console::paint;

/// Draws such text in pieces.
pub struct Aside {
    page: Page,
    is_inside_line: bool,
    /// Line feeds that are drawn once something follows.
    feeds: usize,
    has_drawn: bool,
}

impl Aside {
    /// For a terminal of `width` columns.
    pub fn new(width: usize) -> Self {
        Self {
            page: Page::new(width),
            is_inside_line: false,
            feeds: 0,
            has_drawn: false,
        }
    }

    /// Takes in what came, and returns what can be drawn.
    pub fn push(&mut self, text: &str) -> String {
        for c in text.chars() {
            match c {
                '\n' => self.feeds += 1,
                ' ' if !self.is_inside_line || self.feeds > 0 => {}
                c if c == '\t' || !c.is_control() => self.draw(c),
                _ => {}
            }
        }
        self.page.take()
    }

    fn draw(&mut self, c: char) {
        if self.feeds > 0 && self.is_inside_line {
            self.page.end_line();
            self.is_inside_line = false;
        }
        // One empty line at most, and none at the beginning.
        if self.feeds > 1 && self.has_drawn {
            self.page.quote();
            self.page.end_line();
        }
        self.feeds = 0;
        if !self.is_inside_line {
            self.page.quote();
            self.is_inside_line = true;
        }
        self.has_drawn = true;
        self.page.push(c, paint::FAINT);
    }

    /// Draws what was held back; the cursor stands at the beginning of a line afterwards.
    pub fn finish(mut self) -> String {
        if self.is_inside_line {
            self.page.end_line();
        }
        self.page.take()
    }
}
