//! `unsafe` is denied in the workspace; one named module a crate, listed here, may lift that. That
//! each block holds one operation under a `SAFETY` comment is clippy's to keep.

use anyhow::Result;
use syn::{
    Attribute, Meta,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use super::Finding;
use crate::tree::Tree;

/// How the paths of the modules that may allow unsafe code begin, and why they must.
const ROOMS: &[(&str, &str)] = &[
    (
        "crates/kernels/src/",
        "vector loads, and threads that share an output",
    ),
    (
        "crates/sandbox/src/sys.rs",
        "system calls that no crate offers safely",
    ),
    ("crates/tensor/src/files/map.rs", "files mapped into memory"),
];

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    lifted_outside(tree, ROOMS)
}

fn lifted_outside(tree: &Tree, rooms: &[(&str, &str)]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        if rooms.iter().any(|(room, _)| file.path.starts_with(room)) {
            continue;
        }
        let mut search = Search::default();
        search.visit_file(file.parse()?);
        for line in search.lines {
            findings.push(Finding::new(
                format_args!("{}:{line}", file.path),
                "unsafe code outside the modules that may hold it",
                "use a safe crate, or move it into the crate's named module",
            ));
        }
    }
    Ok(findings)
}

/// Collects the lines of attributes that lift `unsafe_code`.
#[derive(Default)]
struct Search {
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta
            && ["allow", "warn", "expect"]
                .iter()
                .any(|level| list.path.is_ident(level))
            && list.tokens.to_string().contains("unsafe_code")
        {
            self.lines.push(attribute.span().start().line);
        }
        visit::visit_attribute(self, attribute);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_code_is_found_outside_its_rooms() {
        let whole = "#![allow(unsafe_code, reason = \"system calls\")]\n";
        let part = "//! A.\n\n#[expect(unsafe_code)]\nfn f() {}\n#[allow(dead_code)]\nfn g() {}\n";
        let tree = Tree::of(&[
            ("crates/a/src/raw.rs", whole),
            ("crates/a/src/raw/part.rs", part),
            ("crates/a/src/other.rs", whole),
            ("crates/b/src/other.rs", part),
        ]);
        let found = lifted_outside(&tree, &[("crates/a/src/raw", "system calls")]).unwrap();
        let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(
            places,
            ["crates/a/src/other.rs:1", "crates/b/src/other.rs:3"]
        );
    }
}
