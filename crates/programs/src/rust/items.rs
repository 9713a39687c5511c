//! What the files under repair define: structures, enumerations, functions and constants.

use std::collections::HashMap;

use tree_sitter::Node;

use crate::source::{FileId, Source, Sources};

/// A function or method with the types of its parameters, normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub name: String,
    /// The type whose `impl` holds it.
    pub owner: Option<String>,
    pub has_self: bool,
    pub parameters: Vec<String>,
    pub result: String,
}

/// The definitions of all files.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// Fields of structures with their types.
    pub structs: HashMap<String, Vec<(String, String)>>,
    /// Variants without contents of enumerations.
    pub unit_variants: HashMap<String, Vec<String>>,
    pub functions: Vec<Signature>,
    pub constants: Vec<(String, String)>,
    /// Statements `self.field = value;` that give fields the value that a constructor gives.
    pub resets: Vec<(String, String, String)>,
}

impl Items {
    pub fn of(sources: &Sources) -> Self {
        let mut items = Self::default();
        for (_, source) in sources.iter() {
            items.read(source, source.tree.root_node(), None);
        }
        items
    }

    /// The type of `field` in the structure called `owner`.
    pub fn field(&self, owner: &str, field: &str) -> Option<&str> {
        self.fields(owner)
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, kind)| kind.as_str())
    }

    pub fn fields(&self, owner: &str) -> &[(String, String)] {
        self.structs.get(head(owner)).map_or(&[], Vec::as_slice)
    }

    /// Methods that can be called on a value of type `owner`; all methods when it is unknown.
    pub fn methods<'a>(&'a self, owner: &'a str) -> impl Iterator<Item = &'a Signature> {
        self.functions.iter().filter(move |function| {
            function.has_self
                && (owner.is_empty() || function.owner.as_deref() == Some(head(owner)))
        })
    }

    fn read(&mut self, source: &Source, node: Node<'_>, owner: Option<&str>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if is_test_code(source, child) {
                continue;
            }
            match child.kind() {
                "struct_item" => self.read_struct(source, child),
                "enum_item" => self.read_enum(source, child),
                "const_item" | "static_item" => {
                    if let (Some(name), Some(kind)) = (field(child, "name"), field(child, "type")) {
                        let kind = normal(source.text_of(kind));
                        self.constants.push((source.text_of(name).to_owned(), kind));
                    }
                }
                "impl_item" | "trait_item" => {
                    let named = field(child, "type").or_else(|| field(child, "name"));
                    let owner = named.map(|kind| head(&normal(source.text_of(kind))).to_owned());
                    if let Some(body) = field(child, "body") {
                        self.read(source, body, owner.as_deref());
                    }
                }
                "function_item" | "function_signature_item" => {
                    self.functions.push(signature(source, child, owner));
                    self.read_resets(source, child, owner);
                }
                "mod_item" => {
                    if let Some(body) = field(child, "body") {
                        self.read(source, body, None);
                    }
                }
                _ => {}
            }
        }
    }

    fn read_struct(&mut self, source: &Source, node: Node<'_>) {
        let (Some(name), Some(body)) = (field(node, "name"), field(node, "body")) else {
            return;
        };
        let mut fields = Vec::new();
        let mut cursor = body.walk();
        for (index, child) in body.named_children(&mut cursor).enumerate() {
            match child.kind() {
                "field_declaration" => {
                    if let (Some(name), Some(kind)) = (field(child, "name"), field(child, "type")) {
                        fields.push((
                            source.text_of(name).to_owned(),
                            normal(source.text_of(kind)),
                        ));
                    }
                }
                "visibility_modifier" | "attribute_item" | "line_comment" => {}
                _ if body.kind() == "ordered_field_declaration_list" => {
                    fields.push((index.to_string(), normal(source.text_of(child))));
                }
                _ => {}
            }
        }
        self.structs.insert(source.text_of(name).to_owned(), fields);
    }

    fn read_enum(&mut self, source: &Source, node: Node<'_>) {
        let (Some(name), Some(body)) = (field(node, "name"), field(node, "body")) else {
            return;
        };
        let mut cursor = body.walk();
        let variants = body
            .named_children(&mut cursor)
            .filter(|child| child.kind() == "enum_variant" && field(*child, "body").is_none())
            .filter_map(|child| Some(source.text_of(field(child, "name")?).to_owned()))
            .collect();
        self.unit_variants
            .insert(source.text_of(name).to_owned(), variants);
    }

    /// Remembers the values that a constructor gives to fields.
    fn read_resets(&mut self, source: &Source, function: Node<'_>, owner: Option<&str>) {
        let Some(owner) = owner else { return };
        let mut stack = vec![function];
        while let Some(node) = stack.pop() {
            if node.kind() == "field_initializer"
                && let (Some(name), Some(value)) = (field(node, "field"), field(node, "value"))
                && value.byte_range().len() < 40
            {
                let reset = (
                    owner.to_owned(),
                    source.text_of(name).to_owned(),
                    source.text_of(value).to_owned(),
                );
                if !self.resets.contains(&reset) {
                    self.resets.push(reset);
                }
            }
            let mut cursor = node.walk();
            stack.extend(node.named_children(&mut cursor));
        }
    }
}

/// The signature of a `function_item`.
pub(super) fn signature(source: &Source, node: Node<'_>, owner: Option<&str>) -> Signature {
    let mut parameters = Vec::new();
    let mut has_self = false;
    if let Some(list) = field(node, "parameters") {
        let mut cursor = list.walk();
        for child in list.named_children(&mut cursor) {
            match child.kind() {
                "self_parameter" => has_self = true,
                "parameter" => {
                    let kind = field(child, "type").map_or("", |kind| source.text_of(kind));
                    parameters.push(normal_in(kind, owner));
                }
                _ => {}
            }
        }
    }
    let result = field(node, "return_type").map_or(String::from("()"), |kind| {
        normal_in(source.text_of(kind), owner)
    });
    Signature {
        name: field(node, "name")
            .map_or("", |name| source.text_of(name))
            .to_owned(),
        owner: owner.map(str::to_owned),
        has_self,
        parameters,
        result,
    }
}

/// A child by the name of its field.
pub fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

/// A type without references, lifetimes and blanks.
pub(super) fn normal(kind: &str) -> String {
    let mut out = String::new();
    let mut rest = kind.trim();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('&') {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("mut ") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\'') {
            rest = after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        } else {
            break;
        }
    }
    out.extend(rest.chars().filter(|c| !c.is_whitespace()));
    out
}

/// [`normal`], with `Self` spelled out.
pub(super) fn normal_in(kind: &str, owner: Option<&str>) -> String {
    let kind = normal(kind);
    match owner {
        Some(owner) if kind == "Self" => owner.to_owned(),
        Some(owner) => kind
            .replace("<Self>", &format!("<{owner}>"))
            .replace("<Self,", &format!("<{owner},")),
        None => kind,
    }
}

/// A type's name without path and arguments.
pub(super) fn head(kind: &str) -> &str {
    let kind = kind.split('<').next().unwrap_or(kind);
    kind.rsplit("::").next().unwrap_or(kind)
}

/// Whether `node` is a test or a module of tests, which are never edited.
pub fn is_test_code(source: &Source, node: Node<'_>) -> bool {
    if !matches!(
        node.kind(),
        "mod_item" | "function_item" | "impl_item" | "use_declaration"
    ) {
        return false;
    }
    let mut before = node.prev_named_sibling();
    while let Some(attribute) = before {
        match attribute.kind() {
            "attribute_item" => {
                let text: String = source.text_of(attribute).split_whitespace().collect();
                if text.contains("cfg(test)")
                    || text.contains("cfg(all(test")
                    || text == "#[test]"
                    || text.ends_with("::test]")
                    || text == "#[bench]"
                {
                    return true;
                }
            }
            "line_comment" | "block_comment" => {}
            _ => return false,
        }
        before = attribute.prev_named_sibling();
    }
    false
}

/// Every function of `source` that is no test, outermost first, with the type it belongs to.
pub fn functions<'t>(source: &'t Source) -> Vec<(Node<'t>, Option<String>)> {
    let mut found = Vec::new();
    let mut stack: Vec<(Node<'t>, Option<String>)> = vec![(source.tree.root_node(), None)];
    while let Some((node, owner)) = stack.pop() {
        if is_test_code(source, node) || node.kind() == "macro_definition" {
            continue;
        }
        let mut owner = owner;
        if matches!(node.kind(), "impl_item" | "trait_item") {
            let named = field(node, "type").or_else(|| field(node, "name"));
            owner = named.map(|kind| head(&normal(source.text_of(kind))).to_owned());
        }
        if node.kind() == "function_item" && field(node, "body").is_some() {
            found.push((node, owner.clone()));
        }
        let mut cursor = node.walk();
        let children: Vec<_> = node.named_children(&mut cursor).collect();
        stack.extend(
            children
                .into_iter()
                .rev()
                .map(|child| (child, owner.clone())),
        );
    }
    found
}

/// The files whose text cannot be parsed, with the line of the first mistake.
pub(crate) fn broken(sources: &Sources) -> Option<(FileId, usize)> {
    sources.iter().find_map(|(id, source)| {
        let mut node = source.tree.root_node();
        if !node.has_error() {
            return None;
        }
        loop {
            let mut cursor = node.walk();
            let next = node
                .children(&mut cursor)
                .find(|child| child.has_error() || child.is_missing());
            match next {
                Some(child) => node = child,
                None => return Some((id, node.start_position().row + 1)),
            }
        }
    })
}
