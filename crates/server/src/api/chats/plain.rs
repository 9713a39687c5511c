//! Markdown as plain words, as one reads it in a line: for what is found, and shown where nothing can be drawn.

/// What `markdown` says, without the signs that say how it looks. Code stays as it is.
pub(super) fn words(markdown: &str) -> String {
    let mut plain = String::with_capacity(markdown.len());
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        let start = line.trim_start();
        match fence {
            Some(sign) if start.starts_with(sign) => fence = None,
            Some(_) => plain.push_str(line),
            None => match ["```", "~~~"]
                .into_iter()
                .find(|sign| start.starts_with(sign))
            {
                Some(sign) => fence = Some(sign),
                None => inline(unmarked(start), &mut plain),
            },
        }
        plain.push('\n');
    }
    plain
}

/// A line without what makes it a heading, a quote, an item or a row.
fn unmarked(mut line: &str) -> &str {
    while let Some(rest) = line.strip_prefix('>') {
        line = rest.trim_start();
    }
    let is_rule = |line: &str| line.chars().all(|sign| "|-:*_= ".contains(sign));
    if line.len() >= 3 && is_rule(line) {
        return "";
    }
    let hashes = line.trim_start_matches('#');
    if hashes.len() < line.len() && hashes.starts_with(' ') {
        return hashes.trim_start();
    }
    let digits = line.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let numbered = (digits.len() < line.len()).then(|| digits.strip_prefix(['.', ')']));
    let item = line.strip_prefix(['-', '*', '+']).or(numbered.flatten());
    let item = item.and_then(|rest| rest.strip_prefix(' '));
    let item = item.unwrap_or(line).trim_start();
    let task = ["[ ] ", "[x] ", "[X] "];
    let rest = task.iter().find_map(|sign| item.strip_prefix(sign));
    rest.unwrap_or(item)
}

/// Adds what a line says to `plain`.
fn inline(line: &str, plain: &mut String) {
    let is_row = line.starts_with('|');
    let mut rest = line;
    while let Some(sign) = rest.chars().next() {
        let after = &rest[sign.len_utf8()..];
        let is_between =
            plain.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric);
        rest = match sign {
            '\\' if after.starts_with(|next: char| next.is_ascii_punctuation()) => {
                plain.push_str(&after[..1]);
                &after[1..]
            }
            '`' => after,
            // `2 * 3` and `snake_case` mean themselves.
            '*' | '_' if !(is_alone(plain, after) || is_between && sign == '_') => {
                after.trim_start_matches(sign)
            }
            '~' if after.starts_with('~') => &after[1..],
            '!' if after.starts_with('[') && link(after).is_some() => after,
            '|' if is_row => {
                plain.push(' ');
                after
            }
            '[' => match link(rest) {
                Some((label, behind)) => {
                    inline(label, plain);
                    behind
                }
                None => {
                    plain.push(sign);
                    after
                }
            },
            _ => {
                plain.push(sign);
                after
            }
        };
    }
}

/// Whether a sign stands between spaces.
fn is_alone(before: &str, after: &str) -> bool {
    let is_open = |sign: Option<char>| sign.is_none_or(char::is_whitespace);
    is_open(before.chars().next_back()) && is_open(after.chars().next())
}

/// The words of `[words](address)`, and what follows it.
fn link(text: &str) -> Option<(&str, &str)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    if label.contains('[') {
        return None;
    }
    let (_, behind) = rest.split_once(')')?;
    Some((label, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(markdown: &str) -> String {
        let plain = words(markdown);
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn signs_go_and_words_stay() {
        let text = "## The **plan**\n\n> 1. *first* [the road](http://x.y/z_(1)) ~~no~~\n- [x] `done` ![a map](m.png)";
        assert_eq!(line(text), "The plan first the road) no done a map");
        assert_eq!(line("| a | b |\n|--|--:|\n| 1 | 2 |"), "a b 1 2");
        assert_eq!(line("***\nZwölf __Box__kämpfer\n---"), "Zwölf Boxkämpfer");
    }

    #[test]
    fn what_is_no_sign_stays() {
        assert_eq!(
            line("2 * 3 = 6, snake_case and \\*stars\\*"),
            "2 * 3 = 6, snake_case and *stars*"
        );
        assert_eq!(
            line("```rust\nlet a = b * c; // # no\n```"),
            "let a = b * c; // # no"
        );
        assert_eq!(
            line("[not a link] and [^1], #tag, -5"),
            "[not a link] and [^1], #tag, -5"
        );
        assert_eq!(line("\\"), "\\");
    }
}
