//! A file tells one story, and `lib.rs` is a table of contents. Tests are not counted. The length
//! of functions is clippy's to keep (`too_many_lines`, threshold in `clippy.toml`).

use anyhow::Result;
use syn::{Item, Meta, spanned::Spanned as _};

use super::Finding;
use crate::tree::{File, Tree};

const LINES_ADVISED: usize = 500;
const LINES_MAX: usize = 800;

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        let syntax = file.parse()?;
        let lines = file.text.lines().count() - lines_of_tests(&syntax.items);
        if lines > LINES_MAX {
            let what = format!("{lines} lines, {LINES_MAX} at most");
            findings.push(Finding::new(&file.path, what, "split it at its seam"));
        } else if lines > LINES_ADVISED {
            let what = format!("{lines} lines");
            let fix = "look for the seam; typical are 100 to 400";
            findings.push(Finding::new(&file.path, what, fix).advice());
        }
        if file.path.ends_with("/src/lib.rs") {
            findings.extend(strangers_in_contents(file, &syntax.items));
        }
    }
    Ok(findings)
}

fn lines_of_tests(items: &[Item]) -> usize {
    let lengths = items.iter().filter_map(|item| match item {
        Item::Mod(module) if is_test(&module.attrs) => {
            Some(1 + module.span().end().line - module.span().start().line)
        }
        _ => None,
    });
    lengths.sum()
}

/// Whether `#[cfg(test)]` stands among `attributes`.
pub fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// Items of a `lib.rs` that are more than an entry of a table of contents.
fn strangers_in_contents(file: &File, items: &[Item]) -> Vec<Finding> {
    let strangers = items.iter().filter(|item| match item {
        Item::Mod(module) => module.content.is_some() && !is_test(&module.attrs),
        Item::Use(_) => false,
        _ => true,
    });
    strangers
        .map(|item| {
            let place = format!("{}:{}", file.path, item.span().start().line);
            let what = "`lib.rs` holds more than `mod` and `pub use`";
            Finding::new(place, what, "move it into the module that owns it")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<(String, bool)> {
        let found = check(&Tree::of(&[(path, text)])).unwrap();
        found
            .into_iter()
            .map(|finding| (finding.place, finding.is_advice))
            .collect()
    }

    #[test]
    fn long_files_are_advised_then_refused() {
        let path = "crates/a/src/b.rs";
        assert_eq!(findings(path, &"// x\n".repeat(500)), []);
        assert_eq!(
            findings(path, &"// x\n".repeat(501)),
            [(path.to_owned(), true)]
        );
        assert_eq!(
            findings(path, &"// x\n".repeat(801)),
            [(path.to_owned(), false)]
        );
    }

    #[test]
    fn tests_are_not_counted() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "// x\n".repeat(900));
        assert_eq!(
            findings("crates/a/src/b.rs", &format!("fn a() {{}}\n{tests}")),
            []
        );
        assert_eq!(
            findings("crates/a/tests/it/b.rs", &"// x\n".repeat(900)),
            []
        );
        let hidden = tests.replace("cfg(test)", "cfg(unix)");
        assert_eq!(
            findings("crates/a/src/b.rs", &hidden),
            [("crates/a/src/b.rs".to_owned(), false)]
        );
    }

    #[test]
    fn lib_rs_holds_contents_only() {
        let path = "crates/a/src/lib.rs";
        let contents = "//! A.\n\nmod b;\npub mod c;\n\npub use b::{D, E};\n";
        assert_eq!(findings(path, contents), []);
        let text = format!("{contents}\npub fn f() {{}}\nmod g {{}}\n");
        assert_eq!(
            findings(path, &text),
            [(format!("{path}:8"), false), (format!("{path}:9"), false)]
        );
        assert_eq!(findings("crates/a/src/b.rs", &text), []);
    }
}
