//! What is right for most values and forgets some: the second sort key, the empty divisor, the cast
//! that comes too late, the condition that a statement needs.

use tree_sitter::Node;

use super::Site;
use super::atoms::atoms;
use super::statements::statements_of;
use crate::rust::items::field;
use crate::rust::scope::{head_of, is_integer};

/// Conditions that are tried around one statement.
const CONDITIONS_MAX: usize = 8;

pub(super) fn propose(site: &mut Site<'_, '_>, node: Node<'_>) {
    match node.kind() {
        "type_cast_expression" => cast_late(site, node),
        "binary_expression" => cast_early(site, node),
        "call_expression" => call(site, node),
        "closure_expression" => second_key(site, node),
        "try_expression" => mild(site, node),
        "let_declaration" => remainder(site, node),
        _ => {}
    }
}

/// `(a / b) as f64` → `a as f64 / b as f64`.
fn cast_late(site: &mut Site<'_, '_>, node: Node<'_>) {
    let (Some(value), Some(kind)) = (field(node, "value"), field(node, "type")) else {
        return;
    };
    let inner = (value.kind() == "parenthesized_expression")
        .then(|| value.named_child(0))
        .flatten()
        .filter(|inner| inner.kind() == "binary_expression");
    let Some((left, operator, right)) = inner.and_then(sides) else {
        return;
    };
    let kind = site.text(kind);
    let operator = site.text(operator);
    let [left, right] = [left, right].map(|side| match side.kind() {
        "binary_expression" | "range_expression" => format!("({})", site.text(side)),
        _ => site.text(side).to_owned(),
    });
    let text = format!("{left} as {kind} {operator} {right} as {kind}");
    site.replace(node, text, "cast_operands", 0.4);
}

/// `a as u8 / b as u8` → `(a / b as u32) as u8` and `(a / b) as u8`.
fn cast_early(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some((left, operator, right)) = sides(node) else {
        return;
    };
    if left.kind() != "type_cast_expression" {
        return;
    }
    let (Some(value), Some(kind)) = (field(left, "value"), field(left, "type")) else {
        return;
    };
    let plain = match right.kind() {
        "type_cast_expression" => field(right, "value").unwrap_or(right),
        _ => right,
    };
    let (from, kind) = (site.scope.kind_of(value), site.text(kind));
    let (value, operator, plain) = (site.text(value), site.text(operator), site.text(plain));
    site.replace(
        node,
        format!("({value} {operator} {plain}) as {kind}"),
        "cast_result",
        0.15,
    );
    if is_integer(&from) {
        let text = format!("({value} {operator} {plain} as {from}) as {kind}");
        site.replace(node, text, "cast_result", 0.15);
    }
}

fn sides(node: Node<'_>) -> Option<(Node<'_>, Node<'_>, Node<'_>)> {
    Some((
        field(node, "left")?,
        field(node, "operator")?,
        field(node, "right")?,
    ))
}

fn call(site: &mut Site<'_, '_>, node: Node<'_>) {
    // `value.parse::<u32>()` names a type between the method and its arguments.
    let Some(function) = field(node, "function")
        .map(|callee| match callee.kind() {
            "generic_function" => field(callee, "function").unwrap_or(callee),
            _ => callee,
        })
        .filter(|callee| callee.kind() == "field_expression")
    else {
        return;
    };
    let (Some(receiver), Some(name)) = (field(function, "value"), field(function, "field")) else {
        return;
    };
    let arguments = field(node, "arguments").map_or("()", |list| site.text(list));
    let (receiver_text, name) = (site.text(receiver), site.text(name));
    let trims = match name {
        "parse" => 0.25,
        "to_string" | "to_owned" | "is_empty" | "split" | "starts_with" | "chars" | "push_str" => {
            0.06
        }
        _ => 0.0,
    };
    let kind = site.scope.kind_of(receiver);
    if trims > 0.0 && (kind.is_empty() || matches!(kind.as_str(), "str" | "String")) {
        let text = format!("{receiver_text}.trim()");
        site.replace(receiver, text, "trim_first", trims);
    }
    match name {
        "contains" => {
            // A set that is asked and never filled.
            if let Some(item) = arguments
                .strip_prefix("(&")
                .and_then(|a| a.strip_suffix(')'))
                && matches!(head_of(&kind), "HashSet" | "BTreeSet" | "")
            {
                let text = format!("!{receiver_text}.insert({item})");
                site.replace(node, text, "insert_and_ask", 0.15);
            }
        }
        "unwrap" | "expect" => {
            for (other, prior) in [
                (format!("{receiver_text}.unwrap_or_default()"), 0.12),
                (format!("{receiver_text}.unwrap_or(0)"), 0.08),
                (format!("{receiver_text}?"), 0.15),
                (format!("{receiver_text}.ok()?"), 0.08),
            ] {
                site.replace(node, other, "milder_unwrap", prior);
            }
        }
        "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" => {
            let is_result = head_of(&site.scope.result) == "Result";
            let is_option = head_of(&site.scope.result) == "Option";
            if is_result {
                let text = format!("{receiver_text}.map_err(|error| error.to_string())?");
                site.replace(node, text, "stricter_unwrap", 0.06);
            }
            if is_result || is_option {
                site.replace(node, format!("{receiver_text}?"), "stricter_unwrap", 0.1);
                site.replace(
                    node,
                    format!("{receiver_text}.ok()?"),
                    "stricter_unwrap",
                    0.05,
                );
            }
        }
        _ => {}
    }
}

/// `e?` → `e.unwrap_or_default()`, `e.ok()?`.
fn mild(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some(inner) = node.named_child(0) else {
        return;
    };
    let text = site.text(inner);
    for (other, prior) in [
        (format!("{text}.unwrap_or_default()"), 0.05),
        (format!("{text}.ok()?"), 0.03),
    ] {
        site.replace(node, other, "milder_unwrap", prior);
    }
}

/// `|a, b| a.x.cmp(&b.x)` → the same `.then(a.y.cmp(&b.y))`; `|j| j.1` → `|j| (j.1, j.0)`.
fn second_key(site: &mut Site<'_, '_>, node: Node<'_>) {
    let (Some(parameters), Some(body)) = (field(node, "parameters"), field(node, "body")) else {
        return;
    };
    let mut cursor = parameters.walk();
    let names: Vec<&str> = parameters
        .named_children(&mut cursor)
        .map(|name| site.text(name))
        .collect();
    let sorts = node
        .parent()
        .and_then(|list| list.parent())
        .and_then(|call| field(call, "function"))
        .is_some_and(|function| {
            let name = site.text(function);
            ["sort", "min_by", "max_by", "binary_search"]
                .iter()
                .any(|word| name.contains(word))
        });
    if !sorts || body.kind() == "block" {
        return;
    }
    let text = site.text(body);
    let fields: Vec<String> = keys(site);
    match names[..] {
        [a, b] if text.contains("cmp(") => {
            for key in fields {
                let used = text.contains(&format!("{a}.{key}."));
                if !used {
                    for (first, second) in [(a, b), (b, a)] {
                        let more = format!("{text}.then({first}.{key}.cmp(&{second}.{key}))");
                        let prior = if first == a { 0.15 } else { 0.05 };
                        site.replace(body, more, "second_sort_key", prior);
                    }
                }
            }
            let more = format!("{text}.then({a}.cmp({b}))");
            site.replace(body, more, "second_sort_key", 0.05);
        }
        [a] if matches!(body.kind(), "field_expression" | "call_expression") => {
            for key in fields {
                let other = format!("{a}.{key}");
                if !text.contains(&other) {
                    let pair = format!("({text}, {other})");
                    site.replace(body, pair, "second_sort_key", 0.1);
                }
            }
        }
        _ => {}
    }
}

/// What things are ordered by: places of tuples, and fields of the file's types.
fn keys(site: &Site<'_, '_>) -> Vec<String> {
    let mut keys: Vec<String> = ["0", "1", "2"].map(str::to_owned).to_vec();
    for fields in site.scope.items.structs.values() {
        for (name, _) in fields {
            if keys.len() < 12 && !keys.contains(name) {
                keys.push(name.clone());
            }
        }
    }
    keys
}

/// `let k = k;` → `let k = k % v.len();` for what counts round a slice.
fn remainder(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some(value) = field(node, "value").filter(|value| value.kind() == "identifier") else {
        return;
    };
    let text = site.text(value);
    let kind = site.scope.kind_of(value);
    if matches!(kind.as_str(), "str" | "String") {
        site.replace(value, format!("{text}.trim()"), "trim_first", 0.15);
    }
    if !is_integer(&kind) {
        return;
    }
    let holders: Vec<String> = site
        .scope
        .visible(node.start_byte())
        .into_iter()
        .filter(|variable| {
            matches!(head_of(&variable.kind), "Vec" | "VecDeque") || variable.kind.starts_with('[')
        })
        .map(|variable| variable.name.clone())
        .collect();
    for holder in holders {
        let rest = format!("{text} % {holder}.len().max(1)");
        site.replace(value, rest, "take_remainder", 0.1);
    }
}

/// Statements of a block that need a condition, and divisions that need a divisor.
pub(super) fn block(site: &mut Site<'_, '_>, block: Node<'_>) {
    for statement in statements_of(block) {
        if site.is_suspicious(statement) {
            under_condition(site, statement);
            guard_divisor(site, statement);
        }
    }
}

/// `lines.push(current);` → `if !current.is_empty() { lines.push(current); }`.
fn under_condition(site: &mut Site<'_, '_>, statement: Node<'_>) {
    let is_plain = statement.kind() == "expression_statement"
        && statement.named_child(0).is_some_and(|inner| {
            matches!(
                inner.kind(),
                "call_expression" | "compound_assignment_expr" | "assignment_expression"
            )
        });
    if !is_plain {
        return;
    }
    let text = site.text(statement);
    let about: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| word.len() > 1 && *word != "self")
        .collect();
    let mut found = atoms(site, statement.start_byte());
    for (atom, weight) in &mut found {
        let is_about = atom
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| about.contains(&word));
        *weight *= if is_about { 1.0 } else { 0.25 };
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (atom, weight) in found.into_iter().take(CONDITIONS_MAX) {
        let bare = match atom.strip_prefix('!') {
            Some(positive) => positive.to_owned(),
            None if atom.contains(' ') => format!("!({atom})"),
            None => format!("!{atom}"),
        };
        let wrapped = format!("if {atom} {{\n{text}\n}}");
        site.replace(statement, wrapped, "insert_condition", 0.06 * weight);
        let wrapped = format!("if {bare} {{\n{text}\n}}");
        site.replace(statement, wrapped, "insert_condition", 0.04 * weight);
    }
}

/// `total / count` → the same behind `if count == 0 { return 0; }`.
fn guard_divisor(site: &mut Site<'_, '_>, statement: Node<'_>) {
    let mut divisors: Vec<String> = Vec::new();
    collect_divisors(site, statement, &mut divisors);
    let values: &[&str] = match site.scope.result.as_str() {
        "f64" | "f32" => &["0.0"],
        kind if is_integer(kind) => &["0", "1"],
        kind if head_of(kind) == "Option" => &["None"],
        _ => return,
    };
    let at = statement.start_byte();
    for divisor in divisors.into_iter().take(3) {
        for value in values {
            let text = format!("if {divisor} == 0 {{\nreturn {value};\n}}\n");
            site.write(at..at, text, "guard_divisor", 0.2);
        }
    }
}

fn collect_divisors(site: &Site<'_, '_>, node: Node<'_>, found: &mut Vec<String>) {
    if matches!(node.kind(), "block" | "closure_expression") {
        return;
    }
    if node.kind() == "binary_expression"
        && let Some((_, operator, right)) = sides(node)
        && matches!(site.text(operator), "/" | "%")
    {
        let right = match right.kind() {
            "type_cast_expression" => field(right, "value").unwrap_or(right),
            _ => right,
        };
        let text = site.text(right).to_owned();
        let is_name = matches!(
            right.kind(),
            "identifier" | "field_expression" | "call_expression"
        );
        if is_name && !found.contains(&text) {
            found.push(text);
        }
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        collect_divisors(site, child, found);
    }
}
