//! What a crate defines: its types and functions, as far as their text tells.

use tree_sitter::Node;

use super::ty::Names;
use programs::Source;
use programs::rust::items::{field, is_test_code};

/// The definitions that tests of one file may use.
#[derive(Debug, Default)]
pub(super) struct Library {
    pub names: Names,
    pub types: Vec<TypeDef>,
    pub functions: Vec<Function>,
}

/// A structure or an enumeration.
#[derive(Clone, Debug)]
pub(super) struct TypeDef {
    pub name: String,
    pub generics: Vec<Generic>,
    /// The type parameters and the `where` clause as they are written.
    pub generics_text: String,
    pub where_text: String,
    pub form: Form,
    pub is_public: bool,
    /// Whether it stands in the file under test.
    pub is_here: bool,
    pub derives: Vec<String>,
    /// Whether values may be written as literals by anybody.
    pub is_open: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Form {
    Named(Vec<Field>),
    Tuple(Vec<Field>),
    Unit,
    Enum(Vec<(String, Form)>),
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub name: String,
    pub ty: String,
    pub is_public: bool,
}

/// A type parameter with its bounds, or a constant one.
#[derive(Clone, Debug)]
pub(super) struct Generic {
    pub name: String,
    pub bounds: String,
    pub is_const: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receiver {
    Ref,
    Mut,
    Own,
}

/// A function or method.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub name: String,
    pub owner: Option<Owner>,
    pub receiver: Option<Receiver>,
    pub generics: Vec<Generic>,
    pub params: Vec<(String, String)>,
    pub result: String,
    pub is_public: bool,
    pub is_here: bool,
    /// Why it cannot be called by a test, if it cannot.
    pub blocked: Option<&'static str>,
    pub span: std::ops::Range<usize>,
}

/// The `impl` block that holds a method.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    /// The type's name without arguments.
    pub name: String,
    /// The type as the block spells it.
    pub ty: String,
    pub generics: Vec<Generic>,
    /// The trait, as it is spelled.
    pub interface: Option<String>,
    /// `type Name = …;` in the block.
    pub associated: Vec<(String, String)>,
}

impl Library {
    /// Reads the file under test, and of `others` what is public.
    pub fn of(file: &Source, others: &[Source]) -> Self {
        let mut library = Self::default();
        library.read(file, file.tree.root_node(), None, true);
        for other in others {
            library.read(other, other.tree.root_node(), None, false);
        }
        // What the file does not name cannot be written in its tests.
        let words: std::collections::HashSet<&str> = file
            .text
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        library
            .types
            .retain(|kind| kind.is_here || words.contains(kind.name.as_str()));
        let mut seen: Vec<String> = Vec::new();
        library.types.retain(|kind| {
            let is_new = !seen.contains(&kind.name);
            seen.push(kind.name.clone());
            is_new
        });
        library.names.own = seen;
        library
    }

    /// Whether a type has fields that are not for everybody.
    pub fn is_hidden(&self, def: &TypeDef) -> bool {
        match &def.form {
            Form::Named(fields) | Form::Tuple(fields) => {
                fields.iter().any(|field| !field.is_public)
            }
            Form::Unit | Form::Enum(_) => false,
        }
    }

    /// Whether the crate implements a trait of this name for a type.
    pub fn has(&self, def: &TypeDef, interface: &str) -> bool {
        self.functions.iter().any(|function| {
            function.owner.as_ref().is_some_and(|owner| {
                let path = owner.interface.as_deref().unwrap_or_default();
                owner.name == def.name && path.rsplit("::").next() == Some(interface)
            })
        })
    }

    pub fn find(&self, name: &str) -> Option<&TypeDef> {
        self.types.iter().find(|kind| kind.name == name)
    }

    fn read(&mut self, source: &Source, node: Node<'_>, owner: Option<&Owner>, is_here: bool) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if is_test_code(source, child) || has_condition(source, child) {
                continue;
            }
            match child.kind() {
                "struct_item" | "enum_item" => {
                    if let Some(kind) = type_def(source, child, is_here) {
                        self.types.push(kind);
                    }
                }
                "type_item" => {
                    if let (Some(name), Some(kind)) = (field(child, "name"), field(child, "type")) {
                        let parameters = generics(source, child);
                        let parameters = parameters.into_iter().map(|one| one.name).collect();
                        let alias = (parameters, source.text_of(kind).to_owned());
                        let name = source.text_of(name).to_owned();
                        self.names.aliases.entry(name).or_insert(alias);
                    }
                }
                "impl_item" => {
                    if let (Some(owner), Some(body)) =
                        (impl_of(source, child), field(child, "body"))
                    {
                        self.read(source, body, Some(&owner), is_here);
                    }
                }
                "function_item" if is_here || owner.is_some() => {
                    self.functions.push(function(source, child, owner, is_here));
                }
                "mod_item" if !is_here => {
                    if let Some(body) = field(child, "body") {
                        self.read(source, body, None, false);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether an item is only there on some machines or with some features.
fn has_condition(source: &Source, node: Node<'_>) -> bool {
    attributes(source, node)
        .iter()
        .any(|text| text.starts_with("#[cfg("))
}

fn attributes<'a>(source: &'a Source, node: Node<'_>) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut before = node.prev_named_sibling();
    while let Some(attribute) = before {
        match attribute.kind() {
            "attribute_item" => found.push(&source.text[attribute.byte_range()]),
            "line_comment" | "block_comment" => {}
            _ => break,
        }
        before = attribute.prev_named_sibling();
    }
    found
}

fn type_def(source: &Source, node: Node<'_>, is_here: bool) -> Option<TypeDef> {
    let own = attributes(source, node);
    let derives = own
        .iter()
        .filter_map(|text| text.strip_prefix("#[derive(")?.strip_suffix(")]"))
        .flat_map(super::ty::split)
        .map(|name| name.rsplit("::").next().unwrap_or(name).to_owned())
        .collect();
    let form = if node.kind() == "enum_item" {
        let body = field(node, "body")?;
        let mut cursor = body.walk();
        let variants = body
            .named_children(&mut cursor)
            .filter(|child| child.kind() == "enum_variant")
            .filter_map(|child| {
                let name = source.text_of(field(child, "name")?).to_owned();
                Some((name, form_of(source, field(child, "body"), true)))
            });
        Form::Enum(variants.collect())
    } else {
        form_of(source, field(node, "body"), false)
    };
    Some(TypeDef {
        name: source.text_of(field(node, "name")?).to_owned(),
        generics: generics(source, node),
        generics_text: field(node, "type_parameters")
            .map_or("", |list| source.text_of(list))
            .to_owned(),
        where_text: where_clause(source, node).unwrap_or_default().to_owned(),
        form,
        is_public: is_public(source, node),
        is_here,
        derives,
        is_open: !own.iter().any(|text| text.contains("non_exhaustive")),
    })
}

fn form_of(source: &Source, body: Option<Node<'_>>, all_public: bool) -> Form {
    let Some(body) = body else { return Form::Unit };
    let mut fields = Vec::new();
    let mut cursor = body.walk();
    let mut was_public = false;
    for child in body.named_children(&mut cursor) {
        match child.kind() {
            "field_declaration" => {
                if let (Some(name), Some(kind)) = (field(child, "name"), field(child, "type")) {
                    fields.push(Field {
                        name: source.text_of(name).to_owned(),
                        ty: source.text_of(kind).to_owned(),
                        is_public: all_public || is_public(source, child),
                    });
                }
            }
            "visibility_modifier" => was_public = source.text_of(child) == "pub",
            "attribute_item" | "line_comment" | "block_comment" => {}
            _ => {
                fields.push(Field {
                    name: fields.len().to_string(),
                    ty: source.text_of(child).to_owned(),
                    is_public: all_public || was_public,
                });
                was_public = false;
            }
        }
    }
    if body.kind() == "field_declaration_list" {
        Form::Named(fields)
    } else {
        Form::Tuple(fields)
    }
}

fn is_public(source: &Source, node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor)
        .any(|child| child.kind() == "visibility_modifier" && source.text_of(child) == "pub")
}

fn where_clause<'a>(source: &'a Source, node: Node<'_>) -> Option<&'a str> {
    let mut cursor = node.walk();
    let clause = node
        .children(&mut cursor)
        .find(|child| child.kind() == "where_clause")?;
    Some(&source.text[clause.byte_range()])
}

/// Type parameters with the bounds from both places where they can stand.
fn generics(source: &Source, node: Node<'_>) -> Vec<Generic> {
    let mut found: Vec<Generic> = Vec::new();
    if let Some(list) = field(node, "type_parameters") {
        let text = source.text_of(list);
        for part in super::ty::split(&text[1..text.len() - 1]) {
            if part.starts_with('\'') {
                continue;
            }
            let (part, is_const) = match part.strip_prefix("const ") {
                Some(rest) => (rest, true),
                None => (part, false),
            };
            let (name, bounds) = part.split_once(':').unwrap_or((part, ""));
            let without_default = |text: &str| {
                let first = super::ty::split_on(text, '=').into_iter().next();
                first.unwrap_or_default().trim().to_owned()
            };
            found.push(Generic {
                name: without_default(name),
                bounds: without_default(bounds),
                is_const,
            });
        }
    }
    if let Some(clause) = where_clause(source, node) {
        for part in super::ty::split(clause.trim_start_matches("where")) {
            let Some((name, bounds)) = part.split_once(':') else {
                continue;
            };
            if let Some(known) = found.iter_mut().find(|one| one.name == name.trim()) {
                if !known.bounds.is_empty() {
                    known.bounds.push_str(" + ");
                }
                known.bounds.push_str(bounds.trim());
            }
        }
    }
    found
}

fn impl_of(source: &Source, node: Node<'_>) -> Option<Owner> {
    let kind = field(node, "type")?;
    let ty = source.text_of(kind).to_owned();
    let name = ty.trim_start_matches('&');
    let name = name.split('<').next().unwrap_or(name);
    let name = name.rsplit("::").next().unwrap_or(name).trim();
    let mut associated = Vec::new();
    if let Some(body) = field(node, "body") {
        let mut cursor = body.walk();
        for child in body.named_children(&mut cursor) {
            if matches!(child.kind(), "type_item" | "associated_type")
                && let (Some(name), Some(kind)) = (field(child, "name"), field(child, "type"))
            {
                associated.push((
                    source.text_of(name).to_owned(),
                    source.text_of(kind).to_owned(),
                ));
            }
        }
    }
    Some(Owner {
        name: name.to_owned(),
        ty,
        generics: generics(source, node),
        interface: field(node, "trait").map(|name| source.text_of(name).to_owned()),
        associated,
    })
}

fn function(source: &Source, node: Node<'_>, owner: Option<&Owner>, is_here: bool) -> Function {
    let mut params = Vec::new();
    let mut receiver = None;
    let mut blocked = None;
    if let Some(list) = field(node, "parameters") {
        let mut cursor = list.walk();
        for child in list.named_children(&mut cursor) {
            match child.kind() {
                "self_parameter" => {
                    let text: String = source.text_of(child).split_whitespace().collect();
                    receiver = Some(match (text.starts_with('&'), text.contains("mutself")) {
                        (true, true) => Receiver::Mut,
                        (true, false) => Receiver::Ref,
                        _ => Receiver::Own,
                    });
                }
                "parameter" => {
                    let name = field(child, "pattern").map_or("", |node| source.text_of(node));
                    let kind = field(child, "type").map_or("", |node| source.text_of(node));
                    if name == "self" {
                        blocked = Some("takes an unusual `self`");
                    }
                    params.push((name.trim_start_matches("mut ").to_owned(), kind.to_owned()));
                }
                _ => {}
            }
        }
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        if child.kind() == "function_modifiers" {
            for word in source.text_of(child).split_whitespace() {
                match word {
                    "unsafe" => {
                        blocked = Some("is unsafe, and only its caller knows when it may be called")
                    }
                    "async" => blocked = Some("is async, and needs an executor"),
                    _ => {}
                }
            }
        }
    }
    Function {
        name: field(node, "name")
            .map_or("", |name| source.text_of(name))
            .to_owned(),
        owner: owner.cloned(),
        receiver,
        generics: generics(source, node),
        params,
        result: field(node, "return_type")
            .map_or("()", |kind| source.text_of(kind))
            .to_owned(),
        is_public: is_public(source, node) || owner.is_some_and(|owner| owner.interface.is_some()),
        is_here,
        blocked,
        span: node.byte_range(),
    }
}
