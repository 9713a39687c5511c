//! New lines that stand where a person would have put them.

/// One level of indentation.
const STEP: &str = "    ";

/// `text`, to be written at byte `at` of `source`, with its new lines indented like the line of
/// `at` and one step more for each brace that is open. Lines that bring their own indentation, and
/// texts with a string that may span lines, stay as they are.
pub(super) fn indented(source: &str, at: usize, text: String) -> String {
    if !text.contains('\n') || text.contains('"') && has_open_string(&text) {
        return text;
    }
    let line = source[..at].rfind('\n').map_or(0, |end| end + 1);
    let base: String = source[line..]
        .chars()
        .take_while(|c| matches!(c, ' ' | '\t'))
        .collect();
    let mut depth = 0_usize;
    let mut made = String::with_capacity(text.len() + 16);
    for (number, part) in text.split('\n').enumerate() {
        if number > 0 {
            made.push('\n');
            if !part.starts_with([' ', '\t']) {
                let closing = usize::from(part.starts_with('}'));
                made.push_str(&base);
                made.push_str(&STEP.repeat(depth.saturating_sub(closing)));
            }
        }
        made.push_str(part);
        let opened = part.matches('{').count();
        let closed = part.matches('}').count();
        depth = (depth + opened).saturating_sub(closed);
    }
    made
}

/// Whether a quote is open at the end of any line.
fn has_open_string(text: &str) -> bool {
    text.lines()
        .any(|line| line.replace("\\\"", "").matches('"').count() % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_lines_stand_where_a_person_would_put_them() {
        let source = "fn f() {\n    while true {\n        g();\n    }\n}\n";
        let at = source.find("g();").unwrap();
        let written = |text: &str| indented(source, at, text.to_owned());
        assert_eq!(written("h();\n"), "h();\n        ");
        assert_eq!(
            written("if a {\nreturn;\n}\n"),
            "if a {\n            return;\n        }\n        "
        );
        assert_eq!(written("\nh();"), "\n        h();");
        assert_eq!(written("x"), "x");
        assert_eq!(written("a(\n  b)\n"), "a(\n  b)\n        ");
        assert_eq!(written("\"a\nb\"\n"), "\"a\nb\"\n");
    }
}
