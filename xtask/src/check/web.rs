//! The web app: its types, its words in every language, what it is made of, and that it asks nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::Finding;
use crate::installed::Place;
use crate::tree::{File, Tree};

/// What makes HTML or programs of text, which no file of ours may.
const FORBIDDEN: &[&str] = &[
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "DOMParser",
    "eval(",
    "new Function",
    "srcdoc",
    ".cssText = `",
];

/// Programs that the types are checked with, as Debian's packages name them.
const NEEDS: &[(&str, &[&str], &str)] = &[
    ("node", &["--version"], "nodejs"),
    ("npm", &["--version"], "npm"),
];

/// A folder of `web/vendor`, and where its files come from: a package, and the folder of each file in it.
const VENDORED: &[(&str, &str, &str)] = &[
    ("figtree-5.3.0", "@fontsource-variable/figtree", "files"),
    ("fluent-bundle-0.19.1", "@fluent/bundle", "esm"),
    ("highlight.js-11.12.0", "@highlightjs/cdn-assets", "es"),
    (
        "instrument-serif-5.3.0",
        "@fontsource/instrument-serif",
        "files",
    ),
    ("marked-18.2.1", "marked", "lib"),
    ("temml-0.13.5", "temml", "dist"),
];

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = words(tree);
    findings.extend(ours(tree).flat_map(unsafe_words));
    findings.extend(vendored(tree));
    findings.extend(typed(tree)?);
    Ok(findings)
}

/// Files of the app that we write.
fn ours(tree: &Tree) -> impl Iterator<Item = &File> {
    let files = tree.files.iter();
    files.filter(|file| file.path.starts_with("web/") && !file.path.starts_with("web/vendor/"))
}

fn words(tree: &Tree) -> Vec<Finding> {
    let tongues: Vec<(&File, BTreeSet<&str>)> = ours(tree)
        .filter(|file| file.path.ends_with(".ftl"))
        .map(|file| (file, keys(&file.text).collect()))
        .collect();
    let all: BTreeSet<&str> = tongues
        .iter()
        .flat_map(|(_, keys)| keys.iter().copied())
        .collect();
    let mut findings = Vec::new();
    for (file, keys) in &tongues {
        for key in all.difference(keys) {
            let what = format!("has no `{key}`, which another language has");
            findings.push(Finding::new(
                &file.path,
                what,
                "say it in this language, too",
            ));
        }
    }
    for (file, line, key) in ours(tree).flat_map(spoken) {
        if !all.contains(key) {
            let what = format!("says `{key}`, which no language has");
            let fix = "add it to each file of `web/text`";
            findings.push(Finding::new(
                format_args!("{}:{line}", file.path),
                what,
                fix,
            ));
        }
    }
    findings
}

/// The keys of a file of Fluent.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (key, _) = line.split_once(" =")?;
        let is_key = key.starts_with(|sign: char| sign.is_ascii_alphabetic());
        is_key.then_some(key)
    })
}

/// The keys that a module says outright.
fn spoken(file: &File) -> Vec<(&File, usize, &str)> {
    let is_module = file.path.ends_with(".js");
    let lines = (1..).zip(file.text.lines()).filter(|_| is_module);
    let said = lines.flat_map(|(line, text)| {
        let calls = text.match_indices("t(\"").filter(|(at, _)| {
            !text[..*at].ends_with(|sign: char| sign.is_alphanumeric() || sign == '.')
        });
        let keys = calls.filter_map(|(at, call)| text[at + call.len()..].split('"').next());
        keys.map(move |key| (file, line, key)).collect::<Vec<_>>()
    });
    said.collect()
}

fn unsafe_words(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        let place = format!("{}:{line}", file.path);
        if let Some(word) = FORBIDDEN.iter().find(|word| text.contains(*word)) {
            let what = format!("uses `{word}`, by which text could become more than text");
            findings.push(Finding::new(
                &place,
                what,
                "build elements with `h` of `ground/dom.js`",
            ));
        }
        let is_fetched = [
            "fetch(\"http",
            "src=\"http",
            "href=\"http",
            "url(http",
            "url(\"http",
            "from \"http",
        ];
        if is_fetched.iter().any(|word| text.contains(word)) {
            let what = "asks another host";
            findings.push(Finding::new(
                &place,
                what,
                "put what it needs into `web/vendor`",
            ));
        }
    }
    findings
}

/// What others wrote is what they published, with its licence and its line.
fn vendored(tree: &Tree) -> Vec<Finding> {
    let folder = tree.root.join("web/vendor");
    let mut findings = Vec::new();
    let mut there: BTreeMap<String, bool> = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let has_licence = entry.path().join("LICENSE").is_file();
        there.insert(
            entry.file_name().to_string_lossy().into_owned(),
            has_licence,
        );
    }
    let page = tree
        .file("docs/dependencies.md")
        .map(|file| file.text.as_str());
    for (name, has_licence) in &there {
        let place = format!("web/vendor/{name}");
        if !has_licence {
            findings.push(Finding::new(
                &place,
                "has no `LICENSE`",
                "add the one that it came with",
            ));
        }
        let Some((_, package, _)) = VENDORED.iter().find(|(folder, ..)| folder == name) else {
            let fix = "name its package in `VENDORED` of `xtask/src/check/web.rs`";
            findings.push(Finding::new(&place, "comes from nowhere", fix));
            continue;
        };
        if !page
            .as_ref()
            .unwrap_or(&"")
            .contains(&format!("| {package} |"))
        {
            let what = format!("`{package}` is not explained");
            findings.push(Finding::new(
                &place,
                what,
                "add its row to docs/dependencies.md",
            ));
        }
    }
    findings
}

/// Types, and the files of others, where node is there to check them.
fn typed(tree: &Tree) -> Result<Vec<Finding>> {
    let place = Place::of("web")?;
    let mut missing = Place::missing(NEEDS);
    if !missing.is_empty() && tree.may_install {
        place.install(&missing);
        missing = Place::missing(NEEDS);
    }
    let skipped = |what: String, fix: String| {
        let finding = Finding::new("web/tsconfig.json", what, fix);
        if tree.may_install {
            finding
        } else {
            finding.advice()
        }
    };
    if !missing.is_empty() {
        let what = format!(
            "types are not checked: `{}` is missing",
            missing.join("` and `")
        );
        return Ok(vec![skipped(
            what,
            format!("apt-get install {}", missing.join(" ")),
        )]);
    }
    let folder = match place.node("node") {
        Ok(folder) => folder,
        Err(error) => {
            let what = format!("types are not checked: {error:#}");
            return Ok(vec![skipped(what, "try again with a network".to_owned())]);
        }
    };
    let modules = folder.join("node_modules");
    let mut findings = changed(&tree.root, &modules);
    let output = Command::new(modules.join(".bin/tsc"))
        .args(["--pretty", "false", "--project", "web"])
        .current_dir(&tree.root)
        .output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if text.trim().is_empty() {
            bail!("tsc breaks: {}", String::from_utf8_lossy(&output.stderr));
        }
        findings.push(Finding::new("web", text.trim_end(), "follow tsc"));
    }
    Ok(findings)
}

/// Vendored files that are not those of their package.
fn changed(root: &Path, modules: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (folder, package, within) in VENDORED {
        let folder = root.join("web/vendor").join(folder);
        let source = modules.join(package).join(within);
        let mut open = vec![folder.clone()];
        while let Some(inner) = open.pop() {
            for entry in fs::read_dir(&inner).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let name = path.strip_prefix(&folder).unwrap_or(&path);
                let text = name.to_string_lossy();
                // Types that we wrote for it, and the licence, which may lie elsewhere.
                if text == "LICENSE" || text.ends_with(".d.ts") || text.ends_with(".d.mts") {
                    continue;
                }
                let (ours, theirs) = (fs::read(&path).ok(), fs::read(source.join(name)).ok());
                if ours != theirs {
                    let place = path.strip_prefix(root).unwrap_or(&path).display();
                    let what = format!("is not the file of `{package}`");
                    findings.push(Finding::new(
                        place,
                        what,
                        "copy it from the package, unchanged",
                    ));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_messages() {
        let text = "# a = b\nsay = x\n  .title = y\nmax_output-x = { $n }\n";
        assert_eq!(keys(text).collect::<Vec<_>>(), ["say", "max_output-x"]);
    }

    #[test]
    fn what_is_said_outright_is_found() {
        let file = File::new(
            "web/a.js",
            "t(\"one\"); at(\"no\"); [t(\"two\", { x })]; t(`${x}-y`)".to_owned(),
        );
        let keys: Vec<&str> = spoken(&file).into_iter().map(|(.., key)| key).collect();
        assert_eq!(keys, ["one", "two"]);
    }

    #[test]
    fn what_makes_html_of_text_is_refused() {
        let file = File::new(
            "web/a.js",
            "x.innerHTML = y;\nfetch(\"https://evil.example\")".to_owned(),
        );
        assert_eq!(unsafe_words(&file).len(), 2);
    }
}
