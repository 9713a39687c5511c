//! Wrapping, justifying and indenting plain text.

/// How a line is placed within the width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    Center,
}

/// Breaks `text` into lines of at most `width` characters; longer words are cut.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        for piece in cut(word, width) {
            let needed = if line.is_empty() {
                piece.chars().count()
            } else {
                line.chars().count() + 1 + piece.chars().count()
            };
            if needed > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&piece);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The pieces of `word` that fit in `width`, all but the last full.
fn cut(word: &str, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut length = 0;
    for c in word.chars() {
        if length == width {
            pieces.push(std::mem::take(&mut piece));
            length = 0;
        }
        piece.push(c);
        length += 1;
    }
    pieces.push(piece);
    pieces
}

/// Pads `line` with spaces to `width`.
pub fn align(line: &str, width: usize, align: Align) -> String {
    let length = line.chars().count();
    if length >= width {
        return line.to_string();
    }
    let gap = width - length;
    let (left, right) = match align {
        Align::Left => (0, gap),
        Align::Right => (gap, 0),
        Align::Center => (gap / 2, gap - gap / 2),
    };
    format!("{}{}{}", " ".repeat(left), line, " ".repeat(right))
}

/// Spreads the words of `line` so that it fills `width`; extra spaces go to the left gaps.
pub fn justify(line: &str, width: usize) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    if words.len() < 2 {
        return line.trim().to_string();
    }
    let letters: usize = words.iter().map(|word| word.chars().count()).sum();
    let gaps = words.len() - 1;
    let spaces = width.saturating_sub(letters).max(gaps);
    let each = spaces / gaps;
    let extra = spaces % gaps;
    let mut out = String::new();
    for (index, word) in words.iter().enumerate() {
        out.push_str(word);
        if index < gaps {
            let wide = if index < extra { 1 } else { 0 };
            out.push_str(&" ".repeat(each + wide));
        }
    }
    out
}

/// Puts `prefix` before every line that is not blank.
pub fn indent(text: &str, prefix: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if !line.trim().is_empty() {
            out.push_str(prefix);
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// Removes the indentation that all non-blank lines share.
pub fn dedent(text: &str) -> String {
    let common = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = text
        .lines()
        .map(|line| {
            if line.trim().is_empty() {
                ""
            } else {
                &line[common..]
            }
        })
        .collect();
    lines.join("\n")
}

/// Cuts `text` to `width` characters, ending in `...` when something is lost.
pub fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let keep = width.saturating_sub(3);
    let mut out: String = text.chars().take(keep).collect();
    out.push_str("...");
    out
}

/// Wraps `text` and joins paragraphs, which blank lines separate.
pub fn fill(text: &str, width: usize) -> String {
    let paragraphs: Vec<String> = text
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty())
        .map(|paragraph| wrap(paragraph, width).join("\n"))
        .collect();
    paragraphs.join("\n\n")
}
