//! Words and lines out of pieces of text with their places: a PDF knows neither spaces nor ends of lines.

/// A gap that is a space, in parts of the height of letters.
const SPACE: f64 = 0.17;

/// One that divides columns.
const COLUMN: f64 = 2.0;

/// How far a piece may lie beside the line, as what is raised does.
const RAISED: f64 = 0.5;

/// How far below the line before a paragraph begins.
const PARAGRAPH: f64 = 1.8;

/// A piece of text where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Piece<'t> {
    pub text: &'t str,
    pub from: (f64, f64),
    pub to: (f64, f64),
    /// Where the writing goes, of length one.
    pub along: (f64, f64),
    /// How high letters are.
    pub size: f64,
}

/// The text of a page as it grows.
#[derive(Debug)]
pub(crate) struct Lines {
    text: String,
    left: usize,
    pen: Option<Pen>,
}

/// Where the last piece stood.
#[derive(Debug)]
struct Pen {
    from: (f64, f64),
    to: (f64, f64),
    along: (f64, f64),
    size: f64,
    /// Where its text begins.
    start: usize,
}

impl Lines {
    /// A page of `most` letters.
    pub fn new(most: usize) -> Self {
        Self {
            text: String::new(),
            left: most,
            pen: None,
        }
    }

    /// Whether something did not fit any more.
    pub fn is_full(&self) -> bool {
        self.left == 0
    }

    pub fn put(&mut self, piece: &Piece<'_>) {
        if self.left == 0 {
            return;
        }
        if let Some(pen) = &self.pen {
            let size = pen.size.max(piece.size).max(0.01);
            let again = distance(pen.from, piece.from) < size * 0.1
                && self.text[pen.start..] == *piece.text;
            if again {
                // What is drawn twice is bold.
                return;
            }
            match between(pen, piece, size) {
                Gap::None => {}
                Gap::Space => self.space(' '),
                Gap::Column => self.space('\t'),
                Gap::Line => self.line(1),
                Gap::Paragraph => self.line(2),
            }
        }
        let start = self.text.len();
        for letter in piece.text.chars() {
            self.letter(letter);
        }
        self.pen = Some(Pen {
            from: piece.from,
            to: piece.to,
            along: piece.along,
            size: piece.size,
            start,
        });
    }

    fn letter(&mut self, letter: char) {
        let together = match letter {
            '\u{fb00}' => "ff",
            '\u{fb01}' => "fi",
            '\u{fb02}' => "fl",
            '\u{fb03}' => "ffi",
            '\u{fb04}' => "ffl",
            '\u{ad}' | '\u{feff}' | '\u{200b}' => return,
            _ if letter.is_whitespace() => return self.space(' '),
            _ if letter.is_control() || ('\u{e000}'..='\u{f8ff}').contains(&letter) => return,
            _ => {
                self.text.push(letter);
                self.left = self.left.saturating_sub(1);
                return;
            }
        };
        self.text.push_str(together);
        self.left = self.left.saturating_sub(together.len());
    }

    fn space(&mut self, space: char) {
        if !self.text.is_empty() && !self.text.ends_with(char::is_whitespace) {
            self.text.push(space);
            self.left = self.left.saturating_sub(1);
        }
    }

    fn line(&mut self, count: usize) {
        let kept = self.text.trim_end_matches([' ', '\t']).len();
        self.text.truncate(kept);
        let ended = self
            .text
            .chars()
            .rev()
            .take_while(|letter| *letter == '\n')
            .count();
        if !self.text.is_empty() {
            self.text
                .extend(std::iter::repeat_n('\n', count.saturating_sub(ended)));
        }
    }

    /// What the page says.
    pub fn text(self) -> String {
        self.text.trim().to_owned()
    }
}

enum Gap {
    None,
    Space,
    Column,
    Line,
    Paragraph,
}

fn between(pen: &Pen, piece: &Piece<'_>, size: f64) -> Gap {
    let turned = pen.along.0 * piece.along.0 + pen.along.1 * piece.along.1 < 0.9;
    let step = (piece.from.0 - pen.to.0, piece.from.1 - pen.to.1);
    let gap = step.0 * pen.along.0 + step.1 * pen.along.1;
    let aside = step.1 * pen.along.0 - step.0 * pen.along.1;
    if turned || aside.abs() > size * PARAGRAPH || !aside.is_finite() {
        Gap::Paragraph
    } else if aside.abs() > size * RAISED || gap < -size * COLUMN {
        Gap::Line
    } else if gap > size * COLUMN {
        Gap::Column
    } else if gap > size * SPACE {
        Gap::Space
    } else {
        Gap::None
    }
}

fn distance(one: (f64, f64), other: (f64, f64)) -> f64 {
    (one.0 - other.0).hypot(one.1 - other.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(pieces: &[(&str, f64, f64, f64)]) -> String {
        let mut lines = Lines::new(1000);
        for (text, x, y, width) in pieces {
            lines.put(&Piece {
                text,
                from: (*x, *y),
                to: (x + width, *y),
                along: (1.0, 0.0),
                size: 10.0,
            });
        }
        lines.text()
    }

    #[test]
    fn gaps_become_spaces_and_steps_down_become_lines() {
        let words = [
            ("Hel", 0.0, 100.0, 15.0),
            ("lo", 15.5, 100.0, 10.0),
            ("world", 28.0, 100.0, 25.0),
            ("far", 120.0, 100.0, 15.0),
            ("next", 0.0, 88.0, 20.0),
            ("new", 0.0, 60.0, 20.0),
        ];
        assert_eq!(page(&words), "Hello world\tfar\nnext\n\nnew");
    }

    #[test]
    fn what_is_raised_stays_in_its_line_and_what_is_drawn_twice_is_read_once() {
        let words = [
            ("x", 0.0, 0.0, 5.0),
            ("2", 5.0, 4.0, 3.0),
            ("bold", 30.0, 0.0, 20.0),
            ("bold", 30.2, 0.0, 20.0),
        ];
        assert_eq!(page(&words), "x2\tbold");
    }

    #[test]
    fn letters_that_are_written_as_one_become_several() {
        assert_eq!(
            page(&[("e\u{fb03}cient\u{ad}\u{0}", 0.0, 0.0, 9.0)]),
            "efficient"
        );
    }
}
