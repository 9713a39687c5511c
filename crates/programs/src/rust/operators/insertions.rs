//! Statements that are missing: taken from elsewhere in the file, or made from templates.

use tree_sitter::Node;

use super::Site;
use super::atoms::{atoms, names_are_known};
use crate::rust::items::field;
use crate::rust::scope::{element_kind, fit, head_of, is_integer};

/// Most statements that one place tries.
const STATEMENTS_MAX: usize = 90;

/// Inserts statements before, between and behind those of a block.
pub(super) fn block(site: &mut Site<'_, '_>, block: Node<'_>, statements: &[Node<'_>]) {
    let value_at_end = statements
        .last()
        .filter(|last| !is_statement(**last))
        .map(|last| last.start_byte());
    let mut places: Vec<usize> = statements
        .iter()
        .filter(|statement| site.is_suspicious(**statement))
        .map(|statement| statement.start_byte())
        .collect();
    if let Some(last) = statements.last()
        && site.is_suspicious(*last)
        && value_at_end.is_none()
    {
        places.push(last.end_byte());
    }
    if statements.is_empty() && site.is_suspicious(block) {
        places.push(block.start_byte() + 1);
    }
    let in_loop = is_in_loop(block);
    for at in places {
        let found = statements_for(site, at, in_loop);
        let total: f64 = found.iter().map(|(_, weight)| weight).sum();
        for (text, weight) in found {
            let prior = 0.9 * weight / total.max(1.0) + 0.015 * weight;
            let is_end = statements.last().is_some_and(|last| last.end_byte() == at);
            let line = if is_end {
                format!("\n{text}")
            } else {
                format!("{text}\n")
            };
            site.write(at..at, line, "insert_statement", prior);
        }
    }
}

fn is_statement(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "expression_statement" | "let_declaration" | "empty_statement"
    )
}

fn is_in_loop(block: Node<'_>) -> bool {
    let mut node = block;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "for_expression" | "while_expression" | "loop_expression" => return true,
            "function_item" | "closure_expression" => return false,
            _ => node = parent,
        }
    }
    false
}

/// What could be missing at byte `at`, the likeliest first.
fn statements_for(site: &Site<'_, '_>, at: usize, in_loop: bool) -> Vec<(String, f64)> {
    let mut found: Vec<(String, f64)> = Vec::new();
    for (text, place) in &site.pool.statements {
        let is_jump = text.starts_with("continue") || text.starts_with("break");
        if (!is_jump || in_loop) && names_are_known(site, text, at) {
            let is_near = site.body.contains(place);
            found.push((text.clone(), if is_near { 1.0 } else { 0.6 }));
            // What is done to one field may have been meant for its neighbour.
            if is_near {
                variations(site, text, &mut found);
                found.extend(opposite(text).map(|text| (text, 0.5)));
            }
        }
    }
    for (text, place) in &site.pool.guards {
        let is_jump = text.contains("continue") || text.contains("break");
        if (!is_jump || in_loop) && names_are_known(site, text, at) {
            found.push((
                text.clone(),
                if site.body.contains(place) { 0.3 } else { 0.4 },
            ));
        }
    }
    templates(site, at, &mut found);
    if in_loop {
        found.push(("continue;".into(), 0.4));
        found.push(("break;".into(), 0.4));
    }
    if site.scope.result == "()" {
        found.push(("return;".into(), 0.2));
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut kept: Vec<(String, f64)> = Vec::new();
    for (text, weight) in found {
        if kept.len() < STATEMENTS_MAX && kept.iter().all(|(known, _)| *known != text) {
            kept.push((text, weight));
        }
    }
    kept
}

/// `now -= cost;` for `now += cost;`: what was taken on is given back.
fn opposite(text: &str) -> Option<String> {
    let (target, value) = text.split_once(" += ")?;
    Some(format!("{target} -= {value}"))
}

/// `x.a += 1;` for `x.b += 1;`.
fn variations(site: &Site<'_, '_>, text: &str, found: &mut Vec<(String, f64)>) {
    let Some((target, rest)) = ["+=", "-=", "="].iter().find_map(|operator| {
        text.split_once(&format!(" {operator} "))
            .map(|(a, b)| (a, format!(" {operator} {b}")))
    }) else {
        return;
    };
    let Some((owner, name)) = target.rsplit_once('.') else {
        return;
    };
    for fields in site.scope.items.structs.values() {
        let Some((_, kind)) = fields.iter().find(|(known, _)| known == name) else {
            continue;
        };
        for (other, of) in fields {
            if other != name && fit(of, kind) == 1.0 {
                found.push((format!("{owner}.{other}{rest}"), 0.5));
            } else if other != name && is_integer(of) && is_integer(kind) {
                found.push((format!("{owner}.{other}{rest}"), 0.4));
            }
        }
    }
}

/// Statements that variables and fields suggest by their types.
fn templates(site: &Site<'_, '_>, at: usize, found: &mut Vec<(String, f64)>) {
    let scope = site.scope;
    let visible = scope.visible(at);
    let mut places: Vec<(String, String, f64)> = Vec::new();
    for variable in &visible {
        if variable.is_mutable {
            places.push((variable.name.clone(), variable.kind.clone(), 1.0));
            for (name, kind) in scope.items.fields(&variable.kind) {
                places.push((format!("{}.{name}", variable.name), kind.clone(), 0.5));
            }
        }
        // A field and a variable of one name belong together.
        for other in &visible {
            let has_field = scope
                .items
                .structs
                .values()
                .any(|fields| fields.iter().any(|(name, _)| *name == other.name));
            if has_field && other.name != variable.name && !is_integer(&variable.kind) {
                found.push((
                    format!("{}.{} = {};", variable.name, other.name, other.name),
                    0.5,
                ));
            }
        }
    }
    for (name, kind) in scope.self_fields() {
        places.push((format!("self.{name}"), kind.clone(), 0.8));
        if visible.iter().any(|variable| variable.name == *name) {
            found.push((format!("self.{name} = {name};"), 0.8));
        }
    }
    if scope.has_self {
        for (owner, name, value) in &scope.items.resets {
            if Some(owner.as_str()) == scope.owner && names_are_known(site, value, at) {
                found.push((format!("self.{name} = {value};"), 0.6));
            }
        }
    }
    for (place, kind, weight) in places {
        update(&place, &kind, weight, found);
        for variable in &visible {
            fill(
                site,
                (&place, &kind),
                (&variable.name, &variable.kind),
                weight,
                found,
            );
        }
    }
}

/// What is done to one value alone.
fn update(place: &str, kind: &str, weight: f64, found: &mut Vec<(String, f64)>) {
    let mut put = |text: String, share: f64| found.push((text, weight * share));
    match kind {
        "bool" => {
            put(format!("{place} = true;"), 0.8);
            put(format!("{place} = false;"), 0.8);
        }
        _ if is_integer(kind) => {
            for (rest, share) in [("+= 1", 0.8), ("= 0", 0.7), ("-= 1", 0.5), ("= 1", 0.3)] {
                put(format!("{place} {rest};"), share);
            }
            if kind.starts_with("is") || kind.starts_with("i") {
                put(format!("{place} = -{place};"), 0.3);
            }
        }
        _ => match head_of(kind) {
            "Vec" => {
                for (call, share) in [
                    ("reverse", 0.5),
                    ("sort", 0.5),
                    ("pop", 0.4),
                    ("clear", 0.5),
                    ("dedup", 0.2),
                ] {
                    put(format!("{place}.{call}();"), share);
                }
            }
            "String" => {
                put(format!("{place}.clear();"), 0.5);
                put(format!("{place}.pop();"), 0.5);
                put(format!("{place}.push(' ');"), 0.2);
            }
            "VecDeque" => {
                put(format!("{place}.pop_front();"), 0.5);
                put(format!("{place}.clear();"), 0.4);
            }
            "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" => {
                put(format!("{place}.clear();"), 0.4)
            }
            "Option" => put(format!("{place} = None;"), 0.4),
            _ => {}
        },
    }
}

/// What is done to a value with a variable.
fn fill(
    _site: &Site<'_, '_>,
    (place, kind): (&str, &str),
    (name, of): (&str, &str),
    weight: f64,
    found: &mut Vec<(String, f64)>,
) {
    if place == name {
        return;
    }
    let mut put = |text: String, share: f64| found.push((text, weight * share));
    let element = element_kind(kind);
    match head_of(kind) {
        "Vec" if fit(of, &element) > 0.0 => {
            put(format!("{place}.push({name});"), 0.8 * fit(of, &element))
        }
        "VecDeque" if fit(of, &element) > 0.0 => put(
            format!("{place}.push_back({name});"),
            0.8 * fit(of, &element),
        ),
        "HashSet" | "BTreeSet" if fit(of, &element) > 0.0 => {
            put(format!("{place}.insert({name});"), 0.8 * fit(of, &element));
            put(format!("{place}.remove(&{name});"), 0.5 * fit(of, &element));
        }
        "HashMap" | "BTreeMap" => {
            put(format!("{place}.remove(&{name});"), 0.2);
            put(format!("{place}.remove({name});"), 0.15);
        }
        "String" if of == "char" => put(format!("{place}.push({name});"), 0.8),
        "String" if of == "str" => put(format!("{place}.push_str({name});"), 0.6),
        "Option" if fit(of, &element) == 1.0 => put(format!("{place} = Some({name});"), 0.6),
        _ => {}
    }
    if !kind.is_empty() && fit(of, kind) == 1.0 {
        put(format!("{place} = {name};"), 0.6);
        if is_integer(kind) {
            put(format!("{place} += {name};"), 0.5);
            put(format!("{place} -= {name};"), 0.3);
        }
    } else if kind.is_empty() || of.is_empty() {
        put(format!("{place} = {name};"), 0.15);
    }
}

/// Early returns at the head of a function: `if atom { return value; }`.
pub(super) fn guards(site: &mut Site<'_, '_>, function: Node<'_>) {
    let Some(first) = field(function, "body")
        .and_then(|body| super::statements::statements_of(body).first().copied())
    else {
        return;
    };
    if !site.is_suspicious(first) {
        return;
    }
    let at = first.start_byte();
    let values = results(site, at);
    let conditions = atoms(site, at);
    let share = 0.4 / (values.len() * conditions.len()).max(1) as f64;
    for (condition, weight) in conditions.iter().take(14) {
        for value in &values {
            site.write(
                at..at,
                format!("if {condition} {{\nreturn {value};\n}}\n"),
                "insert_guard",
                share.min(0.03) * weight,
            );
        }
    }
}

/// Plain values of the function's return type.
fn results(site: &Site<'_, '_>, at: usize) -> Vec<String> {
    let result = site.scope.result.as_str();
    let fixed: &[&str] = match result {
        "()" => &[""],
        "bool" => &["false", "true"],
        "String" => &["String::new()"],
        "str" => &["\"\""],
        "f64" | "f32" => &["0.0", "1.0"],
        _ if is_integer(result) => &["0", "1"],
        _ => match head_of(result) {
            "Vec" => &["Vec::new()"],
            "Option" => &["None"],
            "Result" if result.starts_with("Result<()") => &["Ok(())"],
            _ => &[],
        },
    };
    let mut values: Vec<String> = fixed.iter().map(|value| (*value).to_owned()).collect();
    if result != "()" {
        let fitting = site
            .scope
            .visible(at)
            .into_iter()
            .filter(|variable| variable.kind == result)
            .take(2);
        values.extend(fitting.map(|variable| variable.name.clone()));
    }
    values
}
