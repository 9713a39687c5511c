//! What functions reach for outside of the process, found in their text.

use std::collections::HashMap;

use tree_sitter::Node;

use super::library::Function;
use programs::Source;
use programs::rust::items::{field, functions, is_test_code};

/// Paths, and what a person calls that which stands behind them.
const REACHES: [(&str, &str); 22] = [
    ("std::fs", "the file system"),
    ("std::net", "the network"),
    ("std::env", "the environment"),
    ("std::process", "other processes"),
    ("std::os", "the operating system"),
    ("std::thread", "threads"),
    ("std::time::Instant", "the clock"),
    ("std::time::SystemTime", "the clock"),
    ("std::io::stdin", "standard input"),
    ("std::sync::mpsc", "threads"),
    ("std::collections::hash_map::RandomState", "random numbers"),
    ("rand", "random numbers"),
    ("fastrand", "random numbers"),
    ("getrandom", "random numbers"),
    ("chrono::Utc", "the clock"),
    ("chrono::Local", "the clock"),
    ("tokio", "an async runtime"),
    ("rayon", "threads"),
    ("crossbeam", "threads"),
    ("reqwest", "the network"),
    ("ureq", "the network"),
    ("libc", "the operating system"),
];

/// What each function reaches for, those that it calls included.
#[derive(Debug, Default)]
pub(super) struct Outside {
    /// By the first byte of functions of the file under test.
    here: HashMap<usize, &'static str>,
    /// By name, for functions of other files.
    elsewhere: HashMap<String, &'static str>,
}

/// A function with what it names.
struct Body {
    name: String,
    start: usize,
    has_receiver: bool,
    reaches: Option<&'static str>,
    /// Names that it calls, and whether as methods, with what stands before them.
    calls: Vec<(String, bool, String)>,
}

impl Outside {
    pub fn of(file: &Source, others: &[Source]) -> Self {
        let mut outside = Self::default();
        for other in others {
            for body in settled(other, &HashMap::new()) {
                if let Some(what) = body.reaches {
                    outside.elsewhere.insert(body.name, what);
                }
            }
        }
        for body in settled(file, &outside.elsewhere) {
            if let Some(what) = body.reaches {
                outside.here.insert(body.start, what);
            }
        }
        outside
    }

    /// What `function` reaches for, if anything.
    pub fn reached_by(&self, function: &Function) -> Option<String> {
        let found = if function.is_here {
            self.here.get(&function.span.start)
        } else {
            self.elsewhere.get(&function.name)
        };
        found.map(|what| (*what).to_owned())
    }
}

/// The functions of a file after what they reach for has spread to their callers.
fn settled(source: &Source, elsewhere: &HashMap<String, &'static str>) -> Vec<Body> {
    let mut imports = HashMap::new();
    read_imports(source, source.tree.root_node(), &mut imports);
    let mut bodies: Vec<Body> = functions(source)
        .into_iter()
        .map(|(function, _)| body(source, function, &imports))
        .collect();
    for body in &mut bodies {
        let imported = body.calls.iter().find_map(|(name, is_method, before)| {
            let is_foreign = !is_method && (!before.is_empty() || imports.contains_key(name));
            elsewhere
                .get(name)
                .filter(|_| is_foreign && before != "Self")
        });
        if body.reaches.is_none() {
            body.reaches = imported.copied();
        }
    }
    loop {
        let known: Vec<(String, bool, &'static str)> = bodies
            .iter()
            .filter_map(|body| Some((body.name.clone(), body.has_receiver, body.reaches?)))
            .collect();
        let mut changed = false;
        for body in bodies.iter_mut().filter(|body| body.reaches.is_none()) {
            let found = body.calls.iter().find_map(|(name, is_method, _)| {
                known
                    .iter()
                    .find(|(other, has_receiver, _)| other == name && (!is_method || *has_receiver))
                    .map(|(.., what)| *what)
            });
            if found.is_some() {
                body.reaches = found;
                changed = true;
            }
        }
        if !changed {
            return bodies;
        }
    }
}

/// Names that `use` brings in, with their whole paths.
fn read_imports(source: &Source, node: Node<'_>, imports: &mut HashMap<String, String>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "use_declaration" => {
                if let Some(argument) = field(child, "argument") {
                    let text: String = source
                        .text_of(argument)
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" ");
                    read_use("", &text, imports);
                }
            }
            "mod_item" if !is_test_code(source, child) => {
                if let Some(body) = field(child, "body") {
                    read_imports(source, body, imports);
                }
            }
            _ => {}
        }
    }
}

fn read_use(before: &str, text: &str, imports: &mut HashMap<String, String>) {
    let text = text.trim();
    if let Some((head, list)) = text.split_once('{') {
        let list = list.strip_suffix('}').unwrap_or(list);
        for part in super::ty::split(list) {
            read_use(&format!("{before}{head}"), part, imports);
        }
        return;
    }
    let (path, name) = match text.split_once(" as ") {
        Some((path, name)) => (path, name),
        None => (text, text.rsplit("::").next().unwrap_or(text)),
    };
    if name == "self" {
        let whole = before.trim_end_matches("::");
        let name = whole.rsplit("::").next().unwrap_or(whole);
        imports.insert(name.to_owned(), whole.to_owned());
    } else {
        imports.insert(name.trim().to_owned(), format!("{before}{}", path.trim()));
    }
}

fn body(source: &Source, function: Node<'_>, imports: &HashMap<String, String>) -> Body {
    let mut found = Body {
        name: field(function, "name")
            .map_or("", |name| source.text_of(name))
            .to_owned(),
        start: function.start_byte(),
        has_receiver: field(function, "parameters").is_some_and(|list| {
            source
                .text_of(list)
                .split(',')
                .next()
                .is_some_and(|first| first.contains("self"))
        }),
        reaches: None,
        calls: Vec::new(),
    };
    let mut stack: Vec<Node<'_>> = field(function, "body").into_iter().collect();
    while let Some(node) = stack.pop() {
        match node.kind() {
            "scoped_identifier" | "scoped_type_identifier" | "identifier" | "type_identifier" => {
                found.reaches = found
                    .reaches
                    .or_else(|| reached(source.text_of(node), imports));
            }
            "call_expression" => {
                if let Some(called) = field(node, "function") {
                    note_call(source, called, &mut found.calls);
                }
            }
            // Within a macro there are only tokens.
            "token_tree" => {
                let text = source.text_of(node);
                for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
                    if found.reaches.is_none() {
                        found.reaches = reached(word, imports);
                    }
                    if text.contains(&format!("{word}(")) {
                        let name = word.rsplit("::").next().unwrap_or(word);
                        found.calls.push((name.to_owned(), false, String::new()));
                    }
                }
            }
            _ => {}
        }
        let mut cursor = node.walk();
        stack.extend(node.named_children(&mut cursor));
    }
    found
}

fn note_call(source: &Source, called: Node<'_>, calls: &mut Vec<(String, bool, String)>) {
    let text = |node: Option<Node<'_>>| node.map_or("", |node| source.text_of(node)).to_owned();
    match called.kind() {
        "identifier" => calls.push((text(Some(called)), false, String::new())),
        "scoped_identifier" => {
            calls.push((
                text(field(called, "name")),
                false,
                text(field(called, "path")),
            ));
        }
        "field_expression" => calls.push((text(field(called, "field")), true, String::new())),
        "generic_function" => {
            if let Some(inner) = field(called, "function") {
                note_call(source, inner, calls);
            }
        }
        _ => {}
    }
}

fn reached(path: &str, imports: &HashMap<String, String>) -> Option<&'static str> {
    let (head, rest) = path.split_once("::").unwrap_or((path, ""));
    let whole = match imports.get(head) {
        Some(whole) if rest.is_empty() => whole.clone(),
        Some(whole) => format!("{whole}::{rest}"),
        None if rest.is_empty() => return None,
        None => path.to_owned(),
    };
    REACHES
        .iter()
        .find(|(prefix, _)| {
            whole
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })
        .map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_function_reaches_for_is_found_through_its_calls() {
        let text = "use std::{fs::{self, File}, time::Instant};\nfn a() { fs::read(\"x\"); }\nfn b() { let x = 1; a() }\nfn c() -> u8 { 3 }\nfn d() { let t = Instant::now(); }\nfn e() { println!(\"{:?}\", std::env::args()); }\nfn f(x: std::time::Duration) {}\n";
        let source = Source::parse("a.rs", text.into(), &tree_sitter_rust::LANGUAGE.into());
        let outside = Outside::of(&source, &[]);
        let mut found: Vec<&str> = Vec::new();
        for (function, _) in functions(&source) {
            found.push(
                outside
                    .here
                    .get(&function.start_byte())
                    .copied()
                    .unwrap_or("-"),
            );
        }
        assert_eq!(
            found,
            [
                "the file system",
                "the file system",
                "-",
                "the clock",
                "the environment",
                "-"
            ]
        );
    }
}
