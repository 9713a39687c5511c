//! Small conditions that can be asked of what is in scope.

use super::Site;
use crate::rust::scope::{Variable, head_of, is_integer};

/// Most atoms that one place tries.
const ATOMS_MAX: usize = 36;

/// Conditions that hold or not at byte `at`, the likeliest first: those of the function itself,
/// then what can be asked of each variable by its type.
pub(super) fn atoms(site: &Site<'_, '_>, at: usize) -> Vec<(String, f64)> {
    let mut found: Vec<(String, f64)> = Vec::new();
    for (text, place) in &site.pool.conditions {
        let is_near = site.body.contains(place);
        if names_are_known(site, text, at) {
            found.push((text.clone(), if is_near { 0.8 } else { 0.4 }));
        }
    }
    let variables = site.scope.visible(at);
    for variable in &variables {
        of_value(site, &variable.name, &variable.kind, &mut found);
        for (name, kind) in site.scope.items.fields(&variable.kind) {
            of_value(site, &format!("{}.{name}", variable.name), kind, &mut found);
        }
    }
    for (name, kind) in site.scope.self_fields() {
        of_value(site, &format!("self.{name}"), kind, &mut found);
    }
    if site.scope.has_self
        && let Some(owner) = site.scope.owner
    {
        for method in site
            .scope
            .items
            .methods(owner)
            .filter(|method| method.parameters.is_empty() && method.result == "bool")
        {
            found.push((format!("self.{}()", method.name), 0.8));
        }
    }
    pairs(&variables, &mut found);
    let mut kept: Vec<(String, f64)> = Vec::new();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (text, weight) in found {
        if kept.len() < ATOMS_MAX && kept.iter().all(|(known, _)| *known != text) {
            kept.push((text, weight));
        }
    }
    kept
}

fn of_value(site: &Site<'_, '_>, name: &str, kind: &str, found: &mut Vec<(String, f64)>) {
    match kind {
        "bool" => {
            found.push((name.to_owned(), 0.8));
            found.push((format!("!{name}"), 0.8));
        }
        "char" => {
            for letter in &site.pool.chars {
                found.push((format!("{name} == {letter}"), 0.6));
            }
        }
        "str" | "String" => found.push((format!("{name}.is_empty()"), 0.5)),
        _ if is_integer(kind) => {
            for (comparison, weight) in [
                ("== 0", 0.6),
                ("> 0", 0.5),
                ("!= 0", 0.3),
                ("== 1", 0.3),
                ("> 1", 0.2),
            ] {
                found.push((format!("{name} {comparison}"), weight));
            }
            if kind.starts_with('i') {
                found.push((format!("{name} < 0"), 0.5));
            }
        }
        _ => match head_of(kind) {
            "Vec" | "VecDeque" | "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "BinaryHeap" => {
                found.push((format!("{name}.is_empty()"), 0.6));
                found.push((format!("!{name}.is_empty()"), 0.4));
            }
            "Option" => {
                found.push((format!("{name}.is_some()"), 0.4));
                found.push((format!("{name}.is_none()"), 0.4));
            }
            _ => {}
        },
    }
}

/// Comparisons of two variables of one type.
fn pairs(variables: &[&Variable], found: &mut Vec<(String, f64)>) {
    let numbers: Vec<&&Variable> = variables
        .iter()
        .filter(|variable| is_integer(&variable.kind))
        .take(5)
        .collect();
    for (index, a) in numbers.iter().enumerate() {
        for b in &numbers[index + 1..] {
            if a.kind == b.kind {
                for comparison in ["<", ">", "==", "!="] {
                    found.push((format!("{} {comparison} {}", a.name, b.name), 0.3));
                }
            }
        }
    }
}

/// Whether every lower-case name in a piece of code means something at `at`.
pub(super) fn names_are_known(site: &Site<'_, '_>, text: &str, at: usize) -> bool {
    let mut rest = text;
    let mut before = ' ';
    let mut is_text = false;
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            is_text = !is_text;
        }
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        if length == 0 {
            before = c;
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(length);
        let is_variable = word.starts_with(|c: char| c.is_lowercase() || c == '_')
            && !matches!(before, '.' | ':' | '\'' | '\\')
            && !after.starts_with(['(', '!', ':'])
            && !matches!(
                word,
                "true"
                    | "false"
                    | "mut"
                    | "as"
                    | "return"
                    | "break"
                    | "continue"
                    | "if"
                    | "else"
                    | "let"
                    | "ref"
                    | "usize"
                    | "u8"
                    | "u16"
                    | "u32"
                    | "u64"
                    | "i8"
                    | "i16"
                    | "i32"
                    | "i64"
                    | "f64"
                    | "char"
                    | "str"
                    | "bool"
                    | "i128"
                    | "u128"
                    | "isize"
                    | "f32"
            );
        if is_variable && !is_text {
            let is_known = if word == "self" {
                site.scope.has_self
            } else {
                site.scope.variable(word, at).is_some()
            };
            if !is_known && !text.contains('|') {
                return false;
            }
        }
        before = word.chars().last().unwrap_or(' ');
        rest = after;
    }
    true
}
