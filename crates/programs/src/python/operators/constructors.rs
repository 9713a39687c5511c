//! What a constructor forgot to set up.

use super::insertion::Surroundings;
use super::pool::Pool;
use super::ty::Ty;

/// `self.x = x` in a constructor that forgot it, and lists that every object needs for itself.
pub(super) fn propose(around: &Surroundings<'_, '_>, pool: &mut Pool<'_>) {
    let place = around.place;
    let name = place.function.child("name").map_or("", |name| name.text());
    let outer = around.gap.block.parent() == Some(place.function);
    if !outer {
        return;
    }
    let is_constructor = name == "__init__";
    if is_constructor {
        let parameters = place
            .file
            .functions
            .iter()
            .find(|function| function.node == place.function);
        for parameter in parameters.map_or(&[][..], |function| &function.parameters) {
            let prior = if around.is_at_end() { 0.3 } else { 0.1 };
            around.put(
                &format!("self.{parameter} = {parameter}"),
                "insert_set_up",
                prior,
                pool,
            );
        }
        if around.is_at_start() {
            around.put("super().__init__()", "insert_set_up", 0.1, pool);
        }
    }
    let class = place
        .function
        .ancestors()
        .find(|ancestor| ancestor.kind() == "class_definition");
    let Some(body) = class.and_then(|class| class.child("body")) else {
        return;
    };
    if !is_constructor || !around.is_at_end() {
        return;
    }
    // An attribute of the class that every object would share.
    for statement in body.parts() {
        let assigned = statement
            .parts()
            .next()
            .filter(|part| part.kind() == "assignment");
        if let Some((left, right)) =
            assigned.and_then(|part| part.child("left").zip(part.child("right")))
            && matches!(right.kind(), "list" | "dictionary" | "set" | "call")
        {
            let text = format!("self.{} = {}", left.text(), right.text());
            around.put(&text, "insert_set_up", 0.35, pool);
        }
    }
    for atom in place
        .atoms
        .iter()
        .filter(|atom| atom.text.starts_with("self."))
    {
        for (value, ty, prior) in [
            ("[]", Ty::LIST, 0.1),
            ("{}", Ty::DICT, 0.1),
            ("0", Ty::INT, 0.1),
            ("None", Ty::ANY, 0.05),
        ] {
            if atom.ty.may_be(ty) {
                let text = format!("{} = {value}", atom.text);
                around.put(&text, "insert_set_up", prior, pool);
            }
        }
    }
}
