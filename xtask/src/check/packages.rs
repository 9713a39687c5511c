//! Licences, sources and duplicates of every package that this platform builds, by the lists of
//! `deny.toml`, which `cargo deny` reads too where it is installed.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::Finding;
use crate::tree::{File, Package, Tree};

const LISTS: &str = "deny.toml";

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let lists = tree.file(LISTS)?;
    let allowed = strings(lists, "licenses", "allow")?;
    let skipped = strings(lists, "bans", "skip")?;
    let mut findings = Vec::new();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in &tree.packages {
        let Package { name, version, .. } = package;
        let place = format!("{name} {version}");
        let license = package.license.as_deref().unwrap_or_default();
        if !is_allowed(license, &allowed) {
            let what = format!("its licence `{license}` is not among the allowed");
            let fix = "use another package, or allow the licence in deny.toml after reading it";
            findings.push(Finding::new(&place, what, fix));
        }
        if let Some(source) = &package.source
            && !source.starts_with("registry+")
        {
            let fix = "use a version from the registry";
            findings.push(Finding::new(&place, format!("comes from `{source}`"), fix));
        }
        versions.entry(name).or_default().push(version);
    }
    for (name, versions) in versions {
        let is_skipped = |version: &&str| skipped.contains(&format!("{name}@{version}").as_str());
        if versions
            .iter()
            .filter(|version| !is_skipped(version))
            .count()
            > 1
        {
            let what = format!("is built in versions {}", versions.join(" and "));
            let fix =
                "let all users agree on one, or name one in `bans.skip` of deny.toml with a reason";
            findings.push(Finding::new(name, what, fix));
        }
    }
    Ok(findings)
}

/// The strings of the list `key` in the section `[section]`.
fn strings<'a>(lists: &'a File, section: &str, key: &str) -> Result<Vec<&'a str>> {
    let header = format!("{key} = [");
    let mut lines = lists.section(section).map(|(_, line)| line);
    let first = lines.by_ref().find(|line| line.starts_with(&header));
    let first = first.with_context(|| format!("`{LISTS}` has no list `{section}.{key}`"))?;
    let mut found = Vec::new();
    for line in std::iter::once(&first[header.len()..]).chain(lines) {
        let line = line.split('#').next().unwrap_or_default();
        found.extend(line.split('"').skip(1).step_by(2));
        if line.contains(']') {
            break;
        }
    }
    Ok(found)
}

/// Whether the SPDX expression `license` can be met with the `allowed` licences. `AND` binds
/// tighter than `OR`; the old `/` means `OR`.
fn is_allowed(license: &str, allowed: &[&str]) -> bool {
    let spaced = license
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest, allowed) && rest.is_empty()
}

fn any(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = all(words, allowed);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = one(words, allowed);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &[&str]) -> bool {
    match **words {
        ["(", ref rest @ ..] => {
            *words = rest;
            let met = any(words, allowed);
            let closed = words.first() == Some(&")");
            *words = words.get(1..).unwrap_or_default();
            met && closed
        }
        [license, "WITH", exception, ref rest @ ..] => {
            *words = rest;
            allowed.contains(&format!("{license} WITH {exception}").as_str())
        }
        [license, ref rest @ ..] => {
            *words = rest;
            allowed.contains(&license)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS_TEXT: &str = "\
[licenses]
allow = [
  \"Apache-2.0\", # ours
  \"MIT\",
]

[bans]
skip = [\"syn@1.0.0\"]
";

    fn package(name: &str, version: &str, license: &str, source: &str) -> Package {
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
            license: Some(license.to_owned()),
            source: Some(source.to_owned()),
            ..Package::default()
        }
    }

    fn findings(packages: Vec<Package>) -> Vec<String> {
        let mut tree = Tree::of(&[(LISTS, LISTS_TEXT)]);
        tree.packages = packages;
        let found = check(&tree).unwrap();
        found
            .into_iter()
            .map(|finding| format!("{}: {}", finding.place, finding.what))
            .collect()
    }

    #[test]
    fn allowed_licences_from_the_registry_pass() {
        let packages = vec![
            package("syn", "1.0.0", "MIT", "registry+x"),
            package("syn", "2.0.0", "MIT OR Apache-2.0", "registry+x"),
        ];
        assert_eq!(findings(packages), [""; 0]);
    }

    #[test]
    fn other_licences_sources_and_duplicates_are_found() {
        let packages = vec![
            package("a", "1.0.0", "GPL-3.0", "registry+x"),
            package("b", "1.0.0", "MIT", "git+x"),
            package("c", "1.0.0", "MIT", "registry+x"),
            package("c", "2.0.0", "MIT", "registry+x"),
        ];
        assert_eq!(
            findings(packages),
            [
                "a 1.0.0: its licence `GPL-3.0` is not among the allowed",
                "b 1.0.0: comes from `git+x`",
                "c: is built in versions 1.0.0 and 2.0.0",
            ]
        );
    }

    #[test]
    fn expressions_of_licences_are_read_as_spdx_does() {
        let allowed = ["MIT", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"];
        for (license, is_met) in [
            ("MIT", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0 OR MIT", true),
            ("GPL-3.0 AND MIT", false),
            ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true),
            ("Apache-2.0", false),
            ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
            ("(MIT AND GPL-3.0) OR GPL-3.0", false),
            ("MIT AND GPL-3.0 OR Unicode-3.0", true),
            ("(MIT", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(license, &allowed), is_met, "{license}");
        }
    }
}
