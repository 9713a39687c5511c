//! `match`: patterns, guards and the bodies of arms.

use tree_sitter::Node;

use super::Site;
use crate::rust::items::field;

pub(super) fn arms(site: &mut Site<'_, '_>, node: Node<'_>) {
    let Some(body) = field(node, "body") else {
        return;
    };
    let mut cursor = body.walk();
    let arms: Vec<Node<'_>> = body
        .named_children(&mut cursor)
        .filter(|child| child.kind() == "match_arm")
        .collect();
    for (index, &arm) in arms.iter().enumerate() {
        if let Some(pattern) = field(arm, "pattern") {
            self::pattern(site, pattern);
        }
        let Some(value) = field(arm, "value") else {
            continue;
        };
        for (distance, &other) in arms[index + 1..].iter().enumerate() {
            if let Some(second) = field(other, "value") {
                let prior = if distance == 0 { 0.1 } else { 0.04 };
                swap(site, value, second, prior);
                let (a, b) = (site.text(value), site.text(second));
                if a.len() < 80 && b.len() < 80 {
                    site.replace(value, b, "copy_arm", 0.03);
                    site.replace(second, a, "copy_arm", 0.03);
                }
            }
        }
        if let Some(&next) = arms.get(index + 1) {
            // The first arm that fits is taken, so their order matters.
            swap(site, arm, next, 0.06);
        }
    }
}

fn swap(site: &mut Site<'_, '_>, a: Node<'_>, b: Node<'_>, prior: f64) {
    let between = &site.edits.source.text[a.end_byte()..b.start_byte()];
    let text = format!("{}{between}{}", site.text(b), site.text(a));
    if text.len() < 2000 {
        site.write(a.start_byte()..b.end_byte(), text, "swap_arms", prior);
    }
}

fn pattern(site: &mut Site<'_, '_>, node: Node<'_>) {
    if let Some(condition) = field(node, "condition") {
        let start = node
            .named_child(0)
            .map_or(node.start_byte(), |first| first.end_byte());
        site.write(start..node.end_byte(), String::new(), "drop_guard", 0.12);
        let text = site.text(condition);
        site.replace(condition, format!("!({text})"), "negate", 0.15);
    }
    let mut stack = vec![node];
    while let Some(part) = stack.pop() {
        match part.kind() {
            "or_pattern" => {
                if let (Some(a), Some(b)) = (part.named_child(0), part.named_child(1)) {
                    for kept in [a, b] {
                        let text = site.text(kept);
                        site.replace(part, text, "drop_alternative", 0.06);
                    }
                }
            }
            "range_pattern" => {
                let text = site.text(part);
                let other = if text.contains("..=") {
                    text.replacen("..=", "..", 1)
                } else {
                    text.replacen("..", "..=", 1)
                };
                site.replace(part, other, "change_range", 0.3);
            }
            "scoped_identifier" => add_alternative(site, part),
            _ => {}
        }
        let mut cursor = part.walk();
        stack.extend(part.named_children(&mut cursor));
    }
}

/// `Kind::A` made `Kind::A | Kind::B`.
fn add_alternative(site: &mut Site<'_, '_>, node: Node<'_>) {
    let (Some(path), Some(name)) = (field(node, "path"), field(node, "name")) else {
        return;
    };
    let (path, name) = (site.text(path), site.text(name));
    let owner = if path == "Self" {
        site.scope.owner.unwrap_or(path)
    } else {
        path
    };
    let variants = site
        .scope
        .items
        .unit_variants
        .get(owner)
        .cloned()
        .unwrap_or_default();
    let share = (0.2 / variants.len().max(1) as f64).min(0.06);
    for other in variants.iter().filter(|other| *other != name) {
        site.replace(
            node,
            format!("{path}::{name} | {path}::{other}"),
            "add_alternative",
            share,
        );
    }
}
