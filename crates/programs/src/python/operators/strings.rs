//! F-strings, `%` formats, separators: what a text is made of.

use super::expr::{Expr, Level};
use super::place::{Place, is_plain_string, name_likeness};
use super::pool::Pool;
use super::tree::Node;

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    match node.kind() {
        "interpolation" => interpolation(place, node, pool),
        "format_specifier" => specifier(node, pool),
        "string" if node.walk().any(|part| part.kind() == "interpolation") => pieces(node, pool),
        "string" if is_plain_string(node) => placeholders(node, pool),
        "call" => separator(node, pool),
        _ => {}
    }
}

/// `{a}` → `{b}`, with the format left as it is.
fn interpolation<'t>(place: &Place<'t, '_>, node: Node<'t>, pool: &mut Pool<'_>) {
    let Some(value) = node.parts().find(|part| Level::of(*part).is_some()) else {
        return;
    };
    for atom in &place.atoms {
        if atom.text != value.text() {
            let alike = name_likeness(atom.text, value.text());
            pool.replace(
                value,
                &Expr::atom(atom.text),
                "interpolated_value",
                (0.12 + 0.2 * alike) * atom.weight,
            );
        }
    }
    let has_format = node.parts().any(|part| part.kind() == "format_specifier");
    if !has_format && !node.text().ends_with("=}") && !node.text().contains('!') {
        let at = value.end();
        for (format, prior) in [
            (":.2f", 0.15),
            (":02d", 0.08),
            (":,", 0.05),
            (":.1f", 0.08),
            (":02", 0.05),
            ("!r", 0.05),
        ] {
            pool.splice(at..at, format, "format_spec", prior);
        }
    }
}

/// `:.2f` → `:.1f`, `:>10` → `:<10`.
fn specifier(node: Node<'_>, pool: &mut Pool<'_>) {
    if node
        .walk()
        .any(|part| part.kind() == "interpolation" || part.kind() == "format_expression")
    {
        return;
    }
    let text = node.text();
    for (at, character) in text.char_indices() {
        let others: &[&str] = match character {
            '0'..='9' => &["+", "-"],
            '<' => &[">", "^"],
            '>' => &["<", "^"],
            '^' => &["<", ">"],
            'd' => &["f"],
            'f' => &["g", "%"],
            'x' => &["X"],
            'X' => &["x"],
            _ => &[],
        };
        for other in others {
            let new = match (character.to_digit(10), *other) {
                (Some(digit), "+") if digit < 9 => (digit + 1).to_string(),
                (Some(digit), "-") if digit > 0 => (digit - 1).to_string(),
                (Some(_), _) => continue,
                _ => (*other).to_owned(),
            };
            let changed = format!("{}{new}{}", &text[..at], &text[at + 1..]);
            pool.splice(node.span(), changed, "format_spec", 0.2);
        }
    }
    pool.splice(node.span(), "", "format_spec", 0.05);
}

/// Two placeholders of one f-string exchanged.
fn pieces(node: Node<'_>, pool: &mut Pool<'_>) {
    let values: Vec<_> = node
        .parts()
        .filter(|part| part.kind() == "interpolation")
        .collect();
    for pair in values.windows(2) {
        let between = &node.file_text()[pair[0].end()..pair[1].start()];
        let swapped = format!("{}{between}{}", pair[1].text(), pair[0].text());
        pool.splice(
            pair[0].start()..pair[1].end(),
            swapped,
            "swap_placeholders",
            0.2,
        );
    }
    // Blanks and signs of the fixed text between them.
    for content in node.parts().filter(|part| part.kind() == "string_content") {
        let text = content.text();
        let trimmed = text.trim();
        if trimmed != text && !trimmed.is_empty() {
            pool.splice(content.span(), trimmed, "string_constant", 0.08);
        }
        if text.trim().is_empty() || text.len() <= 3 {
            for (other, prior) in [
                (" ", 0.12),
                (", ", 0.06),
                (": ", 0.06),
                ("-", 0.04),
                ("", 0.06),
            ] {
                pool.splice(content.span(), other, "string_constant", prior);
            }
        }
    }
}

/// `%d` and `{:.2f}` of the older ways to format.
fn placeholders(node: Node<'_>, pool: &mut Pool<'_>) {
    let text = node.text();
    let mut open = None;
    for (at, character) in text.char_indices() {
        match character {
            '{' | '%' => open = Some(at),
            '}' | ' ' => open = None,
            '0'..='9' if open.is_some_and(|open| at - open <= 4) => {
                let digit = character.to_digit(10).expect("matched as a digit");
                let others = [
                    digit.checked_sub(1),
                    Some(digit + 1).filter(|next| *next < 10),
                ];
                for other in others.into_iter().flatten() {
                    let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                    pool.splice(node.span(), changed, "format_spec", 0.12);
                }
            }
            _ => {}
        }
    }
}

/// `",".join(x)` → `", ".join(x)`, `x.split()` → `x.split(",")`.
fn separator(call: Node<'_>, pool: &mut Pool<'_>) {
    let Some(function) = call.child("function").filter(|f| f.kind() == "attribute") else {
        return;
    };
    let (Some(object), Some(name), Some(list)) = (
        function.child("object"),
        function.child("attribute"),
        call.child("arguments"),
    ) else {
        return;
    };
    let place = match name.text() {
        "join" if object.kind() == "string" => object,
        "split" | "strip" | "rsplit" => match list.parts().next() {
            Some(argument) if argument.kind() == "string" => {
                let span = list.start() + 1..list.end() - 1;
                if list.parts().count() == 1 {
                    pool.splice(span, "", "separator", 0.25);
                }
                argument
            }
            None => {
                let at = list.start() + 1;
                for (text, prior) in [
                    ("\",\"", 0.1),
                    ("\" \"", 0.12),
                    ("\"\\n\"", 0.06),
                    ("\"/\"", 0.03),
                    ("\":\"", 0.03),
                ] {
                    pool.splice(at..at, text, "separator", prior);
                }
                return;
            }
            _ => return,
        },
        _ => return,
    };
    let quote = if place.text().starts_with('\'') {
        '\''
    } else {
        '"'
    };
    for (text, prior) in [
        ("", 0.2),
        (" ", 0.25),
        (",", 0.12),
        (", ", 0.2),
        ("\\n", 0.15),
        ("-", 0.06),
        ("_", 0.06),
        (":", 0.05),
        ("/", 0.03),
    ] {
        pool.splice(
            place.span(),
            format!("{quote}{text}{quote}"),
            "separator",
            prior,
        );
    }
}
