//! Breaks long lines at their brackets.

/// Items up to this length share lines when there are many.
const SHORT: usize = 12;

/// `line` on as many lines as it takes to keep each below `width`, as far as brackets allow.
/// `indent` is where it begins.
pub(super) fn fold(line: &str, indent: usize, width: usize) -> String {
    if indent + line.len() <= width {
        return line.to_owned();
    }
    let Some((open, close)) = widest_brackets(line) else {
        return line.to_owned();
    };
    let inner = indent + 4;
    let pad = " ".repeat(inner);
    let items = items(&line[open + 1..close]);
    let items: String = if items.len() > 8 && items.iter().all(|item| item.len() <= SHORT) {
        fill(&items, &pad, width)
    } else {
        let lines = items
            .into_iter()
            .map(|item| format!("{pad}{},\n", fold(item, inner, width)));
        lines.collect()
    };
    format!(
        "{}\n{items}{}{}",
        &line[..=open],
        " ".repeat(indent),
        &line[close..]
    )
}

/// Items as many to a line as fit.
fn fill(items: &[&str], pad: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for item in items {
        if !line.is_empty() && pad.len() + line.len() + item.len() + 2 > width {
            lines.push_str(&format!("{pad}{}\n", line.trim_end()));
            line.clear();
        }
        line.push_str(&format!("{item}, "));
    }
    lines + &format!("{pad}{}\n", line.trim_end())
}

/// The outermost brackets with the most between them, as bytes.
fn widest_brackets(line: &str) -> Option<(usize, usize)> {
    let mut stack = Vec::new();
    let mut best: Option<(usize, usize)> = None;
    each_outside_strings(line, |at, c| match c {
        '(' | '[' | '{' => stack.push(at),
        ')' | ']' | '}' => {
            if let Some(open) = stack.pop()
                && stack.is_empty()
                && best.is_none_or(|(from, to)| at - open > to - from)
            {
                best = Some((open, at));
            }
        }
        _ => {}
    });
    best.filter(|(open, close)| close - open > 20)
}

/// What stands between the commas.
fn items(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0usize, 0, Vec::new());
    each_outside_strings(text, |at, c| match c {
        '(' | '[' | '{' => depth += 1,
        ')' | ']' | '}' => depth = depth.saturating_sub(1),
        ',' if depth == 0 => {
            items.push(text[start..at].trim());
            start = at + 1;
        }
        _ => {}
    });
    items.push(text[start..].trim());
    items.retain(|item| !item.is_empty());
    items
}

fn each_outside_strings(text: &str, mut see: impl FnMut(usize, char)) {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None => see(at, c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn breaks_at_the_widest_brackets_and_never_inside_strings() {
        let line = "result = f({(a, b): 'x, (y', (c, d): 'a rather long text'}, 12)";
        let folded = fold(line, 0, 40);
        let expected = "result = f(\n    {\n        (a, b): 'x, (y',\n        (c, d): 'a rather long text',\n    },\n    12,\n)";
        assert_eq!(folded, expected);
        assert_eq!(fold(line, 0, 100), line);
    }
}
