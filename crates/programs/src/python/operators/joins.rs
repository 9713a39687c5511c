//! `e` → `e + other`, `other + e`, `e or default`: an operand that was forgotten.

use super::expr::{Expr, Level};
use super::place::{Place, atom_expr, is_condition};
use super::pool::Pool;
use super::tree::Node;
use super::ty::Ty;
use super::wraps::is_postfixed;

/// How often a number is forgotten beside another.
const OPERANDS: &[(&str, f64)] = &[
    ("+", 0.12),
    ("-", 0.1),
    ("*", 0.06),
    ("%", 0.04),
    ("//", 0.03),
    ("/", 0.02),
];

/// What stands in for nothing.
const DEFAULTS: &[(&str, Ty, f64)] = &[
    ("[]", Ty::LIST, 0.06),
    ("{}", Ty::DICT, 0.05),
    ("0", Ty::NUMBER, 0.04),
    ("\"\"", Ty::STR, 0.04),
    ("None", Ty::ANY, 0.02),
];

pub(super) fn propose<'t>(place: &Place<'t, '_>, node: Node<'t>, present: Ty, pool: &mut Pool<'_>) {
    let weight = match node.parent_kind() {
        "return_statement" => 1.0,
        "assignment" | "augmented_assignment" => 0.8,
        "argument_list" | "yield" => 0.6,
        "parenthesized_expression" => 0.5,
        "tuple" | "expression_list" | "pair" | "keyword_argument" => 0.35,
        "binary_operator" if node.kind() == "binary_operator" => 0.4,
        _ => return,
    };
    if matches!(
        node.kind(),
        "comparison_operator" | "not_operator" | "dictionary" | "set"
    ) {
        return;
    }
    let joined = Joined {
        node,
        expr: Expr::of(node),
        present,
        weight,
    };
    joined.with_atoms(place, pool);
    joined.with_likes(place, pool);
    joined.round(place, pool);
    if present.is(Ty::LIST.or(Ty::TUPLE)) {
        joined.with_donors(place, pool);
    }
    if is_postfixed(node) && !is_condition(node) {
        for &(default, ty, prior) in DEFAULTS {
            if present.may_be(ty) {
                let known = if present.is_unknown() { 0.4 } else { 1.0 };
                let fallback = joined.expr.binary("or", &Expr::atom(default));
                pool.replace(node, &fallback, "add_default", prior * weight * known);
            }
        }
    }
}

/// The operand that is there.
struct Joined<'t> {
    node: Node<'t>,
    expr: Expr,
    present: Ty,
    weight: f64,
}

impl<'t> Joined<'t> {
    fn both_ways(&self, other: &Expr, prior: f64, pool: &mut Pool<'_>) {
        let (after, before) = (self.expr.binary("+", other), other.binary("+", &self.expr));
        pool.replace(self.node, &after, "concatenate", prior * self.weight);
        pool.replace(self.node, &before, "concatenate", prior * self.weight);
    }

    fn with_atoms(&self, place: &Place<'t, '_>, pool: &mut Pool<'_>) {
        let is_sequence = self.present.is(Ty::LIST.or(Ty::TUPLE));
        for atom in place.atoms_at(self.node) {
            if atom.text == self.node.text() {
                continue;
            }
            let name = atom_expr(&atom);
            if is_sequence && !atom.ty.is(Ty::LIST) {
                let one = Expr::atom(format!("[{}]", atom.text));
                self.both_ways(&one, 0.12 * atom.weight, pool);
            }
            let alike = self.present.and(atom.ty) != Ty::NOTHING;
            if alike && self.present.is(Ty::INDEXED) && atom.ty.is(Ty::INDEXED) {
                self.both_ways(&name, 0.13 * atom.weight, pool);
            } else if self.present.may_be(Ty::NUMBER)
                && atom.ty.may_be(Ty::NUMBER)
                && self.node.kind() != "integer"
            {
                let in_sum = self.node.kind() == "binary_operator";
                let known = match atom.ty.is(Ty::NUMBER) {
                    true => 1.0,
                    false if in_sum && atom.ty.is_unknown() => 0.3,
                    false => continue,
                };
                self.with_number(&name, atom.weight * known, pool);
            }
        }
    }

    fn with_number(&self, other: &Expr, weight: f64, pool: &mut Pool<'_>) {
        let known = if self.present.is(Ty::NUMBER) {
            1.0
        } else {
            0.3
        };
        for &(operator, prior) in OPERANDS {
            let prior = prior * self.weight * known * weight;
            let after = self.expr.binary(operator, other);
            pool.replace(self.node, &after, "add_operand", prior);
            if operator == "-" {
                let before = other.binary(operator, &self.expr);
                pool.replace(self.node, &before, "add_operand", prior);
            }
        }
    }

    /// `len(a)` → `len(a) + len(b)`.
    fn with_likes(&self, place: &Place<'t, '_>, pool: &mut Pool<'_>) {
        let (Some(function), Some(list)) =
            (self.node.child("function"), self.node.child("arguments"))
        else {
            return;
        };
        let mut arguments = list.parts();
        let (Some(only), None) = (arguments.next(), arguments.next()) else {
            return;
        };
        if list.kind() != "argument_list" || !self.present.may_be(Ty::NUMBER) {
            return;
        }
        for atom in place.atoms_at(self.node) {
            let fits = place.type_of(only).affinity(atom.ty) >= 0.6 && atom.text != only.text();
            if fits {
                let like = Expr::atom(format!("{}({})", function.text(), atom.text));
                let prior = 0.08 * self.weight * atom.weight;
                pool.replace(
                    self.node,
                    &self.expr.binary("+", &like),
                    "add_operand",
                    prior,
                );
            }
        }
    }

    /// What runs in a circle: `x + shift` → `(x + shift) % 26`, `a[1:]` → `a[1:] + a[:1]`.
    fn round(&self, place: &Place<'t, '_>, pool: &mut Pool<'_>) {
        if self.node.kind() == "binary_operator" && self.present.may_be(Ty::NUMBER) {
            for modulus in place.file.integers.iter().take(10) {
                if !matches!(*modulus, "0" | "1") {
                    let rest = self.expr.binary("%", &Expr::atom(*modulus));
                    pool.replace(self.node, &rest, "wrap_round", 0.04 * self.weight);
                }
            }
        }
        let slice = self
            .node
            .child("subscript")
            .filter(|index| index.kind() == "slice");
        let (Some(value), Some(slice)) = (self.node.child("value"), slice) else {
            return;
        };
        let other = match (
            slice.text().strip_suffix(':'),
            slice.text().strip_prefix(':'),
        ) {
            (Some(start), None) => format!("{}[:{start}]", value.text()),
            (None, Some(stop)) => format!("{}[{stop}:]", value.text()),
            _ => return,
        };
        self.both_ways(&Expr::atom(other), 0.08, pool);
    }

    fn with_donors(&self, place: &Place<'t, '_>, pool: &mut Pool<'_>) {
        for donor in &place.donors {
            if !donor.ty.may_be(Ty::LIST) && donor.node.text() != self.node.text() {
                continue;
            }
            let one = Expr::atom(format!("[{}]", donor.expr.at(Level::Lambda)));
            self.both_ways(&one, 0.05, pool);
            let sum = self.expr.binary("+", &donor.expr);
            pool.replace(self.node, &sum, "concatenate", 0.05 * self.weight);
        }
    }
}
