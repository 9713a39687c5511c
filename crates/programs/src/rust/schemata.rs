//! Many candidates in one program: each function chooses its variant at run time.
//!
//! A function of which candidates change the body gets a slot. Its body first asks which variant
//! is active in its slot, and goes there; the original body follows unchanged. A variant is a
//! function of its own beside the original, so that a mistake of types in one does not hide those
//! in another; where that cannot be (methods of traits, patterns as parameters, `impl Trait`), it
//! is a block within the body. Nothing of this is unsafe, so that crates that forbid it build.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use tree_sitter::Node;

use super::items::{field, functions, is_test_code};
use crate::edit::{Candidate, Edit};
use crate::source::{FileId, Source, Sources};

/// The variable that says which variants are active: `slot=variant,…`.
pub(super) const SWITCH: &str = "FREEHOLD_MUTANT";

/// A file and the first and last byte of a function in it.
type FunctionKey = (FileId, usize, usize);

/// What to activate for each candidate; none where it cannot be expressed.
#[derive(Debug, Default)]
pub(super) struct Schemata {
    /// For each candidate the value of [`SWITCH`], and its variants.
    pub switches: Vec<Option<(String, Vec<u32>)>>,
    slots: Vec<Slot>,
    with_tests: bool,
}

#[derive(Debug)]
struct Slot {
    file: FileId,
    /// Bytes of the whole function.
    function: Range<usize>,
    variants: Vec<Variant>,
}

#[derive(Debug)]
struct Variant {
    number: u32,
    edits: Vec<Edit>,
}

/// A file as it is compiled, and where each variant stands in it.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    pub text: String,
    pub regions: Vec<(Range<usize>, u32)>,
}

impl Schemata {
    /// Gives every function that a candidate changes a slot, and every change a variant.
    pub fn of(candidates: &[&Candidate], sources: &Sources) -> Self {
        Self::made_of(candidates, sources, false)
    }

    /// [`Schemata::of`], tests included.
    pub fn of_all(candidates: &[&Candidate], sources: &Sources) -> Self {
        Self::made_of(candidates, sources, true)
    }

    fn made_of(candidates: &[&Candidate], sources: &Sources, with_tests: bool) -> Self {
        let mut made = Self {
            with_tests,
            ..Self::default()
        };
        let mut next = 1;
        for candidate in candidates {
            let switch = made.place(candidate, sources, &mut next);
            made.switches.push(switch);
        }
        made
    }

    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The files that have a slot.
    pub fn files(&self) -> Vec<FileId> {
        let mut files: Vec<FileId> = self.slots.iter().map(|slot| slot.file).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    fn place(
        &mut self,
        candidate: &Candidate,
        sources: &Sources,
        next: &mut u32,
    ) -> Option<(String, Vec<u32>)> {
        let mut groups: BTreeMap<FunctionKey, Vec<Edit>> = BTreeMap::new();
        for edit in &candidate.edits {
            match enclosing(sources.get(edit.file), &edit.span, self.with_tests) {
                Some(function) => {
                    let key = (edit.file, function.start_byte(), function.end_byte());
                    groups.entry(key).or_default().push(edit.clone());
                }
                None => {
                    for (key, shadow) in shadows(edit, sources)? {
                        groups.entry(key).or_default().push(shadow);
                    }
                }
            }
        }
        join_nested(&mut groups);
        let mut switch = Vec::new();
        let mut numbers = Vec::new();
        for ((file, start, end), edits) in groups {
            let slot = self.slot(file, start..end);
            let variants = &mut self.slots[slot].variants;
            let number = match variants.iter().find(|variant| variant.edits == edits) {
                Some(known) => known.number,
                None => {
                    variants.push(Variant {
                        number: *next,
                        edits,
                    });
                    *next += 1;
                    *next - 1
                }
            };
            switch.push(format!("{slot}={number}"));
            numbers.push(number);
        }
        Some((switch.join(","), numbers))
    }

    fn slot(&mut self, file: FileId, function: Range<usize>) -> usize {
        if let Some(known) = self
            .slots
            .iter()
            .position(|slot| slot.file == file && slot.function == function)
        {
            return known;
        }
        self.slots.push(Slot {
            file,
            function,
            variants: Vec::new(),
        });
        self.slots.len() - 1
    }

    /// The text of `file` with its variants, those in `dropped` left out.
    pub fn rewrite(
        &self,
        file: FileId,
        sources: &Sources,
        dropped: &dyn Fn(u32) -> bool,
    ) -> Rewritten {
        let source = sources.get(file);
        let mut insertions: Vec<(usize, Vec<Piece>)> = Vec::new();
        for (index, slot) in self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.file == file)
        {
            let Some(function) = function_at(source, &slot.function) else {
                continue;
            };
            let variants: Vec<&Variant> = slot
                .variants
                .iter()
                .filter(|variant| !dropped(variant.number))
                .collect();
            if variants.is_empty() {
                continue;
            }
            let body = field(function, "body").expect("a slot's function has a body");
            let head = Head::of(source, function);
            let inside = body_start(body);
            insertions.push((
                inside,
                dispatch(source, body, head.as_ref(), index, &variants),
            ));
            if let Some(head) = head {
                insertions.push((
                    function.end_byte(),
                    siblings(source, body, &head, &variants),
                ));
            }
        }
        insertions.sort_by_key(|(at, _)| *at);
        let mut made = Rewritten::default();
        let mut copied = 0;
        for (at, pieces) in insertions {
            made.text.push_str(&source.text[copied..at]);
            copied = at;
            for piece in pieces {
                let start = made.text.len();
                made.text.push_str(&piece.text);
                if let Some(number) = piece.variant {
                    made.regions.push((start..made.text.len(), number));
                }
            }
        }
        made.text.push_str(&source.text[copied..]);
        made
    }
}

/// A function inside another that is changed as well belongs to the outer one.
fn join_nested(groups: &mut BTreeMap<FunctionKey, Vec<Edit>>) {
    let keys: Vec<FunctionKey> = groups.keys().copied().collect();
    for inner in &keys {
        let outer = keys.iter().find(|outer| {
            outer.0 == inner.0 && outer.1 <= inner.1 && inner.2 <= outer.2 && *outer != inner
        });
        if let Some(outer) = outer
            && let Some(edits) = groups.remove(inner)
        {
            groups.entry(*outer).or_default().extend(edits);
        }
    }
}

/// A changed constant, declared anew within every function that names it.
fn shadows(edit: &Edit, sources: &Sources) -> Option<Vec<(FunctionKey, Edit)>> {
    let source = sources.get(edit.file);
    let root = source.tree.root_node();
    let mut item = root.descendant_for_byte_range(edit.span.start, edit.span.end)?;
    while item.kind() != "const_item" || item.parent()?.kind() == "declaration_list" {
        item = item.parent()?;
    }
    let name = source.text_of(field(item, "name")?);
    let start = field(item, "name")?.start_byte();
    let mut text = format!(" const {}", &source.text[start..edit.span.start]);
    text.push_str(&edit.replacement);
    text.push_str(&source.text[edit.span.end..item.end_byte()]);
    let mut made = Vec::new();
    for (file, source) in sources.iter() {
        for (function, _) in functions(source) {
            let Some(body) = field(function, "body").filter(|_| !is_constant(source, function))
            else {
                continue;
            };
            let words = source
                .text_of(body)
                .split(|c: char| !c.is_alphanumeric() && c != '_');
            if words.into_iter().any(|word| word == name) {
                let at = body_start(body);
                let key = (file, function.start_byte(), function.end_byte());
                let shadow = Edit {
                    file,
                    span: at..at,
                    replacement: text.clone(),
                };
                made.push((key, shadow));
            }
        }
    }
    (!made.is_empty()).then_some(made)
}

struct Piece {
    text: String,
    variant: Option<u32>,
}

impl Piece {
    fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            variant: None,
        }
    }
}

/// The innermost function whose body holds `span`, if it can choose at run time.
fn enclosing<'t>(source: &'t Source, span: &Range<usize>, with_tests: bool) -> Option<Node<'t>> {
    let mut node = source
        .tree
        .root_node()
        .descendant_for_byte_range(span.start, span.end)?;
    loop {
        if node.kind() == "function_item"
            && let Some(body) = field(node, "body")
            && body.start_byte() < span.start
            && span.end < body.end_byte()
        {
            return (!is_constant(source, node) && (with_tests || !is_test_code(source, node)))
                .then_some(node);
        }
        if matches!(
            node.kind(),
            "const_block" | "const_item" | "static_item" | "macro_definition"
        ) {
            return None;
        }
        node = node.parent()?;
    }
}

fn is_constant(source: &Source, function: Node<'_>) -> bool {
    let mut cursor = function.walk();
    function.children(&mut cursor).any(|child| {
        child.kind() == "function_modifiers"
            && source
                .text_of(child)
                .split_whitespace()
                .any(|word| word == "const")
    })
}

fn function_at<'t>(source: &'t Source, span: &Range<usize>) -> Option<Node<'t>> {
    let mut node = source
        .tree
        .root_node()
        .descendant_for_byte_range(span.start, span.end)?;
    while node.kind() != "function_item" || node.byte_range() != *span {
        node = node.parent()?;
    }
    Some(node)
}

/// Behind the opening brace and the inner attributes of a body.
fn body_start(body: Node<'_>) -> usize {
    let mut at = body.start_byte() + 1;
    let mut cursor = body.walk();
    for child in body.named_children(&mut cursor) {
        match child.kind() {
            "inner_attribute_item" => at = child.end_byte(),
            "line_comment" | "block_comment" => {}
            _ => break,
        }
    }
    at
}

fn changed_body(source: &Source, body: Node<'_>, edits: &[Edit]) -> String {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut text = String::new();
    let mut copied = body.start_byte();
    for edit in sorted {
        text.push_str(&source.text[copied..edit.span.start.max(copied)]);
        text.push_str(&edit.replacement);
        copied = edit.span.end.max(copied);
    }
    text.push_str(&source.text[copied..body.end_byte()]);
    text
}

/// The start of the body: which variant is active, and on to it.
fn dispatch(
    source: &Source,
    body: Node<'_>,
    head: Option<&Head>,
    slot: usize,
    variants: &[&Variant],
) -> Vec<Piece> {
    let mut pieces = vec![Piece::plain(format!(
        " match crate::__freehold::active({slot}) {{ "
    ))];
    for variant in variants {
        let number = variant.number;
        match head {
            Some(head) => pieces.push(Piece::plain(format!(
                "{number} => return {}, ",
                head.call(number)
            ))),
            None => {
                pieces.push(Piece::plain(format!("{number} => return ")));
                pieces.push(Piece {
                    text: changed_body(source, body, &variant.edits),
                    variant: Some(number),
                });
                pieces.push(Piece::plain(",\n"));
            }
        }
    }
    pieces.push(Piece::plain("_ => {} } "));
    pieces
}

fn siblings(source: &Source, body: Node<'_>, head: &Head, variants: &[&Variant]) -> Vec<Piece> {
    let make = |variant: &&Variant| Piece {
        text: format!(
            "\nfn {}{} {}",
            head.name(variant.number),
            head.rest,
            changed_body(source, body, &variant.edits)
        ),
        variant: Some(variant.number),
    };
    variants.iter().map(make).collect()
}

/// How a sibling of a function is declared and called.
struct Head {
    own_name: String,
    /// From the type parameters to the body.
    rest: String,
    path: &'static str,
    generics: String,
    arguments: String,
}

impl Head {
    /// None where a function cannot have siblings.
    fn of(source: &Source, function: Node<'_>) -> Option<Self> {
        let parent = function.parent()?;
        let path = match parent.kind() {
            "source_file" | "block" => "",
            "declaration_list" => match parent.parent()?.kind() {
                "mod_item" => "",
                "impl_item" if field(parent.parent()?, "trait").is_none() => "Self::",
                _ => return None,
            },
            _ => return None,
        };
        let mut cursor = function.walk();
        let has_modifiers = function
            .children(&mut cursor)
            .any(|child| child.kind() == "function_modifiers");
        let (name, body) = (field(function, "name")?, field(function, "body")?);
        let rest = source.text[name.end_byte()..body.start_byte()]
            .trim_end()
            .to_owned();
        if has_modifiers
            || field(function, "return_type")
                .is_some_and(|kind| source.text_of(kind).contains("impl "))
        {
            return None;
        }
        Some(Self {
            own_name: source.text_of(name).trim_start_matches("r#").to_owned(),
            arguments: arguments(source, field(function, "parameters")?)?,
            generics: field(function, "type_parameters")
                .map_or(Some(String::new()), |list| generics(source, list))?,
            rest,
            path,
        })
    }

    fn name(&self, variant: u32) -> String {
        format!("__freehold_{variant}_{}", self.own_name)
    }

    fn call(&self, variant: u32) -> String {
        format!(
            "{}{}{}({})",
            self.path,
            self.name(variant),
            self.generics,
            self.arguments
        )
    }
}

/// The parameters passed on, if each is a plain name.
fn arguments(source: &Source, list: Node<'_>) -> Option<String> {
    let mut cursor = list.walk();
    let mut names = Vec::new();
    for child in list.named_children(&mut cursor) {
        match child.kind() {
            "self_parameter" => names.push("self"),
            "parameter" => {
                let pattern = field(child, "pattern")?;
                match pattern.kind() {
                    "identifier" => names.push(source.text_of(pattern)),
                    "self" => names.push("self"),
                    _ => return None,
                }
            }
            "line_comment" | "block_comment" => {}
            _ => return None,
        }
    }
    Some(names.join(", "))
}

/// The type parameters passed on; lifetimes are found by the compiler.
fn generics(source: &Source, list: Node<'_>) -> Option<String> {
    let mut cursor = list.walk();
    let mut names = Vec::new();
    for child in list.named_children(&mut cursor) {
        match child.kind() {
            "lifetime_parameter" | "lifetime" | "line_comment" | "block_comment" => {}
            "type_parameter" | "const_parameter" => {
                names.push(source.text_of(field(child, "name")?))
            }
            "type_identifier" => names.push(source.text_of(child)),
            _ => return None,
        }
    }
    if names.is_empty() {
        return Some(String::new());
    }
    let mut text = String::from("::<");
    write!(text, "{}>", names.join(", ")).expect("writing to a string does not fail");
    Some(text)
}

/// The module that each crate root gets: the switch, and the marks of coverage.
pub(super) fn module(slots: usize, probes: usize) -> String {
    include_str!("schemata/switch.rs.txt")
        .replace("SLOT_COUNT", &slots.max(1).to_string())
        .replace("PROBE_COUNT", &probes.max(1).to_string())
}

#[cfg(test)]
mod tests;
