//! Invariants of ARCHITECTURE.md that are absences: what never stands in a crate.

use anyhow::Result;

use super::Finding;
use crate::tree::Tree;

/// Where, what never stands there, and what it would break.
type Absence = (
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

const ABSENCES: &[Absence] = &[
    (
        &["crates/discovery/src/"],
        &[
            "std::fs",
            "std::process",
            "std::net",
            "std::env",
            "tree_sitter",
        ],
        "`discovery` starts no process, reads no file and sees no programming language",
    ),
    (
        &[
            "crates/kernels/src/",
            "crates/tensor/src/",
            "crates/models/src/",
            "crates/engine/src/",
            "crates/dialogue/src/",
        ],
        &["std::net", "ureq", "std::process"],
        "nothing that computes uses the network or starts a process",
    ),
    (
        &["crates/sandbox/src/"],
        &["tree_sitter", "pytest", "rustc"],
        "`sandbox` knows neither why it runs a command nor in which language",
    ),
    (
        &[
            "crates/cli/src/",
            "crates/coder/src/",
            "crates/discovery/src/",
            "crates/programs/src/",
        ],
        &["println!(", "eprintln!(", "print!(", "eprint!("],
        "only `cli` writes to the terminal, and through its `Console`",
    ),
];

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        for (prefixes, words, rule) in ABSENCES {
            if !prefixes.iter().any(|prefix| file.path.starts_with(prefix)) {
                continue;
            }
            // Tests at the foot of a file may do what its crate may not.
            let lines = file.text.lines().take_while(|line| *line != "#[cfg(test)]");
            for (line, text) in (1..).zip(lines) {
                let code = text.split("//").next().unwrap_or_default();
                if let Some(word) = words.iter().find(|word| code.contains(*word)) {
                    findings.push(Finding::new(
                        format_args!("{}:{line}", file.path),
                        format!("`{word}` stands where it never should: {rule}"),
                        "pass the value or the function in, or move the code up a row",
                    ));
                }
            }
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_stands_in_a_crate_is_found_outside_comments_and_tests() {
        let tests = "#[cfg(test)]\nmod tests { use std::fs; }\n";
        let tree = Tree::of(&[
            (
                "crates/discovery/src/a.rs",
                "use std::time::Instant; // std::fs\n",
            ),
            (
                "crates/discovery/src/b.rs",
                &format!("fn f() {{}}\n{tests}"),
            ),
            ("crates/discovery/src/c.rs", "use std::fs;\n"),
            (
                "crates/coder/src/d.rs",
                "use std::fs;\nfn f() { println!(); }\n",
            ),
        ]);
        let found = check(&tree).unwrap();
        let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(
            places,
            ["crates/discovery/src/c.rs:1", "crates/coder/src/d.rs:2"]
        );
    }
}
